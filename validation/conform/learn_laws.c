/* modules: learn net solve linalg core */
/* Every law of the registry: what it says about itself, and each derivative against differences. New laws are found by
 * themselves and run with their default options; settings that a default does not reach are listed below. Fixed seeds;
 * nothing statistical. */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/learn/fit.h"

#include <mpi.h>
#include <stdlib.h>
#include <string.h>

enum { N_TRAIN = 40, N_STATE = 3, MAX_DIM = 12 };

typedef struct setting {
  const char *model, *options; /* options: deck text, ", key = value ..." */
  int n_degree, n_space;
} setting;

static const setting more[] = {
    {"black_box", ", hidden = 5, activation = 'silu', start = 'orthogonal'", 2, 0},
    {"hamiltonian", ", hidden = 7, 5, 6, activation = 'sin', start = 'orthogonal'", 2, 0},
    {"separable", ", hidden = 3, 4, 5, activation = 'softplus'", 1, 0},
    {"sympnet", ", layers = 4, sublayers = 3, activation = 'tanh', init_width = 0.3, use_step = .true.", 6, 0},
    {"sympnet", ", form = 'g', layers = 4, width = 7, init_width = 0.7, activation = 'gelu'", 2, 0},
    {"sympnet", ", form = 'g', layers = 2, width = 40, init_width = 0.3, use_step = .true.", 3, 0},
    {"sympnet", ", form = 'henon', layers = 2, width = 5, init_width = 0.5", 2, 0},
    {"sympnet", ", form = 'henon', layers = 1, width = 100, init_width = 0.2, activation = 'sin'", 6, 0},
    {"generating_function", ", generator = 'midpoint', hidden = 6, 5, activation = 'silu'", 2, 0},
    {"generating_function", ", generator = 'midpoint', hidden = 40, start = 'orthogonal'", 1, 0},
    {"generating_function", ", hidden = 7, activation = 'sin'", 3, 0},
    {"polynomial", ", degree = 1", 1, 0},
    {"polynomial", ", degree = 5", 2, 0},
    {"separable_series", ", n_terms = 1", 1, 0},
    {"separable_series", ", n_terms = 4, reversible = .true.", 2, 0},
    {"random_features", ", n_features = 3, quadratic = .true., activation = 'sin'", 4, 0},
    {"random_features", ", n_features = 150, quadratic = .true., sampling = 'pairs', scale = 2.0", 2, 0},
    {"pair_potential", ", centre = .true., coupling = 'masses', n_terms = 9", 2, 2},
    {"pair_potential", ", coordinate = 'log', n_terms = 5", 6, 2},
    {"pair_potential", ", coordinate = 'inverse', n_terms = 3, coupling = 'masses', r_min = 0.05", 3, 1},
    {"pair_potential", ", basis = 'bspline', n_terms = 8, coupling = 'masses', centre = .true.", 6, 2},
    {"pair_potential", ", basis = 'bspline', coordinate = 'log', n_terms = 3", 6, 3},
    {"pair_potential", ", coordinate = 'distance', masses = 2.0, 0.5, coupling = 'masses', n_terms = 6", 4, 2},
    {"pair_potential", ", n_space = 1, centre = .true., n_terms = 3, r_min = 1e-3", 2, 2},
};

/* What every law of the registry runs with. */
static const setting shape[] = {{NULL, "", 1, 0}, {NULL, "", 2, 0}, {NULL, "", 4, 2}, {NULL, "", 6, 3}};

static rz_config *parse(const setting *s) {
  static const rz_option run[] = {RZ_ROW_STRING("study", NULL, "kind of run")};
  static const char *const names[] = {"run", "!network", NULL};
  static const rz_study_groups studies[] = {{"learn", "only a law", names}};
  static rz_option_group group[2];
  static rz_schema schema;
  char deck[512];
  rz_config *config = NULL;
  group[0] = (rz_option_group){.name = "run", .about = "the run", .rows = run, .n_rows = 1};
  group[1] = *rz_law_options();
  schema = (rz_schema){group, 2, studies, 1};
  RZ_EXPECT_OK(rz_schema_check(&schema));
  const int n =
      snprintf(deck, sizeof deck, "&run study = 'learn' /\n&network model = '%s'%s /\n", s->model, s->options);
  RZ_EXPECT_OK(rz_config_parse("deck.nml", deck, n, &schema, &config));
  return config;
}

