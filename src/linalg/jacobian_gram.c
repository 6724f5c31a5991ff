/* Gram blocks J_a J_b^T, from Grams of factors or from row panels. */
#include "jacobian_impl.h"
#include "jacobian_kernels.h"

#include "ritz/core/memory.h"
#include "ritz/linalg/blas.h"
#include <string.h>

/* One side of a Gram block: samples first .. first + n - 1 of component c of layer k. */
typedef struct side {
  const rz_jacobian *j;
  const rz_layer *l;
  int k, c;
  int64_t first;
  bool single; /* inputs in single precision, as those of the other side */
  double *x_tmp, *e_tmp, *panel, *transposed;
} side;

static void side_free(side *s) {
  rz_free(&s->x_tmp);
  rz_free(&s->e_tmp);
  rz_free(&s->panel);
  rz_free(&s->transposed);
}

static rz_err side_init(side *s, int64_t block, int64_t panel) {
  RZ_TRY(RZ_NEW(rz_layer_input_room(s->l, block), &s->x_tmp));
  RZ_TRY(RZ_NEW(rz_layer_signal_room(s->l, block), &s->e_tmp));
  RZ_TRY(RZ_NEW(panel, &s->panel));
  return RZ_OK;
}

/* C [na, nb] = A B^T + beta C for rows of k numbers. */
static void rows_times_rows(int64_t na, int64_t nb, int k, const double *a, int64_t lda, const double *b, int64_t ldb,
                            double beta, double *c, int64_t ldc) {
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)na, (int)nb, k, 1.0, a, (int)lda, b, (int)ldb, beta, c,
              (int)ldc);
}

/* C [na, nb] = A^T B + beta C for factors with their samples side by side: A [k, lda], B [k, ldb]. In pieces that
 * OpenBLAS multiplies without packing; it does so for this orientation alone. */
static void factors_times_factors(int64_t na, int64_t nb, int k, const double *a, int64_t lda, const double *b,
                                  int64_t ldb, double beta, double *c, int64_t ldc) {
  const int64_t fit = RZ_SMALL_PRODUCT / (na * nb);
  const int piece = fit < 8 ? 8 : fit < k ? (int)fit : k;
  for (int k0 = 0; k0 < k; k0 += piece) {
    const int n = k - k0 < piece ? k - k0 : piece;
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)na, (int)nb, n, 1.0, a + k0 * lda, (int)lda, b + k0 * ldb,
                (int)ldb, k0 == 0 ? beta : 1.0, c, (int)ldc);
  }
}

/* The same in single precision, C = A^T B. */
static void inputs_times_inputs(int64_t na, int64_t nb, int k, const float *a, int64_t lda, const float *b, int64_t ldb,
                                float *c) {
  const int64_t fit = RZ_SMALL_PRODUCT / (na * nb);
  const int piece = fit < 8 ? 8 : fit < k ? (int)fit : k;
  for (int k0 = 0; k0 < k; k0 += piece) {
    const int n = k - k0 < piece ? k - k0 : piece;
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)na, (int)nb, n, 1.0f, a + k0 * lda, (int)lda,
                b + k0 * ldb, (int)ldb, k0 == 0 ? 0.0f : 1.0f, c, (int)nb);
  }
}

/* Factors of a tile's samples, kept or made. */
typedef struct factors {
  const double *x, *e;
  const float *x_single; /* instead of x */
  int64_t ld;
} factors;

static bool keeps_single(const side *s) { return s->j->inputs && s->j->inputs[s->k]; }
/* Kept in the precision that both sides have? */
static bool side_kept(const side *s) { return s->j->factors && keeps_single(s) == s->single; }

