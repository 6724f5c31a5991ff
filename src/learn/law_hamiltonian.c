/* Hamiltonians made of networks: H(q, p) by one, T(p) + V(q) by two, or p^2 / 2m + V(q) by one. The field (dH/dp,
 * -dH/dq) is a derivative of the networks, its derivative in theta a second one: ritz/net/mlp.h has both in closed
 * form. */
#include "network.h"

#include "ritz/core/memory.h"
#include <string.h>

static const rz_option options[] = {RZ_NETWORK_ROWS};

/* A network that is a function of the coordinates first .. first + n_in - 1 of x. */
typedef struct part {
  rz_network net;
  int first, n_in;
} part;

typedef struct hamiltonian {
  int64_t n_seen; /* states of the last apply, whose gradients the batches hold still, for the pull that follows in
                     training; 0: none */
  double *seen;   /* [RZ_NETWORK_CHUNK, 2 d] those states */
  int n_part, dim;
  part part[2];
  double *mass;             /* [d]: there is a term p^2 / 2m; NULL: none */
  double *x, *v, *g, *unit; /* [RZ_NETWORK_CHUNK, 2 d]; unit [RZ_NETWORK_CHUNK]: ones */
} hamiltonian;

static rz_err make_room(hamiltonian *h) {
  const int64_t n = RZ_NETWORK_CHUNK;
  RZ_TRY(RZ_NEW(n * h->dim, &h->seen));
  RZ_TRY(RZ_NEW(n * h->dim, &h->x));
  RZ_TRY(RZ_NEW(n * h->dim * h->dim, &h->v));
  RZ_TRY(RZ_NEW(n * h->dim, &h->g));
  RZ_TRY(RZ_NEW(n, &h->unit));
  for (int64_t i = 0; i < n; i++) h->unit[i] = 1.0;
  return RZ_OK;
}

static rz_err init_parts(rz_law *l, const rz_law_input *in, int n_part, const part *parts, bool kinetic) {
  static const char *const prefix[] = {"", "T"};
  hamiltonian *h;
  RZ_TRY(RZ_NEW0(1, &h));
  l->data = h;
  h->dim = 2 * in->n_degree;
  h->n_part = n_part;
  memcpy(h->part, parts, sizeof *parts * (size_t)n_part);
  for (int k = 0; k < n_part; k++) RZ_TRY(rz_network_create(l, in, h->part[k].n_in, 1, prefix[k], &h->part[k].net));
  RZ_TRY(rz_params_allocate(&l->params));
  for (int k = 0; k < n_part; k++) RZ_TRY(rz_network_start(l, in, &h->part[k].net));
  if (kinetic) RZ_TRY(RZ_NEW(in->n_degree, &h->mass));
  for (int k = 0; kinetic && k < in->n_degree; k++) h->mass[k] = in->mass ? in->mass[k] : 1.0;
  return make_room(h);
}

static rz_err init_whole(rz_law *l, const rz_law_input *in) {
  return init_parts(l, in, 1, &(part){.first = 0, .n_in = 2 * in->n_degree}, false);
}

static rz_err init_separable(rz_law *l, const rz_law_input *in) {
  const int d = in->n_degree;
  return init_parts(l, in, 2, (const part[]){{.first = 0, .n_in = d}, {.first = d, .n_in = d}}, false);
}

static rz_err init_potential(rz_law *l, const rz_law_input *in) {
  return init_parts(l, in, 1, &(part){.first = 0, .n_in = in->n_degree}, true);
}

static rz_err update(rz_law *l) {
  hamiltonian *h = l->data;
  h->n_seen = 0;
  for (int k = 0; k < h->n_part; k++) rz_mlp_batch_load(h->part[k].net.batch, l->params.value);
  return RZ_OK;
}

/* ---- between the coordinates of a part and those of the whole ---- */

static void take(const part *a, int dim, int64_t m, const double *x, double *to) {
  for (int64_t i = 0; i < m; i++) memcpy(to + i * a->n_in, x + i * dim + a->first, sizeof *x * (size_t)a->n_in);
}

