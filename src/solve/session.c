#include "ritz/solve/session.h"

#include "petsc_error.h"
#include <petscsys.h>
#include <slepcsys.h>
#include <stdlib.h>
#include <string.h>

#ifdef PETSC_USE_COMPLEX
#error "Ritz needs the real build of PETSc and SLEPc: complex problems are solved as real ones of twice the order"
#endif

rz_err rz_petsc_error(int code, const char *file, int line, const char *func) {
  const char *text = NULL;
  (void)PetscErrorMessage(code, &text, NULL);
  return rz_error_set(code == PETSC_ERR_MEM ? RZ_ERR_MEMORY : RZ_ERR_INTERNAL, file, line, func, "PETSc error %d: %s",
                      code, text ? text : "unknown");
}

/* The environment steers PETSc's start-up too; results must not depend on it. The value comes back afterwards. */
typedef struct hidden {
  const char *name;
  char *value;
} hidden;

static rz_err hide(hidden *h) {
  const char *value = getenv(h->name);
  if (!value) return RZ_OK;
  h->value = malloc(strlen(value) + 1);
  RZ_CHECK(h->value, RZ_ERR_MEMORY, "cannot copy the value of %s", h->name);
  strcpy(h->value, value);
  RZ_CHECK(unsetenv(h->name) == 0, RZ_ERR_ENV, "cannot unset %s", h->name);
  return RZ_OK;
}

static void restore(hidden *h) {
  if (h->value) (void)setenv(h->name, h->value, 1);
  free(h->value);
}

static rz_err start(void) {
  /* PETSc keeps the pointers. */
  static char name[] = "ritz", no_file[] = "-skip_petscrc", no_handler[] = "-no_signal_handler";
  static char *list[] = {name, no_file, no_handler, NULL};
  char **argv = list;
  int argc = 3;
  RZ_PETSC(SlepcInitialize(&argc, &argv, NULL, NULL));
  /* Errors come back as codes and are told once, by us. */
  RZ_PETSC(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  return RZ_OK;
}

rz_err rz_petsc_start(void) {
  PetscBool petsc = PETSC_FALSE, slepc = PETSC_FALSE;
  int mpi = 0;
  rz_err rc = RZ_OK;
  MPI_Initialized(&mpi);
  RZ_CHECK(mpi, RZ_ERR_INTERNAL, "PETSc needs MPI to be initialised");
  RZ_PETSC(PetscInitialized(&petsc));
  RZ_PETSC(SlepcInitialized(&slepc));
  if (petsc && slepc) return RZ_OK;
  hidden options = {.name = "PETSC_OPTIONS"}, yaml = {.name = "PETSC_OPTIONS_YAML"};
  RZ_TRY_DONE(rc, hide(&options));
  RZ_TRY_DONE(rc, hide(&yaml));
  RZ_TRY_DONE(rc, start());
done:
  restore(&options);
  restore(&yaml);
  return rc;
}

rz_err rz_petsc_stop(void) {
  PetscBool petsc = PETSC_FALSE;
  RZ_PETSC(PetscInitialized(&petsc));
  if (!petsc) return RZ_OK;
  RZ_PETSC(SlepcFinalize());
  return RZ_OK;
}

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

const char *rz_petsc_version(void) {
  return "PETSc " TEXT(PETSC_VERSION_MAJOR) "." TEXT(PETSC_VERSION_MINOR) "." TEXT(PETSC_VERSION_SUBMINOR);
}

const char *rz_slepc_version(void) {
  return "SLEPc " TEXT(SLEPC_VERSION_MAJOR) "." TEXT(SLEPC_VERSION_MINOR) "." TEXT(SLEPC_VERSION_SUBMINOR);
}
