/* Henon and Heiles: H = (|p|^2 + |q|^2) / 2 + coupling (q_1^2 q_2 - q_2^3 / 3). Bound below E = 1 / (6 coupling^2). */
#include "system_impl.h"

#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include "split_inline.h"
#include <math.h>

typedef struct henon_heiles {
  double coupling, energy[2];
} henon_heiles;

static const rz_option rows[] = {
    RZ_ROW_REAL("coupling", "1.0", 1e-12, 1e12, "", "strength of the cubic term"),
    RZ_ROW_REAL_VECTOR("energy", 2, "0.0833333333333333, 0.0833333333333333", 1e-12, 1e12, "",
                       "initial states: range of the energy; bound orbits lie below 1/6 for coupling = 1"),
};

static rz_err init(rz_system *s, rz_config *config) {
  henon_heiles *c;
  RZ_TRY(RZ_NEW0(1, &c));
  s->data = c;
  c->coupling = rz_system_real(config, "coupling");
  RZ_TRY(rz_system_range(config, "energy", c->energy));
  return rz_system_shape(s, 2, 0, 1.0, NULL);
}

static void velocity(const rz_system *s, const double *p, double *dq) {
  (void)s;
  for (int k = 0; k < 2; k++) dq[k] = p[k];
}

static void force(const rz_system *s, const double *q, double *dp) {
  const double c = ((const henon_heiles *)s->data)->coupling;
  dp[0] = -q[0] - 2.0 * c * q[0] * q[1];
  dp[1] = -q[1] - c * (q[0] * q[0] - q[1] * q[1]);
}

static void velocity_tangent(const rz_system *s, const double *p, const double *v, double *out) {
  (void)p;
  velocity(s, v, out);
}

static void force_tangent(const rz_system *s, const double *q, const double *v, double *out) {
  const double c = ((const henon_heiles *)s->data)->coupling;
  out[0] = -v[0] - 2.0 * c * (v[0] * q[1] + q[0] * v[1]);
  out[1] = -v[1] - 2.0 * c * (q[0] * v[0] - q[1] * v[1]);
}

static double potential(double c, const double *q) {
  return 0.5 * (q[0] * q[0] + q[1] * q[1]) + c * q[1] * (q[0] * q[0] - q[1] * q[1] / 3.0);
}

static double energy(const rz_system *s, const double *x) {
  return 0.5 * (x[2] * x[2] + x[3] * x[3]) + potential(((const henon_heiles *)s->data)->coupling, x);
}

/* Of small oscillations. */
static double period(const rz_system *s, const double *x) {
  (void)s;
  (void)x;
  return 2.0 * RZ_PI;
}

/* Inside the triangle of the saddles; there V >= |q|^2 / 6. */
static bool is_inside(double c, const double *q) {
  const double x = c * fabs(q[0]), y = c * q[1];
  return y > -0.5 && y < 1.0 - sqrt(3.0) * x;
}

/* Uniform on the energy shell: of two degrees of freedom the momenta at any place allowed have the same weight. */
static void draw(const rz_system *s, rz_rng *rng, double *x) {
  const henon_heiles *c = s->data;
  const double h = rz_system_uniform(rng, c->energy), reach = fmin(sqrt(6.0 * h), 1.0 / c->coupling);
  do {
    for (int k = 0; k < 2; k++) x[k] = reach * (2.0 * rz_rng_uniform(rng) - 1.0);
  } while (!is_inside(c->coupling, x) || potential(c->coupling, x) > h);
  const double momentum = sqrt(2.0 * (h - potential(c->coupling, x)));
  rz_system_direction(rng, x + 2);
  for (int k = 2; k < 4; k++) x[k] *= momentum;
}

static rz_err split(void *self, const rz_splitting *k, double step, int64_t n_step, int64_t n, double *x,
                    double *carry) {
  return rz_split_rows(self, 2, velocity, force, k, step, n_step, n, x, carry);
}

const rz_system_class rz_system_henon_heiles = {.name = "henon_heiles",
                                                .about = "a star in the meridian plane of a galaxy",
                                                .cite = "Astron. J. 69, 73 (1964)",
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
