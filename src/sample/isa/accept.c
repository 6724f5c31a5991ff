#include "accept.h"

#include "ritz/core/vec.h"

/* Integers, and sums that are exact: the same bits with every instruction set. */

enum { N_VEC = RZ_LANES / W };

/* Philox4x32-10 (ritz/core/rng.h) with the counters (k, first_lane + lane); words in 64-bit lanes, the width of their
 * products, whose high halves may hold anything. All lanes go through a round together: they wait for nothing of each
 * other, and each for its own last product. */
static void fill(const uint32_t key[2], uint64_t first_lane, uint64_t k, rz_accept *out) {
  static const uint64_t offset[8] = {0, 1, 2, 3, 4, 5, 6, 7};
  const uvec m0 = (uvec){0} + 0xD2511F53u, m1 = (uvec){0} + 0xCD9E8D57u;
  uvec c0[N_VEC], c1[N_VEC], c2[N_VEC], c3[N_VEC];
  for (int v = 0; v < N_VEC; v++) {
    memcpy(&c2[v], offset, sizeof c2[v]);
    c2[v] += first_lane + (uint64_t)(v * W);
    c3[v] = c2[v] >> 32;
    c0[v] = (uvec){0} + k;
    c1[v] = c0[v] >> 32;
  }
  uint32_t k0 = key[0], k1 = key[1];
  for (int round = 0; round < 10; round++) {
    for (int v = 0; v < N_VEC; v++) {
      const uvec p0 = multiply_low(m0, c0[v]), p1 = multiply_low(m1, c2[v]);
      c0[v] = (p1 >> 32) ^ c1[v] ^ (uint64_t)k0;
      c2[v] = (p0 >> 32) ^ c3[v] ^ (uint64_t)k1;
      c1[v] = p1;
      c3[v] = p0;
    }
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  for (int v = 0; v < N_VEC; v++) {
    store_words(out->word[0] + v * W, c0[v]);
    store_words(out->word[1] + v * W, c1[v]);
    store_words(out->word[2] + v * W, c2[v]);
    store_words(out->word[3] + v * W, c3[v]);
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
