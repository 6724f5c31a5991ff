/* modules: dynamics linalg core */
/* The order of every integrator, measured on Kepler's motion against its exact solution and on a pendulum against the
 * reference; the reference against Kepler's motion, tolerance by tolerance; the discrete gradient's energy; the
 * oscillator's modified energy under kick-drift-kick. */
#include "check.h"
#include "ritz/core/math.h"
#include "ritz/dynamics/integrator.h"
#include "ritz/dynamics/system.h"

#include <string.h>

static const double e = 0.4, span = 5.0;

/* Kepler's motion from the pericentre, a = 1. */
static void kepler_at(double t, double x[4]) {
  double u = t;
  for (int k = 0; k < 60; k++) u -= (u - e * sin(u) - t) / (1 - e * cos(u));
  const double b = sqrt(1 - e * e), rate = 1 / (1 - e * cos(u));
  x[0] = cos(u) - e;
  x[1] = b * sin(u);
  x[2] = -sin(u) * rate;
  x[3] = b * cos(u) * rate;
}

static void follow(const char *method, double tolerance, const rz_flow *flow, int64_t n_step, double *x) {
  rz_integrator *g = NULL;
  const rz_integrator_spec spec = {.method = method, .tolerance = tolerance};
  if (RZ_EXPECT_OK(rz_integrator_create(&spec, flow, 1, &g)))
    RZ_EXPECT_OK(rz_integrator_run(g, span / (double)n_step, n_step, x, NULL));
  rz_integrator_destroy(&g);
}

static double distance(int n, const double *a, const double *b) {
  double most = 0;
  for (int k = 0; k < n; k++) most = fmax(most, fabs(a[k] - b[k]));
  return most;
}

static double error_of(const rz_integrator_class *c, const rz_flow *flow, const double *start, const double *end,
                       int64_t n_step) {
  double x[4];
  const int w = 2 * flow->n_degree;
  memcpy(x, start, sizeof *x * (size_t)w);
  follow(c->name, 0, flow, n_step, x);
  return distance(w, x, end);
}

/* Halving the step divides the error by 2^order: between pairs of steps whose errors are small, yet above rounding. */
static void check_order(const rz_integrator_class *c, const rz_flow *flow, const double *start, const double *end) {
  int n_slope = 0;
  double before = 0, slope = 0;
  for (int64_t n = 24; n <= 24576; n *= 2) {
    const double error = error_of(c, flow, start, end, n);
    if (before > 0 && before < 1e-2 && error > 2e-13) {
      slope = log2(before / error);
      n_slope++;
    }
    before = error;
  }
  if (!RZ_EXPECT(n_slope > 0) || !rz_expect_near(slope, c->order, 0.25, __FILE__, __LINE__, "order"))
    fprintf(stderr, "  of %s\n", c->name);
}

static void check_orders(void) {
  rz_system *kepler = NULL, *pendulum = NULL;
  RZ_EXPECT_OK(rz_system_create_text("name = 'kepler'", &kepler));
  RZ_EXPECT_OK(rz_system_create_text("name = 'pendulum'", &pendulum));
  double a[4], b[4], y[2] = {1.5, 0.3}, z[2] = {1.5, 0.3};
  kepler_at(0, a);
  kepler_at(span, b);
  follow("reference", 1e-14, &pendulum->flow, 1, z);
  int n;
  const rz_integrator_class *const *all = rz_integrator_registry(&n);
  for (int i = 0; i < n; i++) {
    if (all[i]->order == 0) continue;
    check_order(all[i], &kepler->flow, a, b);
    check_order(all[i], &pendulum->flow, y, z);
  }
  rz_system_destroy(&kepler);
  rz_system_destroy(&pendulum);
}