static void draw(uint64_t id, double width, int64_t n, double *x) {
  rz_rng rng = rz_rng_stream(11, RZ_RNG_TEST, id);
  for (int64_t i = 0; i < n; i++) x[i] = width * (2.0 * rz_rng_uniform(&rng) - 1.0);
}

static rz_err make(const setting *s, rz_config *config, double *train, rz_law **l) {
  double mass[MAX_DIM / 2];
  for (int k = 0; k < s->n_degree; k++) mass[k] = 1.0 + 0.5 * (s->n_space ? k / s->n_space : k);
  const rz_law_input in = {.config = config,
                           .n_degree = s->n_degree,
                           .n_space = s->n_space,
                           .mass = mass,
                           .seed = 5,
                           .n = N_TRAIN,
                           .x = train,
                           .step = 0.1};
  return rz_law_create(&in, l);
}

/* d f / d t at 0 by differences of fourth order; f(self, t, out [n]). */
typedef void curve(void *self, double t, double *out);
static void differentiate(curve *f, void *self, int n, double h, double *out) {
  static const double at[4] = {-2, -1, 1, 2}, weight[4] = {1, -8, 8, -1};
  double y[N_STATE * MAX_DIM];
  memset(out, 0, sizeof(double) * (size_t)n);
  for (int m = 0; m < 4; m++) {
    f(self, at[m] * h, y);
    for (int i = 0; i < n; i++) out[i] += weight[m] * y[i] / (12.0 * h);
  }
}

static double norm(int64_t n, const double *x) {
  double s = 0.0;
  for (int64_t i = 0; i < n; i++) s = fmax(s, fabs(x[i]));
  return s;
}

static void expect_close(int n, const double *a, const double *b, double tol) {
  const double scale = fmax(norm(n, a), norm(n, b));
  for (int i = 0; i < n; i++) RZ_EXPECT_NEAR(a[i], b[i], tol * fmax(scale, 1e-3));
}

typedef struct walk {
  rz_law *l;
  const double *x, *v;
  int dim, n;
  int64_t k; /* a parameter */
} walk;

static void moved(const walk *w, double t, double *x) {
  for (int i = 0; i < w->n * w->dim; i++) x[i] = w->x[i] + t * w->v[i];
}

static void apply_along(void *self, double t, double *out) {
  walk *w = self;
  double x[N_STATE * MAX_DIM];
  moved(w, t, x);
  RZ_EXPECT_OK(w->l->cls->apply(w->l, w->n, x, out));
}

static void energy_along(void *self, double t, double *out) {
  walk *w = self;
  double x[N_STATE * MAX_DIM];
  moved(w, t, x);
  RZ_EXPECT_OK(w->l->cls->energy(w->l, w->n, x, out));
}

static void apply_of_parameter(void *self, double t, double *out) {
  walk *w = self;
  double *theta = &w->l->params.value[w->k];
  const double old = *theta;
  *theta += t;
  RZ_EXPECT_OK(rz_law_update(w->l));
  RZ_EXPECT_OK(w->l->cls->apply(w->l, w->n, w->x, out));
  *theta = old;
  RZ_EXPECT_OK(rz_law_update(w->l));
}

/* ---- dx/dt = (dH/dp, -dH/dq) ---- */
static void check_energy(rz_law *l, const double *x) {
  const int d = l->n_degree, dim = 2 * d;
  double v[N_STATE * MAX_DIM], slope[N_STATE], field[N_STATE * MAX_DIM], out[N_STATE * MAX_DIM];
  walk w = {.l = l, .x = x, .v = v, .dim = dim, .n = N_STATE};
  for (int k = 0; k < dim; k++) {
    memset(v, 0, sizeof v);
    for (int i = 0; i < N_STATE; i++) v[i * dim + k] = 1.0;
    differentiate(energy_along, &w, N_STATE, 1e-3, slope);
    for (int i = 0; i < N_STATE; i++) field[i * dim + (k + d) % dim] = k < d ? -slope[i] : slope[i];
  }
  RZ_EXPECT_OK(l->cls->apply(l, N_STATE, x, out));
  expect_close(N_STATE * dim, out, field, 1e-8);
}

