/* modules: optimise estimate sample ansatz solve model linalg core */
/* One step of stochastic reconfiguration, phase by phase, for the transverse-field Ising ring at h = j and an RBM that
 * has been trained a little: CPU ms of this rank, least and median of many steps. Then the kernel from the factors
 * against the kernel from dense rows. Arguments: none for everything, numbers of cases and then labels of solvers, or
 * "kernel" for the last. */
#include "bare_model.h"
#include "ritz/ansatz/ansatz.h"
#include "ritz/core/clock.h"
#include "ritz/core/memory.h"
#include "ritz/estimate/energy.h"
#include "ritz/linalg/blas.h"
#include "ritz/optimise/sr.h"
#include "ritz/sample/sampler.h"
#include "ritz/solve/session.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct solver_case {
  const char *label;
  rz_sr_options o;
} solver_case;

typedef struct bench_case {
  int n_site;
  const char *ansatz;
  int64_t samples;
  int steps;
  const char *solvers; /* labels, space-separated */
} bench_case;

#define CG(...)                                                                                                        \
  { .solver = "cg", .shift = 1e-3, .cg_iterations = 5000, .replicate = RZ_SR_REPLICATE, __VA_ARGS__ }
static double warm[1 << 17];
static const solver_case solvers[] = {
    {"dense", {.solver = "dense", .shift = 1e-3, .replicate = RZ_SR_REPLICATE}},
    {"kernel", {.solver = "kernel", .shift = 1e-3, .replicate = RZ_SR_REPLICATE}},
    {"cg-diagonal", CG(.cg_tol = 1e-6)},
    {"cg-1024", CG(.cg_tol = 1e-6, .preconditioner = "subset", .subset_size = 1024)},
    {"cg-2048", CG(.cg_tol = 1e-6, .preconditioner = "subset", .subset_size = 2048)},
    {"cg-1024-start", CG(.cg_tol = 1e-6, .preconditioner = "subset", .subset_size = 1024, .start = warm)},
    {"cg-1024-1e-3", CG(.cg_tol = 1e-3, .preconditioner = "subset", .subset_size = 1024)},
    {"cg-1024-1e-10", CG(.cg_tol = 1e-10, .preconditioner = "subset", .subset_size = 1024)},
};

static const bench_case cases[] = {
    {40, "kind=rbm alpha=1", 1024, 30, "dense kernel cg-diagonal cg-1024"},
    {40, "kind=rbm alpha=1", 10240, 6, "dense cg-diagonal cg-1024 cg-2048 cg-1024-start cg-1024-1e-3 cg-1024-1e-10"},
    {40, "kind=rbm alpha=4", 1024, 20, "kernel cg-1024"},
    {40, "kind=rbm alpha=4", 10240, 3, "cg-1024 cg-2048 cg-1024-start"},
    {160, "kind=rbm alpha=4", 1024, 6, "kernel"},
    {40, "kind=rbm alpha=4 symmetry=translation", 1024, 30, "dense kernel"},
    {40, "kind=rbm alpha=1 weights=complex", 1024, 10, "kernel"},
};

/* A state, its sampler and this step's samples. */
typedef struct problem {
  const rz_comm *comm;
  rz_model model;
  rz_ansatz *ansatz;
  rz_sampler *sampler;
  rz_jacobian *j;
  double *e, *f, *d; /* residual, force, step */
} problem;

enum { DRAW, LOCAL, CENTRE, FORCE, SOLVE, N_PHASE };
static const char *const phase_name[N_PHASE] = {"sampling", "local", "centre", "force", "solve"};
enum { MAX_SLICES = 64 };

static rz_err ising_ring(int n, rz_model *m) {
  RZ_TRY(bare_chain(n, true, m));
  RZ_TRY(rz_operator_create(n, &m->bare));
  for (int i = 0; i < n; i++) {
    const rz_local zz[2] = {{i, 'z'}, {(i + 1) % n, 'z'}}, x[1] = {{i, 'x'}};
    RZ_TRY(rz_operator_add(m->bare, -4.0, 2, zz));
    RZ_TRY(rz_operator_add(m->bare, -2.0, 1, x));
  }
  RZ_TRY(rz_operator_finish(m->bare));
  m->h = m->bare;
  return RZ_OK;
}

