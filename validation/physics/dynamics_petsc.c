/* modules: dynamics solve linalg core petsc */
/* The pendulum by PETSc's integrators, which share no line with ours, gives the same states to rounding: order 2, which
 * there is drift-kick-drift and ours between half a drift and half a kick, order 4, and the discrete gradient. */
#include "check.h"
#include "ritz/dynamics/integrator.h"
#include "ritz/dynamics/system.h"
#include "ritz/solve/session.h"

#include <petscts.h>
#include <string.h>

static const double start[2] = {1.2, 0.5}, step = 0.05;
enum { N_STEP = 200 };

static void read_two(Vec x, double out[2]) {
  const PetscScalar *from;
  PetscInt n;
  VecGetLocalSize(x, &n);
  VecGetArrayRead(x, &from);
  for (PetscInt k = 0; k < n; k++) out[k] = from[k];
  VecRestoreArrayRead(x, &from);
}

static void write_two(Vec x, double a, double b) {
  PetscScalar *to;
  PetscInt n;
  VecGetLocalSize(x, &n);
  VecGetArray(x, &to);
  to[0] = a;
  if (n > 1) to[1] = b;
  VecRestoreArray(x, &to);
}

static PetscErrorCode velocity(TS ts, PetscReal t, Vec x, Vec out, void *ctx) {
  double at[2];
  (void)ts, (void)t, (void)ctx;
  read_two(x, at);
  write_two(out, at[0], 0);
  return 0;
}

static PetscErrorCode force(TS ts, PetscReal t, Vec x, Vec out, void *ctx) {
  double at[2];
  (void)ts, (void)t, (void)ctx;
  read_two(x, at);
  write_two(out, -sin(at[0]), 0);
  return 0;
}

static PetscErrorCode field(TS ts, PetscReal t, Vec x, Vec out, void *ctx) {
  double at[2];
  (void)ts, (void)t, (void)ctx;
  read_two(x, at);
  write_two(out, at[1], -sin(at[0]));
  return 0;
}

static PetscErrorCode structure(TS ts, PetscReal t, Vec x, Mat s, void *ctx) {
  (void)ts, (void)t, (void)x, (void)ctx;
  PetscCall(MatSetValue(s, 0, 1, 1, INSERT_VALUES));
  PetscCall(MatSetValue(s, 1, 0, -1, INSERT_VALUES));
  PetscCall(MatAssemblyBegin(s, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(s, MAT_FINAL_ASSEMBLY));
  return 0;
}

static PetscErrorCode energy(TS ts, PetscReal t, Vec x, PetscScalar *h, void *ctx) {
  double at[2];
  (void)ts, (void)t, (void)ctx;
  read_two(x, at);
  *h = 0.5 * at[1] * at[1] + 1 - cos(at[0]);
  return 0;
}

static PetscErrorCode gradient(TS ts, PetscReal t, Vec x, Vec out, void *ctx) {
  double at[2];
  (void)ts, (void)t, (void)ctx;
  read_two(x, at);
  write_two(out, sin(at[0]), at[1]);
  return 0;
}

static PetscErrorCode follow(TS ts, double out[2]) {
  Vec x;
  PetscCall(VecCreateSeq(PETSC_COMM_SELF, 2, &x));
  write_two(x, start[0], start[1]);
  PetscCall(TSSetTimeStep(ts, step));
  PetscCall(TSSetMaxSteps(ts, N_STEP));
  PetscCall(TSSetMaxTime(ts, 1e9));
  PetscCall(TSSetExactFinalTime(ts, TS_EXACTFINALTIME_STEPOVER));
  PetscCall(TSSolve(ts, x));
  read_two(x, out);
  PetscCall(VecDestroy(&x));
  return 0;
}

static PetscErrorCode symplectic(const char *order, double out[2]) {
  TS ts;
  IS position, momentum;
  PetscCall(ISCreateStride(PETSC_COMM_SELF, 1, 0, 1, &position));
  PetscCall(ISCreateStride(PETSC_COMM_SELF, 1, 1, 1, &momentum));
  PetscCall(TSCreate(PETSC_COMM_SELF, &ts));
  PetscCall(TSSetType(ts, TSBASICSYMPLECTIC));
  PetscCall(TSBasicSymplecticSetType(ts, order));
  PetscCall(TSRHSSplitSetIS(ts, "position", position));
  PetscCall(TSRHSSplitSetIS(ts, "momentum", momentum));
  PetscCall(TSRHSSplitSetRHSFunction(ts, "position", NULL, velocity, NULL));
  PetscCall(TSRHSSplitSetRHSFunction(ts, "momentum", NULL, force, NULL));
  PetscCall(follow(ts, out));
  PetscCall(TSDestroy(&ts));
  PetscCall(ISDestroy(&position));
  PetscCall(ISDestroy(&momentum));
  return 0;
}

static PetscErrorCode discrete_gradient(double out[2]) {
  TS ts;
  SNES snes;
  PetscCall(TSCreate(PETSC_COMM_SELF, &ts));
  PetscCall(TSSetType(ts, TSDISCGRAD));
  PetscCall(TSSetRHSFunction(ts, NULL, field, NULL));
  PetscCall(TSDiscGradSetFormulation(ts, structure, energy, gradient, NULL));
#if PETSC_VERSION_LT(3, 24, 0)
  PetscCall(TSDiscGradUseGonzalez(ts, PETSC_TRUE));
#else
  PetscCall(TSDiscGradSetType(ts, TS_DG_GONZALEZ));
#endif
  PetscCall(TSGetSNES(ts, &snes));
  PetscCall(SNESSetTolerances(snes, 1e-15, 1e-13, 1e-15, 100, 10000));
  PetscCall(follow(ts, out));
  PetscCall(TSDestroy(&ts));
  return 0;
}

static void ours(const char *method, const rz_system *s, int64_t n_step, double x[2]) {
  rz_integrator *g = NULL;
  const rz_integrator_spec spec = {.method = method};
  RZ_EXPECT_OK(rz_integrator_create(&spec, &s->flow, 1, &g));
  RZ_EXPECT_OK(rz_integrator_run(g, step, n_step, x, NULL));
  rz_integrator_destroy(&g);
}

static double distance(const double a[2], const double b[2]) { return fmax(fabs(a[0] - b[0]), fabs(a[1] - b[1])); }

int main(int argc, char **argv) {
  rz_system *s = NULL;
  double a[2], b[2] = {start[0], start[1]};
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_petsc_start());
  RZ_EXPECT_OK(rz_system_create_text("name = 'pendulum'", &s));

  RZ_EXPECT(symplectic(TSBASICSYMPLECTICVELVERLET, a) == 0);
  b[0] += 0.5 * step * b[1];
  b[1] -= 0.5 * step * sin(b[0]);
  ours("leapfrog", s, N_STEP - 1, b);
  b[1] -= 0.5 * step * sin(b[0]);
  b[0] += 0.5 * step * b[1];
  RZ_EXPECT(distance(a, b) < 1e-13);

  RZ_EXPECT(symplectic(TSBASICSYMPLECTIC4, a) == 0);
  memcpy(b, start, sizeof b);
  ours("yoshida4", s, N_STEP, b);
  RZ_EXPECT(distance(a, b) < 1e-13);

  RZ_EXPECT(discrete_gradient(a) == 0);
  memcpy(b, start, sizeof b);
  ours("discrete_gradient", s, N_STEP, b);
  RZ_EXPECT(distance(a, b) < 1e-12);
  rz_system_destroy(&s);
  RZ_EXPECT_OK(rz_petsc_stop());
  return rz_check_finish();
}
