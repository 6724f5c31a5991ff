/* Symmetric matrices spread block-cyclically over ranks, and their dense solvers (ScaLAPACK). Collective. */
#ifndef RITZ_SOLVE_BLOCK_CYCLIC_H
#define RITZ_SOLVE_BLOCK_CYCLIC_H

#include "ritz/core/comm.h"
#include "ritz/core/error.h"
#include <stdint.h>

typedef struct rz_block_cyclic rz_block_cyclic;

/* What an entry is. Complex entries are pairs (Re, Im), complex matrices Hermitian. */
typedef enum rz_scalar { RZ_DOUBLE, RZ_SINGLE, RZ_DOUBLE_COMPLEX, RZ_SINGLE_COMPLEX } rz_scalar;

/* An order-n matrix on a process grid chosen from comm (1 x size up to 3 ranks, near-square beyond), blocks of nb.
 * Local part allocated and zeroed. Storage is column-major as ScaLAPACK wants: entry (i_local, j_local) at data[i_local
 * + j_local * ld]. */
rz_err rz_block_cyclic_create(const rz_comm *comm, int64_t n, int nb, rz_block_cyclic **out);
void rz_block_cyclic_destroy(rz_block_cyclic **m);
/* The same of any scalar; not cleared. */
rz_err rz_block_cyclic_create_of(const rz_comm *comm, rz_scalar scalar, int64_t n, int nb, rz_block_cyclic **out);
rz_scalar rz_block_cyclic_scalar(const rz_block_cyclic *m);
double *rz_block_cyclic_data(rz_block_cyclic *m); /* of RZ_DOUBLE; NULL for the others */
int64_t rz_block_cyclic_ld(const rz_block_cyclic *m);
/* Global row indices of this rank's local rows, ascending, and columns; borrowed. None on ranks outside the grid. */
const int64_t *rz_block_cyclic_rows(const rz_block_cyclic *m, int64_t *n);
const int64_t *rz_block_cyclic_cols(const rz_block_cyclic *m, int64_t *n);

/* The same index sets for any rank: blocks p, p + n_p, p + 2 n_p, ... of nb indices below n; empty if p < 0. */
typedef struct rz_cyclic {
  int64_t n;
  int nb, p, n_p;
} rz_cyclic;
rz_cyclic rz_block_cyclic_row_set(const rz_block_cyclic *m, int rank);
rz_cyclic rz_block_cyclic_col_set(const rz_block_cyclic *m, int rank);
int64_t rz_cyclic_count(rz_cyclic set);

/* The grid of a number of ranks, and the leading dimension of a number of local rows. */
void rz_block_cyclic_grid(int size, int *n_row, int *n_col);
int64_t rz_block_cyclic_padded(int64_t n_row);

/* A rectangle of local entries: entry (row + i stride, col + k stride) = row_scale[i] col_scale[k] (re[k ld + i] + i
 * im[k ld + i]), rounded to the matrix's scalar; a real one leaves im out. */
typedef struct rz_tile {
  int64_t row, n_row, col, n_col, stride, ld;
  const double *re, *im;
  const double *row_scale, *col_scale; /* [n_row], [n_col] */
} rz_tile;
void rz_block_cyclic_put(rz_block_cyclic *m, const rz_tile *tile);
/* Set every entry to zero. Local. */
void rz_block_cyclic_clear(rz_block_cyclic *m);
/* Of matrices that every rank of comm holds whole, each on a grid of itself, and that one rank or none has filled at
 * each entry while it is zero on the others: fill it on all. No number is rounded. Collective over comm: one sum. */
rz_err rz_block_cyclic_merge(const rz_comm *comm, rz_block_cyclic *m);
/* Add x to every diagonal entry. */
void rz_block_cyclic_shift(rz_block_cyclic *m, double x);

/* Factorise in place by Cholesky (lower triangle used) and solve with the factor for the replicated b: [n], or n pairs
 * (Re, Im). In the scalar's own precision. RZ_ERR_NUM when A is not positive definite; in double precision also when it
 * is not so to rounding (smallest pivot below 4 eps n times the largest). On one rank this is LAPACK. */
rz_err rz_block_cyclic_factorise(rz_block_cyclic *a);
rz_err rz_block_cyclic_substitute(const rz_block_cyclic *a, double *b);

/* Solve A x = b in place of the replicated b by both of these. */
rz_err rz_block_cyclic_cholesky_solve(rz_block_cyclic *a, double *b);
/* The same for RZ_DOUBLE by eigen-decomposition with the smooth pseudo-inverse 1/s -> (1/s) / (1 + (eps s_max/s)^6);
 * negative eigenvalues are dropped. */
rz_err rz_block_cyclic_eigen_solve(rz_block_cyclic *a, double eps, double *b);
/* All eigenvalues of an RZ_DOUBLE matrix ascending in w [n] (replicated); vectors into z (same layout as a) unless
 * NULL. Lower triangle used; A is destroyed. */
rz_err rz_block_cyclic_eigen(rz_block_cyclic *a, double *w, rz_block_cyclic *z);

#endif
