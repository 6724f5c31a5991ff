/* Discrete gradient: x' = x + step Omega g, with g . (x' - x) = H(x') - H(x), so that H is conserved, and
 *   g = grad H(y) + (H(x') - H(x) - grad H(y) . (x' - x)) (x' - x) / |x' - x|^2,   y = (x + x') / 2.
 * O. Gonzalez, J. Nonlinear Sci. 6, 449 (1996). Not symplectic. */
#include "compensated.h"
#include "fixed_point.h"
#include "integrator_impl.h"

#include "ritz/core/memory.h"

typedef struct gradient {
  rz_fixed_point solver;
  double *change;               /* [n, 2 d] x' - x, the unknown */
  double *end, *middle, *field; /* [n, 2 d] */
  double *h_end, *h;            /* [n] H(x'), and H at the start of the run */
} gradient;

typedef struct equation {
  const rz_integrator *g;
  double step;
  const double *x;
} equation;

static rz_err init(rz_integrator *g) {
  const int64_t size = rz_integrator_size(g);
  gradient *s;
  RZ_TRY(RZ_NEW0(1, &s));
  g->data = s;
  RZ_TRY(rz_fixed_point_create(g->n, g->flow->n_degree, g->spec.max_iterations, &s->solver));
  RZ_TRY(RZ_NEW(size, &s->change));
  RZ_TRY(RZ_NEW(size, &s->end));
  RZ_TRY(RZ_NEW(size, &s->middle));
  RZ_TRY(RZ_NEW(size, &s->field));
  RZ_TRY(RZ_NEW(g->n, &s->h_end));
  return RZ_NEW(g->n, &s->h);
}

static void fini(rz_integrator *g) {
  gradient *s = g->data;
  if (!s) return;
  rz_fixed_point_free(&s->solver);
  rz_free(&s->change);
  rz_free(&s->end);
  rz_free(&s->middle);
  rz_free(&s->field);
  rz_free(&s->h_end);
  rz_free(&s->h);
}

/* Of one row, with f = Omega grad H(y): grad H = (- f_p, f_q). Returns the factor of x' - x in g. */
static double correction(int d, double difference, const double *f, const double *change) {
  double along = 0.0, square = 0.0;
  for (int k = 0; k < d; k++) {
    along += f[k] * change[d + k] - f[d + k] * change[k];
    square += change[k] * change[k] + change[d + k] * change[d + k];
  }
  return square > 0.0 ? (difference - along) / square : 0.0;
}

static rz_err evaluate(void *ctx, const double *change, double *out) {
  const equation *e = ctx;
  const rz_flow *f = e->g->flow;
  const gradient *s = e->g->data;
  const int d = f->n_degree;
  for (int64_t k = 0; k < rz_integrator_size(e->g); k++) {
    s->end[k] = e->x[k] + change[k];
    s->middle[k] = e->x[k] + 0.5 * change[k];
  }
  RZ_TRY(f->field(f->self, e->g->n, s->middle, s->field));
  RZ_TRY(f->energy(f->self, e->g->n, s->end, s->h_end));
  for (int64_t i = 0; i < e->g->n; i++) {
    const double *field = s->field + i * 2 * d, *by = change + i * 2 * d;
    const double c = correction(d, s->h_end[i] - s->h[i], field, by);
    for (int k = 0; k < d; k++) {
      out[i * 2 * d + k] = e->step * (field[k] + c * by[d + k]);
      out[i * 2 * d + d + k] = e->step * (field[d + k] - c * by[k]);
    }
  }
  return RZ_OK;
}

static rz_err run(rz_integrator *g, double step, int64_t n_step, double *x, double *carry) {
  gradient *s = g->data;
  const rz_flow *f = g->flow;
  const int64_t size = rz_integrator_size(g);
  equation e = {.g = g, .step = step, .x = x};
  /* H(x) is that of the start but for rounding; the start's makes up for what rounding did in the steps between. */
  RZ_TRY(f->energy(f->self, g->n, x, s->h));
  for (int64_t t = 0; t < n_step; t++) {
    RZ_TRY(f->field(f->self, g->n, x, s->field));
    for (int64_t k = 0; k < size; k++) s->change[k] = step * s->field[k];
    RZ_TRY(rz_fixed_point_solve(&s->solver, evaluate, &e, x, s->change));
    for (int64_t k = 0; k < size; k++) rz_compensated_add(&x[k], &carry[k], s->change[k]);
  }
  return RZ_OK;
}

const rz_integrator_class rz_integrator_discrete_gradient = {.name = "discrete_gradient",
                                                             .about = "order 2, conserves any energy; not symplectic",
                                                             .cite = "J. Nonlinear Sci. 6, 449 (1996)",
                                                             .options = rz_implicit_rows,
                                                             .n_options = 1,
                                                             .order = 2,
                                                             .reversible = true,
                                                             .needs_energy = true,
                                                             .conserves_energy = true,
                                                             .init = init,
                                                             .run = run,
                                                             .fini = fini};
