/* modules: net linalg core */
/* The gradient of a Hamiltonian network's loss, phase by phase, against bare matrix products: CPU ms, least and median
 * of many slices; Gflop/s count the six products of n x H x H alone. Rows go through in batches of the size given. */
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/linalg/blas.h"
#include "ritz/net/mlp.h"
#include "slices.h"
#include <stdio.h>

typedef struct bench_case {
  int n_in, width;
  int64_t n, rows; /* in all, in a batch */
  bool single;
  rz_activation activation;
} bench_case;

static const bench_case cases[] = {
    {2, 200, 750, 750, false, RZ_ACTIVATION_TANH},     {2, 200, 750, 250, false, RZ_ACTIVATION_TANH},
    {2, 200, 750, 125, false, RZ_ACTIVATION_TANH},     {2, 200, 750, 750, true, RZ_ACTIVATION_TANH},
    {2, 200, 750, 250, true, RZ_ACTIVATION_TANH},      {2, 200, 750, 125, true, RZ_ACTIVATION_TANH},
    {8, 200, 200, 200, false, RZ_ACTIVATION_TANH},     {8, 200, 200, 200, true, RZ_ACTIVATION_TANH},
    {2, 200, 750, 250, false, RZ_ACTIVATION_SOFTPLUS}, {2, 200, 750, 250, true, RZ_ACTIVATION_SOFTPLUS},
    {2, 200, 750, 250, false, RZ_ACTIVATION_SIN},      {2, 24, 750, 250, false, RZ_ACTIVATION_TANH},
};

enum { FORWARD, PULL, LOSS, SECOND, ALL, N_PHASE };

typedef struct problem {
  rz_params params;
  rz_mlp *net;
  rz_mlp_batch *batch;
  double *x, *target, *h, *one, *g, *v, *grad;
} problem;

static rz_err setup(const bench_case *c, problem *p) {
  const rz_mlp_spec spec = {.n_in = c->n_in,
                            .n_out = 1,
                            .n_hidden = 2,
                            .width = (const int[]){c->width, c->width},
                            .activation = c->activation,
                            .hidden_bias = true};
  RZ_TRY(rz_mlp_create(&spec, &p->params, &p->net));
  RZ_TRY(rz_params_allocate(&p->params));
  RZ_TRY(rz_mlp_init(p->net, &p->params, 1, RZ_MLP_ORTHOGONAL));
  RZ_TRY(rz_mlp_batch_create(p->net, c->rows, c->single, &p->batch));
  double **const arrays[] = {&p->x, &p->target, &p->g, &p->v};
  rz_rng rng = rz_rng_stream(1, RZ_RNG_TEST, 0);
  for (size_t k = 0; k < sizeof arrays / sizeof arrays[0]; k++) {
    RZ_TRY(RZ_NEW(c->n * c->n_in, arrays[k]));
    for (int64_t i = 0; i < c->n * c->n_in; i++) (*arrays[k])[i] = rz_rng_normal(&rng);
  }
  RZ_TRY(RZ_NEW(c->n, &p->h));
  RZ_TRY(RZ_NEW(c->n, &p->one));
  RZ_TRY(RZ_NEW(p->params.n, &p->grad));
  for (int64_t i = 0; i < c->n; i++) p->one[i] = 1.0;
  return RZ_OK;
}

static void teardown(problem *p) {
  double **const arrays[] = {&p->x, &p->target, &p->h, &p->one, &p->g, &p->v, &p->grad};
  for (size_t k = 0; k < sizeof arrays / sizeof arrays[0]; k++) rz_free(arrays[k]);
  rz_mlp_batch_destroy(&p->batch);
  rz_mlp_destroy(&p->net);
  rz_params_free(&p->params);
}

