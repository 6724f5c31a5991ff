/* Quantities along a run, by running sums: nothing is kept but the means of the stretches. */
#include "ritz/dynamics/measure.h"

#include "ritz/core/memory.h"
#include <math.h>

enum { N_STRETCH = 32 };

static rz_err integrator_run(void *self, double step, int64_t n_step, double *x, double *carry) {
  return rz_integrator_run(self, step, n_step, x, carry);
}

static rz_err integrator_tangent(void *self, double step, int64_t n_step, double *x, double *carry, int m, double *v) {
  return rz_integrator_run_tangent(self, step, n_step, x, carry, m, v);
}

rz_stepper rz_integrator_stepper(rz_integrator *g, double step) {
  const bool has_tangent = rz_integrator_class_of(g)->run_tangent != NULL;
  return (rz_stepper){.n_degree = rz_integrator_flow(g)->n_degree,
                      .n = rz_integrator_n(g),
                      .step = step,
                      .self = g,
                      .run = integrator_run,
                      .tangent = has_tangent ? integrator_tangent : NULL};
}

rz_err rz_system_quantities(void *system, int64_t n, const double *x, double *out) {
  rz_system_invariants(system, n, x, out);
  return RZ_OK;
}

typedef struct sums {
  double *value;   /* [n_value] of one sample */
  double *stretch; /* [n_stretch, n_value] sums over its samples */
  int n_stretch;
} sums;

/* Sample i of 1 .. n_sample belongs to the stretch (i - 1) n_stretch / n_sample. */
static void add(sums *s, int64_t n_value, int stretch, rz_drift *out) {
  for (int64_t k = 0; k < n_value; k++) {
    const double change = s->value[k] - out[k].first;
    if (!(fabs(change) <= out[k].max)) out[k].max = fabs(change);
    out[k].rms += change * change;
    s->stretch[stretch * n_value + k] += change;
  }
}

/* Least squares through (centre of the stretch, mean of the stretch). */
static void fit(const sums *s, int64_t n_value, int64_t k, const double *time, const double *count, rz_drift *out) {
  const int n = s->n_stretch;
  double t_mean = 0.0, y_mean = 0.0, tt = 0.0, ty = 0.0, square = 0.0;
  for (int j = 0; j < n; j++) {
    t_mean += time[j] / n;
    y_mean += s->stretch[j * n_value + k] / count[j] / n;
  }
  for (int j = 0; j < n; j++) {
    tt += (time[j] - t_mean) * (time[j] - t_mean);
    ty += (time[j] - t_mean) * (s->stretch[j * n_value + k] / count[j] - y_mean);
  }
  out[k].slope = ty / tt;
  for (int j = 0; j < n; j++) {
    const double rest = s->stretch[j * n_value + k] / count[j] - y_mean - out[k].slope * (time[j] - t_mean);
    square += rest * rest;
  }
  out[k].slope_error = sqrt(square / (n - 2) / tt);
}

static void finish(const sums *s, int64_t n_value, const double *time, const double *count, int64_t n_sample,
                   rz_drift *out) {
  double centre[N_STRETCH];
  for (int j = 0; j < s->n_stretch; j++) centre[j] = time[j] / count[j];
  for (int64_t k = 0; k < n_value; k++) {
    out[k].rms = n_sample > 0 ? sqrt(out[k].rms / (double)n_sample) : 0.0;
    out[k].slope = out[k].slope_error = (double)NAN;
    if (s->n_stretch >= 3) fit(s, n_value, k, centre, count, out);
  }
}

rz_err rz_measure_drift(const rz_stepper *s, rz_sampling run, int n_quantity, rz_quantities *quantities, void *ctx,
                        rz_sample_visit *visit, void *visit_ctx, double *x, rz_drift *out) {
  const int64_t n_value = s->n * n_quantity;
  sums sum = {.n_stretch = (int)(run.n_sample < N_STRETCH ? run.n_sample : N_STRETCH)};
  double *carry = NULL, time[N_STRETCH] = {0.0}, count[N_STRETCH] = {0.0};
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(n_value, &sum.value));
  RZ_TRY_DONE(rc, RZ_NEW0(N_STRETCH * n_value, &sum.stretch));
  RZ_TRY_DONE(rc, RZ_NEW0(s->n * 2 * s->n_degree, &carry));
  RZ_TRY_DONE(rc, quantities(ctx, s->n, x, sum.value));
  for (int64_t k = 0; k < n_value; k++) out[k] = (rz_drift){.first = sum.value[k]};
  if (visit) RZ_TRY_DONE(rc, visit(visit_ctx, 0, 0.0, x));
  for (int64_t i = 1; i <= run.n_sample; i++) {
    const double t = s->step * (double)(i * run.n_step);
    const int stretch = (int)((i - 1) * sum.n_stretch / run.n_sample);
    RZ_TRY_DONE(rc, s->run(s->self, s->step, run.n_step, x, carry));
    RZ_TRY_DONE(rc, quantities(ctx, s->n, x, sum.value));
    add(&sum, n_value, stretch, out);
    time[stretch] += t;
    count[stretch] += 1.0;
    if (visit) RZ_TRY_DONE(rc, visit(visit_ctx, i, t, x));
  }
  finish(&sum, n_value, time, count, run.n_sample, out);
done:
  rz_free(&sum.value);
  rz_free(&sum.stretch);
  rz_free(&carry);
  return rc;
}
