/* H = sum_j T_j(p_j) + V_j(q_j) by the Chebyshev expansions of its forces: d V_j / dq_j = sum_k c_jk T_k(s(q_j)), and
 * so for T_j; s brings the range of the training data to -1 ... 1. For one degree of freedom, or several that do not
 * act on each other. */
#include "law_impl.h"

#include "chebyshev.h"
#include "ritz/core/memory.h"
#include "ritz/linalg/blas.h"
#include <math.h>
#include <string.h>

static const rz_option options[] = {
    RZ_ROW_INT("n_terms", "6", 1, 500, "Chebyshev polynomials in the force on each coordinate, and in each velocity"),
};

typedef struct separable_series {
  int n_term;
  double *value, *slope; /* [n_term + 1] at the number in hand */
} separable_series;

static rz_err init(rz_law *l, const rz_law_input *in) {
  separable_series *w;
  const int d = in->n_degree;
  RZ_TRY(RZ_NEW0(1, &w));
  l->data = w;
  w->n_term = (int)rz_config_int(in->config, RZ_LAW_GROUP, "n_terms");
  RZ_CHECK(in->n > 0, RZ_ERR_ARG, "model = 'separable_series' takes its ranges from training data");
  RZ_TRY(rz_law_check_spread(l));
  RZ_TRY(RZ_NEW(w->n_term + 1, &w->value));
  RZ_TRY(RZ_NEW(w->n_term + 1, &w->slope));
  RZ_TRY(rz_params_add(&l->params, "force", false, 2, (const int64_t[]){d, w->n_term}));
  RZ_TRY(rz_params_add(&l->params, "velocity", false, 2, (const int64_t[]){d, w->n_term}));
  return rz_params_allocate(&l->params);
}

static double half_width(const rz_law *l, int j) { return 0.5 * (l->high[j] - l->low[j]); }

/* The polynomials at x_j, and their slopes by s. */
static double load(const rz_law *l, int j, double x) {
  const separable_series *w = l->data;
  const double s = (x - 0.5 * (l->high[j] + l->low[j])) / half_width(l, j);
  rz_chebyshev(w->n_term + 1, s, w->value, w->slope, NULL);
  return s;
}

/* dH / dx_j at x_j, or its change along v_j. */
static double slope(const rz_law *l, int j, double x, const double *v) {
  const separable_series *w = l->data;
  load(l, j, x);
  const double sum = cblas_ddot(w->n_term, l->params.value + (int64_t)j * w->n_term, 1, v ? w->slope : w->value, 1);
  return v ? sum * *v / half_width(l, j) : sum;
}

static rz_err half(rz_law *l, rz_law_half which, int64_t n, const double *x, const double *v, double *out) {
  const int d = l->n_degree, first = which == RZ_LAW_VELOCITY ? d : 0;
  for (int64_t i = 0; i < n; i++)
    for (int k = 0; k < d; k++) {
      const int64_t at = i * 2 * d + first + k;
      out[i * d + k] = rz_field_sign(d, first) * slope(l, first + k, x[at], v ? &v[at] : NULL);
    }
  return RZ_OK;
}

static rz_err rows(rz_law *l, int64_t n, const double *x, const double *v, double *out) {
  const separable_series *w = l->data;
  const int dim = 2 * l->n_degree;
  const int64_t p = l->params.n;
  memset(out, 0, sizeof(double) * (size_t)(n * dim * p));
  for (int64_t i = 0; i < n; i++)
    for (int j = 0; j < dim; j++) {
      load(l, j, x[i * dim + j]);
      const double *f = v ? w->slope : w->value;
      const double scale = rz_field_sign(l->n_degree, j) * (v ? v[i * dim + j] / half_width(l, j) : 1.0);
      double *row = out + (i * dim + rz_field_component(l->n_degree, j)) * p + (int64_t)j * w->n_term;
      for (int k = 0; k < w->n_term; k++) row[k] = scale * f[k];
    }
  return RZ_OK;
}

static rz_err energy(rz_law *l, int64_t n, const double *x, double *out) {
  const separable_series *w = l->data;
  const int dim = 2 * l->n_degree;
  for (int64_t i = 0; i < n; i++) {
    out[i] = 0.0;
    for (int j = 0; j < dim; j++) {
      const double s = load(l, j, x[i * dim + j]), *c = l->params.value + (int64_t)j * w->n_term;
      for (int k = 0; k < w->n_term; k++) out[i] += half_width(l, j) * c[k] * rz_chebyshev_integral(k, s, w->value);
    }
  }
  return RZ_OK;
}

static void fini(rz_law *l) {
  separable_series *w = l->data;
  if (!w) return;
  rz_free(&w->value);
  rz_free(&w->slope);
  rz_free(&l->data);
}

const rz_law_class rz_law_separable_series = {.name = "separable_series",
                                              .about = "T(p) + V(q) by Chebyshev series of their slopes; linear",
                                              .cite = "",
                                              .options = options,
                                              .n_options = RZ_N_ROWS(options),
                                              .symplectic = true,
                                              .separable = true,
                                              .linear = true,
                                              .init = init,
                                              .apply = rz_linear_apply,
                                              .tangent = rz_linear_tangent,
                                              .half = half,
                                              .energy = energy,
                                              .pull = rz_linear_pull,
                                              .layers = rz_linear_layers,
                                              .factors = rz_linear_factors,
                                              .rows = rows,
                                              .fini = fini};
