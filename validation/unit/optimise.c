/* modules: optimise solve linalg core */
/* ranks: 1 2 */
/* Optimisers from decks: steps against their formulas, schedules, the bound, rejection, export and restoring of state,
 * and that every option changes something. */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/linalg/blas.h"
#include "ritz/optimise/optimiser.h"
#include "ritz/optimise/schedule.h"
#include "ritz/optimise/sr_cost.h"
#include "ritz/solve/session.h"
#include <stdlib.h>
#include <string.h>

enum { N = 20, D_IN = 4, D_OUT = 3, P = D_IN * D_OUT, MAX_STEPS = 6 };

static const rz_comm *comm;

static double draw(int what, int step, int i, int k) {
  rz_rng r = rz_rng_stream(9, RZ_RNG_TEST, (uint64_t)(((what * 16 + step) * 64 + i) * 64 + k));
  return rz_rng_normal(&r);
}

static double weight(int i) { return (1.0 + i % 3) / 39.0; } /* sums to 1 over N = 20 */

/* The samples of a step: a layer of factors, and residuals. */
static rz_jacobian *jacobian(int step) {
  const rz_range mine = rz_share(N, comm->rank, comm->size);
  const rz_layer shape = {.d_in = D_IN, .d_out = D_OUT, .n_share = 1, .n_x = D_IN};
  rz_layer *l = NULL;
  rz_jacobian *j = NULL;
  RZ_EXPECT_OK(rz_jacobian_create(mine.count, 1, P, &j));
  RZ_EXPECT_OK(rz_jacobian_add(j, &shape, true, false, &l));
  for (int i = 0; i < (int)mine.count; i++) {
    const int g = (int)mine.first + i;
    rz_jacobian_weights(j)[i] = weight(g);
    for (int a = 0; a < D_IN; a++) l->x[i * D_IN + a] = draw(1, step, g, a);
    for (int b = 0; b < D_OUT; b++) l->d_re[i * D_OUT + b] = draw(2, step, g, b);
  }
  return j;
}

static double residual(int step, int i) { return draw(3, step, i, 0); }

/* Centred dense rows [N, P], F and S of a step. */
typedef struct dense {
  double row[N][P], f[P], s[P][P];
} dense;

static dense make_dense(int step) {
  dense d = {0};
  double mean[P] = {0};
  for (int i = 0; i < N; i++)
    for (int k = 0; k < P; k++) {
      d.row[i][k] = draw(1, step, i, k / D_OUT) * draw(2, step, i, k % D_OUT);
      mean[k] += weight(i) * d.row[i][k];
    }
  for (int i = 0; i < N; i++)
    for (int k = 0; k < P; k++) d.row[i][k] -= mean[k];
  for (int i = 0; i < N; i++)
    for (int k = 0; k < P; k++) {
      d.f[k] += weight(i) * d.row[i][k] * residual(step, i);
      for (int l = 0; l < P; l++) d.s[k][l] += weight(i) * d.row[i][k] * d.row[i][l];
    }
  return d;
}

/* d = (S + shift + scale diag S)^-1 g */
static void solve(const dense *m, double shift, double scale, const double *g, double *d) {
  double a[P][P];
  memcpy(a, m->s, sizeof a);
  memcpy(d, g, P * sizeof *d);
  for (int k = 0; k < P; k++) a[k][k] += shift + scale * m->s[k][k];
  RZ_EXPECT(LAPACKE_dposv(LAPACK_COL_MAJOR, 'L', P, 1, &a[0][0], P, d, P) == 0);
}

static double metric(const dense *m, const double *d) {
  double s = 0;
  for (int k = 0; k < P; k++)
    for (int l = 0; l < P; l++) s += d[k] * m->s[k][l] * d[l];
  return sqrt(s);
}

typedef struct made {
  rz_option_group group[2];
  rz_schema schema;
  rz_config *config;
  rz_optimiser *o;
  bool judges; /* ask before each step of an optimiser that tries, which finds the objective falling */
} made;

static rz_err parse(const char *options, made *m) {
  static const rz_option run[] = {RZ_ROW_STRING("study", NULL, "kind of run")};
  static const char *const names[] = {"run", "!optimiser", NULL};
  static const rz_study_groups studies[] = {{"train", "only an optimiser", names}};
  char deck[1024];
  memset(m, 0, sizeof *m);
  m->group[0] = (rz_option_group){.name = "run", .about = "the run", .rows = run, .n_rows = 1};
  m->group[1] = *rz_optimiser_options();
  m->schema = (rz_schema){m->group, 2, studies, 1};
  const int n = snprintf(deck, sizeof deck, "&run study = 'train' /\n&optimiser %s /\n", options);
  return rz_config_parse("deck.nml", deck, n, &m->schema, &m->config);
}

static made make(const char *options) {
  made m;
  RZ_EXPECT_OK(parse(options, &m));
  RZ_EXPECT_OK(rz_optimiser_create(m.config, P, comm, &m.o));
  return m;
}

