#include "blas_kernels.h"

#include "ritz/linalg/blas.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char VARIABLE[] = "OPENBLAS_CORETYPE";

void rz_use_best_blas_kernels(char **argv) {
  const char *core = rz_blas_advice();
  if (!core || getenv(VARIABLE)) return;
  /* OpenBLAS chooses when it is loaded, so the program starts itself again; before MPI is initialised that is safe. */
  if (setenv(VARIABLE, core, 1) == 0) execv("/proc/self/exe", argv);
  fprintf(stderr, "ritz: warning: OpenBLAS does not know this processor and runs slow kernels; set %s=%s\n", VARIABLE,
          core);
}
