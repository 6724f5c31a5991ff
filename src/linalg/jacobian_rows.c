/* Dense rows of J, and Gram blocks J_a J_b^T from Grams of factors or from row panels. */
#include "jacobian_impl.h"

#include "ritz/core/memory.h"
#include "ritz/linalg/blas.h"
#include <string.h>

/* Columns a0 <= a < a0 + n_a of W (all d_eff entries of each) for `count` samples of component c, uncentred, into
 * out[i * ld + (a - a0) * d_eff + e]. x_tmp and e_tmp hold one sample. */
static void layer_panel(const rz_layer *l, int c, int64_t first, int64_t count, int a0, int n_a, double *x_tmp,
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

static rz_err check_range(const rz_jacobian *j, int c, int64_t first, int64_t count) {
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
    layer_panel(l, c, first, count, 0, l->d_in, x_tmp, e_tmp, out + l->offset, j->n_param);
  done:
    rz_free(&x_tmp);
    rz_free(&e_tmp);
    RZ_TRY(rc);
  }
  return RZ_OK;
}

rz_err rz_jacobian_keep_panel(rz_jacobian *j) {
  bool shared = false;
  for (int k = 0; k < j->n_layer; k++) shared = shared || (j->layer[k]->n_share > 1 && j->layer[k]->x);
  if (j->panel || !shared || j->n_comp * j->n_param > 3 * rz_jacobian_pack_size(j)) return RZ_OK;
  double *panel = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(j->n_comp * j->n * j->n_param, &panel));
  for (int c = 0; c < j->n_comp; c++) RZ_TRY_DONE(rc, form_rows(j, c, 0, j->n, panel + c * j->n * j->n_param));
  j->panel = panel;
done:
  if (rc != RZ_OK) rz_free(&panel);
  return rc;
}

