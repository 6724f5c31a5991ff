/* The loops over words of packed spins (packed.h). Integers: the results are the same with every instruction set. */
#ifndef RITZ_ESTIMATE_BIT_KERNELS_H
#define RITZ_ESTIMATE_BIT_KERNELS_H

#include "ritz/core/isa.h"
#include <stdint.h>

/* Sites counted together: the stride of columns is a multiple of it. */
enum { RZ_BIT_LANES = 16 };

typedef struct rz_bit_kernels {
  /* One bit per spin, 1 = up, in words of 64; unused bits are 0. */
  void (*of_spins)(int n_site, const int8_t *spin, uint64_t *row);
  /* 64 words, `stride` apart, of 64 bits: to[i] bit k = from[k * stride] bit i. */
  void (*transpose)(int stride, const uint64_t *from, uint64_t *to);
  /* count[ups of (row ^ mask)]++ over n rows of n_word words. */
  void (*totals)(int64_t n, int n_word, const uint64_t *row, const uint64_t *mask, int64_t *count);
  /* up [stride] = bits set in column i of [n_word, stride]. */
  void (*up)(int64_t n_word, int stride, const uint64_t *column, int64_t *up);
  /* unequal [n_site, stride], i < j: bits that differ in columns i and j. */
  void (*unequal)(int n_site, int64_t n_word, int stride, const uint64_t *column, int32_t *unequal);
  /* sum[c] = value at places first[c] .. first[c + 1] - 1 of the list. */
  void (*gather)(int64_t n_class, const int32_t *first, const int32_t *place, const int32_t *value, int64_t *sum);
} rz_bit_kernels;

RZ_ISA_DECLARE(rz_bit_kernels, rz_bits);

#endif