static void check_tangent(rz_law *l, const double *x) {
  const int n = N_STATE * 2 * l->n_degree;
  double v[N_STATE * MAX_DIM], expected[N_STATE * MAX_DIM], out[N_STATE * MAX_DIM];
  draw(2, 1.0, n, v);
  walk w = {.l = l, .x = x, .v = v, .dim = 2 * l->n_degree, .n = N_STATE};
  differentiate(apply_along, &w, n, 1e-3, expected);
  RZ_EXPECT_OK(l->cls->tangent(l, N_STATE, x, v, out));
  expect_close(n, out, expected, 1e-7);
}

/* m [dim, dim]: column k is the tangent along x_k. */
static void tangent_matrix(rz_law *l, const double *x, double *m) {
  const int dim = 2 * l->n_degree;
  double v[MAX_DIM], out[MAX_DIM];
  for (int k = 0; k < dim; k++) {
    memset(v, 0, sizeof v);
    v[k] = 1.0;
    RZ_EXPECT_OK(l->cls->tangent(l, 1, x, v, out));
    for (int i = 0; i < dim; i++) m[i * dim + k] = out[i];
  }
}

/* (Omega M)_ik with Omega = (0 1; -1 0) */
static double omega_times(const double *m, int d, int i, int k) {
  return i < d ? m[(i + d) * 2 * d + k] : -m[(i - d) * 2 * d + k];
}

/* A Hamiltonian field: Omega A is symmetric. A symplectic map: M^T Omega M = Omega. */
static void check_symplectic(rz_law *l, const double *x) {
  const int d = l->n_degree, dim = 2 * d;
  double m[MAX_DIM * MAX_DIM];
  tangent_matrix(l, x, m);
  const double scale = fmax(1.0, norm((int64_t)dim * dim, m));
  for (int i = 0; i < dim; i++)
    for (int k = 0; k < dim; k++) {
      if (!l->cls->is_map) {
        RZ_EXPECT_NEAR(omega_times(m, d, i, k), omega_times(m, d, k, i), 1e-13 * scale);
        continue;
      }
      double sum = 0.0;
      for (int j = 0; j < dim; j++) sum += m[j * dim + i] * omega_times(m, d, j, k);
      RZ_EXPECT_NEAR(sum, k == i + d ? 1.0 : i == k + d ? -1.0 : 0.0, 1e-13 * scale * scale);
    }
}

/* T(p) + V(q): no diagonal blocks. */
static void check_separable(rz_law *l, const double *x) {
  const int d = l->n_degree, dim = 2 * d;
  double m[MAX_DIM * MAX_DIM];
  tangent_matrix(l, x, m);
  for (int i = 0; i < d; i++)
    for (int k = 0; k < d; k++) {
      RZ_EXPECT(m[i * dim + k] == 0.0);
      RZ_EXPECT(m[(i + d) * dim + k + d] == 0.0);
    }
}

/* The halves are those of the whole, and of its tangent. */
static void check_halves(rz_law *l, const double *x) {
  const int d = l->n_degree, n = N_STATE * 2 * d;
  double v[N_STATE * MAX_DIM], whole[N_STATE * MAX_DIM], half[N_STATE * MAX_DIM];
  draw(5, 1.0, n, v);
  RZ_EXPECT(l->cls->separable);
  for (int tangent = 0; tangent < 2; tangent++) {
    if (tangent)
      RZ_EXPECT_OK(l->cls->tangent(l, N_STATE, x, v, whole));
    else
      RZ_EXPECT_OK(l->cls->apply(l, N_STATE, x, whole));
    for (int which = 0; which < 2; which++) {
      RZ_EXPECT_OK(l->cls->half(l, which ? RZ_LAW_FORCE : RZ_LAW_VELOCITY, N_STATE, x, tangent ? v : NULL, half));
      for (int i = 0; i < N_STATE * d; i++)
        RZ_EXPECT_NEAR(half[i], whole[i / d * 2 * d + which * d + i % d], 1e-14 * (1.0 + norm(n, whole)));
    }
  }
}

