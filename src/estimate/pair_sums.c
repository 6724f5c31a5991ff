#include "observable_impl.h"

#include "ritz/core/simd.h"

/* The clones differ in whether they have a popcount instruction; integers, so the bits are the same. */
RZ_CLONES void rz_pair_sums(int n_site, int64_t n, int64_t n_word, const uint64_t *bits, const int32_t *pair_class,
                            double *raw) {
  for (int64_t i = 0; i < n_site; i++)
    for (int64_t j = i + 1; j < n_site; j++) {
      const int32_t to = pair_class[i * n_site + j];
      if (to < 0) continue;
      const uint64_t *a = bits + i * n_word, *b = bits + j * n_word;
      int64_t unequal = 0;
      for (int64_t w = 0; w < n_word; w++) unequal += __builtin_popcountll(a[w] ^ b[w]);
      raw[to] += (double)(n - 2 * unequal);
    }
}
