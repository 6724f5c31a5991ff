/* modules: dynamics solve linalg core petsc */
/* CPU time of a step, by system and integrator, least and median of slices; PETSc's TSBASICSYMPLECTIC on the pendulum
 * beside it. */
#include "ritz/core/memory.h"
#include "ritz/dynamics/integrator.h"
#include "ritz/dynamics/system.h"
#include "ritz/solve/session.h"
#include "slices.h"
#include <mpi.h>
#include <petscts.h>
#include <stdio.h>

enum { N_SLICE = 15, WIDTH = 128 };

static const char *const systems[] = {
    "name = 'mass_spring'",      "name = 'pendulum'", "name = 'kepler', eccentricity = 0, 0",
    "name = 'henon_heiles'",     "name = 'n_body'",   "name = 'double_pendulum', angle = 1",
    "name = 'charged_particle'", "name = 'fput'",
};

/* Steps of a slice so that it takes about a hundredth of a second. */
static rz_err time_steps(rz_integrator *g, double *x, slices *s) {
  double t = rz_cpu_time();
  int64_t n = 100;
  for (;; n *= 2) {
    RZ_TRY(rz_integrator_run(g, 1e-2, n, x, NULL));
    if (slices_lap(&t) > 5e-3) break;
  }
  for (int k = 0; k < N_SLICE; k++) {
    RZ_TRY(rz_integrator_run(g, 1e-2, n, x, NULL));
    slices_add(s, slices_lap(&t) / (double)n);
  }
  return RZ_OK;
}

static rz_err measure(const char *keys, const rz_integrator_class *c) {
  rz_system *s = NULL;
  rz_integrator *g = NULL;
  rz_err rc = RZ_OK;
  double x[WIDTH];
  slices t = {0};
  const rz_integrator_spec spec = {.method = c->name};
  RZ_TRY_DONE(rc, rz_system_create_text(keys, &s));
  if (c->needs_separable && !s->flow.separable) goto done;
  RZ_TRY_DONE(rc, rz_integrator_create(&spec, &s->flow, 1, &g));
  rz_system_draw(s, 1, 0, 1, x);
  RZ_TRY_DONE(rc, time_steps(g, x, &t));
  printf("%-18s %-18s %9.1f %9.1f\n", s->cls->name, c->name, 1e9 * slices_least(&t), 1e9 * slices_median(&t));
done:
  rz_integrator_destroy(&g);
  rz_system_destroy(&s);
  return rc;
}

/* --- the pendulum by PETSc ------------------------------------------------------------------------------------- */

static PetscErrorCode petsc_velocity(TS ts, PetscReal t, Vec x, Vec out, void *ctx) {
  const PetscScalar *from;
  PetscScalar *to;
  (void)ts, (void)t, (void)ctx;
  PetscCall(VecGetArrayRead(x, &from));
  PetscCall(VecGetArray(out, &to));
  to[0] = from[0];
  PetscCall(VecRestoreArray(out, &to));
  PetscCall(VecRestoreArrayRead(x, &from));
  return 0;
}

static PetscErrorCode petsc_force(TS ts, PetscReal t, Vec x, Vec out, void *ctx) {
  const PetscScalar *from;
  PetscScalar *to;
  (void)ts, (void)t, (void)ctx;
  PetscCall(VecGetArrayRead(x, &from));
  PetscCall(VecGetArray(out, &to));
  to[0] = -sin(from[0]);
  PetscCall(VecRestoreArray(out, &to));
  PetscCall(VecRestoreArrayRead(x, &from));
  return 0;
}

static PetscErrorCode petsc_steps(const char *order, int n, slices *s) {
  TS ts;
  Vec x;
  IS position, momentum;
  PetscCall(VecCreateSeq(PETSC_COMM_SELF, 2, &x));
  PetscCall(VecSetValue(x, 0, 1.0, INSERT_VALUES));
  PetscCall(ISCreateStride(PETSC_COMM_SELF, 1, 0, 1, &position));
  PetscCall(ISCreateStride(PETSC_COMM_SELF, 1, 1, 1, &momentum));
  PetscCall(TSCreate(PETSC_COMM_SELF, &ts));
  PetscCall(TSSetType(ts, TSBASICSYMPLECTIC));
  PetscCall(TSBasicSymplecticSetType(ts, order));
  PetscCall(TSRHSSplitSetIS(ts, "position", position));
  PetscCall(TSRHSSplitSetIS(ts, "momentum", momentum));
  PetscCall(TSRHSSplitSetRHSFunction(ts, "position", NULL, petsc_velocity, NULL));
  PetscCall(TSRHSSplitSetRHSFunction(ts, "momentum", NULL, petsc_force, NULL));
  PetscCall(TSSetTimeStep(ts, 1e-2));
  PetscCall(TSSetExactFinalTime(ts, TS_EXACTFINALTIME_STEPOVER));
  PetscCall(TSSetMaxTime(ts, 1e9));
  double t = rz_cpu_time();
  for (int k = 0; k < N_SLICE; k++) {
    PetscInt done;
    PetscCall(TSGetStepNumber(ts, &done));
    PetscCall(TSSetMaxSteps(ts, done + n));
    PetscCall(TSSolve(ts, x));
    slices_add(s, slices_lap(&t) / n);
  }
  PetscCall(TSDestroy(&ts));
  PetscCall(ISDestroy(&position));
  PetscCall(ISDestroy(&momentum));
  PetscCall(VecDestroy(&x));
  return 0;
}

int main(int argc, char **argv) {
  static const char *const order[] = {TSBASICSYMPLECTICVELVERLET, TSBASICSYMPLECTIC4};
  int n;
  const rz_integrator_class *const *all = rz_integrator_registry(&n);
  MPI_Init(&argc, &argv);
  printf("%-18s %-18s %9s %9s\n", "system", "integrator", "least ns", "median ns");
  for (size_t k = 0; k < sizeof systems / sizeof *systems; k++)
    for (int i = 0; i < n; i++)
      if (measure(systems[k], all[i]) != RZ_OK) printf("%s, %s: %s\n", systems[k], all[i]->name, rz_error_message());
  if (rz_petsc_start() != RZ_OK) printf("%s\n", rz_error_message());
  for (int k = 0; k < 2; k++) {
    slices s = {0};
    if (petsc_steps(order[k], 2000, &s) != 0) printf("PETSc failed\n");
    printf("%-18s PETSc TS %-9s %9.1f %9.1f\n", "pendulum", order[k], 1e9 * slices_least(&s), 1e9 * slices_median(&s));
  }
  (void)rz_petsc_stop();
  MPI_Finalize();
  return 0;
}
