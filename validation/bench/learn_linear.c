/* modules: learn dynamics net solve linalg core */
/* Laws that are linear in their parameters on the tasks of the published Hamiltonian networks (arXiv:1906.01563): mass
 * on a spring, pendulum, two bodies, with and without noise in the states; and Henon-Heiles. Targets are free of noise,
 * as in the published benchmark. Errors are those on noise-free states. */
#include "ritz/core/clock.h"
#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/learn/fit.h"
#include "ritz/linalg/blas.h"

#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef void field(const double *x, double *out);

static void spring(const double *x, double *out) { out[0] = 2.0 * x[1], out[1] = -2.0 * x[0]; }
static void pendulum(const double *x, double *out) { out[0] = 2.0 * x[1], out[1] = -3.0 * sin(x[0]); }
static void henon(const double *x, double *out) {
  out[0] = x[2], out[1] = x[3];
  out[2] = -x[0] - 2.0 * x[0] * x[1];
  out[3] = -x[1] - x[0] * x[0] + x[1] * x[1];
}
static void two_body(const double *x, double *out) {
  const double a = x[0] - x[2], b = x[1] - x[3], r = sqrt(a * a + b * b), f = 1.0 / (r * r * r);
  memcpy(out, x + 4, 4 * sizeof *x);
  out[4] = -f * a, out[5] = -f * b, out[6] = f * a, out[7] = f * b;
}
static double energy_spring(const double *x) { return x[0] * x[0] + x[1] * x[1]; }
static double energy_pendulum(const double *x) { return 3.0 * (1.0 - cos(x[0])) + x[1] * x[1]; }
static double energy_henon(const double *x) {
  return 0.5 * (x[0] * x[0] + x[1] * x[1] + x[2] * x[2] + x[3] * x[3]) + x[0] * x[0] * x[1] - x[1] * x[1] * x[1] / 3.0;
}
static double energy_two_body(const double *x) {
  double h = -1.0 / hypot(x[0] - x[2], x[1] - x[3]);
  for (int k = 4; k < 8; k++) h += 0.5 * x[k] * x[k];
  return h;
}

static void rk4(field *f, int dim, double h, double *x) {
  double k[4][8], y[8];
  static const double at[4] = {0.0, 0.5, 0.5, 1.0};
  for (int s = 0; s < 4; s++) {
    for (int i = 0; i < dim; i++) y[i] = x[i] + (s ? h * at[s] * k[s - 1][i] : 0.0);
    f(y, k[s]);
  }
  for (int i = 0; i < dim; i++) x[i] += h / 6.0 * (k[0][i] + 2.0 * k[1][i] + 2.0 * k[2][i] + k[3][i]);
}

typedef struct task {
  const char *name;
  field *f;
  double (*energy)(const double *x);
  int dim, n_space, n_orbit, n_point;
  double span, radius, width; /* time, start radius + width * uniform */
} task;

typedef struct data {
  int64_t n;
  double *clean, *x, *y; /* states, noisy ones, derivatives at the clean ones */
} data;

static void start(const task *t, rz_rng *rng, double *x) {
  if (t->n_space) { /* two bodies on nearly circular orbits */
    const double r0 = 0.5 + rz_rng_uniform(rng), phi = 2.0 * RZ_PI * rz_rng_uniform(rng);
    const double v = (1.0 + 0.05 * rz_rng_normal(rng)) / (2.0 * sqrt(r0));
    const double q[4] = {r0 * cos(phi), r0 * sin(phi), -v * sin(phi), v * cos(phi)};
    for (int k = 0; k < 2; k++) x[k] = q[k], x[2 + k] = -q[k], x[4 + k] = q[2 + k], x[6 + k] = -q[2 + k];
    return;
  }
  double square = 0.0;
  for (int k = 0; k < t->dim; k++) x[k] = 2.0 * rz_rng_uniform(rng) - 1.0, square += x[k] * x[k];
  const double r = t->radius + t->width * rz_rng_uniform(rng);
  for (int k = 0; k < t->dim; k++) x[k] *= r / sqrt(square);
}

