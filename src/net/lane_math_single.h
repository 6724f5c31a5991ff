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

#endif
