/* modules: dynamics linalg core */
/* Measures on made-up steps whose every property is known, and on integrators whose defects are. */
#include "check.h"
#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include "ritz/dynamics/measure.h"

#include <stdlib.h>
#include <string.h>

/* Steps that multiply q by growth and p by 1 / growth; scaled tangents make them not symplectic. */
typedef struct made {
  double growth, scale;
  int64_t n;
} made;

static rz_err made_run(void *self, double step, int64_t n_step, double *x, double *carry) {
  const made *m = self;
  (void)step;
  (void)carry;
  for (int64_t t = 0; t < n_step; t++)
    for (int64_t i = 0; i < m->n; i++) {
      x[2 * i] *= m->growth;
      x[2 * i + 1] /= m->growth;
    }
  return RZ_OK;
}

static rz_err made_tangent(void *self, double step, int64_t n_step, double *x, double *carry, int m, double *v) {
  const made *s = self;
  for (int j = 0; j < m; j++) RZ_TRY(made_run(self, step, n_step, v + j * s->n * 2, NULL));
  for (int64_t k = 0; k < m * s->n * 2; k++) v[k] *= s->scale;
  return made_run(self, step, n_step, x, carry);
}

static rz_stepper made_steps(made *m, double step) {
  return (rz_stepper){.n_degree = 1, .n = m->n, .step = step, .self = m, .run = made_run, .tangent = made_tangent};
}

/* --- drift ----------------------------------------------------------------------------------------------------- */

/* Time and a wave on it from q = growth^(number of steps). */
static rz_err tilted(void *ctx, int64_t n, const double *x, double *out) {
  const made *m = ctx;
  for (int64_t i = 0; i < n; i++) {
    const double t = log(x[2 * i] / (1.0 + (double)i)) / log(m->growth);
    out[2 * i] = 3.0 + 0.01 * t + sin(0.7 * t);
    out[2 * i + 1] = 5.0;
  }
  return RZ_OK;
}

static rz_err count_samples(void *ctx, int64_t i, double t, const double *x) {
  int64_t *n = ctx;
  (void)x;
  RZ_EXPECT(i == *n && t == 0.5 * 3 * (double)i);
  ++*n;
  return RZ_OK;
}

static void check_drift(void) {
  made m = {1.0001, 1.0, 2};
  const rz_stepper s = made_steps(&m, 0.5);
  double x[4] = {1, 1, 2, 1};
  rz_drift out[4];
  int64_t n = 0;
  RZ_EXPECT_OK(rz_measure_drift(&s, (rz_sampling){3, 4000}, 2, tilted, &m, count_samples, &n, x, out));
  RZ_EXPECT(n == 4001);
  for (int i = 0; i < 2; i++) {
    const rz_drift *d = &out[2 * i], *still = d + 1;
    RZ_EXPECT_NEAR(d->first, 3, 1e-9);
    RZ_EXPECT_NEAR(d->slope, 0.01 / 0.5, 1e-5);
    RZ_EXPECT(d->slope_error > 0 && fabs(d->slope - 0.02) < 4 * d->slope_error && d->slope_error < 1e-5);
    RZ_EXPECT_NEAR(d->max, 0.01 * 12000, 1.01);
    RZ_EXPECT_NEAR(d->rms, sqrt(120.0 * 120.0 / 3 + 0.5), 0.05);
    RZ_EXPECT(still->first == 5 && still->max == 0 && still->rms == 0 && still->slope == 0 && still->slope_error == 0);
  }
  double y[4] = {1, 1, 2, 1};
  RZ_EXPECT_OK(rz_measure_drift(&s, (rz_sampling){3, 2}, 2, tilted, &m, NULL, NULL, y, out));
  RZ_EXPECT(isnan(out[0].slope) && isnan(out[0].slope_error) && out[0].max > 0);
  RZ_EXPECT_OK(rz_measure_drift(&s, (rz_sampling){3, 0}, 2, tilted, &m, NULL, NULL, y, out));
  RZ_EXPECT(out[0].max == 0 && out[0].rms == 0);
}

/* --- structure ------------------------------------------------------------------------------------------------- */

