/* The mean of the rows and the diagonal of J^T W J. */
#include "jacobian_impl.h"

#include "ritz/core/memory.h"
#include <math.h>
#include <string.h>

/* A dropped sample may hold anything, also what is not a number: weight 0 must mean no trace of it. */
static void clear_dropped(rz_jacobian *j) {
  for (int k = 0; k < j->n_layer; k++) {
    const rz_layer *l = j->layer[k];
    const int64_t n_d = (int64_t)l->n_share * l->d_out;
    for (int64_t i = 0; i < j->n; i++) {
      if (j->weight[i] != 0.0) continue;
      if (l->x) memset(l->x + i * l->n_x, 0, (size_t)l->n_x * sizeof *l->x);
      memset(l->d_re + i * n_d, 0, (size_t)n_d * sizeof *l->d_re);
      if (l->d_im) memset(l->d_im + i * n_d, 0, (size_t)n_d * sizeof *l->d_im);
    }
  }
}

static rz_err prepare(rz_jacobian *j) {
  for (int64_t i = 0; i < j->n; i++)
    RZ_CHECK(isfinite(j->weight[i]) && j->weight[i] >= 0.0, RZ_ERR_ARG, "weight of sample %lld is %g", (long long)i,
             j->weight[i]);
  clear_dropped(j);
  return rz_jacobian_keep_panel(j);
}

/* sum_i w_i J_(c, i) of every component, out [n_comp, n_param]: an rz_jacobian_term. */
static rz_err weighted_rows(const rz_jacobian *j, const rz_jacobian *all, int64_t first, const void *ctx, double *out) {
  (void)all, (void)first, (void)ctx;
  double *u = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW0(j->n_comp * j->n, &u));
  for (int c = 0; c < j->n_comp; c++) {
    memset(u, 0, (size_t)(j->n_comp * j->n) * sizeof *u);
    if (j->n > 0) memcpy(u + c * j->n, j->weight, (size_t)j->n * sizeof *u);
    RZ_TRY_DONE(rc, rz_jacobian_apply_t_raw(j, u, out + c * j->n_param));
  }
done:
  rz_free(&u);
  return rc;
}

void rz_jacobian_about_zero(rz_jacobian *j) { j->about_zero = true; }

rz_err rz_jacobian_centre(rz_jacobian *j, const rz_comm *comm) {
  rz_jacobian_forget(j);
  if (j->about_zero) return rz_agree(comm, prepare(j));
  RZ_TRY(rz_jacobian_sum(j, comm, prepare(j), j->n_comp * j->n_param, weighted_rows, NULL, j->mean));
  j->centred = true;
  return RZ_OK;
}

/* One position per sample: sum_i w_i X^2 E^2 is one GEMM of squares per component. */
static rz_err layer_squares(const rz_jacobian *j, const rz_layer *l, double *out) {
  rz_layer_work w = {0};
  double *x2 = NULL;
  rz_err rc = RZ_OK;
  const int width = rz_layer_width(l);
  const int64_t block = rz_layer_block(l, j->n);
  RZ_TRY_DONE(rc, rz_layer_work_init(&w, l, block));
  RZ_TRY_DONE(rc, RZ_NEW(block * l->d_in, &x2));
  for (int64_t i0 = 0; i0 < j->n; i0 += block) {
    const int64_t n = j->n - i0 < block ? j->n - i0 : block;
    const double *x = rz_layer_input(l, i0, n, w.x);
    for (int64_t k = 0; x && k < n * l->d_in; k++) x2[k] = x[k] * x[k];
    for (int c = 0; c < j->n_comp; c++) {
      const double *e = rz_layer_signal(l, c, i0, n, w.e);
      if (!e) continue;
      for (int64_t k = 0; k < n * width; k++) w.y[k] = j->weight[i0 + k / width] * e[k] * e[k];
      rz_layer_t_times(l, x ? x2 : NULL, n, w.y, out);
    }
  }
done:
  rz_free(&x2);
  rz_layer_work_free(&w);
  return rc;
}

/* Shared positions: the square of a sum needs the entries themselves. */
static rz_err panel_squares(const rz_jacobian *j, double *out) {
  double *row = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(j->n_param, &row));
  for (int c = 0; c < j->n_comp; c++)
    for (int64_t i = 0; i < j->n; i++) {
      RZ_TRY_DONE(rc, rz_jacobian_rows(j, c, i, 1, row));
      for (int64_t k = 0; k < j->n_param; k++) out[k] += j->weight[i] * row[k] * row[k];
    }
done:
  rz_free(&row);
  return rc;
}

/* sum_i w_i (J - m)^2 = sum_i w_i J^2 - 2 m (sum_i w_i J) + m^2 sum_i w_i, over this rank's samples. */
static rz_err centre_squares(const rz_jacobian *j, double *out) {
  double *u = NULL, *g = NULL, total = 0.0;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(j->n_comp * j->n, &u));
  RZ_TRY_DONE(rc, RZ_NEW(j->n_param, &g));
  for (int64_t i = 0; i < j->n; i++) total += j->weight[i];
  for (int c = 0; c < j->n_comp; c++) {
    const double *m = j->mean + c * j->n_param;
    memset(u, 0, (size_t)(j->n_comp * j->n) * sizeof *u);
    if (j->n > 0) memcpy(u + c * j->n, j->weight, (size_t)j->n * sizeof *u);
    RZ_TRY_DONE(rc, rz_jacobian_apply_t_raw(j, u, g));
    for (int64_t k = 0; k < j->n_param; k++) out[k] += m[k] * (m[k] * total - 2.0 * g[k]);
  }
  /* A sum of squares: what is below zero is rounding. */
  for (int64_t k = 0; k < j->n_param; k++) out[k] = out[k] < 0.0 ? 0.0 : out[k];
done:
  rz_free(&g);
  rz_free(&u);
  return rc;
}

rz_err rz_jacobian_diagonal(const rz_jacobian *j, double *out) {
  bool shared = false;
  for (int k = 0; k < j->n_layer; k++) shared = shared || j->layer[k]->n_share > 1;
  memset(out, 0, (size_t)j->n_param * sizeof *out);
  if (shared) {
    RZ_TRY(panel_squares(j, out));
    return RZ_OK;
  }
  for (int k = 0; k < j->n_layer; k++) RZ_TRY(layer_squares(j, j->layer[k], out + j->layer[k]->offset));
  if (j->centred) RZ_TRY(centre_squares(j, out));
  for (int64_t k = 0; j->scale && k < j->n_param; k++) out[k] /= j->scale[k] * j->scale[k];
  return RZ_OK;
}
