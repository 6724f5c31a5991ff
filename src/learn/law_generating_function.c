/* A symplectic map from a generating function S, a multilayer network (GFNN: Chen and Tao, arXiv:2103.05632): see
 * generating_point.h for the equations and for what is solved. For a short time h S is near the Hamiltonian. All
 * derivatives follow from A and H at the point y (implicit functions); they are symplectic whatever y is. */
#include "generating_point.h"
#include "network.h"

#include "ritz/core/memory.h"
#include <string.h>

static const rz_option options[] = {
    RZ_ROW_CHOICE("generator", "mixed|midpoint", "'mixed'", "S(q, p') or S((x + x') / 2)"),
    RZ_NETWORK_SHAPE_ROWS,
    RZ_ROW_INT("newton_steps", "50", 1, 1000, "most Newton steps for one state"),
};

typedef struct generating_function {
  rz_mlp *net;
  rz_mlp_batch *batch;
  rz_generating_points at;
} generating_function;

static rz_err init(rz_law *l, const rz_law_input *in) {
  const rz_config *config = in->config;
  int width[RZ_MLP_MAX_HIDDEN];
  generating_function *w;
  RZ_CHECK(in->step > 0.0, RZ_ERR_ARG, "a generating function needs pairs of states some time apart, not %g", in->step);
  RZ_TRY(RZ_NEW0(1, &w));
  l->data = w;
  rz_mlp_spec spec = {.n_in = 2 * in->n_degree, .n_out = 1, .width = width, .hidden_bias = true};
  spec.n_hidden = rz_config_count(config, RZ_LAW_GROUP, "hidden");
  for (int i = 0; i < spec.n_hidden; i++) width[i] = (int)rz_config_int_at(config, RZ_LAW_GROUP, "hidden", i);
  RZ_TRY(rz_activation_find(rz_config_string(config, RZ_LAW_GROUP, "activation"), &spec.activation));
  RZ_TRY(rz_mlp_create(&spec, &l->params, &w->net));
  RZ_TRY(rz_params_allocate(&l->params));
  const bool orthogonal = strcmp(rz_config_string(config, RZ_LAW_GROUP, "start"), "orthogonal") == 0;
  RZ_TRY(rz_mlp_init(w->net, &l->params, in->seed, orthogonal ? RZ_MLP_ORTHOGONAL : RZ_MLP_UNIFORM));
  RZ_TRY(rz_mlp_batch_create(w->net, RZ_GENERATING_CAPACITY, false, &w->batch));
  w->at.d = in->n_degree;
  w->at.h = in->step;
  w->at.midpoint = strcmp(rz_config_string(config, RZ_LAW_GROUP, "generator"), "midpoint") == 0;
  w->at.newton_steps = (int)rz_config_int(config, RZ_LAW_GROUP, "newton_steps");
  w->at.batch = w->batch;
  return rz_generating_points_prepare(&w->at);
}

static rz_err update(rz_law *l) {
  generating_function *w = l->data;
  rz_mlp_batch_load(w->batch, l->params.value);
  rz_generating_points_forget(&w->at);
  return RZ_OK;
}

static int64_t next_block(int64_t left) { return left < RZ_GENERATING_CAPACITY ? left : RZ_GENERATING_CAPACITY; }

/* The other end of the step from x, state i of the points. */
static void map_state(const rz_generating_points *w, int64_t i, const double *x, double *out) {
  const int d = w->d;
  const double *y = w->y + i * 2 * d, *g = w->g + i * 2 * d;
  if (w->midpoint)
    for (int k = 0; k < 2 * d; k++) out[k] = 2.0 * y[k] - x[k];
  else
    for (int k = 0; k < d; k++) {
      out[w->known + k] = x[w->known + k] + w->h * g[d - w->known + k];
      out[d - w->known + k] = y[d - w->known + k];
    }
}

static rz_err map_all(rz_law *l, bool backward, int64_t n, const double *x, double *out) {
  generating_function *w = l->data;
  const int64_t width = 2 * l->n_degree;
  for (int64_t i = 0, m; i < n; i += m) {
    m = next_block(n - i);
    RZ_TRY(rz_generating_points_find(&w->at, backward, m, x + i * width, i));
    for (int64_t k = 0; k < m; k++) map_state(&w->at, k, x + (i + k) * width, out + (i + k) * width);
  }
  return RZ_OK;
}

static rz_err apply(rz_law *l, int64_t n, const double *x, double *out) { return map_all(l, false, n, x, out); }
static rz_err inverse(rz_law *l, int64_t n, const double *x, double *out) { return map_all(l, true, n, x, out); }

/* out += scale H_rc v of state i; r, c: 0 for q, 1 for p. */
static void add_block(const rz_generating_points *w, int64_t i, int r, int c, double scale, const double *v,
                      double *out) {
  const int d = w->d;
  for (int a = 0; a < d; a++) {
    const double *row = w->hessian + (i * 2 * d + r * d + a) * 2 * d + c * d;
    for (int b = 0; b < d; b++) out[a] += scale * row[b] * v[b];
  }
}

/* mixed:    A dp' = dp - h H_qq dq,  dq' = dq + h (H_pq dq + H_pp dp')
 * midpoint: A dy = dx,  dx' = 2 dy - dx */
