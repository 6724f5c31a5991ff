#include "../jacobian_kernels.h"

#include <math.h>

/* Thirty-two running sums: the adds of four vectors of the widest kind are under way at once. */
static double dot(int64_t n, const double *restrict a, const double *restrict b) {
  double s[32] = {0};
  int64_t k = 0;
  for (; k + 32 <= n; k += 32)
    for (int q = 0; q < 32; q++) s[q] += a[k + q] * b[k + q];
  for (int half = 16; half > 0; half /= 2)
    for (int q = 0; q < half; q++) s[q] += s[q + half];
  for (; k < n; k++) s[0] += a[k] * b[k];
  return s[0];
}

static void scale_rows(bool add, int64_t n, int64_t wide, const double *restrict f, const double *restrict from,
                       double *restrict to) {
  for (int64_t i = 0; i < n; i++)
    if (add)
      for (int64_t k = 0; k < wide; k++) to[i * wide + k] += f[i] * from[i * wide + k];
    else
      for (int64_t k = 0; k < wide; k++) to[i * wide + k] = f[i] * from[i * wide + k];
}

#define MULTIPLY(type, name)                                                                                           \
  static void name(bool add, int64_t na, int64_t nb, const type *restrict p, const double *restrict q,                 \
                   double *restrict out, int64_t ld) {                                                                 \
    for (int64_t i = 0; i < na; i++)                                                                                   \
      if (add)                                                                                                         \
        for (int64_t k = 0; k < nb; k++) out[i * ld + k] += (double)p[i * nb + k] * q[i * nb + k];                     \
      else                                                                                                             \
        for (int64_t k = 0; k < nb; k++) out[i * ld + k] = (double)p[i * nb + k] * q[i * nb + k];                      \
  }
MULTIPLY(double, multiply)
MULTIPLY(float, multiply_single)

static void subtract_means(int64_t na, int64_t nb, double mm, const double *restrict qa, const double *restrict qb,
                           double *restrict out, int64_t ld) {
  for (int64_t i = 0; i < na; i++)
    for (int64_t k = 0; k < nb; k++) out[i * ld + k] += mm - qa[i] - qb[k];
}

static bool are_integers(int64_t n, double most, const double *x) {
  int64_t bad = 0;
  for (int64_t k = 0; k < n; k++) bad += !(fabs(x[k]) <= most) || x[k] != rint(x[k]);
  return bad == 0;
}

const rz_jacobian_kernels RZ_ISA_SYMBOL(rz_jacobian) = {.dot = dot,
                                                        .scale_rows = scale_rows,
                                                        .multiply = multiply,
                                                        .multiply_single = multiply_single,
                                                        .subtract_means = subtract_means,
                                                        .are_integers = are_integers};
