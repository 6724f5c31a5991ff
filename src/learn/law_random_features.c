/* H = sum_k c_k phi(w_k . y + b_k) [+ linear and quadratic terms of y], y_j = (x_j - mean_j) / deviation_j of the
 * training data: a network of one hidden layer whose hidden weights are drawn and whose outer weights are fitted
 * (Rahma, Datar, Dietrich, arXiv:2411.17511). The ridges w_k . y + b_k = 0 go through the data:
 *   gaussian   w_k normal with deviation `scale`, b_k = -w_k . y of a random training state
 *   pairs      w_k along the difference of two random training states, steepest half-way between them (Bolager,
 *              Burak, Datar, Sun, Dietrich, NeurIPS 2023: sampling where the model matters) */
#include "law_impl.h"

#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/linalg/blas.h"
#include "ritz/net/activation.h"
#include <math.h>
#include <string.h>

static const rz_option options[] = {
    RZ_ROW_INT("n_features", "400", 1, 20000, "hidden units"),
    RZ_ROW_CHOICE("activation", "tanh|sigmoid|softplus|sin|silu|gelu|log_cosh", "'tanh'", "of the hidden units"),
    RZ_ROW_CHOICE("sampling", "gaussian|pairs", "'gaussian'", "how hidden weights are drawn"),
    RZ_ROW_REAL("scale", "0.5", 1e-6, 1e6, "",
                "gaussian: deviation of the weights per deviation of the data; pairs: rise between the two states"),
    RZ_ROW_BOOL("quadratic", ".false.", "add linear and quadratic terms"),
};

enum { BLOCK = 64 }; /* states at a time */

typedef struct random_features {
  int dim, n;               /* 2 d, features */
  int n_plain;              /* linear and quadratic terms */
  rz_activation activation; /* phi */
  double *mean, *inverse;   /* [2 d]: y = (x - mean) * inverse */
  double *w, *b;            /* [n, 2 d], [n] */
  double *y, *u, *g;        /* [BLOCK, 2 d] */
  double *z, *phi;          /* [BLOCK, n], [4, BLOCK, n] */
} random_features;

/* ---- making ---- */
static rz_err standardise(rz_law *l, random_features *w, const rz_law_input *in) {
  RZ_TRY(RZ_NEW0(w->dim, &w->mean));
  RZ_TRY(RZ_NEW(w->dim, &w->inverse));
  RZ_TRY(rz_law_check_spread(l));
  for (int k = 0; k < w->dim; k++) {
    double square = 0.0;
    for (int64_t i = 0; i < in->n; i++) w->mean[k] += in->x[i * w->dim + k] / (double)in->n;
    for (int64_t i = 0; i < in->n; i++) {
      const double e = in->x[i * w->dim + k] - w->mean[k];
      square += e * e / (double)in->n;
    }
    w->inverse[k] = 1.0 / sqrt(square);
  }
  return RZ_OK;
}

static const double *random_state(const rz_law_input *in, rz_rng *rng) {
  return in->x + (int64_t)(rz_rng_uniform(rng) * (double)in->n) * 2 * in->n_degree;
}

static double standard(const random_features *w, const double *x, int j) { return (x[j] - w->mean[j]) * w->inverse[j]; }

static void draw_gaussian(random_features *w, const rz_law_input *in, int k, double scale, rz_rng *rng) {
  double *row = w->w + (int64_t)k * w->dim;
  const double *at = random_state(in, rng);
  for (int j = 0; j < w->dim; j++) {
    row[j] = scale * rz_rng_normal(rng);
    w->b[k] -= row[j] * standard(w, at, j);
  }
}

/* w . (to - from) = 2 scale, and w . y + b = 0 in the middle. */
static void draw_pair(random_features *w, const rz_law_input *in, int k, double scale, rz_rng *rng) {
  double *row = w->w + (int64_t)k * w->dim, square = 0.0;
  const double *from = NULL, *to = NULL;
  while (square == 0.0) { /* the data have a spread: some two states differ */
    from = random_state(in, rng);
    to = random_state(in, rng);
    for (int j = 0; j < w->dim; j++) {
      row[j] = standard(w, to, j) - standard(w, from, j);
      square += row[j] * row[j];
    }
  }
  for (int j = 0; j < w->dim; j++) {
    row[j] *= 2.0 * scale / square;
    w->b[k] -= 0.5 * row[j] * (standard(w, to, j) + standard(w, from, j));
  }
}

static rz_err draw(random_features *w, const rz_law_input *in) {
  const bool pairs = strcmp(rz_config_string(in->config, RZ_LAW_GROUP, "sampling"), "pairs") == 0;
  const double scale = rz_config_real(in->config, RZ_LAW_GROUP, "scale");
  RZ_TRY(RZ_NEW((int64_t)w->n * w->dim, &w->w));
  RZ_TRY(RZ_NEW0(w->n, &w->b));
  for (int k = 0; k < w->n; k++) {
    rz_rng rng = rz_rng_stream(in->seed, RZ_RNG_INIT_PARAMETERS, (uint64_t)k);
    (pairs ? draw_pair : draw_gaussian)(w, in, k, scale, &rng);
  }
  return RZ_OK;
}