static void drop(made *m) {
  rz_optimiser_destroy(&m->o);
  rz_config_destroy(&m->config);
}

static rz_err step(made *m, int i, double *delta, rz_step_info *info) {
  const rz_range mine = rz_share(N, comm->rank, comm->size);
  rz_jacobian *j = jacobian(i);
  double e[N];
  for (int k = 0; k < (int)mine.count; k++) e[k] = residual(i, (int)mine.first + k);
  const rz_slope at = {j, e, NULL};
  bool good = true;
  rz_err rc = RZ_OK;
  if (m->judges && rz_optimiser_tries(m->o)) rc = rz_optimiser_judge(m->o, 10.0 - i, &at, &good);
  RZ_EXPECT(good);
  if (rc == RZ_OK) rc = rz_optimiser_step(m->o, i, &at, delta, info);
  rz_jacobian_destroy(&j);
  return rc;
}

static void expect_near(const double *a, const double *b, double tol, int line) {
  for (int k = 0; k < P; k++)
    if (!rz_expect_near(a[k], b[k], tol, __FILE__, line, "step")) return;
}

static void check_gradient(void) {
  made m = make("method = 'gradient', learning_rate = 0.1, max_step = 0");
  double delta[P], want[P];
  rz_step_info info;
  RZ_EXPECT_OK(step(&m, 0, delta, &info));
  const dense d = make_dense(0);
  for (int k = 0; k < P; k++) want[k] = -0.1 * 2 * d.f[k];
  expect_near(delta, want, 1e-14, __LINE__);
  RZ_EXPECT(strcmp(info.solver, "none") == 0 && isnan(info.diag_shift) && info.learning_rate == 0.1);
  RZ_EXPECT_NEAR(info.metric_norm, metric(&d, want), 1e-13);
  RZ_EXPECT_NEAR(info.force_norm, cblas_dnrm2(P, d.f, 1), 1e-13);
  RZ_EXPECT_NEAR(info.step_norm, cblas_dnrm2(P, want, 1), 1e-13);
  drop(&m);
}

static void check_momentum(void) {
  made m = make("method = 'momentum', learning_rate = 0.1, momentum = 0.7, max_step = 0");
  double delta[P], want[P], v[P] = {0};
  rz_step_info info;
  for (int i = 0; i < 3; i++) {
    const dense d = make_dense(i);
    RZ_EXPECT_OK(step(&m, i, delta, &info));
    for (int k = 0; k < P; k++) want[k] = -0.1 * (v[k] = 0.7 * v[k] + 2 * d.f[k]);
    expect_near(delta, want, 1e-14, __LINE__);
  }
  drop(&m);
}

static void check_adam(void) {
  made m = make("method = 'adam', learning_rate = 0.1, beta1 = 0.8, beta2 = 0.95, epsilon = 1e-3, max_step = 0");
  double delta[P], want[P], a[P] = {0}, b[P] = {0};
  rz_step_info info;
  for (int i = 0; i < 3; i++) {
    const dense d = make_dense(i);
    RZ_EXPECT_OK(step(&m, i, delta, &info));
    for (int k = 0; k < P; k++) {
      a[k] = 0.8 * a[k] + 0.2 * 2 * d.f[k];
      b[k] = 0.95 * b[k] + 0.05 * 4 * d.f[k] * d.f[k];
      want[k] = -0.1 * a[k] / (1 - pow(0.8, i + 1)) / (sqrt(b[k] / (1 - pow(0.95, i + 1))) + 1e-3);
    }
    expect_near(delta, want, 1e-13, __LINE__);
  }
  drop(&m);
}

static void check_sr(void) {
  static const char *const solver[] = {"dense", "kernel", "cg", "auto"};
  for (int q = 0; q < 4; q++) {
    char text[256];
    snprintf(
        text, sizeof text,
        "solver = '%s', learning_rate = 0.1, diag_shift = 0.01, diag_scale = 0.02, momentum = 0.6, cg_tol = 1e-13, "
        "max_step = 0, diag_shift_decay = 0.5, diag_shift_end = 0.003",
        solver[q]);
    made m = make(text);
    double delta[P], want[P], d[P], last[P] = {0}, g[P];
    rz_step_info info;
    for (int i = 0; i < 3; i++) {
      const dense a = make_dense(i);
      const double shift = i == 0 ? 0.01 : i == 1 ? 0.005 : 0.003;
      RZ_EXPECT_OK(step(&m, i, delta, &info));
      for (int k = 0; k < P; k++) {
        g[k] = a.f[k];
        for (int l = 0; l < P; l++) g[k] -= 0.6 * a.s[k][l] * last[l];
      }
      solve(&a, shift, 0.02, g, d);
      for (int k = 0; k < P; k++) want[k] = -0.1 * (last[k] = d[k] + 0.6 * last[k]);
      expect_near(delta, want, 1e-11, __LINE__);
      RZ_EXPECT_NEAR(info.diag_shift, shift, 1e-16);
      RZ_EXPECT(info.fell_back == 0);
      RZ_EXPECT(strcmp(info.solver, q < 3 ? solver[q] : "dense") == 0); /* P < n: dense is cheapest */
    }
    drop(&m);
  }
}

