/* Symplecticity and reversibility of steps. */
#include "ritz/dynamics/measure.h"

#include "ritz/core/memory.h"
#include <math.h>
#include <string.h>

/* Row i of the batch: m holds the images of the 2 d unit vectors, [2 d, n, 2 d]. */
static double defect(const rz_stepper *s, const double *m, int64_t i) {
  const int d = s->n_degree, w = 2 * d;
  double worst = 0.0;
  for (int a = 0; a < w; a++)
    for (int b = 0; b < a; b++) {
      const double *u = m + (a * s->n + i) * w, *v = m + (b * s->n + i) * w;
      double form = 0.0;
      for (int k = 0; k < d; k++) form += u[k] * v[d + k] - u[d + k] * v[k];
      const double error = fabs(form + (a == b + d ? 1.0 : 0.0));
      if (!(error <= worst)) worst = error;
    }
  return worst;
}

rz_err rz_measure_symplecticity(const rz_stepper *s, int64_t n_step, double *x, double *out) {
  const int w = 2 * s->n_degree;
  const int64_t size = s->n * w;
  double *m = NULL, *carry = NULL;
  rz_err rc = RZ_OK;
  RZ_CHECK(s->tangent, RZ_ERR_ARG, "symplecticity is measured by a tangent map, and these steps have none");
  RZ_TRY_DONE(rc, RZ_NEW(w * size, &m));
  RZ_TRY_DONE(rc, RZ_NEW0(size, &carry));
  for (int64_t i = 0; i < s->n; i++) out[i] = 0.0;
  for (int64_t t = 0; t < n_step; t++) {
    memset(m, 0, (size_t)(w * size) * sizeof *m);
    for (int a = 0; a < w; a++)
      for (int64_t i = 0; i < s->n; i++) m[(a * s->n + i) * w + a] = 1.0;
    RZ_TRY_DONE(rc, s->tangent(s->self, s->step, 1, x, carry, w, m));
    for (int64_t i = 0; i < s->n; i++) out[i] = fmax(out[i], defect(s, m, i));
  }
done:
  rz_free(&m);
  rz_free(&carry);
  return rc;
}

static void turn_momenta(const rz_stepper *s, double *x) {
  const int d = s->n_degree;
  for (int64_t i = 0; i < s->n; i++)
    for (int k = d; k < 2 * d; k++) x[i * 2 * d + k] = -x[i * 2 * d + k];
}

rz_err rz_measure_reversibility(const rz_stepper *s, int64_t n_step, const double *x, double *out) {
  const int w = 2 * s->n_degree;
  const int64_t size = s->n * w;
  double *at = NULL, *carry = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(size, &at));
  RZ_TRY_DONE(rc, RZ_NEW0(size, &carry));
  memcpy(at, x, (size_t)size * sizeof *x);
  for (int way = 0; way < 2; way++) {
    RZ_TRY_DONE(rc, s->run(s->self, s->step, n_step, at, carry));
    turn_momenta(s, at);
    turn_momenta(s, carry);
  }
  for (int64_t i = 0; i < s->n; i++) {
    out[i] = 0.0;
    for (int k = 0; k < w; k++) out[i] = fmax(out[i], fabs(at[i * w + k] - x[i * w + k]));
  }
done:
  rz_free(&at);
  rz_free(&carry);
  return rc;
}