static factors side_factors(side *s, int64_t i0, int64_t n) {
  const rz_layer *l = s->l;
  const bool with_x = l->x && !s->single;
  const int64_t lx = with_x ? (int64_t)l->n_share * l->d_in : 0, le = (int64_t)l->n_share * rz_layer_width(l);
  if (side_kept(s)) {
    const int64_t ld = s->j->n, first = s->first + i0;
    const double *at = s->j->factors[s->k] + first;
    return (factors){at, at + (lx + s->c * le) * ld, s->single ? s->j->inputs[s->k] + first : NULL, ld};
  }
  rz_layer_transpose(l, with_x, s->c, 1, s->first + i0, n, s->x_tmp, s->e_tmp, s->transposed, RZ_JACOBIAN_TILE);
  return (factors){.x = s->transposed, .e = s->transposed + lx * RZ_JACOBIAN_TILE, .ld = RZ_JACOBIAN_TILE};
}

/* out = sum_{t,t'} (X_at X_bt'^T) * (E_at E_bt'^T) on one tile, or += if add; p, q hold na * nb numbers each. */
static void tile_by_factors(bool add, const rz_layer *l, factors a, int64_t na, factors b, int64_t nb, double *p,
                            float *p_single, double *q, double *out, int64_t ld) {
  const rz_jacobian_kernels *kernels = RZ_ISA_PICK(rz_jacobian);
  const int width = rz_layer_width(l), n_share = l->n_share;
  for (int t = 0; t < n_share; t++)
    for (int s = 0; s < n_share; s++, add = true) {
      const double *ea = a.e + (int64_t)t * width * a.ld, *eb = b.e + (int64_t)s * width * b.ld;
      if (!l->x) {
        factors_times_factors(na, nb, width, ea, a.ld, eb, b.ld, add ? 1.0 : 0.0, out, ld);
        continue;
      }
      factors_times_factors(na, nb, width, ea, a.ld, eb, b.ld, 0.0, q, nb);
      if (a.x_single) {
        inputs_times_inputs(na, nb, l->d_in, a.x_single + (int64_t)t * l->d_in * a.ld, a.ld,
                            b.x_single + (int64_t)s * l->d_in * b.ld, b.ld, p_single);
        kernels->multiply_single(add, na, nb, p_single, q, out, ld);
        continue;
      }
      factors_times_factors(na, nb, l->d_in, a.x + (int64_t)t * l->d_in * a.ld, a.ld, b.x + (int64_t)s * l->d_in * b.ld,
                            b.ld, 0.0, p, nb);
      kernels->multiply(add, na, nb, p, q, out, ld);
    }
}

static rz_err side_init_factors(side *s) {
  const bool kept = side_kept(s);
  RZ_TRY(side_init(s, kept ? 0 : RZ_JACOBIAN_TILE, 0));
  RZ_TRY(RZ_NEW(kept ? 0 : rz_layer_factor_height(s->l, s->l->x != NULL, 1) * RZ_JACOBIAN_TILE, &s->transposed));
  return RZ_OK;
}

static rz_err gram_by_factors(bool add, side *a, int64_t na, side *b, int64_t nb, double *out, int64_t ld) {
  double *p = NULL, *q = NULL;
  float *p_single = NULL;
  rz_err rc = RZ_OK;
  a->single = b->single = keeps_single(a) && keeps_single(b);
  RZ_TRY_DONE(rc, RZ_NEW((int64_t)RZ_JACOBIAN_TILE * RZ_JACOBIAN_TILE, &p));
  RZ_TRY_DONE(rc, RZ_NEW((int64_t)RZ_JACOBIAN_TILE * RZ_JACOBIAN_TILE, &p_single));
  RZ_TRY_DONE(rc, RZ_NEW((int64_t)RZ_JACOBIAN_TILE * RZ_JACOBIAN_TILE, &q));
  RZ_TRY_DONE(rc, side_init_factors(a));
  RZ_TRY_DONE(rc, side_init_factors(b));
  for (int64_t ia = 0; ia < na; ia += RZ_JACOBIAN_TILE) {
    const int64_t ma = na - ia < RZ_JACOBIAN_TILE ? na - ia : RZ_JACOBIAN_TILE;
    const factors fa = side_factors(a, ia, ma);
    for (int64_t ib = 0; ib < nb; ib += RZ_JACOBIAN_TILE) {
      const int64_t mb = nb - ib < RZ_JACOBIAN_TILE ? nb - ib : RZ_JACOBIAN_TILE;
      tile_by_factors(add, a->l, fa, ma, side_factors(b, ib, mb), mb, p, p_single, q, out + ia * ld + ib, ld);
    }
  }
done:
  rz_free(&p);
  rz_free(&p_single);
  rz_free(&q);
  return rc;
}

