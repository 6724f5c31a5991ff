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

/* Collective over comm, whose ranks call with equal arguments. Solve A x = b to a relative residual tol; x holds the
 * start on entry; diagonal [n] preconditions (Jacobi) unless NULL. iterations and residual (|b - A x| / |b|, from one
 * more product) are out. b and x are not copied. Errors: the product's own; RZ_ERR_NUM if max_iterations are not enough
 * or A is not positive definite. */
rz_err rz_cg_solve(const rz_comm *comm, int64_t n, rz_product *apply, void *ctx, const double *diagonal,
                   const double *b, double tol, int max_iterations, double *x, int *iterations, double *residual);

#endif