static void check_reference(void) {
  static const double tolerance[] = {1e-4, 1e-7, 1e-10, 1e-13};
  rz_system *s = NULL;
  RZ_EXPECT_OK(rz_system_create_text("name = 'kepler'", &s));
  double a[4], b[4], before = 1;
  kepler_at(0, a);
  kepler_at(span, b);
  for (int i = 0; i < 4; i++) {
    double x[4], y[4];
    memcpy(x, a, sizeof x);
    memcpy(y, a, sizeof y);
    follow("reference", tolerance[i], &s->flow, 1, x);
    follow("reference", tolerance[i], &s->flow, 7, y);
    const double error = distance(4, x, b);
    RZ_EXPECT(error < 30 * tolerance[i] + 5e-15);
    RZ_EXPECT(error < before && distance(4, x, y) == 0); /* steps of the caller mean nothing within a run */
    before = error;
  }
  /* Head on, there is no way through. */
  double x[4] = {1, 0, 0, 0};
  rz_integrator *g = NULL;
  const rz_integrator_spec spec = {.method = "reference"};
  RZ_EXPECT_OK(rz_integrator_create(&spec, &s->flow, 1, &g));
  RZ_EXPECT(rz_integrator_run(g, 3, 1, x, NULL) == RZ_ERR_NUM);
  rz_integrator_destroy(&g);
  rz_system_destroy(&s);
}

/* Energies to rounding whatever the step, for systems separable and not. */
static void check_discrete_gradient(void) {
  static const struct {
    const char *keys;
    double step;
  } row[] = {{"name = 'pendulum'", 0.5},
             {"name = 'kepler', eccentricity = 0.5, 0.5", 0.05},
             {"name = 'double_pendulum'", 0.05},
             {"name = 'henon_heiles'", 0.2},
             {"name = 'charged_particle'", 0.3}};
  for (int i = 0; i < 5; i++) {
    rz_system *s = NULL;
    rz_integrator *g = NULL;
    double x[4];
    const rz_integrator_spec spec = {.method = "discrete_gradient"};
    RZ_EXPECT_OK(rz_system_create_text(row[i].keys, &s));
    RZ_EXPECT_OK(rz_integrator_create(&spec, &s->flow, 1, &g));
    rz_system_draw(s, 1, 0, 1, x);
    const double h = s->cls->energy(s, x);
    double worst = 0;
    for (int t = 0; t < 100; t++) {
      RZ_EXPECT_OK(rz_integrator_run(g, row[i].step, 100, x, NULL));
      worst = fmax(worst, fabs(s->cls->energy(s, x) - h));
    }
    RZ_EXPECT_NEAR(worst, 0, 1e-13);
    rz_integrator_destroy(&g);
    rz_system_destroy(&s);
  }
}

/* Kick-drift-kick keeps p^2 + w^2 q^2 (1 - step^2 w^2 / 4), mass 1. */
static void check_oscillator(void) {
  rz_system *s = NULL;
  rz_integrator *g = NULL;
  const double w = 1.3, step = 0.4, factor = w * w * (1 - step * step * w * w / 4);
  const rz_integrator_spec spec = {.method = "leapfrog"};
  RZ_EXPECT_OK(rz_system_create_text("name = 'mass_spring', stiffness = 1.69", &s));
  RZ_EXPECT_OK(rz_integrator_create(&spec, &s->flow, 1, &g));
  double x[2] = {0.8, -0.4}, carry[2] = {0, 0}, worst = 0;
  const double kept = x[1] * x[1] + factor * x[0] * x[0];
  for (int t = 0; t < 1000; t++) {
    RZ_EXPECT_OK(rz_integrator_run(g, step, 100, x, carry));
    worst = fmax(worst, fabs(x[1] * x[1] + factor * x[0] * x[0] - kept));
  }
  RZ_EXPECT_NEAR(worst, 0, 1e-12);
  rz_integrator_destroy(&g);
  rz_system_destroy(&s);
}

/* An implicit equation without solution in reach says so. */
static void check_too_large(void) {
  static const char *const method[] = {"implicit_midpoint", "discrete_gradient"};
  rz_system *s = NULL;
  RZ_EXPECT_OK(rz_system_create_text("name = 'mass_spring'", &s));
  for (int i = 0; i < 2; i++) {
    rz_integrator *g = NULL;
    double x[2] = {1, 0};
    const rz_integrator_spec spec = {.method = method[i], .max_iterations = 50};
    RZ_EXPECT_OK(rz_integrator_create(&spec, &s->flow, 1, &g));
    RZ_EXPECT(rz_integrator_run(g, 2.5, 1, x, NULL) == RZ_ERR_NUM);
    RZ_EXPECT(strstr(rz_error_message(), "50 iterations") != NULL);
    rz_integrator_destroy(&g);
  }
  rz_system_destroy(&s);
}

int main(void) {
  check_orders();
  check_reference();
  check_discrete_gradient();
  check_oscillator();
  check_too_large();
  return rz_check_finish();
}
