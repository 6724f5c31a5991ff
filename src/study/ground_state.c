/* study = 'ground_state': train a quantum state, freeze it, measure it, and compare it with the exact answer. */
#include "studies.h"

#include "convergence.h"
#include "guards.h"
#include "keeping.h"
#include "output.h"
#include "quantum.h"
#include "quantum_output.h"
#include "reproducible.h"
#include "ritz/core/memory.h"
#include "state_file.h"
#include "text.h"
#include <math.h>
#include <string.h>

static const char *const groups[] = {"!run",      "!lattice", "!hamiltonian", "sector", "!ansatz", "sampler",
                                     "optimiser", "evaluate", "reference",    "sweep",  NULL};

/* --- check ------------------------------------------------------------------------------------------------------- */

static double sample_count(const rz_config *config, const rz_quantum *q) {
  if (strcmp(rz_config_string(config, "sampler", "method"), "full_sum") != 0)
    return (double)rz_config_int(config, "sampler", "samples");
  return rz_sector_dimension(q->ansatz->n_site, q->model->fixed_sz, q->model->n_up);
}

/* Numbers of a sample in the Jacobian: its shape does not ask for samples. */
static rz_err factor_count(const rz_ansatz *a, int64_t *n) {
  rz_jacobian *j = NULL;
  RZ_TRY(rz_ansatz_layers(a, 0, &j));
  *n = rz_jacobian_pack_size(j);
  rz_jacobian_destroy(&j);
  return RZ_OK;
}

static rz_err print_sizes(const rz_config *config, const rz_quantum *q, int n_rank, FILE *out) {
  int64_t n_factor = 0;
  RZ_TRY(factor_count(q->ansatz, &n_factor));
  const double n_sample = sample_count(config, q);
  const double dim = rz_sector_dimension(q->ansatz->n_site, q->model->fixed_sz, q->model->n_up);
  const double solve =
      rz_optimiser_memory(config, q->ansatz->params.n, (int64_t)n_sample, rz_ansatz_n_comp(q->ansatz), n_rank);
  const double factors = n_sample / n_rank * 8.0 * (double)n_factor;
  const double walkers = rz_sampler_memory(config, q->ansatz, n_rank);
  fprintf(out, "! %s\n", q->model->formula);
  fprintf(out, "! sites %d, sector dimension %.0f, parameters %lld, samples per step %.0f\n", q->ansatz->n_site, dim,
          (long long)q->ansatz->params.n, n_sample);
  fprintf(out, "! memory on each of %d rank%s: %.1f MB (walkers %.1f, factors %.1f, solve %.1f)\n", n_rank,
          n_rank > 1 ? "s" : "", (walkers + factors + solve) / 1e6, walkers / 1e6, factors / 1e6, solve / 1e6);
  return RZ_OK;
}

static rz_err check(rz_config *config, int n_rank, FILE *out) {
  rz_quantum q;
  rz_optimiser_check(config);
  rz_reference_check(config);
  RZ_TRY(rz_quantum_check(config, n_rank, &q));
  rz_err rc = rz_reproducible_check(&q);
  if (rc == RZ_OK) rc = print_sizes(config, &q, n_rank, out);
  rz_quantum_print_evaluation(q.model, q.observables, out);
  if (rc == RZ_OK) rc = rz_guards_check_deck(&q, out);
  rz_quantum_free(&q);
  return rc;
}

/* --- run --------------------------------------------------------------------------------------------------------- */

typedef struct ground_state {
  const rz_run *run;
  rz_quantum q;
  rz_output output;
  rz_keeping keeping;
  rz_reference reference;
  rz_optimiser *optimiser;
  rz_observables *exact_observables;
  rz_train_result trained;
  rz_evaluation evaluation;
  double fidelity;
} ground_state;

static const rz_train_spec default_train = {.max_rejections = 12,
                                            .spike_sigma = 10.0,
                                            .spike_relative = 1e-3,
                                            .blameless_step = 1e-3,
                                            .mobility_drop = 10.0,
                                            .objective_name = "energy",
                                            .error_name = "error"};

/* Undone steps, as a fraction, that are worth a warning. */
static const double MAX_REJECTED = 0.1;

/* Progress lines in a log file. */
enum { REPORTS = 20 };

