#include "lane_functions.h"

#include "../lane_math.h"

enum { LANES = RZ_NET_LANES };

/* Left alone, GCC unrolls 16 iterations first and then finds no loop to vectorise. */
#if defined(__GNUC__) && !defined(__clang__)
#define FOR_LANES _Pragma("GCC unroll 1") for (int l = 0; l < LANES; ++l)
#else
#define FOR_LANES for (int l = 0; l < LANES; ++l)
#endif

static void affine(int64_t n, int64_t n_in, const double *restrict w, const double *restrict x, double *restrict y) {
  int64_t i = 0;
  for (; i + 3 < n_in; i += 4) {
    const double *restrict z = x + i * LANES;
    for (int64_t j = 0; j < n; ++j) {
      const double w0 = w[i * n + j], w1 = w[(i + 1) * n + j], w2 = w[(i + 2) * n + j], w3 = w[(i + 3) * n + j];
      double *restrict t = y + j * LANES;
      FOR_LANES t[l] += (w0 * z[l] + w1 * z[LANES + l]) + (w2 * z[2 * LANES + l] + w3 * z[3 * LANES + l]);
    }
  }
  for (; i < n_in; ++i)
    for (int64_t j = 0; j < n; ++j) FOR_LANES y[j * LANES + l] += w[i * n + j] * x[i * LANES + l];
}

static void tanh_real(int64_t n, double *restrict x) {
  for (int64_t i = 0; i < n; ++i) {
    double size = x[i] < 0.0 ? -x[i] : x[i];
    size = size > 30.0 ? 30.0 : size;         /* keeps NaN */
    const double e = lane_expm1(-2.0 * size); /* exp(-2 |x|) - 1 */
    const double t = -e / (2.0 + e);
    x[i] = x[i] < 0.0 ? -t : t;
  }
}

/* With x >= 0, t = exp(-2 x): tanh(x + iy) = [(1 - t^2) + 4 i t sin y cos y] / [(1 - t)^2 + 4 t cos^2 y]. */
static void tanh_complex(int64_t n, double *restrict re, double *restrict im) {
  for (int64_t i = 0; i < n; ++i) {
    double size = re[i] < 0.0 ? -re[i] : re[i];
    size = size > 300.0 ? 300.0 : size;
    double s, c;
    lane_sincos(im[i], &s, &c);
    const double e = lane_expm1(-2.0 * size), t = lane_exp(-2.0 * size);
    const double den = e * e + 4.0 * t * c * c;
    const double a = -e * (1.0 + t) / den, b = 4.0 * t * s * c / den;
    re[i] = re[i] < 0.0 ? -a : a;
    im[i] = b;
  }
}

static void slope_real(int64_t n, double *restrict x) {
  for (int64_t i = 0; i < n; ++i) x[i] = (1.0 - x[i]) / (1.0 + x[i]);
}

/* (1 - x)(1 + x^*) / |1 + x|^2 */
static void slope_complex(int64_t n, double *restrict re, double *restrict im) {
  for (int64_t i = 0; i < n; ++i) {
    const double a = re[i], b = im[i], scale = 1.0 / ((1.0 + a) * (1.0 + a) + b * b);
    re[i] = ((1.0 - a) * (1.0 + a) - b * b) * scale;
    im[i] = -2.0 * b * scale;
  }
}

static void exp_real(int64_t n, double *restrict x) {
  for (int64_t i = 0; i < n; ++i) x[i] = lane_exp(x[i]);
}

static void exp_complex(int64_t n, double *restrict x) {
  enum { GROUP = 8 };
  for (int64_t k = 0; k < n; ++k, x += 2 * GROUP)
    for (int j = 0; j < GROUP; ++j) {
      double s, c;
      lane_sincos(x[GROUP + j], &s, &c);
      const double size = lane_exp(x[j]);
      x[j] = size * c;
      x[GROUP + j] = size * s;
    }
}

static void log_real(int64_t n, double *restrict x) {
  for (int64_t i = 0; i < n; ++i) x[i] = lane_log(x[i]);
}

extern const rz_lane_functions RZ_ISA_SYMBOL(rz_lane);
const rz_lane_functions RZ_ISA_SYMBOL(rz_lane) = {.affine = affine,
                                                  .tanh = tanh_real,
                                                  .tanh_complex = tanh_complex,
                                                  .slope = slope_real,
                                                  .slope_complex = slope_complex,
                                                  .exp = exp_real,
                                                  .exp_complex = exp_complex,
                                                  .log = log_real};
