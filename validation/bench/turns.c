/* modules: drive optimise solve store linalg core */
/* What the training loop costs beside the problem: microseconds of CPU time per step, for a problem that costs next to
 * nothing, by steps per turn. Rows: method, parameters, samples; columns: steps per turn.
 *   bench_turns [slices] */
#include "ritz/core/clock.h"
#include "ritz/core/memory.h"
#include "ritz/drive/train.h"
#include "ritz/linalg/blas.h"
#include "ritz/solve/session.h"
#include "slices.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct valley {
  rz_params params;
  int64_t calls;
} valley;

/* A long narrow valley: L = sum_k (1 + k) theta_k^2 / n + small quartic, so that no method is ever done. */
static rz_err assess(void *self, rz_assessment *a) {
  valley *v = self;
  const int64_t n = v->params.n;
  const double *x = v->params.value;
  double square = 0.0;
  v->calls++;
  if (!a->forces) {
    rz_layer *l = NULL;
    RZ_TRY(rz_jacobian_create(2 * n, 1, n, &a->jacobian));
    RZ_TRY(rz_jacobian_add(a->jacobian, &(rz_layer){.d_in = 1, .d_out = (int)n, .n_share = 1}, false, false, &l));
    rz_jacobian_about_zero(a->jacobian);
    RZ_TRY(RZ_NEW(2 * n, &a->residual));
    memset(l->d_re, 0, (size_t)(2 * n * n) * sizeof(double));
    for (int64_t k = 0; k < n; k++) {
      rz_jacobian_weights(a->jacobian)[2 * k] = rz_jacobian_weights(a->jacobian)[2 * k + 1] = 1.0;
      a->residual[2 * k] = 1.0 - x[k];
      a->residual[2 * k + 1] = k + 1 < n ? 1e3 * (x[k + 1] - x[k] * x[k]) : 0.0;
      l->d_re[2 * k * n + k] = -1.0;
      l->d_re[(2 * k + 1) * n + k] = k + 1 < n ? -2e3 * x[k] : 0.0;
      if (k + 1 < n) l->d_re[(2 * k + 1) * n + k + 1] = 1e3;
      square += a->residual[2 * k] * a->residual[2 * k] + a->residual[2 * k + 1] * a->residual[2 * k + 1];
    }
  } else {
    memset(a->forces, 0, (size_t)n * sizeof(double));
    for (int64_t k = 0; k < n; k++) {
      const double off = 1.0 - x[k], up = k + 1 < n ? 1e3 * (x[k + 1] - x[k] * x[k]) : 0.0;
      square += off * off + up * up;
      a->forces[k] -= off + 2e3 * x[k] * up;
      if (k + 1 < n) a->forces[k + 1] += 1e3 * up;
    }
  }
  a->objective = square;
  return RZ_OK;
}

static rz_err update(void *self) {
  (void)self;
  return RZ_OK;
}

static rz_err state(void *self, rz_array_visit *visit, void *ctx) {
  (void)self, (void)visit, (void)ctx;
  return RZ_OK;
}

static rz_err train(const rz_comm *comm, const char *method, int64_t n, int64_t steps, int64_t per_turn,
                    double *microseconds) {
  static const rz_option run_rows[] = {RZ_ROW_CHOICE("study", NULL, NULL, "study")};
  static const char *const groups[] = {"!run", "optimiser", NULL};
  static const rz_study_groups study = {"fit", "fit", groups};
  const rz_option_group list[2] = {{"run", "run", NULL, run_rows, 1, NULL, 0}, *rz_optimiser_options()};
  const rz_schema schema = {list, 2, &study, 1};
  char text[512];
  rz_config *config = NULL;
  rz_optimiser *o = NULL;
  rz_train_result r = {0};
  valley v = {0};
  rz_err rc = RZ_OK;
  const int size = snprintf(text, sizeof text, "&run study = 'fit' /\n&optimiser method = %s /\n", method);
  RZ_TRY_DONE(rc, rz_config_parse("bench.nml", text, size, &schema, &config));
  RZ_TRY_DONE(rc, rz_params_add(&v.params, "theta", false, 1, &n));
  RZ_TRY_DONE(rc, rz_params_allocate(&v.params));
  for (int64_t k = 0; k < n; k++) v.params.value[k] = k % 2 == 0 ? -1.2 : 1.0;
  RZ_TRY_DONE(rc, rz_optimiser_create(config, n, comm, &o));
  const rz_train_spec spec = {.iterations = steps,
                              .max_rejections = 12,
                              .spike_relative = 1e30,
                              .mobility_drop = 10,
                              .steps_per_turn = per_turn,
                              .report_every = 1};
  const rz_problem problem = {
      .self = &v, .params = &v.params, .assess = assess, .update = update, .state = state, .agrees = true};
  const double start = rz_cpu_time();
  RZ_TRY_DONE(rc, rz_train(&spec, &problem, o, comm, NULL, NULL, NULL, &r));
  *microseconds = 1e6 * (rz_cpu_time() - start) / (double)v.calls;
done:
  rz_history_free(&r.history);
  rz_optimiser_destroy(&o);
  rz_params_free(&v.params);
  rz_config_destroy(&config);
  return rc;
}

