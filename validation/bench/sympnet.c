/* modules: drive optimise learn dynamics net solve store linalg core */
/* Symplectic maps on the published pendulum (validation/pendulum_pairs.h) through the training loop: Adam as published
 * (50,000 steps, rate 1e-3) and Levenberg-Marquardt, five seeds each; losses of training and test and CPU-s of the
 * training alone. Then what one call costs. Published, in PyTorch: LA 5.1e-10, 5.9e-10 in 43.9 CPU-s, G 2.3e-8, 1.1e-6
 * in 55.4. */
#include "pendulum_pairs.h"
#include "ritz/core/clock.h"
#include "ritz/core/memory.h"
#include "ritz/drive/train.h"
#include "ritz/linalg/blas.h"
#include "slices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct problem {
  rz_law *law;
  const double *x;
} problem;

static rz_err assess(void *self, rz_assessment *a) {
  const problem *t = self;
  const double w = 1.0 / (2 * N_TRAIN);
  double e[2 * N_TRAIN];
  RZ_TRY(t->law->cls->apply(t->law, N_TRAIN, t->x, e));
  a->objective = 0.0;
  for (int i = 0; i < 2 * N_TRAIN; i++) {
    e[i] -= t->x[i + 2];
    a->objective += w * e[i] * e[i];
  }
  if (!a->forces) {
    RZ_TRY(rz_law_jacobian(t->law, N_TRAIN, t->x, w, &a->jacobian));
    RZ_TRY(RZ_NEW(2 * N_TRAIN, &a->residual));
    memcpy(a->residual, e, sizeof e);
    return RZ_OK;
  }
  for (int i = 0; i < 2 * N_TRAIN; i++) e[i] *= w;
  memset(a->forces, 0, sizeof(double) * (size_t)t->law->params.n);
  return t->law->cls->pull(t->law, N_TRAIN, t->x, e, a->forces);
}

static rz_err update(void *self) { return rz_law_update(((problem *)self)->law); }

static rz_err state(void *self, rz_array_visit *visit, void *ctx) {
  (void)self, (void)visit, (void)ctx;
  return RZ_OK;
}

/* config: made here, owned by the caller, and in use as long as the optimiser. */
static rz_err make_optimiser(const rz_comm *comm, const char *options, int64_t n_param, rz_config **config,
                             rz_optimiser **out) {
  static const rz_option run[] = {RZ_ROW_STRING("study", NULL, "kind of run")};
  static const char *const names[] = {"run", "!optimiser", NULL};
  static const rz_study_groups studies[] = {{"fit", "training alone", names}};
  static rz_option_group group[2];
  static rz_schema schema;
  group[0] = (rz_option_group){.name = "run", .about = "the run", .rows = run, .n_rows = 1};
  group[1] = *rz_optimiser_options();
  schema = (rz_schema){group, 2, studies, 1};
  char deck[512];
  const int n = snprintf(deck, sizeof deck, "&run study = 'fit' /\n&optimiser %s /\n", options);
  RZ_TRY(rz_config_parse("deck.nml", deck, n, &schema, config));
  return rz_optimiser_create(*config, n_param, comm, out);
}

static rz_err one_training(const rz_comm *comm, const char *network, const char *options, int64_t iterations,
                           uint64_t seed, const double *x) {
  problem t = {.x = x};
  rz_config *config = NULL;
  rz_optimiser *o = NULL;
  rz_train_result result = {0};
  double train = NAN, test = NAN;
  rz_err rc;
  RZ_TRY_DONE(rc, made_law("sympnet", network, 1, seed, &t.law));
  RZ_TRY_DONE(rc, make_optimiser(comm, options, t.law->params.n, &config, &o));
  const rz_train_spec spec = {.iterations = iterations,
                              .max_rejections = 20,
                              .spike_sigma = 1e3,
                              .spike_relative = 1e300, /* Adam goes over bumps */
                              .mobility_drop = 1e3,
                              .steps_per_turn = 1000};
  const rz_problem p = {.self = &t, .params = &t.law->params, .assess = assess, .update = update, .state = state};
  double start = rz_cpu_time();
  RZ_TRY_DONE(rc, rz_train(&spec, &p, o, comm, NULL, NULL, NULL, &result));
  const double spent = slices_lap(&start);
  RZ_TRY_DONE(rc, pair_loss(t.law, N_TRAIN, x, &train));
  RZ_TRY_DONE(rc, pair_loss(t.law, N_TEST, x + 2 * N_TRAIN, &test));
  printf("  %4d %9lld   %.2e   %.2e   %8.4f   %7.3f\n", (int)seed, (long long)result.n_step, train, test, spent,
         1e6 * spent / (double)(result.n_step ? result.n_step : 1));
done:
  rz_history_free(&result.history);
  rz_optimiser_destroy(&o);
  rz_config_destroy(&config);
  rz_law_destroy(&t.law);
  return rc;
}

