/* Orthogonal distance regression; what it minimises is at the top of ritz/learn/fit.h. Of each state, with
 * S = ratio^2 + F F^T = L L^T:
 *   c  = L^-1 (y - apply(xi) - F (x - xi)),  R' = L^-1 R     rows of the least-squares problem for dtheta
 *   xi <- x + F^T L^-T (c - R' dtheta)                       the best state for the new theta, to first order */
#include "fit_data.h"
#include "law_impl.h"
#include "ritz/core/memory.h"
#include "ritz/linalg/blas.h"
#include <math.h>
#include <string.h>

enum { MAX_HALVING = 12 };
static const double tolerance = 1e-12; /* relative fall of Q in a step that is the last */

typedef struct regression {
  rz_law *l;
  const rz_fit_data *f;
  double ratio, rcond;
  double *xi, *to, *trial;       /* [n, dim]: the states, where a full step goes, a shorter step */
  double *theta, *delta;         /* [p]: before the step, the step */
  double *rows, *c;              /* [block, dim, p], [block, dim]: R', c */
  double *unit, *slope, *factor; /* [block, dim], [dim, block, dim], [block, dim, dim]: e_k, F by columns, L */
  double *sum;                   /* [n_block, 2] */
} regression;

static rz_err allocate(regression *w) {
  const int64_t dim = w->f->dim, n = w->f->block * dim, p = w->l->params.n;
  RZ_TRY(RZ_NEW(w->f->n * dim, &w->xi));
  RZ_TRY(RZ_NEW(w->f->n * dim, &w->to));
  RZ_TRY(RZ_NEW(w->f->n * dim, &w->trial));
  RZ_TRY(RZ_NEW(p, &w->theta));
  RZ_TRY(RZ_NEW(p, &w->delta));
  RZ_TRY(RZ_NEW(n * p, &w->rows));
  RZ_TRY(RZ_NEW(n, &w->c));
  RZ_TRY(RZ_NEW(n, &w->unit));
  RZ_TRY(RZ_NEW(n * dim, &w->slope));
  RZ_TRY(RZ_NEW(n * dim, &w->factor));
  return RZ_NEW(2 * rz_fit_n_block(w->f), &w->sum);
}

static void release(regression *w) {
  double **array[] = {&w->xi, &w->to,   &w->trial, &w->theta,  &w->delta, &w->rows,
                      &w->c,  &w->unit, &w->slope, &w->factor, &w->sum};
  for (int i = 0; i < RZ_N_ROWS(array); i++) rz_free(array[i]);
}

/* ---- one block at its states ---- */

/* F[component, k] of state i of the block. */
static double slope_of(const regression *w, int64_t i, int component, int k) {
  return w->slope[((int64_t)k * w->f->block + i) * w->f->dim + component];
}

static rz_err load_slopes(regression *w, int64_t n, const double *xi) {
  const int64_t dim = w->f->dim;
  for (int64_t k = 0; k < dim; k++) {
    memset(w->unit, 0, sizeof(double) * (size_t)(n * dim));
    for (int64_t i = 0; i < n; i++) w->unit[i * dim + k] = 1.0;
    RZ_TRY(w->l->cls->tangent(w->l, n, xi, w->unit, w->slope + k * w->f->block * dim));
  }
  return RZ_OK;
}

/* L: row-major and lower, which is column-major and upper. */
static rz_err factorise(const regression *w, int64_t i, double *s) {
  const int dim = w->f->dim;
  for (int a = 0; a < dim; a++)
    for (int b = 0; b <= a; b++) {
      double sum = a == b ? w->ratio * w->ratio : 0.0;
      for (int k = 0; k < dim; k++) sum += slope_of(w, i, a, k) * slope_of(w, i, b, k);
      s[a * dim + b] = sum;
    }
  RZ_LAPACK(LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'U', dim, s, dim));
  return RZ_OK;
}

/* rows = R', c, slope and L of a block. */
static rz_err linearise(regression *w, rz_range r) {
  const int dim = w->f->dim, p = (int)w->l->params.n;
  const double *xi = w->xi + r.first * dim, *x = w->f->x + r.first * dim, *y = w->f->y + r.first * dim;
  RZ_TRY(w->l->cls->apply(w->l, r.count, xi, w->c));
  RZ_TRY(rz_law_rows(w->l, r.count, xi, w->rows));
  RZ_TRY(load_slopes(w, r.count, xi));
  for (int64_t i = 0; i < r.count; i++) {
    double *c = w->c + i * dim, *s = w->factor + i * dim * dim;
    for (int a = 0; a < dim; a++) {
      c[a] = y[i * dim + a] - c[a];
      for (int k = 0; k < dim; k++) c[a] -= slope_of(w, i, a, k) * (x[i * dim + k] - xi[i * dim + k]);
    }
    RZ_TRY(factorise(w, i, s));
    cblas_dtrsv(CblasRowMajor, CblasLower, CblasNoTrans, CblasNonUnit, dim, s, dim, c, 1);
    cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, dim, p, 1.0, s, dim,
                w->rows + i * dim * p, p);
  }
  return RZ_OK;
}

/* Where the states of a block go for the step delta. */
static rz_err move_states(regression *w, rz_range r) {
  const int dim = w->f->dim, p = (int)w->l->params.n;
  RZ_TRY(linearise(w, r));
  cblas_dgemv(CblasRowMajor, CblasNoTrans, (int)r.count * dim, p, -1.0, w->rows, p, w->delta, 1, 1.0, w->c, 1);
  for (int64_t i = 0; i < r.count; i++) {
    double *z = w->c + i * dim, *to = w->to + (r.first + i) * dim;
    cblas_dtrsv(CblasRowMajor, CblasLower, CblasTrans, CblasNonUnit, dim, w->factor + i * dim * dim, dim, z, 1);
    for (int k = 0; k < dim; k++) {
      to[k] = w->f->x[(r.first + i) * dim + k];
      for (int a = 0; a < dim; a++) to[k] += slope_of(w, i, a, k) * z[a];
    }
  }
  return RZ_OK;
}

