/* The inside of a block-cyclic matrix, shared by its files. */
#ifndef RITZ_SOLVE_BLOCK_CYCLIC_IMPL_H
#define RITZ_SOLVE_BLOCK_CYCLIC_IMPL_H

#include "ritz/solve/block_cyclic.h"
#include <stdbool.h>

struct rz_block_cyclic {
  rz_comm comm;
  int64_t n, ld, n_local_row, n_local_col;
  int nb, n_row, n_col; /* blocks; process grid, numbered by rows */
  int my_row, my_col;   /* -1 on ranks outside the grid */
  int64_t *row, *col;   /* global indices of local rows and columns */
  rz_scalar scalar;
  void *entry;         /* [n_local_col, ld] scalars */
  double *data;        /* entry, if of RZ_DOUBLE */
  bool has_grid;       /* false on one rank: no BLACS */
  int handle, context; /* of BLACS */
  int desc[9];         /* of ScaLAPACK */
};

#endif
