/* A small least-squares problem as the training loop sees it, by rows or by forces alone, shared out over ranks. */
#ifndef RITZ_VALIDATION_REGRESSION_FIT_H
#define RITZ_VALIDATION_REGRESSION_FIT_H

#include "check.h"
#include "regression_problems.h"
#include "ritz/core/memory.h"
#include "ritz/drive/train.h"

typedef struct fit {
  const rz_comm *comm;
  const reg_problem *problem;
  rz_params params;
  int64_t calls, fail_at; /* assessments, and which of them fails; -1: none */
  double noise;           /* said of the objective */
  const rz_keeper *keeper;
} fit;

static inline void fit_init(const rz_comm *comm, const reg_problem *p, fit *f) {
  *f = (fit){.comm = comm, .problem = p, .fail_at = -1};
  RZ_EXPECT_OK(rz_params_add(&f->params, "theta", false, 1, (int64_t[]){p->n_param}));
  RZ_EXPECT_OK(rz_params_allocate(&f->params));
  memcpy(f->params.value, p->start, (size_t)p->n_param * sizeof(double));
}

/* Dense rows: one layer without inputs. */
static inline rz_err fit_rows(const fit *f, rz_range mine, rz_assessment *a) {
  const reg_problem *p = f->problem;
  rz_layer *l = NULL;
  RZ_TRY(rz_jacobian_create(mine.count, 1, p->n_param, &a->jacobian));
  RZ_TRY(rz_jacobian_add(a->jacobian, &(rz_layer){.d_in = 1, .d_out = p->n_param, .n_share = 1}, false, false, &l));
  rz_jacobian_about_zero(a->jacobian);
  RZ_TRY(RZ_NEW(mine.count, &a->residual));
  for (int64_t i = 0; i < mine.count; i++) {
    rz_jacobian_weights(a->jacobian)[i] = 1.0 / p->n;
    a->residual[i] = p->residual(p, (int)(mine.first + i), f->params.value, l->d_re + i * p->n_param);
  }
  return RZ_OK;
}

static inline rz_err fit_assess(void *self, rz_assessment *a) {
  fit *f = self;
  const reg_problem *p = f->problem;
  const rz_range mine = rz_share(p->n, f->comm->rank, f->comm->size);
  double sum[REG_MAX_PARAM + 1] = {0}, row[REG_MAX_PARAM];
  RZ_CHECK(f->calls++ != f->fail_at, RZ_ERR_NUM, "injected");
  for (int64_t i = mine.first; i < mine.first + mine.count; i++) {
    const double e = p->residual(p, (int)i, f->params.value, row);
    for (int k = 0; k < p->n_param; k++) sum[k] += row[k] * e / p->n;
    sum[p->n_param] += e * e / p->n;
  }
  RZ_TRY(rz_sum(f->comm, p->n_param + 1, sum));
  a->objective = sum[p->n_param];
  a->error = f->noise;
  if (a->forces)
    memcpy(a->forces, sum, (size_t)p->n_param * sizeof *sum);
  else
    RZ_TRY(fit_rows(f, mine, a));
  a->field[a->n_field++] = (rz_field){.name = "loss", .type = RZ_FIELD_REAL, .real = a->objective};
  return RZ_OK;
}

static inline rz_err fit_update(void *self) {
  (void)self;
  return RZ_OK;
}

static inline rz_err fit_state(void *self, rz_array_visit *visit, void *ctx) {
  (void)self, (void)visit, (void)ctx;
  return RZ_OK;
}

static inline rz_err train(fit *f, const char *method, int64_t iterations, rz_train_result *result) {
  static const rz_option run_rows[] = {RZ_ROW_CHOICE("study", NULL, NULL, "study")};
  static const char *const groups[] = {"!run", "optimiser", NULL};
  static const rz_study_groups study = {"fit", "fit", groups};
  static rz_option_group list[2];
  static rz_schema schema;
  char text[512];
  rz_config *config = NULL;
  rz_optimiser *o = NULL;
  list[0] = (rz_option_group){"run", "run", NULL, run_rows, 1, NULL, 0};
  list[1] = *rz_optimiser_options();
  schema = (rz_schema){list, 2, &study, 1};
  const int n = snprintf(text, sizeof text, "&run study = 'fit' /\n&optimiser method = %s /\n", method);
  RZ_EXPECT_OK(rz_config_parse("fit.nml", text, n, &schema, &config));
  rz_optimiser_check(config);
  RZ_EXPECT_OK(rz_config_report(config));
  RZ_EXPECT_OK(rz_optimiser_create(config, f->params.n, f->comm, &o));
  const rz_train_spec spec = {.iterations = iterations,
                              .max_rejections = 12,
                              .spike_relative = 1e-3,
                              .mobility_drop = 10,
                              .steps_per_turn = rz_config_int(config, "optimiser", "steps_per_turn"),
                              .objective_name = "loss",
                              .error_name = "error",
                              .report_every = 1};
  const rz_problem problem = {
      .self = f, .params = &f->params, .assess = fit_assess, .update = fit_update, .state = fit_state, .agrees = true};
  const rz_err rc = rz_train(&spec, &problem, o, f->comm, f->keeper, NULL, NULL, result);
  rz_optimiser_destroy(&o);
  rz_config_destroy(&config);
  return rc;
}

#endif
