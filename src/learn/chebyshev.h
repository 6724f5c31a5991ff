/* Chebyshev polynomials of the first kind and their derivatives, by recurrence: right outside -1 ... 1, too. */
#ifndef RITZ_LEARN_CHEBYSHEV_H
#define RITZ_LEARN_CHEBYSHEV_H

/* t[k] = T_k(s), k = 0 .. n - 1; the same for d T_k / ds and its derivative where they are not NULL. */
static inline void rz_chebyshev(int n, double s, double *t, double *slope, double *curvature) {
  for (int k = 0; k < n; k++) {
    t[k] = k == 0 ? 1.0 : k == 1 ? s : 2.0 * s * t[k - 1] - t[k - 2];
    if (slope) slope[k] = k == 0 ? 0.0 : k == 1 ? 1.0 : 2.0 * (t[k - 1] + s * slope[k - 1]) - slope[k - 2];
    if (slope && curvature)
      curvature[k] = k < 2 ? 0.0 : 4.0 * slope[k - 1] + 2.0 * s * curvature[k - 1] - curvature[k - 2];
  }
}

/* The integral of T_k from 0 to s up to a constant, given T_0 .. T_(k + 1) at s. */
static inline double rz_chebyshev_integral(int k, double s, const double *t) {
  if (k == 0) return s;
  if (k == 1) return 0.5 * s * s;
  return 0.5 * (t[k + 1] / (k + 1) - t[k - 1] / (k - 1));
}

#endif
