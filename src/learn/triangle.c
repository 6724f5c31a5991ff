#include "triangle.h"

#include "ritz/core/memory.h"
#include "ritz/linalg/blas.h"
#include <limits.h>
#include <string.h>

enum { PANEL = 32, TILE = 16 };

rz_err rz_triangle_create(int n_column, rz_triangle *out) {
  *out = (rz_triangle){.n_column = n_column};
  return RZ_NEW((int64_t)n_column * n_column, &out->r);
}

void rz_triangle_destroy(rz_triangle *t) { rz_free(&t->r); }

/* The upper triangle of QR of x [n_row, n_column], column-major, into t. x is spent. */
static rz_err reduce(rz_triangle *t, int64_t n_row, double *x) {
  const int n = t->n_column;
  double *tau;
  RZ_CHECK(n_row <= INT_MAX, RZ_ERR_ARG, "a block of %lld rows", (long long)n_row);
  RZ_TRY(RZ_NEW(n, &tau));
  const lapack_int info = LAPACKE_dgeqrf(LAPACK_COL_MAJOR, (int)n_row, n, x, (int)n_row, tau);
  rz_free(&tau);
  RZ_LAPACK(info);
  for (int k = 0; k < n; k++) {
    memcpy(t->r + (int64_t)k * n, x + k * n_row, sizeof(double) * (size_t)(k + 1));
    memset(t->r + (int64_t)k * n + k + 1, 0, sizeof(double) * (size_t)(n - k - 1));
  }
  t->n_row = n;
  t->is_upper = true;
  return RZ_OK;
}

/* out[k * ld + i] = a[i, k], tile by tile. */
static void transpose(int64_t n_row, int64_t n, const double *a, double *out, int64_t ld) {
  for (int64_t i0 = 0; i0 < n_row; i0 += TILE)
    for (int64_t k0 = 0; k0 < n; k0 += TILE)
      for (int64_t k = k0; k < k0 + TILE && k < n; k++)
        for (int64_t i = i0; i < i0 + TILE && i < n_row; i++) out[k * ld + i] = a[i * n + k];
}

rz_err rz_triangle_load(rz_triangle *t, int64_t n_row, const double *a, const double *b) {
  const int64_t n = t->n_column - 1;
  double *x = NULL;
  if (n_row <= n + 1) {
    transpose(n_row, n, a, t->r, n + 1);
    memcpy(t->r + n * (n + 1), b, sizeof(double) * (size_t)n_row);
    t->n_row = (int)n_row;
    t->is_upper = false;
    return RZ_OK;
  }
  RZ_TRY(RZ_NEW(n_row * (n + 1), &x));
  transpose(n_row, n, a, x, n_row);
  memcpy(x + n * n_row, b, sizeof(double) * (size_t)n_row);
  const rz_err rc = reduce(t, n_row, x);
  rz_free(&x);
  return rc;
}

/* Rows of b below those of a: x [a->n_row + b->n_row, n_column], leading dimension ld. */
static void stack(const rz_triangle *a, const rz_triangle *b, double *x, int64_t ld) {
  const int64_t n = a->n_column;
  for (int64_t k = 0; k < n; k++) {
    memmove(x + k * ld, a->r + k * n, sizeof(double) * (size_t)a->n_row);
    memcpy(x + k * ld + a->n_row, b->r + k * n, sizeof(double) * (size_t)b->n_row);
  }
}

/* QR of a triangle over the rows of `below`, whose zeros are used if it is a triangle as well. */
static rz_err fold(rz_triangle *top, rz_triangle *below) {
  const int n = top->n_column, panel = n < PANEL ? n : PANEL;
  double *t;
  if (below->n_row == 0) return RZ_OK;
  RZ_TRY(RZ_NEW((int64_t)panel * n, &t));
  const lapack_int info = LAPACKE_dtpqrt(LAPACK_COL_MAJOR, below->n_row, n, below->is_upper ? n : 0, panel, top->r, n,
                                         below->r, n, t, panel);
  rz_free(&t);
  RZ_LAPACK(info);
  return RZ_OK;
}

static void swap(rz_triangle *a, rz_triangle *b) {
  const rz_triangle c = *a;
  *a = *b;
  *b = c;
}

rz_err rz_triangle_merge(rz_triangle *top, rz_triangle *below) {
  const int64_t n = top->n_column, n_row = (int64_t)top->n_row + below->n_row;
  if (top->is_upper) return fold(top, below);
  if (below->is_upper) {
    swap(top, below);
    return fold(top, below);
  }
  if (n_row <= n) {
    stack(top, below, top->r, n);
    top->n_row = (int)n_row;
    return RZ_OK;
  }
  double *x;
  RZ_TRY(RZ_NEW(n_row * n, &x));
  stack(top, below, x, n_row);
  const rz_err rc = reduce(top, n_row, x);
  rz_free(&x);
  return rc;
}

rz_err rz_triangle_complete(rz_triangle *t) {
  const int64_t n = t->n_column;
  double *x;
  if (t->is_upper) return RZ_OK;
  RZ_TRY(RZ_NEW0(n * n, &x));
  for (int64_t k = 0; k < n; k++) memcpy(x + k * n, t->r + k * n, sizeof(double) * (size_t)t->n_row);
  const rz_err rc = reduce(t, n, x);
  rz_free(&x);
  return rc;
}
