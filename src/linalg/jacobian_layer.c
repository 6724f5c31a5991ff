/* Inputs and signals of a layer as plain matrices, and products with its inputs. */
#include "jacobian_impl.h"

#include "ritz/core/memory.h"
#include "ritz/linalg/blas.h"
#include <string.h>

int64_t rz_layer_block(const rz_layer *l, int64_t most) {
  const int64_t wide = l->d_in > rz_layer_width(l) ? l->d_in : rz_layer_width(l);
  const int64_t small = RZ_SMALL_PRODUCT / (rz_layer_size(l) * l->n_share);
  int64_t fit = RZ_JACOBIAN_BLOCK / (wide * l->n_share);
  if (small >= 64 && small < fit) fit = small;
  return fit < 1 ? 1 : fit < most ? fit : most;
}

int64_t rz_layer_input_room(const rz_layer *l, int64_t count) {
  return l->x && l->gather ? count * l->n_share * l->d_in : 0;
}

int64_t rz_layer_signal_room(const rz_layer *l, int64_t count) {
  return l->complex_weights ? count * l->n_share * rz_layer_width(l) : 0;
}

const double *rz_layer_input(const rz_layer *l, int64_t first, int64_t count, double *tmp) {
  if (!l->x) return NULL;
  const double *x = l->x + first * l->n_x;
  if (!l->gather) return x;
  const int64_t n = (int64_t)l->n_share * l->d_in;
  for (int64_t i = 0; i < count; i++)
    for (int64_t k = 0; k < n; k++) tmp[i * n + k] = x[i * l->n_x + l->gather[k]];
  return tmp;
}

const double *rz_layer_signal(const rz_layer *l, int c, int64_t first, int64_t count, double *tmp) {
  const int64_t per_sample = (int64_t)l->n_share * l->d_out, n = count * per_sample;
  const double *re = l->d_re + first * per_sample, *im = l->d_im ? l->d_im + first * per_sample : NULL;
  if (!l->complex_weights) return c == 0 ? re : im;
  for (int64_t k = 0; k < n; k++) {
    const double b = im ? im[k] : 0.0;
    tmp[2 * k] = c == 0 ? re[k] : b;
    tmp[2 * k + 1] = c == 0 ? -b : re[k];
  }
  return tmp;
}

void rz_layer_work_free(rz_layer_work *w) {
  rz_free(&w->x);
  rz_free(&w->e);
  rz_free(&w->y);
}

rz_err rz_layer_work_init(rz_layer_work *w, const rz_layer *l, int64_t block) {
  RZ_TRY(RZ_NEW(rz_layer_input_room(l, block), &w->x));
  RZ_TRY(RZ_NEW(rz_layer_signal_room(l, block), &w->e));
  RZ_TRY(RZ_NEW(block * l->n_share * rz_layer_width(l), &w->y));
  return RZ_OK;
}

void rz_layer_times(const rz_layer *l, const double *x, int64_t rows, const double *v, double *y) {
  const int width = rz_layer_width(l);
  if (x) {
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)rows, width, l->d_in, 1.0, x, l->d_in, v, width, 0.0, y,
                width);
    return;
  }
  for (int64_t r = 0; r < rows; r++) memcpy(y + r * width, v, (size_t)width * sizeof *y);
}

void rz_layer_t_times(const rz_layer *l, const double *x, int64_t rows, const double *u, double *g) {
  const int width = rz_layer_width(l);
  if (x) {
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, l->d_in, width, (int)rows, 1.0, x, l->d_in, u, width, 1.0, g,
                width);
    return;
  }
  for (int64_t r = 0; r < rows; r++)
    for (int e = 0; e < width; e++) g[e] += u[r * width + e];
}
