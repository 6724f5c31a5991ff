/* The multilayer network of a law, with the options that the laws made of networks share. */
#ifndef RITZ_LEARN_NETWORK_H
#define RITZ_LEARN_NETWORK_H

#include "law_impl.h"

#include "ritz/net/mlp.h"

enum { RZ_NETWORK_CHUNK = 256 }; /* rows that a batch works on at a time */

/* Rows of group "network": the shape of a network, and all. */
#define RZ_NETWORK_SHAPE_ROWS                                                                                          \
  RZ_ROW_INTS("hidden", RZ_MLP_MAX_HIDDEN, "32, 32", 1, 65536, "units of each hidden layer"),                          \
      RZ_ROW_CHOICE("activation", RZ_ACTIVATION_CHOICES, "'tanh'", "of the hidden units"),                             \
      RZ_ROW_CHOICE("start", "uniform|orthogonal", "'uniform'",                                                        \
                    "initial weights: uniform within 1 / sqrt(inputs), or orthogonal matrices")
#define RZ_NETWORK_ROWS                                                                                                \
  RZ_NETWORK_SHAPE_ROWS, RZ_ROW_CHOICE("precision", "double|single", "'double'", "of the network's inner numbers")

/* Chunks of n states: i the first of each, m how many. */
#define RZ_EACH_CHUNK(n)                                                                                               \
  for (int64_t i = 0, m; i < (n) && (m = (n)-i < RZ_NETWORK_CHUNK ? (n)-i : RZ_NETWORK_CHUNK) > 0; i += m)

typedef struct rz_network {
  rz_mlp *mlp;
  rz_mlp_batch *batch; /* of RZ_NETWORK_CHUNK rows */
  double *out;         /* [RZ_NETWORK_CHUNK, n_out]: for who does not ask for it */
} rz_network;

/* Adds the network's views to the law's parameters, which are allocated afterwards. prefix NULL: none. */
rz_err rz_network_create(rz_law *l, const rz_law_input *in, int n_in, int n_out, const char *prefix, rz_network *net);
/* Initial weights, when the parameters are allocated, and the working memory. */
rz_err rz_network_start(rz_law *l, const rz_law_input *in, rz_network *net);
void rz_network_free(rz_network *net);

#endif
