/* Samples of |psi|^2 over a sector: Markov chains or exact enumeration.
 *
 * A sampler is one of a registry ("metropolis", "full_sum"); so is a move ("flip", "exchange", "global_flip";
 * ritz/sample/move.h). Walkers are lanes of blocks of RZ_LANES; blocks are shared out over ranks (rz_share) and own
 * their random streams: proposals by block, acceptance by lane, so that results do not depend on the number of ranks.
 *
 * Parallel tempering (Geyer 1991; Hukushima and Nemoto, doi:10.1143/JPSJ.65.1604): `replicas` = R lanes of one block
 * form a ladder, which gives one chain. Its rungs have weights |psi|^(2 beta), beta falling evenly from 1 to beta_min;
 * after every sweep neighbouring rungs a, b exchange their configurations with probability
 * min(1, exp((beta_a - beta_b) (2 Re log psi_b - 2 Re log psi_a))). Only the rung with beta = 1 gives samples. */
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
  /* Units of summation: sums over samples run inside units of `unit` consecutive samples (the last of a full sum may
   * be shorter), then over the units of all ranks in order by one fixed tree. */
  int64_t unit;   /* n_draw; full sum: RZ_FULL_SUM_UNIT */
  int64_t n_unit; /* on this rank */
  int64_t n_unit_global;
} rz_samples;
enum { RZ_FULL_SUM_UNIT = 256 };
void rz_samples_free(rz_samples *s);
/* Sums over all ranks of k-vectors, one per sample unit. x [n_unit, k], sum out [k]. Collective. */
rz_err rz_samples_sum(const rz_comm *comm, const rz_samples *s, int64_t k, const double *x, double *sum);

typedef struct rz_sampler_info {
  double acceptance;      /* of the last draw at beta = 1, over all ranks; 1 for a full sum */
  double swap_acceptance; /* of tempering; NaN without */
  int64_t n_proposal;     /* of the last draw, all walkers of all ranks */
} rz_sampler_info;

enum { RZ_MAX_MOVES = 8 };
enum { RZ_FULL_SUM_MAX = 1 << 24 };

/* What a deck's group "sampler" says. */
typedef struct rz_sampler_spec {
  const char *method; /* "metropolis" or "full_sum", which reads nothing else */
  int n_move;         /* 0: flip, or exchange where Sz is fixed; more than one: a mixture */
  const char *move[RZ_MAX_MOVES];
  double move_weight[RZ_MAX_MOVES]; /* relative; all 0: equal */
  bool any_pair;                    /* exchange any two sites, not only neighbours */
  int64_t chains;                   /* over all ranks; chains * replicas a multiple of RZ_LANES */
  int64_t samples;                  /* of one draw over all ranks, a multiple of chains */
  int64_t sweep_size;               /* proposals between draws; 0: n_site */
  int64_t discard;                  /* sweeps before the first draw */
  int64_t discard_step;             /* sweeps before a draw with new parameters */
  int replicas;                     /* 1, 2, 4, 8 or 16 */
  double beta_min;                  /* of the last replica, in [0, 1) */
} rz_sampler_spec;

typedef struct rz_sampler_class {
  const char *name, *about, *cite;
  const rz_option *options;
  int n_options;
  rz_err (*init)(rz_sampler *s, const rz_ansatz *a);
  rz_err (*start)(rz_sampler *s, const rz_ansatz *a);
  rz_err (*sweep)(rz_sampler *s, const rz_ansatz *a, int64_t n_sweep);
  rz_err (*draw)(rz_sampler *s, const rz_ansatz *a, int64_t n_draw, rz_samples *out);
  void (*outline)(const rz_sampler *s, rz_samples *out);
  rz_err (*state)(rz_sampler *s, rz_array_visit *visit, void *ctx);
  void (*fini)(rz_sampler *s);
} rz_sampler_class;
const rz_sampler_class *const *rz_sampler_registry(int *n);
const rz_option_group *rz_sampler_options(void); /* group "sampler", selector "method": metropolis | full_sum */

