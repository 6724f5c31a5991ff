#include "hidden.h"

#include <math.h>

enum { MAX_HIDDEN = 1000000 };

/* At least one filter, and no more units than fit a layer. */
rz_err rz_hidden_count(const rz_ansatz_input *in, double alpha, int n, const char *what, int n_group, int *n_filter) {
  const double wanted = rint(alpha * n / n_group);
  *n_filter = wanted >= 1 && wanted * n_group <= MAX_HIDDEN ? (int)wanted : 0;
  if (*n_filter > 0) return RZ_OK;
  return rz_ansatz_refuse(in, "alpha", "alpha = %g gives %g hidden units on %d %ss; allowed are %.3g to %.3g%s", alpha,
                          alpha * n, n, what, (double)n_group / n,
                          fmin(RZ_MAX_ALPHA, floor((double)MAX_HIDDEN / n_group) * n_group / n),
                          n_group > 1 ? " with one unit per translation or more" : "");
}

rz_err rz_hidden_init(rz_hidden *h, rz_ansatz *a, const rz_hidden_inputs *inputs, int n_filter, bool has_b,
                      bool has_a) {
  rz_params *p = &a->params;
  h->in = *inputs;
  h->n_filter = n_filter;
  RZ_TRY(rz_params_add(p, "W", a->is_complex, 2, (const int64_t[]){inputs->n_in, n_filter}));
  if (has_b) RZ_TRY(rz_params_add(p, "b", a->is_complex, 1, (const int64_t[]){n_filter}));
  if (has_a) RZ_TRY(rz_params_add(p, "a", a->is_complex, 1, (const int64_t[]){inputs->n_orbit}));
  RZ_TRY(rz_params_allocate(p));
  h->w = rz_params_find(p, "W");
  h->b = rz_params_find(p, "b");
  h->a = rz_params_find(p, "a");
  RZ_TRY(rz_cosh_net_create(inputs->n_in, n_filter * inputs->n_group, a->is_complex, &h->net));
  return RZ_OK;
}

void rz_hidden_fini(rz_hidden *h) { rz_cosh_net_destroy(&h->net); }

/* Hidden unit of filter f and permutation g is g * n_filter + f; it sees W_if at input g(i). */
void rz_hidden_update(rz_hidden *h, const rz_ansatz *a) {
  const int n_comp = a->is_complex ? 2 : 1, n_in = h->in.n_in, n_hidden = h->net->n_hidden;
  for (int c = 0; c < n_comp; ++c) {
    const double *w = rz_params_real(&a->params, h->w) + c;
    for (int g = 0; g < h->in.n_group; ++g)
      for (int i = 0; i < n_in; ++i)
        for (int f = 0; f < h->n_filter; ++f)
          h->net->w[c][(int64_t)h->in.perm[(int64_t)g * n_in + i] * n_hidden + g * h->n_filter + f] =
              w[n_comp * ((int64_t)i * h->n_filter + f)];
    for (int k = 0; k < n_hidden && h->b >= 0; ++k)
      h->net->b[c][k] = rz_params_real(&a->params, h->b)[n_comp * (k % h->n_filter) + c];
    for (int i = 0; i < n_in && h->a >= 0; ++i)
      h->net->a[c][i] = rz_params_real(&a->params, h->a)[n_comp * h->in.orbit[i] + c];
  }
  rz_cosh_net_update(h->net);
}

/* d log psi / d W_if = sum_g x_(g(i)) tanh theta_(g,f) and d log psi / d b_f = sum_g tanh theta_(g,f): two layers. */
static rz_err add_weights(const rz_hidden *h, const rz_ansatz *a, rz_jacobian *j) {
  rz_layer *layer;
  const rz_layer shape = {.offset = a->params.view[h->w].offset,
                          .d_in = h->in.n_in,
                          .d_out = h->n_filter,
                          .n_share = h->in.n_group,
                          .complex_weights = a->is_complex,
                          .n_x = h->in.n_in,
                          .gather = h->in.n_group > 1 ? h->in.perm : NULL};
  return rz_jacobian_add(j, &shape, true, a->is_complex, &layer);
}

static rz_err add_hidden_bias(const rz_hidden *h, const rz_ansatz *a, rz_jacobian *j) {
  rz_layer *layer;
  const rz_layer shape = {.offset = a->params.view[h->b].offset,
                          .d_in = 1,
                          .d_out = h->n_filter,
                          .n_share = 1,
                          .complex_weights = a->is_complex};
  return rz_jacobian_add(j, &shape, false, a->is_complex, &layer);
}

rz_err rz_hidden_layers(const rz_hidden *h, const rz_ansatz *a, rz_jacobian *j) {
  RZ_TRY(add_weights(h, a, j));
  if (h->b >= 0) RZ_TRY(add_hidden_bias(h, a, j));
  return h->a >= 0 ? rz_add_linear_layer(a, h->a, h->in.n_orbit, j) : RZ_OK;
}

static void fill_weights(const rz_hidden *h, const int8_t *x, double *cache, int64_t first, int m,
                         const rz_layer *layer) {
  const int64_t at = first * h->net->n_hidden, n_in = h->in.n_in;
  for (int64_t l = 0; l < m; ++l)
    for (int64_t i = 0; i < n_in; ++i) layer->x[(first + l) * n_in + i] = x[i * RZ_LANES + l];
  rz_cosh_net_slopes(h->net, cache, x, m, layer->d_re + at, layer->d_im ? layer->d_im + at : NULL);
}

static void fill_hidden_bias(const rz_hidden *h, int64_t first, int m, const rz_layer *weights, const rz_layer *layer) {
  for (int c = 0; c < (layer->d_im ? 2 : 1); ++c) {
    const double *d = c == 0 ? weights->d_re : weights->d_im;
    double *sum = c == 0 ? layer->d_re : layer->d_im;
    for (int64_t k = first; k < first + m; ++k)
      for (int f = 0; f < h->n_filter; ++f) {
        double t = 0.0;
        for (int g = 0; g < h->in.n_group; ++g) t += d[(k * h->in.n_group + g) * h->n_filter + f];
        sum[k * h->n_filter + f] = t;
      }
  }
}

void rz_hidden_factors(const rz_hidden *h, const int8_t *x, double *cache, int64_t first, int m, rz_jacobian *j) {
  const rz_layer *weights = rz_jacobian_layer(j, 0);
  int k = 1;
  fill_weights(h, x, cache, first, m, weights);
  if (h->b >= 0) fill_hidden_bias(h, first, m, weights, rz_jacobian_layer(j, k++));
  if (h->a >= 0) rz_fill_linear_layer(rz_jacobian_layer(j, k), h->in.n_in, h->in.orbit, x, first, m);
}
