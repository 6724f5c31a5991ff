#include "ritz/solve/cg.h"

#include "petsc_error.h"
#include "ritz/solve/session.h"
#include <math.h>
#include <petscksp.h>
#include <string.h>

/* What the wrappers need; rc keeps our own error while PETSc unwinds. */
typedef struct problem {
  const rz_linear *a, *preconditioner;
  PetscInt n;
  rz_err rc;
} problem;

static PetscErrorCode apply(problem *p, const rz_linear *f, Vec x, Vec y) {
  const PetscScalar *from = NULL;
  PetscScalar *to = NULL;
  PetscCall(VecGetArrayRead(x, &from));
  PetscCall(VecGetArrayWrite(y, &to));
  p->rc = f->apply(f->ctx, from, to);
  PetscCall(VecRestoreArrayWrite(y, &to));
  PetscCall(VecRestoreArrayRead(x, &from));
  return p->rc == RZ_OK ? 0 : PETSC_ERR_USER;
}

static PetscErrorCode multiply(Mat a, Vec x, Vec y) {
  problem *p = NULL;
  PetscCall(MatShellGetContext(a, &p));
  return apply(p, p->a, x, y);
}

static PetscErrorCode precondition(PC pc, Vec x, Vec y) {
  problem *p = NULL;
  PetscCall(PCShellGetContext(pc, &p));
  return apply(p, p->preconditioner, x, y);
}

static PetscErrorCode configure(KSP ksp, Mat a, problem *p, double tol, int max_iterations) {
  PC pc = NULL;
  PetscCall(KSPSetOperators(ksp, a, a));
  PetscCall(KSPSetType(ksp, KSPCG));
  PetscCall(KSPSetNormType(ksp, KSP_NORM_UNPRECONDITIONED));
  PetscCall(KSPSetInitialGuessNonzero(ksp, PETSC_TRUE));
  PetscCall(KSPSetTolerances(ksp, tol, 0.0, 1e300, max_iterations));
  PetscCall(KSPGetPC(ksp, &pc));
  PetscCall(PCSetType(pc, p->preconditioner ? PCSHELL : PCNONE));
  if (!p->preconditioner) return 0;
  PetscCall(PCShellSetContext(pc, p));
  PetscCall(PCShellSetApply(pc, precondition));
  return 0;
}

static rz_err run(KSP ksp, const problem *p, Vec b, Vec x, int max_iterations, int *iterations) {
  KSPConvergedReason reason = KSP_CONVERGED_ITERATING;
  PetscInt n_iterations = 0;
  PetscReal norm = 0;
  const PetscErrorCode code = KSPSolve(ksp, b, x);
  if (p->rc != RZ_OK) return p->rc;
  RZ_PETSC(code);
  RZ_PETSC(KSPGetConvergedReason(ksp, &reason));
  RZ_PETSC(KSPGetIterationNumber(ksp, &n_iterations));
  RZ_PETSC(KSPGetResidualNorm(ksp, &norm));
  *iterations = (int)n_iterations;
  RZ_CHECK(reason != KSP_DIVERGED_ITS, RZ_ERR_NUM,
           "conjugate gradients: %d iterations are not enough (residual norm %g)", max_iterations, (double)norm);
  RZ_CHECK(reason != KSP_DIVERGED_INDEFINITE_MAT && reason != KSP_DIVERGED_INDEFINITE_PC, RZ_ERR_NUM,
           "conjugate gradients: the matrix is not positive definite");
  RZ_CHECK(reason > 0, RZ_ERR_NUM, "conjugate gradients failed: %s", KSPConvergedReasons[reason]);
  return RZ_OK;
}

typedef struct objects {
  Mat a;
  Vec b, x;
  KSP ksp;
} objects;

static void objects_free(objects *o) {
  if (o->ksp) (void)KSPDestroy(&o->ksp);
  if (o->x) (void)VecDestroy(&o->x);
  if (o->b) (void)VecDestroy(&o->b);
  if (o->a) (void)MatDestroy(&o->a);
}

/* Everything that allocates, so that ranks can agree before the first product. */
static rz_err objects_init(objects *o, problem *p, const double *b, double tol, int max_iterations, double *x) {
  RZ_PETSC(MatCreateShell(PETSC_COMM_SELF, p->n, p->n, p->n, p->n, p, &o->a));
  RZ_PETSC(MatShellSetOperation(o->a, MATOP_MULT, (void (*)(void))multiply));
  RZ_PETSC(VecCreateSeqWithArray(PETSC_COMM_SELF, 1, p->n, b, &o->b));
  RZ_PETSC(VecCreateSeqWithArray(PETSC_COMM_SELF, 1, p->n, x, &o->x));
  RZ_PETSC(KSPCreate(PETSC_COMM_SELF, &o->ksp));
  RZ_PETSC(configure(o->ksp, o->a, p, tol, max_iterations));
  RZ_PETSC(KSPSetUp(o->ksp));
  return RZ_OK;
}

rz_err rz_cg_solve(const rz_comm *comm, int64_t n, const rz_linear *a, const rz_linear *preconditioner, const double *b,
                   double tol, int max_iterations, double *x, int *iterations) {
  problem p = {.a = a, .preconditioner = preconditioner, .n = (PetscInt)n, .rc = RZ_OK};
  objects o = {0};
  double norm = 0.0;
  rz_err rc = RZ_OK;
  RZ_CHECK(n >= 0 && n <= PETSC_MAX_INT, RZ_ERR_ARG, "conjugate gradients: order %lld", (long long)n);
  RZ_CHECK(tol > 0 && max_iterations > 0, RZ_ERR_ARG, "conjugate gradients: tolerance %g, %d iterations", tol,
           max_iterations);
  *iterations = 0;
  for (int64_t k = 0; k < n; k++) norm = fmax(norm, fabs(b[k]));
  if (norm == 0.0) {
    memset(x, 0, (size_t)n * sizeof *x);
    return RZ_OK;
  }
  RZ_TRY(rz_petsc_start());
  RZ_TRY_DONE(rc, rz_agree(comm, objects_init(&o, &p, b, tol, max_iterations, x)));
  RZ_TRY_DONE(rc, run(o.ksp, &p, o.b, o.x, max_iterations, iterations));
done:
  objects_free(&o);
  return rc;
}