static rz_err problem_init(problem *p, const bench_case *c, const rz_comm *comm) {
  *p = (problem){.comm = comm};
  RZ_TRY(ising_ring(c->n_site, &p->model));
  RZ_TRY(rz_ansatz_create_spec(p->model.lattice, 7, c->ansatz, &p->ansatz));
  const rz_sampler_spec spec = {.method = "metropolis",
                                .chains = 1024,
                                .samples = c->samples,
                                .sweep_size = 2 * c->n_site,
                                .discard = 50,
                                .replicas = 1,
                                .beta_min = 0.5};
  RZ_TRY(rz_sampler_create_from(&spec, &p->model, p->ansatz, 7, comm, &p->sampler));
  RZ_TRY(rz_sampler_start(p->sampler, p->ansatz));
  RZ_TRY(RZ_NEW(p->ansatz->params.n, &p->f));
  RZ_TRY(RZ_NEW0(p->ansatz->params.n, &p->d));
  return RZ_OK;
}

static void step_free(problem *p) {
  rz_jacobian_destroy(&p->j);
  rz_free(&p->e);
}

static void problem_free(problem *p) {
  step_free(p);
  rz_free(&p->f);
  rz_free(&p->d);
  rz_sampler_destroy(&p->sampler);
  rz_ansatz_destroy(&p->ansatz);
  bare_free(&p->model);
}

static double lap(double *t) {
  const double now = rz_cpu_time(), spent = now - *t;
  *t = now;
  return spent;
}

static rz_err residuals(problem *p, const rz_samples *s, const double complex *eloc, const rz_energy *energy) {
  const int n_comp = rz_jacobian_n_comp(p->j);
  RZ_TRY(RZ_NEW(s->n * n_comp, &p->e));
  for (int64_t i = 0; i < s->n; i++) {
    rz_jacobian_weights(p->j)[i] = s->weight[i];
    p->e[i] = creal(eloc[i]) - energy->re.mean;
    if (n_comp == 2) p->e[s->n + i] = cimag(eloc[i]) - energy->im;
  }
  return RZ_OK;
}

/* Everything before the samples' part is done. */
static rz_err sample(problem *p, double *phase, double *energy_per_site) {
  rz_samples s = {0};
  double complex *eloc = NULL;
  rz_energy energy;
  int64_t n_bad = 0;
  rz_err rc = RZ_OK;
  step_free(p);
  double t = rz_cpu_time();
  RZ_TRY_DONE(rc, rz_sampler_draw(p->sampler, p->ansatz, 0, &s));
  phase[DRAW] = lap(&t);
  RZ_TRY_DONE(rc, RZ_NEW(s.n, &eloc));
  RZ_TRY_DONE(rc, rz_local_values_and_jacobian(p->model.h, p->ansatz, s.n, s.spin, eloc, &n_bad, &p->j));
  RZ_TRY_DONE(rc, rz_energy_estimate(p->comm, &s, eloc, 0.0, 1e-3, &energy));
  RZ_TRY_DONE(rc, residuals(p, &s, eloc, &energy));
  phase[LOCAL] = lap(&t);
  *energy_per_site = energy.re.mean / p->ansatz->n_site;
done:
  rz_free(&eloc);
  rz_samples_free(&s);
  return rc;
}

static rz_err solve(problem *p, const rz_sr_options *o, double *phase, rz_sr_result *r) {
  double t = rz_cpu_time();
  RZ_TRY(rz_jacobian_centre(p->j, p->comm));
  phase[CENTRE] = lap(&t);
  RZ_TRY(rz_forces(p->comm, p->j, p->e, p->f));
  phase[FORCE] = lap(&t);
  RZ_TRY(rz_sr_solve(o, p->comm, p->j, p->e, p->f, p->d, r));
  phase[SOLVE] = lap(&t);
  return RZ_OK;
}

static rz_err move(problem *p) {
  for (int64_t k = 0; k < p->ansatz->params.n; k++) p->ansatz->params.value[k] -= 0.02 * p->d[k];
  return rz_ansatz_update(p->ansatz);
}

