/* modules: learn net solve linalg core */
/* ranks: 1 2 3 4 */
/* Fits of laws: the same bits for any cut of the data over ranks, errors in variables against its closed form, and one
 * clear error for data that cannot be fitted. Statistical statements are 5 sigma of the 1500 numbers drawn. */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/learn/fit.h"
#include "ritz/linalg/blas.h"

#include <string.h>

enum { N = 750 };
static const double noise = 0.1;

/* H = q^2 + p^2 on a disc of radius 1: noisy states, exact derivatives at the true ones. */
static double clean[2 * N], x[2 * N], y[2 * N];

static void draw(void) {
  rz_rng rng = rz_rng_stream(3, RZ_RNG_TEST, 0);
  for (int i = 0; i < N;) {
    const double q = 2.0 * rz_rng_uniform(&rng) - 1.0, p = 2.0 * rz_rng_uniform(&rng) - 1.0;
    if (q * q + p * p > 1.0) continue;
    clean[2 * i] = q, clean[2 * i + 1] = p;
    y[2 * i] = 2.0 * p, y[2 * i + 1] = -2.0 * q;
    x[2 * i] = q + noise * rz_rng_normal(&rng);
    x[2 * i + 1] = p + noise * rz_rng_normal(&rng);
    i++;
  }
}

static rz_config *parse(const char *network, const char *fit) {
  static const rz_option run[] = {RZ_ROW_STRING("study", NULL, "kind of run")};
  static const char *const names[] = {"run", "!network", "fit", NULL};
  static const rz_study_groups studies[] = {{"learn", "only a law", names}};
  static rz_option_group group[3];
  static rz_schema schema;
  char deck[512];
  rz_config *config = NULL;
  group[0] = (rz_option_group){.name = "run", .about = "the run", .rows = run, .n_rows = 1};
  group[1] = *rz_law_options();
  group[2] = *rz_fit_options();
  schema = (rz_schema){group, 3, studies, 1};
  RZ_EXPECT_OK(rz_schema_check(&schema));
  const int n = snprintf(deck, sizeof deck, "&run study = 'learn' /\n&network %s /\n&fit %s /\n", network, fit);
  RZ_EXPECT_OK(rz_config_parse("deck.nml", deck, n, &schema, &config));
  return config;
}

/* A law made of all n states, fitted to the states first .. first + count - 1 of this rank. */
static rz_err fit(const rz_comm *comm, const char *network, const char *options, int64_t n, int64_t first,
                  int64_t count, rz_law **l, rz_fit_info *info) {
  rz_config *config = parse(network, options);
  const rz_law_input in = {.config = config, .n_degree = 1, .seed = 1, .n = n, .x = x};
  rz_err rc = rz_law_create(&in, l);
  const rz_fit_spec spec = rz_fit_read(config);
  if (rc == RZ_OK) rc = rz_law_fit(*l, comm, count, x + 2 * first, y + 2 * first, &spec, info);
  rz_config_destroy(&config);
  return rc;
}

static void check_bits(const rz_comm *comm, const rz_comm *self, const char *network, const char *options) {
  rz_law *alone = NULL, *shared = NULL;
  rz_fit_info a, b;
  RZ_EXPECT_OK(fit(self, network, options, N, 0, N, &alone, &a));
  for (int how = 0; how < 2; how++) { /* equal shares; all on the last rank */
    const rz_range r =
        how == 0 ? rz_share(N, comm->rank, comm->size) : (rz_range){0, comm->rank == comm->size - 1 ? N : 0};
    RZ_EXPECT_OK(fit(comm, network, options, N, r.first, r.count, &shared, &b));
    if (alone && shared) {
      RZ_EXPECT(memcmp(alone->params.value, shared->params.value, sizeof(double) * (size_t)alone->params.n) == 0);
      RZ_EXPECT(a.loss == b.loss && a.solve.condition == b.solve.condition && a.input_noise == b.input_noise &&
                a.n_iteration == b.n_iteration && b.solve.n_row == 2 * N);
    }
    rz_law_destroy(&shared);
  }
  rz_law_destroy(&alone);
}

static double mean_square(rz_law *l, const double *at) {
  static double out[2 * N];
  double sum = 0.0;
  RZ_EXPECT_OK(l->cls->apply(l, N, at, out));
  for (int i = 0; i < 2 * N; i++) sum += (out[i] - y[i]) * (out[i] - y[i]) / (2 * N);
  return sum;
}

