/* What a sampler holds; shared by the files of this module. */
#ifndef RITZ_SAMPLE_SAMPLER_IMPL_H
#define RITZ_SAMPLE_SAMPLER_IMPL_H

#include "ritz/core/rng.h"
#include "ritz/sample/move.h"
#include "ritz/sample/sampler.h"

/* The moves of a mixture and the 32-bit word below which each is chosen. */
typedef struct rz_mixture {
  int n;
  rz_move *move[RZ_MAX_MOVES];
  uint32_t below[RZ_MAX_MOVES]; /* cumulative weights; the last takes the rest */
} rz_mixture;

/* What a block counts. */
typedef struct rz_tally {
  int64_t n_accept, n_cold, n_swap, n_swap_tried;
} rz_tally;

/* Blocks are independent: all that one changes while it moves is an element of an array here. */
typedef struct rz_walkers {
  rz_mixture mixture;
  int64_t n_block_global;
  rz_range mine; /* blocks of this rank */
  rz_block **block;
  rz_rng *move_rng, *swap_rng; /* [mine.count], [mine.count * ladders per block] */
  const struct rz_accept_kernels *accept;
  uint32_t accept_key[2];
  uint64_t n_step; /* proposals made so far by every block; while blocks move, up to where they started */
  int32_t *rung;   /* [mine.count, RZ_LANES] of each lane: beta[rung]; 0 is beta = 1 */
  double beta[RZ_LANES];
  int32_t *age, *max_age; /* [mine.count]: sweeps since a block's caches were recomputed, and when they shall be */
  rz_tally *tally;        /* [mine.count] since the last reset */
  int64_t n_proposal;
  uint64_t parameter_hash; /* of the parameters the walkers last moved under */
  int64_t started;
  uint64_t *move_drawn, *swap_drawn; /* counters of the streams, while state is visited */
} rz_walkers;

struct rz_sampler {
  const rz_sampler_class *cls;
  rz_sampler_spec spec; /* strings owned by move classes and the registry */
  const rz_model *model;
  rz_comm comm;
  uint64_t seed;
  int n_site;
  int64_t cache_size; /* of the state, in doubles per block */
  rz_sampler_info info;
  rz_walkers walkers; /* metropolis */
  rz_sector sector;   /* full_sum */
};

extern const rz_sampler_class rz_sampler_metropolis, rz_sampler_full_sum;

/* Fill in defaults (moves, sweep_size, weights) and check. Every fault is reported with the key at fault. Errors:
 * RZ_ERR_MEMORY. */
typedef void rz_fault(void *ctx, const char *key, const char *message);
void rz_spec_resolve(rz_sampler_spec *spec, const rz_model *model);
rz_err rz_spec_check(const rz_sampler_spec *spec, const rz_model *model, int n_rank, rz_fault *fault, void *ctx);

/* Weighted choice among moves, then among the flip sets of the move. */
rz_err rz_mixture_init(rz_mixture *m, const rz_sampler_spec *spec, const rz_model *model);
void rz_mixture_free(rz_mixture *m);
const rz_move *rz_mixture_choose(const rz_mixture *m, rz_rng *rng, const int32_t **site);

/* As rz_sampler_ergodic. */
rz_err rz_mixture_ergodic(const rz_mixture *mix, const rz_model *model, uint64_t seed, int *connected, char text[256]);

/* One round of swaps between neighbouring rungs of the ladders of a block with a fresh log_psi. */
void rz_temper_block(rz_walkers *w, const rz_block *b, int64_t i_block, int replicas);
/* beta of rung k of `replicas`. */
double rz_temper_beta(int replicas, double beta_min, int k);

/* Memory for n samples; weights not set. */
rz_err rz_samples_allocate(int64_t n, int n_site, rz_samples *out);

#endif
