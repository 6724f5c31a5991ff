/* PETSc, started on first need with its signal handlers, options files and command line switched off, and ended once by
 * the program. Collective. */
#ifndef RITZ_SOLVE_SESSION_H
#define RITZ_SOLVE_SESSION_H

#include "ritz/core/error.h"

rz_err rz_petsc_start(void); /* MPI must be initialised; safe to call again */
rz_err rz_petsc_stop(void);  /* before MPI_Finalize; safe if never started */
/* "PETSc 3.18.5", "SLEPc 3.18.2". Needs no session. */
const char *rz_petsc_version(void);
const char *rz_slepc_version(void);

#endif
