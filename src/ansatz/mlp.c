/* Multilayer network on the spins (Cai and Liu, Phys. Rev. B 97, 035116 (2018), doi:10.1103/PhysRevB.97.035116):
 *
 *   log psi(s) = sum_g f(s_g(1), ..., s_g(N)),   f(x) = W_L^T phi(... phi(b_2 + W_2^T log cosh(b_1 + W_1^T x)))
 *
 * with the lattice's translations g, or the identity alone. f has one real output (psi > 0), two of them (log |psi| and
 * the phase), or a complex one with complex weights. The first layer is even in its sums: without b_1 the state is even
 * under a global flip. A block keeps the sums of the first layer, which a flip changes by a row of W_1 each. */
#include "ansatz_impl.h"

#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include "ritz/net/functions.h"
#include "ritz/net/init.h"
#include "ritz/net/mlp.h"
#include "ritz/net/mlp_lanes.h"

#include <complex.h>
#include <math.h>
#include <string.h>

enum { MAX_LAYERS = 8, MAX_UNITS = 4096 };
enum { WEIGHTS_REAL, WEIGHTS_PHASE, WEIGHTS_COMPLEX };
enum { BIAS_NONE, BIAS_HIDDEN };

static const rz_activation deeper[] = {RZ_ACTIVATION_LOG_COSH, RZ_ACTIVATION_TANH};

static const rz_option options[] = {
    RZ_ROW_INT("layers", "2", 1, MAX_LAYERS, "hidden layers"),
    RZ_ROW_INT("units", "16", 1, MAX_UNITS, "units of each hidden layer"),
    RZ_ROW_CHOICE("activation", "log_cosh|tanh", "'log_cosh'",
                  "of the hidden layers behind the first, which has log_cosh"),
    RZ_ROW_CHOICE("weights", "real|phase|complex", "'real'",
                  "real: psi > 0 everywhere; phase: real weights, a second output is the phase; complex: holomorphic"),
    RZ_ROW_CHOICE("symmetry", "none|translation", "'none'",
                  "translation: log psi is the sum over the lattice's translations of the configuration"),
    RZ_ROW_CHOICE("bias", "none|hidden", "'none'", "of the first layer; none: exactly even under a global flip"),
    RZ_ROW_REAL("init_width", "0.05", 0.0, 100.0, "", "standard deviation of the initial weights of the output"),
};

typedef struct mlp {
  rz_mlp *net;
  rz_mlp_lanes *lanes;
  int n_layer; /* hidden ones and the output */
  int n_group;
  const int32_t *perm; /* [n_group, n_site]: g(i) */
  int32_t *identity;   /* [n_site] if not shared */
  int32_t *seen_at;    /* [n_group, n_site]: the i with g(i) = site */
  int32_t *count_up;   /* gather tables of the layers behind the first: k at k */
  int64_t sums, out;   /* doubles of the first layer of one g; of the outputs */
} mlp;

static void fini_mlp(rz_ansatz *a) {
  mlp *m = a->data;
  if (m == NULL) return;
  rz_mlp_lanes_destroy(&m->lanes);
  rz_mlp_destroy(&m->net);
  rz_free(&m->identity);
  rz_free(&m->seen_at);
  rz_free(&m->count_up);
  rz_free(&a->data);
}

/* ---- the network ---- */

/* What a network is made of, and the arrays of its description. */
typedef struct description {
  rz_mlp_spec spec;
  int width[MAX_LAYERS];
  rz_activation activation[MAX_LAYERS];
  bool bias[MAX_LAYERS + 1];
} description;

static rz_err describe(rz_ansatz *a, const rz_ansatz_input *in, description *d) {
  int layers, units, activation, weights, bias;
  RZ_TRY(rz_ansatz_option_int(in, "layers", &layers));
  RZ_TRY(rz_ansatz_option_int(in, "units", &units));
  RZ_TRY(rz_ansatz_option_choice(in, "activation", &activation));
  RZ_TRY(rz_ansatz_option_choice(in, "weights", &weights));
  RZ_TRY(rz_ansatz_option_choice(in, "bias", &bias));
  if (in->config && layers == 1) rz_config_no_effect(in->config, "ansatz", "activation", "with layers = 1");
  for (int l = 0; l < layers; ++l) {
    d->width[l] = units;
    d->activation[l] = l == 0 ? RZ_ACTIVATION_LOG_COSH : deeper[activation];
    d->bias[l] = l > 0 || bias == BIAS_HIDDEN;
  }
  d->bias[layers] = false; /* a constant in log psi */
  a->is_complex = weights != WEIGHTS_REAL;
  d->spec = (rz_mlp_spec){.n_in = a->n_site,
                          .n_out = weights == WEIGHTS_PHASE ? 2 : 1,
                          .n_hidden = layers,
                          .width = d->width,
                          .activations = d->activation,
                          .biases = d->bias,
                          .is_complex = weights == WEIGHTS_COMPLEX};
  return RZ_OK;
}

