/* Elementary functions written as plain arithmetic, so that loops over lanes become vector code on every instruction
 * set. Cody-Waite reduction and Taylor polynomials; error below 2 ulp in the stated range. */
#ifndef RITZ_NET_LANE_MATH_H
#define RITZ_NET_LANE_MATH_H

#include "ritz/core/math.h"
#include <stdint.h>
#include <string.h>

/* 2^n for integers -1022 <= n <= 1023 held in a double */
static inline double lane_exp2i(double n) {
  const double shifted = n + 0x1.8p52; /* n sits in the low bits */
  uint64_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  bits = (bits + 1023) << 52;
  double out;
  memcpy(&out, &bits, sizeof out);
  return out;
}

/* exp(r) - 1 for |r| <= log(2) / 2 */
static inline double lane_expm1_core(double r) {
  double s = 1.0 / 6227020800.0;
  s = s * r + 1.0 / 479001600.0;
  s = s * r + 1.0 / 39916800.0;
  s = s * r + 1.0 / 3628800.0;
  s = s * r + 1.0 / 362880.0;
  s = s * r + 1.0 / 40320.0;
  s = s * r + 1.0 / 5040.0;
  s = s * r + 1.0 / 720.0;
  s = s * r + 1.0 / 120.0;
  s = s * r + 1.0 / 24.0;
  s = s * r + 1.0 / 6.0;
  s = s * r + 0.5;
  return r + r * r * s;
}

/* x = n log 2 + r, |r| <= log(2) / 2; needs |x| < 1e6 */
static inline double lane_reduce(double x, double *n) {
  *n = (x * 1.44269504088896340736 + 0x1.8p52) - 0x1.8p52;
  return (x - *n * 0x1.62e42fee00000p-1) - *n * 0x1.a39ef35793c76p-33;
}

/* exp(x), |x| <= 700 */
static inline double lane_exp(double x) {
  double n;
  const double r = lane_reduce(x, &n);
  return lane_exp2i(n) * (1.0 + lane_expm1_core(r));
}

/* exp(x) - 1 without cancellation, -700 <= x <= 0 */
static inline double lane_expm1(double x) {
  double n;
  const double r = lane_reduce(x, &n);
  const double scale = lane_exp2i(n);
  return scale * lane_expm1_core(r) + (scale - 1.0);
}

/* log(x) of a normal x > 0: x = 2^n m, sqrt(1/2) <= m < sqrt(2), and with s = (m - 1) / (m + 1)
 * log m = 2 atanh s = 2 s + 2 s^3 / 3 + ..., written so that m - 1, which is exact, carries the leading digits. */
static inline double lane_log(double x) {
  const uint64_t half = 0x3fe6a09e667f3bcd, one = 0x3ff0000000000000; /* sqrt(1/2), 1 */
  const double big = 0x1.8p52;
  uint64_t bits, shifted;
  memcpy(&bits, &x, sizeof bits);
  memcpy(&shifted, &big, sizeof shifted);
  const uint64_t power = (bits - half + one) >> 52; /* n + 1023 */
  bits -= (power << 52) - one;
  shifted += power;
  double m, n;
  memcpy(&m, &bits, sizeof m);
  memcpy(&n, &shifted, sizeof n);
  n = (n - big) - 1023.0;
  const double f = m - 1.0, s = f / (2.0 + f), z = s * s, half_square = 0.5 * f * f;
  double r = 2.0 / 21.0;
  r = r * z + 2.0 / 19.0;
  r = r * z + 2.0 / 17.0;
  r = r * z + 2.0 / 15.0;
  r = r * z + 2.0 / 13.0;
  r = r * z + 2.0 / 11.0;
  r = r * z + 2.0 / 9.0;
  r = r * z + 2.0 / 7.0;
  r = r * z + 2.0 / 5.0;
  r = r * z + 2.0 / 3.0;
  r = r * z;
  return n * 0x1.62e42fee00000p-1 - ((half_square - (s * (half_square + r) + n * 0x1.a39ef35793c76p-33)) - f);
}

/* log(1 + x) for 0 <= x <= 1: the rounding of 1 + x is made good */
static inline double lane_log1p(double x) {
  const double u = 1.0 + x;
  return lane_log(u) + (x - (u - 1.0)) / u;
}

/* sin(x) and cos(x), |x| < 1e5: reduction by pi/2 in three parts. Up to 2e15 those of a number that agrees with x to
 * rounding. */
static inline void lane_sincos(double x, double *sine, double *cosine) {
  const double n = (x * 0.63661977236758134308 + 0x1.8p52) - 0x1.8p52;
  double r = x - n * 0x1.921fb54400000p0;
  r = r - n * 0x1.0b4611a600000p-34;
  r = r - n * 0x1.3198a2e037073p-69;
  const double z = r * r;
  double s = -1.0 / 1307674368000.0;
  s = s * z + 1.0 / 6227020800.0;
  s = s * z - 1.0 / 39916800.0;
  s = s * z + 1.0 / 362880.0;
  s = s * z - 1.0 / 5040.0;
  s = s * z + 1.0 / 120.0;
  s = s * z - 1.0 / 6.0;
  s = r + r * z * s;
  double c = 1.0 / 20922789888000.0;
  c = c * z - 1.0 / 87178291200.0;
  c = c * z + 1.0 / 479001600.0;
  c = c * z - 1.0 / 3628800.0;
  c = c * z + 1.0 / 40320.0;
  c = c * z - 1.0 / 720.0;
  c = c * z + 1.0 / 24.0;
  c = c * z - 0.5;
  c = 1.0 + z * c;
  const double shifted = n + 0x1.8p52; /* quadrant in the low two bits */
  uint64_t q;
  memcpy(&q, &shifted, sizeof q);
  const double swap_s = (q & 1) ? c : s, swap_c = (q & 1) ? s : c;
  *sine = (q & 2) ? -swap_s : swap_s;
  *cosine = ((q + 1) & 2) ? -swap_c : swap_c;
}

#endif
