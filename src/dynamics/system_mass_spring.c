/* A mass on a spring: H = p^2 / (2 mass) + stiffness q^2 / 2. */
#include "system_impl.h"

#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include "split_inline.h"
#include <math.h>

typedef struct spring {
  double inverse_mass, stiffness, radius[2];
} spring;

static const rz_option rows[] = {
    RZ_ROW_REAL("mass", "1.0", 1e-12, 1e12, "", "mass"),
    RZ_ROW_REAL("stiffness", "1.0", 1e-12, 1e12, "", "spring constant"),
    RZ_ROW_REAL_VECTOR("radius", 2, "0.1, 1.0", 0, 1e12, "", "initial states: range of sqrt(q^2 + p^2)"),
};

static rz_err init(rz_system *s, rz_config *config) {
  spring *c;
  RZ_TRY(RZ_NEW0(1, &c));
  s->data = c;
  const double mass = rz_system_real(config, "mass");
  *c = (spring){.inverse_mass = 1.0 / mass, .stiffness = rz_system_real(config, "stiffness")};
  RZ_TRY(rz_system_range(config, "radius", c->radius));
  return rz_system_shape(s, 1, 0, mass, NULL);
}

static void velocity(const rz_system *s, const double *p, double *dq) {
  const spring *c = s->data;
  dq[0] = p[0] * c->inverse_mass;
}

static void force(const rz_system *s, const double *q, double *dp) {
  const spring *c = s->data;
  dp[0] = -c->stiffness * q[0];
}

static void velocity_tangent(const rz_system *s, const double *p, const double *v, double *out) {
  (void)p;
  velocity(s, v, out);
}

static void force_tangent(const rz_system *s, const double *q, const double *v, double *out) {
  (void)q;
  force(s, v, out);
}

static double energy(const rz_system *s, const double *x) {
  const spring *c = s->data;
  return 0.5 * (x[1] * x[1] * c->inverse_mass + c->stiffness * x[0] * x[0]);
}

static double period(const rz_system *s, const double *x) {
  const spring *c = s->data;
  (void)x;
  return 2.0 * RZ_PI / sqrt(c->stiffness * c->inverse_mass);
}

static void draw(const rz_system *s, rz_rng *rng, double *x) {
  const spring *c = s->data;
  const double r = rz_system_uniform(rng, c->radius);
  rz_system_direction(rng, x);
  for (int k = 0; k < 2; k++) x[k] *= r;
}

static rz_err split(void *self, const rz_splitting *k, double step, int64_t n_step, int64_t n, double *x,
                    double *carry) {
  return rz_split_rows(self, 1, velocity, force, k, step, n_step, n, x, carry);
}

const rz_system_class rz_system_mass_spring = {.name = "mass_spring",
                                               .about = "a mass on a spring",
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
