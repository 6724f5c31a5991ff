/* Samples of |psi|^2 over a sector: Markov chains or exact enumeration.
 *
 * A sampler is one of a registry ("metropolis", "full_sum"); so is a move ("flip", "exchange", "global_flip",
 * "mixture"). Chains are lanes of blocks of RZ_LANES; blocks are shared out over ranks (rz_share) and own their random
 * streams: proposals by block, acceptance by lane, so that results do not depend on the number of ranks.
 *
 * Parallel tempering: `replicas` = R lanes form one ladder inside a block with weights |psi|^(2 beta), beta from 1 down
 * to beta_min; after every sweep neighbouring lanes exchange their beta with probability min(1, exp((beta_a - beta_b)
 * (2 Re log psi_b - 2 Re log psi_a))). Only the lane with beta = 1 gives samples. */
#ifndef RITZ_SAMPLE_SAMPLER_H
#define RITZ_SAMPLE_SAMPLER_H

#include "ritz/ansatz/ansatz.h"
#include "ritz/core/array.h"
#include "ritz/core/comm.h"
#include "ritz/core/config.h"
#include "ritz/core/error.h"
#include "ritz/core/option.h"
#include "ritz/model/hamiltonian.h"
#include "ritz/model/sector.h"
#include <stdint.h>

typedef struct rz_sampler rz_sampler;

/* This rank's samples. Ordered [chain, draw]: sample = chain_local * n_draw + draw. */
typedef struct rz_samples {
  int64_t n;           /* samples on this rank */
  int64_t n_chain;     /* chains on this rank; full sum: 1 */
  int64_t n_draw;      /* draws of each chain; full sum: n */
  int64_t first_chain; /* global number of the first */
  int64_t n_chain_global;
  int n_site;
  int exact;      /* 1: full sum, the weights are |psi|^2 of the whole sector: no statistical error */
  int8_t *spin;   /* [n, n_site] */
  double *weight; /* [n]: sums to 1 over all ranks */
} rz_samples;
void rz_samples_free(rz_samples *s);

typedef struct rz_sampler_info {
  double acceptance;      /* of the last draw, over all ranks; 1 for a full sum */
  double swap_acceptance; /* of tempering; NaN without */
  int64_t n_proposal;     /* global */
} rz_sampler_info;

/* One proposal for the lanes of a block. */
typedef struct rz_proposal {
  int n_flip;
  const int32_t *site;        /* [n_flip]; storage belongs to the move */
  uint8_t possible[RZ_LANES]; /* 0: the move does not apply to this lane (it stays, and that is counted as rejected) */
} rz_proposal;

typedef struct rz_move rz_move;
typedef struct rz_move_class {
  const char *name, *about, *cite;
  int keeps_sz; /* never leaves a sector of fixed Sz */
  rz_err (*init)(rz_move *m);
  /* Proposal probabilities are symmetric: q(s -> s') = q(s' -> s). */
  void (*propose)(rz_move *m, rz_rng *rng, const rz_block *b, rz_proposal *out);
  void (*fini)(rz_move *m);
} rz_move_class;
const rz_move_class *const *rz_move_registry(int *n);

typedef struct rz_sampler_class {
  const char *name, *about, *cite;
  const rz_option *options;
  int n_options;
} rz_sampler_class;
const rz_option_group *rz_sampler_options(void); /* group "sampler", selector "method": metropolis | full_sum */

/* config: group "sampler"; model, comm borrowed. seed of group "run". Collective.
 * Errors recorded in the config (RZ_ERR_DECK): a move that leaves the sector, chains not a multiple of RZ_LANES or
 * fewer blocks than ranks, replicas not a power of two up to RZ_LANES, a sector too large for the full sum. */
rz_err rz_sampler_create(rz_config *config, const rz_model *model, const rz_ansatz *ansatz, uint64_t seed,
                         const rz_comm *comm, rz_sampler **out);
void rz_sampler_destroy(rz_sampler **s);

/* Start chains from configurations of the sector drawn uniformly, then equilibrate `discard` sweeps. Collective. */
rz_err rz_sampler_start(rz_sampler *s, const rz_ansatz *a);
/* Parameters changed: recompute caches. Called by draw itself. n_draw draws of every chain, sweep_size proposals
 * between draws; n_draw = 0: the deck's samples / chains. Owner of *out: caller (rz_samples_free). Collective. Errors:
 * RZ_ERR_NUM if a chain's log psi is not finite. */
rz_err rz_sampler_draw(rz_sampler *s, const rz_ansatz *a, int64_t n_draw, rz_samples *out);
rz_sampler_info rz_sampler_info_last(const rz_sampler *s);
/* 1 for full_sum. */
int rz_sampler_is_exact(const rz_sampler *s);
/* Walkers, random counters, tempering labels: all an exact resume needs. */
rz_err rz_sampler_state(rz_sampler *s, rz_array_visit *visit, void *ctx);

/* Do the moves keep and connect the sector? By graph search over all states up to 2^16 of them, by random probes
 * beyond. connected  out: 1 yes (searched), 0 no, -1 not searched (too large; `text` says what was probed) Local. */
rz_err rz_sampler_ergodic(const rz_sampler *s, const rz_model *model, int *connected, char text[256]);

#endif
