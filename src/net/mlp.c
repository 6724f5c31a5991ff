/* Life of a network: its views in the parameter vector. */
#include "mlp_impl.h"

#include "ritz/core/memory.h"

#include <stdio.h>
#include <string.h>

static rz_activation activation_of(const rz_mlp_spec *s, int l) {
  return s->activations ? s->activations[l] : s->activation;
}

static rz_err check_spec(const rz_mlp_spec *s) {
  RZ_CHECK(s->n_in >= 1 && s->n_out >= 1, RZ_ERR_ARG, "%d inputs and %d outputs: both must be >= 1", s->n_in, s->n_out);
  RZ_CHECK(s->n_hidden >= 0 && s->n_hidden <= RZ_MLP_MAX_HIDDEN, RZ_ERR_ARG, "%d hidden layers are not in 0 .. %d",
           s->n_hidden, RZ_MLP_MAX_HIDDEN);
  for (int l = 0; l < s->n_hidden; ++l) {
    RZ_CHECK(s->width[l] >= 1, RZ_ERR_ARG, "hidden layer %d has %d units", l + 1, s->width[l]);
    RZ_CHECK(!s->is_complex || rz_activation_is_holomorphic(activation_of(s, l)), RZ_ERR_ARG,
             "activation '%s' has no holomorphic form for complex weights", rz_activation_name(activation_of(s, l)));
  }
  return RZ_OK;
}

static rz_err add_view(rz_mlp *net, rz_params *params, const char *letter, int layer, int n_dim, const int64_t *shape,
                       int *view, int64_t *first) {
  char name[RZ_VIEW_NAME_SIZE];
  const char *prefix = net->spec.prefix ? net->spec.prefix : "";
  const int length = snprintf(name, sizeof name, "%s%s%d", prefix, letter, layer + 1);
  RZ_CHECK(length < (int)sizeof name, RZ_ERR_ARG, "prefix '%s' is too long", prefix);
  *view = params->n_view;
  RZ_TRY(rz_params_add(params, name, net->spec.is_complex, n_dim, shape));
  *first = net->n_element;
  net->n_element += rz_view_length(&params->view[*view]);
  return RZ_OK;
}

static rz_err add_views(rz_mlp *net, rz_params *params) {
  net->offset = params->n;
  for (int l = 0; l < net->n_layer; ++l) {
    const int64_t shape[] = {net->width[l], net->width[l + 1]};
    net->b[l] = net->view_b[l] = -1;
    RZ_TRY(add_view(net, params, "W", l, 2, shape, &net->view_w[l], &net->w[l]));
    if (net->bias[l]) RZ_TRY(add_view(net, params, "b", l, 1, shape + 1, &net->view_b[l], &net->b[l]));
  }
  return RZ_OK;
}

static rz_err create(const rz_mlp_spec *spec, rz_params *params, rz_mlp *net) {
  net->spec = *spec;
  net->n_layer = spec->n_hidden + 1;
  net->width[0] = spec->n_in;
  for (int l = 0; l < spec->n_hidden; ++l) {
    net->width[l + 1] = spec->width[l];
    net->activation[l] = activation_of(spec, l);
  }
  net->width[net->n_layer] = spec->n_out;
  for (int l = 0; l <= spec->n_hidden; ++l)
    net->bias[l] = spec->biases ? spec->biases[l] : l < spec->n_hidden ? spec->hidden_bias : spec->output_bias;
  net->spec.biases = net->bias;
  net->spec.width = net->width + 1;
  net->spec.activations = net->activation;
  net->spec.prefix = NULL;
  if (spec->prefix) RZ_TRY(rz_strdup(spec->prefix, &net->prefix));
  net->spec.prefix = net->prefix;
  RZ_TRY(RZ_NEW(4 * rz_mlp_widest(net), &net->identity));
  for (int32_t k = 0; k < 4 * rz_mlp_widest(net); ++k) net->identity[k] = k;
  RZ_TRY(add_views(net, params));
  return RZ_OK;
}

rz_err rz_mlp_create(const rz_mlp_spec *spec, rz_params *params, rz_mlp **out) {
  *out = NULL;
  RZ_TRY(check_spec(spec));
  RZ_TRY(RZ_NEW0(1, out));
  const rz_err rc = create(spec, params, *out);
  if (rc != RZ_OK) rz_mlp_destroy(out);
  return rc;
}

void rz_mlp_destroy(rz_mlp **net) {
  if (net == NULL || *net == NULL) return;
  rz_free(&(*net)->prefix);
  rz_free(&(*net)->identity);
  rz_free(net);
}

int rz_mlp_widest(const rz_mlp *net) {
  int widest = 0;
  for (int l = 0; l <= net->n_layer; ++l) widest = net->width[l] > widest ? net->width[l] : widest;
  return widest;
}

const rz_mlp_spec *rz_mlp_spec_of(const rz_mlp *net) { return &net->spec; }
int64_t rz_mlp_n_param(const rz_mlp *net) { return net->n_element * (net->spec.is_complex ? 2 : 1); }
int64_t rz_mlp_offset(const rz_mlp *net) { return net->offset; }
int rz_mlp_view(const rz_mlp *net, int layer, bool bias) { return bias ? net->view_b[layer] : net->view_w[layer]; }
