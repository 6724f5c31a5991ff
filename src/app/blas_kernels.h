/* An OpenBLAS older than the processor falls back to kernels twice to four times too slow. */
#ifndef RITZ_APP_BLAS_KERNELS_H
#define RITZ_APP_BLAS_KERNELS_H

/* Take the kernels this processor can run, unless OPENBLAS_CORETYPE already says which. Where the library does not let
 * itself be switched the program starts again with that variable. Returns if there is nothing to gain. Call before
 * MPI_Init. */
void rz_use_best_blas_kernels(char **argv);

#endif
