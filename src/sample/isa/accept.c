#include "accept.h"

/* Integers, and sums that are exact. */

/* Philox4x32-10 (ritz/core/rng.h) with the counter (k, lane) of each lane; 32-bit words in 64-bit lanes, the width of
 * their products. */
static void fill(const uint32_t key[2], uint64_t first_lane, uint64_t k, rz_accept *out) {
  uint64_t c0[RZ_LANES], c1[RZ_LANES], c2[RZ_LANES], c3[RZ_LANES];
  const uint64_t low = 0xffffffffu;
  uint32_t k0 = key[0], k1 = key[1];
  for (int lane = 0; lane < RZ_LANES; lane++) {
    const uint64_t id = first_lane + (uint64_t)lane;
    c0[lane] = k & low;
    c1[lane] = k >> 32;
    c2[lane] = id & low;
    c3[lane] = id >> 32;
  }
  for (int round = 0; round < 10; round++) {
    for (int lane = 0; lane < RZ_LANES; lane++) {
      const uint64_t p0 = (uint64_t)0xD2511F53u * (uint32_t)c0[lane], p1 = (uint64_t)0xCD9E8D57u * (uint32_t)c2[lane];
      c0[lane] = (p1 >> 32) ^ c1[lane] ^ k0;
      c2[lane] = (p0 >> 32) ^ c3[lane] ^ k1;
      c1[lane] = p1 & low;
      c3[lane] = p0 & low;
    }
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  for (int lane = 0; lane < RZ_LANES; lane++) {
    out->word[0][lane] = (uint32_t)c0[lane];
    out->word[1][lane] = (uint32_t)c1[lane];
    out->word[2][lane] = (uint32_t)c2[lane];
    out->word[3][lane] = (uint32_t)c3[lane];
  }
}

static void weigh(int n_comp, const double *restrict ratio, double *restrict weight) {
  for (int lane = 0; lane < RZ_LANES; lane++) weight[lane] = ratio[lane] * ratio[lane];
  if (n_comp == 1) return;
  for (int lane = 0; lane < RZ_LANES; lane++) weight[lane] += ratio[RZ_LANES + lane] * ratio[RZ_LANES + lane];
}

/* The word goes through a signed integer, which every instruction set converts. */
static int compare(const uint32_t *restrict word, const double *restrict weight, const uint8_t *restrict possible,
                   uint8_t *restrict accept) {
  int n = 0;
  for (int lane = 0; lane < RZ_LANES; lane++) {
    const double u = ((double)(int32_t)(word[lane] ^ 0x80000000u) + 2147483648.5) * 0x1p-32;
    accept[lane] = (uint8_t)(possible[lane] & (u < weight[lane]));
    n += accept[lane];
  }
  return n;
}

extern const rz_accept_kernels RZ_ISA_SYMBOL(rz_accept);
const rz_accept_kernels RZ_ISA_SYMBOL(rz_accept) = {.fill = fill, .weigh = weigh, .compare = compare};
