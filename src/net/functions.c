#include "ritz/net/functions.h"

#include "lane_functions.h"
#include "ritz/core/math.h"

#include <math.h>

double rz_log_cosh(double x) {
  const double r = fabs(x);
  return r + log1p(exp(-2.0 * r)) - RZ_LOG2;
}

/* log(1 + v) without loss for small v: |1 + v|^2 - 1 = 2 Re v + |v|^2. */
static double complex log1p_complex(double complex v) {
  const double a = creal(v), b = cimag(v);
  const double modulus = 2.0 * a + a * a + b * b;
  const double re = fabs(modulus) < 0.5 ? 0.5 * log1p(modulus) : log(hypot(1.0 + a, b));
  return CMPLX(re, atan2(b, 1.0 + a));
}

double complex rz_log_cosh_complex(double complex z) {
  if (creal(z) < 0.0 || (creal(z) == 0.0 && cimag(z) < 0.0)) z = CMPLX(-creal(z), -cimag(z));
  const double e = exp(-2.0 * creal(z)), y = cimag(z);
  const double complex v = CMPLX(e * cos(2.0 * y), -e * sin(2.0 * y)); /* exp(-2 z) */
  return z + log1p_complex(v) - RZ_LOG2;
}

void rz_tanh(int64_t n, double *x) { RZ_ISA_PICK(rz_lane)->tanh(n, x); }

void rz_tanh_complex(int64_t n, double *re, double *im) {
  double largest = 0.0;
  for (int64_t i = 0; i < n; ++i)
    if (fabs(im[i]) > largest) largest = fabs(im[i]);
  if (largest < 1e4) {
    RZ_ISA_PICK(rz_lane)->tanh_complex(n, re, im);
    return;
  }
  for (int64_t i = 0; i < n; ++i) { /* beyond the reduction of the vector sine */
    const double complex t = ctanh(CMPLX(re[i], im[i]));
    re[i] = creal(t);
    im[i] = cimag(t);
  }
}

void rz_lanes_affine(int64_t n, int64_t n_in, const double *w, const double *x, double *y) {
  RZ_ISA_PICK(rz_lane)->affine(n, n_in, w, x, y);
}
