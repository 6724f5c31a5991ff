/* modules: dynamics linalg core */
/* What is known of the motions: Kepler without a secular slope of the energy, the pendulum's period against the
 * arithmetic-geometric mean, chaos and order of Henon and Heiles, no exponent for Kepler, the recurrence of Fermi,
 * Pasta, Ulam and Tsingou, the double pendulum's energy, and exact momenta of many bodies. */
#include "dynamics_kepler.h"
#include <string.h>

static rz_system *system_of(const char *keys) {
  rz_system *s = NULL;
  RZ_EXPECT_OK(rz_system_create_text(keys, &s));
  return s;
}

static rz_integrator *make(const char *method, const rz_system *s, int64_t n) {
  rz_integrator *g = NULL;
  const rz_integrator_spec spec = {.method = method};
  RZ_EXPECT_OK(rz_integrator_create(&spec, &s->flow, n, &g));
  return g;
}

/* T = 2 pi / AGM(1, cos(amplitude / 2)), from the passages of the lowest point by the reference. */
static void check_pendulum(void) {
  rz_system *s = system_of("name = 'pendulum'");
  rz_integrator *g = make("reference", s, 4);
  const rz_stepper steps = rz_integrator_stepper(g, 0.04);
  double x[8] = {0.1, 0, 1, 0, 2, 0, 3, 0}, mean[4];
  int64_t n[4];
  const rz_section section = {.coordinate = 0, .direction = 1};
  RZ_EXPECT_OK(rz_measure_returns(&steps, &section, 2000, x, mean, n));
  for (int i = 0; i < 4; i++) {
    const double amplitude = i ? i : 0.1;
    double a = 1, b = cos(0.5 * amplitude);
    for (int k = 0; k < 8; k++) {
      const double c = 0.5 * (a + b);
      b = sqrt(a * b);
      a = c;
    }
    RZ_EXPECT_NEAR(mean[i], 2 * RZ_PI / a, 1e-10);
  }
  rz_integrator_destroy(&g);
  rz_system_destroy(&s);
}

static rz_lyapunov exponent(const char *keys, const char *method, double step, double time, const double *x) {
  rz_system *s = system_of(keys);
  rz_integrator *g = make(method, s, 1);
  const rz_stepper steps = rz_integrator_stepper(g, step);
  const int64_t n_step = (int64_t)(1 / step), n_sample = (int64_t)time;
  double at[8];
  rz_lyapunov out = {0, 0};
  memcpy(at, x, sizeof *x * (size_t)(2 * s->n_degree));
  RZ_EXPECT_OK(rz_measure_lyapunov(&steps, (rz_sampling){n_step, n_sample}, n_sample / 10, at, &out));
  printf("%s, %s: exponent %.4f +- %.4f\n", keys, method, out.value, out.error);
  rz_integrator_destroy(&g);
  rz_system_destroy(&s);
  return out;
}

/* On the section q_1 = 0 at q_2 = 0, p_2 = 0.1: in the chaotic sea at E = 1/6, on a torus at E = 1/12. */
static void check_lyapunov(void) {
  const double sea[4] = {0, 0, sqrt(1.0 / 3 - 0.01), 0.1}, torus[4] = {0, 0, sqrt(1.0 / 6 - 0.01), 0.1};
  const rz_lyapunov chaos = exponent("name = 'henon_heiles'", "yoshida4", 0.1, 4000, sea);
  const rz_lyapunov order = exponent("name = 'henon_heiles'", "yoshida4", 0.1, 4000, torus);
  RZ_EXPECT(chaos.value > 0.08 && chaos.value < 0.18 && chaos.value > 8 * chaos.error);
  RZ_EXPECT(fabs(order.value) < 0.006);
  const rz_lyapunov midpoint = exponent("name = 'henon_heiles'", "implicit_midpoint", 0.1, 2000, sea);
  RZ_EXPECT(fabs(midpoint.value - chaos.value) < 6 * hypot(chaos.error, midpoint.error));
  const double orbit[4] = {0.7, 0, 0, sqrt(1.3 / 0.7)};
  RZ_EXPECT(fabs(exponent("name = 'kepler'", "yoshida6", 0.05, 5000, orbit).value) < 3e-3);
}

/* Energy of linear mode k over the harmonic energy of a chain of n masses. */
static double mode_energy(int n, const double *x, int k) {
  double q = 0, p = 0;
  for (int i = 0; i < n; i++) {
    const double shape = sqrt(2.0 / (n + 1)) * sin(RZ_PI * k * (i + 1) / (n + 1));
    q += shape * x[i];
    p += shape * x[n + i];
  }
  const double w = 2 * sin(0.5 * RZ_PI * k / (n + 1));
  return 0.5 * (p * p + w * w * q * q);
}

