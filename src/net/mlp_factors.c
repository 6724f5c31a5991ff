/* Rows of a Jacobian as factors of layers: of the outputs, a_l (x) delta_l, and of their gradients in the inputs along
 * a direction, a_l. (x) delta_l + a_l (x) delta_l. (the notation of mlp_pass.c). */
#include "mlp_impl.h"

#include "ritz/core/memory.h"

#include <string.h>

/* Outer products of a layer's rows; inputs of layers are real, so that a complex one is two of them:
 * a (x) d = Re a (x) d + Im a (x) i d. */
static int parts_of_input(const rz_mlp *net, int l) { return net->spec.is_complex && l > 0 ? 2 : 1; }

static rz_err add_weights(const rz_mlp *net, int l, int n_product, rz_jacobian *j) {
  rz_layer *layer;
  const int n_share = n_product * parts_of_input(net, l);
  const rz_layer shape = {.offset = net->offset + net->w[l] * (net->spec.is_complex ? 2 : 1),
                          .d_in = net->width[l],
                          .d_out = net->width[l + 1],
                          .n_share = n_share,
                          .complex_weights = net->spec.is_complex,
                          .n_x = n_share * net->width[l],
                          .gather = n_share > 1 ? net->identity : NULL};
  return rz_jacobian_add(j, &shape, true, net->spec.is_complex, &layer);
}

static rz_err add_bias(const rz_mlp *net, int l, rz_jacobian *j) {
  rz_layer *layer;
  const rz_layer shape = {.offset = net->offset + net->b[l] * (net->spec.is_complex ? 2 : 1),
                          .d_in = 1,
                          .d_out = net->width[l + 1],
                          .n_share = 1,
                          .complex_weights = net->spec.is_complex};
  if (net->b[l] < 0) return RZ_OK;
  return rz_jacobian_add(j, &shape, false, net->spec.is_complex, &layer);
}

rz_err rz_mlp_layers(const rz_mlp *net, rz_jacobian *j) {
  for (int l = 0; l < net->n_layer; ++l) {
    RZ_TRY(add_weights(net, l, 1, j));
    RZ_TRY(add_bias(net, l, j));
  }
  return RZ_OK;
}

rz_err rz_mlp_gradient_layers(const rz_mlp *net, rz_jacobian *j) {
  for (int l = 0; l < net->n_layer; ++l) {
    const bool last = l + 1 == net->n_layer;
    RZ_TRY(add_weights(net, l, last ? 1 : 2, j));
    if (!last) RZ_TRY(add_bias(net, l, j));
  }
  return RZ_OK;
}

/* The network's first layer in j: several networks may have theirs. */
static rz_err find_layers(const rz_mlp *net, const rz_jacobian *j, int *first) {
  for (*first = 0; *first < rz_jacobian_n_layer(j); ++*first)
    if (rz_jacobian_layer(j, *first)->offset == net->offset) return RZ_OK;
  RZ_FAIL(RZ_ERR_ARG, "the Jacobian has no layers of this network");
}

/* Where rows of one layer go: sample first + i * step. */
typedef struct place {
  int64_t first, step;
} place;

/* A part of rows from [n, width] to[(sample * n_share + share) * width]. */
static void put(const rz_mlp_batch *b, const char *from, rz_mlp_part part, int64_t width, place p, int share,
                int n_share, double *to) {
  for (int64_t i = 0; i < b->n; ++i)
    b->num.kernels->give_part(part, width, from + i * width * b->num.size,
                              to + ((p.first + i * p.step) * n_share + share) * width);
}

/* Signals of one share: d, or i d. */
static void put_signal(const rz_mlp_batch *b, const rz_layer *layer, const char *signal, bool times_i, place p,
                       int share) {
  const int width = layer->d_out;
  put(b, signal, times_i ? RZ_MLP_MINUS_IM : RZ_MLP_RE, width, p, share, layer->n_share, layer->d_re);
  if (layer->d_im) put(b, signal, times_i ? RZ_MLP_RE : RZ_MLP_IM, width, p, share, layer->n_share, layer->d_im);
}

