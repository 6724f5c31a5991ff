/* What a solve by each solver of stochastic reconfiguration costs, for `auto` to choose: counted operations and bytes
 * times seconds for each. The seconds are those of a reference machine, so that the choice is a fixed function of the
 * counts, or measured where the program runs. */
#ifndef RITZ_OPTIMISE_SR_COST_H
#define RITZ_OPTIMISE_SR_COST_H

#include "ritz/core/comm.h"
#include "ritz/core/error.h"
#include "ritz/linalg/jacobian.h"
#include "ritz/optimise/sr.h"
#include <stdint.h>

/* Seconds on one rank. */
typedef struct rz_sr_rates {
  double product;   /* per flop of a matrix product in double precision */
  double factor[2]; /* per flop of a Cholesky factorisation in double and in single precision */
  double stream;    /* per byte of a matrix that is read once */
  double message;   /* per sum over ranks */
  double sum;       /* per byte of it */
} rz_sr_rates;

/* One core of the reference machine (a 2020s server core with AVX-512), no communication. */
extern const rz_sr_rates rz_sr_reference_rates;
/* Here and now, some 20 ms: the slowest rank's figure of each, equal on every rank. Collective. */
rz_err rz_sr_measure_rates(const rz_comm *comm, rz_sr_rates *out);

enum { RZ_SR_DENSE, RZ_SR_KERNEL, RZ_SR_CG, RZ_SR_N_SOLVER };
extern const char *const rz_sr_solver_name[RZ_SR_N_SOLVER];

/* Seconds of a solve by each solver, for n_sample samples over all of `size` ranks and the layers of j (any number of
 * samples). Local. */
void rz_sr_costs(const rz_sr_options *o, const rz_sr_rates *rates, const rz_jacobian *j, int64_t n_sample, int size,
                 double seconds[RZ_SR_N_SOLVER]);
/* The least of them; the first of equals. */
int rz_sr_cheapest(const double seconds[RZ_SR_N_SOLVER]);

#endif