typedef struct recurrence {
  int n;
  double period, start, least, best, when; /* when: in periods */
} recurrence;

static rz_err watch(void *ctx, int64_t i, double t, const double *x) {
  recurrence *r = ctx;
  const double h = mode_energy(r->n, x, 1);
  if (i == 0) r->start = r->least = h;
  r->least = fmin(r->least, h);
  if (t > 100 * r->period && h > r->best) {
    r->best = h;
    r->when = t / r->period;
  }
  return RZ_OK;
}

/* alpha = 1/4, 32 springs: mode 1 gives most of its energy away and has it back, after 157 of its periods by leapfrogs
 * of the authors' own step, step^2 = 1/8, and after 147 in truth. */
static void check_recurrence(const char *method, double step, double when) {
  rz_system *s = system_of("name = 'fput'");
  rz_integrator *g = make(method, s, 1);
  double x[62];
  rz_system_draw(s, 1, 0, 1, x);
  const double period = rz_system_period(s, x);
  const rz_stepper steps = rz_integrator_stepper(g, step);
  recurrence r = {.n = s->n_degree, .period = period};
  const int64_t per_sample = (int64_t)(period / (40 * step)) + 1;
  const rz_sampling run = {per_sample, (int64_t)(170 * period / (step * (double)per_sample))};
  rz_drift out;
  RZ_EXPECT_OK(rz_measure_drift(&steps, run, 1, rz_system_quantities, s, watch, &r, x, &out));
  printf("fput, %s: mode 1 falls to %.3f and comes back to %.3f after %.1f periods; energy %.3g of %.3g\n", method,
         r.least / r.start, r.best / r.start, r.when, out.max, out.first);
  RZ_EXPECT(r.least < 0.1 * r.start && r.best > 0.97 * r.start);
  RZ_EXPECT_NEAR(r.when, when, 1.5);
  RZ_EXPECT(out.max < 1e-2 * out.first);
  rz_integrator_destroy(&g);
  rz_system_destroy(&s);
}

static void check_double_pendulum(void) {
  static const char *const method[] = {"implicit_midpoint", "discrete_gradient", "reference"};
  static const double bound[] = {2e-2, 1e-12, 1e-10};
  rz_system *s = system_of("name = 'double_pendulum'");
  for (int i = 0; i < 3; i++) {
    rz_integrator *g = make(method[i], s, 1);
    const rz_stepper steps = rz_integrator_stepper(g, 0.02);
    double x[4] = {2, 1.5, 0, 0};
    rz_drift out;
    RZ_EXPECT_OK(rz_measure_drift(&steps, (rz_sampling){50, 500}, 1, rz_system_quantities, s, NULL, NULL, x, &out));
    printf("double pendulum, %s: energy %.3g of %.3g, slope x time %.3g +- %.3g\n", method[i], out.max, out.first,
           out.slope * 500, out.slope_error * 500);
    RZ_EXPECT(out.max < bound[i] * out.first && out.first > 1);
    RZ_EXPECT(i > 0 || fabs(out.slope) < 5 * out.slope_error);
    rz_integrator_destroy(&g);
  }
  rz_system_destroy(&s);
}

/* Kicks are equal and opposite: momenta are kept to rounding whatever the step, and so is angular momentum. */
static void check_momenta(void) {
  rz_system *s = system_of("name = 'n_body', n_body = 4, n_space = 3, masses = 1, 2, 3, 4, softening = 0.3");
  rz_integrator *g = make("leapfrog", s, 1);
  const rz_stepper steps = rz_integrator_stepper(g, 0.02);
  double x[24];
  rz_system_draw(s, 3, 0, 1, x);
  rz_drift out[RZ_MAX_INVARIANT];
  RZ_EXPECT_OK(
      rz_measure_drift(&steps, (rz_sampling){100, 200}, s->n_invariant, rz_system_quantities, s, NULL, NULL, x, out));
  for (int k = 1; k < s->n_invariant; k++) RZ_EXPECT(out[k].max < 1e-12);
  RZ_EXPECT(out[0].max > 1e-9 && out[0].max < 1e-1 * fabs(out[0].first));
  rz_integrator_destroy(&g);
  rz_system_destroy(&s);
}

int main(void) {
  kepler_long_run(1e4);
  check_pendulum();
  check_lyapunov();
  check_recurrence("leapfrog", sqrt(0.125), 157);
  check_recurrence("yoshida4", 0.2, 147);
  check_double_pendulum();
  check_momenta();
  return rz_check_finish();
}
