/* What a solve of stochastic reconfiguration communicates, as a formula: the model behind statements about many ranks,
 * and what a test compares with the counted calls. */
#ifndef RITZ_OPTIMISE_SR_TRAFFIC_H
#define RITZ_OPTIMISE_SR_TRAFFIC_H

#include "ritz/core/comm.h"
#include "ritz/linalg/jacobian.h"
#include "ritz/optimise/sr.h"
#include <stdint.h>

/* All samples have a weight. */
typedef struct rz_sr_shape {
  int size;              /* ranks */
  int64_t n_param;       /* P */
  int n_comp;            /* 1 or 2 rows per sample */
  int64_t n_local, most; /* samples of this rank, and the largest of any rank's */
  int64_t first;         /* samples of the ranks before this one */
  int64_t n_total;       /* n: of all ranks */
  int64_t n_pack;        /* numbers of a sample's factors */
} rz_sr_shape;
/* For n_total samples dealt evenly. Local. */
rz_sr_shape rz_sr_shape_of(const rz_jacobian *j, int64_t n_total, int rank, int size);

/* Calls and bytes of rz_sr_solve on this rank, agreements left out, for a process grid of R x C ranks and m = n_comp n
 * rows; r says which solver it was and how often it iterated:
 *   dense   P <= replicate, or one rank: the sum of S, P ld numbers (ld: P padded to cache lines); d broadcast
 *           else exchanges of (R + C) P numbers for each row of this rank, in batches; the sum of d
 *   kernel  the sum of the m residuals; two exchanges, of C and of R times the factors (or the rows, if fewer) of each
 *           sample of this rank; with T factorised in double precision the sum of the m unknowns; in single precision
 *           that for each of k refinements, and the sums of P and m numbers for each of the k - 1 residuals; the sum
 *           of d
 *   cg      the sum of P + 1 numbers for each of k + 1 products; the sum of the diagonal; or, preconditioned by a
 *           subset of s samples, two exchanges as of the kernel for this rank's of them, and for each of k iterations
 *           the gather and the sum of s n_comp and the sum of P numbers
 * and with each small gathers of counts, and the diagonal where columns are scaled. Not in it: what ScaLAPACK sends
 * within factorisation and substitution; two numbers more where a subset's kernel is in double precision. For solves
 * that did not fall back.
 * Local. */
rz_traffic rz_sr_traffic(const rz_sr_options *o, const rz_sr_result *r, const rz_sr_shape *s);

#endif
