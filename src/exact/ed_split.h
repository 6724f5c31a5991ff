/* The product y = H x + c y in a plain sector cut into halves (ed_halves.h, ed_links.h). Private to this folder.
 *
 * Nothing is kept per state. Each rank owns whole blocks. In a product
 *   1. y is multiplied by c, and strings that leave the low half alone add whole blocks to it, a stretch of all blocks
 * of a class at a time, so that every block is fetched from memory once;
 *   2. everything else is done on tiles: eight blocks of one class, and of one pattern for each link that is treated,
 *      turned so that the matrices of the low half act on vectors of eight. Links are dealt to few sweeps over all
 *      blocks, as many to each as leave the tiles full;
 *   3. blocks of ranks on the same machine are read in place; those of others come in rounds (ed_halo.h), and both
 *      steps are done again with them alone. */
#ifndef RITZ_EXACT_ED_SPLIT_H
#define RITZ_EXACT_ED_SPLIT_H

#include "ed_operator.h"
#include "ritz/solve/eigen.h"

typedef struct rz_ed_split rz_ed_split;

/* An operator that keeps the sector; not needed afterwards. share: ranks of one machine read each other's vectors in
 * place (ed_near.h), else all blocks go by messages. Collective. Errors: RZ_ERR_MEMORY. */
rz_err rz_ed_split_create(const rz_ed_operator *op, bool fixed_sz, int n_up, bool share, const rz_comm *comm,
                          rz_ed_split **out);
/* Collective. */
void rz_ed_split_destroy(rz_ed_split **split);
/* States. */
int64_t rz_ed_split_dim(const rz_ed_split *split);
/* Of this rank. */
rz_range rz_ed_split_range(const rz_ed_split *split);
/* Bytes this rank holds. */
int64_t rz_ed_split_bytes(const rz_ed_split *split);
/* Bytes that one of `size` ranks holds at most, beside the blocks of other ranks. Local. */
double rz_ed_split_need(const rz_ed_operator *op, bool fixed_sz, int size);
/* y = H x + c y on this rank's rows, ctx = rz_ed_split: double, or double complex as pairs if the operator is not real.
 * Collective. x from rz_ed_split_alloc on all ranks, the same by its number: ranks of one machine read it in place; a
 * copy is made of others. */
rz_matvec rz_ed_split_apply;
rz_eigen_alloc rz_ed_split_alloc;
rz_eigen_release rz_ed_split_release;

#endif
