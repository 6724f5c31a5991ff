/* J v, J^T u, J^T W J v and the mean. A layer's samples go through in blocks, all positions t of a sample side by side:
 * Y = X V is one GEMM over the rows (i, t), and so is X^T U. */
#include "jacobian_impl.h"
#include "jacobian_kernels.h"

#include "ritz/core/memory.h"
#include "ritz/linalg/blas.h"
#include <math.h>
#include <string.h>

static rz_err layer_apply(const rz_layer *l, int c0, int n_c, int64_t first, int64_t count, const double *v, double *y,
                          int64_t ld) {
  const rz_jacobian_kernels *kernels = RZ_ISA_PICK(rz_jacobian);
  rz_layer_work w = {0};
  rz_err rc = RZ_OK;
  const int64_t block = rz_layer_block(l, count), wide = (int64_t)l->n_share * rz_layer_width(l);
  RZ_TRY_DONE(rc, rz_layer_work_init(&w, l, block));
  for (int64_t i0 = 0; i0 < count; i0 += block) {
    const int64_t n = count - i0 < block ? count - i0 : block;
    rz_layer_times(l, rz_layer_input(l, first + i0, n, w.x), n * l->n_share, v, w.y);
    for (int c = c0; c < c0 + n_c; c++) {
      const double *e = rz_layer_signal(l, c, first + i0, n, w.e);
      for (int64_t i = 0; e && i < n; i++)
        y[(c - c0) * ld + i0 + i] += kernels->dot(wide, w.y + i * wide, e + i * wide);
    }
  }
done:
  rz_layer_work_free(&w);
  return rc;
}

rz_err rz_jacobian_apply_raw(const rz_jacobian *j, int c0, int n_c, int64_t first, int64_t count, const double *v,
                             double *y, int64_t ld) {
  for (int c = 0; c < n_c; c++)
    for (int64_t i = 0; i < count; i++) y[c * ld + i] = 0.0;
  const int n_param = (int)j->n_param;
  for (int c = 0; j->panel && c < n_c; c++)
    cblas_dgemv(CblasRowMajor, CblasNoTrans, (int)count, n_param, 1.0,
                j->panel + ((c0 + c) * j->panel_n + first) * j->n_param, n_param, v, 1, 0.0, y + c * ld, 1);
  if (j->panel) return RZ_OK;
  for (int k = 0; k < j->n_layer; k++) {
    const rz_layer *l = j->layer[k];
    RZ_TRY(layer_apply(l, c0, n_c, first, count, v + l->offset, y, ld));
  }
  return RZ_OK;
}

/* g += J^T u of one layer for samples first .. first + count - 1; u [n_comp, ld]. */
static rz_err layer_apply_t(const rz_layer *l, int n_comp, int64_t first, int64_t count, const double *u, int64_t ld,
                            double *g) {
  const rz_jacobian_kernels *kernels = RZ_ISA_PICK(rz_jacobian);
  rz_layer_work w = {0};
  rz_err rc = RZ_OK;
  const int64_t block = rz_layer_block(l, count), wide = (int64_t)l->n_share * rz_layer_width(l);
  RZ_TRY_DONE(rc, rz_layer_work_init(&w, l, block));
  for (int64_t i0 = 0; i0 < count; i0 += block) {
    const int64_t n = count - i0 < block ? count - i0 : block;
    for (int c = 0; c < n_comp; c++) {
      const double *e = rz_layer_signal(l, c, first + i0, n, w.e);
      if (e) kernels->scale_rows(c > 0, n, wide, u + c * ld + i0, e, w.y);
    }
    rz_layer_t_times(l, rz_layer_input(l, first + i0, n, w.x), n * l->n_share, w.y, g);
  }
done:
  rz_layer_work_free(&w);
  return rc;
}

rz_err rz_jacobian_apply_t_raw(const rz_jacobian *j, const double *u, double *g) {
  memset(g, 0, (size_t)j->n_param * sizeof *g);
  for (int c = 0; j->panel && c < j->n_comp; c++)
    cblas_dgemv(CblasRowMajor, CblasTrans, (int)j->n, (int)j->n_param, 1.0, j->panel + c * j->panel_n * j->n_param,
                (int)j->n_param, u + c * j->n, 1, 1.0, g, 1);
  if (j->panel) return RZ_OK;
  for (int k = 0; k < j->n_layer; k++)
    RZ_TRY(layer_apply_t(j->layer[k], j->n_comp, 0, j->n, u, j->n, g + j->layer[k]->offset));
  return RZ_OK;
}

