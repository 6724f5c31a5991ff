#include "ritz/net/mlp_lanes.h"

#include "mlp_impl.h"
#include "ritz/core/memory.h"

#include <string.h>

enum { LANES = RZ_NET_LANES };

/* Complex numbers are planes here, and a complex matrix the real one of twice the rows and columns
 *   (  Re W  Im W )
 *   ( -Im W  Re W )
 * so that x^T W is the same product for real and complex networks. Its transpose applied to signals is W^* applied to
 * them: complex signals go backwards as their conjugates. */
struct rz_mlp_lanes {
  const rz_mlp *net;
  int n_comp;
  double *w[RZ_MLP_MAX_LAYER];      /* [inputs, outputs], those of the first layer real */
  double *w_back[RZ_MLP_MAX_LAYER]; /* the transpose */
  double *b[RZ_MLP_MAX_LAYER];      /* [outputs] */
};

/* Rows of the inputs of layer l, or of the outputs of layer l - 1. */
static int64_t rows(const rz_mlp_lanes *y, int l) { return (int64_t)(l == 0 ? 1 : y->n_comp) * y->net->width[l]; }
static int64_t size(const rz_mlp_lanes *y, int l) { return rows(y, l) * LANES; }
static int last(const rz_mlp_lanes *y) { return y->net->n_layer - 1; }

static rz_err allocate(rz_mlp_lanes *y) {
  for (int l = 0; l <= last(y); ++l) {
    RZ_TRY(RZ_NEW(rows(y, l) * rows(y, l + 1), &y->w[l]));
    if (l > 0) RZ_TRY(RZ_NEW(rows(y, l) * rows(y, l + 1), &y->w_back[l]));
    RZ_TRY(RZ_NEW0(rows(y, l + 1), &y->b[l]));
  }
  return RZ_OK;
}

rz_err rz_mlp_lanes_create(const rz_mlp *net, rz_mlp_lanes **out) {
  *out = NULL;
  RZ_CHECK(net->n_layer > 1, RZ_ERR_ARG, "a network without a hidden layer");
  RZ_TRY(RZ_NEW0(1, out));
  (*out)->net = net;
  (*out)->n_comp = net->spec.is_complex ? 2 : 1;
  const rz_err rc = allocate(*out);
  if (rc != RZ_OK) rz_mlp_lanes_destroy(out);
  return rc;
}

void rz_mlp_lanes_destroy(rz_mlp_lanes **lanes) {
  if (lanes == NULL || *lanes == NULL) return;
  for (int l = 0; l < RZ_MLP_MAX_LAYER; ++l) {
    rz_free(&(*lanes)->w[l]);
    rz_free(&(*lanes)->w_back[l]);
    rz_free(&(*lanes)->b[l]);
  }
  rz_free(lanes);
}

static void fill_matrix(const rz_mlp_lanes *y, int l, const double *from, double *to) {
  const int in = y->net->width[l], out = y->net->width[l + 1];
  const int64_t wide = rows(y, l + 1);
  for (int64_t i = 0; i < in; ++i)
    for (int64_t o = 0; o < out; ++o)
      for (int c = 0; c < y->n_comp; ++c) {
        const double w = from[(i * out + o) * y->n_comp + c];
        to[i * wide + c * out + o] = w;
        if (l > 0 && y->n_comp == 2) to[(in + i) * wide + (1 - c) * out + o] = c == 1 ? -w : w;
      }
}

static void transpose(int64_t n, int64_t m, const double *from, double *to) {
  for (int64_t i = 0; i < n; ++i)
    for (int64_t k = 0; k < m; ++k) to[k * n + i] = from[i * m + k];
}

void rz_mlp_lanes_update(rz_mlp_lanes *y, const double *value) {
  const double *own = value + y->net->offset;
  for (int l = 0; l <= last(y); ++l) {
    fill_matrix(y, l, own + y->net->w[l] * y->n_comp, y->w[l]);
    if (l > 0) transpose(rows(y, l), rows(y, l + 1), y->w[l], y->w_back[l]);
    for (int64_t k = 0; y->net->b[l] >= 0 && k < rows(y, l + 1); ++k) {
      const int64_t out = y->net->width[l + 1];
      y->b[l][k] = own[(y->net->b[l] + k % out) * y->n_comp + k / out];
    }
  }
}

int64_t rz_mlp_lanes_sums_size(const rz_mlp_lanes *y) { return size(y, 1); }
int64_t rz_mlp_lanes_out_size(const rz_mlp_lanes *y) { return size(y, last(y) + 1); }

/* Two layers' numbers in turn. */
static int64_t widest(const rz_mlp_lanes *y) {
  int64_t most = 0;
  for (int l = 1; l <= last(y); ++l) most = size(y, l) > most ? size(y, l) : most;
  return most;
}
int64_t rz_mlp_lanes_room_size(const rz_mlp_lanes *y) { return 2 * widest(y); }

