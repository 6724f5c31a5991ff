/* Statistics of correlated chains: error bars, autocorrelation, split R-hat, effective sample size.
 *
 * For C chains of n draws with mean m over all, the autocovariance at lag t is averaged over chains about m, so that
 * chains which disagree raise it at every lag:
 *   c_t = sum_chains sum_i (x_i - m)(x_{i+t} - m) / (C (n - t))
 * summed in pairs (c_2k + c_2k+1) up to the first pair that is not positive (Geyer, Stat. Sci. 7, 473 (1992)), W = last
 * lag:
 *   A = c_0 + 2 sum_{t=1..W} (1 - t/n) c_t,   error^2 = A / (C n)
 * corrected for m being estimated from the same draws. With W = n - 1 this is exactly the spread of the chain means; if
 * that spread exceeds the truncated sum by more than three of its own standard deviations, it is used instead (a slow
 * mode too weak to show at any one lag). Then tau_int = A / (2 variance), ess = C n / (2 tau_int): the three agree.
 * Chains of more than 4096 draws are first averaged over 4096 segments each, which changes neither mean nor error.
 * Split R-hat: Vehtari et al., arXiv:1903.08008, eq. 4, without rank normalisation. */
#ifndef RITZ_SAMPLE_CHAINS_H
#define RITZ_SAMPLE_CHAINS_H

#include "ritz/core/comm.h"
#include "ritz/core/error.h"
#include <stdint.h>

typedef struct rz_mean {
  double mean, error; /* error: one standard deviation of the mean, autocorrelation included; 0 for a full sum or a
                         constant; NaN if it cannot be known (one chain of less than 8 draws) */
  double variance;    /* of a single draw */
  double tau_int;     /* integrated autocorrelation time in draws, 0.5 for independent draws */
  double r_hat;       /* split R-hat; infinite for frozen chains that disagree */
  double ess;         /* effective samples */
  int64_t n;          /* samples over all ranks */
} rz_mean;            /* tau_int, r_hat and ess are NaN below 8 draws a chain and for a constant
                      (to 8 roundings of its size) */

/* x: [n_chain, n_draw] of this rank's chains, n_chain and n_draw >= 0; every rank has the same n_draw. Sums run over
 * chains in global order by a fixed tree, so that the bits do not depend on the ranks. Collective.
 *   n_chain_global  chains in all; ranks hold them in rank order
 * Below 8 draws a chain the error comes from the spread of the chain means (needs two chains). */
rz_err rz_chains_mean(const rz_comm *comm, int64_t n_chain, int64_t n_draw, int64_t n_chain_global, const double *x,
                      rz_mean *out);

#endif
