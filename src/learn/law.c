#include "law_impl.h"

#include "ritz/core/memory.h"
#include <math.h>

static rz_err check_input(const rz_law_input *in) {
  const int d = in->n_degree;
  RZ_CHECK(d >= 1 && in->n_space >= 0 && in->n >= 0, RZ_ERR_ARG, "%d degrees of freedom, %d dimensions, %lld states", d,
           in->n_space, (long long)in->n);
  RZ_CHECK(in->n_space == 0 || d % in->n_space == 0, RZ_ERR_ARG,
           "%d degrees of freedom are no whole number of bodies in %d dimensions", d, in->n_space);
  for (int i = 0; in->mass && i < d; i++)
    RZ_CHECK(in->mass[i] > 0.0 && isfinite(in->mass[i]), RZ_ERR_ARG, "mass %d is %g", i + 1, in->mass[i]);
  for (int64_t i = 0; i < in->n; i++)
    for (int k = 0; k < 2 * d; k++)
      RZ_CHECK(isfinite(in->x[i * 2 * d + k]), RZ_ERR_INPUT, "%s_%d of training state %lld is %g", k < d ? "q" : "p",
               k % d + 1, (long long)i + 1, in->x[i * 2 * d + k]);
  return RZ_OK;
}

static rz_err find_box(rz_law *l, const rz_law_input *in) {
  const int dim = 2 * in->n_degree;
  RZ_TRY(RZ_NEW(dim, &l->low));
  RZ_TRY(RZ_NEW(dim, &l->high));
  for (int k = 0; k < dim; k++) {
    l->low[k] = in->n > 0 ? in->x[k] : -INFINITY;
    l->high[k] = in->n > 0 ? in->x[k] : INFINITY;
    for (int64_t i = 1; i < in->n; i++) {
      l->low[k] = fmin(l->low[k], in->x[i * dim + k]);
      l->high[k] = fmax(l->high[k], in->x[i * dim + k]);
    }
  }
  return RZ_OK;
}

rz_err rz_law_create(const rz_law_input *in, rz_law **out) {
  rz_law *l = NULL;
  rz_err rc;
  *out = NULL;
  RZ_TRY(check_input(in));
  const char *model = rz_config_string(in->config, RZ_LAW_GROUP, "model");
  const rz_law_class *cls = rz_law_find(model);
  RZ_CHECK(cls, RZ_ERR_ARG, "no law of motion '%s'", model);
  RZ_TRY(RZ_NEW0(1, &l));
  l->cls = cls;
  l->n_degree = in->n_degree;
  RZ_TRY_DONE(rc, find_box(l, in));
  RZ_TRY_DONE(rc, cls->init(l, in));
  RZ_TRY_DONE(rc, rz_law_update(l));
  *out = l;
  l = NULL;
done:
  rz_law_destroy(&l);
  return rc;
}

void rz_law_destroy(rz_law **lp) {
  rz_law *l = *lp;
  if (!l) return;
  if (l->cls->fini) l->cls->fini(l);
  rz_params_free(&l->params);
  rz_free(&l->low);
  rz_free(&l->high);
  rz_free(&l->work);
  rz_free(lp);
}

rz_err rz_law_update(rz_law *l) {
  const rz_params *p = &l->params;
  for (int v = 0; v < p->n_view; v++) {
    const int64_t n = rz_view_length(&p->view[v]) * (p->view[v].is_complex ? 2 : 1);
    const double *x = rz_params_real(p, v);
    for (int64_t i = 0; i < n; i++)
      RZ_CHECK(isfinite(x[i]), RZ_ERR_NUM, "parameter %s[%lld] of law '%s' is %g", p->view[v].name, (long long)i,
               l->cls->name, x[i]);
  }
  return l->cls->update ? l->cls->update(l) : RZ_OK;
}

rz_err rz_law_work(rz_law *l, int64_t n, double **out) {
  if (n > l->n_work) {
    rz_free(&l->work);
    l->n_work = 0;
    RZ_TRY(RZ_NEW(n, &l->work));
    l->n_work = n;
  }
  *out = l->work;
  return RZ_OK;
}

rz_err rz_law_check_spread(const rz_law *l) {
  const int d = l->n_degree;
  for (int k = 0; k < 2 * d; k++)
    RZ_CHECK(l->high[k] - l->low[k] > 1e-12 * fmax(fabs(l->low[k]), fabs(l->high[k])), RZ_ERR_INPUT,
             "%s_%d is %g in all training states: model '%s' cannot learn how the motion depends on it",
             k < d ? "q" : "p", k % d + 1, l->low[k], l->cls->name);
  return RZ_OK;
}

rz_err rz_law_jacobian(rz_law *l, int64_t n, const double *x, double w, rz_jacobian **out) {
  const int64_t n_row = n * 2 * l->n_degree;
  rz_jacobian *j = NULL;
  rz_err rc;
  *out = NULL;
  RZ_TRY_DONE(rc, rz_jacobian_create(n_row, 1, l->params.n, &j));
  for (int64_t r = 0; r < n_row; r++) rz_jacobian_weights(j)[r] = w;
  rz_jacobian_about_zero(j);
  RZ_TRY_DONE(rc, l->cls->layers(l, j));
  RZ_TRY_DONE(rc, l->cls->factors(l, n, x, 0, j));
  *out = j;
  j = NULL;
done:
  rz_jacobian_destroy(&j);
  return rc;
}

rz_err rz_law_rows(rz_law *l, int64_t n, const double *x, double *out) {
  if (l->cls->rows) return l->cls->rows(l, n, x, NULL, out);
  rz_jacobian *j = NULL;
  RZ_TRY(rz_law_jacobian(l, n, x, 1.0, &j));
  const rz_err rc = rz_jacobian_rows(j, 0, 0, rz_jacobian_n(j), out);
  rz_jacobian_destroy(&j);
  return rc;
}

int64_t rz_law_outside(const rz_law *l, int64_t n, const double *x) {
  if (l->cls->outside) return l->cls->outside(l, n, x);
  const int dim = 2 * l->n_degree;
  int64_t outside = 0;
  for (int64_t i = 0; i < n; i++, x += dim) {
    bool inside = true;
    for (int k = 0; k < dim; k++) inside = inside && x[k] >= l->low[k] && x[k] <= l->high[k];
    outside += !inside;
  }
  return outside;
}
