/* Passes through a network, forward and backward, and their derivatives along a tangent:
 *
 *   delta_L = bar,  back_l = delta_(l+1) W_(l+1)^T,  delta_l = phi'(z_l) back_l,  x_bar = delta_0 W_0^T
 *   dW_l = a_l^T delta_l,  db_l = sum delta_l
 *
 * Along a direction (v, u) of inputs and parameters, a dot for the change:
 *   a_0. = v,  z_l. = a_l. W_l + a_l U_l + u_l,  a_(l+1). = phi'(z_l) z_l.
 *   delta_l. = phi'(z_l) (delta_(l+1). W_(l+1)^T + delta_(l+1) U_(l+1)^T) + phi''(z_l) z_l. back_l
 *   dW_l. = a_l.^T delta_l + a_l^T delta_l.,  db_l. = sum delta_l. */
#include "mlp_impl.h"

#include <string.h>

static const void *bias(const rz_mlp_batch *b, const char *elements, int l) {
  return b->net->b[l] < 0 ? b->zero : elements + b->net->b[l] * b->num.size;
}

static bool is_last(const rz_mlp_batch *b, int l) { return l + 1 == b->net->n_layer; }

/* ---- values and first derivatives ---- */

static rz_err forward(rz_mlp_batch *b, int64_t n, const double *x, int order, double *out) {
  RZ_CHECK(b->stage >= MLP_LOADED, RZ_ERR_ARG, "a batch without weights");
  RZ_CHECK(n >= 0 && n <= b->capacity, RZ_ERR_ARG, "%lld rows in a batch of %lld", (long long)n,
           (long long)b->capacity);
  const rz_mlp *net = b->net;
  b->n = n;
  b->tangent = false;
  b->num.kernels->take_real(n * net->width[0], x, b->layer[0].input);
  for (int l = 0; l < net->n_layer; ++l) {
    const int in = net->width[l], width = net->width[l + 1];
    char *z = is_last(b, l) ? b->layer[l].along : b->layer[l + 1].input;
    void *const derivatives[] = {b->layer[l].slope, b->layer[l].curve};
    b->num.product(false, false, n, width, in, b->layer[l].input, rz_mlp_w(b, b->theta, l), false, z);
    if (is_last(b, l))
      b->num.kernels->add_bias(n, width, bias(b, b->theta, l), z);
    else
      b->num.kernels->activate[net->activation[l]](order, n, width, bias(b, b->theta, l), z, derivatives);
  }
  b->num.kernels->give(n * net->spec.n_out, b->layer[net->n_layer - 1].along, out);
  return RZ_OK;
}

rz_err rz_mlp_forward(rz_mlp_batch *b, int64_t n, const double *x, double *out) {
  RZ_TRY(forward(b, n, x, 2, out));
  b->stage = MLP_FORWARD;
  return RZ_OK;
}

rz_err rz_mlp_values(rz_mlp_batch *b, int64_t n, const double *x, double *out) {
  RZ_TRY(forward(b, n, x, 0, out));
  b->stage = MLP_LOADED;
  return RZ_OK;
}

void rz_mlp_backward(rz_mlp_batch *b) {
  for (int l = b->net->n_layer - 2; l >= 0; --l) {
    const int width = b->net->width[l + 1];
    b->num.product(false, true, b->n, width, b->net->width[l + 2], rz_mlp_delta(b, l + 1), rz_mlp_w(b, b->theta, l + 1),
                   false, b->layer[l].back);
    b->num.kernels->multiply(b->n * width, b->layer[l].slope, b->layer[l].back, rz_mlp_delta(b, l));
  }
  b->stage = MLP_PULLED;
}

static void give_gradient(rz_mlp_batch *b, double *grad) {
  b->num.kernels->add_gradient(b->net->n_element, b->grad, grad + b->net->offset);
}

/* The gradient of W_l from `rows` rows of inputs and signals; b_l has those of the n rows of `sum`, or none. */
static void outer_product(rz_mlp_batch *b, int l, int64_t rows, const char *input, const char *signal,
                          const char *sum) {
  const int width = b->net->width[l + 1];
  b->num.product(true, false, b->net->width[l], width, rows, input, signal, false, rz_mlp_w(b, b->grad, l));
  if (b->net->b[l] < 0) return;
  char *sums = b->grad + b->net->b[l] * b->num.size;
  memset(sums, 0, (size_t)(width * b->num.size));
  if (sum) b->num.kernels->add_rows(b->n, width, sum, sums);
}

rz_err rz_mlp_pull(rz_mlp_batch *b, const double *bar, double *x_bar, double *grad) {
  RZ_CHECK(b->stage >= MLP_FORWARD, RZ_ERR_ARG, "pull before forward");
  const int last = b->net->n_layer - 1, n_in = b->net->spec.n_in;
  b->num.kernels->take(b->n * b->net->spec.n_out, bar, rz_mlp_delta(b, last));
  rz_mlp_backward(b);
  if (x_bar) {
    b->num.product(false, true, b->n, n_in, b->net->width[1], rz_mlp_delta(b, 0), b->theta, false, b->x_bar);
    b->num.kernels->give(b->n * n_in, b->x_bar, x_bar);
  }
  if (!grad) return RZ_OK;
  for (int l = 0; l <= last; ++l) outer_product(b, l, b->n, b->layer[l].input, rz_mlp_delta(b, l), rz_mlp_delta(b, l));
  give_gradient(b, grad);
  return RZ_OK;
}

/* ---- along a tangent ---- */

