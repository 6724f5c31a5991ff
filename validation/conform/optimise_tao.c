/* modules: drive optimise solve store linalg core petsc */
/* L-BFGS against that of PETSc's TAO, which shares no line with ours: both come to the same minimum of Rosenbrock's
 * valley, short and long, and of a fit whose residuals do not vanish, in about as many assessments. */
#include "ritz/linalg/blas.h"
#include "ritz/solve/session.h"
#include "unit/regression_fit.h"

#include <petsctao.h>
#include <string.h>

typedef struct objective {
  const reg_problem *p;
  int64_t calls;
} objective;

static PetscErrorCode assess(Tao tao, Vec x, PetscReal *value, Vec gradient, void *ctx) {
  objective *o = ctx;
  const PetscScalar *theta;
  PetscScalar *g;
  double row[REG_MAX_PARAM];
  (void)tao;
  o->calls++;
  *value = 0.0;
  VecZeroEntries(gradient);
  VecGetArrayRead(x, &theta);
  VecGetArray(gradient, &g);
  for (int i = 0; i < o->p->n; i++) {
    const double e = o->p->residual(o->p, i, theta, row);
    *value += e * e / o->p->n;
    for (int k = 0; k < o->p->n_param; k++) g[k] += 2.0 * e * row[k] / o->p->n;
  }
  VecRestoreArray(gradient, &g);
  VecRestoreArrayRead(x, &theta);
  return 0;
}

/* The minimum of TAO's method into theta; returns its assessments. */
static int64_t by_tao(const reg_problem *p, const char *method, double *theta) {
  objective o = {.p = p};
  Vec x;
  Tao tao;
  const PetscScalar *from;
  PetscScalar *to;
  VecCreateSeq(PETSC_COMM_SELF, p->n_param, &x);
  VecGetArray(x, &to);
  memcpy(to, p->start, (size_t)p->n_param * sizeof *to);
  VecRestoreArray(x, &to);
  TaoCreate(PETSC_COMM_SELF, &tao);
  TaoSetType(tao, method);
  TaoSetSolution(tao, x);
  TaoSetObjectiveAndGradient(tao, NULL, assess, &o);
  TaoSetTolerances(tao, 1e-13, 0.0, 0.0);
  TaoSetMaximumIterations(tao, 5000);
  TaoSetMaximumFunctionEvaluations(tao, 20000);
  RZ_EXPECT(TaoSolve(tao) == 0);
  VecGetArrayRead(x, &from);
  memcpy(theta, from, (size_t)p->n_param * sizeof *theta);
  VecRestoreArrayRead(x, &from);
  TaoDestroy(&tao);
  VecDestroy(&x);
  return o.calls;
}

static void compare(const rz_comm *comm, const reg_problem *p, const char *method, double tol) {
  double theta[REG_MAX_PARAM];
  fit f;
  rz_train_result r;
  const int64_t calls = by_tao(p, method, theta);
  fit_init(comm, p, &f);
  RZ_EXPECT_OK(train(&f, "'lbfgs'", 5000, &r));
  int near = 1;
  for (int k = 0; k < p->n_param; k++) near &= RZ_EXPECT_NEAR(f.params.value[k], theta[k], tol * fabs(theta[k]));
  near &= RZ_EXPECT(f.calls < 2 * calls + 100);
  if (!near)
    fprintf(stderr, "  %s, %s: %lld calls, ours %lld\n", p->name, method, (long long)calls, (long long)f.calls);
  printf("%s, %s: %lld assessments, ours %lld\n", p->name, method, (long long)calls, (long long)f.calls);
  rz_history_free(&r.history);
  rz_params_free(&f.params);
}

int main(int argc, char **argv) {
  rz_comm comm;
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  (void)rz_blas_setup();
  RZ_EXPECT_OK(rz_petsc_start());
  const reg_problem straight = reg_straight();
  static const char *const methods[] = {"lmvm", "blmvm"};
  for (int i = 0; i < 2; i++) {
    compare(&comm, &reg_rosenbrock, methods[i], 1e-8);
    compare(&comm, &reg_long_rosenbrock, methods[i], 1e-8);
    compare(&comm, &straight, methods[i], 1e-3);
    compare(&comm, &reg_thurber, methods[i], 1e-5);
  }
  RZ_EXPECT_OK(rz_petsc_stop());
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  return rz_check_finish();
}