rz_err rz_jacobian_rows(const rz_jacobian *j, int c, int64_t first, int64_t count, double *out) {
  RZ_TRY(check_range(j, c, first, count));
  if (j->panel)
    memcpy(out, j->panel + (c * j->n + first) * j->n_param, (size_t)(count * j->n_param) * sizeof *out);
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

/* Multiply-adds per pair of rows: T^2 (d_in + d_out) by Grams, d_in d_out by panels. */
static double factors_cost(const rz_layer *l) {
  return (double)l->n_share * l->n_share * ((l->x ? l->d_in : 0) + rz_layer_width(l));
}

static bool layer_by_factors(const rz_layer *l) {
  return l->n_share == 1 && !l->x ? true : factors_cost(l) < (double)rz_layer_size(l);
}

/* One side of a Gram block: samples first .. first + n - 1 of component c of a layer. */
typedef struct side {
  const rz_layer *l;
  const double *rows; /* kept rows of component c from sample `first` on, or NULL */
  int64_t n_param;
  int c;
  int64_t first;
  double *x_tmp, *e_tmp, *panel;
} side;

static void side_free(side *s) {
  rz_free(&s->x_tmp);
  rz_free(&s->e_tmp);
  rz_free(&s->panel);
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

/* out += sum_{t,t'} (X_at X_bt'^T) * (E_at E_bt'^T) on one tile; p, q hold na * nb numbers each. */
static void tile_by_factors(side *a, int64_t ia, int64_t na, side *b, int64_t ib, int64_t nb, double *p, double *q,
                            double *out, int64_t ld) {
  const rz_layer *l = a->l;
  const int width = rz_layer_width(l), n_share = l->n_share;
  const int64_t lx = (int64_t)n_share * l->d_in, le = (int64_t)n_share * width;
  const double *xa = rz_layer_input(a->l, a->first + ia, na, a->x_tmp);
  const double *xb = rz_layer_input(b->l, b->first + ib, nb, b->x_tmp);
  const double *ea = rz_layer_signal(a->l, a->c, a->first + ia, na, a->e_tmp);
  const double *eb = rz_layer_signal(b->l, b->c, b->first + ib, nb, b->e_tmp);
  if (!ea || !eb) return;
  for (int t = 0; t < n_share; t++)
    for (int s = 0; s < n_share; s++) {
      if (!xa) {
        rows_times_rows(na, nb, width, ea + t * width, le, eb + s * width, le, 1.0, out, ld);
        continue;
      }
      rows_times_rows(na, nb, l->d_in, xa + t * l->d_in, lx, xb + s * l->d_in, lx, 0.0, p, nb);
      rows_times_rows(na, nb, width, ea + t * width, le, eb + s * width, le, 0.0, q, nb);
      for (int64_t i = 0; i < na; i++) {
        double *restrict to = out + i * ld;
        const double *restrict pi = p + i * nb, *restrict qi = q + i * nb;
        for (int64_t k = 0; k < nb; k++) to[k] += pi[k] * qi[k];
      }
    }
}

static rz_err gram_by_factors(side *a, int64_t na, side *b, int64_t nb, double *out, int64_t ld) {
  double *p = NULL, *q = NULL;
  rz_err rc = RZ_OK;
  const int64_t block = rz_layer_block(a->l, 256);
  RZ_TRY_DONE(rc, RZ_NEW(block * block, &p));
  RZ_TRY_DONE(rc, RZ_NEW(block * block, &q));
  RZ_TRY_DONE(rc, side_init(a, block, 0));
  RZ_TRY_DONE(rc, side_init(b, block, 0));
  for (int64_t ia = 0; ia < na; ia += block)
    for (int64_t ib = 0; ib < nb; ib += block)
      tile_by_factors(a, ia, na - ia < block ? na - ia : block, b, ib, nb - ib < block ? nb - ib : block, p, q,
                      out + ia * ld + ib, ld);
done:
  rz_free(&p);
  rz_free(&q);
  return rc;
}

static void side_panel(side *s, int64_t first, int64_t n, int a0, int n_a, const double *scale) {
  const int width = rz_layer_width(s->l);
  const int64_t wide = (int64_t)n_a * width;
  if (s->rows) {
    const double *from = s->rows + first * s->n_param + s->l->offset + (int64_t)a0 * width;
    for (int64_t i = 0; i < n; i++) memcpy(s->panel + i * wide, from + i * s->n_param, (size_t)wide * sizeof *from);
  } else {
    layer_panel(s->l, s->c, s->first + first, n, a0, n_a, s->x_tmp, s->e_tmp, s->panel, wide);
  }
  if (!scale) return;
  const double *by = scale + s->l->offset + (int64_t)a0 * width;
  for (int64_t i = 0; i < n; i++)
    for (int64_t k = 0; k < wide; k++) s->panel[i * wide + k] /= by[k];
}

/* Panels of up to 128 samples and as many columns as fit a block. */
static rz_err gram_by_panels(side *a, int64_t na, side *b, int64_t nb, const double *scale, double *out, int64_t ld) {
  const rz_layer *l = a->l;
  const int width = rz_layer_width(l);
  const int64_t block = 128, fit = RZ_JACOBIAN_BLOCK / (block * width);
  const int chunk = fit < 1 ? 1 : fit < l->d_in ? (int)fit : l->d_in;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, side_init(a, 1, block * chunk * width));
  RZ_TRY_DONE(rc, side_init(b, 1, block * chunk * width));
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

static rz_err gram_layer(const double *scale, side a, int64_t na, side b, int64_t nb, double *out, int64_t ld) {
  rz_err rc = RZ_OK;
  if (!scale && layer_by_factors(a.l))
    rc = gram_by_factors(&a, na, &b, nb, out, ld);
  else
    rc = gram_by_panels(&a, na, &b, nb, scale, out, ld);
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

rz_err rz_jacobian_prepare_gram(rz_jacobian *j) {
  double *dots = NULL;
  rz_err rc = RZ_OK;
  rz_free(&j->dots);
  RZ_TRY(rz_jacobian_keep_panel(j));
  RZ_TRY_DONE(rc, RZ_NEW(j->n_comp * j->n_comp * j->n, &dots));
  for (int cm = 0; cm < j->n_comp; cm++)
    for (int c = 0; c < j->n_comp; c++)
      RZ_TRY_DONE(rc, dots_with_mean(j, cm, c, 0, j->n, dots + (cm * j->n_comp + c) * j->n));
  j->dots = dots;
done:
  if (rc != RZ_OK) rz_free(&dots);
  return rc;
}

/* (J_r - m_a)(J_s - m_b) = J_r J_s - J_r m_b - m_a J_s + m_a m_b, all with the metric 1 / scale^2: no panel needed. */
static rz_err centre_gram(const rz_jacobian *a, int ca, int64_t first_a, int64_t na, const rz_jacobian *b, int cb,
                          int64_t first_b, int64_t nb, double *out, int64_t ld) {
  double *qa = NULL, *qb = NULL, mm = 0.0;
  rz_err rc = RZ_OK;
  const int64_t n_param = a->n_param;
  RZ_TRY_DONE(rc, RZ_NEW(na, &qa));
  RZ_TRY_DONE(rc, RZ_NEW(nb, &qb));
  for (int64_t k = 0; k < n_param; k++) {
    const double f = a->scale ? 1.0 / (a->scale[k] * a->scale[k]) : 1.0;
    mm += f * a->mean[ca * n_param + k] * a->mean[cb * n_param + k];
  }
  RZ_TRY_DONE(rc, dots_with_mean(a, cb, ca, first_a, na, qa));
  RZ_TRY_DONE(rc, dots_with_mean(b, ca, cb, first_b, nb, qb));
  for (int64_t i = 0; i < na; i++)
    for (int64_t k = 0; k < nb; k++) out[i * ld + k] += mm - qa[i] - qb[k];
done:
  rz_free(&qa);
  rz_free(&qb);
  return rc;
}

static side make_side(const rz_jacobian *j, int k, int c, int64_t first) {
  return (side){.l = j->layer[k],
                .c = c,
                .first = first,
                .n_param = j->n_param,
                .rows = j->panel ? j->panel + (c * j->n + first) * j->n_param : NULL};
}

rz_err rz_jacobian_gram(const rz_jacobian *a, int ca, int64_t first_a, int64_t na, const rz_jacobian *b, int cb,
                        int64_t first_b, int64_t nb, double *out, int64_t ld) {
  RZ_TRY(check_range(a, ca, first_a, na));
  RZ_TRY(check_range(b, cb, first_b, nb));
  RZ_CHECK(a->n_layer == b->n_layer && a->n_param == b->n_param && ld >= nb, RZ_ERR_ARG,
           "Gram block of Jacobians of %d and %d layers, %lld and %lld parameters", a->n_layer, b->n_layer,
           (long long)a->n_param, (long long)b->n_param);
  for (int64_t i = 0; i < na; i++) memset(out + i * ld, 0, (size_t)nb * sizeof *out);
  if (na == 0 || nb == 0) return RZ_OK;
  for (int k = 0; k < a->n_layer; k++) {
    const side sa = make_side(a, k, ca, first_a), sb = make_side(b, k, cb, first_b);
    RZ_TRY(gram_layer(a->scale, sa, na, sb, nb, out, ld));
  }
  if (a->centred) RZ_TRY(centre_gram(a, ca, first_a, na, b, cb, first_b, nb, out, ld));
  return RZ_OK;
}
