/* J v, J^T u, the diagonal of J^T W J, and the mean. A layer's samples go through in blocks, all positions t of a
 * sample side by side: Y = X V is one GEMM over the rows (i, t), and so is X^T U. */
#include "jacobian_impl.h"

#include "ritz/core/memory.h"
#include "ritz/linalg/blas.h"
#include <math.h>
#include <string.h>

/* Temporaries of one layer: gathered inputs, interleaved signals, and a product of the signals' shape. */
typedef struct work {
  double *x, *e, *y;
} work;

static void work_free(work *w) {
  rz_free(&w->x);
  rz_free(&w->e);
  rz_free(&w->y);
}

static rz_err work_init(work *w, const rz_layer *l, int64_t block) {
  RZ_TRY(RZ_NEW(rz_layer_input_room(l, block), &w->x));
  RZ_TRY(RZ_NEW(rz_layer_signal_room(l, block), &w->e));
  RZ_TRY(RZ_NEW(block * l->n_share * rz_layer_width(l), &w->y));
  return RZ_OK;
}

/* Y [rows, width] = X V; without inputs every row is V. */
static void inputs_times(const rz_layer *l, const double *x, int64_t rows, const double *v, double *y) {
  const int width = rz_layer_width(l);
  if (x) {
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)rows, width, l->d_in, 1.0, x, l->d_in, v, width, 0.0, y,
                width);
    return;
  }
  for (int64_t r = 0; r < rows; r++) memcpy(y + r * width, v, (size_t)width * sizeof *y);
}

/* G [d_in, width] += X^T U; without inputs the sum of U's rows. */
static void inputs_t_times(const rz_layer *l, const double *x, int64_t rows, const double *u, double *g) {
  const int width = rz_layer_width(l);
  if (x) {
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, l->d_in, width, (int)rows, 1.0, x, l->d_in, u, width, 1.0, g,
                width);
    return;
  }
  for (int64_t r = 0; r < rows; r++)
    for (int e = 0; e < width; e++) g[e] += u[r * width + e];
}

static double dot(int64_t n, const double *restrict a, const double *restrict b) {
  double s[4] = {0, 0, 0, 0};
  int64_t k = 0;
  for (; k + 4 <= n; k += 4)
    for (int q = 0; q < 4; q++) s[q] += a[k + q] * b[k + q];
  for (; k < n; k++) s[0] += a[k] * b[k];
  return (s[0] + s[1]) + (s[2] + s[3]);
}

static rz_err layer_apply(const rz_layer *l, int c0, int n_c, int64_t first, int64_t count, const double *v, double *y,
                          int64_t ld) {
  work w = {0};
  rz_err rc = RZ_OK;
  const int64_t block = rz_layer_block(l, count), wide = (int64_t)l->n_share * rz_layer_width(l);
  RZ_TRY_DONE(rc, work_init(&w, l, block));
  for (int64_t i0 = 0; i0 < count; i0 += block) {
    const int64_t n = count - i0 < block ? count - i0 : block;
    inputs_times(l, rz_layer_input(l, first + i0, n, w.x), n * l->n_share, v, w.y);
    for (int c = c0; c < c0 + n_c; c++) {
      const double *e = rz_layer_signal(l, c, first + i0, n, w.e);
      for (int64_t i = 0; e && i < n; i++) y[(c - c0) * ld + i0 + i] += dot(wide, w.y + i * wide, e + i * wide);
    }
  }
done:
  work_free(&w);
  return rc;
}

rz_err rz_jacobian_apply_raw(const rz_jacobian *j, int c0, int n_c, int64_t first, int64_t count, const double *v,
                             double *y, int64_t ld) {
  for (int c = 0; c < n_c; c++)
    for (int64_t i = 0; i < count; i++) y[c * ld + i] = 0.0;
  const int n_param = (int)j->n_param;
  for (int c = 0; j->panel && c < n_c; c++)
    cblas_dgemv(CblasRowMajor, CblasNoTrans, (int)count, n_param, 1.0,
                j->panel + ((c0 + c) * j->n + first) * j->n_param, n_param, v, 1, 0.0, y + c * ld, 1);
  if (j->panel) return RZ_OK;
  for (int k = 0; k < j->n_layer; k++) {
    const rz_layer *l = j->layer[k];
    RZ_TRY(layer_apply(l, c0, n_c, first, count, v + l->offset, y, ld));
  }
  return RZ_OK;
}

/* U [n * n_share, width] = sum_c u_(c,i) E_c; u [n_comp, ld]. */
static void weighted_signal(const rz_jacobian *j, const rz_layer *l, int64_t first, int64_t n, const double *u,
                            work *w) {
  const int64_t wide = (int64_t)l->n_share * rz_layer_width(l);
  for (int c = 0; c < j->n_comp; c++) {
    const double *e = rz_layer_signal(l, c, first, n, w->e);
    for (int64_t i = 0; e && i < n; i++) {
      const double f = u[c * j->n + first + i], *restrict from = e + i * wide;
      double *restrict to = w->y + i * wide;
      if (c == 0)
        for (int64_t k = 0; k < wide; k++) to[k] = f * from[k];
      else
        for (int64_t k = 0; k < wide; k++) to[k] += f * from[k];
    }
  }
}

