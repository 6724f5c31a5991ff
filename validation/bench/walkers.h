/* What the benchmarks of sampling and of local energies share: a ring, an RBM on it, walkers, and the common algorithm
 * to compare with: log psi of whole batches by a matrix product and vectorised log cosh. */
#ifndef RITZ_BENCH_WALKERS_H
#define RITZ_BENCH_WALKERS_H

/* private to the net: an exponential as plain arithmetic */
#include "../../src/net/lane_math.h"
#include "bare_model.h"
#include "ritz/ansatz/ansatz.h"
#include "ritz/core/clock.h"
#include "ritz/core/isa.h"
#include "ritz/core/memory.h"
#include "ritz/linalg/blas.h"
#include "ritz/sample/sampler.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define BENCH_VECTOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define BENCH_VECTOR
#endif

enum { WALKERS = 1024, MAX_SLICES = 64 };

typedef struct bench_case {
  int n_site, n_hidden;
  bool is_complex, heisenberg;
} bench_case;

typedef struct bench_walkers {
  bench_case c;
  rz_model model;
  rz_ansatz *ansatz;
  rz_sampler *sampler;
  double *in, *theta, *log_psi; /* of the full forward pass: [batch, n_site], [batch, n_hidden], [batch] */
  int64_t batch;
} bench_walkers;

/* TFIM at h = j in Pauli matrices, or Heisenberg with Marshall's sign, on a ring. */
static inline rz_err bench_hamiltonian(const bench_case *c, rz_model *m) {
  RZ_TRY(bare_chain(c->n_site, true, m));
  RZ_TRY(rz_operator_create(c->n_site, &m->bare));
  for (int i = 0; i < c->n_site; i++) {
    const int k = (i + 1) % c->n_site;
    const rz_local zz[2] = {{i, 'Z'}, {k, 'Z'}}, x[1] = {{i, 'X'}}, up[2] = {{i, '+'}, {k, '-'}},
                   down[2] = {{i, '-'}, {k, '+'}};
    RZ_TRY(rz_operator_add(m->bare, c->heisenberg ? 0.25 : -1.0, 2, zz));
    if (c->heisenberg) {
      RZ_TRY(rz_operator_add(m->bare, -0.5, 2, up));
      RZ_TRY(rz_operator_add(m->bare, -0.5, 2, down));
    } else {
      RZ_TRY(rz_operator_add(m->bare, -1.0, 1, x));
    }
  }
  RZ_TRY(rz_operator_finish(m->bare));
  m->h = m->bare;
  m->fixed_sz = c->heisenberg;
  m->n_up = c->n_site / 2;
  return RZ_OK;
}

static inline rz_err bench_walkers_init(const bench_case *c, const rz_comm *comm, int64_t batch, bench_walkers *w) {
  *w = (bench_walkers){.c = *c, .batch = batch};
  char spec[128];
  /* weights that let about a third of the flips pass */
  snprintf(spec, sizeof spec, "kind=rbm alpha=%.17g weights=%s init_width=%.3g", (double)c->n_hidden / c->n_site,
           c->is_complex ? "complex" : "real", 0.32 / sqrt(sqrt((double)c->n_hidden)));
  RZ_TRY(bench_hamiltonian(c, &w->model));
  RZ_TRY(rz_ansatz_create_spec(w->model.lattice, 7, spec, &w->ansatz));
  const rz_sampler_spec s = {
      .method = "metropolis", .chains = WALKERS, .samples = WALKERS, .discard = 20, .replicas = 1, .beta_min = 0.5};
  RZ_TRY(rz_sampler_create_from(&s, &w->model, w->ansatz, 7, comm, &w->sampler));
  RZ_TRY(rz_sampler_start(w->sampler, w->ansatz));
  RZ_TRY(RZ_NEW(batch * c->n_site, &w->in));
  RZ_TRY(RZ_NEW(batch * c->n_hidden, &w->theta));
  return RZ_NEW(batch, &w->log_psi);
}

static inline void bench_walkers_free(bench_walkers *w) {
  rz_free(&w->in);
  rz_free(&w->theta);
  rz_free(&w->log_psi);
  rz_sampler_destroy(&w->sampler);
  rz_ansatz_destroy(&w->ansatz);
  bare_free(&w->model);
}

/* size = |theta|, factor = 1 + exp(-2 |theta|): plain arithmetic without sums, which becomes vector code. */
BENCH_VECTOR static void sizes_and_factors(int n, const double *restrict theta, double *restrict size,
                                           double *restrict factor) {
  for (int j = 0; j < n; j++) {
    const double a = theta[j] < 0.0 ? -theta[j] : theta[j];
    size[j] = a;
    factor[j] = 1.0 + lane_exp(a < 350.0 ? -2.0 * a : -700.0);
  }
}

/* sum_j log(2 cosh theta_j); factors lie between 1 and 2, so that 512 of them fit a product. */
BENCH_VECTOR static double sum_log_cosh(int n, const double *theta) {
  enum { MOST = 512, PARTS = 16 };
  double size[MOST], factor[MOST], total = 0.0;
  for (int first = 0; first < n; first += MOST) {
    const int m = n - first < MOST ? n - first : MOST;
    double sum[PARTS] = {0.0}, product[PARTS], all = 1.0;
    for (int k = 0; k < PARTS; k++) product[k] = 1.0;
    sizes_and_factors(m, theta + first, size, factor);
    for (int j = 0; j < m; j += PARTS)
      for (int k = 0; k < PARTS && j + k < m; k++) {
        sum[k] += size[j + k];
        product[k] *= factor[j + k];
      }
    for (int k = 0; k < PARTS; k++) {
      total += sum[k];
      all *= product[k];
    }
    total += log(all);
  }
  return total;
}

/* log psi of the first n configurations of w->in, real weights. */
static inline void full_forward(bench_walkers *w, int64_t n) {
  const int n_site = w->c.n_site, n_hidden = w->c.n_hidden;
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)n, n_hidden, n_site, 1.0, w->in, n_site,
              rz_params_real(&w->ansatz->params, 0), n_hidden, 0.0, w->theta, n_hidden);
  for (int64_t i = 0; i < n; i++) w->log_psi[i] = sum_log_cosh(n_hidden, w->theta + i * n_hidden);
}

/* OpenBLAS with its best kernels, one thread. Returns its name. */
static inline const char *bench_blas(void) {
  const char *core = rz_blas_advice();
  if (core) setenv("OPENBLAS_CORETYPE", core, 1);
  if (core) (void)rz_blas_choose_again();
  return rz_blas_setup();
}

/* ---- times ---- */

typedef struct bench_times {
  int n;
  double s[MAX_SLICES];
} bench_times;

static int bench_compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

/* Least and median. */
static inline void bench_summary(bench_times *t, double *least, double *median) {
  qsort(t->s, (size_t)t->n, sizeof t->s[0], bench_compare);
  *least = t->s[0];
  *median = t->s[t->n / 2];
}

/* Arguments N M real|complex tfim|heisenberg, or none for a table of cases. Returns how many. */
static inline int bench_cases(int argc, char **argv, int n, const bench_case *table, bench_case *out) {
  if (argc < 3) {
    memcpy(out, table, sizeof *out * (size_t)n);
    return n;
  }
  *out = (bench_case){.n_site = atoi(argv[1]),
                      .n_hidden = atoi(argv[2]),
                      .is_complex = argc > 3 && strcmp(argv[3], "complex") == 0,
                      .heisenberg = argc > 4 && strcmp(argv[4], "heisenberg") == 0};
  return 1;
}

#endif
