/* Statistics of correlated chains: error bars, autocorrelation, split R-hat, effective sample size.
 * References: Geyer, Stat. Sci. 7, 473 (1992), initial positive sequence; Vehtari et al., arXiv:1903.08008, split
 * R-hat. */
#ifndef RITZ_SAMPLE_CHAINS_H
#define RITZ_SAMPLE_CHAINS_H

#include "ritz/core/comm.h"
#include "ritz/core/error.h"
#include <stdint.h>

typedef struct rz_mean {
  double mean, error; /* error: one standard deviation of the mean, autocorrelation included; 0 for a full sum */
  double variance;    /* of a single draw */
  double tau_int; /* integrated autocorrelation time in draws, 0.5 for independent draws; NaN below 8 draws a chain */
  double r_hat;   /* split R-hat; NaN below 8 draws a chain */
  double ess;     /* effective samples; NaN below 8 draws a chain */
  int64_t n;      /* samples over all ranks */
} rz_mean;

/* x: [n_chain, n_draw] of this rank's chains, n_chain and n_draw >= 0; every rank has the same n_draw. Sums run over
 * chains in global order by a fixed tree, so that the bits do not depend on the ranks. Collective.
 *   first_chain     global number of this rank's first chain; n_chain_global in all
 * Below 8 draws a chain the error comes from the spread of the chain means (needs two chains). */
rz_err rz_chains_mean(const rz_comm *comm, int64_t n_chain, int64_t n_draw, int64_t n_chain_global, const double *x,
                      rz_mean *out);

#endif
