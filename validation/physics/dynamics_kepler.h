/* Kepler's motion, e = 0.6, over many periods: the energy swings and does not drift. */
#ifndef RITZ_VALIDATION_DYNAMICS_KEPLER_H
#define RITZ_VALIDATION_DYNAMICS_KEPLER_H

#include "check.h"
#include "ritz/core/math.h"
#include "ritz/dynamics/measure.h"

/* 100 steps, 300 forces, per period; 317 steps from sample to sample, so that all phases of the orbit are seen. */
static inline void kepler_long_run(double n_period) {
  enum { PER_PERIOD = 100, PER_SAMPLE = 317 };
  rz_system *s = NULL;
  rz_integrator *g = NULL;
  const rz_integrator_spec spec = {.method = "yoshida4"};
  RZ_EXPECT_OK(rz_system_create_text("name = 'kepler'", &s));
  RZ_EXPECT_OK(rz_integrator_create(&spec, &s->flow, 1, &g));
  const double e = 0.6, period = 2 * RZ_PI;
  double x[4] = {1 - e, 0, 0, sqrt((1 + e) / (1 - e))};
  RZ_EXPECT_NEAR(rz_system_period(s, x), period, 1e-14);
  const rz_stepper steps = rz_integrator_stepper(g, period / PER_PERIOD);
  rz_drift out[4];
  const rz_sampling run = {PER_SAMPLE, (int64_t)(n_period * PER_PERIOD / PER_SAMPLE)};
  RZ_EXPECT_OK(rz_measure_drift(&steps, run, s->n_invariant, rz_system_quantities, s, NULL, NULL, x, out));
  const rz_drift *h = &out[0], *l = &out[1];
  printf("%.0f periods: energy: max %.3g, rms %.3g, slope x time %.3g +- %.3g; angular momentum: max %.3g\n", n_period,
         h->max, h->rms, h->slope * period * n_period, h->slope_error * period * n_period, l->max);
  /* No secular slope: within its error, and that error far below the swing. */
  RZ_EXPECT(fabs(h->slope) < 4 * h->slope_error + 1e-12 / (period * n_period));
  RZ_EXPECT(fabs(h->slope) * period * n_period < 0.1 * h->rms);
  RZ_EXPECT(h->max > 1e-6 && h->max < 1e-2 && l->max < 1e-11);
  rz_integrator_destroy(&g);
  rz_system_destroy(&s);
}

#endif
