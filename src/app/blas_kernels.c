#include "blas_kernels.h"

#include "ritz/linalg/blas.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char VARIABLE[] = "OPENBLAS_CORETYPE";

void rz_use_best_blas_kernels(char **argv) {
  const char *core = rz_blas_advice();
  if (!core || getenv(VARIABLE)) return;
  if (setenv(VARIABLE, core, 1) == 0 && rz_blas_choose_again()) return;
  /* Loading is the other time it chooses; before MPI is initialised starting again is safe, only slower. */
  if (getenv(VARIABLE)) execv("/proc/self/exe", argv);
  fprintf(stderr, "ritz: warning: OpenBLAS does not know this processor and runs slow kernels; set %s=%s\n", VARIABLE,
          core);
}
