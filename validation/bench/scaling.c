/* modules: optimise estimate sample ansatz solve model linalg core */
/* The parts of a step on the ranks that it is started on, for scaling.py, and what a solve communicates on any number:
 *
 *   measure N ALPHA SYMMETRY CHAINS SAMPLES
 *       wall seconds of the slowest rank, least of several, and the work in them over all ranks: "part seconds work"
 *   traffic N ALPHA SYMMETRY SAMPLES K
 *       rz_sr_traffic of rank 0 of 1 to 1,024 ranks, for K iterations or 4 refinements: "solver ranks parameters", then
 *       calls and bytes of each kind
 *
 * Transverse-field Ising ring at h = j, real RBM. */
#include "bare_model.h"
#include "ritz/ansatz/ansatz.h"
#include "ritz/core/memory.h"
#include "ritz/estimate/energy.h"
#include "ritz/linalg/blas.h"
#include "ritz/optimise/sr_traffic.h"
#include "ritz/sample/sampler.h"
#include "slices.h"
#include <stdio.h>

enum { ROUNDS = 7, TILE = 128, REFINEMENTS = 4 };

typedef struct problem {
  const rz_comm *comm;
  rz_model model;
  rz_ansatz *ansatz;
  rz_sampler *sampler;
  rz_samples samples;
  double complex *local;
  rz_jacobian *j;
  double *e, *f, *d; /* residual; force and step [n_param] */
} problem;

static rz_err ring(int n, rz_model *m) {
  RZ_TRY(bare_chain(n, true, m));
  RZ_TRY(rz_operator_create(n, &m->bare));
  for (int i = 0; i < n; i++) {
    const rz_local zz[2] = {{i, 'Z'}, {(i + 1) % n, 'Z'}}, x = {i, 'X'};
    RZ_TRY(rz_operator_add(m->bare, -1.0, 2, zz));
    RZ_TRY(rz_operator_add(m->bare, -1.0, 1, &x));
  }
  m->h = m->bare;
  return rz_operator_finish(m->bare);
}

static rz_err problem_init(problem *p, char **arg, int64_t chains, int64_t samples, const rz_comm *comm) {
  char spec[128];
  *p = (problem){.comm = comm};
  snprintf(spec, sizeof spec, "kind=rbm alpha=%s symmetry=%s", arg[1], arg[2]);
  RZ_TRY(ring(atoi(arg[0]), &p->model));
  RZ_TRY(rz_ansatz_create_spec(p->model.lattice, 7, spec, &p->ansatz));
  const rz_sampler_spec s = {
      .method = "metropolis", .chains = chains, .samples = samples, .discard = 20, .replicas = 1, .beta_min = 0.5};
  RZ_TRY(rz_sampler_create_from(&s, &p->model, p->ansatz, 7, comm, &p->sampler));
  RZ_TRY(rz_sampler_start(p->sampler, p->ansatz));
  RZ_TRY(RZ_NEW(p->ansatz->params.n, &p->f));
  return RZ_NEW0(p->ansatz->params.n, &p->d);
}