/* Rows, products with the Jacobian and pull agree with each other to rounding, and with differences. */
static void check_parameters(rz_law *l, const double *x) {
  const int n = N_STATE * 2 * l->n_degree;
  const int64_t p = l->params.n;
  double bar[N_STATE * MAX_DIM], expected[N_STATE * MAX_DIM], *rows = NULL, *pull = NULL, *product = NULL;
  rz_jacobian *j = NULL;
  draw(3, 1.0, n, bar);
  if (!RZ_EXPECT_OK(RZ_NEW0(n * p, &rows)) || !RZ_EXPECT_OK(RZ_NEW0(p, &pull)) || !RZ_EXPECT_OK(RZ_NEW0(p, &product)))
    return;
  RZ_EXPECT_OK(rz_law_rows(l, N_STATE, x, rows));
  RZ_EXPECT_OK(l->cls->pull(l, N_STATE, x, bar, pull));
  if (RZ_EXPECT_OK(rz_law_jacobian(l, N_STATE, x, 0.25, &j))) {
    RZ_EXPECT(rz_jacobian_n_rows(j) == n && rz_jacobian_n_param(j) == p && rz_jacobian_weight(j, n - 1) == 0.25);
    RZ_EXPECT_OK(rz_jacobian_apply_t(j, bar, product));
  }
  rz_jacobian_destroy(&j);
  const double scale = norm(n * p, rows);
  for (int64_t k = 0; k < p; k++) {
    double sum = 0.0;
    for (int r = 0; r < n; r++) sum += bar[r] * rows[r * p + k];
    RZ_EXPECT_NEAR(pull[k], sum, 1e-12 * scale * n);
    RZ_EXPECT_NEAR(product[k], sum, 1e-12 * scale * n);
  }
  for (int64_t k = 0; k < p; k += p / 60 + 1) {
    walk w = {.l = l, .x = x, .n = N_STATE, .k = k};
    differentiate(apply_of_parameter, &w, n, 1e-3, expected);
    for (int r = 0; r < n; r++) RZ_EXPECT_NEAR(rows[r * p + k], expected[r], 1e-8 * fmax(scale, 1.0));
  }
  RZ_EXPECT_OK(l->cls->apply(l, N_STATE, x, expected)); /* which a law may build on */
  RZ_EXPECT_OK(l->cls->pull(l, N_STATE, x, bar, pull)); /* it adds */
  for (int64_t k = 0; k < p; k++) RZ_EXPECT_NEAR(pull[k], 2.0 * product[k], 3e-12 * scale * n);
  rz_free(&rows);
  rz_free(&pull);
  rz_free(&product);
}

static void check_range(rz_law *l, const double *train) {
  double far[MAX_DIM], bad[MAX_DIM];
  const int dim = 2 * l->n_degree;
  for (int k = 0; k < dim; k++) {
    far[k] = k % 2 ? 100.0 * (k + 1) : -100.0 * (k + 1);
    bad[k] = k == 0 ? NAN : train[k];
  }
  RZ_EXPECT(rz_law_outside(l, N_TRAIN, train) == 0);
  RZ_EXPECT(rz_law_outside(l, 1, far) == 1);
  RZ_EXPECT(rz_law_outside(l, 1, bad) == 1);
  RZ_EXPECT(rz_law_outside(l, 0, far) == 0);
}

static void check_empty(rz_law *l) {
  double none = 0.0;
  RZ_EXPECT_OK(l->cls->apply(l, 0, &none, &none));
  RZ_EXPECT_OK(l->cls->tangent(l, 0, &none, &none, &none));
  if (l->cls->energy) RZ_EXPECT_OK(l->cls->energy(l, 0, &none, &none));
}

/* One clear error each. */
static void check_faults(const setting *s, rz_config *config, rz_law *l, double *train) {
  const double old = l->params.value[l->params.n - 1], x = train[2 * s->n_degree];
  rz_law *bad = NULL;
  l->params.value[l->params.n - 1] = NAN;
  RZ_EXPECT(rz_law_update(l) == RZ_ERR_NUM && strstr(rz_error_message(), "is nan") != NULL);
  l->params.value[l->params.n - 1] = old;
  RZ_EXPECT_OK(rz_law_update(l));
  train[2 * s->n_degree] = NAN;
  RZ_EXPECT(make(s, config, train, &bad) == RZ_ERR_INPUT && bad == NULL);
  RZ_EXPECT(strstr(rz_error_message(), "q_1 of training state 2 is nan") != NULL);
  train[2 * s->n_degree] = x;
}

