/* Factors with their samples side by side, the order that Grams of them are fastest in. */
#include "jacobian_impl.h"
#include "jacobian_kernels.h"

#include "ritz/core/memory.h"
#include <math.h>
#include <string.h>

/* Multiply-adds per pair of rows: T^2 (d_in + d_out) by Grams, d_in d_out by panels. */
static double factors_cost(const rz_layer *l) {
  return (double)l->n_share * l->n_share * ((l->x ? l->d_in : 0) + rz_layer_width(l));
}

bool rz_layer_by_factors(const rz_layer *l) {
  return l->n_share == 1 && !l->x ? true : factors_cost(l) < (double)rz_layer_size(l);
}

/* to[r, i] = from[i, r] for i < n, r < width; in squares that the first-level cache holds. */
#define TRANSPOSE(type, name)                                                                                          \
  static void name(int64_t n, int64_t width, const double *restrict from, type *restrict to, int64_t ld) {             \
    enum { SQUARE = 16 };                                                                                              \
    for (int64_t i0 = 0; i0 < n; i0 += SQUARE)                                                                         \
      for (int64_t r0 = 0; r0 < width; r0 += SQUARE)                                                                   \
        for (int64_t r = r0; r < width && r < r0 + SQUARE; r++)                                                        \
          for (int64_t i = i0; i < n && i < i0 + SQUARE; i++) to[r * ld + i] = (type)from[i * width + r];              \
  }
TRANSPOSE(double, transpose)
TRANSPOSE(float, transpose_single)

/* Are all sums of products of these inputs exact in single precision, whatever their order? They are integers below
 * 2^24 if every input is an integer of at most sqrt(2^24 / d_in); spins are. */
static bool exact_in_single(const rz_layer *l, int64_t n) {
  return l->x && RZ_ISA_PICK(rz_jacobian)->are_integers(n * l->n_x, 4096.0 / sqrt(l->d_in), l->x);
}

int64_t rz_layer_factor_height(const rz_layer *l, bool with_x, int n_comp) {
  return (int64_t)l->n_share * ((with_x ? l->d_in : 0) + (int64_t)n_comp * rz_layer_width(l));
}

void rz_layer_transpose(const rz_layer *l, bool with_x, int c0, int n_c, int64_t first, int64_t n, double *x_tmp,
                        double *e_tmp, double *to, int64_t ld) {
  const int64_t lx = with_x ? (int64_t)l->n_share * l->d_in : 0, le = (int64_t)l->n_share * rz_layer_width(l);
  if (with_x) transpose(n, lx, rz_layer_input(l, first, n, x_tmp), to, ld);
  for (int c = 0; c < n_c; c++) {
    const double *e = rz_layer_signal(l, c0 + c, first, n, e_tmp);
    double *at = to + (lx + c * le) * ld;
    if (e)
      transpose(n, le, e, at, ld);
    else
      for (int64_t r = 0; r < le; r++) memset(at + r * ld, 0, (size_t)n * sizeof *at);
  }
}

static rz_err keep_layer(rz_jacobian *j, int k) {
  const rz_layer *l = j->layer[k];
  const bool single = exact_in_single(l, j->n), with_x = l->x && !single;
  const int64_t lx = (int64_t)l->n_share * l->d_in;
  rz_layer_work w = {0};
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_layer_work_init(&w, l, RZ_JACOBIAN_TILE));
  RZ_TRY_DONE(rc, RZ_NEW(rz_layer_factor_height(l, with_x, j->n_comp) * j->n, &j->factors[k]));
  if (single) RZ_TRY_DONE(rc, RZ_NEW(lx * j->n, &j->inputs[k]));
  for (int64_t i0 = 0; i0 < j->n; i0 += RZ_JACOBIAN_TILE) {
    const int64_t n = j->n - i0 < RZ_JACOBIAN_TILE ? j->n - i0 : RZ_JACOBIAN_TILE;
    rz_layer_transpose(l, with_x, 0, j->n_comp, i0, n, w.x, w.e, j->factors[k] + i0, j->n);
    if (single) transpose_single(n, lx, rz_layer_input(l, i0, n, w.x), j->inputs[k] + i0, j->n);
  }
done:
  rz_layer_work_free(&w);
  return rc;
}

rz_err rz_jacobian_keep_factors(rz_jacobian *j) {
  rz_err rc = RZ_OK;
  if (j->factors || j->scale || j->n_layer == 0) return RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW0(j->n_layer, &j->factors));
  RZ_TRY_DONE(rc, RZ_NEW0(j->n_layer, &j->inputs));
  for (int k = 0; k < j->n_layer; k++)
    if (rz_layer_by_factors(j->layer[k])) RZ_TRY_DONE(rc, keep_layer(j, k));
done:
  if (rc != RZ_OK) rz_jacobian_forget(j);
  return rc;
}
