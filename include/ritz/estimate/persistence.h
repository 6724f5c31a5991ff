/* How much of the last step's samples is still in this step's: walkers go on from step to step of a training. */
#ifndef RITZ_ESTIMATE_PERSISTENCE_H
#define RITZ_ESTIMATE_PERSISTENCE_H

#include "ritz/core/array.h"
#include "ritz/sample/sampler.h"
#include <complex.h>
#include <stdbool.h>

/* Per chain, its mean local energy in the last step less that of all chains. Between chains the state and its energy do
 * not differ: what correlates from step to step is the walkers alone, however the state moves. */
typedef struct rz_persistence {
  bool exact; /* a full sum: no chains */
  int64_t n_chain;
  double *last; /* [n_chain]; NaN before the first step */
} rz_persistence;

/* Of the chains of a sampler on this rank; of a full sum, nothing. Owner: the caller. Local. */
rz_err rz_persistence_init(const rz_sampler *s, rz_persistence *out);
void rz_persistence_free(rz_persistence *p);

/* Take in the samples of a step.
 *   eloc         [s->n]; samples of weight 0 do not count
 *   mean         of their real parts over all chains
 *   correlation  out: of the chains' means with those of the step before, in [-1, 1], +- 1 / sqrt(chains); NaN in the
 *                first step, for a full sum, and where all chains have the same mean
 * Chains much shorter than their autocorrelation time have a correlation near 1: averages over n steps are then worth
 * n (1 - r) / (1 + r) independent ones. Sums by the fixed tree over chains. Collective. */
rz_err rz_persistence_measure(rz_persistence *p, const rz_comm *comm, const rz_samples *s, const double complex *eloc,
                              double mean, double *correlation);

/* What an exact resume needs. */
rz_err rz_persistence_state(rz_persistence *p, rz_array_visit *visit, void *ctx);

#endif