static rz_err report_training(ground_state *g) {
  const rz_run *run = g->run;
  /* Every step undone makes the next ones shorter: a run of many has hardly been trained as its deck says. */
  if ((double)g->trained.n_rejected > MAX_REJECTED * (double)g->trained.n_step)
    rz_log_flag(run->log, "steps_undone",
                "%lld of %lld steps were undone and repeated with more caution than the deck asks for; last: %s",
                (long long)g->trained.n_rejected, (long long)g->trained.n_step, g->trained.last_reason);
  if (g->trained.n_fell_back > 0)
    rz_log_flag(
        run->log, "solver_fell_back",
        "%lld steps were solved by eigen-decomposition, for the matrix of the natural gradient was not positive "
        "definite: raise diag_shift or samples",
        (long long)g->trained.n_fell_back);
  rz_convergence_warn(run->log, &g->trained);
  RZ_TRY(rz_output_say(&g->output, "trained   %lld steps in %.1f s, %lld undone\n", (long long)g->trained.n_step,
                       g->trained.seconds, (long long)g->trained.n_rejected));
  return rz_convergence_say(&g->output, &g->trained);
}

static rz_err train(ground_state *g) {
  const rz_run *run = g->run;
  rz_train_spec spec = default_train;
  spec.iterations = rz_config_int(run->config, "optimiser", "iterations");
  spec.steps_per_turn = rz_config_int(run->config, "optimiser", "steps_per_turn");
  spec.report_every = spec.iterations / REPORTS;
  if (rz_config_bool(run->config, "optimiser", "stop_at_plateau"))
    spec.stop_window = rz_config_int(run->config, "optimiser", "plateau_window");
  RZ_TRY(rz_agree(run->comm, rz_optimiser_create(run->config, g->q.ansatz->params.n, run->comm, &g->optimiser)));
  RZ_TRY(rz_agree(run->comm, rz_sampler_start(g->q.sampler, g->q.ansatz)));
  RZ_TRY(rz_output_begin_trace(&g->output));
  rz_problem problem = rz_quantum_problem(&g->q);
  RZ_TRY(
      rz_train(&spec, &problem, g->optimiser, run->comm, &g->keeping.keeper, g->output.trace, run->log, &g->trained));
  rz_keeping_pause(&g->keeping);
  return report_training(g);
}

/* What the evaluation builds on. */
static rz_err walk_trained(void *ctx, rz_array_visit *visit, void *visit_ctx) {
  ground_state *g = ctx;
  RZ_TRY(rz_params_each(&g->q.ansatz->params, visit, visit_ctx));
  return rz_train_result_state(&g->trained, visit, visit_ctx);
}

static rz_err take_up_trained(void *ctx) {
  ground_state *g = ctx;
  RZ_TRY(rz_agree(g->run->comm, rz_ansatz_update(g->q.ansatz)));
  return report_training(g);
}

static rz_err measure(ground_state *g) {
  const rz_run *run = g->run;
  g->keeping.base = walk_trained;
  g->keeping.base_ctx = g;
  g->keeping.taken_up = take_up_trained;
  RZ_TRY(rz_agree(run->comm, rz_quantum_observables(run->config, g->q.model, &g->exact_observables)));
  RZ_TRY(rz_evaluate(run->config, &g->keeping.keeper, g->q.model, g->q.ansatz, g->q.sampler, g->q.observables,
                     run->comm, run->log, &g->evaluation));
  rz_keeping_pause(&g->keeping);
  return rz_reference_fidelity(&g->reference, g->q.ansatz, run->comm, &g->fidelity);
}

/* Correlations of a degenerate ground space depend on the state chosen in it: they are not compared. */
static rz_err exact_observables(ground_state *g, const rz_measured **exact) {
  *exact = NULL;
  if (!g->reference.ground || g->reference.n_ground != 1 || g->evaluation.n_measured == 0) return RZ_OK;
  int n;
  RZ_TRY(rz_observables_exact(g->exact_observables, &g->reference.sector, g->reference.ground[0], &n, exact));
  RZ_CHECK(n == g->evaluation.n_measured, RZ_ERR_INTERNAL, "%d observables measured, %d exact",
           g->evaluation.n_measured, n);
  return RZ_OK;
}

