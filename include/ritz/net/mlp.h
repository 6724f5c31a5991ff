/* Fully connected networks ("multilayer perceptrons"), their first derivatives in inputs and parameters, and the second
 * ones that a network standing for an energy needs:
 *
 *   a_0 = x,   z_l = a_l W_l + b_l,   a_(l+1) = phi(z_l),   out = a_L W_L + b_L      (L hidden layers)
 *
 * Parameters are views W1 [n_in, width], b1 [width], W2, ... of a parameter vector that may hold others before and
 * after: several networks share one vector, each with a prefix to its names.
 *
 * A batch is the working memory for up to `capacity` rows; it keeps what one call leaves for the next. Numbers are
 * doubles outside, whatever the batch computes in: a batch in single precision converts where they come and go. A few
 * hundred rows of a layer stay in the cache, which makes larger batches no faster.
 *
 * Real networks are all double or single precision. Complex ones (holomorphic activations only) have complex weights,
 * stored as pairs, and real inputs; out, bar and x_bar are pairs (Re, Im), one after the other, and derivatives in
 * theta are those of Re(sum bar out) with respect to the pairs.
 *
 * Every call of a batch is local, on the calling thread; threads use batches of their own. rz_err: RZ_ERR_ARG for calls
 * out of order, RZ_ERR_MEMORY. */
#ifndef RITZ_NET_MLP_H
#define RITZ_NET_MLP_H

#include "ritz/core/error.h"
#include "ritz/linalg/jacobian.h"
#include "ritz/linalg/params.h"
#include "ritz/net/activation.h"
#include <stdbool.h>
#include <stdint.h>

enum { RZ_MLP_MAX_HIDDEN = 16 }; /* layers */

typedef struct rz_mlp_spec {
  int n_in, n_out;
  int n_hidden;     /* L: 0 .. RZ_MLP_MAX_HIDDEN */
  const int *width; /* [n_hidden], copied */
  rz_activation activation;
  const rz_activation *activations; /* [n_hidden], one for each layer, copied; NULL: `activation` for all */
  bool is_complex;
  bool hidden_bias, output_bias;
  const bool *biases; /* [n_hidden + 1], one for each layer, copied; NULL: hidden_bias, and output_bias behind them */
  const char *prefix; /* of the views' names, copied; NULL: none */
} rz_mlp_spec;

typedef enum rz_mlp_start {
  RZ_MLP_UNIFORM,   /* all uniform in +-1 / sqrt(inputs of the layer); complex: both parts, by sqrt(2) narrower */
  RZ_MLP_ORTHOGONAL /* W with orthonormal rows or columns, whichever are fewer; biases as above */
} rz_mlp_start;

typedef struct rz_mlp rz_mlp;
typedef struct rz_mlp_batch rz_mlp_batch;

/* Add the views of the network to params, which is not allocated yet. Owner: caller.
 * Errors: RZ_ERR_ARG for sizes below 1, an activation without a complex form, names that are taken. */
rz_err rz_mlp_create(const rz_mlp_spec *spec, rz_params *params, rz_mlp **out);
void rz_mlp_destroy(rz_mlp **net);
/* Initial weights, from streams (seed, RZ_RNG_INIT_PARAMETERS, view). */
rz_err rz_mlp_init(const rz_mlp *net, rz_params *params, uint64_t seed, rz_mlp_start start);

const rz_mlp_spec *rz_mlp_spec_of(const rz_mlp *net);
int64_t rz_mlp_n_param(const rz_mlp *net);                /* real numbers of its own */
int64_t rz_mlp_offset(const rz_mlp *net);                 /* the first of them in the vector; they are contiguous */
int rz_mlp_view(const rz_mlp *net, int layer, bool bias); /* index of W or b of layer 0 .. L, -1: no such bias */

/* Weights start undefined: load them. net is borrowed. Complex networks have double precision only (RZ_ERR_ARG). */
rz_err rz_mlp_batch_create(const rz_mlp *net, int64_t capacity, bool single, rz_mlp_batch **out);
void rz_mlp_batch_destroy(rz_mlp_batch **b);
/* Take the weights from the whole vector's numbers; what earlier calls left is gone. */
void rz_mlp_batch_load(rz_mlp_batch *b, const double *value);
int64_t rz_mlp_batch_capacity(const rz_mlp_batch *b);

/* ---- first derivatives ---- */

/* x [n, n_in], out [n, n_out]; 0 <= n <= capacity. Keeps activations and their slopes and curvatures. */
rz_err rz_mlp_forward(rz_mlp_batch *b, int64_t n, const double *x, double *out);
/* The same, keeping nothing for other calls: about half the time for small networks. */
rz_err rz_mlp_values(rz_mlp_batch *b, int64_t n, const double *x, double *out);
/* Backward, after forward: bar [n, n_out];
 *   x_bar  [n, n_in] = sum_o bar_o d out_o / dx, or NULL
 *   grad   [n_param of the whole vector] += sum_i sum_o bar_io d out_io / d theta, or NULL */
rz_err rz_mlp_pull(rz_mlp_batch *b, const double *bar, double *x_bar, double *grad);

/* ---- second derivatives: a derivative along a direction of what pull computed ---- */

/* Directions, after forward: v [n, n_in] of the inputs and u [n_param of the whole vector] of the parameters, or NULL
 * (not both); out_dot [n, n_out] = d out along them, or NULL. */
rz_err rz_mlp_tangent(rz_mlp_batch *b, const double *v, const double *u, double *out_dot);
/* After pull and tangent: what pull gave, differentiated along the tangent's directions. bar_dot [n, n_out] is the
 * change of bar, or NULL: it stays; x_bar_dot [n, n_in] set, grad_dot += ; NULL: not wanted. */
rz_err rz_mlp_pull_tangent(rz_mlp_batch *b, const double *bar_dot, double *x_bar_dot, double *grad_dot);

/* With g = x_bar of the last pull: grad += d/d theta sum_i v_i . g_i, v [n, n_in]. For a Hamiltonian H (n_out = 1,
 * bar = 1) the gradient of any loss of its field. With forward and pull six products of n x H x H for two hidden
 * layers: the two outer products of a weight are one with 2 n rows. */
rz_err rz_mlp_gradient_pull(rz_mlp_batch *b, const double *v, double *grad);
/* hv [n, n_in] = d^2 (bar . out) / dx^2 v. */
rz_err rz_mlp_hessian_apply(rz_mlp_batch *b, const double *v, double *hv);

/* ---- rows of a Jacobian as factors of layers ---- */

/* Add the layers of d out / d theta: those of one output, one after the other. The network must outlive j. */
rz_err rz_mlp_layers(const rz_mlp *net, rz_jacobian *j);
/* After forward: fill samples first, first + step, ... with the factors of that output. Takes the place of a pull. */
rz_err rz_mlp_factors(rz_mlp_batch *b, int output, int64_t first, int64_t step, rz_jacobian *j);
/* The same for the rows d/d theta (v . g): layers of two outer products each, n_share = 2. A bias of the output has no
 * part in g and no layer. */
rz_err rz_mlp_gradient_layers(const rz_mlp *net, rz_jacobian *j);
/* After forward and pull: v [n, n_dir, n_in]; sample first + i n_dir + k holds d/d theta (v_ik . g_i). */
rz_err rz_mlp_gradient_factors(rz_mlp_batch *b, int n_dir, const double *v, int64_t first, rz_jacobian *j);

#endif