static rz_err layer_apply_t(const rz_jacobian *j, const rz_layer *l, const double *u, double *g) {
  work w = {0};
  rz_err rc = RZ_OK;
  const int64_t block = rz_layer_block(l, j->n);
  RZ_TRY_DONE(rc, work_init(&w, l, block));
  for (int64_t i0 = 0; i0 < j->n; i0 += block) {
    const int64_t n = j->n - i0 < block ? j->n - i0 : block;
    weighted_signal(j, l, i0, n, u, &w);
    inputs_t_times(l, rz_layer_input(l, i0, n, w.x), n * l->n_share, w.y, g);
  }
done:
  work_free(&w);
  return rc;
}

static rz_err apply_t_raw(const rz_jacobian *j, const double *u, double *g) {
  memset(g, 0, (size_t)j->n_param * sizeof *g);
  if (j->panel) {
    cblas_dgemv(CblasRowMajor, CblasTrans, (int)rz_jacobian_n_rows(j), (int)j->n_param, 1.0, j->panel, (int)j->n_param,
                u, 1, 0.0, g, 1);
    return RZ_OK;
  }
  for (int k = 0; k < j->n_layer; k++) RZ_TRY(layer_apply_t(j, j->layer[k], u, g + j->layer[k]->offset));
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
  RZ_TRY_DONE(rc, rz_jacobian_apply_raw(j, 0, j->n_comp, 0, j->n, v, y, j->n));
  for (int c = 0; j->centred && c < j->n_comp; c++) {
    const double q = dot(j->n_param, j->mean + c * j->n_param, v);
    for (int64_t i = 0; i < j->n; i++) y[c * j->n + i] -= q;
  }
done:
  rz_free(&scaled);
  return rc;
}

rz_err rz_jacobian_apply_t(const rz_jacobian *j, const double *u, double *g) {
  RZ_TRY(apply_t_raw(j, u, g));
  for (int c = 0; j->centred && c < j->n_comp; c++) {
    double s = 0.0;
    for (int64_t i = 0; i < j->n; i++) s += u[c * j->n + i];
    for (int64_t k = 0; k < j->n_param; k++) g[k] -= s * j->mean[c * j->n_param + k];
  }
  for (int64_t k = 0; j->scale && k < j->n_param; k++) g[k] /= j->scale[k];
  return RZ_OK;
}

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

static rz_err local_mean(rz_jacobian *j) {
  double *u = NULL;
  rz_err rc = RZ_OK;
  for (int64_t i = 0; i < j->n; i++)
    RZ_CHECK(isfinite(j->weight[i]) && j->weight[i] >= 0.0, RZ_ERR_ARG, "weight of sample %lld is %g", (long long)i,
             j->weight[i]);
  clear_dropped(j);
  RZ_TRY(rz_jacobian_keep_panel(j));
  RZ_TRY_DONE(rc, RZ_NEW0(j->n_comp * j->n, &u));
  for (int c = 0; c < j->n_comp; c++) {
    memset(u, 0, (size_t)(j->n_comp * j->n) * sizeof *u);
    if (j->n > 0) memcpy(u + c * j->n, j->weight, (size_t)j->n * sizeof *u);
    RZ_TRY_DONE(rc, apply_t_raw(j, u, j->mean + c * j->n_param));
  }
done:
  rz_free(&u);
  return rc;
}

rz_err rz_jacobian_centre(rz_jacobian *j, const rz_comm *comm) {
  rz_jacobian_forget(j);
  RZ_TRY(rz_agree(comm, local_mean(j)));
  RZ_TRY(rz_sum(comm, j->n_comp * j->n_param, j->mean));
  j->centred = true;
  return RZ_OK;
}

/* One position per sample: sum_i w_i X^2 E^2 is one GEMM of squares per component. */
static rz_err layer_squares(const rz_jacobian *j, const rz_layer *l, double *out) {
  work w = {0};
  double *x2 = NULL;
  rz_err rc = RZ_OK;
  const int width = rz_layer_width(l);
  const int64_t block = rz_layer_block(l, j->n);
  RZ_TRY_DONE(rc, work_init(&w, l, block));
  RZ_TRY_DONE(rc, RZ_NEW(block * l->d_in, &x2));
  for (int64_t i0 = 0; i0 < j->n; i0 += block) {
    const int64_t n = j->n - i0 < block ? j->n - i0 : block;
    const double *x = rz_layer_input(l, i0, n, w.x);
    for (int64_t k = 0; x && k < n * l->d_in; k++) x2[k] = x[k] * x[k];
    for (int c = 0; c < j->n_comp; c++) {
      const double *e = rz_layer_signal(l, c, i0, n, w.e);
      if (!e) continue;
      for (int64_t k = 0; k < n * width; k++) w.y[k] = j->weight[i0 + k / width] * e[k] * e[k];
      inputs_t_times(l, x ? x2 : NULL, n, w.y, out);
    }
  }
done:
  rz_free(&x2);
  work_free(&w);
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
    RZ_TRY_DONE(rc, apply_t_raw(j, u, g));
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