/* A small output: the state starts close to a constant, and what the hidden units see of it is not small. */
static rz_err fill_parameters(rz_ansatz *a, const rz_ansatz_input *in) {
  const mlp *m = a->data;
  const int output = rz_mlp_view(m->net, m->n_layer - 1, false);
  const rz_view *view = &a->params.view[output];
  double width;
  RZ_TRY(rz_ansatz_option_real(in, "init_width", &width));
  RZ_TRY(rz_mlp_init(m->net, &a->params, in->seed, RZ_MLP_UNIFORM));
  rz_net_init_normal(in->seed, (uint64_t)output, width, rz_view_length(view) * (view->is_complex ? 2 : 1),
                     rz_params_real(&a->params, output));
  return RZ_OK;
}

static rz_err make_network(rz_ansatz *a, const rz_ansatz_input *in) {
  description d;
  mlp *m = a->data;
  RZ_TRY(describe(a, in, &d));
  m->n_layer = d.spec.n_hidden + 1;
  RZ_TRY(rz_mlp_create(&d.spec, &a->params, &m->net));
  RZ_TRY(rz_params_allocate(&a->params));
  RZ_TRY(fill_parameters(a, in));
  return rz_mlp_lanes_create(m->net, &m->lanes);
}

static rz_err make_tables(const rz_ansatz *a, const rz_ansatz_input *in) {
  mlp *m = a->data;
  int shared;
  RZ_TRY(rz_ansatz_option_choice(in, "symmetry", &shared));
  RZ_TRY(RZ_NEW(a->n_site, &m->identity));
  for (int i = 0; i < a->n_site; ++i) m->identity[i] = i;
  m->perm = m->identity;
  m->n_group = shared ? rz_lattice_translations(a->lattice, &m->perm) : 1;
  RZ_TRY(RZ_NEW((int64_t)m->n_group * a->n_site, &m->seen_at));
  for (int g = 0; g < m->n_group; ++g)
    for (int i = 0; i < a->n_site; ++i) m->seen_at[(int64_t)g * a->n_site + m->perm[(int64_t)g * a->n_site + i]] = i;
  const int64_t most = 2 * (int64_t)m->n_group * rz_mlp_spec_of(m->net)->width[0];
  RZ_TRY(RZ_NEW(most, &m->count_up));
  for (int32_t k = 0; k < most; ++k) m->count_up[k] = k;
  return RZ_OK;
}

/* ---- blocks ---- */

/* A block's cache: sums of the first layer for every g and the outputs, as they are and with the pending move; then
 * scratch. */
typedef struct cache {
  double *sums, *out, *new_sums, *new_out, *room;
} cache;

static cache cache_of(const mlp *m, double *at) {
  cache c;
  c.sums = at;
  c.out = c.sums + m->n_group * m->sums;
  c.new_sums = c.out + m->out;
  c.new_out = c.new_sums + m->n_group * m->sums;
  c.room = c.new_out + m->out;
  return c;
}

static int64_t largest(int64_t a, int64_t b) { return a > b ? a : b; }

static rz_err init_mlp(rz_ansatz *a, const rz_ansatz_input *in) {
  mlp *m;
  RZ_TRY(RZ_NEW0(1, &m));
  a->data = m;
  RZ_TRY(make_network(a, in));
  RZ_TRY(make_tables(a, in));
  m->sums = rz_mlp_lanes_sums_size(m->lanes);
  m->out = rz_mlp_lanes_out_size(m->lanes);
  const int64_t room = largest(rz_mlp_lanes_room_size(m->lanes), rz_mlp_lanes_signal_size(m->lanes));
  a->cache_size = 2 * (m->n_group * m->sums + m->out) + largest(room, (int64_t)a->n_site * RZ_LANES);
  return RZ_OK;
}