static void side_panel(side *s, int64_t first, int64_t n, int a0, int n_a, const double *scale) {
  const int width = rz_layer_width(s->l);
  const int64_t wide = (int64_t)n_a * width;
  if (s->j->panel) {
    const int64_t n_param = s->j->n_param, row = s->c * s->j->panel_n + s->first + first;
    const double *from = s->j->panel + row * n_param + s->l->offset + (int64_t)a0 * width;
    for (int64_t i = 0; i < n; i++) memcpy(s->panel + i * wide, from + i * n_param, (size_t)wide * sizeof *from);
  } else {
    rz_layer_panel(s->l, s->c, s->first + first, n, a0, n_a, s->x_tmp, s->e_tmp, s->panel, wide);
  }
  if (!scale) return;
  const double *by = scale + s->l->offset + (int64_t)a0 * width;
  for (int64_t i = 0; i < n; i++)
    for (int64_t k = 0; k < wide; k++) s->panel[i * wide + k] /= by[k];
}

/* Panels of up to 128 samples and as many columns as fit a block. */
static rz_err gram_by_panels(bool add, side *a, int64_t na, side *b, int64_t nb, const double *scale, double *out,
                             int64_t ld) {
  const rz_layer *l = a->l;
  const int width = rz_layer_width(l);
  const int64_t block = 128, fit = RZ_JACOBIAN_BLOCK / (block * width);
  const int chunk = fit < 1 ? 1 : fit < l->d_in ? (int)fit : l->d_in;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, side_init(a, 1, block * chunk * width));
  RZ_TRY_DONE(rc, side_init(b, 1, block * chunk * width));
  for (int64_t i = 0; !add && i < na; i++) memset(out + i * ld, 0, (size_t)nb * sizeof *out);
  for (int a0 = 0; a0 < l->d_in; a0 += chunk) {
    const int n_a = l->d_in - a0 < chunk ? l->d_in - a0 : chunk, wide = n_a * width;
    for (int64_t ia = 0; ia < na; ia += block) {
      const int64_t ma = na - ia < block ? na - ia : block;
      side_panel(a, ia, ma, a0, n_a, scale);
      for (int64_t ib = 0; ib < nb; ib += block) {
        const int64_t mb = nb - ib < block ? nb - ib : block;
        side_panel(b, ib, mb, a0, n_a, scale);
        rows_times_rows(ma, mb, wide, a->panel, wide, b->panel, wide, 1.0, out + ia * ld + ib, ld);
      }
    }
  }
done:
  return rc;
}

static rz_err gram_layer(bool add, const double *scale, side a, int64_t na, side b, int64_t nb, double *out,
                         int64_t ld) {
  rz_err rc = RZ_OK;
  if (!scale && rz_layer_by_factors(a.l))
    rc = gram_by_factors(add, &a, na, &b, nb, out, ld);
  else
    rc = gram_by_panels(add, &a, na, &b, nb, scale, out, ld);
  side_free(&a);
  side_free(&b);
  RZ_TRY(rc);
  return RZ_OK;
}

/* out[i] = J_(c, first + i) . mean_cm / scale^2 of the uncentred, unscaled J. */
static rz_err dots_with_mean(const rz_jacobian *j, int cm, int c, int64_t first, int64_t count, double *out) {
  if (j->dots) {
    memcpy(out, j->dots + (cm * j->n_comp + c) * j->n + first, (size_t)count * sizeof *out);
    return RZ_OK;
  }
  double *m = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(j->n_param, &m));
  for (int64_t k = 0; k < j->n_param; k++)
    m[k] = j->mean[cm * j->n_param + k] / (j->scale ? j->scale[k] * j->scale[k] : 1.0);
  RZ_TRY_DONE(rc, rz_jacobian_apply_raw(j, c, 1, first, count, m, out, count));
