/* Lowest or all eigenpairs of a small operator by a dense solver: ScaLAPACK for a real operator; LAPACK on one rank for
 * a complex one, whose doubled real form would have no unique vectors. The matrix is the products with the unit
 * vectors. */
#include "eigen_impl.h"
#include "ritz/core/memory.h"
#include "ritz/linalg/blas.h"
#include "ritz/solve/block_cyclic.h"

#include <math.h>
#include <string.h>

/* Column j of the operator, whole, on every rank: unit and image are local vectors, column [n]. */
static rz_err gather_column(const rz_eigen_problem *p, int64_t j, double *unit, double *image, double *column,
                            rz_eigen_result *r) {
  const rz_range rows = p->rows;
  memset(unit, 0, (size_t)rows.count * sizeof *unit);
  if (j >= rows.first && j < rows.first + rows.count) unit[j - rows.first] = 1.0;
  RZ_TRY(rz_eigen_apply(p, unit, image, r));
  return rz_allgather(p->comm, rows.count, sizeof *image, image, column);
}

/* Copy whole vector k to this rank's rows of the result. */
static void take_vector(const rz_eigen_problem *p, const double *whole, int k, rz_eigen_result *r) {
  const rz_range rows = p->rows;
  memcpy(r->vector + k * rows.count, whole + rows.first, (size_t)rows.count * sizeof *whole);
}

static rz_err fill_real(const rz_eigen_problem *p, rz_block_cyclic *a, double *work, rz_eigen_result *r) {
  const rz_range local = p->rows;
  int64_t n_row = 0, n_col = 0, next = 0;
  const int64_t *const row = rz_block_cyclic_rows(a, &n_row), *const col = rz_block_cyclic_cols(a, &n_col);
  double *const column = work + 2 * local.count, *const data = rz_block_cyclic_data(a);
  const int64_t ld = rz_block_cyclic_ld(a);
  for (int64_t j = 0; j < p->n; j++) {
    RZ_TRY(gather_column(p, j, work, work + local.count, column, r));
    if (next == n_col || col[next] != j) continue;
    for (int64_t i = 0; i < n_row; i++) data[i + next * ld] = column[row[i]];
    next++;
  }
  return RZ_OK;
}

static rz_err take_real(const rz_eigen_problem *p, rz_block_cyclic *z, double *whole, rz_eigen_result *r) {
  int64_t n_row = 0, n_col = 0;
  const int64_t *const row = rz_block_cyclic_rows(z, &n_row), *const col = rz_block_cyclic_cols(z, &n_col);
  const double *const data = rz_block_cyclic_data(z);
  const int64_t ld = rz_block_cyclic_ld(z);
  for (int k = 0; k < p->n_wanted; k++) {
    memset(whole, 0, (size_t)p->n * sizeof *whole);
    for (int64_t j = 0; j < n_col; j++)
      if (col[j] == k)
        for (int64_t i = 0; i < n_row; i++) whole[row[i]] = data[i + j * ld];
    RZ_TRY(rz_sum(p->comm, p->n, whole));
    take_vector(p, whole, k, r);
  }
  return RZ_OK;
}

static rz_err solve_real(const rz_eigen_problem *p, bool with_vectors, double *work, double *w, rz_eigen_result *r) {
  rz_block_cyclic *a = NULL, *z = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_block_cyclic_create(p->comm, p->n, 32, &a));
  if (with_vectors) RZ_TRY_DONE(rc, rz_block_cyclic_create(p->comm, p->n, 32, &z));
  RZ_TRY_DONE(rc, fill_real(p, a, work, r));
  RZ_TRY_DONE(rc, rz_block_cyclic_eigen(a, w, z));
  if (with_vectors) RZ_TRY_DONE(rc, take_real(p, z, work + 2 * p->rows.count, r));
done:
  rz_block_cyclic_destroy(&a);
  rz_block_cyclic_destroy(&z);
  return rc;
}