/* Q with the states eliminated: for a linear field that is exact. */
static double closed_form(rz_law *l, double ratio) {
  static double f[2 * N], along[2 * N], slope[2 * N];
  double q = 0.0;
  RZ_EXPECT_OK(rz_law_update(l));
  for (int i = 0; i < 2 * N; i++) along[i] = 1.0;
  RZ_EXPECT_OK(l->cls->apply(l, N, x, f));
  RZ_EXPECT_OK(l->cls->tangent(l, N, x, along, slope)); /* dq/dt by p, dp/dt by q: the others are zero */
  for (int i = 0; i < 2 * N; i++) q += (y[i] - f[i]) * (y[i] - f[i]) / (ratio * ratio + slope[i] * slope[i]);
  return q;
}

static void check_errors_in_variables(const rz_comm *self) {
  static const char network[] = "model = 'separable_series', n_terms = 2";
  static const double ratio[] = {0.02, 0.5};
  rz_law *plain = NULL, *l = NULL;
  rz_fit_info info;
  char options[80];
  RZ_EXPECT_OK(fit(self, network, "", N, 0, N, &plain, &info));
  RZ_EXPECT(info.n_iteration == 0 && info.converged && info.input_noise == 0.0 && info.solve.rank == 4);
  RZ_EXPECT_NEAR(info.loss, mean_square(plain, x), 1e-13);
  for (int r = 0; r < 2; r++) {
    snprintf(options, sizeof options, "errors_in_variables = .true., noise_ratio = %g", ratio[r]);
    RZ_EXPECT_OK(fit(self, network, options, N, 0, N, &l, &info));
    RZ_EXPECT(info.converged && info.n_iteration > 1 && info.n_iteration < 50);
    RZ_EXPECT_NEAR(info.loss, mean_square(l, x), 1e-13);
    const double q = closed_form(l, ratio[r]);
    RZ_EXPECT_NEAR(info.input_noise, sqrt(q / (2 * N - 4)), 1e-9);
    RZ_EXPECT_NEAR(info.target_noise, ratio[r] * info.input_noise, 1e-15);
    for (int k = 0; k < 4; k++) { /* it is the minimum */
      const double c = l->params.value[k], h = 1e-4;
      l->params.value[k] = c + h;
      const double up = closed_form(l, ratio[r]);
      l->params.value[k] = c - h;
      const double down = closed_form(l, ratio[r]);
      l->params.value[k] = c;
      RZ_EXPECT(up > q && down > q);
      RZ_EXPECT_NEAR((up - down) / (2.0 * h), 0.0, 1e-3 * (up + down - 2.0 * q) / (h * h) * 1e-3);
    }
    RZ_EXPECT_OK(rz_law_update(l));
    if (r == 0) {
      RZ_EXPECT_NEAR(info.input_noise, noise, 5.0 * noise / sqrt(4.0 * N));
      /* each of two lines has an error of 2 noise / sqrt(N) in its height and 2 in its slope: mean square 2 of it */
      RZ_EXPECT(mean_square(l, clean) < 2.0 * 25.0 * 4.0 * noise * noise / N);
      RZ_EXPECT(mean_square(l, clean) < 0.3 * mean_square(plain, clean));
    }
    rz_law_destroy(&l);
  }
  rz_law_destroy(&plain);
}

/* Exact data stay exact. */
static void check_clean(const rz_comm *self) {
  double noisy[2 * N];
  rz_law *l = NULL;
  rz_fit_info info;
  memcpy(noisy, x, sizeof x);
  memcpy(x, clean, sizeof x);
  RZ_EXPECT_OK(fit(self, "model = 'polynomial', degree = 3", "errors_in_variables = .true.", N, 0, N, &l, &info));
  RZ_EXPECT(info.converged && info.loss < 1e-28 && info.input_noise < 1e-14);
  rz_law_destroy(&l);
  RZ_EXPECT_OK(fit(self, "model = 'polynomial', degree = 2", "ridge = 1.0", N, 0, N, &l, &info));
  RZ_EXPECT(info.loss > 0.1); /* a ridge of the size of the data holds the parameters back */
  rz_law_destroy(&l);
  memcpy(x, noisy, sizeof x);
}