static void check_schedules(void) {
  static const struct {
    const char *kind;
    double middle;
  } row[] = {{"linear", 0.55}, {"exponential", 0.31622776601683794}, {"cosine", 0.55}};
  for (int i = 0; i < 3; i++) {
    const rz_schedule s = {.kind = row[i].kind, .first = 1.0, .last = 0.1, .n = 10};
    RZ_EXPECT_NEAR(rz_schedule_at(&s, 0), 1.0, 1e-15);
    RZ_EXPECT_NEAR(rz_schedule_at(&s, 5), row[i].middle, 1e-14);
    RZ_EXPECT_NEAR(rz_schedule_at(&s, 10), 0.1, 1e-14);
    RZ_EXPECT_NEAR(rz_schedule_at(&s, 99), 0.1, 1e-14);
  }
  const rz_schedule c = {.kind = "cosine", .first = 1.0, .last = 0.0, .n = 3};
  RZ_EXPECT_NEAR(rz_schedule_at(&c, 1), 0.75, 1e-14);
  const rz_schedule k = {.kind = "constant", .first = 1.0, .last = 0.1, .n = 10};
  RZ_EXPECT(rz_schedule_at(&k, 50) == 1.0);
  RZ_EXPECT_NEAR(rz_decay_at(0.1, 0.9, 1e-3, 2), 0.081, 1e-16);
  RZ_EXPECT_NEAR(rz_decay_at(0.1, 0.9, 1e-3, 200), 1e-3, 1e-16);
  made m = make("schedule = 'linear', learning_rate = 0.1, learning_rate_end = 0.02, schedule_steps = 4");
  double delta[P];
  rz_step_info info;
  for (int i = 0; i < MAX_STEPS; i++) {
    RZ_EXPECT_OK(step(&m, i, delta, &info));
    RZ_EXPECT_NEAR(info.learning_rate, i < 4 ? 0.1 - 0.02 * i : 0.02, 1e-15);
  }
  drop(&m);
}

static void check_bound(void) {
  double free_step[P], delta[P];
  rz_step_info a, b;
  made m = make("learning_rate = 0.5, max_step = 0");
  RZ_EXPECT_OK(step(&m, 0, free_step, &a));
  drop(&m);
  m = make("learning_rate = 0.5, max_step = 0.01");
  RZ_EXPECT_OK(step(&m, 0, delta, &b));
  const dense d = make_dense(0);
  RZ_EXPECT_NEAR(metric(&d, delta), 0.01, 1e-12);
  RZ_EXPECT_NEAR(a.metric_norm, metric(&d, free_step), 1e-12);
  RZ_EXPECT(a.metric_norm > 0.02 && b.metric_norm == a.metric_norm);
  for (int k = 0; k < P; k++) RZ_EXPECT_NEAR(delta[k] / free_step[k], 0.01 / a.metric_norm, 1e-12);
  drop(&m);
}

static void check_rejection(void) {
  double first[P], delta[P];
  rz_step_info info;
  made m = make("diag_shift = 0.01");
  for (int i = 0; i < 2; i++) RZ_EXPECT_OK(rz_optimiser_reject(m.o));
  static const double shift[] = {1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125};
  for (int i = 0; i < 6; i++) {
    RZ_EXPECT_OK(step(&m, 0, delta, &info));
    RZ_EXPECT_NEAR(info.diag_shift, shift[i], 1e-15);
  }
  RZ_EXPECT_OK(step(&m, 0, delta, &info));
  RZ_EXPECT_NEAR(info.diag_shift, 0.015625, 1e-15);
  for (int i = 0; i < 2; i++) RZ_EXPECT_OK(step(&m, 0, delta, &info));
  RZ_EXPECT(info.diag_shift == 0.01); /* and no further down */
  drop(&m);
  m = make("diag_shift = 0");
  RZ_EXPECT_OK(rz_optimiser_reject(m.o));
  RZ_EXPECT_OK(step(&m, 0, delta, &info));
  RZ_EXPECT_NEAR(info.diag_shift, 1e-5, 1e-18);
  drop(&m);
  /* The others take a tenth of a first step and have forgotten the rest. */
  static const char *const method[] = {"gradient", "momentum", "adam"};
  for (int q = 0; q < 3; q++) {
    char text[128];
    snprintf(text, sizeof text, "method = '%s', learning_rate = 0.1, max_step = 0", method[q]);
    m = make(text);
    RZ_EXPECT_OK(step(&m, 0, first, &info));
    RZ_EXPECT_OK(step(&m, 1, delta, &info));
    RZ_EXPECT_OK(rz_optimiser_reject(m.o));
    RZ_EXPECT_OK(step(&m, 0, delta, &info));
    RZ_EXPECT_NEAR(info.learning_rate, 0.01, 1e-16);
    for (int k = 0; k < P; k++) RZ_EXPECT_NEAR(delta[k], 0.1 * first[k], 1e-14);
    drop(&m);
  }
}

