/* A kernel's entries by Gram blocks of two sets of samples. */
#include "sr_impl.h"

#include "ritz/core/memory.h"
#include "ritz/core/parallel.h"
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

/* This rank's part of the tiles that hold an entry on or below the diagonal, from which threads take their shares. */
typedef struct tiles {
  const rz_sr_side *rows, *cols;
  rz_block_cyclic *m;
  rz_sr_part part;
  int64_t n;
  int64_t *first; /* [n, 2]: first sample of the rows and of the columns */
} tiles;

static rz_err list_tiles(tiles *t) {
  int64_t nr = 0, nc = 0;
  const int64_t *row = rz_block_cyclic_rows(t->m, &nr), *col = rz_block_cyclic_cols(t->m, &nc);
  const int64_t n_row = t->rows->n, n_col = t->cols->n;
  int64_t below = 0;
  const int64_t per_row = n_row > 0 ? nr / n_row : 1, per_col = n_col > 0 ? nc / n_col : 1;
  RZ_TRY(RZ_NEW(2 * ((n_row + TILE - 1) / TILE) * ((n_col + TILE - 1) / TILE), &t->first));
  for (int64_t c0 = 0; c0 < n_col; c0 += TILE)
    for (int64_t r0 = 0; r0 < n_row; r0 += TILE) {
      const int64_t last = r0 + TILE < n_row ? r0 + TILE : n_row;
      if (row[last * per_row - 1] < col[c0 * per_col] || below++ % t->part.of != t->part.number) continue;
      t->first[2 * t->n] = r0;
      t->first[2 * t->n++ + 1] = c0;
    }
  return RZ_OK;
}

static rz_err fill_share(void *ctx, rz_range share) {
  const tiles *t = ctx;
  double *tmp = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW((int64_t)2 * TILE * TILE, &tmp));
  for (int64_t k = share.first; k < share.first + share.count; k++) {
    const int64_t r0 = t->first[2 * k], c0 = t->first[2 * k + 1];
    const int64_t nr = t->rows->n - r0 < TILE ? t->rows->n - r0 : TILE;
    const int64_t nc = t->cols->n - c0 < TILE ? t->cols->n - c0 : TILE;
    RZ_TRY_DONE(rc, fill_tile(t->rows, r0, nr, t->cols, c0, nc, tmp, t->m));
  }
done:
  rz_free(&tmp);
  return rc;
}

rz_err rz_sr_fill_tiles(const rz_sr_side *rows, const rz_sr_side *cols, rz_sr_part part, rz_block_cyclic *m) {
  tiles t = {.rows = rows, .cols = cols, .m = m, .part = part};
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, list_tiles(&t));
  RZ_TRY_DONE(rc, rz_parallel(t.n, fill_share, &t));
done:
  rz_free(&t.first);
  return rc;
}
