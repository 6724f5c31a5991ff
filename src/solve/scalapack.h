/* The BLACS and ScaLAPACK routines of this module. They have no C header; integers are 32 bits. */
#ifndef RITZ_SOLVE_SCALAPACK_H
#define RITZ_SOLVE_SCALAPACK_H

#include <mpi.h>

int Csys2blacs_handle(MPI_Comm comm);
void Cfree_blacs_system_handle(int handle);
void Cblacs_gridinit(int *context, const char *order, int n_row, int n_col);
void Cblacs_gridexit(int context);

#define RZ_SCALAPACK_CHOLESKY(letter)                                                                                  \
  void p##letter##potrf_(const char *uplo, const int *n, void *a, const int *ia, const int *ja, const int *desc_a,     \
                         int *info);                                                                                   \
  void p##letter##potrs_(const char *uplo, const int *n, const int *n_rhs, const void *a, const int *ia,               \
                         const int *ja, const int *desc_a, void *b, const int *ib, const int *jb, const int *desc_b,   \
                         int *info)
RZ_SCALAPACK_CHOLESKY(s);
RZ_SCALAPACK_CHOLESKY(d);
RZ_SCALAPACK_CHOLESKY(c);
RZ_SCALAPACK_CHOLESKY(z);
void pdsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *ia, const int *ja,
              const int *desc_a, double *w, double *z, const int *iz, const int *jz, const int *desc_z, double *work,
              const int *l_work, int *i_work, const int *l_i_work, int *info);

#endif