/* d/d theta of the mean of |J dH/dx - target|^2; seconds [N_PHASE]. */
static rz_err gradient(const bench_case *c, problem *p, double *seconds) {
  const int d = c->n_in / 2;
  double t = rz_cpu_time();
  memset(seconds, 0, N_PHASE * sizeof *seconds);
  memset(p->grad, 0, sizeof *p->grad * (size_t)p->params.n);
  rz_mlp_batch_load(p->batch, p->params.value);
  seconds[LOSS] += slices_lap(&t);
  for (int64_t i = 0; i < c->n; i += c->rows) {
    const int64_t n = c->n - i < c->rows ? c->n - i : c->rows;
    RZ_TRY(rz_mlp_forward(p->batch, n, p->x + i * c->n_in, p->h));
    seconds[FORWARD] += slices_lap(&t);
    RZ_TRY(rz_mlp_pull(p->batch, p->one, p->g, NULL));
    seconds[PULL] += slices_lap(&t);
    const double *y = p->target + i * c->n_in;
    for (int64_t r = 0; r < n * c->n_in; r += c->n_in)
      for (int k = 0; k < d; k++) {
        p->v[r + d + k] = 2.0 / (double)(c->n * c->n_in) * (p->g[r + d + k] - y[r + k]);
        p->v[r + k] = 2.0 / (double)(c->n * c->n_in) * (p->g[r + k] + y[r + d + k]);
      }
    seconds[LOSS] += slices_lap(&t);
    RZ_TRY(rz_mlp_gradient_pull(p->batch, p->v, p->grad));
    seconds[SECOND] += slices_lap(&t);
  }
  for (int k = 0; k < ALL; k++) seconds[ALL] += seconds[k];
  return RZ_OK;
}

/* Gflop/s of the bare product of n x H x H, the best of many. */
static rz_err bare_product(const bench_case *c, double *gflops) {
  const int n = (int)c->rows, h = c->width;
  float *single = NULL;
  double *a = NULL, least = HUGE_VAL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW0((int64_t)(2 * n + h) * h, &a));
  RZ_TRY_DONE(rc, RZ_NEW0((int64_t)(2 * n + h) * h, &single));
  const int64_t b = (int64_t)n * h, y = b + (int64_t)h * h;
  for (int k = 0; k < 200; k++) {
    double t = rz_cpu_time();
    for (int m = 0; m < 4; m++)
      if (c->single)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, h, h, 1.0f, single, h, single + b, h, 0.0f,
                    single + y, h);
      else
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, h, h, 1.0, a, h, a + b, h, 0.0, a + y, h);
    least = fmin(least, slices_lap(&t) / 4);
  }
  *gflops = 2e-9 * n * h * h / least;
done:
  rz_free(&a);
  rz_free(&single);
  return rc;
}

static rz_err run(const bench_case *c) {
  problem p = {0};
  slices phase[N_PHASE] = {{0}};
  double seconds[N_PHASE], bare = 0.0;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, setup(c, &p));
  for (double spent = 0.0; spent < 1.0 && phase[ALL].n < MOST_SLICES; spent += seconds[ALL]) {
    RZ_TRY_DONE(rc, gradient(c, &p, seconds));
    for (int k = 0; k < N_PHASE; k++) slices_add(&phase[k], seconds[k]);
  }
  RZ_TRY_DONE(rc, bare_product(c, &bare));
  const double least = slices_least(&phase[ALL]);
  printf("%d-%d-%d-1 %-8s %5lld %5lld %-6s", c->n_in, c->width, c->width, rz_activation_name(c->activation),
         (long long)c->n, (long long)c->rows, c->single ? "single" : "double");
  for (int k = 0; k < N_PHASE; k++) printf(" %7.3f", 1e3 * slices_least(&phase[k]));
  printf(" %7.3f %7.0f %7.1f %7.1f\n", 1e3 * slices_median(&phase[ALL]), 1.0 / least,
         12e-9 * (double)c->n * c->width * c->width / least, bare);
done:
  teardown(&p);
  return rc;
}

int main(void) {
  rz_blas_setup();
  printf("%-18s %5s %5s %-6s %7s %7s %7s %7s %7s %7s %7s %7s %7s\n", "network", "n", "batch", "", "forward", "pull",
         "loss", "second", "all", "median", "1/s", "Gflop/s", "bare");
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    const rz_err rc = run(&cases[k]);
    if (rc != RZ_OK) {
      fprintf(stderr, "%s\n", rz_error_message());
      return rz_err_exit_code(rc);
    }
  }
  return 0;
}
