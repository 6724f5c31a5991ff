/* As lane_math.h, in single precision. */
#ifndef RITZ_NET_LANE_MATH_SINGLE_H
#define RITZ_NET_LANE_MATH_SINGLE_H

#include <stdint.h>
#include <string.h>

/* exp(x) - 1 without cancellation, -80 <= x <= 0 */
static inline float lane_expm1_single(float x) {
  const float shifted = x * 1.44269504f + 0x1.8p23f, n = shifted - 0x1.8p23f; /* n sits in the low bits */
  const float r = (x - n * 0x1.63p-1f) + n * 0x1.bd0106p-13f;                 /* x = n log 2 + r */
  uint32_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  bits = (bits + 127) << 23;
  float scale; /* 2^n */
  memcpy(&scale, &bits, sizeof scale);
  float s = 1.0f / 5040.0f;
  s = s * r + 1.0f / 720.0f;
  s = s * r + 1.0f / 120.0f;
  s = s * r + 1.0f / 24.0f;
  s = s * r + 1.0f / 6.0f;
  s = s * r + 0.5f;
  return scale * (r + r * r * s) + (scale - 1.0f);
}

/* log(1 + x) for 0 <= x <= 1: log u of u = 1 + x as in lane_log, and the rounding of u made good */
static inline float lane_log1p_single(float x) {
  const uint32_t half = 0x3f3504f3, one = 0x3f800000; /* sqrt(1/2), 1 */
  const float u = 1.0f + x;
  uint32_t bits;
  memcpy(&bits, &u, sizeof bits);
  const uint32_t power = ((bits - half + one) >> 23) - 127;
  bits -= power << 23;
  float m;
  memcpy(&m, &bits, sizeof m);
  const float n = (float)(int32_t)power, f = m - 1.0f, s = f / (2.0f + f), z = s * s;
  float r = 2.0f / 9.0f;
  r = r * z + 2.0f / 7.0f;
  r = r * z + 2.0f / 5.0f;
  r = r * z + 2.0f / 3.0f;
  r = s * (2.0f + r * z);
  return n * 0x1.62e430p-1f + (r + (x - (u - 1.0f)) / u);
}

#endif