static rz_err init(rz_law *l, const rz_law_input *in) {
  random_features *w;
  RZ_CHECK(in->n > 0, RZ_ERR_ARG, "model = 'random_features' takes its scales from training data");
  RZ_TRY(RZ_NEW0(1, &w));
  l->data = w;
  w->dim = 2 * in->n_degree;
  w->n = (int)rz_config_int(in->config, RZ_LAW_GROUP, "n_features");
  if (rz_config_bool(in->config, RZ_LAW_GROUP, "quadratic")) w->n_plain = w->dim * (w->dim + 3) / 2;
  RZ_TRY(rz_activation_find(rz_config_string(in->config, RZ_LAW_GROUP, "activation"), &w->activation));
  RZ_TRY(standardise(l, w, in));
  RZ_TRY(draw(w, in));
  RZ_TRY(RZ_NEW(BLOCK * w->dim, &w->y));
  RZ_TRY(RZ_NEW(BLOCK * w->dim, &w->u));
  RZ_TRY(RZ_NEW(BLOCK * w->dim, &w->g));
  RZ_TRY(RZ_NEW((int64_t)BLOCK * w->n, &w->z));
  RZ_TRY(RZ_NEW((int64_t)4 * BLOCK * w->n, &w->phi));
  RZ_TRY(rz_params_add(&l->params, "c", false, 1, (const int64_t[]){w->n}));
  if (w->n_plain > 0) RZ_TRY(rz_params_add(&l->params, "quadratic", false, 1, (const int64_t[]){w->n_plain}));
  return rz_params_allocate(&l->params);
}

static void fini(rz_law *l) {
  random_features *w = l->data;
  if (!w) return;
  double **array[] = {&w->mean, &w->inverse, &w->w, &w->b, &w->y, &w->u, &w->g, &w->z, &w->phi};
  for (int i = 0; i < RZ_N_ROWS(array); i++) rz_free(array[i]);
  rz_free(&l->data);
}

/* ---- a block of at most BLOCK states ---- */
static int64_t stride(const random_features *w) { return (int64_t)BLOCK * w->n; }

/* y, z = y w^T + b and the derivatives of phi at z. */
static void forward(random_features *w, int64_t n, const double *x) {
  double *const phi[4] = {w->phi, w->phi + stride(w), w->phi + 2 * stride(w), w->phi + 3 * stride(w)};
  for (int64_t i = 0; i < n; i++) {
    for (int j = 0; j < w->dim; j++) w->y[i * w->dim + j] = standard(w, x + i * w->dim, j);
    memcpy(w->z + i * w->n, w->b, sizeof(double) * (size_t)w->n);
  }
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, w->n, w->dim, 1.0, w->y, w->dim, w->w, w->dim, 1.0, w->z,
              w->n);
  rz_activation_values(w->activation, n * w->n, w->z, phi);
}

/* u = v * inverse, z = u w^T: how y and z change along v. */
static void turn(random_features *w, int64_t n, const double *v) {
  for (int64_t i = 0; i < n; i++)
    for (int j = 0; j < w->dim; j++) w->u[i * w->dim + j] = v[i * w->dim + j] * w->inverse[j];
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, w->n, w->dim, 1.0, w->u, w->dim, w->w, w->dim, 0.0, w->z,
              w->n);
}

/* d H / dy of the plain terms at y (is_change: its change along u), added to g [2 d]. */
static void plain_gradient(const random_features *w, const double *c, const double *y, bool is_change, double *g) {
  for (int j = 0; j < w->dim && !is_change; j++) g[j] += c[j];
  c += w->dim;
  for (int j = 0; j < w->dim; j++)
    for (int k = j; k < w->dim; k++, c++) {
      g[j] += *c * y[k];
      g[k] += *c * y[j];
    }
}

/* (dH/dp, -dH/dq) from dH/dy. */
static void to_field(const random_features *w, const double *g, double *out) {
  const int d = w->dim / 2;
  for (int j = 0; j < w->dim; j++) out[rz_field_component(d, j)] = rz_field_sign(d, j) * g[j] * w->inverse[j];
}

/* The field at x, or its change along v. s: phi' or phi'' with the change of z. */
static void block_field(rz_law *l, int64_t n, const double *x, const double *v, double *out) {
  random_features *w = l->data;
  const double *c = l->params.value;
  forward(w, n, x);
  if (v) turn(w, n, v);
  double *s = w->phi + (v ? 2 : 1) * stride(w);
  for (int64_t i = 0; i < n; i++)
    for (int k = 0; k < w->n; k++) s[i * w->n + k] *= v ? c[k] * w->z[i * w->n + k] : c[k];
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)n, w->dim, w->n, 1.0, s, w->n, w->w, w->dim, 0.0, w->g,
              w->dim);
  for (int64_t i = 0; i < n; i++) {
    if (w->n_plain > 0) plain_gradient(w, c + w->n, (v ? w->u : w->y) + i * w->dim, v != NULL, w->g + i * w->dim);
    to_field(w, w->g + i * w->dim, out + i * w->dim);
  }
}