/* Inputs of every layer but the first, slopes, and the signals of two outputs. */
int64_t rz_mlp_lanes_signal_size(const rz_mlp_lanes *y) {
  int64_t sum = 0;
  for (int l = 1; l <= last(y); ++l) sum += 4 * size(y, l);
  return sum + 2 * size(y, last(y) + 1);
}

static void set_biases(const rz_mlp_lanes *y, int l, double *z) {
  for (int64_t k = 0; k < rows(y, l + 1); ++k)
    for (int lane = 0; lane < LANES; ++lane) z[k * LANES + lane] = y->b[l][k];
}

void rz_mlp_lanes_start(const rz_mlp_lanes *y, const double *x, double *z) {
  set_biases(y, 0, z);
  rz_lanes_affine(rows(y, 1), rows(y, 0), y->w[0], x, z);
}

void rz_mlp_lanes_move(const rz_mlp_lanes *y, int input, const double *dx, double *z) {
  rz_lanes_affine(rows(y, 1), 1, y->w[0] + input * rows(y, 1), dx, z);
}

/* a <- phi of layer l - 1's sums, with its slope unless that is NULL. */
static void activate(const rz_mlp_lanes *y, int l, double *a, double *slope) {
  const int64_t plane = (int64_t)y->net->width[l] * LANES;
  const bool c = y->n_comp == 2;
  rz_activation_apply(y->net->activation[l - 1], plane, a, c ? a + plane : NULL, slope,
                      c && slope ? slope + plane : NULL);
}

void rz_mlp_lanes_add_values(const rz_mlp_lanes *y, const double *z, double *room, double *out) {
  double *a = room, *next = room + widest(y);
  memcpy(a, z, sizeof *a * (size_t)size(y, 1));
  activate(y, 1, a, NULL);
  for (int l = 1; l < last(y); ++l) {
    set_biases(y, l, next);
    rz_lanes_affine(rows(y, l + 1), rows(y, l), y->w[l], a, next);
    activate(y, l + 1, next, NULL);
    double *swap = a;
    a = next;
    next = swap;
  }
  for (int64_t k = 0; k < size(y, last(y) + 1); ++k) out[k] += y->b[last(y)][k / LANES];
  rz_lanes_affine(rows(y, last(y) + 1), rows(y, last(y)), y->w[last(y)], a, out);
}

/* d <- slope d, or its conjugate d. */
static void multiply_slopes(const rz_mlp_lanes *y, int l, const double *slope, double *d) {
  const int64_t plane = (int64_t)y->net->width[l] * LANES;
  if (y->n_comp == 1) {
    for (int64_t k = 0; k < plane; ++k) d[k] *= slope[k];
    return;
  }
  for (int64_t k = 0; k < plane; ++k) {
    const double re = slope[k] * d[k] + slope[plane + k] * d[plane + k];
    d[plane + k] = slope[k] * d[plane + k] - slope[plane + k] * d[k];
    d[k] = re;
  }
}

/* Signals of output o of every layer, conjugate if complex: signal[l] of layer l. */
static void backward(const rz_mlp_lanes *y, int o, double *const *slope, double *const *signal) {
  memset(signal[last(y)], 0, sizeof(double) * (size_t)size(y, last(y) + 1));
  for (int lane = 0; lane < LANES; ++lane) signal[last(y)][o * LANES + lane] = 1.0;
  for (int l = last(y); l > 0; --l) {
    memset(signal[l - 1], 0, sizeof(double) * (size_t)size(y, l));
    rz_lanes_affine(rows(y, l), rows(y, l + 1), y->w_back[l], signal[l], signal[l - 1]);
    multiply_slopes(y, l, slope[l], signal[l - 1]);
  }
}

static void conjugate(const rz_mlp_lanes *y, double *const *signal) {
  for (int l = 0; l <= last(y); ++l) {
    const int64_t plane = (int64_t)y->net->width[l + 1] * LANES;
    for (int64_t k = plane; k < 2 * plane; ++k) signal[l][k] = -signal[l][k];
  }
}

void rz_mlp_lanes_signals(const rz_mlp_lanes *y, const double *z, double *room, rz_mlp_lanes_layer *layer) {
  double *slope[RZ_MLP_MAX_LAYER] = {NULL}, *signal[RZ_MLP_MAX_LAYER];
  layer[0].input = NULL;
  for (int l = 1; l <= last(y); ++l) {
    double *a = room;
    slope[l] = room + size(y, l);
    room += 2 * size(y, l);
    if (l == 1) {
      memcpy(a, z, sizeof *a * (size_t)size(y, 1));
    } else {
      set_biases(y, l - 1, a);
      rz_lanes_affine(rows(y, l), rows(y, l - 1), y->w[l - 1], layer[l - 1].input, a);
    }
    activate(y, l, a, slope[l]);
    layer[l].input = a;
  }
  for (int o = 0; o < y->net->spec.n_out; ++o) {
    for (int l = 0; l <= last(y); ++l) {
      layer[l].signal[o] = signal[l] = room;
      room += size(y, l + 1);
    }
    backward(y, o, slope, signal);
    if (y->n_comp == 2) conjugate(y, signal);
  }
}
