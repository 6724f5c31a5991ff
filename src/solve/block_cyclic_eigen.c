/* Eigen-decomposition of a block-cyclic matrix by divide and conquer, and the solve built on it. */
#include "block_cyclic_impl.h"

#include "ritz/core/memory.h"
#include "ritz/linalg/blas.h"
#include "scalapack.h"
#include <math.h>
#include <string.h>

typedef struct work {
  double *real;
  int *integer;
} work;

static void work_free(work *w) {
  rz_free(&w->real);
  rz_free(&w->integer);
}

static rz_err eigen_info(int info) {
  RZ_CHECK(info >= 0, RZ_ERR_INTERNAL, "eigen-decomposition: argument %d", -info);
  RZ_CHECK(info == 0, RZ_ERR_NUM, "eigen-decomposition: no convergence (info %d)", info);
  return RZ_OK;
}

static rz_err eigen_alone(rz_block_cyclic *a, double *w, rz_block_cyclic *z) {
  const int n = (int)a->n, ld = (int)a->ld;
  const char job = z ? 'V' : 'N';
  work s = {0};
  double want = 0;
  int want_integer = 0;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(
      rc, eigen_info(LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, job, 'L', n, a->data, ld, w, &want, -1, &want_integer, -1)));
  RZ_TRY_DONE(rc, RZ_NEW((int64_t)want, &s.real));
  RZ_TRY_DONE(rc, RZ_NEW(want_integer, &s.integer));
  RZ_TRY_DONE(rc, eigen_info(LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, job, 'L', n, a->data, ld, w, s.real, (int)want,
                                                 s.integer, want_integer)));
  if (z) memcpy(z->data, a->data, (size_t)(a->ld * a->n) * sizeof *a->data);
done:
  work_free(&s);
  return rc;
}

static int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }

/* pdsyevd's own query forgets what its call of pdormtr needs when matrices are small: take the documented formulas of
 * both. */
static rz_err workspace(const rz_block_cyclic *a, double *z, int *l_work, int *l_integer) {
  const int n = (int)a->n, one = 1, query = -1;
  const int64_t nb = a->nb, np = a->n_local_row, nq = a->n_local_col;
  double want = 0, w = 0;
  int want_integer = 0, info = 0;
  pdsyevd_("V", "L", &n, a->data, &one, &one, a->desc, &w, z, &one, &one, a->desc, &want, &query, &want_integer, &query,
           &info);
  RZ_TRY(eigen_info(info));
  const int64_t tridiagonal = 3 * a->n + most(nb * (np + 1), 3 * nb);
  const int64_t documented = most(1 + 6 * a->n + 2 * np * nq, tridiagonal) + 2 * a->n;
  const int64_t back = 4 * a->n + nb * (np + nq + 3 * nb);
  RZ_TRY(rz_int(most((int64_t)want, documented) + back, l_work));
  RZ_TRY(rz_int(most(want_integer, 7 * a->n + 8 * a->n_col + 2), l_integer));
  return RZ_OK;
}

static rz_err eigen_on_grid(rz_block_cyclic *a, double *w, double *z, work *s, int l_work, int l_integer) {
  const int n = (int)a->n, one = 1;
  int info = 0;
  pdsyevd_("V", "L", &n, a->data, &one, &one, a->desc, w, z, &one, &one, a->desc, s->real, &l_work, s->integer,
           &l_integer, &info);
  return eigen_info(info);
}

/* ScaLAPACK's divide and conquer always makes vectors. */
static rz_err eigen_together(rz_block_cyclic *a, double *w, rz_block_cyclic *z) {
  double *own = NULL;
  work s = {0};
  int l_work = 1, l_integer = 1;
  const bool inside = a->my_row >= 0;
  rz_err rc = z ? RZ_OK : RZ_NEW(a->ld * a->n_local_col, &own);
  double *vectors = z ? z->data : own;
  RZ_TRY_DONE(rc, rz_agree(&a->comm, rc));
  if (inside) rc = workspace(a, vectors, &l_work, &l_integer);
  if (rc == RZ_OK) rc = RZ_NEW(l_work, &s.real);
  if (rc == RZ_OK) rc = RZ_NEW(l_integer, &s.integer);
  RZ_TRY_DONE(rc, rz_agree(&a->comm, rc));
  if (inside) rc = eigen_on_grid(a, w, vectors, &s, l_work, l_integer);
  RZ_TRY_DONE(rc, rz_agree(&a->comm, rc));
  RZ_TRY_DONE(rc, rz_bcast(&a->comm, 0, a->n * (int64_t)sizeof *w, w));
done:
  work_free(&s);
  rz_free(&own);
  return rc;
}

rz_err rz_block_cyclic_eigen(rz_block_cyclic *a, double *w, rz_block_cyclic *z) {
  RZ_CHECK(!z || (z->n == a->n && z->nb == a->nb && z->comm.size == a->comm.size), RZ_ERR_ARG,
           "eigenvectors of an order %lld matrix into one of order %lld", (long long)a->n, z ? (long long)z->n : 0);
  if (a->n == 0) return RZ_OK;
  RZ_TRY(a->comm.size == 1 ? eigen_alone(a, w, z) : eigen_together(a, w, z));
  return RZ_OK;
}

/* 1/s -> (1/s) / (1 + (eps s_max / s)^6), 0 for s <= 0. */
static double smooth_inverse(double s, double s_max, double eps) {
  return s > 0.0 ? 1.0 / s / (1.0 + pow(eps * s_max / s, 6.0)) : 0.0;
}

/* t = V^T b, t_k *= f(w_k), b = V t; b and t replicated, V block-cyclic. */
static rz_err project(const rz_block_cyclic *v, const double *w, double eps, double *t, double *b) {
  const double s_max = w[v->n - 1];
  memset(t, 0, (size_t)v->n * sizeof *t);
  for (int64_t k = 0; k < v->n_local_col; k++)
    for (int64_t i = 0; i < v->n_local_row; i++) t[v->col[k]] += v->data[i + k * v->ld] * b[v->row[i]];
  RZ_TRY(rz_sum(&v->comm, v->n, t));
  for (int64_t k = 0; k < v->n; k++) t[k] *= smooth_inverse(w[k], s_max, eps);
  memset(b, 0, (size_t)v->n * sizeof *b);
  for (int64_t k = 0; k < v->n_local_col; k++)
    for (int64_t i = 0; i < v->n_local_row; i++) b[v->row[i]] += v->data[i + k * v->ld] * t[v->col[k]];
  RZ_TRY(rz_sum(&v->comm, v->n, b));
  return RZ_OK;
}

rz_err rz_block_cyclic_eigen_solve(rz_block_cyclic *a, double eps, double *b) {
  rz_block_cyclic *z = NULL;
  double *w = NULL, *t = NULL;
  rz_err rc = RZ_OK;
  if (a->n == 0) return RZ_OK;
  RZ_TRY_DONE(rc, rz_block_cyclic_create(&a->comm, a->n, a->nb, &z));
  rc = RZ_NEW(a->n, &w);
  if (rc == RZ_OK) rc = RZ_NEW(a->n, &t);
  RZ_TRY_DONE(rc, rz_agree(&a->comm, rc));
  RZ_TRY_DONE(rc, rz_block_cyclic_eigen(a, w, z));
  RZ_TRY_DONE(rc, project(z, w, eps, t, b));
done:
  rz_free(&t);
  rz_free(&w);
  rz_block_cyclic_destroy(&z);
  return rc;
}