/* The outer product number k of layer l. */
static void put_product(const rz_mlp_batch *b, int l, const rz_layer *layer, int k, const char *input,
                        const char *signal, place p) {
  const int n_part = parts_of_input(b->net, l);
  for (int part = 0; part < n_part; ++part) {
    const int share = k * n_part + part;
    put(b, input, part == 0 ? RZ_MLP_RE : RZ_MLP_IM, layer->d_in, p, share, layer->n_share, layer->x);
    put_signal(b, layer, signal, part == 1, p, share);
  }
}

static void set_bar_to_unit(rz_mlp_batch *b, int output) {
  const int n_out = b->net->spec.n_out;
  char *bar = rz_mlp_delta(b, b->net->n_layer - 1);
  memset(bar, 0, (size_t)(b->n * n_out * b->num.size));
  for (int64_t i = 0; i < b->n; ++i)
    b->num.kernels->take(1, (const double[]){1.0, 0.0}, bar + (i * n_out + output) * b->num.size);
}

/* The first layer of the network in j, with room for the samples. */
static rz_err find_room(const rz_mlp_batch *b, const rz_jacobian *j, int64_t first, int64_t count, int *at) {
  RZ_TRY(find_layers(b->net, j, at));
  RZ_CHECK(first >= 0 && first + count <= rz_jacobian_n(j), RZ_ERR_ARG, "samples %lld .. %lld of %lld",
           (long long)first, (long long)(first + count - 1), (long long)rz_jacobian_n(j));
  return RZ_OK;
}

rz_err rz_mlp_factors(rz_mlp_batch *b, int output, int64_t first, int64_t step, rz_jacobian *j) {
  const rz_mlp *net = b->net;
  int at;
  RZ_CHECK(b->stage >= MLP_FORWARD, RZ_ERR_ARG, "factors before forward");
  RZ_CHECK(output >= 0 && output < net->spec.n_out, RZ_ERR_ARG, "output %d of %d", output, net->spec.n_out);
  RZ_CHECK(step >= 1, RZ_ERR_ARG, "samples every %lld", (long long)step);
  RZ_TRY(find_room(b, j, first, b->n > 0 ? (b->n - 1) * step + 1 : 0, &at));
  set_bar_to_unit(b, output);
  rz_mlp_backward(b);
  for (int l = 0; l < net->n_layer; ++l) {
    const place p = {first, step};
    put_product(b, l, rz_jacobian_layer(j, at++), 0, b->layer[l].input, rz_mlp_delta(b, l), p);
    if (net->b[l] >= 0) put_signal(b, rz_jacobian_layer(j, at++), rz_mlp_delta(b, l), false, p, 0);
  }
  return RZ_OK;
}

/* The rows of one direction, from what a tangent left. */
static void put_direction(const rz_mlp_batch *b, int at, place p, rz_jacobian *j) {
  const rz_mlp *net = b->net;
  for (int l = 0; l < net->n_layer; ++l) {
    const rz_layer *layer = rz_jacobian_layer(j, at++);
    put_product(b, l, layer, 0, rz_mlp_changed_input(b, l), rz_mlp_delta(b, l), p);
    if (l + 1 == net->n_layer) return;
    put_product(b, l, layer, 1, b->layer[l].input, b->layer[l].signal, p);
    if (net->b[l] >= 0) put_signal(b, rz_jacobian_layer(j, at++), b->layer[l].signal, false, p, 0);
  }
}

rz_err rz_mlp_gradient_factors(rz_mlp_batch *b, int n_dir, const double *v, int64_t first, rz_jacobian *j) {
  const int64_t n_in = b->net->spec.n_in;
  double *one = NULL;
  rz_err rc = RZ_OK;
  int at;
  RZ_CHECK(b->stage == MLP_PULLED, RZ_ERR_ARG, "gradient factors before pull");
  RZ_TRY(find_room(b, j, first, b->n * n_dir, &at));
  RZ_TRY(RZ_NEW(b->n * n_in, &one));
  for (int k = 0; k < n_dir; ++k) {
    for (int64_t i = 0; i < b->n; ++i) memcpy(one + i * n_in, v + (i * n_dir + k) * n_in, sizeof *v * (size_t)n_in);
    RZ_TRY_DONE(rc, rz_mlp_tangent(b, one, NULL, NULL));
    rz_mlp_change_signals(b, false);
    put_direction(b, at, (place){first + k, n_dir}, j);
  }
done:
  rz_free(&one);
  return rc;
}
