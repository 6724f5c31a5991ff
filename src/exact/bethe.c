/* Newton's method on the logarithmic Bethe equations; symbols as in ritz/exact/bethe.h. */
#include "ritz/exact/bethe.h"

#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include "ritz/linalg/blas.h"

#include <float.h>
#include <math.h>

typedef enum bethe_regime { RATIONAL, TRIGONOMETRIC, HYPERBOLIC } bethe_regime;

typedef struct bethe_problem {
  bethe_regime regime;
  double g;             /* gamma or eta; 1 in the rational case */
  double a1, a2;        /* denominators of t_1 and t_2 */
  int m;                /* roots */
  double length;        /* N for the ring, 2 N for free ends */
  int open;             /* adds the mirror images t_2(x_j + x_k) */
  const double *quanta; /* I_j, [m] */
} bethe_problem;

static bethe_problem problem_create(double delta) {
  bethe_problem p = {.regime = RATIONAL, .g = 1.0, .a1 = 0.5, .a2 = 1.0};
  if (delta > 1.0) {
    /* acosh without the cancellation near delta = 1 */
    p.regime = HYPERBOLIC;
    p.g = log1p((delta - 1.0) + sqrt((delta - 1.0) * (delta + 1.0)));
    p.a1 = tanh(0.5 * p.g);
    p.a2 = tanh(p.g);
  } else if (delta < 1.0) {
    p.regime = TRIGONOMETRIC;
    p.g = atan2(sqrt((1.0 - delta) * (1.0 + delta)), delta);
    p.a1 = tan(0.5 * p.g);
    p.a2 = tan(p.g);
  }
  return p;
}

/* t_n(x), with a the denominator of that n. */
static double phase(const bethe_problem *p, double a, double x) {
  const double y = p->g * x;
  if (p->regime == RATIONAL) return 2.0 * atan(x / a);
  if (p->regime == TRIGONOMETRIC) return 2.0 * atan(tanh(y) / a);
  const double turns = nearbyint(y / RZ_PI);
  return 2.0 * atan(tan(y - turns * RZ_PI) / a) + 2.0 * RZ_PI * turns;
}

/* d t_n / d x, written so that nothing cancels. */
static double phase_slope(const bethe_problem *p, double a, double x) {
  const double y = p->g * x;
  if (p->regime == RATIONAL) return 2.0 * a / (a * a + x * x);
  if (p->regime == TRIGONOMETRIC) {
    const double c = 1.0 / cosh(y), t = tanh(y);
    return 2.0 * p->g * c * c / (a + t * t / a);
  }
  const double c = cos(y), s = sin(y);
  return 2.0 * p->g * a / (a * a * c * c + s * s);
}

/* The x with t_1(x) = phi; in the trigonometric case phi may overshoot the range, then a far root is returned. */
static double phase_inverse(const bethe_problem *p, double phi) {
  const double far = 1.0 - 1e-9;
  if (p->regime == RATIONAL) return p->a1 * tan(0.5 * fmin(fmax(phi, -RZ_PI * far), RZ_PI * far));
  if (p->regime == TRIGONOMETRIC) {
    const double edge = 2.0 * atan(far / p->a1);
    return atanh(p->a1 * tan(0.5 * fmin(fmax(phi, -edge), edge))) / p->g;
  }
  const double turns = nearbyint(0.5 * phi / RZ_PI);
  return (atan(p->a1 * tan(0.5 * phi - turns * RZ_PI)) + turns * RZ_PI) / p->g;
}

/* Energy of one root relative to the aligned state: -(d t_1/dx) (sin g / 2 g), that is -1/(2 (x^2 + 1/4)) at Delta = 1.
 */
static double root_energy(const bethe_problem *p, double x) {
  const double y = p->g * x;
  if (p->regime == RATIONAL) return -0.5 / (x * x + 0.25);
  if (p->regime == TRIGONOMETRIC) {
    const double s = sin(p->g), sh = sinh(y), s2 = sin(0.5 * p->g);
    return -0.5 * s * s / (sh * sh + s2 * s2);
  }
  const double s = sinh(p->g), sn = sin(y), s2 = sinh(0.5 * p->g);
  return -0.5 * s * s / (sn * sn + s2 * s2);
}

