/* study = 'hamiltonian_network': learn a law of motion from data, and tell how well it is known. */
#include "studies.h"

#include "keeping.h"
#include "learning.h"
#include "motion.h"
#include "output.h"
#include "parameters.h"
#include "ritz/core/clock.h"
#include "ritz/learn/fit.h"
#include "rollout.h"
#include "text.h"
#include <math.h>

static const char *const groups[] = {"!run", "system",     "!data",   "!network", "optimiser",
                                     "fit",  "integrator", "rollout", "sweep",    NULL};

static rz_err check(rz_config *config, int n_rank, FILE *out) {
  rz_motion m;
  rz_optimiser_check(config);
  if (rz_optimiser_method_tries(config) && rz_config_int(config, "data", "batch") > 0)
    rz_config_error(
        config, "data", "batch",
        "method = '%s' compares the losses of two steps, which must be those of the same states: no batches",
        rz_config_string(config, "optimiser", "method"));
  rz_fit_check(config);
  RZ_TRY(rz_motion_create(config, &m));
  const rz_err rc = rz_rollout_check(config, &m);
  fprintf(out, "! law %s: %s\n", m.law->cls->name, m.law->cls->about);
  fprintf(out, "! states %lld for training, %lld for the test, of %d numbers; parameters %lld\n",
          (long long)m.data.n_train, (long long)m.data.n_test, 2 * m.data.n_degree, (long long)m.law->params.n);
  if (!m.law->cls->linear)
    fprintf(out, "! memory of the solve on each of %d rank%s: %.1f MB\n", n_rank, n_rank > 1 ? "s" : "",
            rz_optimiser_memory(config, m.law->params.n, m.data.n_train * 2 * m.data.n_degree, 1, n_rank) / 1e6);
  rz_motion_free(&m);
  return rc;
}

/* --- run --------------------------------------------------------------------------------------------------------- */

typedef struct network_run {
  const rz_run *run;
  rz_motion m;
  rz_output output;
  rz_keeping keeping;
  rz_optimiser *optimiser;
  rz_learning learning;
  rz_train_result trained;
  rz_rollout rollout;
  int64_t n_outside; /* test states outside the range of the training */
  double train_error, test_error, field_error;
} network_run;

/* A loss without noise that is a thousand times higher than before is no step of a descent, whatever the method. */
static const rz_train_spec default_train = {.max_rejections = 30,
                                            .spike_sigma = 10.0,
                                            .spike_relative = 1e3,
                                            .mobility_drop = 10.0,
                                            .objective_name = "loss",
                                            .error_name = "error"};

enum { REPORTS = 20 }; /* progress lines in a log file */

static rz_err train(network_run *r) {
  const rz_run *run = r->run;
  rz_config *config = run->config;
  rz_train_spec spec = default_train;
  spec.iterations = rz_config_int(config, "optimiser", "iterations");
  spec.steps_per_turn = rz_config_int(config, "optimiser", "steps_per_turn");
  spec.report_every = spec.iterations / REPORTS;
  RZ_TRY(rz_learning_create(run->comm, r->m.law, &r->m.data, (uint64_t)rz_config_int(config, "run", "seed"),
                            rz_config_int(config, "data", "batch"), rz_config_bool(config, "run", "reproducible"),
                            &r->learning));
  RZ_TRY(rz_agree(run->comm, rz_optimiser_create(config, r->m.law->params.n, run->comm, &r->optimiser)));
  RZ_TRY(rz_output_begin_trace(&r->output));
  const rz_problem problem = rz_learning_problem(&r->learning);
  RZ_TRY(
      rz_train(&spec, &problem, r->optimiser, run->comm, &r->keeping.keeper, r->output.trace, run->log, &r->trained));
  rz_keeping_pause(&r->keeping);
  return rz_output_say(&r->output, "trained   %lld steps in %.2f s, %lld undone\n", (long long)r->trained.n_step,
                       r->trained.seconds, (long long)r->trained.n_rejected);
}

/* Solves without steps that a trace could follow; they end too soon to be stopped in between. */
static rz_err fit(network_run *r) {
  const rz_dataset *d = &r->m.data;
  const rz_range share = rz_share(d->n_train, r->run->comm->rank, r->run->comm->size);
  const int64_t first = share.first * 2 * d->n_degree, n_param = r->m.law->params.n;
  const rz_fit_spec spec = rz_fit_read(r->run->config);
  const double start = rz_wall_time();
  rz_fit_info info;
  const rz_err rc = rz_law_fit(r->m.law, r->run->comm, share.count, d->x + first, d->target + first, &spec, &info);
  if (rc == RZ_ERR_INPUT) { /* data that do not fit the law */
    rz_config_error(r->run->config, "network", "model", "%s", rz_error_message());
    return rz_config_report(r->run->config);
  }
  RZ_TRY(rc);
  RZ_TRY(rz_output_say(&r->output, "fitted    %lld numbers in %.3f s: rank %lld of %lld, condition %.1e\n",
                       (long long)info.solve.n_row, rz_wall_time() - start, (long long)info.solve.rank,
                       (long long)n_param, info.solve.condition));
  if (info.n_iteration > 0)
    RZ_TRY(rz_output_say(&r->output, "noise     %.3g of the states, %.3g of the targets, found in %d steps\n",
                         info.input_noise, info.target_noise, info.n_iteration));
  if (info.n_iteration > 0 && !info.converged)
    rz_log_flag(r->run->log, "fit_not_converged", "the fit with errors in variables still moved in its last step");
  return RZ_OK;
}

static rz_err learn(network_run *r) {
  const bool linear = r->m.law->cls->linear;
  if (!linear) RZ_TRY(train(r));
  return linear || rz_fit_read(r->run->config).errors_in_variables ? fit(r) : RZ_OK;
}

