/* The loops of a network over complex numbers, stored as pairs (Re, Im), for the activations that are holomorphic. */
#include "../lane_math.h"
#include "../mlp_numbers.h"

#include "ritz/net/functions.h"

#include <math.h>
#include <string.h>

typedef struct pair {
  double re, im;
} pair;

static inline pair product(pair a, pair b) { return (pair){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re}; }
static inline pair sum(pair a, pair b) { return (pair){a.re + b.re, a.im + b.im}; }
static inline pair scaled(double s, pair a) { return (pair){s * a.re, s * a.im}; }

/* With x >= 0, t = exp(-2 x): tanh(x + iy) = [(1 - t^2) + 4 i t sin y cos y] / [(1 - t)^2 + 4 t cos^2 y]. */
static inline pair tanh_of(pair z) {
  const double size = fabs(z.re) > 300.0 ? 300.0 : fabs(z.re);
  double s, c;
  lane_sincos(z.im, &s, &c);
  const double e = lane_expm1(-2.0 * size), t = lane_exp(-2.0 * size);
  const double den = e * e + 4.0 * t * c * c, a = -e * (1.0 + t) / den;
  return (pair){z.re < 0.0 ? -a : a, 4.0 * t * s * c / den};
}

static inline void slopes_of_tanh(pair t, pair *d1, pair *d2) {
  *d1 = product((pair){1.0 - t.re, -t.im}, (pair){1.0 + t.re, t.im});
  *d2 = scaled(-2.0, product(t, *d1));
}

static inline void jet_tanh(pair z, pair *y, pair *d1, pair *d2) {
  *y = tanh_of(z);
  slopes_of_tanh(*y, d1, d2);
}

/* sin(x + iy) = sin x cosh y + i cos x sinh y, and the cosine alike */
static inline void jet_sin(pair z, pair *y, pair *d1, pair *d2) {
  const double size = fabs(z.im) > 700.0 ? 700.0 : fabs(z.im), half = fabs(z.im) > 700.0 ? HUGE_VAL : 0.5;
  const double e = half * lane_exp(size), t = lane_expm1(-2.0 * size);
  const double cosh = e * (2.0 + t), sinh = z.im < 0.0 ? e * t : -e * t;
  double s, c;
  lane_sincos(z.re, &s, &c);
  *y = (pair){s * cosh, c * sinh};
  *d1 = (pair){c * cosh, -s * sinh};
  *d2 = scaled(-1.0, *y);
}

static inline void jet_log_cosh(pair z, pair *y, pair *d1, pair *d2) {
  const double complex value = rz_log_cosh_complex(CMPLX(z.re, z.im));
  *y = (pair){creal(value), cimag(value)};
  const pair t = tanh_of(z);
  pair bend;
  slopes_of_tanh(t, d2, &bend);
  *d1 = t;
}

static inline void jet_identity(pair z, pair *y, pair *d1, pair *d2) {
  *y = z;
  *d1 = (pair){1.0, 0.0};
  *d2 = (pair){0.0, 0.0};
}

#define LOOP(name, STORE)                                                                                              \
  for (int64_t i = 0; i < rows; ++i)                                                                                   \
    for (int64_t j = 0; j < width; ++j) {                                                                              \
      const int64_t k = i * width + j;                                                                                 \
      pair y, first, second;                                                                                           \
      jet_##name(sum(z[k], bias[j]), &y, &first, &second);                                                             \
      z[k] = y;                                                                                                        \
      STORE                                                                                                            \
    }

#define ACTIVATE(name)                                                                                                 \
  static void activate_##name(int order, int64_t rows, int64_t width, const void *bias_, void *z_, void *const *d) {   \
    const pair *restrict bias = bias_;                                                                                 \
    pair *restrict z = z_, *restrict d1 = order > 0 ? d[0] : NULL, *restrict d2 = order > 0 ? d[1] : NULL;             \
    if (order == 0) {                                                                                                  \
      LOOP(name, )                                                                                                     \
    } else {                                                                                                           \
      LOOP(name, d1[k] = first; d2[k] = second;)                                                                       \
    }                                                                                                                  \
  }
ACTIVATE(tanh)
ACTIVATE(sin)
ACTIVATE(log_cosh)
ACTIVATE(identity)
#undef ACTIVATE
#undef LOOP

static void add_bias(int64_t rows, int64_t width, const void *bias_, void *z_) {
  const pair *restrict bias = bias_;
  pair *restrict z = z_;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < width; ++j) z[i * width + j] = sum(z[i * width + j], bias[j]);
}

static void add_rows(int64_t rows, int64_t width, const void *x_, void *sums_) {
  const pair *restrict x = x_;
  pair *restrict sums = sums_;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < width; ++j) sums[j] = sum(sums[j], x[i * width + j]);
}

static void multiply(int64_t n, const void *x_, const void *y_, void *z_) {
  const pair *restrict x = x_, *restrict y = y_;
  pair *restrict z = z_;
  for (int64_t i = 0; i < n; ++i) z[i] = product(x[i], y[i]);
}

static void bend(int64_t n, const void *curve_, const void *x_, const void *y_, const void *slope_, void *z_) {
  const pair *restrict slope = slope_, *restrict curve = curve_, *restrict x = x_, *restrict y = y_;
  pair *restrict z = z_;
  for (int64_t i = 0; i < n; ++i) {
    const pair bent = product(curve[i], product(x[i], y[i]));
    z[i] = slope ? sum(product(slope[i], z[i]), bent) : bent;
  }
}

static void take(int64_t n, const double *x, void *y) { memcpy(y, x, sizeof(pair) * (size_t)n); }
static void give(int64_t n, const void *x, double *y) { memcpy(y, x, sizeof(pair) * (size_t)n); }

static void take_real(int64_t n, const double *restrict x, void *y_) {
  pair *restrict y = y_;
  for (int64_t i = 0; i < n; ++i) y[i] = (pair){x[i], 0.0};
}

static void give_part(rz_mlp_part part, int64_t n, const void *x_, double *restrict y) {
  const pair *restrict x = x_;
  for (int64_t i = 0; i < n; ++i) y[i] = part == RZ_MLP_RE ? x[i].re : part == RZ_MLP_IM ? x[i].im : -x[i].im;
}

static void add_gradient(int64_t n, const void *x_, double *restrict y) {
  const pair *restrict x = x_;
  for (int64_t i = 0; i < n; ++i) {
    y[2 * i] += x[i].re;
    y[2 * i + 1] -= x[i].im;
  }
}

extern const rz_mlp_kernels RZ_ISA_SYMBOL(rz_mlp_complex);
const rz_mlp_kernels RZ_ISA_SYMBOL(rz_mlp_complex) = {.activate = {[RZ_ACTIVATION_TANH] = activate_tanh,
                                                                   [RZ_ACTIVATION_SIN] = activate_sin,
                                                                   [RZ_ACTIVATION_LOG_COSH] = activate_log_cosh,
                                                                   [RZ_ACTIVATION_IDENTITY] = activate_identity},
                                                      .add_bias = add_bias,
                                                      .add_rows = add_rows,
                                                      .multiply = multiply,
                                                      .bend = bend,
                                                      .take = take,
                                                      .take_real = take_real,
                                                      .give = give,
                                                      .give_part = give_part,
                                                      .add_gradient = add_gradient};