static rz_integrator *make(const char *method, const rz_system *s, int64_t n) {
  rz_integrator *g = NULL;
  const rz_integrator_spec spec = {.method = method};
  RZ_EXPECT_OK(rz_integrator_create(&spec, &s->flow, n, &g));
  return g;
}

static rz_system *system_of(const char *keys) {
  rz_system *s = NULL;
  RZ_EXPECT_OK(rz_system_create_text(keys, &s));
  return s;
}

static void check_symplecticity(void) {
  made m = {1.3, 1.01, 3};
  rz_stepper s = made_steps(&m, 1);
  double x[6] = {1, 1, 1, 1, 1, 1}, out[3];
  RZ_EXPECT_OK(rz_measure_symplecticity(&s, 4, x, out));
  for (int i = 0; i < 3; i++) RZ_EXPECT_NEAR(out[i], 0.0201, 1e-15);
  m.scale = 1;
  RZ_EXPECT_OK(rz_measure_symplecticity(&s, 4, x, out));
  RZ_EXPECT_NEAR(out[2], 0, 1e-15);
  s.tangent = NULL;
  RZ_EXPECT(rz_measure_symplecticity(&s, 4, x, out) == RZ_ERR_ARG);
}

static double reversibility(const char *keys, const char *method) {
  rz_system *s = system_of(keys);
  rz_integrator *g = make(method, s, 2);
  const rz_stepper steps = rz_integrator_stepper(g, 0.1);
  double x[8], before[8], out[2] = {0};
  rz_system_draw(s, 1, 0, 2, x);
  memcpy(before, x, sizeof x);
  RZ_EXPECT_OK(rz_measure_reversibility(&steps, 300, x, out));
  RZ_EXPECT(memcmp(x, before, sizeof *x * 4) == 0);
  rz_integrator_destroy(&g);
  rz_system_destroy(&s);
  return fmax(out[0], out[1]);
}

static void check_reversibility(void) {
  RZ_EXPECT(reversibility("name = 'pendulum'", "leapfrog") < 1e-13);
  RZ_EXPECT(reversibility("name = 'henon_heiles'", "yoshida6") < 1e-12);
  RZ_EXPECT(reversibility("name = 'double_pendulum', angle = 1", "implicit_midpoint") < 1e-11);
  RZ_EXPECT(reversibility("name = 'pendulum'", "rk4") > 1e-8);
  RZ_EXPECT(reversibility("name = 'charged_particle'", "implicit_midpoint") > 0.1);
}

/* --- sections -------------------------------------------------------------------------------------------------- */

typedef struct passages {
  int n;
  double t[64], x[64][2];
} passages;

static rz_err keep(void *ctx, int64_t i, double t, const double *x) {
  passages *p = (passages *)ctx + i;
  if (p->n < 64) {
    p->t[p->n] = t;
    memcpy(p->x[p->n], x, sizeof p->x[0]);
  }
  p->n++;
  return RZ_OK;
}

/* q = cos t passes 0.5 downwards at pi / 3 and upwards at 5 pi / 3, with p = -+ sin pi / 3. */
static void check_section(void) {
  rz_system *s = system_of("name = 'mass_spring'");
  rz_integrator *g = make("yoshida8", s, 2);
  const rz_stepper steps = rz_integrator_stepper(g, 0.1);
  static passages p[2];
  for (int direction = -1; direction <= 1; direction++) {
    double x[4] = {1, 0, 0, 1}; /* the second is sin t: a quarter of a period later */
    memset(p, 0, sizeof p);
    const rz_section section = {.coordinate = 0, .level = 0.5, .direction = direction};
    RZ_EXPECT_OK(rz_measure_section(&steps, &section, 1000, keep, p, x));
    for (int i = 0; i < 2; i++) {
      RZ_EXPECT(p[i].n == (direction ? 16 : 32));
      for (int k = 0; k < p[i].n; k++) {
        const double turn = direction ? k : k / 2, late = i ? 0.5 * RZ_PI : 0;
        const bool up = direction ? direction > 0 : (k + i) % 2 == 1;
        double t = (up ? 5 : 1) * RZ_PI / 3 + late + 2 * RZ_PI * turn;
        if (i == 1 && direction >= 0 && up) t -= 2 * RZ_PI;
        RZ_EXPECT_NEAR(p[i].t[k], t, 2e-11);
        RZ_EXPECT_NEAR(p[i].x[k][0], 0.5, 1e-14);
        RZ_EXPECT_NEAR(p[i].x[k][1], (up ? 1 : -1) * sin(RZ_PI / 3), 2e-11);
      }
    }
  }
  double x[4] = {1, 0, 0, 1};
  const rz_section none = {.coordinate = 2};
  RZ_EXPECT(rz_measure_section(&steps, &none, 10, keep, p, x) == RZ_ERR_ARG);
  rz_integrator_destroy(&g);
  rz_system_destroy(&s);
}

