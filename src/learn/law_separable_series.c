/* H = sum_j T_j(p_j) + V_j(q_j) by the Chebyshev expansions of its forces: d V_j / dq_j = sum_k c_jk T_k(s(q_j)), and
 * so for T_j; k < n_terms; s brings the range of the training data to -1 ... 1. With
 * reversible, s(p_j) is p_j over the largest |p_j|, and only T_1, T_3, ... are there. For one degree of freedom, or
 * several that do not act on each other. */
#include "law_impl.h"

#include "chebyshev.h"
#include "ritz/core/memory.h"
#include <math.h>
#include <string.h>

static const rz_option options[] = {
    RZ_ROW_INT("n_terms", "6", 1, 500, "Chebyshev polynomials in the force on each coordinate, and in each velocity"),
    RZ_ROW_BOOL("reversible", ".false.", "H(q, -p) = H(q, p): motion may be turned back in time"),
};

typedef struct separable_series {
  int n_term;
  bool odd;              /* the velocities */
  double *value, *slope; /* polynomials 0 .. n_term + 1 at the number in hand */
} separable_series;

static bool is_odd(const rz_law *l, int j) {
  const separable_series *w = l->data;
  return w->odd && j >= l->n_degree;
}

/* Polynomials of coordinate j, and where they begin in theta. */
static int count(const rz_law *l, int j) {
  const separable_series *w = l->data;
  return is_odd(l, j) ? (w->n_term + 1) / 2 : w->n_term;
}

static int64_t first(const rz_law *l, int j) {
  const int d = l->n_degree;
  return j < d ? (int64_t)j * count(l, 0) : (int64_t)d * count(l, 0) + (int64_t)(j - d) * count(l, d);
}

/* Number k of them. */
static int order(const rz_law *l, int j, int k) { return is_odd(l, j) ? 2 * k + 1 : k; }

static rz_err init(rz_law *l, const rz_law_input *in) {
  separable_series *w;
  const int d = in->n_degree;
  RZ_TRY(RZ_NEW0(1, &w));
  l->data = w;
  w->n_term = (int)rz_config_int(in->config, RZ_LAW_GROUP, "n_terms");
  RZ_CHECK(in->n > 0, RZ_ERR_ARG, "model = 'separable_series' takes its ranges from training data");
  RZ_TRY(rz_law_check_spread(l));
  w->odd = rz_config_bool(in->config, RZ_LAW_GROUP, "reversible");
  RZ_TRY(RZ_NEW(w->n_term + 2, &w->value));
  RZ_TRY(RZ_NEW(w->n_term + 2, &w->slope));
  RZ_TRY(rz_params_add(&l->params, "force", false, 2, (const int64_t[]){d, w->n_term}));
  RZ_TRY(rz_params_add(&l->params, "velocity", false, 2, (const int64_t[]){d, count(l, d)}));
  return rz_params_allocate(&l->params);
}

static double centre(const rz_law *l, int j) { return is_odd(l, j) ? 0.0 : 0.5 * (l->high[j] + l->low[j]); }

static double half_width(const rz_law *l, int j) {
  return is_odd(l, j) ? fmax(fabs(l->high[j]), fabs(l->low[j])) : 0.5 * (l->high[j] - l->low[j]);
}

/* The polynomials at x_j, and their slopes by s, which is returned. */
static double load(const rz_law *l, int j, double x) {
  const separable_series *w = l->data;
  const double s = (x - centre(l, j)) / half_width(l, j);
  rz_chebyshev(w->n_term + 2, s, w->value, w->slope, NULL);
  return s;
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
      double *row = out + (i * dim + rz_field_component(l->n_degree, j)) * p + first(l, j);
      for (int k = 0; k < count(l, j); k++) row[k] = scale * f[order(l, j, k)];
    }
  return RZ_OK;
}

/* dH / dx_j at x_j, or its change along v_j. */
static double slope_of(const rz_law *l, int j, double x, const double *v) {
  const separable_series *w = l->data;
  const double *c = l->params.value + first(l, j), *f = v ? w->slope : w->value;
  double sum = 0.0;
  load(l, j, x);
  for (int k = 0; k < count(l, j); k++) sum += c[k] * f[order(l, j, k)];
  return v ? sum * *v / half_width(l, j) : sum;
}

static rz_err half(rz_law *l, rz_law_half which, int64_t n, const double *x, const double *v, double *out) {
  const int d = l->n_degree, begin = which == RZ_LAW_VELOCITY ? d : 0;
  for (int64_t i = 0; i < n; i++)
    for (int k = 0; k < d; k++) {
      const int64_t at = i * 2 * d + begin + k;
      out[i * d + k] = rz_field_sign(d, begin) * slope_of(l, begin + k, x[at], v ? &v[at] : NULL);
    }
  return RZ_OK;
}

static rz_err energy(rz_law *l, int64_t n, const double *x, double *out) {
  const separable_series *w = l->data;
  const int dim = 2 * l->n_degree;
  for (int64_t i = 0; i < n; i++) {
    out[i] = 0.0;
    for (int j = 0; j < dim; j++) {
      const double s = load(l, j, x[i * dim + j]), *c = l->params.value + first(l, j);
      for (int k = 0; k < count(l, j); k++)
        out[i] += half_width(l, j) * c[k] * rz_chebyshev_integral(order(l, j, k), s, w->value);
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
