/* modules: dynamics linalg core */
/* Energies against formulas written out here, the published benchmarks by their parameters, where initial states lie,
 * periods, and decks that do not go together. */
#include "check.h"
#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include "ritz/dynamics/system.h"

#include <string.h>

enum { N_DRAW = 400 };

static rz_system *make(const char *keys) {
  rz_system *s = NULL;
  RZ_EXPECT_OK(rz_system_create_text(keys, &s));
  return s;
}

static double energy(const char *keys, const double *x) {
  rz_system *s = make(keys);
  const double h = s ? s->cls->energy(s, x) : (double)NAN;
  rz_system_destroy(&s);
  return h;
}

static double period(const char *keys, const double *x) {
  rz_system *s = make(keys);
  const double t = s ? rz_system_period(s, x) : (double)NAN;
  rz_system_destroy(&s);
  return t;
}

static void check_energies(void) {
  const double x[] = {0.3, -0.8}, y[] = {0.3, -0.8, 0.5, 1.1}, z[] = {0.4, 0.3, -0.5, -0.2, 0.1, 0.7, -0.3, 0.6};
  const double q = x[0], p = x[1];
  RZ_EXPECT_NEAR(energy("name = 'mass_spring'", x), p * p / 2 + q * q / 2, 1e-15);
  RZ_EXPECT_NEAR(energy("name = 'mass_spring', mass = 0.5, stiffness = 2", x), q * q + p * p, 1e-15);
  RZ_EXPECT_NEAR(energy("name = 'pendulum'", x), p * p / 2 + 1 - cos(q), 1e-15);
  RZ_EXPECT_NEAR(energy("name = 'pendulum', mass = 0.5, gravity = 6", x), 3 * (1 - cos(q)) + p * p, 1e-15);
  RZ_EXPECT_NEAR(energy("name = 'kepler'", y), (0.25 + 1.21) / 2 - 1 / sqrt(0.09 + 0.64), 1e-15);
  RZ_EXPECT_NEAR(energy("name = 'n_body'", z), (0.01 + 0.49 + 0.09 + 0.36) / 2 - 1 / sqrt(0.9 * 0.9 + 0.5 * 0.5),
                 1e-15);
  RZ_EXPECT_NEAR(energy("name = 'n_body', masses = 2, 3, gravity = 0.5, softening = 0.4", z),
                 0.5 / 4 + 0.45 / 6 - 3 / sqrt(0.81 + 0.25 + 0.16), 1e-15);
  RZ_EXPECT_NEAR(energy("name = 'henon_heiles'", y), (0.09 + 0.64 + 0.25 + 1.21) / 2 + 0.09 * -0.8 - pow(-0.8, 3) / 3,
                 1e-15);
  RZ_EXPECT_NEAR(energy("name = 'charged_particle', mass = 2, charge = 3, field = 0.5", y),
                 (pow(0.5 + 0.75 * -0.8, 2) + pow(1.1 - 0.75 * 0.3, 2)) / 4, 1e-15);
  double h = 0;
  const double chain[] = {0, y[0], y[1], 0};
  for (int i = 0; i < 3; i++) {
    const double e = chain[i + 1] - chain[i];
    h += e * e / 2 + 0.3 * e * e * e / 3 + 0.7 * e * e * e * e / 4;
  }
  RZ_EXPECT_NEAR(energy("name = 'fput', springs = 3, alpha = 0.3, beta = 0.7", y), h + (0.25 + 1.21) / 2, 1e-15);
}

/* The double pendulum from Cartesian velocities: angles and speeds give momenta by the Lagrangian's mass matrix. */
static void check_double_pendulum(void) {
  const double m1 = 1.3, m2 = 0.6, l1 = 0.7, l2 = 1.2, g = 2, a = 0.4, b = -1.1, u = 0.9, w = -0.5;
  const double vx = l1 * u * cos(a) + l2 * w * cos(b), vy = l1 * u * sin(a) + l2 * w * sin(b);
  const double kinetic = m1 * l1 * l1 * u * u / 2 + m2 * (vx * vx + vy * vy) / 2;
  const double height = m1 * g * l1 * (1 - cos(a)) + m2 * g * (l1 * (1 - cos(a)) + l2 * (1 - cos(b)));
  const double mixed = m2 * l1 * l2 * cos(a - b);
  const double x[] = {a, b, (m1 + m2) * l1 * l1 * u + mixed * w, m2 * l2 * l2 * w + mixed * u};
  rz_system *s = make("name = 'double_pendulum', masses = 1.3, 0.6, lengths = 0.7, 1.2, gravity = 2");
  double dx[4] = {0};
  RZ_EXPECT_NEAR(s->cls->energy(s, x), kinetic + height, 1e-14);
  s->cls->field(s, x, dx);
  RZ_EXPECT_NEAR(dx[0], u, 1e-14);
  RZ_EXPECT_NEAR(dx[1], w, 1e-14);
  rz_system_destroy(&s);
}

