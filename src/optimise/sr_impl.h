/* What the solvers of stochastic reconfiguration share. */
#ifndef RITZ_OPTIMISE_SR_IMPL_H
#define RITZ_OPTIMISE_SR_IMPL_H

#include "ritz/optimise/sr.h"
#include "ritz/solve/block_cyclic.h"

enum { RZ_SR_BLOCK = 64 }; /* of block-cyclic matrices; even, so that the two rows of a sample stay together */

typedef struct rz_sr_problem {
  const rz_sr_options *o;
  const rz_comm *comm;
  rz_jacobian *j;
  int64_t n_param;
  const double *e, *f;
  double *diagonal; /* [n_param] diag S over all ranks; NULL if nobody needs it */
} rz_sr_problem;

typedef rz_err rz_sr_solver(const rz_sr_problem *p, double *d, rz_sr_result *result);
rz_sr_solver rz_sr_dense, rz_sr_kernel, rz_sr_cg;

/* shift + scale S_kk: what is added to column k. */
double rz_sr_added(const rz_sr_problem *p, int64_t k);

/* Fill the lower triangle of m, whatever m holds. Collective. */
typedef rz_err rz_sr_fill(void *ctx, rz_block_cyclic *m);
/* Solve m x = b [n] for the matrix that fill makes, spread over grid: Cholesky, else fill again and eigenvectors. grid
 * is comm, or a rank by itself when every rank holds all of m. Collective over comm. */
rz_err rz_sr_factorise(const rz_comm *comm, const rz_comm *grid, int64_t n, rz_sr_fill *fill, void *ctx, double *b,
                       rz_sr_result *result);

/* Every rank's n, in rank order; owner: caller. Collective. */
rz_err rz_sr_counts(const rz_comm *comm, int64_t n, int64_t **all);

/* Numbers in an exchange buffer: 8 MiB. */
enum { RZ_SR_BUFFER = 1 << 20 };

#endif
