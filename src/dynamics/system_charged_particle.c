/* A charge in a uniform magnetic field along z, canonical momenta in the symmetric gauge:
 *   H = |p - charge A|^2 / (2 mass),   A = field (-y, x, 0) / 2. */
#include "system_impl.h"

#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include <math.h>

typedef struct particle {
  double mass, half; /* half = charge field / 2 */
  double radius[2], speed[2];
} particle;

static const rz_option rows[] = {
    RZ_ROW_INT("n_space", "2", 2, 3, "dimensions of space"),
    RZ_ROW_REAL("mass", "1.0", 1e-12, 1e12, "", "mass"),
    RZ_ROW_REAL("charge", "1.0", -1e12, 1e12, "", "charge"),
    RZ_ROW_REAL("field", "1.0", -1e12, 1e12, "", "magnetic field"),
    RZ_ROW_REAL_VECTOR("radius", 2, "0.0, 1.0", 0, 1e12, "", "initial states: range of the distance from the origin"),
    RZ_ROW_REAL_VECTOR("speed", 2, "0.5, 1.5", 0, 1e12, "", "initial states: range of the speed"),
};

/* Of a homogeneous field the pseudo-momentum p + charge A is conserved, the generator of magnetic translations. */
static rz_err init(rz_system *s, rz_config *config) {
  static const char *const names[] = {"pseudo_momentum_x", "pseudo_momentum_y", "angular_momentum", "momentum_z", NULL};
  particle *c;
  RZ_TRY(RZ_NEW0(1, &c));
  s->data = c;
  const int n_space = (int)rz_config_int(config, RZ_SYSTEM_GROUP, "n_space");
  c->mass = rz_system_real(config, "mass");
  c->half = 0.5 * rz_system_real(config, "charge") * rz_system_real(config, "field");
  RZ_TRY(rz_system_range(config, "radius", c->radius));
  RZ_TRY(rz_system_range(config, "speed", c->speed));
  RZ_TRY(rz_system_shape(s, n_space, n_space, c->mass, names));
  if (n_space == 2) s->n_invariant--; /* there is no z */
  return RZ_OK;
}

/* Linear: dq = (p - charge A) / mass, dp = charge (dA / dq)^T dq. */
static void field(const rz_system *s, const double *x, double *dx) {
  const particle *c = s->data;
  const int d = s->n_degree;
  const double *p = x + d;
  dx[0] = (p[0] + c->half * x[1]) / c->mass;
  dx[1] = (p[1] - c->half * x[0]) / c->mass;
  dx[d] = c->half * dx[1];
  dx[d + 1] = -c->half * dx[0];
  if (d == 3) {
    dx[2] = p[2] / c->mass;
    dx[5] = 0.0;
  }
}

static void field_tangent(const rz_system *s, const double *x, const double *v, double *dv) {
  (void)x;
  field(s, v, dv);
}

static double energy(const rz_system *s, const double *x) {
  const particle *c = s->data;
  double dx[6], v2 = 0.0;
  field(s, x, dx);
  for (int k = 0; k < s->n_degree; k++) v2 += dx[k] * dx[k];
  return 0.5 * c->mass * v2;
}

static void invariants(const rz_system *s, const double *x, double *out) {
  const particle *c = s->data;
  const double *p = x + s->n_degree;
  out[0] = p[0] - c->half * x[1];
  out[1] = p[1] + c->half * x[0];
  out[2] = x[0] * p[1] - x[1] * p[0];
  if (s->n_degree == 3) out[3] = p[2];
}

/* Of the cyclotron motion. */
static double period(const rz_system *s, const double *x) {
  const particle *c = s->data;
  (void)x;
  return c->half != 0.0 ? RZ_PI * c->mass / fabs(c->half) : (double)NAN;
}

static void direction(int n, rz_rng *rng, double *out) {
  double norm = 0.0;
  for (int k = 0; k < n; k++) {
    out[k] = rz_rng_normal(rng);
    norm += out[k] * out[k];
  }
  for (int k = 0; k < n; k++) out[k] /= sqrt(norm);
}

static void draw(const rz_system *s, rz_rng *rng, double *x) {
  const particle *c = s->data;
  const int d = s->n_degree;
  const double r = rz_system_uniform(rng, c->radius), momentum = c->mass * rz_system_uniform(rng, c->speed);
  direction(d, rng, x);
  direction(d, rng, x + d);
  for (int k = 0; k < d; k++) {
    x[k] *= r;
    x[d + k] *= momentum;
  }
  x[d] -= c->half * x[1];
  x[d + 1] += c->half * x[0];
}

const rz_system_class rz_system_charged_particle = {.name = "charged_particle",
                                                    .about = "a charge in a uniform magnetic field",
                                                    .options = rows,
                                                    .n_options = RZ_N_ROWS(rows),
                                                    .init = init,
                                                    .field = field,
                                                    .field_tangent = field_tangent,
                                                    .energy = energy,
                                                    .invariants = invariants,
                                                    .period = period,
                                                    .draw = draw};
