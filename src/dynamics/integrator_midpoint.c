/* Implicit midpoint: x' = x + step f(y), y = x + step f(y) / 2. Symplectic for every Hamiltonian flow (E. Hairer,
 * C. Lubich, G. Wanner, Geometric Numerical Integration, VI.4); its tangent map (1 - A)^-1 (1 + A), A = step f'(y) / 2,
 * is so to the rounding of its own equation, whatever the error of y. */
#include "compensated.h"
#include "fixed_point.h"
#include "integrator_impl.h"

#include "ritz/core/memory.h"
#include <string.h>

typedef struct midpoint {
  rz_fixed_point solver;
  double *field; /* [n, 2 d] f(y), or f'(y) u */
  double *y, *u; /* [n, 2 d] the midpoint, and that of a tangent vector */
} midpoint;

/* What y = from + half f(y) and u = from + half f'(at) u need. */
typedef struct equation {
  const rz_integrator *g;
  double half;
  const double *from, *at;
} equation;

static rz_err evaluate(void *ctx, const double *y, double *out) {
  const equation *e = ctx;
  const rz_flow *f = e->g->flow;
  double *field = ((midpoint *)e->g->data)->field;
  if (e->at)
    RZ_TRY(f->field_tangent(f->self, e->g->n, e->at, y, field));
  else
    RZ_TRY(f->field(f->self, e->g->n, y, field));
  for (int64_t k = 0; k < rz_integrator_size(e->g); k++) out[k] = e->from[k] + e->half * field[k];
  return RZ_OK;
}

static rz_err init(rz_integrator *g) {
  const int64_t size = rz_integrator_size(g);
  midpoint *s;
  RZ_TRY(RZ_NEW0(1, &s));
  g->data = s;
  RZ_TRY(rz_fixed_point_create(g->n, g->flow->n_degree, g->spec.max_iterations, &s->solver));
  RZ_TRY(RZ_NEW(size, &s->field));
  RZ_TRY(RZ_NEW(size, &s->y));
  return RZ_NEW(size, &s->u);
}

static void fini(rz_integrator *g) {
  midpoint *s = g->data;
  if (!s) return;
  rz_fixed_point_free(&s->solver);
  rz_free(&s->field);
  rz_free(&s->y);
  rz_free(&s->u);
}

/* One step of the tangent vectors about the midpoint y. */
static rz_err step_tangents(const rz_integrator *g, double step, int m, double *v) {
  midpoint *s = g->data;
  const int64_t size = rz_integrator_size(g);
  for (int j = 0; j < m; j++, v += size) {
    equation e = {.g = g, .half = 0.5 * step, .from = v, .at = s->y};
    memcpy(s->u, v, (size_t)size * sizeof *v);
    RZ_TRY(rz_fixed_point_solve(&s->solver, evaluate, &e, v, s->u));
    /* 2 u - v, not v + step f'(y) u of the last iterate: the same at the solution, and one function less. */
    for (int64_t k = 0; k < size; k++) v[k] = 2.0 * s->u[k] - v[k];
  }
  return RZ_OK;
}

static rz_err run_tangent(rz_integrator *g, double step, int64_t n_step, double *x, double *carry, int m, double *v) {
  midpoint *s = g->data;
  const int64_t size = rz_integrator_size(g);
  equation e = {.g = g, .half = 0.5 * step, .from = x};
  for (int64_t t = 0; t < n_step; t++) {
    RZ_TRY(evaluate(&e, x, s->y)); /* the start; a row's bits do not depend on steps before */
    RZ_TRY(rz_fixed_point_solve(&s->solver, evaluate, &e, x, s->y));
    RZ_TRY(step_tangents(g, step, m, v));
    RZ_TRY(g->flow->field(g->flow->self, g->n, s->y, s->field));
    for (int64_t k = 0; k < size; k++) rz_compensated_add(&x[k], &carry[k], step * s->field[k]);
  }
  return RZ_OK;
}

static rz_err run(rz_integrator *g, double step, int64_t n_step, double *x, double *carry) {
  return run_tangent(g, step, n_step, x, carry, 0, NULL);
}

const rz_option rz_implicit_rows[1] = {
    RZ_ROW_INT("max_iterations", "100", 1, 1000000, "iterations for the implicit equation of a step")};

const rz_integrator_class rz_integrator_implicit_midpoint = {.name = "implicit_midpoint",
                                                             .about = "order 2, any energy",
                                                             .options = rz_implicit_rows,
                                                             .n_options = 1,
                                                             .order = 2,
                                                             .symplectic = true,
                                                             .reversible = true,
                                                             .init = init,
                                                             .run = run,
                                                             .run_tangent = run_tangent,
                                                             .pull = rz_integrator_pull_back,
                                                             .fini = fini};
