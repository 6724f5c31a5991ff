/* A fully connected network (ritz/net/mlp.h) for RZ_NET_LANES inputs side by side that change a few numbers at a time:
 * the sums of its first hidden layer follow each change, the layers behind it are computed anew. It has one hidden
 * layer at least.
 *
 * Arrays [rows, RZ_NET_LANES], the lane fastest; n_comp = 2 for a complex network, whose numbers are planes: rows of
 * real parts, then rows of imaginary parts. Const but for update; callers bring all memory. Local. */
#ifndef RITZ_NET_MLP_LANES_H
#define RITZ_NET_MLP_LANES_H

#include "ritz/net/lanes.h"
#include "ritz/net/mlp.h"

typedef struct rz_mlp_lanes rz_mlp_lanes;

/* net is borrowed. Tables start undefined: update. Errors: RZ_ERR_ARG for a network without a hidden layer. */
rz_err rz_mlp_lanes_create(const rz_mlp *net, rz_mlp_lanes **out);
void rz_mlp_lanes_destroy(rz_mlp_lanes **lanes);
/* Take the weights from the whole vector's numbers. */
void rz_mlp_lanes_update(rz_mlp_lanes *lanes, const double *value);

int64_t rz_mlp_lanes_sums_size(const rz_mlp_lanes *lanes);   /* doubles in z, */
int64_t rz_mlp_lanes_out_size(const rz_mlp_lanes *lanes);    /* in out, */
int64_t rz_mlp_lanes_room_size(const rz_mlp_lanes *lanes);   /* in the scratch of values */
int64_t rz_mlp_lanes_signal_size(const rz_mlp_lanes *lanes); /* and of signals */

/* z = b_1 + W_1^T x; x [n_in, RZ_NET_LANES] real. */
void rz_mlp_lanes_start(const rz_mlp_lanes *lanes, const double *x, double *z);
/* z += W_1^T dx, where of the inputs number `input` alone changes, by dx [RZ_NET_LANES]. */
void rz_mlp_lanes_move(const rz_mlp_lanes *lanes, int input, const double *dx, double *z);
/* out += the network's outputs from its sums z. */
void rz_mlp_lanes_add_values(const rz_mlp_lanes *lanes, const double *z, double *room, double *out);

/* What rows of a Jacobian need of layer l = 0 .. L, [n_comp width, RZ_NET_LANES] each, inside `room`: its inputs a_l
 * (not of layer 0), and its signals delta_l = d out_o / d z_l, of each output o of a real network. */
typedef struct rz_mlp_lanes_layer {
  const double *input;
  const double *signal[2];
} rz_mlp_lanes_layer;
/* For a real network with one or two outputs, or a complex one with one. layer [L + 1]. */
void rz_mlp_lanes_signals(const rz_mlp_lanes *lanes, const double *z, double *room, rz_mlp_lanes_layer *layer);

#endif