static data draw(const task *t, uint64_t seed, double noise) {
  data d = {.n = (int64_t)t->n_orbit * t->n_point};
  const int dim = t->dim;
  if (RZ_NEW(d.n * dim, &d.clean) || RZ_NEW(d.n * dim, &d.x) || RZ_NEW(d.n * dim, &d.y)) exit(1);
  for (int o = 0, i = 0; o < t->n_orbit; o++) {
    rz_rng rng = rz_rng_stream(seed, RZ_RNG_TEST, (uint64_t)o);
    double x[8];
    start(t, &rng, x);
    for (int p = 0; p < t->n_point; p++, i++) {
      for (int s = 0; s < 200 && p > 0; s++) rk4(t->f, dim, t->span / (t->n_point - 1) / 200, x);
      memcpy(d.clean + i * dim, x, sizeof(double) * (size_t)dim);
      t->f(x, d.y + i * dim);
      for (int k = 0; k < dim; k++) d.x[i * dim + k] = x[k] + noise * rz_rng_normal(&rng);
    }
  }
  return d;
}

static void drop(data *d) {
  rz_free(&d->clean);
  rz_free(&d->x);
  rz_free(&d->y);
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
  const int n = snprintf(deck, sizeof deck, "&run study = 'learn' /\n&network %s /\n&fit %s /\n", network, fit);
  if (rz_config_parse("deck.nml", deck, n, &schema, &config)) fprintf(stderr, "%s\n", rz_error_message());
  return config;
}

