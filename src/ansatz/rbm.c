/* Restricted Boltzmann machine with its hidden units summed out (Carleo and Troyer, Science 355, 602 (2017),
 * doi:10.1126/science.aag2302):
 *
 *   log psi(s) = sum_i a_i s_i + sum_j log cosh(b_j + sum_i W_ij s_i)        (no 2 in front of cosh)
 *
 * Shared over translations, a filter f stands for one hidden unit per translation g:
 * theta_(g,f) = b_f + sum_i W_if s_(g(i)), and a is one number per orbit of sites. Unshared is the same with the
 * identity as the only translation. */
#include "ansatz_impl.h"

#include "ritz/core/memory.h"
#include "ritz/net/cosh_net.h"

#include <math.h>
#include <stdio.h>

enum { MAX_HIDDEN = 1000000, MAX_ALPHA = 1000 };
enum { BIAS_NONE, BIAS_HIDDEN, BIAS_BOTH };

static const rz_option options[] = {
    RZ_ROW_REAL("alpha", "1", 0.001, MAX_ALPHA, "", "hidden density: hidden units per site"),
    RZ_ROW_CHOICE("weights", "real|complex", "'real'", "real: psi > 0 everywhere"),
    RZ_ROW_CHOICE("symmetry", "none|translation", "'none'",
                  "translation: weights shared over the lattice's translations, alpha N of them"),
    RZ_ROW_CHOICE("bias", "none|hidden|both", "'none'",
                  "none: exactly even under a global flip; hidden: b; both: a and b"),
    RZ_ROW_REAL("init_width", "0.05", 0.0, 100.0, "", "standard deviation of the initial parameters"),
};

typedef struct rbm {
  rz_cosh_net *net;
  int n_filter, n_group, n_orbit;
  int32_t *orbit;      /* [n_site]: which a */
  int32_t *identity;   /* [n_site] if not shared */
  const int32_t *perm; /* [n_group, n_site] */
  int w, b, a;         /* views, -1: none */
} rbm;

static void fini_rbm(rz_ansatz *a) {
  rbm *r = a->data;
  if (r == NULL) return;
  rz_cosh_net_destroy(&r->net);
  rz_free(&r->orbit);
  rz_free(&r->identity);
  rz_free(&a->data);
}

static rz_err declare_parameters(rz_ansatz *a, rbm *r, int bias) {
  rz_params *p = &a->params;
  r->b = r->a = -1;
  RZ_TRY(rz_params_add(p, "W", a->is_complex, 2, (const int64_t[]){a->n_site, r->n_filter}));
  if (bias >= BIAS_HIDDEN) RZ_TRY(rz_params_add(p, "b", a->is_complex, 1, (const int64_t[]){r->n_filter}));
  if (bias == BIAS_BOTH) RZ_TRY(rz_params_add(p, "a", a->is_complex, 1, (const int64_t[]){r->n_orbit}));
  RZ_TRY(rz_params_allocate(p));
  r->w = rz_params_find(p, "W");
  r->b = rz_params_find(p, "b");
  r->a = rz_params_find(p, "a");
  return RZ_OK;
}

/* Hidden units per translation: at least one, and no more than fit a layer. */
static rz_err count_filters(const rz_ansatz_input *in, double alpha, int n_site, int n_group, int *out) {
  const double n_filter = rint(alpha * n_site / n_group);
  *out = n_filter >= 1 && n_filter * n_group <= MAX_HIDDEN ? (int)n_filter : 0;
  if (*out > 0) return RZ_OK;
  char why[256];
  snprintf(why, sizeof why, "alpha = %g gives %g hidden units on %d sites; allowed are %.3g to %.3g%s", alpha,
           alpha * n_site, n_site, (double)n_group / n_site,
           fmin(MAX_ALPHA, floor((double)MAX_HIDDEN / n_group) * n_group / n_site),
           n_group > 1 ? " with one unit per translation or more" : "");
  if (!in->config) RZ_FAIL(RZ_ERR_ARG, "%s", why);
  rz_config_error(in->config, "ansatz", "alpha", "%s", why);
  return rz_config_report(in->config);
}

