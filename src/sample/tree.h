/* Sum of vectors over items that ranks hold in order, by one fixed binary tree over the global order: the bits depend
 * neither on the number of ranks nor on how many items each holds. Collective; gathers n_global * n doubles.
 *   x    [n_local, n]
 *   sum  out [n], equal on every rank; 0 without items */
#ifndef RITZ_SAMPLE_TREE_H
#define RITZ_SAMPLE_TREE_H

#include "ritz/core/comm.h"

rz_err rz_tree_sum(const rz_comm *comm, int64_t n_local, int64_t n_global, int64_t n, const double *x, double *sum);

#endif
