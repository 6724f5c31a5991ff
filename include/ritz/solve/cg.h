/* Matrix-free conjugate gradients (PETSc KSP on one process, whose product may be collective, so that every rank holds
 * the same vectors and takes the same steps). Collective. */
#ifndef RITZ_SOLVE_CG_H
#define RITZ_SOLVE_CG_H

#include "ritz/core/comm.h"
#include "ritz/core/error.h"
#include <stdint.h>

/* y = A x on replicated vectors [n]. y and the returned code must be equal on every rank (rz_agree inside), so that all
 * ranks go on or stop together. */
typedef rz_err rz_product(void *ctx, const double *x, double *y);
typedef struct rz_linear {
  rz_product *apply;
  void *ctx;
} rz_linear;

/* Collective over comm, whose ranks call with equal arguments. Solve A x = b to |b - A x| <= tol |b|, as far as the
 * recurrence of the residual can tell; x holds the start on entry. The preconditioner is an approximate inverse of A,
 * symmetric and positive definite; NULL: none. b and x are not copied. Errors: the products' own; RZ_ERR_NUM if
 * max_iterations are not enough or A is not positive definite. */
rz_err rz_cg_solve(const rz_comm *comm, int64_t n, const rz_linear *a, const rz_linear *preconditioner, const double *b,
                   double tol, int max_iterations, double *x, int *iterations);

#endif
