/* A pendulum: H = p^2 / (2 mass length^2) + mass gravity length (1 - cos q). */
#include "system_impl.h"

#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include "split_inline.h"
#include <math.h>

typedef struct pendulum {
  double inverse_inertia, torque, radius[2]; /* torque = mass gravity length */
} pendulum;

static const rz_option rows[] = {
    RZ_ROW_REAL("mass", "1.0", 1e-12, 1e12, "", "mass of the bob"),
    RZ_ROW_REAL("length", "1.0", 1e-12, 1e12, "", "length of the rod"),
    RZ_ROW_REAL("gravity", "1.0", 1e-12, 1e12, "", "acceleration of free fall"),
    RZ_ROW_REAL_VECTOR("radius", 2, "0.5, 1.5", 0, 1e12, "", "initial states: range of sqrt(q^2 + p^2)"),
};

static rz_err init(rz_system *s, rz_config *config) {
  pendulum *c;
  RZ_TRY(RZ_NEW0(1, &c));
  s->data = c;
  const double mass = rz_system_real(config, "mass"), length = rz_system_real(config, "length");
  const double inertia = mass * length * length;
  *c = (pendulum){.inverse_inertia = 1.0 / inertia, .torque = mass * length * rz_system_real(config, "gravity")};
  RZ_TRY(rz_system_range(config, "radius", c->radius));
  return rz_system_shape(s, 1, 0, inertia, NULL);
}

static void velocity(const rz_system *s, const double *p, double *dq) {
  const pendulum *c = s->data;
  dq[0] = p[0] * c->inverse_inertia;
}

static void force(const rz_system *s, const double *q, double *dp) {
  const pendulum *c = s->data;
  dp[0] = -c->torque * sin(q[0]);
}

static void velocity_tangent(const rz_system *s, const double *p, const double *v, double *out) {
  (void)p;
  velocity(s, v, out);
}

static void force_tangent(const rz_system *s, const double *q, const double *v, double *out) {
  const pendulum *c = s->data;
  out[0] = -c->torque * cos(q[0]) * v[0];
}

/* 1 - cos q = 2 sin^2(q / 2) keeps the digits of small swings. */
static double energy(const rz_system *s, const double *x) {
  const pendulum *c = s->data;
  const double half = sin(0.5 * x[0]);
  return 0.5 * x[1] * x[1] * c->inverse_inertia + 2.0 * c->torque * half * half;
}

static double arithmetic_geometric_mean(double a, double b) {
  while (fabs(a - b) > 1e-15 * a) {
    const double mean = 0.5 * (a + b);
    b = sqrt(a * b);
    a = mean;
  }
  return a;
}

/* With k^2 = E / (2 torque) and w the frequency of small swings: a swing takes 4 K(k) / w, a whole turn 2 K(1/k) / (k
 * w), and K(k) = pi / (2 AGM(1, sqrt(1 - k^2))). Infinite on the separatrix. */
static double period(const rz_system *s, const double *x) {
  const pendulum *c = s->data;
  const double w = sqrt(c->torque * c->inverse_inertia), k2 = energy(s, x) / (2.0 * c->torque);
  if (k2 == 1.0) return (double)INFINITY;
  if (k2 < 1.0) return 2.0 * RZ_PI / (w * arithmetic_geometric_mean(1.0, sqrt(1.0 - k2)));
  return RZ_PI / (sqrt(k2) * w * arithmetic_geometric_mean(1.0, sqrt(1.0 - 1.0 / k2)));
}

static void draw(const rz_system *s, rz_rng *rng, double *x) {
  const pendulum *c = s->data;
  const double r = rz_system_uniform(rng, c->radius);
  rz_system_direction(rng, x);
  for (int k = 0; k < 2; k++) x[k] *= r;
}

static rz_err split(void *self, const rz_splitting *k, double step, int64_t n_step, int64_t n, double *x,
                    double *carry) {
  return rz_split_rows(self, 1, velocity, force, k, step, n_step, n, x, carry);
}

const rz_system_class rz_system_pendulum = {.name = "pendulum",
                                            .about = "a pendulum of any amplitude",
                                            .options = rows,
                                            .n_options = RZ_N_ROWS(rows),
                                            .init = init,
                                            .velocity = velocity,
                                            .force = force,
                                            .velocity_tangent = velocity_tangent,
                                            .force_tangent = force_tangent,
                                            .energy = energy,
                                            .period = period,
                                            .draw = draw,
                                            .split = split};
