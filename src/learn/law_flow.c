#include "ritz/learn/law_flow.h"

#include "law_impl.h"
#include <assert.h>

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