static rz_err update_mlp(rz_ansatz *a) {
  rz_mlp_lanes_update(((mlp *)a->data)->lanes, a->params.value);
  return RZ_OK;
}

static void start_sums(const mlp *m, const rz_block *b, double *sums, double *x) {
  for (int g = 0; g < m->n_group; ++g) {
    for (int64_t i = 0; i < b->n_site; ++i)
      for (int l = 0; l < RZ_LANES; ++l) x[i * RZ_LANES + l] = b->spin[m->perm[g * b->n_site + i] * RZ_LANES + l];
    rz_mlp_lanes_start(m->lanes, x, sums + g * m->sums);
  }
}

static void add_up(const mlp *m, const double *sums, double *room, double *out) {
  memset(out, 0, sizeof *out * (size_t)m->out);
  for (int g = 0; g < m->n_group; ++g) rz_mlp_lanes_add_values(m->lanes, sums + g * m->sums, room, out);
}

/* psi of one set of outputs over that of another. */
static double complex ratio_of_lane(const rz_ansatz *a, const double *after, const double *before, int l) {
  const double size = exp(after[l] - before[l]);
  if (!a->is_complex) return size;
  const double phase = after[RZ_LANES + l] - before[RZ_LANES + l];
  return CMPLX(size * cos(phase), size * sin(phase));
}

static double refresh_mlp(const rz_ansatz *a, rz_block *b) {
  const mlp *m = a->data;
  const cache c = cache_of(m, b->cache);
  double drift = 0.0;
  memcpy(c.new_out, c.out, sizeof *c.out * (size_t)m->out);
  start_sums(m, b, c.sums, c.room);
  add_up(m, c.sums, c.room, c.out);
  for (int l = 0; l < RZ_LANES; ++l) {
    b->log_psi[l] = CMPLX(c.out[l], a->is_complex ? c.out[RZ_LANES + l] : 0.0);
    drift = fmax(drift, cabs(ratio_of_lane(a, c.new_out, c.out, l) - 1.0));
  }
  return drift;
}

static void ratio_mlp(const rz_ansatz *a, rz_block *b, int n_flip, const int32_t *site, double *out) {
  const mlp *m = a->data;
  const cache c = cache_of(m, b->cache);
  memcpy(c.new_sums, c.sums, sizeof *c.sums * (size_t)(m->n_group * m->sums));
  for (int k = 0; k < n_flip; ++k) {
    double change[RZ_LANES];
    for (int l = 0; l < RZ_LANES; ++l) change[l] = -2.0 * b->spin[(int64_t)site[k] * RZ_LANES + l];
    for (int64_t g = 0; g < m->n_group; ++g)
      rz_mlp_lanes_move(m->lanes, m->seen_at[g * a->n_site + site[k]], change, c.new_sums + g * m->sums);
  }
  add_up(m, c.new_sums, c.room, c.new_out);
  for (int l = 0; l < RZ_LANES; ++l) {
    const double complex ratio = ratio_of_lane(a, c.new_out, c.out, l);
    out[l] = creal(ratio);
    if (a->is_complex) out[RZ_LANES + l] = cimag(ratio);
  }
}

/* to <- from in the lanes with accept != 0; n numbers. */
static void copy_lanes(int64_t n, const uint8_t *accept, const double *from, double *to) {
  for (int64_t k = 0; k < n; k += RZ_LANES)
    for (int l = 0; l < RZ_LANES; ++l) to[k + l] = accept[l] ? from[k + l] : to[k + l];
}

static void commit_mlp(const rz_ansatz *a, rz_block *b, const uint8_t *accept) {
  const mlp *m = a->data;
  const cache c = cache_of(m, b->cache);
  copy_lanes(m->n_group * m->sums, accept, c.new_sums, c.sums);
  copy_lanes(m->out, accept, c.new_out, c.out);
}

/* ---- from scratch ---- */

static double phi_real(rz_activation activation, double z) {
  return activation == RZ_ACTIVATION_LOG_COSH ? rz_log_cosh(z) : tanh(z);
}

static double complex phi(rz_activation activation, double complex z) {
  if (cimag(z) == 0.0) return phi_real(activation, creal(z));
  return activation == RZ_ACTIVATION_LOG_COSH ? rz_log_cosh_complex(z) : ctanh(z);
}

/* Element e of W or b of layer l. */
static double complex element(const rz_ansatz *a, int view, int64_t e) {
  const double *x = rz_params_real(&a->params, view);
  return a->params.view[view].is_complex ? CMPLX(x[2 * e], x[2 * e + 1]) : x[e];
}