static void step_free(problem *p) {
  rz_jacobian_destroy(&p->j);
  rz_samples_free(&p->samples);
  rz_free(&p->local);
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

/* --- Parts --- */

typedef rz_err part(problem *p, double *work); /* work: what the time is divided by, over all ranks */

static rz_err draw(problem *p, double *work) {
  step_free(p);
  RZ_TRY(rz_sampler_draw(p->sampler, p->ansatz, 0, &p->samples));
  *work = (double)p->samples.n * p->samples.n_site * p->comm->size;
  return RZ_OK;
}

static rz_err local_energies(problem *p, double *work) {
  rz_free(&p->local);
  rz_jacobian_destroy(&p->j);
  RZ_TRY(RZ_NEW(p->samples.n, &p->local));
  *work = (double)p->samples.n * p->comm->size;
  return rz_local_values_and_jacobian(p->model.h, p->ansatz, p->samples.n, p->samples.spin, p->local, NULL, &p->j);
}

static rz_err forces(problem *p, double *work) {
  rz_energy energy;
  rz_free(&p->e);
  RZ_TRY(rz_energy_estimate(p->comm, &p->samples, p->local, 0.0, 0.5, &energy));
  RZ_TRY(RZ_NEW(p->samples.n, &p->e));
  for (int64_t i = 0; i < p->samples.n; i++) {
    rz_jacobian_weights(p->j)[i] = p->samples.weight[i];
    p->e[i] = creal(p->local[i]) - energy.re.mean;
  }
  RZ_TRY(rz_jacobian_centre(p->j, p->comm));
  *work = (double)p->samples.n * p->comm->size;
  return rz_forces(p->comm, p->j, p->e, p->f);
}

/* A product of conjugate gradients. */
static rz_err product(problem *p, double *work) {
  RZ_TRY(rz_jacobian_metric(p->j, p->f, p->d));
  *work = (double)p->samples.n * p->comm->size;
  return rz_sum(p->comm, p->ansatz->params.n, p->d);
}

/* A block of the kernel. */
static rz_err gram(problem *p, double *work) {
  double *out = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY(rz_jacobian_prepare_gram(p->j));
  RZ_TRY(RZ_NEW(TILE * TILE, &out));
  const int64_t n = p->samples.n < TILE ? p->samples.n : TILE;
  for (int i = 0; i < 20 && rc == RZ_OK; i++) rc = rz_jacobian_gram(p->j, 0, 0, n, p->j, 0, 0, n, out, n);
  rz_free(&out);
  *work = 20.0 * (double)(n * n) * p->comm->size;
  return rc;
}

static rz_err cholesky(problem *p, double *work) {
  enum { N = 1000 };
  float *a = NULL;
  (void)p;
  RZ_TRY(RZ_NEW(N * N, &a));
  for (int i = 0; i < N * N; i++) a[i] = i % (N + 1) == 0 ? 2.0f * N : 1.0f;
  const lapack_int info = LAPACKE_spotrf_work(LAPACK_COL_MAJOR, 'L', N, a, N);
  rz_free(&a);
  RZ_CHECK(info == 0, RZ_ERR_NUM, "spotrf: %d", (int)info);
  *work = 1.0 / 3 * N * N * N * p->comm->size;
  return RZ_OK;
}

static rz_err sum_small(problem *p, double *work) {
  *work = 200.0;
  for (int i = 0; i < 200; i++) RZ_TRY(rz_sum(p->comm, 1, p->d));
  return RZ_OK;
}

static rz_err sum_large(problem *p, double *work) {
  enum { N = 100000 };
  double *x = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY(RZ_NEW0(N, &x));
  for (int i = 0; i < 10 && rc == RZ_OK; i++) rc = rz_sum(p->comm, N, x);
  rz_free(&x);
  *work = 10.0 * N * 8;
  return rc;
}

/* Everything: draw, local energies with their factors, forces and a solve of 20 products' length. */
static rz_err step(problem *p, double *work) {
  RZ_TRY(draw(p, work));
  RZ_TRY(local_energies(p, work));
  RZ_TRY(forces(p, work));
  for (int i = 0; i < 20; i++) RZ_TRY(product(p, work));
  *work = 1.0;
  return RZ_OK;
}

static rz_err measure(problem *p) {
  static const struct {
    const char *name;
    part *run;
  } parts[] = {{"sampling", draw}, {"local", local_energies}, {"forces", forces},     {"product", product},
               {"gram", gram},     {"cholesky", cholesky},    {"latency", sum_small}, {"bandwidth", sum_large},
               {"step", step}};
  for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++) {
    slices s = {0};
    double work = 0.0;
    for (int i = 0; i < ROUNDS; i++) {
      MPI_Barrier(p->comm->mpi);
      const double start = rz_wall_time();
      RZ_TRY(rz_agree(p->comm, parts[k].run(p, &work)));
      double seconds = rz_wall_time() - start;
      RZ_TRY(rz_max(p->comm, 1, &seconds));
      slices_add(&s, seconds);
    }
    if (p->comm->rank == 0) printf("%s %.6e %.6e\n", parts[k].name, slices_least(&s), work);
  }
  return RZ_OK;
}

/* --- The formula --- */

static void print_traffic(const rz_jacobian *j, int64_t n, const char *solver, int k) {
  const rz_sr_options o = {.solver = solver, .replicate = RZ_SR_REPLICATE, .subset_size = 1024};
  const rz_sr_result r = {
      .solver = solver, .precision = "mixed", .preconditioner = "subset", .iterations = k, .refinements = REFINEMENTS};
  for (int size = 1; size <= 1024; size *= 2) {
    const rz_sr_shape shape = rz_sr_shape_of(j, n, 0, size);
    const rz_traffic t = rz_sr_traffic(&o, &r, &shape);
    printf("%s %d %lld", solver, size, (long long)shape.n_param);
    for (int kind = 0; kind < RZ_AGREE; kind++)
      printf(" %lld %lld", (long long)t.calls[kind], (long long)t.bytes[kind]);
    printf("\n");
  }
}

static rz_err run(int n, char **arg, const rz_comm *comm) {
  problem p = {0};
  double work = 0.0;
  rz_err rc = RZ_OK;
  RZ_CHECK(n == 6, RZ_ERR_ARG, "measure N ALPHA SYMMETRY CHAINS SAMPLES, or traffic N ALPHA SYMMETRY SAMPLES K");
  if (strcmp(arg[0], "measure") == 0) {
    RZ_TRY_DONE(rc, problem_init(&p, arg + 1, atoll(arg[4]), atoll(arg[5]), comm));
    RZ_TRY_DONE(rc, measure(&p));
  } else {
    RZ_TRY_DONE(rc, problem_init(&p, arg + 1, 16, 16, comm));
    RZ_TRY_DONE(rc, draw(&p, &work));
    RZ_TRY_DONE(rc, rz_ansatz_jacobian(p.ansatz, p.samples.n, p.samples.spin, &p.j));
    print_traffic(p.j, atoll(arg[4]), "kernel", atoi(arg[5]));
    print_traffic(p.j, atoll(arg[4]), "cg", atoi(arg[5]));
    print_traffic(p.j, atoll(arg[4]), "dense", atoi(arg[5]));
  }
done:
  problem_free(&p);
  return rc;
}

int main(int argc, char **argv) {
  rz_comm comm;
  (void)rz_blas_setup();
  MPI_Init(&argc, &argv);
  rz_err rc = rz_comm_wrap(MPI_COMM_WORLD, &comm);
  if (rc == RZ_OK) rc = run(argc - 1, argv + 1, &comm);
  if (rc != RZ_OK) fprintf(stderr, "%s\n%s", rz_error_message(), rz_error_traceback());
  MPI_Finalize();
  return rc == RZ_OK ? 0 : 1;
}
