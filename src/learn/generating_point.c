#include "generating_point.h"

#include "ritz/core/memory.h"
#include <float.h>
#include <math.h>
#include <string.h>

enum { CAPACITY = RZ_GENERATING_CAPACITY };

rz_err rz_generating_points_prepare(rz_generating_points *w) {
  const int64_t width = 2 * w->d;
  w->n_unknown = w->midpoint ? 2 * w->d : w->d;
  const int64_t m = w->n_unknown;
  const struct {
    double **array;
    int64_t size;
  } room[] = {
      {&w->y, width}, {&w->g, width}, {&w->v, width}, {&w->hv, width}, {&w->held, width},           {&w->a, m * m},
      {&w->move, m},  {&w->last, 1},  {&w->value, 1}, {&w->ones, 1},   {&w->hessian, width * width}};
  for (size_t k = 0; k < sizeof room / sizeof room[0]; k++) RZ_TRY(RZ_NEW(CAPACITY * room[k].size, room[k].array));
  RZ_TRY(RZ_NEW(CAPACITY * m, &w->pivot));
  for (int i = 0; i < CAPACITY; i++) w->ones[i] = 1.0;
  return RZ_OK;
}

void rz_generating_points_free(rz_generating_points *w) {
  double **const array[] = {&w->y,    &w->g,    &w->v,     &w->hv,   &w->held,   &w->a,
                            &w->move, &w->last, &w->value, &w->ones, &w->hessian};
  for (size_t k = 0; k < sizeof array / sizeof array[0]; k++) rz_free(array[k]);
  rz_free(&w->pivot);
}

void rz_generating_points_forget(rz_generating_points *w) { w->n_held = 0; }

/* g and H of n states at y. */
static rz_err evaluate(rz_generating_points *w, int64_t n) {
  const int width = 2 * w->d;
  RZ_TRY(rz_mlp_forward(w->batch, n, w->y, w->value));
  RZ_TRY(rz_mlp_pull(w->batch, w->ones, w->g, NULL));
  for (int k = 0; k < width; k++) {
    memset(w->v, 0, sizeof(double) * (size_t)(n * width));
    for (int64_t i = 0; i < n; i++) w->v[i * width + k] = 1.0;
    RZ_TRY(rz_mlp_hessian_apply(w->batch, w->v, w->hv));
    for (int64_t i = 0; i < n; i++)
      memcpy(w->hessian + (i * width + k) * width, w->hv + i * width, sizeof(double) * (size_t)width);
  }
  return RZ_OK;
}

static double signed_step(const rz_generating_points *w) { return w->backward && w->midpoint ? -w->h : w->h; }

/* Factors of A of state i. */
static rz_err factorise(rz_generating_points *w, int64_t i) {
  const int d = w->d, m = w->n_unknown, width = 2 * d;
  const double *hessian = w->hessian + i * width * width, h = signed_step(w);
  double *a = w->a + i * m * m;
  for (int r = 0; r < m; r++)
    for (int c = 0; c < m; c++) {
      const double slope = !w->midpoint ? h * hessian[(w->known + r) * width + d - w->known + c]
                           : r < d      ? -0.5 * h * hessian[(r + d) * width + c]
                                        : 0.5 * h * hessian[(r - d) * width + c];
      a[r * m + c] = (r == c ? 1.0 : 0.0) + slope;
    }
  RZ_LAPACK(LAPACKE_dgetrf_work(LAPACK_ROW_MAJOR, m, m, a, m, w->pivot + i * m));
  return RZ_OK;
}

rz_err rz_generating_points_solve(const rz_generating_points *w, int64_t i, bool transposed, double *b) {
  const int m = w->n_unknown;
  RZ_LAPACK(
      LAPACKE_dgetrs_work(LAPACK_ROW_MAJOR, transposed ? 'T' : 'N', m, 1, w->a + i * m * m, m, w->pivot + i * m, b, 1));
  return RZ_OK;
}