static rz_err write_results(ground_state *g) {
  const rz_measured *exact;
  RZ_TRY(exact_observables(g, &exact));
  rz_text_warn_frozen(&g->output, g->q.model, &g->evaluation);
  RZ_TRY(rz_text_energy(&g->output, &g->evaluation, g->q.ansatz->n_site));
  RZ_TRY(rz_text_comparison(&g->output, &g->evaluation, &g->reference, g->fidelity));
  RZ_TRY(rz_convergence_say_extrapolated(&g->output, &g->trained, &g->evaluation));
  RZ_TRY(rz_text_observables(&g->output, g->evaluation.n_measured, g->evaluation.measured, exact));
  RZ_TRY(rz_text_warnings(&g->output));
  RZ_TRY(rz_output_begin_results(&g->output));
  RZ_TRY(rz_quantum_write_energy(&g->output, g->q.model, &g->evaluation));
  RZ_TRY(rz_quantum_write_temple(&g->output, &g->evaluation, &g->reference));
  RZ_TRY(rz_convergence_write_extrapolated(&g->output, &g->trained, &g->evaluation));
  RZ_TRY(rz_quantum_write_observables(&g->output, g->evaluation.n_measured, g->evaluation.measured, exact));
  RZ_TRY(rz_output_history(&g->output, &g->trained));
  RZ_TRY(rz_convergence_write(&g->output, &g->trained));
  RZ_TRY(rz_quantum_write_reference(&g->output, &g->reference));
  if (!g->output.results) return RZ_OK;
  if (!isnan(g->fidelity))
    RZ_TRY(rz_results_f64(g->output.results, "/exact/fidelity", g->fidelity, "1",
                          "weight of the state in the exact ground space"));
  return rz_state_file_write(g->output.results, g->q.ansatz);
}

static rz_err write_state(ground_state *g) {
  RZ_TRY(rz_text_warnings(&g->output));
  RZ_TRY(rz_output_begin_results(&g->output));
  RZ_TRY(rz_output_history(&g->output, &g->trained));
  RZ_TRY(rz_convergence_write(&g->output, &g->trained));
  RZ_TRY(rz_quantum_write_reference(&g->output, &g->reference));
  return g->output.results ? rz_state_file_write(g->output.results, g->q.ansatz) : RZ_OK;
}

/* A run that failed after its first steps keeps what it has: the last good parameters and the trace, with the reason in
 * /summary and without any measured energy. The failure itself is what the caller gets to see. */
static rz_err salvage(ground_state *g, rz_err failure) {
  if (failure != RZ_ERR_NUM || g->trained.n_step == 0) return failure;
  char reason[1024];
  snprintf(reason, sizeof reason, "%s", rz_error_message());
  RZ_TRY(rz_output_say(&g->output, "failed    %s\n          the last good state is kept, no energy was measured\n",
                       reason));
  RZ_TRY(rz_output_commit(&g->output, rz_agree(g->run->comm, write_state(g))));
  RZ_FAIL(failure, "%s", reason);
}

static rz_err run_all(ground_state *g) {
  const rz_run *run = g->run;
  rz_optimiser_check(run->config);
  rz_reference_check(run->config);
  RZ_TRY(rz_quantum_create(run->config, run->comm, &g->q));
  RZ_TRY(rz_agree(run->comm, rz_reproducible_check(&g->q)));
  RZ_TRY(rz_output_open(run, rz_quantum_subject(g->q.model), true, &g->output));
  RZ_TRY(rz_text_header(&g->output, g->q.model, g->q.ansatz));
  RZ_TRY(rz_guards_check(&g->q, run->log));
  RZ_TRY(rz_reference_find(run->config, g->q.model, run->comm, run->log, &g->reference));
  RZ_TRY(rz_text_reference(&g->output, &g->reference));
  RZ_TRY(rz_keeping_begin(&g->output, &g->keeping));
  rz_err rc = rz_keeping_resumes(&g->keeping, "evaluate") ? rz_output_begin_trace(&g->output) : train(g);
  if (rc == RZ_OK) rc = measure(g);
  RZ_TRY(salvage(g, rc));
  return rz_output_commit(&g->output, rz_agree(run->comm, write_results(g)));
}

static rz_err run(const rz_run *run) {
  ground_state g = {.run = run, .fidelity = NAN};
  const rz_err rc = run_all(&g);
  rz_history_free(&g.trained.history);
  rz_observables_destroy(&g.exact_observables);
  rz_optimiser_destroy(&g.optimiser);
  rz_reference_free(&g.reference);
  rz_keeping_end(&g.keeping);
  rz_output_close(&g.output);
  rz_quantum_free(&g.q);
  return rc;
}

const rz_study_class rz_study_ground_state = {
    "ground_state", "variational Monte Carlo: train a neural quantum state and compare it with the exact answer",
    groups, check, run};
