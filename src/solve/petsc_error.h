/* A failing PETSc or SLEPc call becomes an rz_err. */
#ifndef RITZ_SOLVE_PETSC_ERROR_H
#define RITZ_SOLVE_PETSC_ERROR_H

#include "ritz/core/error.h"

rz_err rz_petsc_error(int code, const char *file, int line, const char *func);
#define RZ_PETSC(call)                                                                                                 \
  do {                                                                                                                 \
    const int rz_petsc_ = (int)(call);                                                                                 \
    if (rz_petsc_ != 0) return rz_petsc_error(rz_petsc_, __FILE__, __LINE__, __func__);                                \
  } while (0)
#define RZ_PETSC_DONE(rc, call)                                                                                        \
  do {                                                                                                                 \
    const int rz_petsc_ = (int)(call);                                                                                 \
    if (rz_petsc_ != 0) {                                                                                              \
      (rc) = rz_petsc_error(rz_petsc_, __FILE__, __LINE__, __func__);                                                  \
      goto done;                                                                                                       \
    }                                                                                                                  \
  } while (0)

#endif
