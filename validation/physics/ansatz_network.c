/* modules: ansatz net model linalg core */
/* Multilayer networks trained by natural gradient on all states of a small sector, against exact diagonalisation: the
 * critical Ising ring (positive), a ring whose hopping has a Peierls phase (complex amplitudes). Each kind of weights
 * on a problem that needs it: values and derivatives together find the ground state.
 */
#include "bare_model.h"
#include "check.h"
#include "ritz/ansatz/ansatz.h"
#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include "ritz/linalg/blas.h"
#include "ritz/model/sector.h"

#include <stdlib.h>

/* A Hamiltonian as a dense matrix over the states of a sector. */
typedef struct problem {
  int n_site, n;
  int8_t *spin;      /* [n, n_site] */
  double complex *h; /* [n, n] */
  double exact;
} problem;

/* H = - sum (exp(i angle) S+_i S-_(i+1) + h.c.) + delta sum sz_i sz_(i+1) of the ring, in Pauli matrices. */
static rz_err twisted_ring(int n_site, double angle, double delta, rz_model *m) {
  RZ_TRY(bare_chain(n_site, true, m));
  RZ_TRY(rz_operator_create(n_site, &m->h));
  for (int32_t i = 0; i < n_site; i++) {
    const int32_t k = (i + 1) % n_site;
    RZ_TRY(rz_operator_add(m->h, -0.5 * cos(angle), 2, (rz_local[2]){{i, 'X'}, {k, 'X'}}));
    RZ_TRY(rz_operator_add(m->h, -0.5 * cos(angle), 2, (rz_local[2]){{i, 'Y'}, {k, 'Y'}}));
    RZ_TRY(rz_operator_add(m->h, -0.5 * sin(angle), 2, (rz_local[2]){{i, 'X'}, {k, 'Y'}}));
    RZ_TRY(rz_operator_add(m->h, 0.5 * sin(angle), 2, (rz_local[2]){{i, 'Y'}, {k, 'X'}}));
    RZ_TRY(rz_operator_add(m->h, delta, 2, (rz_local[2]){{i, 'Z'}, {k, 'Z'}}));
  }
  return rz_operator_finish(m->h);
}

static void fill_matrix(const rz_model *m, const rz_sector *s, problem *p) {
  for (int64_t k = 0; k < s->dim; k++) {
    const uint64_t state = rz_sector_unrank(s, k);
    rz_bits_to_spins(state, p->n_site, p->spin + k * p->n_site);
    for (int64_t j = 0; j < rz_operator_n_flip_set(m->h); j++) {
      const rz_flip_set *f = rz_operator_flip_set(m->h, j);
      const double complex element = rz_flip_set_element(f, p->spin + k * p->n_site);
      uint64_t to = state;
      for (int32_t i = 0; i < f->n_flip; i++) to ^= (uint64_t)1 << f->site[i];
      if (element != 0.0 && RZ_EXPECT(rz_sector_contains(s, to)))
        p->h[k * s->dim + rz_sector_rank(s, to)] += element; /* <state|H|to> */
    }
  }
}

static void open_problem(const rz_model *m, bool fixed_sz, problem *p) {
  rz_sector s;
  const int n_site = rz_operator_n_site(m->h);
  RZ_EXPECT_OK(rz_sector_init(n_site, fixed_sz, n_site / 2, &s));
  *p = (problem){.n_site = n_site, .n = (int)s.dim};
  p->spin = calloc((size_t)(s.dim * n_site), 1);
  p->h = calloc((size_t)(s.dim * s.dim), sizeof *p->h);
  fill_matrix(m, &s, p);
  double complex *copy = malloc((size_t)(s.dim * s.dim) * sizeof *copy);
  double *level = malloc((size_t)s.dim * sizeof *level);
  memcpy(copy, p->h, (size_t)(s.dim * s.dim) * sizeof *copy);
  RZ_EXPECT(LAPACKE_zheevd(LAPACK_ROW_MAJOR, 'N', 'U', p->n, copy, p->n, level) == 0);
  p->exact = level[0];
  free(copy);
  free(level);
}

static void close_problem(problem *p) {
  free(p->spin);
  free(p->h);
}

/* Energy of psi, and per state its weight w and local energy e. */
static double local_energies(const problem *p, const double complex *log_psi, double *w, double complex *e) {
  double norm = 0.0, energy = 0.0, top = -HUGE_VAL;
  for (int i = 0; i < p->n; i++) top = fmax(top, creal(log_psi[i]));
  for (int i = 0; i < p->n; i++) norm += w[i] = exp(2.0 * (creal(log_psi[i]) - top));
  for (int i = 0; i < p->n; i++) {
    e[i] = 0.0;
    for (int k = 0; k < p->n; k++)
      if (p->h[i * p->n + k] != 0.0) e[i] += p->h[i * p->n + k] * cexp(log_psi[k] - log_psi[i]);
    w[i] /= norm;
    energy += w[i] * creal(e[i]);
  }
  return energy;
}

