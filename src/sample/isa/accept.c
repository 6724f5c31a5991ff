#include "accept.h"

#include "ritz/core/vec.h"

/* Integers, and sums that are exact: the same bits with every instruction set. */

/* Philox4x32-10 (ritz/core/rng.h) with the counter (k, lane) of W lanes; words in 64-bit lanes, the width of their
 * products, whose high halves may hold anything. */
static inline void philox(const uint32_t key[2], uvec first, uint64_t k, int l, rz_accept *out) {
  const uvec m0 = (uvec){0} + 0xD2511F53u, m1 = (uvec){0} + 0xCD9E8D57u;
  uvec c0 = (uvec){0} + k, c1 = c0 >> 32, c2 = first, c3 = first >> 32;
  uint32_t k0 = key[0], k1 = key[1];
  for (int round = 0; round < 10; round++) {
    const uvec p0 = multiply_low(m0, c0), p1 = multiply_low(m1, c2);
    c0 = (p1 >> 32) ^ c1 ^ (uint64_t)k0;
    c2 = (p0 >> 32) ^ c3 ^ (uint64_t)k1;
    c1 = p1;
    c3 = p0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  store_words(out->word[0] + l, c0);
  store_words(out->word[1] + l, c1);
  store_words(out->word[2] + l, c2);
  store_words(out->word[3] + l, c3);
}

static void fill(const uint32_t key[2], uint64_t first_lane, uint64_t k, rz_accept *out) {
  for (int l = 0; l < RZ_LANES; l += W) {
    uvec id;
    for (int i = 0; i < W; i++) id[i] = first_lane + (uint64_t)(l + i);
    philox(key, id, k, l, out);
  }
}

static void weigh(int n_comp, const double *ratio, double *weight) {
  for (int l = 0; l < RZ_LANES; l += W) {
    const vec re = load_any(ratio + l);
    vec w = re * re;
    if (n_comp == 2) {
      const vec im = load_any(ratio + RZ_LANES + l);
      w += im * im;
    }
    store_any(weight + l, w);
  }
}

static int compare(const uint32_t *word, const double *weight, const uint8_t *possible, uint8_t *accept) {
  int n = 0;
  for (int l = 0; l < RZ_LANES; l += W) {
    const vec u = (words_to_numbers(word + l) + 0.5) * 0x1p-32;
    n += store_flags(accept + l, (u < load_any(weight + l)) & (widen((const int8_t *)possible + l) != 0));
  }
  return n;
}

extern const rz_accept_kernels RZ_ISA_SYMBOL(rz_accept);
const rz_accept_kernels RZ_ISA_SYMBOL(rz_accept) = {.fill = fill, .weigh = weigh, .compare = compare};
