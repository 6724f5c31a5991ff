/* Lowest eigenpairs of a symmetric or Hermitian operator given by its product; a table of solvers by name: "lanczos"
 * (two vectors for one level, thick restarts for several), "slepc" (Krylov-Schur), "dense" (LAPACK or ScaLAPACK, all
 * of the spectrum). Collective.
 *
 * A complex Hermitian operator H = A + iB of order n/2 is given as the real symmetric [[A, -B], [B, A]] of order n with
 * rows in pairs: row 2i holds the real part of component i and row 2i+1 its imaginary part, so that a vector is an
 * array of double complex and the product is H's own. Every level of the real form is doubled (x and i x). With
 * `paired` the solver returns vectors that are orthonormal in complex arithmetic, each level as often as H has it:
 * dependent vectors are found by Gram-Schmidt and dropped, never by comparing values. */
#ifndef RITZ_SOLVE_EIGEN_H
#define RITZ_SOLVE_EIGEN_H

#include "ritz/core/comm.h"
#include "ritz/core/error.h"
#include <stdbool.h>
#include <stdint.h>

/* y = A x + c y: this rank's rows of either vector, c equal on all ranks; where c is 0, y is not read. Collective. */
typedef rz_err rz_matvec(void *ctx, const double *x, double c, double *y);
/* Vectors [count, this rank's rows] that the product reads best, side by side. Collective; all ranks agree on an error.
 * Released by the same ctx; NULL: nothing is done. */
typedef rz_err rz_eigen_alloc(void *ctx, int64_t count, double **vectors);
typedef void rz_eigen_release(void *ctx, double **vectors);

typedef struct rz_eigen_problem {
  const rz_comm *comm;
  int64_t n;     /* global order */
  bool paired;   /* real form of a complex Hermitian operator of order n/2, n even */
  rz_range rows; /* this rank's rows of every vector: contiguous, in rank order, together 0 .. n - 1, whole pairs if
                    paired; ranks may have none. {0, 0} on every rank: rz_share of the rows, or of the pairs */
  rz_matvec *apply;
  rz_eigen_alloc *alloc; /* of "lanczos" for what it multiplies; NULL: any memory */
  rz_eigen_release *release;
  void *ctx;    /* of the three */
  int n_wanted; /* lowest pairs */
  double tol;   /* residual relative to max(|value|, root mean square of the spectrum), e.g. 1e-12. "lanczos" for one
                   level without its vector: ten times that, which the value is better than unless a second level lies
                   as close as the residual */
  int max_products; /* 0: default */
  uint64_t seed;    /* start vector from RZ_RNG_SOLVER, by global index */
} rz_eigen_problem;

typedef struct rz_eigen_result {
  int n_found;
  double *value;    /* [n_found] ascending; owner: caller, rz_eigen_result_free */
  double *residual; /* [n_found] |A x - value x| */
  double *vector;   /* [n_found, this rank's rows] normalised, phase fixed by a positive product with the random vector
                       number RZ_EIGEN_PHASE_DRAW, so that a simple level's vector does not depend on the ranks; NULL if
                       not asked for */
  int n_products;
  double seconds_per_product;
  int64_t bytes; /* this rank's vectors and matrices inside the solver */
} rz_eigen_result;

typedef struct rz_eigensolver_class {
  const char *name, *about;
  rz_err (*solve)(const rz_eigen_problem *p, bool with_vectors, rz_eigen_result *out);
  int64_t (*n_vectors)(int64_t n, int n_wanted, bool with_vectors); /* as rz_eigen_n_vectors */
} rz_eigensolver_class;
const rz_eigensolver_class *const *rz_eigensolver_registry(int *n);
/* n_wanted levels, copies of degenerate ones included (a Krylov space may hold one copy only: the rest is searched in
 * the orthogonal complement until nothing lower is left there). Residuals are computed anew
 * from the vectors where these are kept; "lanczos" without vectors reports its recurrence's, "dense" none (NaN).
 * Errors: RZ_ERR_NUM if fewer than n_wanted pairs converged (never unconverged values in silence); RZ_ERR_ARG if
 * n_wanted exceeds the order, the rows do not fit together, the solver is unknown, or the order is beyond the solver's
 * (2^31 - 1 rows for "slepc" with 32-bit PetscInt, RZ_EIGEN_DENSE_MAX for "dense"); an error of `apply` on any rank is
 * returned by all. */
rz_err rz_eigen_solve(const char *solver, const rz_eigen_problem *p, bool with_vectors, rz_eigen_result *out);
void rz_eigen_result_free(rz_eigen_result *r);

enum { RZ_EIGEN_DENSE_MAX = 20000, RZ_EIGEN_PHASE_DRAW = 1000 };
/* Component `row` of random vector number `draw`, uniform in (-1/2, 1/2): word 2 draw of stream (seed, RZ_RNG_SOLVER,
 * row). Vector 0 starts the search. Local. */
double rz_eigen_random(uint64_t seed, int64_t row, int draw);
/* Vectors a solver keeps at most for an order n and n_wanted pairs: its memory is this many times the local rows. 0 for
 * an unknown solver. Local. */
int64_t rz_eigen_n_vectors(const char *solver, int64_t n, int n_wanted, bool with_vectors);

#endif