/* out += (g_p, -g_q), where g [m, n_in] is the gradient of the part. */
static void add_field(const part *a, int d, int64_t m, const double *g, double *out) {
  for (int64_t i = 0; i < m; i++)
    for (int k = 0; k < a->n_in; k++) {
      const int j = a->first + k;
      out[i * 2 * d + rz_field_component(d, j)] += rz_field_sign(d, j) * g[i * a->n_in + k];
    }
}

/* v [m, n_in]: sum_k bar_k field_k = v . g. */
static void take_bar(const part *a, int d, int64_t m, const double *bar, double *v) {
  for (int64_t i = 0; i < m; i++)
    for (int k = 0; k < a->n_in; k++) {
      const int j = a->first + k;
      v[i * a->n_in + k] = rz_field_sign(d, j) * bar[i * 2 * d + rz_field_component(d, j)];
    }
}

/* Forward and back: the gradient of the part at m states, g [m, n_in]. */
static rz_err gradient(hamiltonian *h, const part *a, int64_t m, const double *x, double *g) {
  h->n_seen = 0;
  take(a, h->dim, m, x, h->x);
  RZ_TRY(rz_mlp_forward(a->net.batch, m, h->x, g)); /* H itself is not asked for */
  return rz_mlp_pull(a->net.batch, h->unit, g, NULL);
}

/* ---- the class ---- */

/* All parts in each chunk. */
#define EACH_CHUNK(n) RZ_EACH_CHUNK(n) for (const part *a = h->part; a < h->part + h->n_part; a++)

static void add_velocity(const hamiltonian *h, int64_t n, const double *p, double *out) {
  const int d = h->dim / 2;
  for (int64_t i = 0; h->mass && i < n; i++)
    for (int k = 0; k < d; k++) out[i * h->dim + k] += p[i * h->dim + d + k] / h->mass[k];
}

static rz_err apply(rz_law *l, int64_t n, const double *x, double *out) {
  hamiltonian *h = l->data;
  memset(out, 0, sizeof *out * (size_t)(n * h->dim));
  EACH_CHUNK(n) {
    RZ_TRY(gradient(h, a, m, x + i * h->dim, h->g));
    add_field(a, l->n_degree, m, h->g, out + i * h->dim);
  }
  add_velocity(h, n, x, out);
  if (n > RZ_NETWORK_CHUNK) return RZ_OK;
  h->n_seen = n;
  memcpy(h->seen, x, sizeof *x * (size_t)(n * h->dim));
  return RZ_OK;
}

static rz_err tangent(rz_law *l, int64_t n, const double *x, const double *v, double *out) {
  hamiltonian *h = l->data;
  memset(out, 0, sizeof *out * (size_t)(n * h->dim));
  EACH_CHUNK(n) {
    RZ_TRY(gradient(h, a, m, x + i * h->dim, h->g));
    take(a, h->dim, m, v + i * h->dim, h->v);
    RZ_TRY(rz_mlp_hessian_apply(a->net.batch, h->v, h->g));
    add_field(a, l->n_degree, m, h->g, out + i * h->dim);
  }
  add_velocity(h, n, v, out);
  return RZ_OK;
}

/* A part of the coordinates' own half moves the other half: T(p) makes velocities, V(q) forces. */
static rz_err half(rz_law *l, rz_law_half which, int64_t n, const double *x, const double *v, double *out) {
  hamiltonian *h = l->data;
  const int d = l->n_degree, first = which == RZ_LAW_VELOCITY ? d : 0;
  const double sign = which == RZ_LAW_VELOCITY ? 1.0 : -1.0;
  const double *direction = v ? v : x;
  memset(out, 0, sizeof *out * (size_t)(n * d));
  EACH_CHUNK(n) {
    if (a->first != first) continue;
    RZ_TRY(gradient(h, a, m, x + i * h->dim, h->g));
    if (v) {
      take(a, h->dim, m, v + i * h->dim, h->v);
      RZ_TRY(rz_mlp_hessian_apply(a->net.batch, h->v, h->g));
    }
    for (int64_t k = 0; k < m * d; k++) out[i * d + k] += sign * h->g[k];
  }
  for (int64_t i = 0; h->mass && which == RZ_LAW_VELOCITY && i < n; i++)
    for (int k = 0; k < d; k++) out[i * d + k] += direction[i * h->dim + d + k] / h->mass[k];
  return RZ_OK;
}