done:
  rz_free(&m);
  return rc;
}

/* Products of the means of two components, with the metric 1 / scale^2. */
static double mean_by_mean(const rz_jacobian *j, int ca, int cb) {
  if (j->dots) return j->mean2[ca * j->n_comp + cb];
  double sum = 0.0;
  for (int64_t k = 0; k < j->n_param; k++) {
    const double f = j->scale ? 1.0 / (j->scale[k] * j->scale[k]) : 1.0;
    sum += f * j->mean[ca * j->n_param + k] * j->mean[cb * j->n_param + k];
  }
  return sum;
}

rz_err rz_jacobian_prepare_gram(rz_jacobian *j) {
  double *dots = NULL;
  rz_err rc = RZ_OK;
  rz_free(&j->dots);
  RZ_TRY(rz_jacobian_keep_panel(j));
  RZ_TRY(rz_jacobian_keep_factors(j));
  if (!j->centred) return RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(j->n_comp * j->n_comp * j->n, &dots));
  for (int cm = 0; cm < j->n_comp; cm++)
    for (int c = 0; c < j->n_comp; c++) {
      RZ_TRY_DONE(rc, dots_with_mean(j, cm, c, 0, j->n, dots + (cm * j->n_comp + c) * j->n));
      j->mean2[cm * j->n_comp + c] = mean_by_mean(j, cm, c);
    }
  j->dots = dots;
done:
  if (rc != RZ_OK) rz_free(&dots);
  return rc;
}

/* (J_r - m_a)(J_s - m_b) = J_r J_s - J_r m_b - m_a J_s + m_a m_b, all with the metric 1 / scale^2: no panel needed. */
static rz_err centre_gram(const rz_jacobian *a, int ca, int64_t first_a, int64_t na, const rz_jacobian *b, int cb,
                          int64_t first_b, int64_t nb, double *out, int64_t ld) {
  double *qa = NULL, *qb = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(na, &qa));
  RZ_TRY_DONE(rc, RZ_NEW(nb, &qb));
  RZ_TRY_DONE(rc, dots_with_mean(a, cb, ca, first_a, na, qa));
  RZ_TRY_DONE(rc, dots_with_mean(b, ca, cb, first_b, nb, qb));
  RZ_ISA_PICK(rz_jacobian)->subtract_means(na, nb, mean_by_mean(a, ca, cb), qa, qb, out, ld);
done:
  rz_free(&qa);
  rz_free(&qb);
  return rc;
}

static side make_side(const rz_jacobian *j, int k, int c, int64_t first) {
  return (side){.j = j, .l = j->layer[k], .k = k, .c = c, .first = first};
}

rz_err rz_jacobian_gram(const rz_jacobian *a, int ca, int64_t first_a, int64_t na, const rz_jacobian *b, int cb,
                        int64_t first_b, int64_t nb, double *out, int64_t ld) {
  RZ_TRY(rz_jacobian_check_range(a, ca, first_a, na));
  RZ_TRY(rz_jacobian_check_range(b, cb, first_b, nb));
  RZ_CHECK(a->n_layer == b->n_layer && a->n_param == b->n_param && ld >= nb, RZ_ERR_ARG,
           "Gram block of Jacobians of %d and %d layers, %lld and %lld parameters", a->n_layer, b->n_layer,
           (long long)a->n_param, (long long)b->n_param);
  if (na == 0 || nb == 0) return RZ_OK;
  for (int64_t i = 0; a->n_layer == 0 && i < na; i++) memset(out + i * ld, 0, (size_t)nb * sizeof *out);
  for (int k = 0; k < a->n_layer; k++) {
    const side sa = make_side(a, k, ca, first_a), sb = make_side(b, k, cb, first_b);
    RZ_TRY(gram_layer(k > 0, a->scale, sa, na, sb, nb, out, ld));
  }
  if (a->centred) RZ_TRY(centre_gram(a, ca, first_a, na, b, cb, first_b, nb, out, ld));
  return RZ_OK;
}
