/* Two bodies in their plane, reduced to the relative motion: H = |p|^2 / (2 mass) - strength / |q|. */
#include "system_impl.h"

#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include "split_inline.h"
#include <math.h>

typedef struct kepler {
  double mass, inverse_mass, strength, axis[2], eccentricity[2];
} kepler;

static const rz_option rows[] = {
    RZ_ROW_REAL("mass", "1.0", 1e-12, 1e12, "", "reduced mass, m_1 m_2 / (m_1 + m_2)"),
    RZ_ROW_REAL("strength", "1.0", 1e-12, 1e12, "", "strength of the attraction, G m_1 m_2"),
    RZ_ROW_REAL_VECTOR("semi_major_axis", 2, "1.0, 1.0", 1e-12, 1e12, "",
                       "initial states: range of the semi-major axis"),
    RZ_ROW_REAL_VECTOR("eccentricity", 2, "0.0, 0.6", 0, 0.999999, "", "initial states: range of the eccentricity"),
};

static rz_err init(rz_system *s, rz_config *config) {
  static const char *const names[] = {"angular_momentum", "laplace_x", "laplace_y", NULL};
  kepler *c;
  RZ_TRY(RZ_NEW0(1, &c));
  s->data = c;
  const double mass = rz_system_real(config, "mass");
  *c = (kepler){.mass = mass, .inverse_mass = 1.0 / mass, .strength = rz_system_real(config, "strength")};
  RZ_TRY(rz_system_range(config, "semi_major_axis", c->axis));
  RZ_TRY(rz_system_range(config, "eccentricity", c->eccentricity));
  return rz_system_shape(s, 2, 2, mass, names);
}

static void velocity(const rz_system *s, const double *p, double *dq) {
  const kepler *c = s->data;
  for (int k = 0; k < 2; k++) dq[k] = p[k] * c->inverse_mass;
}

static void force(const rz_system *s, const double *q, double *dp) {
  const kepler *c = s->data;
  const double r2 = q[0] * q[0] + q[1] * q[1];
  const double f = -c->strength * (sqrt(r2) * (1.0 / (r2 * r2))); /* root and division side by side */
  for (int k = 0; k < 2; k++) dp[k] = f * q[k];
}

static void velocity_tangent(const rz_system *s, const double *p, const double *v, double *out) {
  (void)p;
  velocity(s, v, out);
}

static void force_tangent(const rz_system *s, const double *q, const double *v, double *out) {
  const kepler *c = s->data;
  const double r2 = q[0] * q[0] + q[1] * q[1];
  const double f = -c->strength / (r2 * sqrt(r2)), along = 3.0 * (q[0] * v[0] + q[1] * v[1]) / r2;
  for (int k = 0; k < 2; k++) out[k] = f * (v[k] - along * q[k]);
}

static double energy(const rz_system *s, const double *x) {
  const kepler *c = s->data;
  return 0.5 * (x[2] * x[2] + x[3] * x[3]) * c->inverse_mass - c->strength / sqrt(x[0] * x[0] + x[1] * x[1]);
}

/* L, and the Laplace-Runge-Lenz vector p x L - mass strength q / r. */
static void invariants(const rz_system *s, const double *x, double *out) {
  const kepler *c = s->data;
  const double l = x[0] * x[3] - x[1] * x[2], f = c->mass * c->strength / sqrt(x[0] * x[0] + x[1] * x[1]);
  out[0] = l;
  out[1] = x[3] * l - f * x[0];
  out[2] = -x[2] * l - f * x[1];
}

static double period(const rz_system *s, const double *x) {
  const kepler *c = s->data;
  const double h = energy(s, x), a = -0.5 * c->strength / h;
  return h < 0 ? 2.0 * RZ_PI * a * sqrt(a * c->mass / c->strength) : (double)NAN;
}

/* The eccentric anomaly at a mean anomaly, by Newton's steps from Danby's start. */
static double eccentric_anomaly(double mean, double e) {
  double u = mean + 0.85 * e * (sin(mean) < 0 ? -1.0 : 1.0);
  for (int k = 0; k < 50; k++) {
    const double step = (u - e * sin(u) - mean) / (1.0 - e * cos(u));
    u -= step;
    if (fabs(step) < 1e-15) break;
  }
  return u;
}

/* Any time of the motion is as likely as any other, and so is any direction of the axis. */
static void draw(const rz_system *s, rz_rng *rng, double *x) {
  const kepler *c = s->data;
  const double a = rz_system_uniform(rng, c->axis), e = rz_system_uniform(rng, c->eccentricity);
  const double u = eccentric_anomaly(2.0 * RZ_PI * rz_rng_uniform(rng), e), b = sqrt(1.0 - e * e);
  const double speed = sqrt(c->mass * c->strength / a) / (1.0 - e * cos(u));
  const double orbit[4] = {a * (cos(u) - e), a * b * sin(u), -speed * sin(u), speed * b * cos(u)};
  double turn[2];
  rz_system_direction(rng, turn);
  for (int k = 0; k < 4; k += 2) {
    x[k] = turn[0] * orbit[k] - turn[1] * orbit[k + 1];
    x[k + 1] = turn[1] * orbit[k] + turn[0] * orbit[k + 1];
  }
}

static rz_err split(void *self, const rz_splitting *k, double step, int64_t n_step, int64_t n, double *x,
                    double *carry) {
  return rz_split_rows(self, 2, velocity, force, k, step, n_step, n, x, carry);
}

const rz_system_class rz_system_kepler = {.name = "kepler",
                                          .about = "two bodies in their plane, relative motion",
                                          .options = rows,
                                          .n_options = RZ_N_ROWS(rows),
                                          .init = init,
                                          .velocity = velocity,
                                          .force = force,
                                          .velocity_tangent = velocity_tangent,
                                          .force_tangent = force_tangent,
                                          .energy = energy,
                                          .invariants = invariants,
                                          .period = period,
                                          .draw = draw,
                                          .split = split};