/* A residual that is not a number on the last rank is RZ_ERR_NUM on every rank, and the optimiser goes on after a
 * rejection. */
static void check_not_finite(void) {
  made m = make("momentum = 0.5");
  rz_jacobian *j = jacobian(0);
  double e[N] = {0}, delta[P];
  rz_step_info info;
  if (comm->rank == comm->size - 1) e[3] = (double)NAN;
  RZ_EXPECT(rz_optimiser_step(m.o, 0, &(rz_slope){j, e, NULL}, delta, &info) == RZ_ERR_NUM);
  RZ_EXPECT_OK(rz_optimiser_reject(m.o));
  RZ_EXPECT_OK(step(&m, 0, delta, &info));
  RZ_EXPECT(isfinite(info.step_norm));
  rz_jacobian_destroy(&j);
  drop(&m);
}

/* Without a Jacobian first-order methods take the same steps from the forces alone, without communication, a bound or a
 * length in the metric; the natural gradient says what it misses. */
static void check_forces(void) {
  static const char *const method[] = {"gradient", "momentum", "adam"};
  double delta[P], want[P];
  rz_step_info info;
  for (int q = 0; q < 3; q++) {
    char text[128];
    snprintf(text, sizeof text, "method = '%s', learning_rate = 0.1, max_step = 0", method[q]);
    made a = make(text), b = make(text);
    RZ_EXPECT(!rz_optimiser_wants_jacobian(a.o));
    for (int i = 0; i < 3; i++) {
      const dense d = make_dense(i);
      RZ_EXPECT_OK(step(&a, i, want, &info));
      const int64_t calls = comm->traffic ? rz_traffic_calls(comm->traffic) : 0;
      RZ_EXPECT_OK(rz_optimiser_step(b.o, i, &(rz_slope){.forces = d.f}, delta, &info));
      RZ_EXPECT(!comm->traffic || rz_traffic_calls(comm->traffic) == calls);
      expect_near(delta, want, 1e-13, __LINE__);
      RZ_EXPECT(isnan(info.metric_norm));
      RZ_EXPECT_NEAR(info.step_norm, cblas_dnrm2(P, want, 1), 1e-12);
    }
    delta[0] = NAN;
    RZ_EXPECT(rz_optimiser_step(b.o, 3, &(rz_slope){.forces = delta}, want, &info) == RZ_ERR_NUM);
    drop(&a);
    drop(&b);
  }
  made m = make("method = 'sr'");
  RZ_EXPECT(rz_optimiser_wants_jacobian(m.o));
  RZ_EXPECT(rz_optimiser_step(m.o, 0, &(rz_slope){.forces = want}, delta, &info) == RZ_ERR_ARG);
  RZ_EXPECT(strstr(rz_error_message(), "method = 'sr' needs a Jacobian") != NULL);
  rz_error_clear();
  drop(&m);
}

enum { MAX_ARRAYS = 24 };
typedef struct store {
  char name[MAX_ARRAYS][64];
  double data[MAX_ARRAYS][2 * P];
  int n;
} store;

static rz_err save(const rz_array *a, void *ctx) {
  store *s = ctx;
  snprintf(s->name[s->n], sizeof s->name[0], "%s", a->name);
  memcpy(s->data[s->n++], a->data, (size_t)rz_array_length(a) * rz_array_type_size(a->type));
  return RZ_OK;
}

static rz_err load(const rz_array *a, void *ctx) {
  const store *s = ctx;
  for (int i = 0; i < s->n; i++)
    if (strcmp(s->name[i], a->name) == 0) {
      memcpy(a->data, s->data[i], (size_t)rz_array_length(a) * rz_array_type_size(a->type));
      return RZ_OK;
    }
  return RZ_ERR_INTERNAL;
}

/* Saved and restored, the next step is the same to the bit. */
static void check_state(void) {
  static const char *const text[] = {"method = 'gradient'",
                                     "method = 'momentum'",
                                     "method = 'adam'",
                                     "method = 'sr', momentum = 0.4",
                                     "solver = 'cg', momentum = 0.4",
                                     "solver = 'cg', cg_tol = 1e-2, preconditioner = 'diagonal'",
                                     "method = 'lm', damping_matrix = 'diagonal'",
                                     "method = 'lm', solver = 'cg'",
                                     "method = 'lbfgs', memory = 2"};
  for (int q = 0; q < (int)(sizeof text / sizeof text[0]); q++) {
    made a = make(text[q]), b = make(text[q]);
    double x[P], y[P];
    rz_step_info info;
    store s = {.n = 0};
    a.judges = b.judges = true;
    RZ_EXPECT_OK(rz_optimiser_reject(a.o));
    for (int i = 0; i < 3; i++) RZ_EXPECT_OK(step(&a, i, x, &info));
    RZ_EXPECT_OK(rz_optimiser_state(a.o, save, &s));
    RZ_EXPECT_OK(rz_optimiser_state(b.o, load, &s));
    RZ_EXPECT_OK(step(&a, 3, x, &info));
    RZ_EXPECT_OK(step(&b, 3, y, &info));
    RZ_EXPECT(memcmp(x, y, sizeof x) == 0);
    drop(&a);
    drop(&b);
  }
}

