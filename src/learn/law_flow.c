#include "ritz/learn/law_flow.h"

#include "law_impl.h"
#include "ritz/core/memory.h"
#include <assert.h>
#include <string.h>

static rz_err field(void *self, int64_t n, const double *x, double *out) {
  rz_law *l = self;
  return l->cls->apply(l, n, x, out);
}

static rz_err field_tangent(void *self, int64_t n, const double *x, const double *v, double *out) {
  rz_law *l = self;
  return l->cls->tangent(l, n, x, v, out);
}

static rz_err energy(void *self, int64_t n, const double *x, double *out) {
  rz_law *l = self;
  return l->cls->energy(l, n, x, out);
}

static rz_err velocity(void *self, int64_t n, const double *x, double *out) {
  rz_law *l = self;
  return l->cls->half(l, RZ_LAW_VELOCITY, n, x, NULL, out);
}

static rz_err force(void *self, int64_t n, const double *x, double *out) {
  rz_law *l = self;
  return l->cls->half(l, RZ_LAW_FORCE, n, x, NULL, out);
}

static rz_err velocity_tangent(void *self, int64_t n, const double *x, const double *v, double *out) {
  rz_law *l = self;
  return l->cls->half(l, RZ_LAW_VELOCITY, n, x, v, out);
}

static rz_err force_tangent(void *self, int64_t n, const double *x, const double *v, double *out) {
  rz_law *l = self;
  return l->cls->half(l, RZ_LAW_FORCE, n, x, v, out);
}

rz_flow rz_law_flow(rz_law *law) {
  assert(!law->cls->is_map);
  rz_flow flow = {.self = law,
                  .n_degree = law->n_degree,
                  .hamiltonian = law->cls->symplectic,
                  .field = field,
                  .field_tangent = field_tangent,
                  .energy = law->cls->energy ? energy : NULL};
  if (!law->cls->half) return flow;
  flow.separable = true;
  flow.velocity = velocity;
  flow.force = force;
  flow.velocity_tangent = velocity_tangent;
  flow.force_tangent = force_tangent;
  return flow;
}

/* ---- maps ---- */

static rz_err finite(const rz_law *l, const double *x) {
  for (int k = 0; k < 2 * l->n_degree; k++)
    RZ_CHECK(x[k] - x[k] == 0.0, RZ_ERR_NUM, "the state that the map leads to is no longer finite");
  return RZ_OK;
}

static rz_err run(void *self, double step, int64_t n_step, double *x, double *carry) {
  rz_law *l = self;
  double *next;
  (void)carry; /* a map has no increments that rounding could eat */
  RZ_CHECK(step > 0.0 || l->cls->inverse, RZ_ERR_ARG, "the map '%s' knows no way back", l->cls->name);
  RZ_TRY(RZ_NEW(2 * l->n_degree, &next));
  rz_err rc = RZ_OK;
  for (int64_t i = 0; rc == RZ_OK && i < n_step; i++) {
    rc = step > 0.0 ? l->cls->apply(l, 1, x, next) : l->cls->inverse(l, 1, x, next);
    memcpy(x, next, sizeof *x * (size_t)(2 * l->n_degree));
    if (rc == RZ_OK) rc = finite(l, x);
  }
  rz_free(&next);
  return rc;
}

static rz_err run_tangent(void *self, double step, int64_t n_step, double *x, double *carry, int m, double *v) {
  rz_law *l = self;
  const int dim = 2 * l->n_degree;
  double *moved;
  RZ_CHECK(step > 0.0, RZ_ERR_ARG, "the tangent of a map is that of steps forward");
  RZ_TRY(RZ_NEW(dim, &moved));
  rz_err rc = RZ_OK;
  for (int64_t i = 0; rc == RZ_OK && i < n_step; i++) {
    for (int k = 0; rc == RZ_OK && k < m; k++) {
      rc = l->cls->tangent(l, 1, x, v + k * dim, moved);
      memcpy(v + k * dim, moved, sizeof *v * (size_t)dim);
    }
    if (rc == RZ_OK) rc = run(l, step, 1, x, carry);
  }
  rz_free(&moved);
  return rc;
}

rz_stepper rz_law_stepper(rz_law *law, double step) {
  assert(law->cls->is_map);
  return (rz_stepper){.n_degree = law->n_degree, .n = 1, .step = step, .self = law, .run = run, .tangent = run_tangent};
}