static rz_err tangent_state(const rz_generating_points *w, int64_t i, const double *v, double *out) {
  const int d = w->d;
  memcpy(out, v, sizeof *v * (size_t)(2 * d));
  if (w->midpoint) {
    RZ_TRY(rz_generating_points_solve(w, i, false, out));
    for (int k = 0; k < 2 * d; k++) out[k] = 2.0 * out[k] - v[k];
    return RZ_OK;
  }
  add_block(w, i, 0, 0, -w->h, v, out + d);
  RZ_TRY(rz_generating_points_solve(w, i, false, out + d));
  add_block(w, i, 1, 0, w->h, v, out);
  add_block(w, i, 1, 1, w->h, out + d, out);
  return RZ_OK;
}

static rz_err tangent(rz_law *l, int64_t n, const double *x, const double *v, double *out) {
  generating_function *w = l->data;
  const int64_t width = 2 * l->n_degree;
  for (int64_t i = 0, m; i < n; i += m) {
    m = next_block(n - i);
    RZ_TRY(rz_generating_points_find(&w->at, false, m, x + i * width, i));
    for (int64_t k = 0; k < m; k++) RZ_TRY(tangent_state(&w->at, k, v + (i + k) * width, out + (i + k) * width));
  }
  return RZ_OK;
}

/* The v with which a change dg of grad S at y, from one of theta, changes bar . x' by v . dg; v may not be bar.
 * mixed:    A dp' = -h dg_q,  dq' = h (dg_p + H_pp dp')
 * midpoint: A dy = (h / 2) Omega dg,  dx' = 2 dy */
static rz_err pull_state(const rz_generating_points *w, int64_t i, const double *bar, double *v) {
  const int d = w->d;
  memcpy(v, bar, sizeof *bar * (size_t)(2 * d));
  if (w->midpoint)
    RZ_TRY(rz_generating_points_solve(w, i, true, v));
  else {
    add_block(w, i, 1, 1, w->h, bar, v + d);
    RZ_TRY(rz_generating_points_solve(w, i, true, v + d));
  }
  for (int k = 0; k < d; k++) {
    const double q = v[k], p = v[d + k];
    v[k] = -w->h * p;
    v[d + k] = w->h * q;
  }
  return RZ_OK;
}

static rz_err pull(rz_law *l, int64_t n, const double *x, const double *bar, double *grad) {
  generating_function *w = l->data;
  const int64_t width = 2 * l->n_degree;
  double *v;
  RZ_TRY(rz_law_work(l, RZ_GENERATING_CAPACITY * width, &v));
  for (int64_t i = 0, m; i < n; i += m) {
    m = next_block(n - i);
    RZ_TRY(rz_generating_points_find(&w->at, false, m, x + i * width, i));
    for (int64_t k = 0; k < m; k++) RZ_TRY(pull_state(&w->at, k, bar + (i + k) * width, v + k * width));
    RZ_TRY(rz_mlp_gradient_pull(w->batch, v, grad));
  }
  return RZ_OK;
}

static rz_err layers(rz_law *l, rz_jacobian *j) {
  return rz_mlp_gradient_layers(((generating_function *)l->data)->net, j);
}

/* The rows of state i: v [2 d, 2 d], one for every component of the next state; bar [2 d] is scratch. */
static rz_err pull_components(const rz_generating_points *w, int64_t i, double *bar, double *v) {
  const int width = 2 * w->d;
  for (int k = 0; k < width; k++) {
    for (int c = 0; c < width; c++) bar[c] = c == k ? 1.0 : 0.0;
    RZ_TRY(pull_state(w, i, bar, v + k * width));
  }
  return RZ_OK;
}

static rz_err factors(rz_law *l, int64_t n, const double *x, int64_t first, rz_jacobian *j) {
  generating_function *w = l->data;
  const int width = 2 * l->n_degree;
  double *v, *bar;
  RZ_TRY(rz_law_work(l, (RZ_GENERATING_CAPACITY * width + 1) * (int64_t)width, &bar));
  v = bar + width;
  for (int64_t i = 0, m; i < n; i += m) {
    m = next_block(n - i);
    RZ_TRY(rz_generating_points_find(&w->at, false, m, x + i * width, i));
    for (int64_t k = 0; k < m; k++) RZ_TRY(pull_components(&w->at, k, bar, v + k * width * width));
    RZ_TRY(rz_mlp_gradient_factors(w->batch, width, v, first + i * width, j));
  }
  return RZ_OK;
}

static void fini(rz_law *l) {
  generating_function *w = l->data;
  if (!w) return;
  rz_generating_points_free(&w->at);
  rz_mlp_batch_destroy(&w->batch);
  rz_mlp_destroy(&w->net);
  rz_free(&l->data);
}

const rz_law_class rz_law_generating_function = {
    .name = "generating_function",
    .about = "a symplectic map from a generating function, which is a network",
    .cite = "R. Chen and M. Tao, Proc. ICML 2021, arXiv:2103.05632",
    .options = options,
    .n_options = RZ_N_ROWS(options),
    .is_map = true,
    .symplectic = true,
    .init = init,
    .update = update,
    .apply = apply,
    .inverse = inverse,
    .tangent = tangent,
    .pull = pull,
    .layers = layers,
    .factors = factors,
    .fini = fini,
};