/* 'auto' chooses in the first step, says why, and keeps to it: after a rejection, and where its state is restored. */
static void check_choice_is_kept(void) {
  static const char *const by[] = {"counted operations", "measured rates"};
  for (int q = 0; q < 2; q++) {
    const char *const text = q == 0 ? "solver_choice = 'counted'" : "solver_choice = 'measured'";
    made a = make(text), b = make(text);
    double x[P];
    rz_step_info info;
    store s = {.n = 0};
    RZ_EXPECT_OK(step(&a, 0, x, &info));
    RZ_EXPECT(info.reason && strstr(info.reason, by[q]) && strstr(info.reason, info.solver));
    RZ_EXPECT_OK(rz_optimiser_reject(a.o));
    RZ_EXPECT_OK(step(&a, 1, x, &info));
    RZ_EXPECT(!info.reason);
    RZ_EXPECT_OK(rz_optimiser_state(a.o, save, &s));
    RZ_EXPECT_OK(rz_optimiser_state(b.o, load, &s));
    RZ_EXPECT_OK(step(&b, 2, x, &info));
    RZ_EXPECT(!info.reason);
    /* A choice of the state is obeyed: 3 is cg. */
    for (int i = 0; i < s.n; i++)
      if (strcmp(s.name[i], "optimiser/solver") == 0) memcpy(s.data[i], &(int64_t){3}, sizeof(int64_t));
    RZ_EXPECT_OK(rz_optimiser_state(b.o, load, &s));
    RZ_EXPECT_OK(step(&b, 2, x, &info));
    RZ_EXPECT(strcmp(info.solver, "cg") == 0);
    RZ_EXPECT(info.preconditioner && strcmp(info.preconditioner, "subset") == 0);
    /* What cannot be a choice is refused. */
    for (int i = 0; i < s.n; i++)
      if (strcmp(s.name[i], "optimiser/solver") == 0) memcpy(s.data[i], &(int64_t){9}, sizeof(int64_t));
    RZ_EXPECT_OK(rz_optimiser_state(b.o, load, &s));
    RZ_EXPECT(step(&b, 2, x, &info) == RZ_ERR_ARG && strstr(rz_error_message(), "no solver number 8"));
    rz_error_clear();
    drop(&a);
    drop(&b);
  }
}

/* Where three steps lead, with the solver and the number of iterations of the last. */
typedef struct outcome {
  double sum[P];
  rz_err rc;
  int iterations;
  char solver[16], reason[160];
} outcome;

static outcome run(const char *options) {
  outcome out = {.rc = RZ_OK};
  made m = make(options);
  rz_step_info info = {0};
  m.judges = true;
  for (int i = 0; i < 3 && out.rc == RZ_OK; i++) {
    double delta[P] = {0};
    out.rc = step(&m, i, delta, &info);
    if (info.reason) snprintf(out.reason, sizeof out.reason, "%s", info.reason);
    for (int k = 0; k < P; k++) out.sum[k] += delta[k];
  }
  out.iterations = info.iterations;
  snprintf(out.solver, sizeof out.solver, "%s", info.solver ? info.solver : "");
  drop(&m);
  return out;
}

