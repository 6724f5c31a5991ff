#include "network.h"

#include "ritz/core/memory.h"

#include <string.h>

rz_err rz_network_create(rz_law *l, const rz_law_input *in, int n_in, int n_out, const char *prefix, rz_network *net) {
  int width[RZ_MLP_MAX_HIDDEN];
  rz_mlp_spec spec = {.n_in = n_in,
                      .n_out = n_out,
                      .n_hidden = rz_config_count(in->config, RZ_LAW_GROUP, "hidden"),
                      .width = width,
                      .hidden_bias = true,
                      .output_bias = true,
                      .prefix = prefix};
  for (int i = 0; i < spec.n_hidden; i++) width[i] = (int)rz_config_int_at(in->config, RZ_LAW_GROUP, "hidden", i);
  RZ_TRY(rz_activation_find(rz_config_string(in->config, RZ_LAW_GROUP, "activation"), &spec.activation));
  RZ_TRY(RZ_NEW((int64_t)RZ_NETWORK_CHUNK * n_out, &net->out));
  return rz_mlp_create(&spec, &l->params, &net->mlp);
}

rz_err rz_network_start(rz_law *l, const rz_law_input *in, rz_network *net) {
  const bool orthogonal = strcmp(rz_config_string(in->config, RZ_LAW_GROUP, "start"), "orthogonal") == 0;
  const bool single = strcmp(rz_config_string(in->config, RZ_LAW_GROUP, "precision"), "single") == 0;
  RZ_TRY(rz_mlp_init(net->mlp, &l->params, in->seed, orthogonal ? RZ_MLP_ORTHOGONAL : RZ_MLP_UNIFORM));
  return rz_mlp_batch_create(net->mlp, RZ_NETWORK_CHUNK, single, &net->batch);
}

void rz_network_free(rz_network *net) {
  rz_mlp_batch_destroy(&net->batch);
  rz_mlp_destroy(&net->mlp);
  rz_free(&net->out);
}