/* A linear law finds the parameters of its own motion again, as far as the data tell them apart. */
static void check_fit(const rz_law *known, const setting *s, rz_config *config, double *train) {
  enum { N_FIT = 300, MAX_PARAM = 500 };
  static double x[N_FIT * MAX_DIM], y[N_FIT * MAX_DIM], out[N_FIT * MAX_DIM];
  const int dim = 2 * s->n_degree, n = N_FIT * dim;
  const rz_fit_spec spec = {.rcond = 1e-14};
  rz_fit_info info;
  rz_comm comm;
  rz_law *l = NULL;
  if (known->params.n > MAX_PARAM || known->params.n > n) return;
  draw(6, 1.0, N_FIT * dim, x); /* then somewhere between two training states */
  for (int i = 0; i < N_FIT; i++)
    for (int k = 0; k < dim; k++) {
      const double t = 0.5 + 0.5 * x[i * dim + k];
      x[i * dim + k] = (1.0 - t) * train[i % N_TRAIN * dim + k] + t * train[(i + 1) % N_TRAIN * dim + k];
    }
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_SELF, &comm));
  if (!RZ_EXPECT_OK(make(s, config, train, &l))) return;
  draw(4, 0.5, l->params.n, l->params.value);
  RZ_EXPECT_OK(rz_law_update(l));
  RZ_EXPECT_OK(l->cls->apply(l, N_FIT, x, y));
  draw(7, 0.5, l->params.n, l->params.value); /* forgotten */
  RZ_EXPECT_OK(rz_law_fit(l, &comm, N_FIT, x, y, &spec, &info));
  RZ_EXPECT_OK(l->cls->apply(l, N_FIT, x, out));
  expect_close(n, out, y, 1e-10);
  RZ_EXPECT(info.loss <= 1e-20 * norm(n, y) * norm(n, y) && info.solve.n_row == n);
  if (info.solve.condition < 1e4)
    for (int64_t k = 0; k < l->params.n; k++) RZ_EXPECT_NEAR(l->params.value[k], known->params.value[k], 1e-9);
  rz_law_destroy(&l);
}

static void check_law(const setting *s) {
  const int before = rz_n_failed, dim = 2 * s->n_degree;
  const int64_t alive = rz_memory_query().n_alive;
  double train[N_TRAIN * MAX_DIM], x[N_STATE * MAX_DIM];
  rz_config *config = parse(s);
  rz_law *l = NULL;
  draw(1, 1.0, N_TRAIN * dim, train);
  for (int i = 0; i < N_TRAIN && s->n_space > 0; i++) /* bodies keep apart, and from the origin */
    for (int k = 0; k < s->n_degree; k += s->n_space) train[i * dim + k] += 3.0 * (k / s->n_space + 1);
  memcpy(x, train + dim, sizeof(double) * (size_t)(N_STATE * dim));
  if (config && RZ_EXPECT_OK(make(s, config, train, &l))) {
    RZ_EXPECT(l->params.n > 0 && l->cls == rz_law_find(s->model));
    RZ_EXPECT(!l->cls->linear || l->cls->rows != NULL);
    if (l->cls->linear) draw(4, 0.5, l->params.n, l->params.value);
    RZ_EXPECT_OK(rz_law_update(l));
    check_tangent(l, x);
    check_parameters(l, x);
    if (l->cls->energy && !l->cls->is_map) check_energy(l, x);
    if (l->cls->symplectic) check_symplectic(l, x);
    if (l->cls->separable) check_separable(l, x);
    if (l->cls->half) check_halves(l, x);
    if (l->cls->linear) check_fit(l, s, config, train);
    check_range(l, train);
    check_empty(l);
    check_faults(s, config, l, train);
  }
  rz_law_destroy(&l);
  rz_config_destroy(&config);
  RZ_EXPECT(rz_memory_query().n_alive == alive);
  if (rz_n_failed > before)
    fprintf(stderr, "  in model = '%s'%s, d = %d, n_space = %d\n", s->model, s->options, s->n_degree, s->n_space);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int n;
  const rz_law_class *const *all = rz_law_registry(&n);
  for (int i = 0; i < n; i++)
    for (int k = 0; k < (int)(sizeof shape / sizeof shape[0]); k++) {
      setting s = shape[k];
      s.model = all[i]->name;
      if (s.n_space > 0 || strcmp(s.model, "pair_potential") != 0) check_law(&s);
    }
  for (int k = 0; k < (int)(sizeof more / sizeof more[0]); k++) check_law(&more[k]);
  RZ_EXPECT(rz_law_find("no such law") == NULL);
  return rz_check_finish();
}
