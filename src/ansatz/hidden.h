/* What the Boltzmann machines of this folder are made of: a linear term and hidden units summed out,
 *
 *   log psi = sum_i a_i x_i + sum_(g,f) log cosh(b_f + sum_i W_if x_(g(i)))
 *
 * over inputs x_i = +-1: the spins, or products of spins. A filter f stands for one hidden unit per permutation g of
 * the inputs, and a is one number per orbit of inputs. Views "W" [n_in, n_filter], "b" [n_filter], "a" [n_orbit]. */
#ifndef RITZ_ANSATZ_HIDDEN_H
#define RITZ_ANSATZ_HIDDEN_H

#include "ansatz_impl.h"
#include "ritz/net/cosh_net.h"

/* Inputs and the group that permutes them: perm [n_group, n_in], input i moves to perm[g * n_in + i] (n_group = 1: the
 * identity); orbit [n_in]. Borrowed. */
typedef struct rz_hidden_inputs {
  int n_in, n_group, n_orbit;
  const int32_t *perm, *orbit;
} rz_hidden_inputs;

typedef struct rz_hidden {
  rz_hidden_inputs in;
  rz_cosh_net *net;
  int n_filter;
  int w, b, a; /* views, -1: none */
} rz_hidden;

/* Filters per permutation for alpha hidden units per `what` ("site"), of which there are n. Errors: as
 * rz_ansatz_refuse, at key "alpha". */
rz_err rz_hidden_count(const rz_ansatz_input *in, double alpha, int n, const char *what, int n_group, int *n_filter);
/* Declare and allocate the parameters of `a`, of weights as a->is_complex says; b and a if asked for. */
rz_err rz_hidden_init(rz_hidden *h, rz_ansatz *a, const rz_hidden_inputs *inputs, int n_filter, bool has_b, bool has_a);
void rz_hidden_fini(rz_hidden *h);
/* The network's weights from the parameters. */
void rz_hidden_update(rz_hidden *h, const rz_ansatz *a);
/* Layers and factors of d log psi / d theta; x [n_in, RZ_LANES] and the cache of the network as rz_block_factors has
 * them. */
rz_err rz_hidden_layers(const rz_hidden *h, const rz_ansatz *a, rz_jacobian *j);
void rz_hidden_factors(const rz_hidden *h, const int8_t *x, double *cache, int64_t first, int m, rz_jacobian *j);

#endif