static void expect_error(rz_err got, rz_err want, const char *text) {
  RZ_EXPECT(got == want && strstr(rz_error_message(), text) != NULL);
  if (got != want || !strstr(rz_error_message(), text)) fprintf(stderr, "  not '%s': %s\n", text, rz_error_message());
}

static void check_faults(const rz_comm *comm) {
  rz_law *l = NULL;
  const bool last = comm->rank == comm->size - 1;
  const double good = y[5], q = x[0];
  const int64_t mine = last ? 10 : 0;
  expect_error(fit(comm, "model = 'random_features', n_features = 21", "", 20, 0, mine, &l, NULL), RZ_ERR_INPUT,
               "10 states hold 20 numbers, too few for the 21 parameters of model 'random_features'");
  rz_law_destroy(&l);
  RZ_EXPECT_OK(fit(comm, "model = 'random_features', n_features = 21", "ridge = 1e-3", 20, 0, mine, &l, NULL));
  rz_law_destroy(&l);
  expect_error(fit(comm, "model = 'polynomial'", "ridge = 1e-3", 20, 0, 0, &l, NULL), RZ_ERR_INPUT, "0 states");
  rz_law_destroy(&l);
  if (last) y[5] = NAN;
  expect_error(fit(comm, "model = 'polynomial'", "", N, 0, N, &l, NULL), RZ_ERR_INPUT,
               "component 2 of target 3 is nan");
  rz_law_destroy(&l);
  y[5] = good;
  x[0] = INFINITY;
  expect_error(fit(comm, "model = 'polynomial'", "", N, 0, N, &l, NULL), RZ_ERR_INPUT,
               "q_1 of training state 1 is inf");
  x[0] = q;
  double old[2 * N];
  memcpy(old, x, sizeof x);
  for (int i = 0; i < N; i++) x[2 * i + 1] = 0.7;
  expect_error(fit(comm, "model = 'separable_series'", "", N, 0, N, &l, NULL), RZ_ERR_INPUT,
               "p_1 is 0.7 in all training states");
  expect_error(fit(comm, "model = 'random_features'", "", N, 0, N, &l, NULL), RZ_ERR_INPUT,
               "p_1 is 0.7 in all training states");
  expect_error(fit(comm, "model = 'pair_potential'", "", N, 0, N, &l, NULL), RZ_ERR_DECK, "bodies in space");
  expect_error(fit(comm, "model = 'pair_potential', n_space = 2", "", N, 0, N, &l, NULL), RZ_ERR_DECK,
               "1 coordinates are no whole number of bodies in n_space = 2");
  expect_error(fit(comm, "model = 'pair_potential', n_space = 1", "", N, 0, N, &l, NULL), RZ_ERR_DECK,
               "one body needs centre");
  expect_error(
      fit(comm, "model = 'pair_potential', n_space = 1, centre = .true., masses = 1, 2", "", N, 0, N, &l, NULL),
      RZ_ERR_DECK, "2 masses for 1 bodies");
  for (int i = 0; i < N; i++) x[2 * i] = 0.5;
  expect_error(fit(comm, "model = 'pair_potential', n_space = 1, centre = .true.", "", N, 0, N, &l, NULL), RZ_ERR_INPUT,
               "distances in the training data go from 0.5 to 0.5");
  memcpy(x, old, sizeof x);
}

/* A deck that sets what has no effect is told so. */
static void check_deck(void) {
  static const char *const bad[] = {"noise_ratio = 0.1", "iterations = 7", "errors_in_variables = .true., ridge = 0.1"};
  for (int i = 0; i < 3; i++) {
    rz_config *config = parse("model = 'polynomial'", bad[i]);
    rz_fit_check(config);
    RZ_EXPECT(rz_config_error_count(config) == 1 && strstr(rz_config_errors(config), "no effect"));
    rz_config_destroy(&config);
  }
}

int main(int argc, char **argv) {
  rz_comm comm, self;
  MPI_Init(&argc, &argv);
  rz_blas_setup();
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_SELF, &self));
  const int64_t alive = rz_memory_query().n_alive;
  draw();
  check_bits(&comm, &self, "model = 'random_features', n_features = 70", "");
  check_bits(&comm, &self, "model = 'separable_series'", "errors_in_variables = .true.");
  check_errors_in_variables(&self);
  check_clean(&self);
  check_faults(&comm);
  check_deck();
  RZ_EXPECT(rz_memory_query().n_alive == alive);
  return rz_check_finish();
}
