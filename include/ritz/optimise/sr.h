/* The linear system of stochastic reconfiguration, (S + shift + scale diag S) d = F with S = J^T W J and F = J^T W e,
 * by four solvers that give the same d:
 *   dense   S block-cyclic, Cholesky (ScaLAPACK); best for few parameters. Up to `replicate` parameters S is summed
 *           and solved on every rank
 *   kernel  T = W^(1/2) J J^T W^(1/2) + shift block-cyclic, Cholesky, d = J^T W^(1/2) T^-1 W^(1/2) e (minSR: Chen and
 *           Heyl, Nat. Phys. 20, 1476 (2024)); best for few samples; scale makes the columns J_k / sqrt(shift + scale
 *           S_kk)
 *   cg      matrix-free conjugate gradients; best when both are many. Preconditioned by the diagonal, or by the exact
 *           inverse of 5 (shift + scale diag S) + S of a subset of the samples, equally spaced over all of them, whose
 *           kernel is block-cyclic too, in single precision where the shift allows it
 *   auto    the cheapest of the three by the costs of ritz/optimise/sr_cost.h on the reference machine: a fixed
 *           function of sample and parameter counts and of the layers, never of the number of ranks
 * When a Cholesky factorisation fails, the same matrix is solved by its eigenvectors and the smooth pseudo-inverse,
 * and the result says so. Collective. */
#ifndef RITZ_OPTIMISE_SR_H
#define RITZ_OPTIMISE_SR_H

#include "ritz/core/comm.h"
#include "ritz/core/error.h"
#include "ritz/linalg/jacobian.h"
#include <stdint.h>

enum { RZ_SR_REPLICATE = 1024 }; /* 8 MiB, no more than the buffers of an exchange */

/* For a Jacobian in blocks, d is the same to the last bit on any number of ranks: every rank then holds and factorises
 * the matrices of dense and kernel, which auto takes up to this order, and that of a subset. */
enum { RZ_SR_ALIKE_ORDER = 4000 };

typedef struct rz_sr_options {
  const char *solver;         /* "auto", "dense", "kernel", "cg" */
  double shift, scale;        /* >= 0 */
  double cg_tol;              /* relative residual */
  int cg_iterations;          /* at most */
  const char *preconditioner; /* "diagonal" (or NULL); "subset", which is the diagonal where 0 is added */
  int64_t subset_size;        /* samples, at most */
  const double *start;        /* [n_param] where cg starts, equal on every rank; NULL: 0 */
  const char *precision; /* of the kernel's factorisation: "double"; "mixed": single precision, refined with products in
                            double to the same d, double where that does not converge; "auto" (or NULL): mixed from an
                            order on where it pays */
  int64_t replicate;     /* dense: largest order that every rank may hold whole; RZ_SR_REPLICATE, or 0 for never */
} rz_sr_options;

typedef struct rz_sr_result {
  const char *solver; /* "dense", "kernel", "cg", "eigen" (the fall-back of the first two) */
  int fell_back;
  const char *precision;      /* of the factorisation: "double", "mixed"; NULL: none */
  int refinements;            /* solves with the factor in single precision; with precision "double": tried in vain */
  int iterations;             /* of cg */
  const char *preconditioner; /* of cg, as used; NULL: none */
  double norm2;               /* d^T S d = d . (F - (shift + scale diag S) d), as good as d */
} rz_sr_result;

/* F = J^T W e, out [n_param], equal on every rank. e [n_rows]; rows of weight 0 count as 0 whatever e holds. */
rz_err rz_forces(const rz_comm *comm, const rz_jacobian *j, const double *e, double *f);

/* S d and d^T S d; s_d [n_param] may be NULL. */
rz_err rz_metric(const rz_comm *comm, const rz_jacobian *j, const double *d, double *s_d, double *norm2);

/* Solve. j is centred and without scales (it is scaled and unscaled within); e [n_rows] local; f = rz_forces of e;
 * d out [n_param], equal on every rank. Errors: RZ_ERR_NUM if no finite d was found, or cg needs more iterations. */
rz_err rz_sr_solve(const rz_sr_options *o, const rz_comm *comm, rz_jacobian *j, const double *e, const double *f,
                   double *d, rz_sr_result *result);

/* |(S + shift + scale diag S) d - F| / |F| by products with J, which no solver spends on its own d. Collective. */
rz_err rz_sr_residual(const rz_sr_options *o, const rz_comm *comm, rz_jacobian *j, const double *f, const double *d,
                      double *out);

#endif
