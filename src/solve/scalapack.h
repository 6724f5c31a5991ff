/* The BLACS and ScaLAPACK routines of this module. They have no C header; integers are 32 bits. */
#ifndef RITZ_SOLVE_SCALAPACK_H
#define RITZ_SOLVE_SCALAPACK_H

#include <mpi.h>

int Csys2blacs_handle(MPI_Comm comm);
void Cfree_blacs_system_handle(int handle);
void Cblacs_gridinit(int *context, const char *order, int n_row, int n_col);
void Cblacs_gridexit(int context);

void pdpotrf_(const char *uplo, const int *n, double *a, const int *ia, const int *ja, const int *desc_a, int *info);
void pdpotrs_(const char *uplo, const int *n, const int *n_rhs, const double *a, const int *ia, const int *ja,
              const int *desc_a, double *b, const int *ib, const int *jb, const int *desc_b, int *info);
void pdsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *ia, const int *ja,
              const int *desc_a, double *w, double *z, const int *iz, const int *jz, const int *desc_z, double *work,
              const int *l_work, int *i_work, const int *l_i_work, int *info);

#endif
