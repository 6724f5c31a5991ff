/* The inside of a network and of its batches, shared by the files mlp*.c. */
#ifndef RITZ_NET_MLP_IMPL_H
#define RITZ_NET_MLP_IMPL_H

#include "mlp_numbers.h"
#include "ritz/net/mlp.h"

enum { RZ_MLP_MAX_LAYER = RZ_MLP_MAX_HIDDEN + 1 };

struct rz_mlp {
  rz_mlp_spec spec; /* its arrays are those below */
  char *prefix;
  rz_activation activation[RZ_MLP_MAX_HIDDEN];
  bool bias[RZ_MLP_MAX_LAYER];
  int n_layer;                     /* L + 1 */
  int width[RZ_MLP_MAX_LAYER + 1]; /* inputs of layer l, then the outputs */
  int view_w[RZ_MLP_MAX_LAYER], view_b[RZ_MLP_MAX_LAYER];
  int64_t w[RZ_MLP_MAX_LAYER]; /* first element of W_l and of b_l among the network's own; b: -1 none */
  int64_t b[RZ_MLP_MAX_LAYER];
  int64_t offset, n_element; /* in the vector (numbers); its own elements */
  int32_t *identity;         /* [4 * widest]: k at k, the gather table of shared layers */
};

typedef enum mlp_stage { MLP_EMPTY, MLP_LOADED, MLP_FORWARD, MLP_PULLED } mlp_stage;

/* Rows of two kinds lie one after the other, so that the two outer products of a weight are one product of 2 n rows. */
typedef struct mlp_layer {
  char *input;         /* [2 n, width l]: a_l, then its change along the tangent */
  char *signal;        /* [2 n, width l + 1]: the change of delta_l, then delta_l = d (bar . out) / d z_l */
  char *slope, *curve; /* phi', phi'' at z_l; hidden layers */
  char *back;          /* delta_(l+1) W_(l+1)^T */
  char *along;         /* change of z_l along the tangent */
} mlp_layer;

struct rz_mlp_batch {
  const rz_mlp *net;
  rz_numbers num;
  int64_t capacity, n;
  mlp_stage stage;
  bool tangent, tangent_of_theta;
  char *theta, *theta_dot, *grad; /* the network's own elements */
  char *zero;                     /* [widest] */
  char *x_bar;                    /* [capacity, n_in] */
  mlp_layer layer[RZ_MLP_MAX_LAYER];
};

/* Row i of a matrix with that many columns. */
static inline char *rz_mlp_row(const rz_mlp_batch *b, char *matrix, int64_t i, int64_t columns) {
  return matrix + i * columns * b->num.size;
}
static inline char *rz_mlp_changed_input(const rz_mlp_batch *b, int l) {
  return rz_mlp_row(b, b->layer[l].input, b->n, b->net->width[l]);
}
static inline char *rz_mlp_delta(const rz_mlp_batch *b, int l) {
  return rz_mlp_row(b, b->layer[l].signal, b->n, b->net->width[l + 1]);
}
static inline char *rz_mlp_w(const rz_mlp_batch *b, char *elements, int l) {
  return elements + b->net->w[l] * b->num.size;
}

int rz_mlp_widest(const rz_mlp *net);

/* Signals delta_l of every layer, from delta_L. */
void rz_mlp_backward(rz_mlp_batch *b);
/* Their changes along the tangent; has_bar_dot: that of delta_L is in its place, else there is none. */
void rz_mlp_change_signals(rz_mlp_batch *b, bool has_bar_dot);

#endif
