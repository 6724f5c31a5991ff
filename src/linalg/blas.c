#include "ritz/linalg/blas.h"

/* Of OpenBLAS; null when another library is linked. */
#pragma weak openblas_set_num_threads
#pragma weak openblas_get_config
void openblas_set_num_threads(int n);
char *openblas_get_config(void);

const char *rz_blas_setup(void) {
  if (openblas_set_num_threads) openblas_set_num_threads(1);
  return openblas_get_config ? openblas_get_config() : "unknown BLAS";
}