/* f of one permutation of the spins: y [n_out] += */
static void add_output(const rz_ansatz *a, const int8_t *spin, const int32_t *perm, double complex *x,
                       double complex *y) {
  const mlp *m = a->data;
  const rz_mlp_spec *s = rz_mlp_spec_of(m->net);
  int n_in = a->n_site;
  for (int i = 0; i < n_in; ++i) x[i] = spin[perm[i]];
  for (int l = 0; l < m->n_layer; ++l) {
    const int n_out = l < s->n_hidden ? s->width[l] : s->n_out;
    const int w = rz_mlp_view(m->net, l, false), b = rz_mlp_view(m->net, l, true);
    double complex *z = x + n_in;
    for (int k = 0; k < n_out; ++k) {
      z[k] = b >= 0 ? element(a, b, k) : 0.0;
      for (int i = 0; i < n_in; ++i) z[k] += element(a, w, (int64_t)i * n_out + k) * x[i];
      if (l < s->n_hidden) z[k] = phi(s->activations[l], z[k]);
    }
    x = z;
    n_in = n_out;
  }
  for (int k = 0; k < s->n_out; ++k) y[k] += x[k];
}

static rz_err log_psi_mlp(const rz_ansatz *a, int64_t n, const int8_t *spin, double complex *out) {
  const mlp *m = a->data;
  const rz_mlp_spec *s = rz_mlp_spec_of(m->net);
  double complex *numbers = NULL;
  RZ_TRY(RZ_NEW(a->n_site + s->n_hidden * s->width[0] + s->n_out, &numbers));
  for (int64_t k = 0; k < n; ++k) {
    double complex y[2] = {0.0, 0.0};
    for (int64_t g = 0; g < m->n_group; ++g) add_output(a, spin + k * a->n_site, m->perm + g * a->n_site, numbers, y);
    out[k] = s->n_out == 2 ? CMPLX(creal(y[0]), creal(y[1])) : a->is_complex ? y[0] : creal(y[0]);
  }
  rz_free(&numbers);
  return RZ_OK;
}

/* ---- derivatives ---- */

/* The derivative in W_l is the sum over g of a_l (x) delta_l. Inputs of layers are real: a complex one is two outer
 * products, Re a (x) delta + Im a (x) i delta. At the output delta does not depend on g: the inputs are summed. */
static int parts_of_input(const mlp *m, int l) { return rz_mlp_spec_of(m->net)->is_complex && l > 0 ? 2 : 1; }
static int groups_of_layer(const mlp *m, int l) { return l + 1 < m->n_layer ? m->n_group : 1; }

static rz_err add_weights(const rz_ansatz *a, int l, rz_jacobian *j) {
  const mlp *m = a->data;
  const rz_view *view = &a->params.view[rz_mlp_view(m->net, l, false)];
  const int d_in = (int)view->shape[0], n_share = groups_of_layer(m, l) * parts_of_input(m, l);
  rz_layer *layer;
  const rz_layer shape = {.offset = view->offset,
                          .d_in = d_in,
                          .d_out = (int)view->shape[1],
                          .n_share = n_share,
                          .complex_weights = view->is_complex,
                          .n_x = l == 0 ? d_in : d_in * n_share,
                          .gather = n_share == 1 ? NULL
                                    : l == 0     ? m->perm
                                                 : m->count_up};
  return rz_jacobian_add(j, &shape, true, a->is_complex, &layer);
}

static rz_err add_bias(const rz_ansatz *a, int view, rz_jacobian *j) {
  rz_layer *layer;
  const rz_layer shape = {.offset = a->params.view[view].offset,
                          .d_in = 1,
                          .d_out = (int)a->params.view[view].shape[0],
                          .n_share = 1,
                          .complex_weights = a->params.view[view].is_complex};
  return rz_jacobian_add(j, &shape, false, a->is_complex, &layer);
}

static rz_err layers_mlp(const rz_ansatz *a, rz_jacobian *j) {
  const mlp *m = a->data;
  for (int l = 0; l < m->n_layer; ++l) {
    RZ_TRY(add_weights(a, l, j));
    if (rz_mlp_view(m->net, l, true) >= 0) RZ_TRY(add_bias(a, rz_mlp_view(m->net, l, true), j));
  }
  return RZ_OK;
}