/* theta -= rate (S + shift)^-1 F with S = Re <O^* O>_c and F = Re <O^* (E_loc - E)>. Returns the energy before. */
static double step(const problem *p, rz_ansatz *a, double rate, double shift) {
  const int n = p->n, n_param = (int)a->params.n, n_row = n * rz_ansatz_n_comp(a);
  rz_jacobian *j = NULL;
  double complex *log_psi = malloc((size_t)n * sizeof *log_psi), *e = malloc((size_t)n * sizeof *e);
  double *w = malloc((size_t)n * sizeof *w), *o = malloc((size_t)n_row * (size_t)n_param * sizeof *o);
  double *s = calloc((size_t)n_param * (size_t)n_param, sizeof *s), *force = calloc((size_t)n_param, sizeof *force);
  RZ_EXPECT_OK(a->cls->log_psi(a, n, p->spin, log_psi));
  const double energy = local_energies(p, log_psi, w, e);
  RZ_EXPECT_OK(rz_ansatz_jacobian(a, n, p->spin, &j));
  for (int c = 0; c < rz_ansatz_n_comp(a); c++) {
    double *row = o + (int64_t)c * n * n_param;
    RZ_EXPECT_OK(rz_jacobian_rows(j, c, 0, n, row));
    for (int k = 0; k < n_param; k++) {
      double mean = 0.0;
      for (int i = 0; i < n; i++) mean += w[i] * row[(int64_t)i * n_param + k];
      for (int i = 0; i < n; i++) row[(int64_t)i * n_param + k] -= mean;
    }
    for (int i = 0; i < n; i++) {
      const double x = c == 0 ? creal(e[i]) - energy : cimag(e[i]);
      cblas_daxpy(n_param, w[i] * x, row + (int64_t)i * n_param, 1, force, 1);
      cblas_dscal(n_param, sqrt(w[i]), row + (int64_t)i * n_param, 1);
    }
  }
  cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, n_param, n_row, 1.0, o, n_param, 0.0, s, n_param);
  for (int k = 0; k < n_param; k++) s[(int64_t)k * n_param + k] += shift;
  RZ_EXPECT(LAPACKE_dposv(LAPACK_ROW_MAJOR, 'L', n_param, 1, s, n_param, force, 1) == 0);
  cblas_daxpy(n_param, -rate, force, 1, a->params.value, 1);
  RZ_EXPECT_OK(rz_ansatz_update(a));
  rz_jacobian_destroy(&j);
  free(log_psi);
  free(e);
  free(w);
  free(o);
  free(s);
  free(force);
  return energy;
}

/* The error relative to the exact energy lies between two bounds. */
static void check(const rz_model *m, const problem *p, const char *spec, int n_step, double least, double most) {
  rz_ansatz *a = NULL;
  double energy = NAN;
  if (!RZ_EXPECT_OK(rz_ansatz_create_spec(m->lattice, 5, spec, &a))) return;
  for (int k = 0; k <= n_step; k++) energy = step(p, a, 0.1, fmax(1e-4, 0.1 * pow(0.9, k)));
  const double error = (energy - p->exact) / fabs(p->exact);
  printf("%s: %lld parameters, E = %.9f, exact %.9f, %.2g\n", spec, (long long)a->params.n, energy, p->exact, error);
  RZ_EXPECT(error > least && error < most);
  rz_ansatz_destroy(&a);
}

int main(void) {
  const double zero = -1e-13;
  rz_model m;
  problem p;
  RZ_EXPECT_OK(bare_ising_ring(8, 1.0, &m));
  open_problem(&m, false, &p);
  check(&m, &p, "kind=mlp units=6 init_width=0.1", 100, zero, 2e-5);
  check(&m, &p, "kind=mlp units=4 symmetry=translation activation=tanh init_width=0.1", 100, zero, 1e-6);
  close_problem(&p);
  bare_free(&m);
  RZ_EXPECT_OK(twisted_ring(8, 0.25, 0.5, &m));
  open_problem(&m, true, &p);
  check(&m, &p, "kind=mlp units=8 bias=hidden init_width=0.1", 60, 3e-4, 1e-3); /* no positive state is close */
  check(&m, &p, "kind=mlp units=8 weights=phase bias=hidden init_width=0.1", 100, zero, 1e-5);
  check(&m, &p, "kind=mlp units=8 weights=phase symmetry=translation bias=hidden init_width=0.1", 100, zero, 1e-9);
  check(&m, &p, "kind=mlp units=8 weights=complex bias=hidden init_width=0.1", 100, zero, 1e-5);
  check(&m, &p, "kind=mlp units=6 weights=complex symmetry=translation layers=1 bias=hidden init_width=0.1", 100, zero,
        1e-5);
  check(&m, &p, "kind=mlp units=6 weights=complex symmetry=translation activation=tanh bias=hidden init_width=0.1", 60,
        zero, 1e-6);
  close_problem(&p);
  bare_free(&m);
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  return rz_check_finish();
}
