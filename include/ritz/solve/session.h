/* PETSc and SLEPc, started on first need with signal handlers, options files, the environment's options and the command
 * line switched off, and ended once by the program. A PETSc that the caller has started is used as it is, and is the
 * caller's to stop. Collective over MPI_COMM_WORLD. */
#ifndef RITZ_SOLVE_SESSION_H
#define RITZ_SOLVE_SESSION_H

#include "ritz/core/error.h"

rz_err rz_petsc_start(void); /* MPI must be initialised; safe to call again */
rz_err rz_petsc_stop(void);  /* before MPI_Finalize; safe if never started */
/* "PETSc 3.18.5", "SLEPc 3.18.2". Needs no session. */
const char *rz_petsc_version(void);
const char *rz_slepc_version(void);

#endif