/* Of n lanes, rows of numbers [width, RZ_LANES] to to[lane * stride + row], times a sign; added if `add`. */
typedef struct target {
  double *at;
  int64_t stride;
  int n;
  bool add;
} target;

static void put(target to, int64_t width, double sign, const double *from) {
  for (int64_t l = 0; l < to.n; ++l)
    for (int64_t k = 0; k < width; ++k) {
      double *y = to.at + l * to.stride + k;
      *y = sign * from[k * RZ_LANES + l] + (to.add ? *y : 0.0);
    }
}

/* Signals of a layer in lanes: rows of real and of imaginary parts, or NULL. */
typedef struct signals {
  const double *re, *im;
} signals;

static signals signals_of(const mlp *m, int64_t width, const rz_mlp_lanes_layer *from) {
  const rz_mlp_spec *s = rz_mlp_spec_of(m->net);
  if (s->is_complex) return (signals){from->signal[0], from->signal[0] + width * RZ_LANES};
  return (signals){from->signal[0], s->n_out == 2 ? from->signal[1] : NULL};
}

/* d, or i d, to share t of samples from `first` on. */
static void put_signals(const rz_layer *layer, int64_t first, int n, int t, bool times_i, bool add, signals d) {
  const int64_t stride = (int64_t)layer->n_share * layer->d_out, at = first * stride + (int64_t)t * layer->d_out;
  put((target){layer->d_re + at, stride, n, add}, layer->d_out, times_i ? -1.0 : 1.0, times_i ? d.im : d.re);
  if (layer->d_im) put((target){layer->d_im + at, stride, n, add}, layer->d_out, 1.0, times_i ? d.re : d.im);
}

static void put_spins(const rz_layer *layer, const rz_block *b, int64_t first, int n) {
  for (int64_t l = 0; l < n; ++l)
    for (int64_t i = 0; i < b->n_site; ++i) layer->x[(first + l) * layer->n_x + i] = b->spin[i * RZ_LANES + l];
}

/* What translation g contributes to layer l. */
static void put_weights(const mlp *m, const rz_layer *layer, int l, int g, const rz_mlp_lanes_layer *from,
                        int64_t first, int n) {
  const signals d = signals_of(m, layer->d_out, from);
  const int n_part = parts_of_input(m, l), t0 = groups_of_layer(m, l) > 1 ? g * n_part : 0;
  for (int part = 0; part < n_part; ++part) {
    put_signals(layer, first, n, t0 + part, part == 1, false, d);
    if (l == 0) continue;
    const target to = {layer->x + first * layer->n_x + (int64_t)(t0 + part) * layer->d_in, layer->n_x, n,
                       l + 1 == m->n_layer && g > 0};
    put(to, layer->d_in, 1.0, from->input + (int64_t)part * layer->d_in * RZ_LANES);
  }
}

static void factors_mlp(const rz_ansatz *a, const rz_block *b, int64_t first, int n, rz_jacobian *j) {
  const mlp *m = a->data;
  const cache c = cache_of(m, b->cache);
  rz_mlp_lanes_layer from[MAX_LAYERS + 1];
  put_spins(rz_jacobian_layer(j, 0), b, first, n);
  for (int g = 0; g < m->n_group; ++g) {
    int at = 0;
    rz_mlp_lanes_signals(m->lanes, c.sums + g * m->sums, c.room, from);
    for (int l = 0; l < m->n_layer; ++l) {
      put_weights(m, rz_jacobian_layer(j, at++), l, g, &from[l], first, n);
      if (rz_mlp_view(m->net, l, true) < 0) continue;
      const rz_layer *bias = rz_jacobian_layer(j, at++);
      put_signals(bias, first, n, 0, false, g > 0, signals_of(m, bias->d_out, &from[l]));
    }
  }
}

const rz_ansatz_class rz_ansatz_mlp = {
    .name = "mlp",
    .about = "multilayer network: log psi = W_L phi(... phi(b_2 + W_2 log cosh(b_1 + W_1 s)))",
    .cite = "Cai and Liu, Phys. Rev. B 97, 035116 (2018), doi:10.1103/PhysRevB.97.035116",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .init = init_mlp,
    .update = update_mlp,
    .log_psi = log_psi_mlp,
    .refresh = refresh_mlp,
    .ratio = ratio_mlp,
    .commit = commit_mlp,
    .layers = layers_mlp,
    .factors = factors_mlp,
    .fini = fini_mlp,
};
