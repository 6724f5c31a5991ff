/* What every integrator does around its own steps. */
#include "integrator_impl.h"

#include "omega.h"
#include "ritz/core/memory.h"
#include <math.h>
#include <string.h>

static rz_err check(const rz_integrator_class *c, const rz_flow *flow) {
  RZ_CHECK(!c->needs_separable || flow->separable, RZ_ERR_ARG,
           "%s takes energies T(p) + V(q) alone; implicit_midpoint takes any", c->name);
  RZ_CHECK(!c->needs_energy || flow->energy, RZ_ERR_ARG, "%s needs an energy, and this flow has none", c->name);
  return RZ_OK;
}

rz_err rz_integrator_create(const rz_integrator_spec *spec, const rz_flow *flow, int64_t n, rz_integrator **out) {
  rz_integrator *g = NULL;
  rz_err rc = RZ_OK;
  *out = NULL;
  const bool chosen = strcmp(spec->method, RZ_INTEGRATOR_AUTO) != 0;
  const char *method = chosen ? spec->method : flow->separable ? "yoshida6" : "implicit_midpoint";
  const rz_integrator_class *cls = rz_integrator_find(method);
  RZ_CHECK(cls, RZ_ERR_ARG, "method = '%s' is not an integrator", spec->method);
  RZ_TRY(check(cls, flow));
  RZ_TRY(RZ_NEW0(1, &g));
  *g = (rz_integrator){.cls = cls, .flow = flow, .spec = *spec, .n = n};
  if (g->spec.tolerance == 0.0) g->spec.tolerance = 1e-12;
  if (g->spec.max_iterations == 0) g->spec.max_iterations = 100;
  g->spec.method = cls->name;
  RZ_TRY_DONE(rc, RZ_NEW(rz_integrator_size(g), &g->zero));
  RZ_TRY_DONE(rc, cls->init(g));
  *out = g;
  g = NULL;
done:
  rz_integrator_destroy(&g);
  return rc;
}

void rz_integrator_destroy(rz_integrator **gp) {
  rz_integrator *g = *gp;
  if (!g) return;
  if (g->cls->fini) g->cls->fini(g);
  rz_free(&g->zero);
  rz_free(&g->data);
  rz_free(gp);
}

const rz_integrator_class *rz_integrator_class_of(const rz_integrator *g) { return g->cls; }
const rz_flow *rz_integrator_flow(const rz_integrator *g) { return g->flow; }
int64_t rz_integrator_n(const rz_integrator *g) { return g->n; }
int64_t rz_integrator_size(const rz_integrator *g) { return g->n * 2 * g->flow->n_degree; }

static double *no_carry(const rz_integrator *g) {
  memset(g->zero, 0, (size_t)rz_integrator_size(g) * sizeof *g->zero);
  return g->zero;
}

static rz_err expect_finite(const rz_integrator *g, const double *x) {
  const int width = 2 * g->flow->n_degree;
  for (int64_t k = 0; k < rz_integrator_size(g); k++)
    RZ_CHECK(isfinite(x[k]), RZ_ERR_NUM, "trajectory %lld is no longer finite", (long long)(k / width));
  return RZ_OK;
}

rz_err rz_integrator_run(rz_integrator *g, double step, int64_t n_step, double *x, double *carry) {
  if (n_step <= 0 || g->n == 0) return RZ_OK;
  RZ_TRY(g->cls->run(g, step, n_step, x, carry ? carry : no_carry(g)));
  return expect_finite(g, x);
}

rz_err rz_integrator_run_tangent(rz_integrator *g, double step, int64_t n_step, double *x, double *carry, int m,
                                 double *v) {
  RZ_CHECK(g->cls->run_tangent, RZ_ERR_ARG, "%s has no tangent map", g->cls->name);
  if (n_step <= 0 || g->n == 0) return RZ_OK;
  RZ_TRY(g->cls->run_tangent(g, step, n_step, x, carry ? carry : no_carry(g), m, v));
  return expect_finite(g, x);
}

rz_err rz_integrator_pull(rz_integrator *g, double step, int64_t n_step, const double *x, int m, double *w) {
  RZ_CHECK(g->cls->pull, RZ_ERR_ARG, "%s has no adjoint", g->cls->name);
  RZ_CHECK(g->flow->hamiltonian, RZ_ERR_ARG, "an adjoint is had for Hamiltonian flows alone");
  if (n_step <= 0 || g->n == 0) return RZ_OK;
  return g->cls->pull(g, step, n_step, x, m, w);
}

/* M^T = Omega M^-1 Omega^-1 of a symplectic M; M^-1 is the tangent map of the same steps taken back. */
rz_err rz_integrator_pull_back(rz_integrator *g, double step, int64_t n_step, const double *x, int m, double *w) {
  const int d = g->flow->n_degree;
  const int64_t size = rz_integrator_size(g);
  double *end = NULL, *carry = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(size, &end));
  RZ_TRY_DONE(rc, RZ_NEW0(size, &carry));
  memcpy(end, x, (size_t)size * sizeof *x);
  RZ_TRY_DONE(rc, rz_integrator_run(g, step, n_step, end, carry));
  rz_omega(m * g->n, d, -1.0, w);
  RZ_TRY_DONE(rc, rz_integrator_run_tangent(g, -step, n_step, end, carry, m, w));
  rz_omega(m * g->n, d, 1.0, w);
done:
  rz_free(&end);
  rz_free(&carry);
  return rc;
}