/* sum_{k != j} of the scattering phases at the roots x. */
static double scattering(const bethe_problem *p, const double *x, int j) {
  double sum = 0.0;
  for (int k = 0; k < p->m; ++k) {
    if (k == j) continue;
    sum += phase(p, p->a2, x[j] - x[k]);
    if (p->open) sum += phase(p, p->a2, x[j] + x[k]);
  }
  return sum;
}

/* f_j = left - right; returns the largest |f_j|. */
static double residuals(const bethe_problem *p, const double *x, double *f) {
  double worst = 0.0;
  for (int j = 0; j < p->m; ++j) {
    f[j] = p->length * phase(p, p->a1, x[j]) - 2.0 * RZ_PI * p->quanta[j] - scattering(p, x, j);
    /* a NaN must not look small */
    worst = isfinite(f[j]) ? fmax(worst, fabs(f[j])) : INFINITY;
  }
  return worst;
}

/* Jacobian d f_j / d x_k, column-major. */
static void jacobian(const bethe_problem *p, const double *x, double *jac) {
  const int64_t m = p->m;
  for (int64_t j = 0; j < m; ++j) {
    double diagonal = p->length * phase_slope(p, p->a1, x[j]);
    for (int64_t k = 0; k < m; ++k) {
      if (k == j) continue;
      const double minus = phase_slope(p, p->a2, x[j] - x[k]);
      const double plus = p->open ? phase_slope(p, p->a2, x[j] + x[k]) : 0.0;
      diagonal -= minus + plus;
      jac[j + m * k] = minus - plus;
    }
    jac[j + m * j] = diagonal;
  }
}

/* Start: sweeps of x_j <- t_1^{-1}((2 pi I_j + scattering) / length), from the free roots. */
static void start_roots(const bethe_problem *p, double *x, double *f) {
  enum { N_SWEEP = 30 };
  for (int j = 0; j < p->m; ++j) x[j] = phase_inverse(p, 2.0 * RZ_PI * p->quanta[j] / p->length);
  for (int sweep = 0; sweep < N_SWEEP; ++sweep) {
    for (int j = 0; j < p->m; ++j)
      f[j] = phase_inverse(p, (2.0 * RZ_PI * p->quanta[j] + scattering(p, x, j)) / p->length);
    /* half steps: attractive scattering (Delta < 0) makes full ones oscillate */
    for (int j = 0; j < p->m; ++j) x[j] = 0.5 * (x[j] + f[j]);
  }
}

/* One damped Newton step; *worst falls or the roots stay. */
static rz_err newton_step(const bethe_problem *p, double *x, double *f, double *work, double *trial, lapack_int *pivot,
                          double *worst, int *improved) {
  const int m = p->m;
  jacobian(p, x, work);
  RZ_LAPACK(LAPACKE_dgesv(LAPACK_COL_MAJOR, m, 1, work, m, pivot, f, m));
  double *ft = trial + m;
  *improved = 0;
  for (double step = 1.0; step > 1e-6 && !*improved; step *= 0.5) {
    for (int j = 0; j < m; ++j) trial[j] = x[j] - step * f[j];
    const double now = residuals(p, trial, ft);
    *improved = now < *worst;
    if (*improved) *worst = now;
  }
  if (*improved)
    for (int j = 0; j < m; ++j) x[j] = trial[j];
  return RZ_OK;
}

