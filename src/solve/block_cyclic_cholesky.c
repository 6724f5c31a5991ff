/* Cholesky of a block-cyclic matrix. On one rank it is a plain column-major matrix for LAPACK, which is 1.5 times
 * faster than ScaLAPACK there. */
#include "block_cyclic_impl.h"

#include "ritz/core/memory.h"
#include "ritz/linalg/blas.h"
#include "scalapack.h"
#include <float.h>
#include <math.h>
#include <string.h>

/* The routines of a scalar: alone, and on the grid. b is one right side of the scalar's type. */
typedef struct routines {
  int parts; /* numbers in a scalar */
  bool single;
  int (*factorise)(int n, void *a, int ld);
  void (*substitute)(int n, const void *a, int ld, void *b);
  void (*grid_factorise)(int n, void *a, const int *desc, int *info);
  void (*grid_substitute)(int n, const void *a, const int *desc, void *b, const int *desc_b, int *info);
} routines;

/* One right side by two triangular solves: three times faster than potrs, which is made for many. */
#define ROUTINES(letter, adjoint)                                                                                      \
  static int factorise_##letter(int n, void *a, int ld) {                                                              \
    return LAPACKE_##letter##potrf_work(LAPACK_COL_MAJOR, 'L', n, a, ld);                                              \
  }                                                                                                                    \
  static void substitute_##letter(int n, const void *a, int ld, void *b) {                                             \
    cblas_##letter##trsv(CblasColMajor, CblasLower, CblasNoTrans, CblasNonUnit, n, a, ld, b, 1);                       \
    cblas_##letter##trsv(CblasColMajor, CblasLower, adjoint, CblasNonUnit, n, a, ld, b, 1);                            \
  }                                                                                                                    \
  static void grid_factorise_##letter(int n, void *a, const int *desc, int *info) {                                    \
    const int one = 1;                                                                                                 \
    p##letter##potrf_("L", &n, a, &one, &one, desc, info);                                                             \
  }                                                                                                                    \
  static void grid_substitute_##letter(int n, const void *a, const int *desc, void *b, const int *desc_b, int *info) { \
    const int one = 1;                                                                                                 \
    p##letter##potrs_("L", &n, &one, a, &one, &one, desc, b, &one, &one, desc_b, info);                                \
  }
ROUTINES(d, CblasTrans)
ROUTINES(s, CblasTrans)
ROUTINES(z, CblasConjTrans)
ROUTINES(c, CblasConjTrans)

