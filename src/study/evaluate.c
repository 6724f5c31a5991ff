/* study = 'evaluate': new numbers from old results. The state and its model come from a results file, with the deck
 * stored in it; this deck says what to sample and measure, and may name a second file for the overlap of the two
 * states. */
#include "dump.h"
#include "keeping.h"
#include "output.h"
#include "overlap.h"
#include "quantum.h"
#include "quantum_output.h"
#include "ritz/core/memory.h"
#include "state_file.h"
#include "studies.h"
#include "text.h"
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const groups[] = {"!run", "!state", "sampler", "evaluate", "sweep", NULL};

/* Model and ansatz of a results file. */
typedef struct old_state {
  rz_state_file file;
  rz_config *config; /* of the deck in the file */
  rz_model *model;
  rz_ansatz *ansatz;
} old_state;

static void old_state_free(old_state *s) {
  rz_ansatz_destroy(&s->ansatz);
  rz_model_destroy(&s->model);
  rz_config_destroy(&s->config);
  rz_state_file_free(&s->file);
}

static rz_err old_state_build(const char *path, old_state *s) {
  RZ_TRY(rz_state_file_read(path, &s->file));
  /* Files the old deck names stand beside it, or, if it is gone, beside the results. */
  const char *deck_path = access(s->file.deck_path, R_OK) == 0 ? s->file.deck_path : path;
  RZ_TRY(rz_config_parse(deck_path, s->file.deck, (int64_t)strlen(s->file.deck), rz_study_schema(), &s->config));
  RZ_TRY(rz_model_create(s->config, &s->model));
  const rz_ansatz_input input = {.config = s->config, .lattice = s->model->lattice, .seed = 0};
  RZ_TRY(rz_ansatz_create(&input, &s->ansatz));
  return rz_ansatz_import(s->ansatz, &s->file.params, s->file.n_site, s->file.extent);
}

static rz_err old_state_read(rz_config *config, const char *key, old_state *s) {
  *s = (old_state){0};
  char *path = NULL;
  RZ_TRY(rz_config_path(config, rz_config_string(config, "state", key), &path));
  const rz_err rc = old_state_build(path, s);
  rz_free(&path);
  if (rc != RZ_OK) old_state_free(s);
  return rc == RZ_ERR_INPUT ? rz_config_file_error(config, "state", key) : rc;
}

/* The state to compare with, if the deck names one; nothing is left behind on failure. */
static rz_err other_state_read(rz_config *config, const old_state *state, old_state *other) {
  *other = (old_state){0};
  if (!rz_config_has(config, "state", "overlap_with")) return RZ_OK;
  RZ_TRY(old_state_read(config, "overlap_with", other));
  const rz_err rc = rz_overlap_check(state->model, other->model);
  if (rc != RZ_OK) old_state_free(other);
  return rc == RZ_ERR_INPUT ? rz_config_file_error(config, "state", "overlap_with") : rc;
}

/* A full sum has every configuration once: weights, not samples. */
static rz_err check_dump(rz_config *config) {
  if (rz_config_int(config, "state", "dump") > 0 &&
      strcmp(rz_config_string(config, "sampler", "method"), "full_sum") == 0)
    rz_config_error(config, "state", "dump",
                    "samples are dumped from Markov chains: method = 'metropolis' in &sampler");
  return rz_config_report(config);
}

static rz_err check(rz_config *config, int n_rank, FILE *out) {
  old_state state, other = {0};
  rz_observables *observables = NULL;
  rz_err rc = RZ_OK;
  rz_evaluate_check(config);
  RZ_TRY(check_dump(config));
  RZ_TRY(old_state_read(config, "file", &state));
  RZ_TRY_DONE(rc, other_state_read(config, &state, &other));
  const rz_err sampler = rz_sampler_check(config, state.model, n_rank); /* reported together with the observables */
  RZ_TRY_DONE(rc, rz_quantum_observables(config, state.model, &observables));
  RZ_TRY_DONE(rc, sampler);
  fprintf(out, "! %s\n! sites %d, parameters %lld\n", state.model->formula, state.ansatz->n_site,
          (long long)state.ansatz->params.n);
  rz_quantum_print_evaluation(state.model, observables, out);
done:
  rz_observables_destroy(&observables);
  old_state_free(&other);
  old_state_free(&state);
  return rc;
}

typedef struct evaluate_run {
  const rz_run *run;
  old_state state, other; /* other.model is NULL without overlap_with */
  rz_sampler *sampler;
  rz_observables *observables;
  rz_evaluation evaluation;
  rz_output output;
  rz_keeping keeping;
  rz_overlap overlap;
} evaluate_run;