/* Ranges of a function of drawn states: within [low, high], and not in a small part of it. */
static void expect_range(const char *keys, double (*f)(const rz_system *, const double *), double low, double high) {
  rz_system *s = make(keys);
  double least = INFINITY, most = -INFINITY, x[384];
  for (int i = 0; i < N_DRAW; i++) {
    rz_system_draw(s, 11, (uint64_t)i, 1, x);
    least = fmin(least, f(s, x));
    most = fmax(most, f(s, x));
  }
  const double slack = 1e-9 * fabs(high);
  RZ_EXPECT(least >= low - slack && most <= high + slack);
  RZ_EXPECT(most - least >= 0.9 * (high - low));
  if (!(least >= low - slack && most <= high + slack && most - least >= 0.9 * (high - low)))
    fprintf(stderr, "  %s: %g .. %g, expected %g .. %g\n", keys, least, most, low, high);
  rz_system_destroy(&s);
}

static double radius(const rz_system *s, const double *x) {
  (void)s;
  return hypot(x[0], x[1]);
}
static double first_angle(const rz_system *s, const double *x) {
  (void)s;
  return x[0];
}
static double energy_of(const rz_system *s, const double *x) { return s->cls->energy(s, x); }
static double eccentricity(const rz_system *s, const double *x) {
  double out[4];
  rz_system_invariants(s, 1, x, out);
  return hypot(out[2], out[3]);
}
static double axis(const rz_system *s, const double *x) { return -0.5 / s->cls->energy(s, x); }
static double speed(const rz_system *s, const double *x) { return sqrt(2 * s->cls->energy(s, x) / s->mass[0]); }
static void check_draws(void) {
  expect_range("name = 'mass_spring'", radius, 0.1, 1);
  expect_range("name = 'pendulum', radius = 1.3, 2.3", radius, 1.3, 2.3);
  expect_range("name = 'kepler', eccentricity = 0.1, 0.8", eccentricity, 0.1, 0.8);
  expect_range("name = 'kepler', semi_major_axis = 0.5, 2", axis, 0.5, 2);
  expect_range("name = 'henon_heiles', energy = 0.02, 0.16", energy_of, 0.02, 0.16);
  expect_range("name = 'henon_heiles', energy = 1e-6, 1e-6", energy_of, 1e-6, 1e-6);
  expect_range("name = 'double_pendulum', angle = 0.7", first_angle, -0.7, 0.7);
  expect_range("name = 'n_body', radius = 0.5, 1.5", radius, 0.5, 1.5);
  expect_range("name = 'charged_particle', radius = 1, 2", radius, 1, 2);
  expect_range("name = 'charged_particle', n_space = 3, mass = 3, field = -2, speed = 1, 2", speed, 1, 2);
  /* The benchmark's circular orbits: two bodies at distance 2 r, each with |v| = 1 / (2 sqrt r), counter-clockwise. */
  rz_system *s = make("name = 'n_body', spread = 0");
  double x[8], out[4];
  rz_system_draw(s, 3, 0, 1, x);
  const double r = radius(s, x);
  rz_system_invariants(s, 1, x, out);
  RZ_EXPECT_NEAR(hypot(x[4], x[5]), 0.5 / sqrt(r), 1e-14);
  RZ_EXPECT_NEAR(out[3], 2 * r * 0.5 / sqrt(r), 1e-14);
  RZ_EXPECT_NEAR(rz_system_period(s, x), 2 * RZ_PI * 2 * r * sqrt(r), 1e-12);
  rz_system_destroy(&s);
  double y[42], zero[RZ_MAX_INVARIANT];
  s = make("name = 'n_body', n_body = 7, n_space = 3, masses = 1, 2, 3, 4, 5, 6, 7, spread = 0.2");
  rz_system_draw(s, 3, 0, 1, y);
  rz_system_invariants(s, 1, y, zero);
  for (int k = 1; k <= 3; k++) RZ_EXPECT_NEAR(zero[k], 0, 1e-13);
  rz_system_destroy(&s);
}

/* A whole turn, by the sum over a periodic function. */
static double turn_time(double p) {
  double t = 0;
  for (int k = 0; k < 100; k++) t += 0.02 * RZ_PI / sqrt(p * p - 2 * (1 - cos(0.02 * RZ_PI * k)));
  return t;
}

