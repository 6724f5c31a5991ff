/* Leapfrog (kick-drift-kick) and symmetric compositions of it: kicks by the force and drifts by the velocity, in turn.
 * H. Yoshida, Phys. Lett. A 150, 262 (1990). The weights of orders 6 and 8 are those of E. Hairer, C. Lubich, G.
 * Wanner, Geometric Numerical Integration, V.3.2: Yoshida's solution A, and that of M. Suzuki and K. Umeno (1993),
 * whose errors are a thousandth of those of Yoshida's own order 8. */
#include "compensated.h"
#include "integrator_impl.h"

#include "ritz/core/memory.h"

enum { MAX_STAGE = 15 };

typedef struct splitting {
  double kick[MAX_STAGE + 1], drift[MAX_STAGE];
  rz_splitting k;
  double *change; /* [n, d] */
} splitting;

/* The weights up to the middle one, which makes their sum 1. */
static rz_err compose(rz_integrator *g, int n_side, const double *side) {
  splitting *s;
  RZ_TRY(RZ_NEW0(1, &s));
  g->data = s;
  const int n = 2 * n_side + 1;
  double weight[MAX_STAGE], sum = 0.0;
  for (int j = 0; j < n_side; j++) {
    weight[j] = weight[n - 1 - j] = side[j];
    sum += 2.0 * side[j];
  }
  weight[n_side] = 1.0 - sum;
  for (int j = 0; j < n; j++) {
    s->drift[j] = weight[j];
    s->kick[j] += 0.5 * weight[j];
    s->kick[j + 1] += 0.5 * weight[j];
  }
  s->k = (rz_splitting){.n_stage = n, .kick = s->kick, .drift = s->drift};
  return RZ_NEW(g->n * g->flow->n_degree, &s->change);
}

static rz_err init_leapfrog(rz_integrator *g) { return compose(g, 0, NULL); }

static rz_err init_yoshida4(rz_integrator *g) {
  static const double side[] = {1.3512071919596576340476878}; /* 1 / (2 - 2^(1/3)) */
  return compose(g, RZ_N_ROWS(side), side);
}

static rz_err init_yoshida6(rz_integrator *g) {
  static const double side[] = {0.78451361047755726381949763, 0.23557321335935813368479318,
                                -1.17767998417887100694641568};
  return compose(g, RZ_N_ROWS(side), side);
}

static rz_err init_yoshida8(rz_integrator *g) {
  static const double side[] = {0.74167036435061295344822780, -0.40910082580003159399730010,
                                0.19075471029623837995387626, -0.57386247111608226665638773,
                                0.29906418130365592384446354, 0.33462491824529818378495798,
                                0.31529309239676659663205666};
  return compose(g, RZ_N_ROWS(side), side);
}

static void fini(rz_integrator *g) {
  splitting *s = g->data;
  if (s) rz_free(&s->change);
}

/* x[i, offset ..] += weight change[i, ..], with compensation if there is a carry. */
static void add(const rz_integrator *g, int offset, double weight, double *x, double *carry) {
  const int d = g->flow->n_degree;
  const double *change = ((const splitting *)g->data)->change;
  for (int64_t i = 0; i < g->n; i++)
    for (int k = 0; k < d; k++) {
      const int64_t at = i * 2 * d + offset + k;
      if (carry)
        rz_compensated_add(&x[at], &carry[at], weight * change[i * d + k]);
      else
        x[at] += weight * change[i * d + k];
    }
}

/* The tangents first: they belong to the state before its q or p moves, which the moved half does not enter. */
static rz_err move_tangents(const rz_integrator *g, rz_flow_tangent *f, int offset, double weight, const double *x,
                            int m, double *v) {
  splitting *s = g->data;
  for (int j = 0; j < m; j++) {
    double *vj = v + j * rz_integrator_size(g);
    RZ_TRY(f(g->flow->self, g->n, x, vj, s->change));
    add(g, offset, weight, vj, NULL);
  }
  return RZ_OK;
}

static rz_err kick(const rz_integrator *g, double weight, double *x, double *carry, int m, double *v) {
  const int d = g->flow->n_degree;
  RZ_TRY(move_tangents(g, g->flow->force_tangent, d, weight, x, m, v));
  RZ_TRY(g->flow->force(g->flow->self, g->n, x, ((splitting *)g->data)->change));
  add(g, d, weight, x, carry);
  return RZ_OK;
}

static rz_err drift(const rz_integrator *g, double weight, double *x, double *carry, int m, double *v) {
  RZ_TRY(move_tangents(g, g->flow->velocity_tangent, 0, weight, x, m, v));
  RZ_TRY(g->flow->velocity(g->flow->self, g->n, x, ((splitting *)g->data)->change));
  add(g, 0, weight, x, carry);
  return RZ_OK;
}

static rz_err run_tangent(rz_integrator *g, double step, int64_t n_step, double *x, double *carry, int m, double *v) {
  const rz_splitting *k = &((const splitting *)g->data)->k;
  RZ_TRY(kick(g, k->kick[0] * step, x, carry, m, v));
  for (int64_t t = 0; t < n_step; t++)
    for (int j = 0; j < k->n_stage; j++) {
      const bool joins = j + 1 == k->n_stage && t + 1 < n_step; /* with the first kick of the next step */
      RZ_TRY(drift(g, k->drift[j] * step, x, carry, m, v));
      RZ_TRY(kick(g, (k->kick[j + 1] + (joins ? k->kick[0] : 0.0)) * step, x, carry, m, v));
    }
  return RZ_OK;
}

static rz_err run(rz_integrator *g, double step, int64_t n_step, double *x, double *carry) {
  const rz_flow *f = g->flow;
  if (f->split) return f->split(f->self, &((const splitting *)g->data)->k, step, n_step, g->n, x, carry);
  return run_tangent(g, step, n_step, x, carry, 0, NULL);
}

#define SPLITTING(NAME, ORDER, ABOUT)                                                                                  \
  const rz_integrator_class rz_integrator_##NAME = {.name = #NAME,                                                     \
                                                    .about = ABOUT,                                                    \
                                                    .cite = "Phys. Lett. A 150, 262 (1990)",                           \
                                                    .order = ORDER,                                                    \
                                                    .symplectic = true,                                                \
                                                    .reversible = true,                                                \
                                                    .needs_separable = true,                                           \
                                                    .init = init_##NAME,                                               \
                                                    .run = run,                                                        \
                                                    .run_tangent = run_tangent,                                        \
                                                    .pull = rz_integrator_pull_back,                                   \
                                                    .fini = fini}
SPLITTING(leapfrog, 2, "order 2, one force per step");
SPLITTING(yoshida4, 4, "order 4, 3 forces per step");
SPLITTING(yoshida6, 6, "order 6, 7 forces per step");
SPLITTING(yoshida8, 8, "order 8, 15 forces per step");