/* What the rollout builds on. */
static rz_err walk_learned(void *ctx, rz_array_visit *visit, void *visit_ctx) {
  network_run *r = ctx;
  RZ_TRY(rz_params_each(&r->m.law->params, visit, visit_ctx));
  return rz_train_result_state(&r->trained, visit, visit_ctx);
}

static rz_err take_up_learned(void *ctx) {
  network_run *r = ctx;
  return rz_agree(r->run->comm, rz_law_update(r->m.law));
}

static rz_err follow(network_run *r) {
  r->keeping.base = walk_learned;
  r->keeping.base_ctx = r;
  r->keeping.taken_up = take_up_learned;
  RZ_TRY(rz_rollout_run(r->run->config, r->run->comm, &r->m, &r->keeping.keeper, &r->rollout));
  rz_keeping_pause(&r->keeping);
  return RZ_OK;
}

static rz_err measure(network_run *r) {
  const rz_dataset *d = &r->m.data;
  const int64_t test = d->n_train * 2 * d->n_degree;
  r->n_outside = rz_law_outside(r->m.law, d->n_test, d->x + test);
  if (r->n_outside > 0)
    rz_log_flag(r->run->log, "extrapolated",
                "%lld of %lld test states lie outside the range of the training data: their errors say nothing about "
                "the states within",
                (long long)r->n_outside, (long long)d->n_test);
  RZ_TRY(rz_learning_error(r->m.law, d->n_train, d->x, d->target, &r->train_error));
  RZ_TRY(rz_learning_error(r->m.law, d->n_test, d->x + test, d->target + test, &r->test_error));
  return rz_motion_field_error(&r->m, &r->field_error);
}

static rz_err say_errors(network_run *r) {
  RZ_TRY(rz_output_say(&r->output, "loss      %.6e in training, %.6e in the test (mean squared error per component)\n",
                       r->train_error, r->test_error));
  if (isnan(r->field_error)) return RZ_OK;
  return rz_output_say(&r->output, "field     %.6e from the true one, at states without noise\n", r->field_error);
}

static rz_err write_errors(network_run *r) {
  static const char units[] = "square of the targets' units";
  rz_results *out = r->output.results;
  RZ_TRY(rz_results_f64(out, "/learned/train_error", r->train_error, units, "mean squared error of the training data"));
  RZ_TRY(rz_results_f64(out, "/learned/test_error", r->test_error, units, "mean squared error of the test data"));
  RZ_TRY(rz_results_i64(out, "/learned/n_outside", r->n_outside,
                        "states of the test outside the range of the training data"));
  if (isnan(r->field_error)) return RZ_OK;
  return rz_results_f64(out, "/learned/field_error", r->field_error, units,
                        "mean squared distance from the true field, at states without noise");
}

static rz_err write_results(network_run *r) {
  RZ_TRY(say_errors(r));
  RZ_TRY(rz_rollout_say(&r->output, &r->rollout));
  RZ_TRY(rz_text_warnings(&r->output));
  RZ_TRY(rz_output_begin_results(&r->output));
  if (!r->output.results) return RZ_OK;
  RZ_TRY(rz_output_history(&r->output, &r->trained));
  RZ_TRY(write_errors(r));
  RZ_TRY(rz_rollout_write(&r->output, &r->rollout));
  RZ_TRY(rz_parameters_write(r->output.results, &r->m.law->params));
  return rz_results_attr_text(r->output.results, "/parameters", "model", r->m.law->cls->name);
}

static rz_err say_header(network_run *r) {
  const rz_motion *m = &r->m;
  if (m->system) RZ_TRY(rz_output_say(&r->output, "system    %s: %s\n", m->system->cls->name, m->system->cls->about));
  RZ_TRY(rz_output_say(&r->output, "data      %lld states for training, %lld for the test\n",
                       (long long)m->data.n_train, (long long)m->data.n_test));
  RZ_TRY(rz_output_say(&r->output, "law       %s: %s, %lld parameters\n", m->law->cls->name, m->law->cls->about,
                       (long long)m->law->params.n));
  return rz_output_say(&r->output, "ranks     %d\n", r->run->comm->size);
}

static rz_err run_all(network_run *r) {
  const rz_run *run = r->run;
  RZ_TRY(rz_agree(run->comm, rz_motion_create(run->config, &r->m)));
  RZ_TRY(rz_agree(run->comm, rz_rollout_check(run->config, &r->m)));
  RZ_TRY(rz_output_open(run, rz_motion_subject(&r->m), !r->m.law->cls->linear, &r->output));
  RZ_TRY(say_header(r));
  RZ_TRY(rz_keeping_begin(&r->output, &r->keeping));
  if (!rz_keeping_resumes(&r->keeping, "rollout")) RZ_TRY(learn(r));
  RZ_TRY(follow(r));
  RZ_TRY(rz_agree(run->comm, measure(r)));
  return rz_output_commit(&r->output, rz_agree(run->comm, write_results(r)));
}

static rz_err run(const rz_run *run) {
  network_run r = {.run = run};
  const rz_err rc = run_all(&r);
  rz_rollout_free(&r.rollout);
  rz_history_free(&r.trained.history);
  rz_optimiser_destroy(&r.optimiser);
  rz_learning_free(&r.learning);
  rz_keeping_end(&r.keeping);
  rz_output_close(&r.output);
  rz_motion_free(&r.m);
  return rc;
}

const rz_study_class rz_study_hamiltonian_network = {
    "hamiltonian_network", "learn a law of motion from data: fields, Hamiltonians, potentials, symplectic maps", groups,
    check, run};