/* What this deck asks of the old state; before any file is touched. */
static rz_err prepare(evaluate_run *e) {
  const rz_run *run = e->run;
  const uint64_t seed = (uint64_t)rz_config_int(run->config, "run", "seed");
  rz_evaluate_check(run->config);
  RZ_TRY(check_dump(run->config));
  RZ_TRY(rz_agree(run->comm, old_state_read(run->config, "file", &e->state)));
  RZ_TRY(rz_agree(run->comm, other_state_read(run->config, &e->state, &e->other)));
  RZ_TRY(rz_agree(run->comm, rz_quantum_observables(run->config, e->state.model, &e->observables)));
  return rz_sampler_create(run->config, e->state.model, e->state.ansatz, seed, run->comm, &e->sampler);
}

static bool is_same_file(const char *a, const char *b) {
  struct stat x, y;
  return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Results of this study hold no parameters: written over the file they come from, they would end the state. */
static rz_err protect_state(const evaluate_run *e) {
  static const char *const keys[] = {"file", "overlap_with"};
  rz_config *config = e->run->config;
  for (int i = 0; i < 2; i++) {
    if (!rz_config_has(config, "state", keys[i])) continue;
    char *path = NULL;
    RZ_TRY(rz_config_path(config, rz_config_string(config, "state", keys[i]), &path));
    if (is_same_file(e->output.path, path))
      rz_config_error(config, "run", "output", "'%s' is the state that &state names: choose another output",
                      e->output.path);
    rz_free(&path);
  }
  return rz_config_report(config);
}

static rz_err measure(evaluate_run *e) {
  const rz_run *run = e->run;
  RZ_TRY(rz_agree(run->comm, rz_sampler_start(e->sampler, e->state.ansatz)));
  RZ_TRY(rz_keeping_begin(&e->output, &e->keeping));
  RZ_TRY(rz_evaluate(run->config, &e->keeping.keeper, e->state.model, e->state.ansatz, e->sampler, e->observables,
                     run->comm, run->log, &e->evaluation));
  rz_keeping_pause(&e->keeping);
  return RZ_OK;
}

static rz_err overlap_with_other(evaluate_run *e) {
  const rz_run *run = e->run;
  if (!e->other.model) return RZ_OK;
  RZ_TRY(rz_overlap_measure(run, e->state.model, e->state.ansatz, e->other.ansatz, &e->overlap));
  return rz_output_say(&e->output, "overlap   |<a|b>|^2 = %.9g +- %.1g   (%s)\n", e->overlap.fidelity, e->overlap.error,
                       e->overlap.exact ? "all configurations" : "sampled from both");
}

static rz_err write_results(evaluate_run *e) {
  rz_text_warn_frozen(&e->output, e->state.model, &e->evaluation);
  RZ_TRY(rz_text_energy(&e->output, &e->evaluation, e->state.ansatz->n_site));
  RZ_TRY(rz_text_observables(&e->output, e->evaluation.n_measured, e->evaluation.measured, NULL));
  RZ_TRY(rz_text_warnings(&e->output));
  RZ_TRY(rz_output_begin_results(&e->output));
  RZ_TRY(rz_quantum_write_energy(&e->output, e->state.model, &e->evaluation));
  RZ_TRY(rz_quantum_write_observables(&e->output, e->evaluation.n_measured, e->evaluation.measured, NULL));
  if (!e->output.results) return RZ_OK;
  RZ_TRY(rz_results_text(e->output.results, "/input/state_deck", e->state.file.deck, "the deck that made the state"));
  if (!isnan(e->overlap.fidelity)) {
    RZ_TRY(rz_results_f64(e->output.results, "/overlap/fidelity", e->overlap.fidelity, "1", "|<a|b>|^2"));
    RZ_TRY(rz_results_f64(e->output.results, "/overlap/error", e->overlap.error, "1", "standard error"));
  }
  return RZ_OK;
}

static rz_err run_all(evaluate_run *e) {
  const rz_run *run = e->run;
  RZ_TRY(prepare(e));
  RZ_TRY(rz_output_open(run, rz_quantum_subject(e->state.model), false, &e->output));
  RZ_TRY(rz_agree(run->comm, protect_state(e)));
  RZ_TRY(rz_text_header(&e->output, e->state.model, e->state.ansatz));
  RZ_TRY(measure(e));
  RZ_TRY(overlap_with_other(e));
  rz_err rc = rz_agree(run->comm, write_results(e));
  if (rc == RZ_OK) rc = rz_dump_samples(run, e->sampler, e->state.ansatz, e->output.results);
  return rz_output_commit(&e->output, rc);
}

static rz_err run(const rz_run *run) {
  evaluate_run e = {.run = run, .overlap = {.fidelity = NAN}};
  const rz_err rc = run_all(&e);
  rz_observables_destroy(&e.observables);
  rz_sampler_destroy(&e.sampler);
  rz_keeping_end(&e.keeping);
  rz_output_close(&e.output);
  old_state_free(&e.other);
  old_state_free(&e.state);
  return rc;
}

const rz_study_class rz_study_evaluate = {
    "evaluate", "measure new observables on a saved state, dump samples, overlap of two states", groups, check, run};