rz_err rz_jacobian_apply(const rz_jacobian *j, const double *v, double *y) {
  double *scaled = NULL;
  rz_err rc = RZ_OK;
  if (j->scale) {
    RZ_TRY(RZ_NEW(j->n_param, &scaled));
    for (int64_t k = 0; k < j->n_param; k++) scaled[k] = v[k] / j->scale[k];
    v = scaled;
  }
  const int64_t block = j->tree ? j->block : j->n;
  for (int64_t i = 0; i < j->n; i += block)
    RZ_TRY_DONE(rc, rz_jacobian_apply_raw(j, 0, j->n_comp, i, j->n - i < block ? j->n - i : block, v, y + i, j->n));
  for (int c = 0; j->centred && c < j->n_comp; c++) {
    const double q = RZ_ISA_PICK(rz_jacobian)->dot(j->n_param, j->mean + c * j->n_param, v);
    for (int64_t i = 0; i < j->n; i++) y[c * j->n + i] -= q;
  }
done:
  rz_free(&scaled);
  return rc;
}

rz_err rz_jacobian_apply_t(const rz_jacobian *j, const double *u, double *g) {
  RZ_TRY(rz_jacobian_apply_t_raw(j, u, g));
  for (int c = 0; j->centred && c < j->n_comp; c++) {
    double s = 0.0;
    for (int64_t i = 0; i < j->n; i++) s += u[c * j->n + i];
    for (int64_t k = 0; k < j->n_param; k++) g[k] -= s * j->mean[c * j->n_param + k];
  }
  for (int64_t k = 0; j->scale && k < j->n_param; k++) g[k] /= j->scale[k];
  return RZ_OK;
}

/* g = J^T W J v with the sums of w J v in total [n_comp], uncentred in J^T, block by block of samples: a block's
 * factors are in the cache when J^T wants them. u [n_comp, block]. */
static rz_err metric_blocks(const rz_jacobian *j, const double *v, int64_t block, double *u, double *total, double *g) {
  double mean_v[2] = {0.0, 0.0};
  for (int c = 0; j->centred && c < j->n_comp; c++)
    mean_v[c] = RZ_ISA_PICK(rz_jacobian)->dot(j->n_param, j->mean + c * j->n_param, v);
  memset(g, 0, (size_t)j->n_param * sizeof *g);
  for (int64_t i0 = 0; i0 < j->n; i0 += block) {
    const int64_t n = j->n - i0 < block ? j->n - i0 : block;
    RZ_TRY(rz_jacobian_apply_raw(j, 0, j->n_comp, i0, n, v, u, n));
    for (int c = 0; c < j->n_comp; c++)
      for (int64_t i = 0; i < n; i++) {
        u[c * n + i] = j->weight[i0 + i] * (u[c * n + i] - mean_v[c]);
        total[c] += u[c * n + i];
      }
    for (int k = 0; k < j->n_layer; k++)
      RZ_TRY(layer_apply_t(j->layer[k], j->n_comp, i0, n, u, n, g + j->layer[k]->offset));
  }
  return RZ_OK;
}

/* The factors of a block, of all layers, stay in the second-level cache. */
static int64_t common_block(const rz_jacobian *j) {
  int64_t block = j->n > 0 ? j->n : 1;
  for (int k = 0; k < j->n_layer; k++) block = rz_layer_block(j->layer[k], block);
  return block;
}

rz_err rz_jacobian_metric(const rz_jacobian *j, const double *v, double *g) {
  const int64_t block = j->panel ? j->n : common_block(j);
  double *u = NULL, *scaled = NULL, total[2] = {0.0, 0.0};
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(j->n_comp * block, &u));
  if (j->panel) {
    RZ_TRY_DONE(rc, rz_jacobian_apply(j, v, u));
    for (int64_t r = 0; r < j->n_comp * j->n; r++) u[r] *= j->weight[r % j->n];
    RZ_TRY_DONE(rc, rz_jacobian_apply_t(j, u, g));
    goto done;
  }
  RZ_TRY_DONE(rc, RZ_NEW(j->n_param, &scaled));
  for (int64_t k = 0; k < j->n_param; k++) scaled[k] = j->scale ? v[k] / j->scale[k] : v[k];
  RZ_TRY_DONE(rc, metric_blocks(j, scaled, block, u, total, g));
  for (int c = 0; j->centred && c < j->n_comp; c++)
    for (int64_t k = 0; k < j->n_param; k++) g[k] -= total[c] * j->mean[c * j->n_param + k];
  for (int64_t k = 0; j->scale && k < j->n_param; k++) g[k] /= j->scale[k];
done:
  rz_free(&scaled);
  rz_free(&u);
  return rc;
}