static rz_err energy(rz_law *l, int64_t n, const double *x, double *out) {
  hamiltonian *h = l->data;
  h->n_seen = 0;
  const int d = l->n_degree;
  memset(out, 0, sizeof *out * (size_t)n);
  EACH_CHUNK(n) {
    take(a, h->dim, m, x + i * h->dim, h->x);
    RZ_TRY(rz_mlp_values(a->net.batch, m, h->x, h->g));
    for (int64_t k = 0; k < m; k++) out[i + k] += h->g[k];
  }
  for (int64_t i = 0; h->mass && i < n; i++)
    for (int k = 0; k < d; k++) out[i] += 0.5 * x[i * h->dim + d + k] * x[i * h->dim + d + k] / h->mass[k];
  return RZ_OK;
}

static rz_err pull(rz_law *l, int64_t n, const double *x, const double *bar, double *grad) {
  hamiltonian *h = l->data;
  const bool seen = n == h->n_seen && n > 0 && memcmp(x, h->seen, sizeof *x * (size_t)(n * h->dim)) == 0;
  h->n_seen = 0;
  EACH_CHUNK(n) {
    if (!seen) RZ_TRY(gradient(h, a, m, x + i * h->dim, h->g));
    take_bar(a, l->n_degree, m, bar + i * h->dim, h->v);
    RZ_TRY(rz_mlp_gradient_pull(a->net.batch, h->v, grad));
  }
  return RZ_OK;
}

static rz_err layers(rz_law *l, rz_jacobian *j) {
  const hamiltonian *h = l->data;
  for (int k = 0; k < h->n_part; k++) RZ_TRY(rz_mlp_gradient_layers(h->part[k].net.mlp, j));
  return RZ_OK;
}

/* Directions of the rows of a state: v [2 d, n_in], zero for the components that the part does not move. */
static void set_directions(const part *a, int d, double *v) {
  memset(v, 0, sizeof *v * (size_t)(2 * d * a->n_in));
  for (int k = 0; k < a->n_in; k++) {
    const int j = a->first + k;
    v[rz_field_component(d, j) * a->n_in + k] = rz_field_sign(d, j);
  }
}

static rz_err factors(rz_law *l, int64_t n, const double *x, int64_t first, rz_jacobian *j) {
  hamiltonian *h = l->data;
  EACH_CHUNK(n) {
    RZ_TRY(gradient(h, a, m, x + i * h->dim, h->g));
    for (int64_t k = 0; k < m; k++) set_directions(a, l->n_degree, h->v + k * h->dim * a->n_in);
    RZ_TRY(rz_mlp_gradient_factors(a->net.batch, h->dim, h->v, first + i * h->dim, j));
  }
  return RZ_OK;
}

static void fini(rz_law *l) {
  hamiltonian *h = l->data;
  if (!h) return;
  for (int k = 0; k < h->n_part; k++) rz_network_free(&h->part[k].net);
  rz_free(&h->mass);
  rz_free(&h->seen);
  rz_free(&h->x);
  rz_free(&h->v);
  rz_free(&h->g);
  rz_free(&h->unit);
  rz_free(&l->data);
}

#define GREYDANUS "Greydanus, Dzamba, Yosinski, NeurIPS 32 (2019)"
#define SHARED                                                                                                         \
  .cite = GREYDANUS, .options = options, .n_options = RZ_N_ROWS(options), .symplectic = true, .update = update,        \
  .apply = apply, .tangent = tangent, .energy = energy, .pull = pull, .layers = layers, .factors = factors,            \
  .fini = fini

const rz_law_class rz_law_hamiltonian = {
    .name = "hamiltonian", .about = "a network for H(q, p): energy conserved", .init = init_whole, SHARED};

const rz_law_class rz_law_separable = {.name = "separable",
                                       .about = "two networks, T(p) + V(q): energy conserved, explicit integrators",
                                       .separable = true,
                                       .half = half,
                                       .init = init_separable,
                                       SHARED};

const rz_law_class rz_law_potential = {.name = "potential",
                                       .about = "p^2 / 2m + a network for V(q): forces -grad V of known masses",
                                       .separable = true,
                                       .half = half,
                                       .init = init_potential,
                                       SHARED};
