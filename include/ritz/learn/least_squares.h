/* Linear least squares with the rows spread over ranks:
 *   min over theta of |A theta - b|^2 + ridge |theta|^2,   A [n_row, n_param], n_row >> n_param.
 * Blocks of rows are reduced to triangles by QR, the triangles go up a fixed binary tree over the blocks of all ranks
 * (tall-skinny QR: Demmel, Grigori, Hoemmen, Langou, SIAM J. Sci. Comput. 34, A206 (2012)), and the last one, its
 * columns scaled to length 1, is solved by singular values. The normal equations are never formed: they lose half of
 * the digits.
 *
 * The bits depend on the rows and on how they are cut into blocks, not on the ranks that hold the blocks. */
#ifndef RITZ_LEARN_LEAST_SQUARES_H
#define RITZ_LEARN_LEAST_SQUARES_H

#include "ritz/core/comm.h"
#include "ritz/core/error.h"
#include <stdint.h>

typedef struct rz_least_squares rz_least_squares;

typedef struct rz_least_squares_info {
  int64_t n_row;    /* of all ranks */
  int64_t rank;     /* singular values above rcond times the largest */
  double condition; /* largest singular value over the smallest; columns scaled */
  double residual;  /* |A theta - b|^2 */
} rz_least_squares_info;

/* n_block blocks of this rank; ranks hold them in rank order. comm is borrowed. Collective: one gather of a number. */
rz_err rz_least_squares_create(const rz_comm *comm, int64_t n_param, int64_t n_block, rz_least_squares **out);
void rz_least_squares_destroy(rz_least_squares **s);

/* Add the next block of this rank: a [n_row, n_param], b [n_row], n_row >= 0. n_block calls in all. Blocks of less than
 * n_param rows cost more per row. Local. Errors: RZ_ERR_NUM for a number that is not finite. */
rz_err rz_least_squares_add(rz_least_squares *s, int64_t n_row, const double *a, const double *b);

/* theta out [n_param], equal on every rank: the shortest one (in units of the column lengths) among those that the
 * singular values above rcond cannot tell apart. A column of zeros gets 0. info may be NULL.
 * rc: what went wrong on this rank before, in the making of rows. Afterwards blocks may be added anew.
 * Collective: two agreements, log2 of the number of blocks exchanges with a neighbour, one broadcast. */
rz_err rz_least_squares_solve(rz_least_squares *s, rz_err rc, double rcond, double ridge, double *theta,
                              rz_least_squares_info *info);

#endif