/* Every option against the same deck without it. */
static void check_options_matter(void) {
  static const struct {
    const char *base, *option;
  } row[] = {
      {"", "learning_rate = 0.03"},
      {"", "schedule = 'linear', learning_rate_end = 0.01"},
      {"", "schedule = 'exponential', learning_rate_end = 0.01"},
      {"", "schedule = 'cosine', learning_rate_end = 0.01"},
      {"schedule = 'linear', learning_rate_end = 0.01", "iterations = 10"},
      {"schedule = 'linear', learning_rate_end = 0.01", "schedule_steps = 5"},
      {"", "max_step = 1e-3"},
      {"", "solver = 'kernel'"},
      {"", "solver = 'cg'"},
      {"solver = 'kernel'", "solver = 'dense'"},
      {"", "diag_shift = 2e-3"},
      {"", "diag_shift_decay = 0.5"},
      {"learning_rate = 0.02, diag_shift_decay = 0.5", "diag_shift_end = 9e-4"},
      {"", "diag_scale = 0.1"},
      {"", "momentum = 0.5"},
      {"solver = 'cg', preconditioner = 'diagonal'", "cg_tol = 1e-1"},
      {"solver = 'cg', preconditioner = 'diagonal'", "cg_iterations = 2"},
      {"solver = 'cg'", "preconditioner = 'diagonal'"},
      {"solver = 'cg'", "subset_size = 5"},
      {"solver = 'kernel'", "precision = 'mixed'"},
      {"", "solver_choice = 'counted'"},
      {"", "method = 'gradient'"},
      {"method = 'gradient'", "method = 'momentum'"},
      {"method = 'momentum'", "momentum = 0.3"},
      {"method = 'gradient'", "method = 'adam'"},
      {"method = 'adam'", "beta1 = 0.5"},
      {"method = 'adam'", "beta2 = 0.5"},
      {"method = 'adam'", "epsilon = 0.5"},
      {"method = 'gradient'", "method = 'lm'"},
      {"method = 'lm'", "damping = 1e-2"},
      {"method = 'lm'", "damping_matrix = 'diagonal'"},
      {"method = 'lm'", "solver = 'kernel'"},
      {"method = 'lm'", "solver_choice = 'counted'"},
      {"method = 'gradient'", "method = 'lbfgs'"},
      {"method = 'lbfgs'", "first_step = 0.2"},
  };
  for (int i = 0; i < (int)(sizeof row / sizeof row[0]); i++) {
    char text[256];
    const int replaces = strncmp(row[i].base, row[i].option, 6) == 0 && strchr(row[i].base, ',') == NULL;
    snprintf(text, sizeof text, "%s%s%s", replaces ? "" : row[i].base, replaces || !*row[i].base ? "" : ", ",
             row[i].option);
    const outcome a = run(row[i].base), b = run(text);
    const int same = a.rc == b.rc && memcmp(a.sum, b.sum, sizeof a.sum) == 0 && strcmp(a.solver, b.solver) == 0 &&
                     strcmp(a.reason, b.reason) == 0;
    if (!RZ_EXPECT(!same)) fprintf(stderr, "  %s against '%s'\n", text, row[i].base);
  }
}

static void check_deck_rules(void) {
  static const struct {
    const char *options, *says;
  } row[] = {{"learning_rate_end = 0.1", "learning_rate_end"},
             {"schedule_steps = 10", "schedule_steps"},
             {"schedule = 'cosine'", "learning_rate_end"},
             {"solver = 'dense', cg_tol = 1e-7", "key 'cg_tol' has no effect with solver = 'dense'"},
             {"solver = 'kernel', cg_iterations = 9", "key 'cg_iterations' has no effect with solver = 'kernel'"},
             {"solver = 'kernel', preconditioner = 'diagonal'", "key 'preconditioner' has no effect"},
             {"solver = 'dense', precision = 'mixed'", "key 'precision' has no effect with solver = 'dense'"},
             {"solver = 'cg', solver_choice = 'counted'", "key 'solver_choice' has no effect with solver = 'cg'"},
             {"solver = 'cg', preconditioner = 'diagonal', subset_size = 9",
              "key 'subset_size' has no effect with preconditioner = 'diagonal'"},
             {"diag_shift_decay = 0.9, diag_shift_end = 1e-3", "must lie below diag_shift = 0.001"},
             {"diag_shift_end = 1e-4", "key 'diag_shift_end' has no effect with diag_shift_decay = 1"},
             {"diag_shift = 0, diag_shift_decay = 0.9", "key 'diag_shift_decay' has no effect with diag_shift = 0"},
             {"method = 'lm', learning_rate = 0.1", "key 'learning_rate' has no effect with method = 'lm'"},
             {"method = 'lm', solver = 'dense', cg_tol = 1e-7", "key 'cg_tol' has no effect with solver = 'dense'"},
             {"method = 'lbfgs', max_step = 0.1", "key 'max_step' has no effect with method = 'lbfgs'"},
             {"method = 'lbfgs', schedule = 'cosine'", "key 'schedule' has no effect with method = 'lbfgs'"}};
  made m;
  for (int i = 0; i < (int)(sizeof row / sizeof row[0]); i++) {
    RZ_EXPECT_OK(parse(row[i].options, &m));
    rz_optimiser_check(m.config);
    RZ_EXPECT(rz_config_error_count(m.config) == 1);
    RZ_EXPECT(rz_config_report(m.config) == RZ_ERR_DECK && strstr(rz_error_message(), row[i].says) != NULL);
    rz_config_destroy(&m.config);
  }
  RZ_EXPECT(parse("method = 'gradient', diag_shift = 1.0", &m) == RZ_ERR_DECK); /* not its key */
  rz_config_destroy(&m.config);
  static const char *const good[] = {
      "schedule = 'linear', learning_rate_end = 0.1",
      "solver = 'auto', cg_tol = 1e-7, cg_iterations = 9",
      "solver_choice = 'counted', precision = 'mixed', subset_size = 9",
      "solver = 'dense', cg_tol = 1e-6, cg_iterations = 2000, diag_shift_end = 0.0", /* as a printed deck has it */
      "diag_shift_decay = 0.9, diag_shift_end = 1e-4",
  };
  for (int i = 0; i < (int)(sizeof good / sizeof good[0]); i++) {
    RZ_EXPECT_OK(parse(good[i], &m));
    rz_optimiser_check(m.config);
    RZ_EXPECT_OK(rz_config_report(m.config));
    rz_config_destroy(&m.config);
  }
}