/* Periods of swings and of whole turns, which pass the same angle once; the phase that a leapfrog gains by its period
 * 2 pi step / (2 asin(step / 2)) of the oscillator. */
static void check_returns(void) {
  rz_system *s = system_of("name = 'pendulum'");
  rz_integrator *g = make("yoshida8", s, 2);
  rz_stepper steps = rz_integrator_stepper(g, 0.05);
  const double start[4] = {1.5, 0, 0.2, 2.5};
  double x[4], mean[2];
  int64_t n[2];
  memcpy(x, start, sizeof x);
  const rz_section section = {.coordinate = 0, .level = 0.1, .modulus = 2 * RZ_PI, .direction = 1};
  RZ_EXPECT_OK(rz_measure_returns(&steps, &section, 4000, x, mean, n));
  for (int i = 0; i < 2; i++) {
    const double period = rz_system_period(s, start + 2 * i);
    RZ_EXPECT_NEAR(mean[i], period, 1e-10);
    RZ_EXPECT(fabs((double)n[i] - 200 / period + 1) < 2); /* the ends are cut off */
  }
  memcpy(x, start, sizeof x);
  RZ_EXPECT_OK(rz_measure_returns(&steps, &section, 20, x, mean, n));
  RZ_EXPECT(n[0] == 0 && isnan(mean[0]));
  rz_integrator_destroy(&g);
  rz_system_destroy(&s);
  s = system_of("name = 'mass_spring'");
  g = make("leapfrog", s, 1);
  rz_integrator *exact = make("reference", s, 1);
  steps = rz_integrator_stepper(g, 0.1);
  const rz_stepper truth = rz_integrator_stepper(exact, 0.1);
  const double y[2] = {1, 0.3};
  double phase;
  const rz_section zero = {.coordinate = 0};
  RZ_EXPECT_OK(rz_measure_phase(&steps, &truth, &zero, 1000, 1000, y, &phase));
  RZ_EXPECT_NEAR(phase, 2 * RZ_PI * (1 - 0.1 / (2 * asin(0.05))), 1e-10);
  rz_integrator_destroy(&g);
  rz_integrator_destroy(&exact);
  rz_system_destroy(&s);
}

/* --- neighbours ------------------------------------------------------------------------------------------------ */

static void check_lyapunov(void) {
  made m = {1.1, 1.0, 2};
  const rz_stepper s = made_steps(&m, 0.5);
  double x[4] = {1, 1, 1, 1};
  rz_lyapunov out[2];
  RZ_EXPECT_OK(rz_measure_lyapunov(&s, (rz_sampling){4, 205}, 100, x, out));
  for (int i = 0; i < 2; i++) {
    RZ_EXPECT_NEAR(out[i].value, log(1.1) / 0.5, 1e-13);
    RZ_EXPECT_NEAR(out[i].error, 0, 1e-13);
  }
  RZ_EXPECT_OK(rz_measure_lyapunov(&s, (rz_sampling){4, 20}, 10, x, out));
  RZ_EXPECT(isnan(out[0].value) && isnan(out[0].error));
}

/* --- error bars ------------------------------------------------------------------------------------------------ */

enum { N_NOISY = 300 };