static rz_err trainings(const rz_comm *comm, const double *x) {
  static const struct {
    const char *name, *network, *options;
    int64_t iterations;
  } method[] = {
      {"LA, Adam", "", "method = 'adam', learning_rate = 1e-3", 50000},
      {"LA, Adam, rate falling to 1e-5", "",
       "method = 'adam', learning_rate = 1e-3, schedule = 'cosine', learning_rate_end = 1e-5", 50000},
      {"LA, Levenberg-Marquardt", "", "method = 'lm', solver = 'dense', damping_matrix = 'diagonal'", 3000},
      {"G, Adam", ", form = 'g', layers = 5, width = 30", "method = 'adam', learning_rate = 1e-3", 50000},
      {"G, Levenberg-Marquardt", ", form = 'g', layers = 5, width = 30, init_width = 0.5",
       "method = 'lm', solver = 'kernel'", 300},
  };
  for (int m = 0; m < (int)(sizeof method / sizeof method[0]); m++) {
    printf("%s\n  seed     steps      train       test      CPU-s   us/step\n", method[m].name);
    for (uint64_t seed = 1; seed <= 5; seed++)
      RZ_TRY(one_training(comm, method[m].network, method[m].options, method[m].iterations, seed, x));
  }
  return RZ_OK;
}

/* ns of one call for the states of the training, which change a little from call to call. */
static rz_err calls(const char *name, const char *network, const double *pairs) {
  enum { CALLS = 20000, SLICES = 30 };
  enum { APPLY, APPLY_PULL, FACTORS, N_CALL };
  slices s[N_CALL] = {{0}};
  double x[2 * N_TRAIN], out[2 * N_TRAIN], *grad = NULL;
  rz_law *l = NULL;
  rz_jacobian *j = NULL;
  rz_err rc;
  memcpy(x, pairs, sizeof x);
  RZ_TRY_DONE(rc, made_law("sympnet", network, 1, 1, &l));
  RZ_TRY_DONE(rc, RZ_NEW0(l->params.n, &grad));
  RZ_TRY_DONE(rc, rz_law_jacobian(l, N_TRAIN, x, 1.0, &j));
  for (int k = 0; k < SLICES; k++)
    for (int what = 0; what < N_CALL; what++) {
      double t = rz_cpu_time();
      const int count = l->params.n > 100 ? CALLS / 20 : CALLS;
      for (int i = 0; i < count; i++) {
        x[0] += 1e-12;
        if (what != FACTORS) RZ_TRY_DONE(rc, l->cls->apply(l, N_TRAIN, x, out));
        if (what == APPLY_PULL) RZ_TRY_DONE(rc, l->cls->pull(l, N_TRAIN, x, out, grad));
        if (what == FACTORS) RZ_TRY_DONE(rc, l->cls->factors(l, N_TRAIN, x, 0, j));
      }
      slices_add(&s[what], 1e9 * slices_lap(&t) / count);
    }
  printf("%-12s %8.0f %8.0f   %8.0f %8.0f   %8.0f %8.0f\n", name, slices_least(&s[APPLY]), slices_median(&s[APPLY]),
         slices_least(&s[APPLY_PULL]), slices_median(&s[APPLY_PULL]), slices_least(&s[FACTORS]),
         slices_median(&s[FACTORS]));
done:
  rz_jacobian_destroy(&j);
  rz_law_destroy(&l);
  rz_free(&grad);
  return rc;
}

static rz_err run(void) {
  double x[2 * (N_TRAIN + N_TEST + 1)];
  rz_comm comm;
  RZ_TRY(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  RZ_TRY(pendulum_pairs(x));
  RZ_TRY(trainings(&comm, x));
  printf("ns for %d states: apply, apply and pull, factors; least and median of 30 slices each\n", N_TRAIN);
  RZ_TRY(calls("LA", "", x));
  return calls("G, 5 x 30", ", form = 'g', layers = 5, width = 30", x);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  printf("%s\n", rz_blas_setup());
  const rz_err rc = run();
  if (rc != RZ_OK) fprintf(stderr, "%s\n%s", rz_error_message(), rz_error_traceback());
  MPI_Finalize();
  return rc == RZ_OK ? 0 : rz_err_exit_code(rc);
}
