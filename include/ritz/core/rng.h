/* Counter-based random numbers: Philox4x32-10 (Salmon et al., SC11, doi:10.1145/2063384.2063405).
 *
 * A stream is named by (seed, purpose, id): id is a walker block, a walker, a site, never a rank, so that results do
 * not depend on how work is shared. The whole state of a stream is one integer, the number of 32-bit words drawn so
 * far. Local; no communication. */
#ifndef RITZ_CORE_RNG_H
#define RITZ_CORE_RNG_H

#include <stdint.h>

typedef enum rz_rng_purpose {
  RZ_RNG_INIT_PARAMETERS = 1, /* initial weights; id = view index */
  RZ_RNG_INIT_WALKERS = 2,    /* initial configurations; id = walker block */
  RZ_RNG_MOVE = 3,            /* proposals shared by a block; id = walker block */
  RZ_RNG_ACCEPT = 4,          /* acceptance; id = walker */
  RZ_RNG_SWAP = 5,            /* tempering swaps; id = ladder */
  RZ_RNG_DISORDER = 6,        /* random couplings; id = term kind */
  RZ_RNG_SOLVER = 7,          /* start vectors of eigensolvers; id = global index */
  RZ_RNG_STATE = 8,           /* initial states of classical systems; id = trajectory */
  RZ_RNG_BATCH = 9,           /* states of a training step; id = number of the batch */
  RZ_RNG_NOISE = 10,          /* noise on made data; id = row */
  RZ_RNG_TEST = 100
} rz_rng_purpose;

typedef struct rz_rng {
  uint32_t key[2];
  uint64_t id;
  uint64_t drawn;   /* words drawn so far: the only state to save */
  uint32_t word[4]; /* the block that holds word number drawn */
  uint64_t block;   /* its number; UINT64_MAX before the first draw */
} rz_rng;

/* The raw bijection: out = Philox4x32-10(counter, key). */
void rz_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

rz_rng rz_rng_stream(uint64_t seed, rz_rng_purpose purpose, uint64_t id);
/* Continue a saved stream after `drawn` words. */
void rz_rng_seek(rz_rng *rng, uint64_t drawn);

uint32_t rz_rng_u32(rz_rng *rng);
/* Uniform in (0, 1), 53 bits, never 0 or 1: two words. */
double rz_rng_uniform(rz_rng *rng);
/* Uniform integer in [0, n), n > 0, without bias: one word in nearly all cases. */
uint32_t rz_rng_below(rz_rng *rng, uint32_t n);
/* Standard normal (Box-Muller, one of the pair): four words. */
double rz_rng_normal(rz_rng *rng);

#endif