#define ROW(letter, parts, single)                                                                                     \
  { parts, single, factorise_##letter, substitute_##letter, grid_factorise_##letter, grid_substitute_##letter }
static const routines table[] = {[RZ_DOUBLE] = ROW(d, 1, false),
                                 [RZ_SINGLE] = ROW(s, 1, true),
                                 [RZ_DOUBLE_COMPLEX] = ROW(z, 2, false),
                                 [RZ_SINGLE_COMPLEX] = ROW(c, 2, true)};

/* info < 0: a bug; info > 0: not positive definite. The same on every rank of the grid. */
static rz_err cholesky_info(int info) {
  RZ_CHECK(info >= 0, RZ_ERR_INTERNAL, "Cholesky: argument %d", -info);
  RZ_CHECK(info == 0, RZ_ERR_NUM, "Cholesky: the matrix is not positive definite (leading minor of order %d)", info);
  return RZ_OK;
}

/* Largest and smallest squared pivot of a double matrix, local: top = { max L_ii^2, - min L_ii^2 }. */
static void pivots(const rz_block_cyclic *a, double top[2]) {
  const double *entry = a->entry;
  const int64_t parts = table[a->scalar].parts;
  int64_t i = 0;
  for (int64_t k = 0; k < a->n_local_col; k++) {
    while (i < a->n_local_row && a->row[i] < a->col[k]) i++;
    if (i == a->n_local_row) return;
    if (a->row[i] != a->col[k]) continue;
    const double p = entry[(i + k * a->ld) * parts] * entry[(i + k * a->ld) * parts];
    top[0] = fmax(top[0], p);
    top[1] = fmax(top[1], -p);
  }
}

/* A singular matrix often passes a factorisation on rounding noise; then the smallest pivot is that noise. A factor in
 * single precision is judged by those who refine its solutions. */
static rz_err check_pivots(const rz_block_cyclic *a) {
  double top[2] = {0.0, -DBL_MAX};
  if (table[a->scalar].single) return RZ_OK;
  pivots(a, top);
  if (a->comm.size > 1) RZ_TRY(rz_max(&a->comm, 2, top));
  RZ_CHECK(-top[1] > 4.0 * DBL_EPSILON * (double)a->n * top[0], RZ_ERR_NUM,
           "Cholesky: the matrix is not positive definite to rounding (pivots from %g to %g)", -top[1], top[0]);
  return RZ_OK;
}

rz_err rz_block_cyclic_factorise(rz_block_cyclic *a) {
  const routines *f = &table[a->scalar];
  int info = 0;
  if (a->n == 0) return RZ_OK;
  rz_blas_lend_threads(a->n);
  if (a->comm.size == 1)
    info = f->factorise((int)a->n, a->entry, (int)a->ld);
  else if (a->my_row >= 0)
    f->grid_factorise((int)a->n, a->entry, a->desc, &info);
  rz_blas_take_threads_back();
  const rz_err rc = cholesky_info(info);
  RZ_TRY(a->comm.size == 1 ? rc : rz_agree(&a->comm, rc));
  RZ_TRY(check_pivots(a));
  return RZ_OK;
}

static void load(bool single, void *x, int64_t at, double value) {
  if (single)
    ((float *)x)[at] = (float)value;
  else
    ((double *)x)[at] = value;
}

static double value_of(bool single, const void *x, int64_t at) {
  return single ? (double)((const float *)x)[at] : ((const double *)x)[at];
}

static rz_err substitute_alone(const rz_block_cyclic *a, double *b) {
  const routines *f = &table[a->scalar];
  const int64_t n = a->n * f->parts;
  float *x = NULL;
  if (!f->single) {
    f->substitute((int)a->n, a->entry, (int)a->ld, b);
    return RZ_OK;
  }
  RZ_TRY(RZ_NEW(n, &x));
  for (int64_t i = 0; i < n; i++) x[i] = (float)b[i];
  f->substitute((int)a->n, a->entry, (int)a->ld, x);
  for (int64_t i = 0; i < n; i++) b[i] = (double)x[i];
  rz_free(&x);
  return RZ_OK;
}

/* x holds this rank's part of b: its rows, significant in the first column of processes. */
static rz_err substitute_together(const rz_block_cyclic *a, double *b) {
  const routines *f = &table[a->scalar];
  const int64_t parts = f->parts;
  const int desc_x[9] = {1, a->context, (int)a->n, 1, a->nb, a->nb, 0, 0, (int)a->ld};
  double *x = NULL; /* of the scalar's type; large enough for any */
  int info = 0;
  rz_err rc = RZ_NEW(2 * a->ld, &x);
  RZ_TRY_DONE(rc, rz_agree(&a->comm, rc));
  for (int64_t i = 0; i < a->n_local_row; i++)
    for (int64_t q = 0; q < parts; q++) load(f->single, x, i * parts + q, b[a->row[i] * parts + q]);
  if (a->my_row >= 0) f->grid_substitute((int)a->n, a->entry, a->desc, x, desc_x, &info);
  RZ_TRY_DONE(rc, rz_agree(&a->comm, cholesky_info(info)));
  memset(b, 0, (size_t)(a->n * parts) * sizeof *b);
  for (int64_t i = 0; a->my_col == 0 && i < a->n_local_row; i++)
    for (int64_t q = 0; q < parts; q++) b[a->row[i] * parts + q] = value_of(f->single, x, i * parts + q);
  RZ_TRY_DONE(rc, rz_sum(&a->comm, a->n * parts, b));
done:
  rz_free(&x);
  return rc;
}

rz_err rz_block_cyclic_substitute(const rz_block_cyclic *a, double *b) {
  if (a->n == 0) return RZ_OK;
  RZ_TRY(a->comm.size == 1 ? substitute_alone(a, b) : substitute_together(a, b));
  return RZ_OK;
}

rz_err rz_block_cyclic_cholesky_solve(rz_block_cyclic *a, double *b) {
  RZ_TRY(rz_block_cyclic_factorise(a));
  RZ_TRY(rz_block_cyclic_substitute(a, b));
  return RZ_OK;
}