/* Times of the orbit are equally likely: the mean distance is a (1 + e^2 / 2), its square a^2 (1 + 3 e^2 / 2). */
static void check_kepler_draws(void) {
  enum { N = 20000 };
  rz_system *s = make("name = 'kepler', eccentricity = 0.6, 0.6");
  double sum = 0, square = 0, right = 0, x[4];
  for (int i = 0; i < N; i++) {
    rz_system_draw(s, 2, (uint64_t)i, 1, x);
    sum += hypot(x[0], x[1]) / N;
    square += (x[0] * x[0] + x[1] * x[1]) / N;
    right += x[0] / N;
  }
  const double spread = sqrt((1 + 1.5 * 0.36 - 1.18 * 1.18) / N);
  RZ_EXPECT_NEAR(sum, 1.18, 5 * spread);
  RZ_EXPECT_NEAR(square, 1.54, 5 * 3 * spread);
  RZ_EXPECT_NEAR(right, 0, 5 * sqrt(0.77 / N));
  rz_system_destroy(&s);
}

static void check_periods(void) {
  const double rest[] = {0, 0}, swing[] = {0.5 * RZ_PI, 0}, turn[] = {0, 3}, top[] = {RZ_PI, 0};
  RZ_EXPECT_NEAR(period("name = 'mass_spring', mass = 0.5, stiffness = 2", rest), RZ_PI, 1e-14);
  RZ_EXPECT_NEAR(period("name = 'pendulum', length = 4", rest), 4 * RZ_PI, 1e-14);
  RZ_EXPECT_NEAR(period("name = 'pendulum'", swing), 7.416298709205487, 1e-13); /* 4 K(1 / sqrt 2) */
  RZ_EXPECT_NEAR(period("name = 'pendulum'", turn), turn_time(3), 1e-13);
  RZ_EXPECT(period("name = 'pendulum'", top) == (double)INFINITY);
  const double bound[] = {1, 0, 0, 1.2}, free_path[] = {1, 0, 0, 1.5};
  RZ_EXPECT_NEAR(period("name = 'kepler'", bound), 2 * RZ_PI * pow(2 - 1.44, -1.5), 1e-13);
  RZ_EXPECT(isnan(period("name = 'kepler'", free_path)));
  const double two[] = {0.75, 0, -0.25, 0, 0, 0.9, 0, -0.9}; /* masses 1 and 3: relative speed 1.2 at distance 1 */
  RZ_EXPECT_NEAR(period("name = 'n_body', masses = 1, 3, gravity = 0.25", two), 2 * RZ_PI * pow(2 - 1.44, -1.5), 1e-13);
  RZ_EXPECT(isnan(period("name = 'n_body', softening = 0.1", two)));
  RZ_EXPECT_NEAR(period("name = 'charged_particle', mass = 3, charge = -2, field = 0.5", bound), 6 * RZ_PI, 1e-14);
  RZ_EXPECT_NEAR(period("name = 'fput', springs = 2", rest), 2 * RZ_PI / sqrt(2.0), 1e-14);
  /* Equal bobs: w^2 = 2 -+ sqrt 2. */
  RZ_EXPECT_NEAR(period("name = 'double_pendulum'", bound), 2 * RZ_PI / sqrt(2 - sqrt(2.0)), 1e-14);
  RZ_EXPECT(isnan(period("name = 'double_pendulum', gravity = 0", bound)));
}

static void expect_refused(const char *keys, const char *words) {
  rz_system *s = NULL;
  RZ_EXPECT(rz_system_create_text(keys, &s) == RZ_ERR_DECK && s == NULL);
  if (!RZ_EXPECT(strstr(rz_error_message(), words) != NULL)) fprintf(stderr, "  %s: %s\n", keys, rz_error_message());
}

static void check_errors(void) {
  expect_refused("name = 'pendulum', radius = 2, 1", "the lower end comes first");
  expect_refused("name = 'pendulum', radius = 2", "radius");
  expect_refused("name = 'pendulum', stiffness = 2", "stiffness");
  expect_refused("name = 'pendulums'", "did you mean 'pendulum'");
  expect_refused("name = 'fput', springs = 4, mode = 4", "has modes 1 to 3");
  expect_refused("name = 'n_body', n_body = 3, masses = 1, 2", "2 masses for 3 bodies");
  for (int64_t at = 1;; at++) {
    rz_system *s = NULL;
    rz_memory_fail_at(at);
    const rz_err rc = rz_system_create_text("name = 'n_body'", &s);
    rz_memory_fail_at(0);
    rz_system_destroy(&s);
    if (rc == RZ_OK) break;
    if (!RZ_EXPECT(rc == RZ_ERR_MEMORY) || !RZ_EXPECT(rz_memory_query().n_alive == 0)) break;
  }
}

int main(void) {
  check_energies();
  check_double_pendulum();
  check_draws();
  check_kepler_draws();
  check_periods();
  check_errors();
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  return rz_check_finish();
}
