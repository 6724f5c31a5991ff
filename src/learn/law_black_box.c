/* dx/dt = N(x) by a network without any structure: what the laws that know mechanics are compared with. */
#include "network.h"

#include "ritz/core/memory.h"

static const rz_option options[] = {RZ_NETWORK_ROWS};

static rz_err init(rz_law *l, const rz_law_input *in) {
  rz_network *net;
  RZ_TRY(RZ_NEW0(1, &net));
  l->data = net;
  RZ_TRY(rz_network_create(l, in, 2 * in->n_degree, 2 * in->n_degree, NULL, net));
  RZ_TRY(rz_params_allocate(&l->params));
  return rz_network_start(l, in, net);
}

static rz_err update(rz_law *l) {
  rz_mlp_batch_load(((rz_network *)l->data)->batch, l->params.value);
  return RZ_OK;
}

static rz_err apply(rz_law *l, int64_t n, const double *x, double *out) {
  const rz_network *net = l->data;
  const int dim = 2 * l->n_degree;
  RZ_EACH_CHUNK(n) RZ_TRY(rz_mlp_values(net->batch, m, x + i * dim, out + i * dim));
  return RZ_OK;
}

static rz_err forward(const rz_network *net, int64_t m, const double *x) {
  return rz_mlp_forward(net->batch, m, x, net->out);
}

static rz_err tangent(rz_law *l, int64_t n, const double *x, const double *v, double *out) {
  const rz_network *net = l->data;
  const int dim = 2 * l->n_degree;
  RZ_EACH_CHUNK(n) {
    RZ_TRY(forward(net, m, x + i * dim));
    RZ_TRY(rz_mlp_tangent(net->batch, v + i * dim, NULL, out + i * dim));
  }
  return RZ_OK;
}

static rz_err pull(rz_law *l, int64_t n, const double *x, const double *bar, double *grad) {
  const rz_network *net = l->data;
  const int dim = 2 * l->n_degree;
  RZ_EACH_CHUNK(n) {
    RZ_TRY(forward(net, m, x + i * dim));
    RZ_TRY(rz_mlp_pull(net->batch, bar + i * dim, NULL, grad));
  }
  return RZ_OK;
}

static rz_err layers(rz_law *l, rz_jacobian *j) { return rz_mlp_layers(((rz_network *)l->data)->mlp, j); }

static rz_err factors(rz_law *l, int64_t n, const double *x, int64_t first, rz_jacobian *j) {
  const rz_network *net = l->data;
  const int dim = 2 * l->n_degree;
  RZ_EACH_CHUNK(n) {
    RZ_TRY(forward(net, m, x + i * dim));
    for (int k = 0; k < dim; k++) RZ_TRY(rz_mlp_factors(net->batch, k, first + i * dim + k, dim, j));
  }
  return RZ_OK;
}

static void fini(rz_law *l) {
  if (!l->data) return;
  rz_network_free(l->data);
  rz_free(&l->data);
}

const rz_law_class rz_law_black_box = {.name = "black_box",
                                       .about = "a network for dx/dt that knows no mechanics",
                                       .cite = "",
                                       .options = options,
                                       .n_options = RZ_N_ROWS(options),
                                       .init = init,
                                       .update = update,
                                       .apply = apply,
                                       .tangent = tangent,
                                       .pull = pull,
                                       .layers = layers,
                                       .factors = factors,
                                       .fini = fini};