static rz_err field(rz_law *l, int64_t n, const double *x, const double *v, double *out) {
  const random_features *w = l->data;
  for (int64_t i = 0; i < n; i += BLOCK)
    block_field(l, n - i < BLOCK ? n - i : BLOCK, x + i * w->dim, v ? v + i * w->dim : NULL, out + i * w->dim);
  return RZ_OK;
}

static rz_err apply(rz_law *l, int64_t n, const double *x, double *out) { return field(l, n, x, NULL, out); }

static rz_err tangent(rz_law *l, int64_t n, const double *x, const double *v, double *out) {
  return field(l, n, x, v, out);
}

static double plain_energy(const random_features *w, const double *c, const double *y) {
  double h = 0.0;
  for (int j = 0; j < w->dim; j++) h += *c++ * y[j];
  for (int j = 0; j < w->dim; j++)
    for (int k = j; k < w->dim; k++) h += *c++ * y[j] * y[k];
  return h;
}

static rz_err energy(rz_law *l, int64_t n, const double *x, double *out) {
  random_features *w = l->data;
  for (int64_t i = 0; i < n; i += BLOCK) {
    const int64_t m = n - i < BLOCK ? n - i : BLOCK;
    forward(w, m, x + i * w->dim);
    for (int64_t k = 0; k < m; k++) {
      out[i + k] = cblas_ddot(w->n, w->phi + k * w->n, 1, l->params.value, 1);
      if (w->n_plain > 0) out[i + k] += plain_energy(w, l->params.value + w->n, w->y + k * w->dim);
    }
  }
  return RZ_OK;
}

/* Rows of the plain terms: the coefficient of each in plain_gradient, at y or along u. */
static void plain_rows(const random_features *w, const double *y, bool is_change, double *out, int64_t ld) {
  const int d = w->dim / 2;
  int64_t term = w->n;
  for (int j = 0; j < w->dim; j++, term++)
    if (!is_change) out[rz_field_component(d, j) * ld + term] = rz_field_sign(d, j) * w->inverse[j];
  for (int j = 0; j < w->dim; j++)
    for (int k = j; k < w->dim; k++, term++) {
      out[rz_field_component(d, j) * ld + term] += rz_field_sign(d, j) * w->inverse[j] * y[k];
      out[rz_field_component(d, k) * ld + term] += rz_field_sign(d, k) * w->inverse[k] * y[j];
    }
}

static void block_rows(rz_law *l, int64_t n, const double *x, const double *v, double *out) {
  random_features *w = l->data;
  const int64_t p = l->params.n;
  const int dim = w->dim, d = dim / 2;
  forward(w, n, x);
  if (v) turn(w, n, v);
  const double *phi = w->phi + (v ? 2 : 1) * stride(w);
  for (int64_t i = 0; i < n; i++) {
    for (int j = 0; j < dim; j++) {
      double *row = out + (i * dim + rz_field_component(d, j)) * p;
      const double scale = rz_field_sign(d, j) * w->inverse[j];
      for (int k = 0; k < w->n; k++)
        row[k] = scale * phi[i * w->n + k] * w->w[(int64_t)k * dim + j] * (v ? w->z[i * w->n + k] : 1.0);
      memset(row + w->n, 0, sizeof(double) * (size_t)w->n_plain);
    }
    if (w->n_plain > 0) plain_rows(w, (v ? w->u : w->y) + i * dim, v != NULL, out + i * dim * p, p);
  }
}

static rz_err rows(rz_law *l, int64_t n, const double *x, const double *v, double *out) {
  const random_features *w = l->data;
  for (int64_t i = 0; i < n; i += BLOCK)
    block_rows(l, n - i < BLOCK ? n - i : BLOCK, x + i * w->dim, v ? v + i * w->dim : NULL,
               out + i * w->dim * l->params.n);
  return RZ_OK;
}

const rz_law_class rz_law_random_features = {
    .name = "random_features",
    .about = "a Hamiltonian of one hidden layer whose hidden weights are drawn; linear in the outer ones",
    .cite = "A. Rahma, C. Datar, F. Dietrich, arXiv:2411.17511",
    .options = options,
    .n_options = RZ_N_ROWS(options),
    .symplectic = true,
    .linear = true,
    .init = init,
    .apply = apply,
    .tangent = tangent,
    .energy = energy,
    .pull = rz_linear_pull,
    .layers = rz_linear_layers,
    .factors = rz_linear_factors,
    .rows = rows,
    .fini = fini};