/* lambda: damping times the largest element of diag S at first, twice that after a refused step, four times that after
 * the next, and down again as the model holds; the step solves the damped equation. */
static void check_lm(void) {
  static const char *const solver[] = {"dense", "kernel", "cg"};
  for (int q = 0; q < 6; q++) {
    const dense d = make_dense(0);
    const bool diagonal = q >= 3;
    double most = 0, delta[P], want[P], predicted = 0;
    char text[256];
    rz_step_info info;
    bool good = false;
    for (int k = 0; k < P; k++) most = fmax(most, d.s[k][k]);
    snprintf(text, sizeof text, "method = 'lm', damping = 0.01, damping_matrix = '%s', solver = '%s'%s",
             diagonal ? "diagonal" : "identity", solver[q % 3], q % 3 == 2 ? ", cg_tol = 1e-13" : "");
    made m = make(text);
    RZ_EXPECT(rz_optimiser_tries(m.o) && rz_optimiser_wants_jacobian(m.o));
    RZ_EXPECT_OK(rz_optimiser_judge(m.o, 7.0, NULL, &good));
    RZ_EXPECT(good);
    const double lambda[] = {0.01, 0.02, 0.08, 0.64};
    for (int i = 0; i < 4; i++) {
      RZ_EXPECT_OK(step(&m, 0, delta, &info));
      RZ_EXPECT_NEAR(info.diag_shift, lambda[i] * (diagonal ? 1.0 : most), 1e-14);
      solve(&d, diagonal ? 0.0 : lambda[i] * most, diagonal ? lambda[i] : 0.0, d.f, want);
      predicted = -pow(metric(&d, want), 2);
      for (int k = 0; k < P; k++) predicted += 2 * want[k] * d.f[k], want[k] = -want[k];
      expect_near(delta, want, 1e-11, __LINE__);
      RZ_EXPECT(info.learning_rate == 1.0 && !info.at_rest);
      if (i == 3) break;
      RZ_EXPECT_OK(rz_optimiser_judge(m.o, i == 0 ? 7.1 : (double)NAN, NULL, &good));
      RZ_EXPECT(!good);
    }
    /* Half of what was promised: lambda stays; all of it: a third. */
    RZ_EXPECT_OK(rz_optimiser_judge(m.o, 7.0 - 0.5 * predicted, NULL, &good));
    RZ_EXPECT(good);
    RZ_EXPECT_OK(step(&m, 0, delta, &info));
    RZ_EXPECT_NEAR(info.diag_shift, 0.64 * (diagonal ? 1.0 : most), 1e-8);
    RZ_EXPECT_OK(rz_optimiser_judge(m.o, 7.0 - 1.5 * predicted, NULL, &good));
    RZ_EXPECT_OK(step(&m, 0, delta, &info));
    RZ_EXPECT_NEAR(info.diag_shift, 0.64 / 3.0 * (diagonal ? 1.0 : most), 1e-8);
    drop(&m);
  }
}

/* The first step of L-BFGS goes first_step along the gradient; a point that is too high is followed by a shorter one on
 * the same line, and a good one by a direction that the pair has bent. */
static void check_lbfgs(void) {
  made m = make("method = 'lbfgs', first_step = 0.5");
  const dense d = make_dense(0);
  double delta[P], shorter[P], g[P];
  rz_step_info info;
  bool good = false;
  const rz_slope at = {.forces = d.f}, there = {.forces = g};
  RZ_EXPECT(rz_optimiser_tries(m.o) && !rz_optimiser_wants_jacobian(m.o));
  RZ_EXPECT_OK(rz_optimiser_judge(m.o, 7.0, &at, &good));
  RZ_EXPECT_OK(rz_optimiser_step(m.o, 0, &at, delta, &info));
  RZ_EXPECT_NEAR(info.step_norm, 0.5, 1e-14);
  const double size = cblas_dnrm2(P, d.f, 1);
  for (int k = 0; k < P; k++) RZ_EXPECT_NEAR(delta[k], -0.5 * d.f[k] / size, 1e-14);
  for (int k = 0; k < P; k++) g[k] = -d.f[k];
  RZ_EXPECT_OK(rz_optimiser_judge(m.o, 7.0, &there, &good));
  RZ_EXPECT(!good);
  RZ_EXPECT_OK(rz_optimiser_step(m.o, 0, &at, shorter, &info));
  for (int k = 0; k < P; k++) RZ_EXPECT_NEAR(shorter[k], 0.5 * delta[k], 1e-14); /* as a parabola has it */
  /* There the gradient is half of what it was: one secant step on. */
  for (int k = 0; k < P; k++) g[k] = 0.5 * d.f[k];
  RZ_EXPECT_OK(rz_optimiser_judge(m.o, 7.0 - 0.375 * size, &there, &good));
  RZ_EXPECT(good);
  RZ_EXPECT_OK(rz_optimiser_step(m.o, 1, &there, delta, &info));
  for (int k = 0; k < P; k++) RZ_EXPECT_NEAR(delta[k], shorter[k], 1e-13);
  drop(&m);
}