static rz_err init_rbm(rz_ansatz *a, const rz_ansatz_input *in) {
  double alpha, width;
  int is_complex, shared, bias;
  rbm *r;
  RZ_TRY(rz_ansatz_option_real(in, "alpha", &alpha));
  RZ_TRY(rz_ansatz_option_real(in, "init_width", &width));
  RZ_TRY(rz_ansatz_option_choice(in, "weights", &is_complex));
  RZ_TRY(rz_ansatz_option_choice(in, "symmetry", &shared));
  RZ_TRY(rz_ansatz_option_choice(in, "bias", &bias));
  RZ_TRY(RZ_NEW0(1, &r));
  a->data = r;
  a->is_complex = is_complex;
  RZ_TRY(RZ_NEW(a->n_site, &r->orbit));
  rz_site_orbits(a->lattice, shared, r->orbit, &r->n_orbit);
  if (shared) {
    r->n_group = rz_lattice_translations(a->lattice, &r->perm);
  } else {
    RZ_TRY(RZ_NEW(a->n_site, &r->identity));
    for (int i = 0; i < a->n_site; ++i) r->identity[i] = i;
    r->perm = r->identity;
    r->n_group = 1;
  }
  RZ_TRY(count_filters(in, alpha, a->n_site, r->n_group, &r->n_filter));
  RZ_TRY(declare_parameters(a, r, bias));
  rz_ansatz_init_normal(a, in->seed, width);
  RZ_TRY(rz_cosh_net_create(a->n_site, r->n_filter * r->n_group, a->is_complex, &r->net));
  a->cache_size = rz_cosh_net_cache_size(r->net);
  return RZ_OK;
}

/* Hidden unit of filter f and translation g is g * n_filter + f; it sees W_if at site g(i). */
static rz_err update_rbm(rz_ansatz *a) {
  const rbm *r = a->data;
  const int n_comp = a->is_complex ? 2 : 1, n_hidden = r->net->n_hidden;
  for (int c = 0; c < n_comp; ++c) {
    const double *w = rz_params_real(&a->params, r->w) + c;
    for (int g = 0; g < r->n_group; ++g)
      for (int i = 0; i < a->n_site; ++i)
        for (int f = 0; f < r->n_filter; ++f)
          r->net->w[c][(int64_t)r->perm[(int64_t)g * a->n_site + i] * n_hidden + g * r->n_filter + f] =
              w[n_comp * ((int64_t)i * r->n_filter + f)];
    for (int h = 0; h < n_hidden && r->b >= 0; ++h)
      r->net->b[c][h] = rz_params_real(&a->params, r->b)[n_comp * (h % r->n_filter) + c];
    for (int i = 0; i < a->n_site && r->a >= 0; ++i)
      r->net->a[c][i] = rz_params_real(&a->params, r->a)[n_comp * r->orbit[i] + c];
  }
  rz_cosh_net_update(r->net);
  return RZ_OK;
}

static rz_err log_psi_rbm(const rz_ansatz *a, int64_t n, const int8_t *spin, double complex *out) {
  const rbm *r = a->data;
  for (int64_t k = 0; k < n; ++k) out[k] = rz_cosh_net_value(r->net, spin + k * a->n_site);
  return RZ_OK;
}

static double refresh_rbm(const rz_ansatz *a, rz_block *b) {
  return rz_cosh_net_refresh(((const rbm *)a->data)->net, b->spin, b->cache, b->log_psi);
}

static void ratio_rbm(const rz_ansatz *a, rz_block *b, int n_flip, const int32_t *site, double *out) {
  rz_cosh_net_ratio(((const rbm *)a->data)->net, b->cache, b->spin, n_flip, site, out);
}

static void ratios_rbm(const rz_ansatz *a, rz_block *b, int n, int n_flip, const int32_t *site, double *out) {
  rz_cosh_net_ratios(((const rbm *)a->data)->net, b->cache, b->spin, n, n_flip, site, out);
}

static void commit_rbm(const rz_ansatz *a, rz_block *b, const uint8_t *accept) {
  rz_cosh_net_commit(((const rbm *)a->data)->net, b->cache, accept);
}

