/* Lowest eigenpairs of a symmetric operator given by its product; a table of solvers by name: "slepc" (Krylov-Schur),
 * "dense" (ScaLAPACK, all of the spectrum). Collective. */
#ifndef RITZ_SOLVE_EIGEN_H
#define RITZ_SOLVE_EIGEN_H

#include "ritz/core/comm.h"
#include "ritz/core/error.h"
#include <stdint.h>

/* y = A x: this rank's contiguous rows (rz_share of n over ranks) of either vector. Collective. */
typedef rz_err rz_matvec(void *ctx, const double *x, double *y);

typedef struct rz_eigen_problem {
  const rz_comm *comm;
  int64_t n; /* global order */
  rz_matvec *apply;
  void *ctx;
  int n_wanted;     /* lowest pairs */
  double tol;       /* relative residual, e.g. 1e-12 */
  int max_products; /* 0: default */
  uint64_t seed;    /* start vector from RZ_RNG_SOLVER, by global index */
} rz_eigen_problem;

typedef struct rz_eigen_result {
  int n_found;
  double *value;    /* [n_found] ascending; owner: caller, rz_eigen_result_free */
  double *residual; /* [n_found] |A x - value x| */
  double *vector;   /* [n_found, local rows] normalised; NULL if not asked for */
  int n_products;
  double seconds_per_product;
} rz_eigen_result;

typedef struct rz_eigensolver_class {
  const char *name, *about;
  rz_err (*solve)(const rz_eigen_problem *p, int with_vectors, rz_eigen_result *out);
} rz_eigensolver_class;
const rz_eigensolver_class *const *rz_eigensolver_registry(int *n);
/* Errors: RZ_ERR_NUM if fewer than n_wanted pairs converged (never unconverged values in silence). */
rz_err rz_eigen_solve(const char *solver, const rz_eigen_problem *p, int with_vectors, rz_eigen_result *out);
void rz_eigen_result_free(rz_eigen_result *r);

#endif
