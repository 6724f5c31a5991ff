/* Dense rows of J. */
#include "jacobian_impl.h"

#include "ritz/core/memory.h"
#include "ritz/core/parallel.h"
#include "ritz/linalg/blas.h"
#include <string.h>

void rz_layer_panel(const rz_layer *l, int c, int64_t first, int64_t count, int a0, int n_a, double *x_tmp,
                    double *e_tmp, double *out, int64_t ld) {
  const int width = rz_layer_width(l);
  for (int64_t i = 0; i < count; i++) {
    double *restrict to = out + i * ld;
    memset(to, 0, (size_t)n_a * (size_t)width * sizeof *to);
    const double *x = rz_layer_input(l, first + i, 1, x_tmp);
    const double *restrict e = rz_layer_signal(l, c, first + i, 1, e_tmp);
    if (!e) continue;
    if (!x) {
      for (int t = 0; t < l->n_share; t++)
        for (int k = 0; k < width; k++) to[k] += e[t * width + k];
    } else if (l->n_share == 1) {
      for (int a = 0; a < n_a; a++)
        for (int k = 0; k < width; k++) to[a * width + k] = x[a0 + a] * e[k];
    } else {
      cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, n_a, width, l->n_share, 1.0, x + a0, l->d_in, e, width, 0.0,
                  to, width);
    }
  }
}

rz_err rz_jacobian_check_range(const rz_jacobian *j, int c, int64_t first, int64_t count) {
  RZ_CHECK(c >= 0 && c < j->n_comp && first >= 0 && count >= 0 && first + count <= j->n, RZ_ERR_ARG,
           "samples %lld .. %lld of component %d; there are %lld of %d", (long long)first,
           (long long)(first + count) - 1, c, (long long)j->n, j->n_comp);
  return RZ_OK;
}

/* Uncentred, unscaled rows from the factors, out [count, n_param]. */
static rz_err form_rows(const rz_jacobian *j, int c, int64_t first, int64_t count, double *out) {
  memset(out, 0, (size_t)(count * j->n_param) * sizeof *out);
  for (int k = 0; k < j->n_layer; k++) {
    const rz_layer *l = j->layer[k];
    double *x_tmp = NULL, *e_tmp = NULL;
    rz_err rc = RZ_OK;
    RZ_TRY_DONE(rc, RZ_NEW(rz_layer_input_room(l, 1), &x_tmp));
    RZ_TRY_DONE(rc, RZ_NEW(rz_layer_signal_room(l, 1), &e_tmp));
    rz_layer_panel(l, c, first, count, 0, l->d_in, x_tmp, e_tmp, out + l->offset, j->n_param);
  done:
    rz_free(&x_tmp);
    rz_free(&e_tmp);
    RZ_TRY(rc);
  }
  return RZ_OK;
}

typedef struct panel_rows {
  const rz_jacobian *j;
  double *panel;
} panel_rows;

static rz_err form_share(void *ctx, rz_range share) {
  const panel_rows *p = ctx;
  const rz_jacobian *j = p->j;
  for (int c = 0; c < j->n_comp; c++)
    RZ_TRY(form_rows(j, c, share.first, share.count, p->panel + (c * j->n + share.first) * j->n_param));
  return RZ_OK;
}

rz_err rz_jacobian_keep_panel(rz_jacobian *j) {
  bool shared = false;
  for (int k = 0; k < j->n_layer; k++) shared = shared || (j->layer[k]->n_share > 1 && j->layer[k]->x);
  if (j->panel || !shared || j->n_comp * j->n_param > 3 * rz_jacobian_pack_size(j)) return RZ_OK;
  double *panel = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(j->n_comp * j->n * j->n_param, &panel));
  RZ_TRY_DONE(rc, rz_parallel(j->n, form_share, &(panel_rows){j, panel}));
  j->panel = panel;
  j->panel_n = j->n;
done:
  if (rc != RZ_OK) rz_free(&panel);
  return rc;
}

rz_err rz_jacobian_rows(const rz_jacobian *j, int c, int64_t first, int64_t count, double *out) {
  RZ_TRY(rz_jacobian_check_range(j, c, first, count));
  if (j->panel)
    memcpy(out, j->panel + (c * j->panel_n + first) * j->n_param, (size_t)(count * j->n_param) * sizeof *out);
  else
    RZ_TRY(form_rows(j, c, first, count, out));
  const double *m = j->mean + c * j->n_param;
  for (int64_t i = 0; i < count; i++) {
    double *restrict to = out + i * j->n_param;
    for (int64_t k = 0; j->centred && k < j->n_param; k++) to[k] -= m[k];
    for (int64_t k = 0; j->scale && k < j->n_param; k++) to[k] /= j->scale[k];
  }
  return RZ_OK;
}
