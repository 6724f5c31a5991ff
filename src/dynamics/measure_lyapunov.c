/* The largest Lyapunov exponent: G. Benettin, L. Galgani, J.-M. Strelcyn, Phys. Rev. A 14, 2338 (1976). */
#include "ritz/dynamics/measure.h"

#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include <math.h>

enum { N_STRETCH = 16 };

/* The same vector for each trajectory, so that a row does not depend on its place. */
static void start(const rz_stepper *s, double *v) {
  const int w = 2 * s->n_degree;
  for (int64_t i = 0; i < s->n; i++) {
    rz_rng rng = rz_rng_stream(1, RZ_RNG_SOLVER, 0);
    for (int k = 0; k < w; k++) v[i * w + k] = rz_rng_normal(&rng);
  }
}

/* Back to length 1; returns the logarithm of the length. */
static double normalise(int w, double *v) {
  double square = 0.0;
  for (int k = 0; k < w; k++) square += v[k] * v[k];
  const double length = sqrt(square);
  for (int k = 0; k < w; k++) v[k] /= length;
  return log(length);
}

/* Sums of logarithms over the stretches of a run, of n_used samples in all, and its time. */
static rz_lyapunov estimate(const double sum[N_STRETCH], double time) {
  double mean = 0.0, square = 0.0;
  for (int j = 0; j < N_STRETCH; j++) mean += sum[j] / N_STRETCH;
  for (int j = 0; j < N_STRETCH; j++) square += (sum[j] - mean) * (sum[j] - mean);
  const double rate = N_STRETCH / time;
  return (rz_lyapunov){rate * mean, rate * sqrt(square / (N_STRETCH - 1) / N_STRETCH)};
}

rz_err rz_measure_lyapunov(const rz_stepper *s, rz_sampling run, int64_t n_skip, double *x, rz_lyapunov *out) {
  const int w = 2 * s->n_degree;
  /* Stretches of the same length: what does not fill the last is skipped at the beginning. */
  const int64_t stretch = (run.n_sample - n_skip) / N_STRETCH, begin = run.n_sample - N_STRETCH * stretch;
  double *v = NULL, *carry = NULL, *sum = NULL; /* sum [n, N_STRETCH] */
  rz_err rc = RZ_OK;
  RZ_CHECK(s->tangent, RZ_ERR_ARG, "Lyapunov exponents are measured by a tangent map, and these steps have none");
  RZ_TRY_DONE(rc, RZ_NEW(s->n * w, &v));
  RZ_TRY_DONE(rc, RZ_NEW0(s->n * w, &carry));
  RZ_TRY_DONE(rc, RZ_NEW0(s->n * N_STRETCH, &sum));
  start(s, v);
  for (int64_t i = 0; i < s->n; i++) (void)normalise(w, v + i * w);
  for (int64_t t = 0; t < run.n_sample; t++) {
    RZ_TRY_DONE(rc, s->tangent(s->self, s->step, run.n_step, x, carry, 1, v));
    for (int64_t i = 0; i < s->n; i++) {
      const double gain = normalise(w, v + i * w);
      if (stretch > 0 && t >= begin) sum[i * N_STRETCH + (t - begin) / stretch] += gain;
    }
  }
  const double time = s->step * (double)(run.n_step * N_STRETCH * stretch);
  for (int64_t i = 0; i < s->n; i++)
    out[i] = stretch > 0 ? estimate(sum + i * N_STRETCH, time) : (rz_lyapunov){(double)NAN, (double)NAN};
done:
  rz_free(&v);
  rz_free(&carry);
  rz_free(&sum);
  return rc;
}