/* What the equations of state i leave at y. */
static void find_residual(const rz_generating_points *w, int64_t i, const double *x, double *out) {
  const int d = w->d, unknown = d - w->known;
  const double *y = w->y + i * 2 * d, *g = w->g + i * 2 * d, h = signed_step(w);
  for (int k = 0; k < d; k++)
    if (w->midpoint) {
      out[k] = y[k] - x[k] - 0.5 * h * g[d + k];
      out[d + k] = y[d + k] - x[d + k] + 0.5 * h * g[k];
    } else {
      out[k] = y[unknown + k] - x[unknown + k] + h * g[w->known + k];
    }
}

/* NaN counts as largest. */
static double largest(int n, const double *x) {
  double most = 0.0;
  for (int k = 0; k < n; k++) most = fabs(x[k]) <= most ? most : fabs(x[k]);
  return most;
}

/* Move state i by one Newton step, or mark it as done where that would be no more than rounding: smaller than a few
 * last digits of y, or small and no longer shrinking. */
static rz_err move_state(rz_generating_points *w, int64_t i, const double *x) {
  const int width = 2 * w->d, m = w->n_unknown;
  double *y = w->y + i * width, *move = w->move + i * m;
  RZ_TRY(factorise(w, i));
  find_residual(w, i, x, move);
  RZ_TRY(rz_generating_points_solve(w, i, false, move));
  const double size = largest(m, move), scale = 1.0 + largest(width, y);
  if (size <= 4.0 * DBL_EPSILON * scale || (size <= 1e-10 * scale && size >= 0.25 * w->last[i])) {
    w->last[i] = -1.0;
    return RZ_OK;
  }
  w->last[i] = size;
  double *unknown = y + (w->midpoint ? 0 : w->d - w->known);
  for (int k = 0; k < m; k++) unknown[k] -= move[k];
  return RZ_OK;
}

/* One Newton step of every state that is not done; *left counts them. */
static rz_err move_all(rz_generating_points *w, int64_t n, const double *x, int64_t first, int64_t *left) {
  RZ_TRY(evaluate(w, n));
  *left = 0;
  for (int64_t i = 0; i < n; i++) {
    if (w->last[i] < 0.0) continue;
    RZ_TRY(move_state(w, i, x + i * 2 * w->d));
    RZ_CHECK(isfinite(w->last[i]), RZ_ERR_NUM, "generating function of state %lld: a Newton step of size %g",
             (long long)(first + i + 1), w->last[i]);
    if (w->last[i] >= 0.0) ++*left;
  }
  return RZ_OK;
}

static rz_err not_solved(const rz_generating_points *w, int64_t n, int64_t first) {
  int64_t i = 0;
  while (i < n - 1 && w->last[i] < 0.0) i++;
  RZ_FAIL(
      RZ_ERR_NUM,
      "generating function of state %lld: not solved by %d Newton steps, the last of size %.3g; the time %g between "
      "states may be too long for it",
      (long long)(first + i + 1), w->newton_steps, w->last[i], w->h);
}

rz_err rz_generating_points_find(rz_generating_points *w, bool backward, int64_t n, const double *x, int64_t first) {
  const size_t bytes = sizeof *x * (size_t)(n * 2 * w->d);
  if (n == w->n_held && backward == w->backward && memcmp(x, w->held, bytes) == 0) return RZ_OK;
  w->n_held = 0;
  w->backward = backward;
  w->known = backward ? w->d : 0;
  memcpy(w->y, x, bytes); /* the map is near the identity */
  for (int64_t i = 0; i < n; i++) w->last[i] = INFINITY;
  int64_t left = n;
  for (int step = 0; left > 0; step++) { /* the last turn finds nothing to move */
    if (step > w->newton_steps) return not_solved(w, n, first);
    RZ_TRY(move_all(w, n, x, first, &left));
  }
  memcpy(w->held, x, bytes);
  w->n_held = n;
  return RZ_OK;
}
