/* Random words for acceptance: word t of stream RZ_RNG_ACCEPT of each walker, 16 walkers side by side. */
#ifndef RITZ_SAMPLE_ACCEPT_H
#define RITZ_SAMPLE_ACCEPT_H

#include "ritz/ansatz/ansatz.h"
#include <stdint.h>

typedef struct rz_accept {
  uint32_t word[4][RZ_LANES]; /* words 4 k .. 4 k + 3 */
} rz_accept;

/* Words 4 k .. 4 k + 3 of streams first_lane .. first_lane + RZ_LANES - 1: the same as rz_rng_u32 gives, drawn by one
 * counter block for all lanes so that the compiler runs lanes side by side. key of rz_rng_stream. */
void rz_accept_fill(const uint32_t key[2], uint64_t first_lane, uint64_t k, rz_accept *out);

/* accept[lane] = possible[lane] and u < |ratio|^(2 beta), u = (word + 1/2) / 2^32; a ratio of zero or NaN is never
 * accepted. beta NULL: 1. Returns the number of accepted lanes. */
int rz_accept_lanes(const uint32_t *word, const double complex *ratio, const double *beta, const uint8_t *possible,
                    uint8_t *accept);

#endif
