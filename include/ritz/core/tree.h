/* Sums over items that ranks hold in rank order, by one fixed binary tree over all of them: the bits depend neither on
 * the number of ranks nor on how many items each holds. Items are vectors of any length, one in hand at a time: a rank
 * keeps at most 2 log2 of its number of items, ranks exchange what is left of their parts of the tree by slices, so
 * that each finishes the tree for a slice, and gather the slices.
 *
 *   level 0     the items 0 .. n - 1
 *   level l + 1 node k = node 2 k + node 2 k + 1 of level l, or node 2 k alone where it is the last
 *
 * (rz_tree_sum of ritz/core/comm.h is the same tree for few, short items.) */
#ifndef RITZ_CORE_TREE_H
#define RITZ_CORE_TREE_H

#include "ritz/core/comm.h"
#include "ritz/core/error.h"
#include <stdint.h>

typedef struct rz_tree rz_tree;

/* For any number of sums over n_local items of this rank; comm is borrowed. Collective: one gather of a number. */
rz_err rz_tree_create(const rz_comm *comm, int64_t n_local, rz_tree **out);
void rz_tree_destroy(rz_tree **t);
int64_t rz_tree_n_local(const rz_tree *t);

/* A sum of vectors of n numbers begins. Local. */
rz_err rz_tree_begin(rz_tree *t, int64_t n);
/* Where the next item of this rank goes: n numbers, to be written before the next call. n_local calls in all. Local. */
double *rz_tree_item(rz_tree *t);
/* The sum over all items of all ranks, out [n], equal on every rank; 0 without items. Collective: an exchange of the
 * partial sums and a gather of n numbers; neither on one rank. */
rz_err rz_tree_end(rz_tree *t, double *sum);

#endif
