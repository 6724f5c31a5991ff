/* Lowest eigenpairs by SLEPc's Krylov-Schur on a matrix-free operator (G. W. Stewart, SIAM J. Matrix Anal. Appl. 23,
 * 601 (2001)).
 *
 * One Krylov space of one start vector holds one vector of each eigenspace; copies enter by rounding alone. So, beyond
 * one wanted level, the search is repeated in the orthogonal complement of what was found, from a new start vector,
 * until the lowest level left there is not below the highest one kept. */
#include "eigen_impl.h"
#include "ritz/core/memory.h"
#include "ritz/solve/session.h"

#include <float.h>
#include <math.h>
#include <slepceps.h>
#include <string.h>

typedef struct search {
  const rz_eigen_problem *p;
  rz_eigen_result *r; /* counters */
  rz_range rows;
  double scale; /* root mean square of the spectrum, estimated */
  int n;        /* pairs kept, ascending in value */
  double *value;
  double *vector;    /* [n_wanted, rows] */
  double *work;      /* [rows] */
  rz_err rc;         /* of a failed product */
  int last_n;        /* new pairs of the last run */
  double last_value; /* its lowest */
} search;

/* A PETSc failure as ours; a product's own error goes first. */
static rz_err petsc_error(const search *s, PetscErrorCode code, const char *call, int line) {
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
  search *s = NULL;
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
  const search *s = ctx;
  (void)eps;
  (void)im;
  const double size = fmax(fabs(re), s->scale);
  *error = size > 0.0 ? residual / size : residual;
  return 0;
}

int64_t rz_eigen_n_vectors(int64_t n, int n_wanted) {
  const int64_t spare = n <= 100000 ? 40 : 18;
  const int64_t krylov = 2 * (int64_t)n_wanted + spare;
  return (krylov < n ? krylov : n) + 2 * (int64_t)n_wanted + 4;
}

static int64_t n_krylov(int64_t n, int n_wanted) { return rz_eigen_n_vectors(n, n_wanted) - 2 * (int64_t)n_wanted - 4; }

/* Root mean square of the eigenvalues from one random vector: the size that a zero eigenvalue is judged by. */
static rz_err estimate_scale(search *s) {
  double c[2], d[2], *x = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_agree(s->p->comm, RZ_NEW(s->rows.count, &x)));
  for (int64_t i = 0; i < s->rows.count; i++) x[i] = rz_eigen_random(s->p->seed, s->rows.first + i, 0);
  RZ_TRY_DONE(rc, rz_eigen_apply(s->p, x, s->work, s->r));
  RZ_TRY_DONE(rc, rz_eigen_dot(s->p, s->work, s->work, c));
  RZ_TRY_DONE(rc, rz_eigen_dot(s->p, x, x, d));
  s->scale = sqrt(c[0] / d[0]);
  RZ_CHECK_DONE(rc, isfinite(s->scale), RZ_ERR_NUM, "the operator has elements that are not finite");
done:
  rz_free(&x);
  return rc;
}

/* Put work, of the given value, among the kept pairs unless it depends on them; the highest gives way. */
static rz_err keep(search *s, double value) {
  const int64_t rows = s->rows.count;
  const size_t size = (size_t)rows * sizeof *s->vector;
  double norm = 0.0;
  RZ_TRY(rz_eigen_orthogonalise(s->p, s->n, s->vector, s->work, &norm));
  if (norm <= 0.01) return RZ_OK;
  s->last_value = s->last_n++ == 0 ? value : fmin(value, s->last_value);
  if (s->n == s->p->n_wanted) {
    if (value >= s->value[s->n - 1]) return RZ_OK;
    s->n--;
  }
  int at = s->n;
  for (; at > 0 && s->value[at - 1] > value; at--) {
    s->value[at] = s->value[at - 1];
    memcpy(s->vector + at * rows, s->vector + (at - 1) * rows, size);
  }
  s->value[at] = value;
  memcpy(s->vector + at * rows, s->work, size);
  s->n++;
  return RZ_OK;
}