/* config: group "sampler"; model, comm borrowed. seed of group "run". Collective.
 * Errors recorded in the config (RZ_ERR_DECK): a move that leaves the sector, walkers not a multiple of RZ_LANES or
 * fewer blocks than ranks, samples not a multiple of chains, replicas not a power of two up to RZ_LANES, a sector too
 * large for the full sum, a key without effect on the other choices. */
rz_err rz_sampler_create(rz_config *config, const rz_model *model, const rz_ansatz *ansatz, uint64_t seed,
                         const rz_comm *comm, rz_sampler **out);
/* Only the checks of the same group for n_rank ranks, every error recorded in the config: for `ritz check`. Local. */
rz_err rz_sampler_check(rz_config *config, const rz_model *model, int n_rank);
/* Bytes that the walkers of one rank need, of a deck that rz_sampler_check has passed; for `ritz check`. Local. */
double rz_sampler_memory(const rz_config *config, const rz_ansatz *ansatz, int n_rank);
/* The same from a filled-in description; the first error as RZ_ERR_ARG. */
rz_err rz_sampler_create_from(const rz_sampler_spec *spec, const rz_model *model, const rz_ansatz *ansatz,
                              uint64_t seed, const rz_comm *comm, rz_sampler **out);
void rz_sampler_destroy(rz_sampler **s);
/* What was chosen, defaults filled in. */
const rz_sampler_spec *rz_sampler_spec_of(const rz_sampler *s);

/* Start chains from configurations of the sector drawn uniformly, then equilibrate `discard` sweeps. Collective. */
rz_err rz_sampler_start(rz_sampler *s, const rz_ansatz *a);
/* n_sweep sweeps without samples. Collective. */
rz_err rz_sampler_sweep(rz_sampler *s, const rz_ansatz *a, int64_t n_sweep);
/* n_draw draws of every chain, sweep_size proposals before each; n_draw = 0: samples / chains. Caches are recomputed
 * first; if the parameters are not those of the last call, discard_step sweeps come before. Owner of *out: caller
 * (rz_samples_free). Collective. Errors: RZ_ERR_NUM if a chain's log psi is not finite, RZ_ERR_ARG before the start. */
rz_err rz_sampler_draw(rz_sampler *s, const rz_ansatz *a, int64_t n_draw, rz_samples *out);
/* Which chains this rank's samples belong to, without any sample: n_chain, first_chain, n_chain_global. Local. */
rz_samples rz_sampler_outline(const rz_sampler *s);
rz_sampler_info rz_sampler_info_last(const rz_sampler *s);
/* Consecutive samples of a draw that one rank holds on any number of ranks: those of a block of walkers, or a unit of
 * the full sum. Of all samples of a draw, only the last block may be shorter. */
int64_t rz_sampler_block(const rz_sampler *s, const rz_samples *drawn);
/* 1 for full_sum. */
int rz_sampler_is_exact(const rz_sampler *s);
/* Walkers, random counters, tempering labels: all an exact resume needs. */
rz_err rz_sampler_state(rz_sampler *s, rz_array_visit *visit, void *ctx);

/* Do the moves keep and connect the sector? By graph search over all states up to 2^16 of them; beyond, where single
 * flips reach every site, exchanges a connected graph, or no move flips an odd number, by that argument; else by random
 * probes.
 *   connected  out: 1 yes, 0 no, -1 not known (too large; `text` says what was probed)
 *   text       out, why
 * Local. */
rz_err rz_sampler_ergodic(const rz_sampler *s, const rz_model *model, int *connected, char text[256]);
/* The same for the moves of a deck that rz_sampler_check has passed, without a sampler: for `ritz check`. Local. */
rz_err rz_sampler_ergodic_deck(rz_config *config, const rz_model *model, uint64_t seed, int *connected, char text[256]);

#endif