/* auto: few samples, few parameters, many of both; a layer shared by many sites has few parameters. */
static void check_choice(void) {
  static int32_t gather[40 * 40];
  static const struct {
    int d_in, d_out, n_share;
    int64_t n_row;
    const char *solver;
  } row[] = {{40, 160, 1, 1024, "kernel"}, {40, 160, 1, 100000, "cg"}, {10, 10, 1, 100000, "dense"},
             {40, 4, 40, 4096, "dense"},   {40, 4, 40, 32, "kernel"},  {40, 40, 1, 10240, "cg"}};
  for (int i = 0; i < (int)(sizeof row / sizeof row[0]); i++) {
    const rz_layer shape = {.d_in = row[i].d_in,
                            .d_out = row[i].d_out,
                            .n_share = row[i].n_share,
                            .n_x = row[i].d_in,
                            .gather = row[i].n_share > 1 ? gather : NULL};
    rz_layer *l = NULL;
    rz_jacobian *j = NULL;
    RZ_EXPECT_OK(rz_jacobian_create(0, 1, (int64_t)row[i].d_in * row[i].d_out, &j));
    RZ_EXPECT_OK(rz_jacobian_add(j, &shape, true, false, &l));
    const rz_sr_options o = {
        .cg_tol = 1e-6, .preconditioner = "subset", .subset_size = 2048, .replicate = RZ_SR_REPLICATE};
    double seconds[RZ_SR_N_SOLVER];
    rz_sr_costs(&o, &rz_sr_reference_rates, j, row[i].n_row, 1, seconds);
    if (!RZ_EXPECT(strcmp(rz_sr_solver_name[rz_sr_cheapest(seconds)], row[i].solver) == 0))
      fprintf(stderr, "  row %d: %g %g %g s\n", i, seconds[0], seconds[1], seconds[2]);
    rz_jacobian_destroy(&j);
  }
}

static double memory(const char *options, int64_t n_param, int64_t n_sample, int size) {
  made m;
  RZ_EXPECT_OK(parse(options, &m));
  const double bytes = rz_optimiser_memory(m.config, n_param, n_sample, 1, size);
  rz_config_destroy(&m.config);
  return bytes;
}

static void check_memory_formula(void) {
  RZ_EXPECT(memory("solver = 'dense'", 6000, 500, 1) > 8.0 * 6000 * 6000);
  RZ_EXPECT(memory("solver = 'dense'", 6000, 500, 4) < 0.4 * memory("solver = 'dense'", 6000, 500, 1));
  RZ_EXPECT(memory("solver = 'kernel'", 6000, 4000, 1) > 8.0 * 4000 * 4000);
  RZ_EXPECT(memory("solver = 'kernel'", 6000, 4000, 4) < 0.5 * memory("solver = 'kernel'", 6000, 4000, 1));
  RZ_EXPECT(memory("solver = 'cg', subset_size = 1000", 6000, 4000, 1) < 5e7);
  RZ_EXPECT(memory("method = 'lm', solver = 'dense'", 6000, 500, 1) == memory("solver = 'dense'", 6000, 500, 1));
  RZ_EXPECT(memory("method = 'lbfgs', memory = 50", 6000, 500, 1) >= 8.0 * 6000 * 100);
  RZ_EXPECT(memory("method = 'adam'", 6000, 4000, 1) <
            memory("solver = 'cg', preconditioner = 'diagonal'", 6000, 4000, 1));
}

int main(int argc, char **argv) {
  rz_comm world;
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &world));
  comm = &world;
  double total = 0;
  for (int i = 0; i < N; i++) total += weight(i);
  RZ_EXPECT_NEAR(total, 1.0, 1e-15);
  check_gradient();
  check_momentum();
  check_adam();
  check_sr();
  check_schedules();
  check_bound();
  check_rejection();
  check_not_finite();
  check_forces();
  check_state();
  check_choice_is_kept();
  check_options_matter();
  check_deck_rules();
  check_lm();
  check_lbfgs();
  check_choice();
  check_memory_formula();
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  RZ_EXPECT_OK(rz_petsc_stop());
  return rz_check_finish();
}
