/* A kernel's entries by Gram blocks of two sets of samples. */
#include "sr_impl.h"

#include "ritz/core/memory.h"
#include "ritz/linalg/blas.h"
#include <math.h>

bool rz_sr_holomorphic(const rz_jacobian *j) {
  for (int l = 0; l < rz_jacobian_n_layer(j); l++)
    if (!rz_jacobian_layer(j, l)->complex_weights) return false;
  return rz_jacobian_n_comp(j) == 2;
}

rz_err rz_sr_side_of(rz_jacobian *j, rz_sr_side *s) {
  *s = (rz_sr_side){.n = rz_jacobian_n(j), .n_comp = rz_jacobian_n_comp(j), .j = j};
  RZ_TRY(RZ_NEW(s->n, &s->root));
  for (int64_t i = 0; i < s->n; i++) s->root[i] = sqrt(rz_jacobian_weight(j, i));
  RZ_TRY(rz_jacobian_prepare_gram(j));
  return RZ_OK;
}

void rz_sr_side_free(rz_sr_side *s) {
  rz_free(&s->dense);
  rz_free(&s->root);
  rz_jacobian_destroy(&s->own);
}

enum { TILE = 96 }; /* samples */

/* out [nc, nr]: component d of samples c0 + q of the columns . component c of samples r0 + i of the rows. */
static rz_err gram(const rz_sr_side *rows, int c, int64_t r0, int64_t nr, const rz_sr_side *cols, int d, int64_t c0,
                   int64_t nc, double *out) {
  const int64_t size = rows->size, n_param = rows->n_param;
  if (rows->j) return rz_jacobian_gram(cols->j, d, c0, nc, rows->j, c, r0, nr, out, nr);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)nc, (int)nr, (int)n_param, 1.0,
              cols->dense + c0 * size + 1 + d * n_param, (int)size, rows->dense + r0 * size + 1 + c * n_param,
              (int)size, 0.0, out, (int)nr);
  return RZ_OK;
}

/* m for samples r0 + i of the rows and c0 + q of the columns: entries (i, c), (q, d), or complex entries i, q. tmp
 * [2, TILE, TILE]. */
static rz_err fill_tile(const rz_sr_side *rows, int64_t r0, int64_t nr, const rz_sr_side *cols, int64_t c0, int64_t nc,
                        double *tmp, rz_block_cyclic *m) {
  const rz_scalar scalar = rz_block_cyclic_scalar(m);
  rz_tile t = {.n_row = nr,
               .n_col = nc,
               .ld = nr,
               .re = tmp,
               .im = tmp + TILE * TILE,
               .row_scale = rows->root + r0,
               .col_scale = cols->root + c0};
  if (scalar == RZ_DOUBLE_COMPLEX || scalar == RZ_SINGLE_COMPLEX) {
    t.row = r0, t.col = c0, t.stride = 1;
    RZ_TRY(gram(rows, 0, r0, nr, cols, 0, c0, nc, tmp));
    RZ_TRY(gram(rows, 1, r0, nr, cols, 0, c0, nc, tmp + TILE * TILE));
    rz_block_cyclic_put(m, &t);
    return RZ_OK;
  }
  t.stride = rows->n_comp;
  for (int c = 0; c < rows->n_comp; c++)
    for (int d = 0; d < rows->n_comp; d++) {
      t.row = r0 * rows->n_comp + c, t.col = c0 * rows->n_comp + d;
      RZ_TRY(gram(rows, c, r0, nr, cols, d, c0, nc, tmp));
      rz_block_cyclic_put(m, &t);
    }
  return RZ_OK;
}

rz_err rz_sr_fill_tiles(const rz_sr_side *rows, const rz_sr_side *cols, double shift, rz_block_cyclic *m) {
  double *tmp = NULL;
  int64_t nr = 0, nc = 0;
  const int64_t *row = rz_block_cyclic_rows(m, &nr), *col = rz_block_cyclic_cols(m, &nc);
  const int64_t per_row = rows->n > 0 ? nr / rows->n : 1, per_col = cols->n > 0 ? nc / cols->n : 1;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW((int64_t)2 * TILE * TILE, &tmp));
  for (int64_t c0 = 0; c0 < cols->n; c0 += TILE)
    for (int64_t r0 = 0; r0 < rows->n; r0 += TILE) {
      const int64_t mr = rows->n - r0 < TILE ? rows->n - r0 : TILE, mc = cols->n - c0 < TILE ? cols->n - c0 : TILE;
      if (row[(r0 + mr) * per_row - 1] < col[c0 * per_col]) continue;
      RZ_TRY_DONE(rc, fill_tile(rows, r0, mr, cols, c0, mc, tmp, m));
    }
  rz_block_cyclic_shift(m, shift);
done:
  rz_free(&tmp);
  return rc;
}
