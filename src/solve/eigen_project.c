/* Orthogonal projection on many vectors with few sweeps over them: a block of rows of all vectors stays in the cache
 * while it is subtracted and tested again. */
#include "eigen_impl.h"

#include <math.h>
#include <string.h>

enum { ROWS = 8 * RZ_EIGEN_BLOCK };

/* Running sums with what rounding took. */
typedef struct sums {
  double *sum, *lost; /* [n] */
} sums;

static void add(sums s, int i, double x) {
  const double t = s.sum[i] + x;
  s.lost[i] += fabs(s.sum[i]) >= fabs(x) ? (s.sum[i] - t) + x : (x - t) + s.sum[i];
  s.sum[i] = t;
}

/* One sweep over the rows: w -= sum_j c_j v_j, unless c is NULL, then s = <v_j, w> and, behind them, |w|^2. */
static void sweep(const rz_eigen_problem *p, int n, const double *const *v, const double *c, double *w, sums s) {
  const int64_t n_row = p->rows.count;
  memset(s.sum, 0, (size_t)(2 * n + 1) * sizeof *s.sum);
  memset(s.lost, 0, (size_t)(2 * n + 1) * sizeof *s.lost);
  for (int64_t at = 0; at < n_row; at += ROWS) {
    const int64_t rows = at + ROWS < n_row ? ROWS : n_row - at;
    for (int j = 0; c && j < n; j++) {
      const double minus[2] = {-c[2 * j], -c[2 * j + 1]};
      rz_eigen_axpy(p->paired, rows, minus, v[j] + at, w + at);
    }
    for (int j = 0; j < n; j++) {
      double dot[2];
      rz_eigen_dot_pair(p->paired, rows, v[j] + at, w + at, dot);
      add(s, 2 * j, dot[0]);
      add(s, 2 * j + 1, dot[1]);
    }
    add(s, 2 * n, rz_eigen_dot_local(rows, w + at, w + at));
  }
  for (int i = 0; i < 2 * n + 1; i++) s.sum[i] += s.lost[i];
}

rz_err rz_eigen_project(const rz_eigen_problem *p, int n, const double *const *v, double *w, double *work, double *c,
                        double *norm) {
  const int n_sum = 2 * n + 1;
  const sums s = {work, work + n_sum};
  double *const first = work + 2 * n_sum;
  sweep(p, n, v, NULL, w, s);
  RZ_TRY(rz_sum(p->comm, n_sum, s.sum));
  memcpy(first, s.sum, (size_t)n_sum * sizeof *first);
  sweep(p, n, v, first, w, s);
  RZ_TRY(rz_sum(p->comm, n_sum, s.sum));
  double square = s.sum[2 * n], left = 0.0;
  for (int i = 0; i < 2 * n; i++) left += s.sum[i] * s.sum[i];
  for (int j = 0; j < n; j++) {
    const double minus[2] = {-s.sum[2 * j], -s.sum[2 * j + 1]};
    rz_eigen_axpy(p->paired, p->rows.count, minus, v[j], w);
  }
  for (int i = 0; c && i < 2 * n; i++) c[i] = first[i] + s.sum[i];
  square -= left;
  *norm = square > 0.0 ? sqrt(square) : 0.0;
  return RZ_OK;
}
