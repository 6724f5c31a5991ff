/* Acceptance of RZ_LANES walkers side by side: random words, word t of stream RZ_RNG_ACCEPT of each walker, against
 * weights. One table of functions per instruction set; their bits are the same in all. */
#ifndef RITZ_SAMPLE_ACCEPT_H
#define RITZ_SAMPLE_ACCEPT_H

#include "ritz/ansatz/ansatz.h"
#include "ritz/core/isa.h"
#include <stdint.h>

typedef struct rz_accept {
  uint32_t word[4][RZ_LANES]; /* words 4 k .. 4 k + 3 */
} rz_accept;

typedef struct rz_accept_kernels {
  /* Words 4 k .. 4 k + 3 of streams first_lane .. first_lane + RZ_LANES - 1: the same as rz_rng_u32 gives, drawn by one
   * counter block for all lanes. key of rz_rng_stream. */
  void (*fill)(const uint32_t key[2], uint64_t first_lane, uint64_t k, rz_accept *out);
  /* weight[lane] = |ratio|^2; ratio [n_comp, RZ_LANES]. */
  void (*weigh)(int n_comp, const double *ratio, double *weight);
  /* accept[lane] = possible[lane] and u < weight[lane], u = (word + 1/2) / 2^32. Returns how many. */
  int (*compare)(const uint32_t *word, const double *weight, const uint8_t *possible, uint8_t *accept);
} rz_accept_kernels;
RZ_ISA_DECLARE(rz_accept_kernels, rz_accept);

/* accept[lane] = possible[lane] and u < |ratio|^(2 beta); a ratio of zero or NaN is never accepted. ratio [n_comp,
 * RZ_LANES]; beta NULL: 1. Returns the number of accepted lanes. */
int rz_accept_lanes(const rz_accept_kernels *kernels, const uint32_t *word, int n_comp, const double *ratio,
                    const double *beta, const uint8_t *possible, uint8_t *accept);

#endif