static double cpu(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double mean_square(rz_law *l, const data *d, int dim) {
  double *out, sum = 0.0;
  if (RZ_NEW(d->n * dim, &out) || l->cls->apply(l, d->n, d->clean, out)) exit(1);
  for (int64_t i = 0; i < d->n * dim; i++) sum += (out[i] - d->y[i]) * (out[i] - d->y[i]);
  rz_free(&out);
  return sum / (double)(d->n * dim);
}

/* |H_learned - H - mean| / |H| over the test states. */
static double relative_energy(const task *t, rz_law *l, const data *d) {
  double *h, mean = 0.0, square = 0.0, size = 0.0;
  if (RZ_NEW(d->n, &h) || l->cls->energy(l, d->n, d->clean, h)) exit(1);
  for (int64_t i = 0; i < d->n; i++) {
    const double known = t->energy(d->clean + i * t->dim);
    h[i] -= known;
    mean += h[i] / (double)d->n;
    size += known * known;
  }
  for (int64_t i = 0; i < d->n; i++) square += (h[i] - mean) * (h[i] - mean);
  rz_free(&h);
  return sqrt(square / size);
}

/* Mean square of H(x(t)) - H(x(0)) along the learned flow, true H, over 30 starts and times up to 20. */
static double energy_error(const task *t, rz_law *l) {
  enum { N = 30, N_STEP = 2000 };
  double x[N * 8], k[4][N * 8], y[N * 8], h0[N], sum = 0.0;
  static const double at[4] = {0.0, 0.5, 0.5, 1.0};
  const double h = 20.0 / N_STEP;
  const int n = N * t->dim;
  for (int i = 0; i < N; i++) {
    rz_rng rng = rz_rng_stream(77, RZ_RNG_TEST, (uint64_t)i);
    start(t, &rng, x + i * t->dim);
    h0[i] = t->energy(x + i * t->dim);
  }
  for (int step = 0; step < N_STEP; step++) {
    for (int s = 0; s < 4; s++) {
      for (int i = 0; i < n; i++) y[i] = x[i] + (s ? h * at[s] * k[s - 1][i] : 0.0);
      if (l->cls->apply(l, N, y, k[s])) exit(1);
    }
    for (int i = 0; i < n; i++) x[i] += h / 6.0 * (k[0][i] + 2.0 * k[1][i] + 2.0 * k[2][i] + k[3][i]);
    for (int i = 0; i < N; i++) sum += pow(t->energy(x + i * t->dim) - h0[i], 2) / N / N_STEP;
  }
  return sum;
}

static void row(const task *t, const rz_comm *comm, double noise, const char *network, const char *fit) {
  rz_config *config = parse(network, fit);
  data train = draw(t, 1, noise), test = draw(t, 2, 0.0);
  rz_law *l = NULL;
  rz_fit_info info = {0};
  double best = 1e300;
  for (int repeat = 0; repeat < 3 && config; repeat++) {
    rz_law_destroy(&l);
    const rz_law_input in = {
        .config = config, .n_degree = t->dim / 2, .n_space = t->n_space, .seed = 1, .n = train.n, .x = train.x};
    const rz_fit_spec spec = rz_fit_read(config);
    const double begin = cpu();
    if (rz_law_create(&in, &l) || rz_law_fit(l, comm, train.n, train.x, train.y, &spec, &info)) {
      fprintf(stderr, "%s\n", rz_error_message());
      break;
    }
    best = fmin(best, cpu() - begin);
  }
  if (l) {
    printf("%-10s %6lld %5lld %5.2f  %9.2e %9.2e %8.1e %8.1e  %8.4f  %3d %7.4f %9.2e  ", t->name, (long long)train.n,
           (long long)l->params.n, noise, info.loss, mean_square(l, &test, t->dim), energy_error(t, l),
           relative_energy(t, l, &test), best, info.n_iteration, info.input_noise, info.solve.condition);
    printf("%s; %s\n", network, fit);
  }
  rz_law_destroy(&l);
  rz_config_destroy(&config);
  drop(&train);
  drop(&test);
}

int main(int argc, char **argv) {
  rz_comm comm;
  MPI_Init(&argc, &argv);
  rz_blas_setup();
  if (rz_comm_wrap(MPI_COMM_SELF, &comm)) return 1;
  const task spring_task = {"spring", spring, energy_spring, 2, 0, 25, 30, 3.0, 0.1, 0.9};
  const task pendulum_task = {"pendulum", pendulum, energy_pendulum, 2, 0, 25, 45, 3.0, 1.3, 1.0};
  const task two_body_task = {"two_body", two_body, energy_two_body, 8, 2, 400, 5, 20.0, 0.0, 0.0};
  const task henon_task = {"henon", henon, energy_henon, 4, 0, 100, 10, 10.0, 0.2, 0.2};
  printf("task            n     P noise       loss clean MSE   energy   H rel.     CPU-s  its   noise condition\n");
  if (argc == 5) { /* one row: task noise network fit */
    const task *t = argv[1][0] == 's'   ? &spring_task
                    : argv[1][0] == 'p' ? &pendulum_task
                    : argv[1][0] == 't' ? &two_body_task
                                        : &henon_task;
    row(t, &comm, atof(argv[2]), argv[3], argv[4]);
  } else {
    row(&spring_task, &comm, 0.1, "model = 'separable_series', n_terms = 2", "");
    row(&spring_task, &comm, 0.1, "model = 'separable_series', n_terms = 2", "errors_in_variables = .true.");
    row(&pendulum_task, &comm, 0.1, "model = 'separable_series', n_terms = 6", "");
    row(&pendulum_task, &comm, 0.1, "model = 'separable_series', n_terms = 6", "errors_in_variables = .true.");
    row(&pendulum_task, &comm, 0.0, "model = 'random_features'", "");
    row(&pendulum_task, &comm, 0.0, "model = 'random_features', n_features = 800", "");
    row(&two_body_task, &comm, 0.0, "model = 'pair_potential'", "");
    row(&henon_task, &comm, 0.0, "model = 'polynomial', degree = 3", "");
    row(&henon_task, &comm, 0.0, "model = 'random_features', activation = 'sin', scale = 0.1", "");
  }
  MPI_Finalize();
  return 0;
}