/* ---- over all blocks and ranks ---- */
static rz_err for_each_block(regression *w, rz_err (*body)(regression *w, rz_range r)) {
  for (int64_t i = 0; i < rz_fit_n_block(w->f); i++) RZ_TRY(body(w, rz_fit_block(w->f, i)));
  return RZ_OK;
}

static rz_err find_step(regression *w, rz_least_squares_info *info) {
  const rz_fit_data *f = w->f;
  rz_least_squares *s = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY(rz_least_squares_create(f->comm, w->l->params.n, rz_fit_n_block(f), &s));
  for (int64_t i = 0; i < rz_fit_n_block(f) && rc == RZ_OK; i++) {
    const rz_range r = rz_fit_block(f, i);
    rc = linearise(w, r);
    if (rc == RZ_OK) rc = rz_least_squares_add(s, r.count * f->dim, w->rows, w->c);
  }
  rc = rz_least_squares_solve(s, rc, w->rcond, 0.0, w->delta, info);
  rz_least_squares_destroy(&s);
  RZ_TRY(rc);
  return rz_agree(f->comm, for_each_block(w, move_states));
}

/* The two sums of squares of Q: states, and targets without their weight. */
static rz_err misfit(regression *w, const double *xi, double out[2]) {
  const rz_fit_data *f = w->f;
  const int64_t n_block = rz_fit_n_block(f);
  rz_err rc = RZ_OK;
  for (int64_t b = 0; b < n_block && rc == RZ_OK; b++) {
    const rz_range r = rz_fit_block(f, b);
    const int64_t first = r.first * f->dim;
    double *sum = w->sum + 2 * b;
    rc = w->l->cls->apply(w->l, r.count, xi + first, w->c);
    sum[0] = sum[1] = 0.0;
    for (int64_t i = 0; i < r.count * f->dim; i++) {
      const double e = f->x[first + i] - xi[first + i], g = f->y[first + i] - w->c[i];
      sum[0] += e * e;
      sum[1] += g * g;
    }
  }
  RZ_TRY(rz_agree(f->comm, rc));
  return rz_tree_sum(f->comm, n_block, (f->n_total + f->block - 1) / f->block, 2, w->sum, out);
}

static rz_err objective(regression *w, const double *xi, double *q) {
  double sum[2];
  RZ_TRY(misfit(w, xi, sum));
  *q = sum[0] + sum[1] / (w->ratio * w->ratio);
  return RZ_OK;
}

/* The longest of the steps 1, 1/2, 1/4, ... that makes Q smaller, or none. */
static rz_err take_step(regression *w, double *q, bool *taken) {
  rz_params *params = &w->l->params;
  double t = 1.0, now = *q;
  memcpy(w->theta, params->value, sizeof(double) * (size_t)params->n);
  *taken = false;
  for (int k = 0; k <= MAX_HALVING && !*taken; k++, t *= 0.5) {
    for (int64_t i = 0; i < params->n; i++) params->value[i] = w->theta[i] + t * w->delta[i];
    for (int64_t i = 0; i < w->f->n * w->f->dim; i++) w->trial[i] = w->xi[i] + t * (w->to[i] - w->xi[i]);
    RZ_TRY(rz_law_update(w->l));
    RZ_TRY(objective(w, w->trial, &now));
    *taken = now < *q;
  }
  if (*taken) {
    double *xi = w->xi;
    w->xi = w->trial;
    w->trial = xi;
    *q = now;
    return RZ_OK;
  }
  memcpy(params->value, w->theta, sizeof(double) * (size_t)params->n);
  return rz_law_update(w->l);
}

static rz_err iterate(regression *w, int n_iteration, rz_fit_info *info) {
  const double n_number = (double)w->f->n_total * w->f->dim;
  double q = 0.0, before, sum[2];
  bool taken = true;
  memcpy(w->xi, w->f->x, sizeof(double) * (size_t)(w->f->n * w->f->dim));
  RZ_TRY(objective(w, w->xi, &q));
  info->converged = q == 0.0;
  while (!info->converged && info->n_iteration < n_iteration) {
    before = q;
    RZ_TRY(find_step(w, &info->solve));
    RZ_TRY(take_step(w, &q, &taken));
    info->n_iteration += taken;
    info->converged = !taken || before - q <= tolerance * before;
  }
  info->input_noise = sqrt(q / fmax(1.0, n_number - (double)w->l->params.n));
  info->target_noise = w->ratio * info->input_noise;
  RZ_TRY(misfit(w, w->f->x, sum));
  info->loss = sum[1] / n_number;
  return RZ_OK;
}

rz_err rz_fit_errors_in_variables(rz_law *l, const rz_fit_data *f, const rz_fit_spec *spec, rz_fit_info *info) {
  regression w = {.l = l, .f = f, .ratio = spec->noise_ratio, .rcond = spec->rcond};
  RZ_CHECK(spec->noise_ratio > 0.0, RZ_ERR_ARG, "noise_ratio = %g", spec->noise_ratio);
  rz_err rc = rz_agree(f->comm, allocate(&w));
  if (rc == RZ_OK) rc = iterate(&w, spec->iterations, info);
  release(&w);
  return rc;
}