/* Solve for the roots and add up their energies (relative to the aligned state). */
static rz_err solve(const bethe_problem *p, rz_bethe_level *out) {
  enum { MAX_STEPS = 100 };
  double *x = NULL, *f = NULL, *work = NULL, *trial = NULL;
  lapack_int *pivot = NULL;
  rz_err rc = RZ_OK;
  const int64_t m = p->m;
  RZ_TRY_DONE(rc, RZ_NEW(m, &x));
  RZ_TRY_DONE(rc, RZ_NEW(m, &f));
  RZ_TRY_DONE(rc, RZ_NEW(m * m, &work));
  RZ_TRY_DONE(rc, RZ_NEW(2 * m, &trial));
  RZ_TRY_DONE(rc, RZ_NEW(m, &pivot));
  start_roots(p, x, f);
  double worst = residuals(p, x, f);
  int improved = 1, steps = 0;
  /* Newton until rounding stops the descent: the roots are then as good as double precision makes them. */
  for (; improved && worst > 0.1 * DBL_EPSILON && steps < MAX_STEPS; ++steps) {
    RZ_TRY_DONE(rc, newton_step(p, x, f, work, trial, pivot, &worst, &improved));
    (void)residuals(p, x, f);
  }
  /* f is a sum of some 2 length terms of order pi */
  const double accept = 64.0 * DBL_EPSILON * RZ_PI * p->length;
  RZ_CHECK_DONE(rc, worst <= accept, RZ_ERR_NUM,
                "Bethe equations: residual %.3g after %d Newton steps, %.3g is required (%d roots)", worst, steps,
                accept, p->m);
  double energy = 0.0;
  for (int j = 0; j < p->m; ++j) energy += root_energy(p, x[j]);
  *out = (rz_bethe_level){.energy = energy, .residual = worst, .iterations = steps, .n_roots = p->m};
done:
  rz_free(&x);
  rz_free(&f);
  rz_free(&work);
  rz_free(&trial);
  rz_free(&pivot);
  return rc;
}

rz_err rz_bethe_ring(int n, double delta, int n_down, rz_bethe_level *out) {
  RZ_CHECK(out != NULL, RZ_ERR_ARG, "out must not be NULL");
  RZ_CHECK(n >= 2, RZ_ERR_ARG, "n = %d must be >= 2", n);
  RZ_CHECK(n_down >= 0 && n_down <= n, RZ_ERR_ARG, "n_down = %d must be in 0 ... %d", n_down, n);
  RZ_CHECK(isfinite(delta) && delta > -1.0, RZ_ERR_ARG, "delta = %g must be > -1", delta);
  RZ_CHECK(n % 2 == 0 || delta >= 0.0, RZ_ERR_ARG,
           "delta = %g must be >= 0 on a ring of odd length %d (its lowest levels cross below)", delta, n);
  const int m = n_down <= n - n_down ? n_down : n - n_down;
  /* I_j are consecutive; integers or half-odd as (n - m - 1)/2 is. On an odd ring they cannot be symmetric: they are
   * shifted by 1/2, and the mirror image has the same energy. */
  const double shift = n % 2 == 0 ? 0.0 : 0.5;
  double *quanta = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY(RZ_NEW(m, &quanta));
  for (int j = 0; j < m; ++j) quanta[j] = j - 0.5 * (m - 1) + shift;
  bethe_problem p = problem_create(delta);
  p.m = m;
  p.length = n;
  p.quanta = quanta;
  RZ_TRY_DONE(rc, solve(&p, out));
  out->energy += 0.25 * n * delta;
  /* total momentum pi m - (2 pi / n) sum_j I_j */
  const int64_t twice = (int64_t)n * m - (int64_t)(n % 2) * m;
  out->momentum = (int)((twice / 2) % n);
  out->two_momenta = out->momentum != (n - out->momentum) % n;
done:
  rz_free(&quanta);
  return rc;
}

rz_err rz_bethe_open_heisenberg(int n, int n_down, rz_bethe_level *out) {
  RZ_CHECK(out != NULL, RZ_ERR_ARG, "out must not be NULL");
  RZ_CHECK(n >= 2, RZ_ERR_ARG, "n = %d must be >= 2", n);
  RZ_CHECK(n_down >= 0 && n_down <= n, RZ_ERR_ARG, "n_down = %d must be in 0 ... %d", n_down, n);
  const int m = n_down <= n - n_down ? n_down : n - n_down;
  double *quanta = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY(RZ_NEW(m, &quanta));
  for (int j = 0; j < m; ++j) quanta[j] = j + 1;
  bethe_problem p = problem_create(1.0);
  p.m = m;
  p.length = 2.0 * n;
  p.open = 1;
  p.quanta = quanta;
  RZ_TRY_DONE(rc, solve(&p, out));
  out->energy += 0.25 * (n - 1);
done:
  rz_free(&quanta);
  return rc;
}
