/* Lowest eigenpairs by SLEPc's Krylov-Schur on a matrix-free operator (G. W. Stewart, SIAM J. Matrix Anal. Appl. 23,
 * 601 (2001)). */
#include "eigen_search.h"
#include "ritz/solve/session.h"

#include <math.h>
#include <slepceps.h>
#include <string.h>

typedef struct shell {
  const rz_eigen_problem *p;
  rz_eigen_result *r;
  const rz_eigen_search *search; /* of the run in progress */
  Mat a;
  rz_err rc; /* of a failed product */
} shell;

/* A PETSc failure as ours; a product's own error goes first. */
static rz_err petsc_error(const shell *s, PetscErrorCode code, const char *call, int line) {
  const char *text = NULL;
  if (s->rc != RZ_OK) return s->rc;
  PetscErrorMessage(code, &text, NULL);
  return rz_error_set(RZ_ERR_NUM, __FILE__, line, "eigen_slepc", "%s: PETSc error %d: %s", call, (int)code,
                      text ? text : "unknown");
}
#define PETSC_DONE(call)                                                                                               \
  do {                                                                                                                 \
    const PetscErrorCode code_ = (call);                                                                               \
    if (code_) {                                                                                                       \
      rc = petsc_error(s, code_, #call, __LINE__);                                                                     \
      goto done;                                                                                                       \
    }                                                                                                                  \
  } while (0)

static PetscErrorCode product(Mat a, Vec x, Vec y) {
  shell *s = NULL;
  const PetscScalar *from = NULL;
  PetscScalar *to = NULL;
  PetscCall(MatShellGetContext(a, &s));
  PetscCall(VecGetArrayRead(x, &from));
  PetscCall(VecGetArrayWrite(y, &to));
  s->rc = rz_eigen_apply(s->p, from, to, s->r);
  PetscCall(VecRestoreArrayWrite(y, &to));
  PetscCall(VecRestoreArrayRead(x, &from));
  return s->rc == RZ_OK ? 0 : PETSC_ERR_LIB;
}

static PetscErrorCode converged(EPS eps, PetscScalar re, PetscScalar im, PetscReal residual, PetscReal *error,
                                void *ctx) {
  const rz_eigen_search *s = ((const shell *)ctx)->search;
  (void)eps;
  (void)im;
  const double size = fmax(fabs(re), s->scale);
  *error = size > 0.0 ? residual / size : residual;
  return 0;
}

static int64_t n_krylov(int64_t n, int n_wanted) {
  const int64_t spare = n <= 100000 ? 40 : 18, krylov = 2 * (int64_t)n_wanted + spare;
  return krylov < n ? krylov : n;
}

/* The Krylov space; the kept vectors twice, as the deflated space too; four to work with. */
static int64_t n_vectors(int64_t n, int n_wanted, bool with_vectors) {
  (void)with_vectors; /* needed for the residuals anyway */
  return n_krylov(n, n_wanted) + 2 * (int64_t)n_wanted + 4;
}

/* Deflate the kept vectors, and their multiples by i if paired. */
static rz_err deflate(shell *s, EPS eps, Vec like) {
  const int copies = s->p->paired ? 2 : 1;
  const int n = copies * s->search->n;
  const int64_t rows = s->p->rows.count;
  Vec *space = NULL;
  rz_err rc = RZ_OK;
  if (n == 0) return RZ_OK;
  PETSC_DONE(VecDuplicateVecs(like, n, &space));
  for (int k = 0; k < n; k++) {
    PetscScalar *to = NULL;
    const double *const from = s->search->vector + (k / copies) * rows;
    PETSC_DONE(VecGetArrayWrite(space[k], &to));
    if (k % copies == 0 && rows > 0)
      memcpy(to, from, (size_t)rows * sizeof *to);
    else
      for (int64_t i = 0; i < rows; i += 2) {
        to[i] = -from[i + 1];
        to[i + 1] = from[i];
      }
    PETSC_DONE(VecRestoreArrayWrite(space[k], &to));
  }
  PETSC_DONE(EPSSetDeflationSpace(eps, n, space));
done:
  if (space) VecDestroyVecs(n, &space);
  return rc;
}

static rz_err configure(shell *s, EPS eps, Vec start, int nev, int draw) {
  const rz_eigen_problem *const p = s->p;
  const int64_t left = p->n - (p->paired ? 2 : 1) * (int64_t)s->search->n;
  const int64_t fits = n_krylov(p->n, p->n_wanted) < left ? n_krylov(p->n, p->n_wanted) : left;
  const int64_t krylov = fits > nev || p->n <= nev ? fits : nev + 1; /* what SLEPc asks for */
  const int64_t products = p->max_products > 0 ? p->max_products : 20000;
  const int64_t restarts = 1 + 2 * products / krylov;
  PetscScalar *x = NULL;
  rz_err rc = RZ_OK;
  PETSC_DONE(EPSSetOperators(eps, s->a, NULL));
  PETSC_DONE(EPSSetProblemType(eps, EPS_HEP));
  PETSC_DONE(EPSSetType(eps, EPSKRYLOVSCHUR));
  PETSC_DONE(EPSSetWhichEigenpairs(eps, EPS_SMALLEST_REAL));
  PETSC_DONE(EPSSetDimensions(eps, nev, (PetscInt)krylov, PETSC_DEFAULT));
  PETSC_DONE(EPSSetTolerances(eps, p->tol, (PetscInt)restarts));
  PETSC_DONE(EPSSetConvergenceTestFunction(eps, converged, s, NULL));
  PETSC_DONE(VecGetArrayWrite(start, &x));
  rz_eigen_fill_random(p, draw, x);
  PETSC_DONE(VecRestoreArrayWrite(start, &x));
  PETSC_DONE(EPSSetInitialSpace(eps, 1, &start));
  PETSC_DONE(deflate(s, eps, start) == RZ_OK ? 0 : PETSC_ERR_LIB);
done:
  return rc;
}

static rz_err run(void *ctx, rz_eigen_search *search, int nev, int draw) {
  shell *const s = ctx;
  EPS eps = NULL;
  Vec x = NULL;
  PetscInt n_converged = 0;
  rz_err rc = RZ_OK;
  s->search = search;
  PETSC_DONE(EPSCreate(s->p->comm->mpi, &eps));
  PETSC_DONE(MatCreateVecs(s->a, &x, NULL));
  RZ_TRY_DONE(rc, configure(s, eps, x, nev, draw));
  PETSC_DONE(EPSSolve(eps));
  PETSC_DONE(EPSGetConverged(eps, &n_converged));
  RZ_CHECK_DONE(rc, n_converged >= nev, RZ_ERR_NUM,
                "%d of %d levels converged to %.1e within %d products: raise the limit or the tolerance",
                (int)n_converged, nev, s->p->tol, s->r->n_products);
  for (PetscInt k = 0; k < n_converged; k++) {
    PetscScalar value = 0.0;
    const PetscScalar *from = NULL;
    PETSC_DONE(EPSGetEigenpair(eps, k, &value, NULL, x, NULL));
    PETSC_DONE(VecGetArrayRead(x, &from));
    if (s->p->rows.count > 0) memcpy(search->work, from, (size_t)s->p->rows.count * sizeof *from);
    PETSC_DONE(VecRestoreArrayRead(x, &from));
    RZ_TRY_DONE(rc, rz_eigen_keep(search, value));
  }
done:
  VecDestroy(&x);
  EPSDestroy(&eps);
  return rc;
}

static rz_err solve(const rz_eigen_problem *p, bool with_vectors, rz_eigen_result *out) {
  shell shell_ = {.p = p, .r = out}, *const s = &shell_;
  const PetscInt rows = (PetscInt)p->rows.count, n = (PetscInt)p->n;
  rz_err rc = RZ_OK;
  RZ_CHECK(p->n <= PETSC_MAX_INT, RZ_ERR_ARG,
           "%lld rows are more than this PETSc can number (%lld): it needs 64-bit indices", (long long)p->n,
           (long long)PETSC_MAX_INT);
  RZ_TRY(rz_petsc_start());
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL); /* errors are returned, not printed */
  PETSC_DONE(MatCreateShell(p->comm->mpi, rows, rows, n, n, s, &s->a));
  PETSC_DONE(MatShellSetOperation(s->a, MATOP_MULT, (void (*)(void))product));
  RZ_TRY_DONE(rc, rz_eigen_search_all(p, run, s, out));
  out->bytes = n_vectors(p->n, p->n_wanted, with_vectors) * p->rows.count * (int64_t)sizeof(double);
done:
  MatDestroy(&s->a);
  PetscPopErrorHandler();
  return rc;
}

const rz_eigensolver_class rz_eigensolver_slepc = {
    .name = "slepc",
    .about = "Krylov-Schur by SLEPc, matrix-free, on any number of ranks",
    .solve = solve,
    .n_vectors = n_vectors,
};