/* d log psi / d W_if = sum_g s_(g(i)) tanh theta_(g,f) and d log psi / d b_f = sum_g tanh theta_(g,f): two layers. */
static rz_err add_weights(const rz_ansatz *a, const rbm *r, rz_jacobian *j) {
  rz_layer *layer;
  const rz_layer shape = {.offset = a->params.view[r->w].offset,
                          .d_in = a->n_site,
                          .d_out = r->n_filter,
                          .n_share = r->n_group,
                          .complex_weights = a->is_complex,
                          .n_x = a->n_site,
                          .gather = r->n_group > 1 ? r->perm : NULL};
  return rz_jacobian_add(j, &shape, true, a->is_complex, &layer);
}

static rz_err add_hidden_bias(const rz_ansatz *a, const rbm *r, rz_jacobian *j) {
  rz_layer *layer;
  const rz_layer shape = {.offset = a->params.view[r->b].offset,
                          .d_in = 1,
                          .d_out = r->n_filter,
                          .n_share = 1,
                          .complex_weights = a->is_complex};
  return rz_jacobian_add(j, &shape, false, a->is_complex, &layer);
}

static rz_err layers_rbm(const rz_ansatz *a, rz_jacobian *j) {
  const rbm *r = a->data;
  RZ_TRY(add_weights(a, r, j));
  if (r->b >= 0) RZ_TRY(add_hidden_bias(a, r, j));
  return r->a >= 0 ? rz_add_linear_layer(a, r->a, r->n_orbit, j) : RZ_OK;
}

static void fill_weights(const rbm *r, const rz_block *b, int64_t first, int m, const rz_layer *layer) {
  const int64_t at = first * r->net->n_hidden;
  for (int64_t l = 0; l < m; ++l)
    for (int64_t i = 0; i < b->n_site; ++i) layer->x[(first + l) * b->n_site + i] = b->spin[i * RZ_LANES + l];
  rz_cosh_net_slopes(r->net, b->cache, b->spin, m, layer->d_re + at, layer->d_im ? layer->d_im + at : NULL);
}

static void fill_hidden_bias(const rbm *r, int64_t first, int m, const rz_layer *weights, const rz_layer *layer) {
  for (int c = 0; c < (layer->d_im ? 2 : 1); ++c) {
    const double *d = c == 0 ? weights->d_re : weights->d_im;
    double *sum = c == 0 ? layer->d_re : layer->d_im;
    for (int64_t k = first; k < first + m; ++k)
      for (int f = 0; f < r->n_filter; ++f) {
        double t = 0.0;
        for (int g = 0; g < r->n_group; ++g) t += d[(k * r->n_group + g) * r->n_filter + f];
        sum[k * r->n_filter + f] = t;
      }
  }
}

static void factors_rbm(const rz_ansatz *a, const rz_block *b, int64_t first, int m, rz_jacobian *j) {
  const rbm *r = a->data;
  const rz_layer *weights = rz_jacobian_layer(j, 0);
  int k = 1;
  fill_weights(r, b, first, m, weights);
  if (r->b >= 0) fill_hidden_bias(r, first, m, weights, rz_jacobian_layer(j, k++));
  if (r->a >= 0) rz_fill_linear_layer(rz_jacobian_layer(j, k), r->orbit, b, first, m);
}

static rz_err import_rbm(rz_ansatz *a, const rz_params *from, int from_n_site, const int from_extent[2]) {
  RZ_TRY(rz_import_check(a, from));
  RZ_TRY(rz_import_view(a, from, "b"));
  RZ_TRY(rz_import_view(a, from, "a"));
  const rbm *r = a->data;
  if (r->n_group == 1) return rz_import_view(a, from, "W");
  return rz_import_filters(a, r->w, from, from_n_site, from_extent);
}

const rz_ansatz_class rz_ansatz_rbm = {
    .name = "rbm",
    .about = "restricted Boltzmann machine: log psi = sum_i a_i s_i + sum_j log cosh(b_j + sum_i W_ij s_i)",
    .cite = "Carleo and Troyer, Science 355, 602 (2017), doi:10.1126/science.aag2302",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .init = init_rbm,
    .update = update_rbm,
    .log_psi = log_psi_rbm,
    .refresh = refresh_rbm,
    .ratio = ratio_rbm,
    .ratios = ratios_rbm,
    .commit = commit_rbm,
    .layers = layers_rbm,
    .factors = factors_rbm,
    .import = import_rbm,
    .fini = fini_rbm,
};
