/* The classical Runge-Kutta method of order 4: not symplectic, its energy error grows with time. */
#include "compensated.h"
#include "integrator_impl.h"
#include "omega.h"

#include "ritz/core/memory.h"
#include <string.h>

/* Stage k is at x + step a[k] slope[k - 1]; the step is x + step sum_k b[k] slope[k]. */
enum { N_STAGE = 4 };
static const double a[N_STAGE] = {0.0, 0.5, 0.5, 1.0}, b[N_STAGE] = {1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0};

typedef struct rk4 {
  double *stage[N_STAGE], *slope[N_STAGE]; /* [n, 2 d] */
  double *u, *du, *sum;                    /* [n, 2 d] of a tangent or a covector */
} rk4;

static rz_err init(rz_integrator *g) {
  const int64_t size = rz_integrator_size(g);
  rk4 *s;
  RZ_TRY(RZ_NEW0(1, &s));
  g->data = s;
  for (int k = 0; k < N_STAGE; k++) {
    RZ_TRY(RZ_NEW(size, &s->stage[k]));
    RZ_TRY(RZ_NEW(size, &s->slope[k]));
  }
  RZ_TRY(RZ_NEW(size, &s->u));
  RZ_TRY(RZ_NEW(size, &s->du));
  return RZ_NEW(size, &s->sum);
}

static void fini(rz_integrator *g) {
  rk4 *s = g->data;
  if (!s) return;
  for (int k = 0; k < N_STAGE; k++) {
    rz_free(&s->stage[k]);
    rz_free(&s->slope[k]);
  }
  rz_free(&s->u);
  rz_free(&s->du);
  rz_free(&s->sum);
}

/* Stages and slopes at x. */
static rz_err fill_stages(const rz_integrator *g, double step, const double *x) {
  const rk4 *s = g->data;
  const rz_flow *f = g->flow;
  const int64_t size = rz_integrator_size(g);
  memcpy(s->stage[0], x, (size_t)size * sizeof *x);
  for (int k = 0; k < N_STAGE; k++) {
    for (int64_t i = 0; k > 0 && i < size; i++) s->stage[k][i] = x[i] + step * a[k] * s->slope[k - 1][i];
    RZ_TRY(f->field(f->self, g->n, s->stage[k], s->slope[k]));
  }
  return RZ_OK;
}

static rz_err step_tangent(const rz_integrator *g, double step, double *v) {
  const rk4 *s = g->data;
  const rz_flow *f = g->flow;
  const int64_t size = rz_integrator_size(g);
  memcpy(s->sum, v, (size_t)size * sizeof *v);
  for (int k = 0; k < N_STAGE; k++) {
    for (int64_t i = 0; i < size; i++) s->u[i] = v[i] + (k > 0 ? step * a[k] * s->du[i] : 0.0);
    RZ_TRY(f->field_tangent(f->self, g->n, s->stage[k], s->u, s->du));
    for (int64_t i = 0; i < size; i++) s->sum[i] += step * b[k] * s->du[i];
  }
  memcpy(v, s->sum, (size_t)size * sizeof *v);
  return RZ_OK;
}

static rz_err run_tangent(rz_integrator *g, double step, int64_t n_step, double *x, double *carry, int m, double *v) {
  const rk4 *s = g->data;
  const int64_t size = rz_integrator_size(g);
  for (int64_t t = 0; t < n_step; t++) {
    RZ_TRY(fill_stages(g, step, x));
    for (int j = 0; j < m; j++) RZ_TRY(step_tangent(g, step, v + j * size));
    for (int64_t i = 0; i < size; i++) {
      const double slope = b[0] * (s->slope[0][i] + s->slope[3][i]) + b[1] * (s->slope[1][i] + s->slope[2][i]);
      rz_compensated_add(&x[i], &carry[i], step * slope);
    }
  }
  return RZ_OK;
}

static rz_err run(rz_integrator *g, double step, int64_t n_step, double *x, double *carry) {
  return run_tangent(g, step, n_step, x, carry, 0, NULL);
}

/* w <- (d step)^T w. With W_k = step b_k w + step a_{k + 1} Y_{k + 1} the covector of slope k and Y_k = f'(stage k)^T
 * W_k, the result is w + sum_k Y_k. */
static rz_err pull_step(const rz_integrator *g, double step, double *w) {
  const rk4 *s = g->data;
  const rz_flow *f = g->flow;
  const int64_t size = rz_integrator_size(g);
  memcpy(s->sum, w, (size_t)size * sizeof *w);
  for (int k = N_STAGE - 1; k >= 0; k--) {
    for (int64_t i = 0; i < size; i++) s->u[i] = step * (b[k] * w[i] + (k + 1 < N_STAGE ? a[k + 1] * s->du[i] : 0.0));
    rz_omega(g->n, f->n_degree, 1.0, s->u); /* f'^T = Omega f' Omega */
    RZ_TRY(f->field_tangent(f->self, g->n, s->stage[k], s->u, s->du));
    rz_omega(g->n, f->n_degree, 1.0, s->du);
    for (int64_t i = 0; i < size; i++) s->sum[i] += s->du[i];
  }
  memcpy(w, s->sum, (size_t)size * sizeof *w);
  return RZ_OK;
}

static rz_err pull(rz_integrator *g, double step, int64_t n_step, const double *x, int m, double *w) {
  const int64_t size = rz_integrator_size(g);
  double *at = NULL, *carry = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(n_step * size, &at));
  RZ_TRY_DONE(rc, RZ_NEW0(size, &carry));
  memcpy(at, x, (size_t)size * sizeof *x);
  for (int64_t t = 0; t + 1 < n_step; t++) {
    memcpy(at + (t + 1) * size, at + t * size, (size_t)size * sizeof *x);
    RZ_TRY_DONE(rc, rz_integrator_run(g, step, 1, at + (t + 1) * size, carry));
  }
  for (int64_t t = n_step - 1; t >= 0; t--) {
    RZ_TRY_DONE(rc, fill_stages(g, step, at + t * size));
    for (int j = 0; j < m; j++) RZ_TRY_DONE(rc, pull_step(g, step, w + j * size));
  }
done:
  rz_free(&at);
  rz_free(&carry);
  return rc;
}

const rz_integrator_class rz_integrator_rk4 = {.name = "rk4",
                                               .about = "order 4, any field; not symplectic",
                                               .order = 4,
                                               .init = init,
                                               .run = run,
                                               .run_tangent = run_tangent,
                                               .pull = pull,
                                               .fini = fini};
