#include "../bit_kernels.h"

#include <string.h>

/* Compilers load these at once. */
static inline uint64_t eight_bytes(const int8_t *x) {
  const uint8_t *b = (const uint8_t *)x;
  return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 | (uint64_t)b[4] << 32 |
         (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 | (uint64_t)b[7] << 56;
}

/* Eight signs gathered into one byte: bit 8 k moves to bit 56 + k of the product, and nothing carries. */
static inline uint64_t eight_ups(const int8_t *spin) {
  return (~eight_bytes(spin) >> 7 & UINT64_C(0x0101010101010101)) * UINT64_C(0x0102040810204080) >> 56;
}

static void of_spins(int n_site, const int8_t *spin, uint64_t *row) {
  for (int first = 0; first < n_site; first += 64, row++) {
    const int n = n_site - first < 64 ? n_site - first : 64;
    uint64_t word = 0;
    int i = 0;
    for (; i + 8 <= n; i += 8) word |= eight_ups(spin + first + i) << i;
    for (; i < n; i++) word |= (uint64_t)(spin[first + i] > 0) << i;
    *row = word;
  }
}

/* Blocks of size w off the diagonal change places, w = 32, 16, ... 1 (Warren, Hacker's Delight, sec. 7-3). */
static inline void exchange(int w, uint64_t low, uint64_t *x) {
  for (int block = 0; block < 64; block += 2 * w)
    for (int k = block; k < block + w; k++) {
      const uint64_t moved = (x[k] >> w ^ x[k + w]) & low;
      x[k + w] ^= moved;
      x[k] ^= moved << w;
    }
}

static void transpose(int stride, const uint64_t *from, uint64_t *to) {
  for (int k = 0; k < 64; k++) to[k] = from[k * stride];
  exchange(32, UINT64_C(0x00000000FFFFFFFF), to);
  exchange(16, UINT64_C(0x0000FFFF0000FFFF), to);
  exchange(8, UINT64_C(0x00FF00FF00FF00FF), to);
  exchange(4, UINT64_C(0x0F0F0F0F0F0F0F0F), to);
  exchange(2, UINT64_C(0x3333333333333333), to);
  exchange(1, UINT64_C(0x5555555555555555), to);
}

static void totals(int64_t n, int n_word, const uint64_t *row, const uint64_t *mask, int64_t *count) {
  for (int64_t k = 0; k < n; k++, row += n_word) {
    int up = 0;
    for (int w = 0; w < n_word; w++) up += __builtin_popcountll(row[w] ^ mask[w]);
    count[up]++;
  }
}

static void ups(int64_t n_word, int stride, const uint64_t *column, int64_t *up) {
  memset(up, 0, (size_t)stride * sizeof *up);
  for (int64_t w = 0; w < n_word; w++, column += stride)
    for (int i = 0; i < stride; i++) up[i] += __builtin_popcountll(column[i]);
}

/* Sites first .. first + RZ_BIT_LANES - 1 against site i. */
static inline void count_lanes(int64_t n_word, int stride, const uint64_t *column, int i, int first, int32_t *to) {
  uint64_t sum[RZ_BIT_LANES] = {0};
  for (int64_t w = 0; w < n_word; w++, column += stride) {
    const uint64_t one = column[i];
    for (int l = 0; l < RZ_BIT_LANES; l++) sum[l] += (uint64_t)__builtin_popcountll(one ^ column[first + l]);
  }
  for (int l = 0; l < RZ_BIT_LANES; l++) to[first + l] = (int32_t)sum[l];
}

static inline void count_pairs(int n_site, int64_t n_word, int stride, const uint64_t *column, int32_t *unequal) {
  for (int i = 0; i < n_site; i++)
    for (int first = (i + 1) / RZ_BIT_LANES * RZ_BIT_LANES; first < n_site; first += RZ_BIT_LANES)
      count_lanes(n_word, stride, column, i, first, unequal + (int64_t)i * stride);
}

/* Some processors with AVX-512 count the bits of eight words by one instruction. */
#ifdef __AVX512VL__
__attribute__((target("avx512vpopcntdq"))) static void
count_pairs_by_vectors(int n_site, int64_t n_word, int stride, const uint64_t *column, int32_t *unequal) {
  count_pairs(n_site, n_word, stride, column, unequal);
}
#endif

static void pairs(int n_site, int64_t n_word, int stride, const uint64_t *column, int32_t *unequal) {
#ifdef __AVX512VL__
  if (__builtin_cpu_supports("avx512vpopcntdq")) {
    count_pairs_by_vectors(n_site, n_word, stride, column, unequal);
    return;
  }
#endif
  count_pairs(n_site, n_word, stride, column, unequal);
}

static void gather(int64_t n_class, const int32_t *first, const int32_t *place, const int32_t *value, int64_t *sum) {
  for (int64_t c = 0; c < n_class; c++) {
    int64_t of_class = 0;
    for (int32_t k = first[c]; k < first[c + 1]; k++) of_class += value[place[k]];
    sum[c] = of_class;
  }
}

extern const rz_bit_kernels RZ_ISA_SYMBOL(rz_bits);
const rz_bit_kernels RZ_ISA_SYMBOL(rz_bits) = {
    .of_spins = of_spins, .transpose = transpose, .totals = totals, .up = ups, .unequal = pairs, .gather = gather};
