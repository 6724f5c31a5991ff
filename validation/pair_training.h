/* Symplectic maps trained on the pairs of a pendulum, through the training loop. */
#ifndef RITZ_VALIDATION_PAIR_TRAINING_H
#define RITZ_VALIDATION_PAIR_TRAINING_H

#include "pendulum_pairs.h"
#include "ritz/core/memory.h"
#include "ritz/drive/train.h"

/* One rank's: it has all pairs. */
typedef struct pair_training {
  rz_comm comm;
  rz_law *law;
  const double *x; /* of pendulum_pairs */
  rz_config *config;
  rz_optimiser *optimiser;
} pair_training;

static inline rz_err assess_pairs(void *self, rz_assessment *a) {
  const pair_training *t = self;
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

static inline rz_err update_pairs(void *self) { return rz_law_update(((pair_training *)self)->law); }

static inline rz_err state_of_pairs(void *self, rz_array_visit *visit, void *ctx) {
  (void)self, (void)visit, (void)ctx;
  return RZ_OK;
}

/* optimiser: keys of the group. On error pair_training_free still runs. */
static inline rz_err pair_training_make(const char *network, const char *optimiser, uint64_t seed, const double *x,
                                        pair_training *t) {
  static const rz_option run[] = {RZ_ROW_STRING("study", NULL, "kind of run")};
  static const char *const names[] = {"run", "!optimiser", NULL};
  static const rz_study_groups studies[] = {{"fit", "training alone", names}};
  static rz_option_group group[2];
  static rz_schema schema;
  group[0] = (rz_option_group){.name = "run", .about = "the run", .rows = run, .n_rows = 1};
  group[1] = *rz_optimiser_options();
  schema = (rz_schema){group, 2, studies, 1};
  char deck[512];
  *t = (pair_training){.x = x};
  RZ_TRY(rz_comm_wrap(MPI_COMM_SELF, &t->comm));
  RZ_TRY(made_law("sympnet", network, 1, seed, &t->law));
  const int n = snprintf(deck, sizeof deck, "&run study = 'fit' /\n&optimiser %s /\n", optimiser);
  RZ_TRY(rz_config_parse("deck.nml", deck, n, &schema, &t->config));
  return rz_optimiser_create(t->config, t->law->params.n, &t->comm, &t->optimiser);
}

static inline void pair_training_free(pair_training *t) {
  rz_optimiser_destroy(&t->optimiser);
  rz_config_destroy(&t->config);
  rz_law_destroy(&t->law);
}

static inline rz_err pair_training_run(pair_training *t, int64_t iterations, int64_t *n_step) {
  const rz_train_spec spec = {.iterations = iterations,
                              .max_rejections = 20,
                              .spike_sigma = 1e3,
                              .spike_relative = 1e300, /* Adam goes over bumps */
                              .mobility_drop = 1e3,
                              .steps_per_turn = 1000};
  const rz_problem p = {
      .self = t, .params = &t->law->params, .assess = assess_pairs, .update = update_pairs, .state = state_of_pairs};
  rz_train_result result = {0};
  const rz_err rc = rz_train(&spec, &p, t->optimiser, &t->comm, NULL, NULL, NULL, &result);
  *n_step = result.n_step;
  rz_history_free(&result.history);
  return rc;
}

#endif
