#include "accept.h"

#include <complex.h>
#include <math.h>

/* Philox4x32-10 (ritz/core/rng.h) with the counter (k, lane) of each lane. */
void rz_accept_fill(const uint32_t key[2], uint64_t first_lane, uint64_t k, rz_accept *out) {
  uint32_t c0[RZ_LANES], c1[RZ_LANES], c2[RZ_LANES], c3[RZ_LANES], k0 = key[0], k1 = key[1];
  for (int lane = 0; lane < RZ_LANES; lane++) {
    const uint64_t id = first_lane + (uint64_t)lane;
    c0[lane] = (uint32_t)k;
    c1[lane] = (uint32_t)(k >> 32);
    c2[lane] = (uint32_t)id;
    c3[lane] = (uint32_t)(id >> 32);
  }
  for (int round = 0; round < 10; round++) {
    for (int lane = 0; lane < RZ_LANES; lane++) {
      const uint64_t p0 = (uint64_t)0xD2511F53u * c0[lane], p1 = (uint64_t)0xCD9E8D57u * c2[lane];
      c0[lane] = (uint32_t)(p1 >> 32) ^ c1[lane] ^ k0;
      c2[lane] = (uint32_t)(p0 >> 32) ^ c3[lane] ^ k1;
      c1[lane] = (uint32_t)p1;
      c3[lane] = (uint32_t)p0;
    }
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  for (int lane = 0; lane < RZ_LANES; lane++) {
    out->word[0][lane] = c0[lane];
    out->word[1][lane] = c1[lane];
    out->word[2][lane] = c2[lane];
    out->word[3][lane] = c3[lane];
  }
}

int rz_accept_lanes(const uint32_t *word, const double complex *ratio, const double *beta, const uint8_t *possible,
                    uint8_t *accept) {
  double weight[RZ_LANES];
  for (int lane = 0; lane < RZ_LANES; lane++) {
    const double re = creal(ratio[lane]), im = cimag(ratio[lane]);
    weight[lane] = re * re + im * im;
  }
  if (beta) /* a weight of 0 stays 0 at beta = 0 too: a walker must not step where psi vanishes */
    for (int lane = 0; lane < RZ_LANES; lane++)
      if (beta[lane] < 1.0 && weight[lane] > 0.0) weight[lane] = pow(weight[lane], beta[lane]);
  int n = 0;
  for (int lane = 0; lane < RZ_LANES; lane++) {
    const double u = ((double)word[lane] + 0.5) * 0x1p-32;
    accept[lane] = (uint8_t)(possible[lane] & (u < weight[lane]));
    n += accept[lane];
  }
  return n;
}
