/* Laws that are linear in their parameters, by panels of rows d apply / d theta. */
#include "law_impl.h"

#include "ritz/linalg/blas.h"
#include <string.h>

enum { PANEL = 1 << 15 }; /* numbers of a panel: it stays in the cache */

static int64_t panel_states(const rz_law *l) {
  const int64_t n = PANEL / (2 * l->n_degree * (l->params.n > 0 ? l->params.n : 1));
  return n > 0 ? n : 1;
}

/* out = rows theta, rows at x or their derivative along v. */
static rz_err contract(rz_law *l, int64_t n, const double *x, const double *v, double *out) {
  const int64_t dim = 2 * l->n_degree, p = l->params.n, block = panel_states(l);
  double *rows;
  RZ_TRY(rz_law_work(l, block * dim * p, &rows));
  for (int64_t i = 0; i < n; i += block) {
    const int64_t m = i + block < n ? block : n - i;
    RZ_TRY(l->cls->rows(l, m, x + i * dim, v ? v + i * dim : NULL, rows));
    cblas_dgemv(CblasRowMajor, CblasNoTrans, (int)(m * dim), (int)p, 1.0, rows, (int)p, l->params.value, 1, 0.0,
                out + i * dim, 1);
  }
  return RZ_OK;
}

rz_err rz_linear_apply(rz_law *l, int64_t n, const double *x, double *out) { return contract(l, n, x, NULL, out); }

rz_err rz_linear_tangent(rz_law *l, int64_t n, const double *x, const double *v, double *out) {
  return contract(l, n, x, v, out);
}

rz_err rz_linear_pull(rz_law *l, int64_t n, const double *x, const double *bar, double *grad) {
  const int64_t dim = 2 * l->n_degree, p = l->params.n, block = panel_states(l);
  double *rows;
  RZ_TRY(rz_law_work(l, block * dim * p, &rows));
  for (int64_t i = 0; i < n; i += block) {
    const int64_t m = i + block < n ? block : n - i;
    RZ_TRY(l->cls->rows(l, m, x + i * dim, NULL, rows));
    cblas_dgemv(CblasRowMajor, CblasTrans, (int)(m * dim), (int)p, 1.0, rows, (int)p, bar + i * dim, 1, 1.0, grad, 1);
  }
  return RZ_OK;
}

/* A row without structure: one output per parameter, and no input. */
rz_err rz_linear_layers(rz_law *l, rz_jacobian *j) {
  const rz_layer shape = {.offset = 0, .d_in = 1, .d_out = (int)l->params.n, .n_share = 1};
  rz_layer *layer;
  return rz_jacobian_add(j, &shape, false, false, &layer);
}

rz_err rz_linear_factors(rz_law *l, int64_t n, const double *x, int64_t first, rz_jacobian *j) {
  return l->cls->rows(l, n, x, NULL, rz_jacobian_layer(j, 0)->d_re + first * l->params.n);
}