/* Deflate the kept vectors, and their multiples by i if paired. */
static rz_err deflate(search *s, EPS eps, Vec like) {
  const int copies = s->p->paired ? 2 : 1;
  const int n = copies * s->n;
  const int64_t rows = s->rows.count;
  Vec *space = NULL;
  rz_err rc = RZ_OK;
  if (n == 0) return RZ_OK;
  PETSC_DONE(VecDuplicateVecs(like, n, &space));
  for (int k = 0; k < n; k++) {
    PetscScalar *to = NULL;
    const double *const from = s->vector + (k / copies) * rows;
    PETSC_DONE(VecGetArrayWrite(space[k], &to));
    if (k % copies == 0)
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

static rz_err configure(search *s, EPS eps, Mat a, Vec start, int nev, int draw) {
  const rz_eigen_problem *const p = s->p;
  const int64_t left = p->n - (p->paired ? 2 : 1) * (int64_t)s->n;
  const int64_t fits = n_krylov(p->n, p->n_wanted) < left ? n_krylov(p->n, p->n_wanted) : left;
  const int64_t krylov = fits > nev || p->n <= nev ? fits : nev + 1; /* what SLEPc asks for */
  const int64_t products = p->max_products > 0 ? p->max_products : 20000;
  const int64_t restarts = 1 + 2 * products / krylov;
  PetscScalar *x = NULL;
  rz_err rc = RZ_OK;
  PETSC_DONE(EPSSetOperators(eps, a, NULL));
  PETSC_DONE(EPSSetProblemType(eps, EPS_HEP));
  PETSC_DONE(EPSSetType(eps, EPSKRYLOVSCHUR));
  PETSC_DONE(EPSSetWhichEigenpairs(eps, EPS_SMALLEST_REAL));
  PETSC_DONE(EPSSetDimensions(eps, nev, (PetscInt)krylov, PETSC_DEFAULT));
  PETSC_DONE(EPSSetTolerances(eps, p->tol, (PetscInt)restarts));
  PETSC_DONE(EPSSetConvergenceTestFunction(eps, converged, s, NULL));
  PETSC_DONE(VecGetArrayWrite(start, &x));
  for (int64_t i = 0; i < s->rows.count; i++) x[i] = rz_eigen_random(p->seed, s->rows.first + i, draw);
  PETSC_DONE(VecRestoreArrayWrite(start, &x));
  PETSC_DONE(EPSSetInitialSpace(eps, 1, &start));
  PETSC_DONE(deflate(s, eps, start) == RZ_OK ? 0 : PETSC_ERR_LIB);
done:
  return rc;
}

/* One search for the nev lowest levels orthogonal to the kept ones. */
static rz_err run(search *s, Mat a, int nev, int draw) {
  EPS eps = NULL;
  Vec x = NULL;
  PetscInt n_converged = 0;
  rz_err rc = RZ_OK;
  s->last_n = 0;
  s->last_value = INFINITY;
  PETSC_DONE(EPSCreate(s->p->comm->mpi, &eps));
  PETSC_DONE(MatCreateVecs(a, &x, NULL));
  RZ_TRY_DONE(rc, configure(s, eps, a, x, nev, draw));
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
    memcpy(s->work, from, (size_t)s->rows.count * sizeof *s->work);
    PETSC_DONE(VecRestoreArrayRead(x, &from));
    RZ_TRY_DONE(rc, keep(s, value));
  }
done:
  VecDestroy(&x);
  EPSDestroy(&eps);
  return rc;
}

static rz_err search_all(search *s, Mat a) {
  const rz_eigen_problem *const p = s->p;
  const int64_t order = p->paired ? p->n / 2 : p->n;
  RZ_TRY(run(s, a, p->n_wanted, 0));
  if (p->n_wanted == 1) return RZ_OK; /* no copy can lie lower than the lowest level */
  for (int draw = 1; s->n < order; draw++) {
    const bool full = s->n == p->n_wanted;
    const double highest = s->value[s->n - 1];
    RZ_TRY(run(s, a, full ? 1 : p->n_wanted - s->n, draw));
    RZ_CHECK(s->last_n > 0, RZ_ERR_NUM, "%d of %d levels found: the complement gave no new vector", s->n, p->n_wanted);
    if (full && s->last_value >= highest - 1e3 * DBL_EPSILON * fmax(fabs(highest), s->scale)) break;
  }
  return RZ_OK;
}

static rz_err allocate(search *s) {
  const int n_wanted = s->p->n_wanted;
  RZ_TRY(RZ_NEW(n_wanted, &s->value));
  RZ_TRY(RZ_NEW(n_wanted, &s->r->residual));
  RZ_TRY(RZ_NEW(n_wanted * s->rows.count, &s->vector));
  return RZ_NEW(s->rows.count, &s->work);
}

static rz_err solve(const rz_eigen_problem *p, int with_vectors, rz_eigen_result *out) {
  search search_ = {.p = p, .r = out, .rows = p->rows}, *const s = &search_;
  Mat a = NULL;
  rz_err rc = RZ_OK;
  (void)with_vectors; /* needed for the residuals anyway */
  RZ_CHECK(p->n <= PETSC_MAX_INT, RZ_ERR_ARG,
           "%lld rows are more than this PETSc can number (%lld): it needs 64-bit indices", (long long)p->n,
           (long long)PETSC_MAX_INT);
  RZ_TRY(rz_petsc_start());
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL); /* errors are returned, not printed */
  RZ_TRY_DONE(rc, rz_agree(p->comm, allocate(s)));
  PETSC_DONE(MatCreateShell(p->comm->mpi, (PetscInt)s->rows.count, (PetscInt)s->rows.count, (PetscInt)p->n,
                            (PetscInt)p->n, s, &a));
  PETSC_DONE(MatShellSetOperation(a, MATOP_MULT, (void (*)(void))product));
  RZ_TRY_DONE(rc, estimate_scale(s));
  RZ_TRY_DONE(rc, search_all(s, a));
  out->n_found = s->n;
  out->bytes = rz_eigen_n_vectors(p->n, p->n_wanted) * s->rows.count * (int64_t)sizeof(double);
done:
  MatDestroy(&a);
  PetscPopErrorHandler();
  out->value = s->value;
  out->vector = s->vector;
  rz_free(&s->work);
  return rc;
}

const rz_eigensolver_class rz_eigensolver_slepc = {
    .name = "slepc",
    .about = "Krylov-Schur by SLEPc, matrix-free, on any number of ranks",
    .solve = solve,
};