/* Of the problem by itself. */
static rz_err alone(int64_t n, bool by_forces, int64_t calls, double *microseconds) {
  valley v = {0};
  double *forces = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_params_add(&v.params, "theta", false, 1, &n));
  RZ_TRY_DONE(rc, rz_params_allocate(&v.params));
  RZ_TRY_DONE(rc, RZ_NEW(n, &forces));
  const double start = rz_cpu_time();
  for (int64_t i = 0; i < calls; i++) {
    rz_assessment a = {.forces = by_forces ? forces : NULL};
    rc = assess(&v, &a);
    rz_jacobian_destroy(&a.jacobian);
    rz_free(&a.residual);
    RZ_TRY_DONE(rc, rc);
  }
  *microseconds = 1e6 * (rz_cpu_time() - start) / (double)calls;
done:
  rz_free(&forces);
  rz_params_free(&v.params);
  return rc;
}

static const struct {
  const char *method;
  bool by_forces;
  int64_t n, steps;
} rows[] = {{"'gradient', learning_rate = 1e-9, max_step = 0", true, 14, 20000},
            {"'adam', learning_rate = 1e-3, max_step = 0", true, 14, 20000},
            {"'adam', learning_rate = 1e-3, max_step = 0", true, 450, 5000},
            {"'lbfgs'", true, 14, 2000},
            {"'lbfgs'", true, 450, 500},
            {"'lm', solver = 'dense'", false, 14, 300},
            {"'lm', solver = 'dense', damping_matrix = 'diagonal'", false, 14, 300},
            {"'lm', solver = 'kernel'", false, 14, 300}};

static rz_err run(const rz_comm *comm, int n_slice) {
  static const int64_t per_turn[] = {1, 10, 100};
  printf("%-56s %5s %9s", "microseconds per step: least (median)", "P", "problem");
  for (int k = 0; k < 3; k++) printf("   %4lld a turn    ", (long long)per_turn[k]);
  printf("\n");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    slices problem = {0}, s[3] = {{0}};
    for (int t = 0; t < n_slice; t++) {
      double us = 0.0;
      RZ_TRY(alone(rows[i].n, rows[i].by_forces, rows[i].steps, &us));
      slices_add(&problem, us);
      for (int k = 0; k < 3; k++) {
        RZ_TRY(train(comm, rows[i].method, rows[i].n, rows[i].steps, per_turn[k], &us));
        slices_add(&s[k], us);
      }
    }
    printf("%-56s %5lld %9.3f", rows[i].method, (long long)rows[i].n, slices_least(&problem));
    for (int k = 0; k < 3; k++) printf("  %7.3f (%7.3f)", slices_least(&s[k]), slices_median(&s[k]));
    printf("\n");
  }
  return RZ_OK;
}

int main(int argc, char **argv) {
  rz_comm comm;
  (void)rz_blas_setup();
  MPI_Init(&argc, &argv);
  rz_err rc = rz_comm_wrap(MPI_COMM_WORLD, &comm);
  if (rc == RZ_OK) rc = run(&comm, argc > 1 ? atoi(argv[1]) : 20);
  if (rc == RZ_OK) rc = rz_petsc_stop();
  if (rc != RZ_OK) fprintf(stderr, "%s\n%s", rz_error_message(), rz_error_traceback());
  MPI_Finalize();
  return rc == RZ_OK ? 0 : 1;
}