static int by_size(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void print_row(const char *label, int n, double (*slice)[N_PHASE], const rz_sr_result *r, double residual) {
  double least[N_PHASE + 1], middle[N_PHASE + 1], column[MAX_SLICES];
  for (int q = 0; q <= N_PHASE; q++) {
    for (int i = 0; i < n; i++) {
      column[i] = 0.0;
      for (int k = 0; k < N_PHASE; k++) column[i] += q == N_PHASE || q == k ? 1e3 * slice[i][k] : 0.0;
    }
    qsort(column, (size_t)n, sizeof *column, by_size);
    least[q] = column[0];
    middle[q] = column[n / 2];
  }
  printf("  %-16s", label);
  for (int q = 0; q <= N_PHASE; q++) printf(" %8.2f", least[q]);
  printf("  its %4d  residual %.0e\n  %-16s", r->iterations, residual, "  median");
  for (int q = 0; q <= N_PHASE; q++) printf(" %8.2f", middle[q]);
  printf("\n");
}

static rz_err run_solver(problem *p, const bench_case *c, const solver_case *s) {
  static double slice[MAX_SLICES][N_PHASE];
  rz_sr_result r = {0};
  double e = 0.0, residual = NAN;
  for (int i = -2; i < c->steps; i++) {
    double *phase = slice[i < 0 ? 0 : i];
    RZ_TRY(sample(p, phase, &e));
    RZ_TRY(solve(p, &s->o, phase, &r));
    memcpy(warm, p->d, (size_t)p->ansatz->params.n * sizeof *warm);
    if (i == c->steps - 1) RZ_TRY(rz_sr_residual(&s->o, p->comm, p->j, p->f, p->d, &residual));
    RZ_TRY(move(p));
  }
  if (p->comm->rank == 0) print_row(s->label, c->steps, slice, &r, residual);
  return RZ_OK;
}

static bool listed(const char *list, const char *word) {
  const size_t n = strlen(word);
  for (const char *at = list; (at = strstr(at, word)); at += n)
    if ((at == list || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0')) return true;
  return false;
}

/* Trained far enough for a metric with a spectrum over many decades. */
static rz_err warm_up(problem *p) {
  const rz_sr_options o = {.solver = "auto", .shift = 1e-3, .cg_tol = 1e-4, .cg_iterations = 5000, .replicate = 1024};
  double phase[N_PHASE], e = 0.0;
  rz_sr_result r;
  const int n = p->ansatz->params.n > 20000 ? 10 : 40;
  for (int i = 0; i < n; i++) {
    RZ_TRY(sample(p, phase, &e));
    RZ_TRY(solve(p, &o, phase, &r));
    RZ_TRY(move(p));
  }
  if (p->comm->rank == 0) printf("E/N = %.5f\n  %-16s", e, "least CPU ms");
  for (int k = 0; p->comm->rank == 0 && k < N_PHASE; k++) printf(" %8s", phase_name[k]);
  if (p->comm->rank == 0) printf(" %8s\n", "sum");
  return RZ_OK;
}

/* Of the solvers of this case those among the n labels `which`, or all if there are none. */
static bool chosen(const bench_case *c, const char *label, int n, char **which) {
  bool any = false, found = false;
  for (int i = 0; i < n; i++) {
    any = any || atoi(which[i]) == 0;
    found = found || strcmp(which[i], label) == 0;
  }
  return listed(c->solvers, label) && (found || !any);
}

static rz_err run_case(const bench_case *c, int n, char **which, const rz_comm *comm) {
  problem p = {0}, small = {0};
  rz_err rc = RZ_OK;
  bench_case train = *c;
  train.samples = 1024;
  RZ_TRY_DONE(rc, problem_init(&small, &train, comm));
  if (comm->rank == 0)
    printf("\nN = %d, %s, P = %lld, %lld samples: ", c->n_site, c->ansatz, (long long)small.ansatz->params.n,
           (long long)c->samples);
  RZ_TRY_DONE(rc, warm_up(&small));
  RZ_TRY_DONE(rc, problem_init(&p, c, comm));
  for (int i = 0; i < (int)(sizeof solvers / sizeof solvers[0]); i++) {
    if (!chosen(c, solvers[i].label, n, which)) continue;
    memcpy(p.ansatz->params.value, small.ansatz->params.value, (size_t)p.ansatz->params.n * sizeof(double));
    RZ_TRY_DONE(rc, rz_ansatz_update(p.ansatz));
    RZ_TRY_DONE(rc, rz_sampler_sweep(p.sampler, p.ansatz, 50));
    RZ_TRY_DONE(rc, run_solver(&p, c, &solvers[i]));
    fflush(stdout);
  }
done:
  problem_free(&p);
  problem_free(&small);
  return rc;
}

/* Rates of the machine, GF/s: a large product, a factorisation of order 1000. */
static rz_err print_rates(void) {
  enum { N = 1000 };
  double *a = NULL, *b = NULL, best[2] = {INFINITY, INFINITY};
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW0(N * N, &a));
  RZ_TRY_DONE(rc, RZ_NEW0(N * N, &b));
  for (int i = 0; i < 10; i++) {
    for (int k = 0; k < N * N; k++) a[k] = k % (N + 1) == 0 ? 2.0 * N : 1.0;
    double t = rz_cpu_time();
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, N, N, N, 1.0, a, N, a, N, 0.0, b, N);
    best[0] = fmin(best[0], lap(&t));
    (void)LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', N, a, N);
    best[1] = fmin(best[1], lap(&t));
  }
  printf("%s\ndgemm %.1f GF/s, dpotrf %.1f GF/s at order %d\n", rz_blas_setup(), 2e-9 * N * N * N / best[0],
         1e-9 / 3 * N * N * N / best[1], N);
done:
  rz_free(&a);
  rz_free(&b);
  return rc;
}

/* The lower triangle of J J^T of 1,000 samples, N = M = 100: by the factors, and by dense rows and dsyrk. */
static rz_err compare_kernel(const rz_comm *comm) {
  enum { N = 100, M = 100, S = 1000, TILE = 100 };
  rz_jacobian *j = NULL;
  rz_layer *l = NULL;
  double *t = NULL, *rows = NULL, by_factors = INFINITY, by_rows = INFINITY;
  rz_err rc = RZ_OK;
  const rz_layer shape = {.d_in = N, .d_out = M, .n_share = 1, .n_x = N};
  RZ_TRY_DONE(rc, rz_jacobian_create(S, 1, N * M, &j));
  RZ_TRY_DONE(rc, rz_jacobian_add(j, &shape, true, false, &l));
  for (int i = 0; i < S; i++) rz_jacobian_weights(j)[i] = 1.0 / S;
  for (int k = 0; k < S * N; k++) l->x[k] = ((unsigned)k * 2654435761u >> 16) % 2 ? 1.0 : -1.0;
  for (int k = 0; k < S * M; k++) l->d_re[k] = tanh(sin(0.37 * k));
  RZ_TRY_DONE(rc, rz_jacobian_centre(j, comm));
  RZ_TRY_DONE(rc, RZ_NEW0(S * S, &t));
  RZ_TRY_DONE(rc, RZ_NEW((int64_t)S * N * M, &rows));
  for (int k = 0; k < 40; k++) {
    RZ_TRY_DONE(rc, rz_jacobian_centre(j, comm)); /* forgets what the last turn has prepared */
    double c = rz_cpu_time();
    RZ_TRY_DONE(rc, rz_jacobian_prepare_gram(j));
    for (int a = 0; a < S; a += TILE)
      for (int b = 0; b <= a; b += TILE)
        RZ_TRY_DONE(rc, rz_jacobian_gram(j, 0, a, TILE, j, 0, b, TILE, t + a * S + b, S));
    by_factors = fmin(by_factors, lap(&c));
    if (k % 8) continue;
    RZ_TRY_DONE(rc, rz_jacobian_rows(j, 0, 0, S, rows));
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasNoTrans, S, N * M, 1.0, rows, N * M, 0.0, t, S);
    by_rows = fmin(by_rows, lap(&c));
  }
  printf(
      "\nkernel of %d samples, N = M = %d: factors %.2f ms, dense rows %.1f ms: %.0f times; %.2f MB against %.0f MB: "
      "%.0f times\n",
      S, N, 1e3 * by_factors, 1e3 * by_rows, by_rows / by_factors, 8e-6 * S * (double)rz_jacobian_pack_size(j),
      8e-6 * S * N * M, (double)(N * M) / (double)rz_jacobian_pack_size(j));
done:
  rz_free(&rows);
  rz_free(&t);
  rz_jacobian_destroy(&j);
  return rc;
}

static rz_err bench(int n, char **which, const rz_comm *comm) {
  if (comm->rank == 0) RZ_TRY(print_rates());
  for (int i = 0; i < (int)(sizeof cases / sizeof cases[0]); i++) {
    bool wanted = n == 0;
    for (int k = 0; k < n; k++) wanted = wanted || atoi(which[k]) == i + 1;
    if (wanted) RZ_TRY(run_case(&cases[i], n, which, comm));
  }
  const bool compare = n == 0 || (n == 1 && strcmp(which[0], "kernel") == 0);
  if (compare && comm->size == 1) RZ_TRY(compare_kernel(comm));
  return RZ_OK;
}

int main(int argc, char **argv) {
  rz_comm comm;
  MPI_Init(&argc, &argv);
  (void)rz_blas_setup();
  rz_err rc = rz_comm_wrap(MPI_COMM_WORLD, &comm);
  if (rc == RZ_OK) rc = bench(argc - 1, argv + 1, &comm);
  if (rc != RZ_OK) fprintf(stderr, "%s\n%s", rz_error_message(), rz_error_traceback());
  (void)rz_petsc_stop();
  MPI_Finalize();
  return rc == RZ_OK ? 0 : 1;
}
