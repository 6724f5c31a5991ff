#include "bit_kernels.h"

#include <string.h>

/* One clone per way of counting bits: by instruction, by table. Integers, so the results are the same. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&               \
    !defined(__SANITIZE_THREAD__)
#define COUNT_CLONES __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define COUNT_CLONES
#endif

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

void rz_bits_of_spins(int n_site, const int8_t *spin, uint64_t *row) {
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

COUNT_CLONES void rz_bits_transpose(int stride, const uint64_t *from, uint64_t *to) {
  for (int k = 0; k < 64; k++) to[k] = from[k * stride];
  exchange(32, UINT64_C(0x00000000FFFFFFFF), to);
  exchange(16, UINT64_C(0x0000FFFF0000FFFF), to);
  exchange(8, UINT64_C(0x00FF00FF00FF00FF), to);
  exchange(4, UINT64_C(0x0F0F0F0F0F0F0F0F), to);
  exchange(2, UINT64_C(0x3333333333333333), to);
  exchange(1, UINT64_C(0x5555555555555555), to);
}

COUNT_CLONES void rz_bits_totals(int64_t n, int n_word, const uint64_t *row, const uint64_t *mask, int64_t *count) {
  for (int64_t k = 0; k < n; k++, row += n_word) {
    int up = 0;
    for (int w = 0; w < n_word; w++) up += __builtin_popcountll(row[w] ^ mask[w]);
    count[up]++;
  }
}

COUNT_CLONES void rz_bits_up(int64_t n_word, int stride, const uint64_t *column, int64_t *up) {
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

static inline void count_unequal(int n_site, int64_t n_word, int stride, const uint64_t *column, int32_t *unequal) {
  for (int i = 0; i < n_site; i++)
    for (int first = (i + 1) / RZ_BIT_LANES * RZ_BIT_LANES; first < n_site; first += RZ_BIT_LANES)
      count_lanes(n_word, stride, column, i, first, unequal + (int64_t)i * stride);
}

COUNT_CLONES static void unequal_by_words(int n_site, int64_t n_word, int stride, const uint64_t *column,
                                          int32_t *unequal) {
  count_unequal(n_site, n_word, stride, column, unequal);
}

#if defined(__x86_64__) && defined(__GNUC__)
/* Eight words by one instruction; the compiler offers no clones for it. */
__attribute__((target("avx512vpopcntdq,avx512vl"))) static void
unequal_by_vectors(int n_site, int64_t n_word, int stride, const uint64_t *column, int32_t *unequal) {
  count_unequal(n_site, n_word, stride, column, unequal);
}

void rz_bits_unequal(int n_site, int64_t n_word, int stride, const uint64_t *column, int32_t *unequal) {
  if (__builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("avx512vl"))
    unequal_by_vectors(n_site, n_word, stride, column, unequal);
  else
    unequal_by_words(n_site, n_word, stride, column, unequal);
}
#else
void rz_bits_unequal(int n_site, int64_t n_word, int stride, const uint64_t *column, int32_t *unequal) {
  unequal_by_words(n_site, n_word, stride, column, unequal);
}
#endif

COUNT_CLONES void rz_bits_gather(int64_t n_class, const int32_t *first, const int32_t *place, const int32_t *value,
                                 int64_t *sum) {
  for (int64_t c = 0; c < n_class; c++) {
    int64_t of_class = 0;
    for (int32_t k = first[c]; k < first[c + 1]; k++) of_class += value[place[k]];
    sum[c] = of_class;
  }
}