/* Steps whose growth is noisy, differently for each of N_NOISY trajectories: exp(0.1 + 0.03 normal). */
static rz_err noisy_run(void *self, double step, int64_t n_step, double *x, double *carry) {
  rz_rng *rng = self;
  (void)step;
  (void)carry;
  for (int64_t t = 0; t < n_step; t++)
    for (int i = 0; i < N_NOISY; i++) {
      const double growth = exp(0.1 + 0.03 * rz_rng_normal(&rng[i]));
      x[2 * i] *= growth;
      x[2 * i + 1] /= growth;
    }
  return RZ_OK;
}

static rz_err noisy_tangent(void *self, double step, int64_t n_step, double *x, double *carry, int m, double *v) {
  (void)x;
  return m == 1 ? noisy_run(self, step, n_step, v, carry) : RZ_ERR_ARG;
}

/* White noise about a line in the number of the sample, counted by q. */
static rz_err noisy_line(void *ctx, int64_t n, const double *x, double *out) {
  rz_rng *rng = ctx;
  for (int64_t i = 0; i < n; i++) out[i] = 0.002 * log(x[2 * i]) / log(2.0) + rz_rng_normal(&rng[i]);
  return RZ_OK;
}

/* One standard error covers the truth in two cases out of three. */
static void check_error_bars(void) {
  static rz_rng rng[N_NOISY];
  static double x[2 * N_NOISY];
  static rz_lyapunov exponent[N_NOISY];
  static rz_drift drift[N_NOISY];
  int n_exponent = 0, n_slope = 0;
  for (int i = 0; i < N_NOISY; i++) {
    rng[i] = rz_rng_stream(4, RZ_RNG_TEST, (uint64_t)i);
    x[2 * i] = x[2 * i + 1] = 1;
  }
  const rz_stepper noisy = {
      .n_degree = 1, .n = N_NOISY, .step = 0.5, .self = rng, .run = noisy_run, .tangent = noisy_tangent};
  RZ_EXPECT_OK(rz_measure_lyapunov(&noisy, (rz_sampling){1, 200}, 40, x, exponent));
  made m = {2.0, 1.0, N_NOISY};
  const rz_stepper steps = made_steps(&m, 0.5);
  for (int i = 0; i < 2 * N_NOISY; i++) x[i] = 1;
  RZ_EXPECT_OK(rz_measure_drift(&steps, (rz_sampling){1, 640}, 1, noisy_line, rng, NULL, NULL, x, drift));
  for (int i = 0; i < N_NOISY; i++) {
    n_exponent += fabs(exponent[i].value - 0.2) < exponent[i].error;
    n_slope += fabs(drift[i].slope - 0.004) < drift[i].slope_error;
  }
  /* Of 300 cases at 0.66: 198 +- 8. */
  RZ_EXPECT(abs(n_exponent - 198) < 41);
  RZ_EXPECT(abs(n_slope - 198) < 41);
}

static void check_memory(void) {
  made m = {1.1, 1.0, 2};
  const rz_stepper s = made_steps(&m, 0.5);
  for (int64_t at = 1; at < 40; at++) {
    double x[4] = {1, 1, 2, 1}, value[2];
    rz_drift drift[4];
    rz_lyapunov lyapunov[2];
    int64_t n[2];
    const rz_section section = {.level = 3};
    rz_memory_fail_at(at);
    (void)rz_measure_drift(&s, (rz_sampling){1, 3}, 2, tilted, &m, NULL, NULL, x, drift);
    rz_memory_fail_at(at);
    (void)rz_measure_symplecticity(&s, 1, x, value);
    rz_memory_fail_at(at);
    (void)rz_measure_reversibility(&s, 1, x, value);
    rz_memory_fail_at(at);
    (void)rz_measure_returns(&s, &section, 10, x, value, n);
    rz_memory_fail_at(at);
    (void)rz_measure_phase(&s, &s, &section, 10, 10, x, value);
    rz_memory_fail_at(at);
    (void)rz_measure_lyapunov(&s, (rz_sampling){1, 16}, 0, x, lyapunov);
    rz_memory_fail_at(0);
    if (!RZ_EXPECT(rz_memory_query().n_alive == 0)) return;
  }
}

int main(void) {
  check_drift();
  check_symplecticity();
  check_reversibility();
  check_section();
  check_returns();
  check_lyapunov();
  check_error_bars();
  check_memory();
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  return rz_check_finish();
}