static rz_err lapack_hermitian(bool with_vectors, int64_t n, double complex *a, double *w) {
  RZ_LAPACK(LAPACKE_zheevd(LAPACK_COL_MAJOR, with_vectors ? 'V' : 'N', 'L', (lapack_int)n, a, (lapack_int)n, w));
  return RZ_OK;
}

/* Column 2j of the real form is column j of H as pairs. Rank 0 solves; the others receive. */
static rz_err solve_paired(const rz_eigen_problem *p, bool with_vectors, double *work, double *w, rz_eigen_result *r) {
  const int64_t n = p->n / 2, rows = p->rows.count;
  const bool root = p->comm->rank == 0;
  double *const column = work + 2 * rows;
  double complex *a = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_agree(p->comm, RZ_NEW(root ? n * n : 0, &a)));
  for (int64_t j = 0; j < n; j++) {
    RZ_TRY_DONE(rc, gather_column(p, 2 * j, work, work + rows, column, r));
    if (root) memcpy(a + j * n, column, (size_t)n * sizeof *a);
  }
  RZ_TRY_DONE(rc, rz_agree(p->comm, root ? lapack_hermitian(with_vectors, n, a, w) : RZ_OK));
  RZ_TRY_DONE(rc, rz_bcast(p->comm, 0, n * (int64_t)sizeof *w, w));
  for (int k = 0; with_vectors && k < p->n_wanted; k++) {
    if (root) memcpy(column, a + k * n, (size_t)n * sizeof *a);
    RZ_TRY_DONE(rc, rz_bcast(p->comm, 0, n * (int64_t)sizeof *a, column));
    take_vector(p, column, k, r);
  }
done:
  rz_free(&a);
  return rc;
}

static rz_err allocate(const rz_eigen_problem *p, bool with_vectors, double **work, double **w, rz_eigen_result *r) {
  const int64_t rows = p->rows.count;
  RZ_TRY(RZ_NEW(2 * rows + p->n, work));
  RZ_TRY(RZ_NEW(p->n, w));
  RZ_TRY(RZ_NEW(p->n_wanted, &r->value));
  RZ_TRY(RZ_NEW(p->n_wanted, &r->residual));
  return with_vectors ? RZ_NEW(p->n_wanted * rows, &r->vector) : RZ_OK;
}

/* The matrix in its columns, twice if the vectors are wanted, and the copy that LAPACK works on. */
static int64_t n_vectors(int64_t n, int n_wanted, bool with_vectors) {
  return (with_vectors ? 3 * n + n_wanted : 2 * n) + 3;
}

static rz_err solve(const rz_eigen_problem *p, bool with_vectors, rz_eigen_result *out) {
  double *work = NULL, *w = NULL;
  rz_err rc = RZ_OK;
  RZ_CHECK(p->n <= RZ_EIGEN_DENSE_MAX, RZ_ERR_ARG, "order %lld is beyond the dense solver's %d", (long long)p->n,
           (int)RZ_EIGEN_DENSE_MAX);
  RZ_TRY_DONE(rc, rz_agree(p->comm, allocate(p, with_vectors, &work, &w, out)));
  if (p->paired)
    RZ_TRY_DONE(rc, solve_paired(p, with_vectors, work, w, out));
  else
    RZ_TRY_DONE(rc, solve_real(p, with_vectors, work, w, out));
  for (int k = 0; k < p->n_wanted; k++) {
    out->value[k] = w[k];
    out->residual[k] = NAN; /* computed from the vectors, if there are any */
  }
  out->n_found = p->n_wanted;
  const int64_t copies = with_vectors ? 2 : 1;
  out->bytes = (p->paired ? 2 : copies) * p->n * p->n * (int64_t)sizeof(double) / (p->paired ? 1 : p->comm->size);
done:
  rz_free(&work);
  rz_free(&w);
  return rc;
}

const rz_eigensolver_class rz_eigensolver_dense = {
    .name = "dense",
    .about = "all of the spectrum: ScaLAPACK, or LAPACK on one rank for a complex operator",
    .solve = solve,
    .n_vectors = n_vectors,
};