/* From the change of the inputs (or none) and theta_dot. */
static void change_inputs(rz_mlp_batch *b, bool with_inputs) {
  const rz_mlp *net = b->net;
  for (int l = 0; l < net->n_layer; ++l) {
    const int in = net->width[l], width = net->width[l + 1];
    const bool moved = with_inputs || l > 0;
    char *z = b->layer[l].along;
    if (moved)
      b->num.product(false, false, b->n, width, in, rz_mlp_changed_input(b, l), rz_mlp_w(b, b->theta, l), false, z);
    if (b->tangent_of_theta) {
      b->num.product(false, false, b->n, width, in, b->layer[l].input, rz_mlp_w(b, b->theta_dot, l), moved, z);
      b->num.kernels->add_bias(b->n, width, bias(b, b->theta_dot, l), z);
    }
    if (!is_last(b, l)) b->num.kernels->multiply(b->n * width, b->layer[l].slope, z, rz_mlp_changed_input(b, l + 1));
  }
  b->tangent = true;
}

rz_err rz_mlp_tangent(rz_mlp_batch *b, const double *v, const double *u, double *out_dot) {
  const rz_mlp *net = b->net;
  RZ_CHECK(b->stage >= MLP_FORWARD, RZ_ERR_ARG, "tangent before forward");
  RZ_CHECK(v || u, RZ_ERR_ARG, "a tangent without a direction");
  char *room = rz_mlp_changed_input(b, 0);
  const int64_t n_in = b->n * net->spec.n_in;
  if (v)
    b->num.kernels->take_real(n_in, v, room);
  else
    memset(room, 0, (size_t)(n_in * b->num.size));
  b->tangent_of_theta = u != NULL;
  if (u) b->num.kernels->take(net->n_element, u + net->offset, b->theta_dot);
  change_inputs(b, v != NULL);
  if (out_dot) b->num.kernels->give(b->n * net->spec.n_out, b->layer[net->n_layer - 1].along, out_dot);
  return RZ_OK;
}

/* z = the change of delta_l W_l^T; returns whether there is any, else z is untouched. */
static bool change_back(rz_mlp_batch *b, int l, bool signal_changed, char *z) {
  const int in = b->net->width[l], width = b->net->width[l + 1];
  if (signal_changed)
    b->num.product(false, true, b->n, in, width, b->layer[l].signal, rz_mlp_w(b, b->theta, l), false, z);
  if (b->tangent_of_theta)
    b->num.product(false, true, b->n, in, width, rz_mlp_delta(b, l), rz_mlp_w(b, b->theta_dot, l), signal_changed, z);
  return signal_changed || b->tangent_of_theta;
}

/* Does the change of bar, or none, change delta_l? */
static bool is_changed(const rz_mlp_batch *b, int l, bool has_bar_dot) { return has_bar_dot || !is_last(b, l); }

void rz_mlp_change_signals(rz_mlp_batch *b, bool has_bar_dot) {
  for (int l = b->net->n_layer - 2; l >= 0; --l) {
    const mlp_layer *y = &b->layer[l];
    const bool any = change_back(b, l + 1, is_changed(b, l + 1, has_bar_dot), y->signal);
    b->num.kernels->bend(b->n * b->net->width[l + 1], y->curve, y->along, y->back, any ? y->slope : NULL, y->signal);
  }
}

static void give_gradient_dot(rz_mlp_batch *b, bool has_bar_dot, double *grad_dot) {
  for (int l = 0; l < b->net->n_layer; ++l) {
    const mlp_layer *y = &b->layer[l];
    if (is_changed(b, l, has_bar_dot)) /* [a_l; a_l.]^T [delta_l.; delta_l] */
      outer_product(b, l, 2 * b->n, y->input, y->signal, y->signal);
    else
      outer_product(b, l, b->n, rz_mlp_changed_input(b, l), rz_mlp_delta(b, l), NULL);
  }
  give_gradient(b, grad_dot);
}

rz_err rz_mlp_pull_tangent(rz_mlp_batch *b, const double *bar_dot, double *x_bar_dot, double *grad_dot) {
  RZ_CHECK(b->stage == MLP_PULLED && b->tangent, RZ_ERR_ARG, "pull_tangent before pull and tangent");
  const int64_t n_x = b->n * b->net->spec.n_in * b->num.n_real;
  if (bar_dot) b->num.kernels->take(b->n * b->net->spec.n_out, bar_dot, b->layer[b->net->n_layer - 1].signal);
  rz_mlp_change_signals(b, bar_dot != NULL);
  if (x_bar_dot) {
    if (change_back(b, 0, is_changed(b, 0, bar_dot != NULL), b->x_bar))
      b->num.kernels->give(b->n * b->net->spec.n_in, b->x_bar, x_bar_dot);
    else
      memset(x_bar_dot, 0, (size_t)n_x * sizeof *x_bar_dot);
  }
  if (grad_dot) give_gradient_dot(b, bar_dot != NULL, grad_dot);
  return RZ_OK;
}

rz_err rz_mlp_gradient_pull(rz_mlp_batch *b, const double *v, double *grad) {
  RZ_TRY(rz_mlp_tangent(b, v, NULL, NULL));
  RZ_TRY(rz_mlp_pull_tangent(b, NULL, NULL, grad));
  return RZ_OK;
}

rz_err rz_mlp_hessian_apply(rz_mlp_batch *b, const double *v, double *hv) {
  RZ_TRY(rz_mlp_tangent(b, v, NULL, NULL));
  RZ_TRY(rz_mlp_pull_tangent(b, NULL, hv, NULL));
  return RZ_OK;
}
