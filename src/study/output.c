#include "output.h"

#include "provenance.h"

#include "ritz/core/clock.h"
#include "ritz/core/memory.h"
#include "ritz/validate/temple.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static rz_err with_suffix(const char *stem, const char *suffix, char **out) {
  const size_t size = strlen(stem) + strlen(suffix) + 1;
  RZ_TRY(rz_malloc((int64_t)size, 1, (void **)out));
  snprintf(*out, size, "%s%s", stem, suffix);
  return RZ_OK;
}

static const char CHECKPOINT[] = ".ckpt.h5";

/* "dir/deck.nml" gives "deck", "out/name.h5" and "out/name.ckpt.h5" give "out/name". */
static rz_err output_stem(const rz_config *config, const char *checkpoint, char **stem) {
  if (checkpoint) {
    RZ_TRY(rz_strdup(checkpoint, stem));
    (*stem)[strlen(*stem) - (sizeof CHECKPOINT - 1)] = '\0';
    return RZ_OK;
  }
  const bool given = rz_config_has(config, "run", "output");
  const char *name = given ? rz_config_string(config, "run", "output") : rz_config_file(config);
  if (!given && strrchr(name, '/')) name = strrchr(name, '/') + 1;
  RZ_TRY(rz_strdup(name, stem));
  char *dot = strrchr(*stem, '.');
  const char *suffix = given ? ".h5" : ".nml";
  if (dot && strcmp(dot, suffix) == 0) *dot = '\0';
  return RZ_OK;
}

rz_err rz_study_checkpoint(const rz_config *config, char **path) {
  char *stem = NULL;
  RZ_TRY(output_stem(config, NULL, &stem));
  const rz_err rc = with_suffix(stem, CHECKPOINT, path);
  rz_free(&stem);
  return rc;
}

static rz_err name_files(rz_output *o) {
  char *stem = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, output_stem(o->run->config, o->run->checkpoint, &stem));
  RZ_TRY_DONE(rc, with_suffix(stem, ".h5", &o->path));
  RZ_TRY_DONE(rc, with_suffix(stem, ".jsonl", &o->trace_path));
  RZ_TRY_DONE(rc, with_suffix(stem, ".lock", &o->lock_path));
  RZ_TRY_DONE(rc, with_suffix(stem, CHECKPOINT, &o->checkpoint_path));
done:
  rz_free(&stem);
  return rc;
}

/* An unfinished run is worth more than the message it costs. */
static rz_err check_checkpoint(const rz_output *o, bool overwrite) {
  RZ_CHECK(
      overwrite || !rz_checkpoint_recognise(o->checkpoint_path), RZ_ERR_CREATE,
      "'%s' holds a run that was stopped: `ritz resume %s` goes on with it; overwrite = .true. in &run begins anew",
      o->checkpoint_path, o->checkpoint_path);
  return RZ_OK;
}

static rz_err claim_files(rz_output *o, bool with_trace) {
  const bool overwrite = rz_config_bool(o->run->config, "run", "overwrite"), begins = !o->run->resumed;
  char *note = NULL;
  if (begins) RZ_TRY(check_checkpoint(o, overwrite));
  RZ_TRY(rz_results_check(o->path, overwrite));
  if (with_trace && begins) RZ_TRY(rz_results_check(o->trace_path, overwrite));
  RZ_TRY(rz_lock_take(o->lock_path, &o->lock, &note));
  if (note) rz_log_warn(o->run->log, "%s", note);
  rz_free(&note);
  return begins ? rz_checkpoint_remove(o->checkpoint_path) : RZ_OK;
}

/* What a reader of the trace needs to know without the deck. */
static rz_err write_header(rz_output *o, const rz_model *model) {
  const rz_config *c = o->run->config;
  const rz_field header[] = {
      {.name = "format", .type = RZ_FIELD_TEXT, .text = "ritz-trace"},
      {.name = "format_version", .type = RZ_FIELD_INT, .integer = 1},
      {.name = "study", .type = RZ_FIELD_TEXT, .text = rz_config_string(c, "run", "study")},
      {.name = "run_id", .type = RZ_FIELD_TEXT, .text = rz_lock_run_id(o->lock)},
      {.name = "deck", .type = RZ_FIELD_TEXT, .text = rz_config_file(c)},
      {.name = "seed", .type = RZ_FIELD_INT, .integer = rz_config_int(c, "run", "seed")},
      {.name = "ranks", .type = RZ_FIELD_INT, .integer = o->run->comm->size},
      {.name = "hamiltonian", .type = RZ_FIELD_TEXT, .text = model->formula},
      {.name = "units", .type = RZ_FIELD_TEXT, .text = model->pauli ? "pauli" : "spin"},
      {.name = "n_site", .type = RZ_FIELD_INT, .integer = rz_lattice_n_site(model->lattice)},
      {.name = "iterations", .type = RZ_FIELD_INT, .integer = rz_config_int(c, "optimiser", "iterations")},
  };
  return rz_trace_line(o->trace, (int)(sizeof header / sizeof *header), header);
}

static rz_err begin_trace(rz_output *o, const rz_model *model) {
  if (o->run->resumed) return rz_trace_reopen(o->trace_path, &o->trace);
  RZ_TRY(rz_trace_create(o->trace_path, rz_config_bool(o->run->config, "run", "overwrite"), &o->trace));
  return write_header(o, model);
}

rz_err rz_output_cut_trace(rz_output *o, const rz_model *model, int64_t bytes) {
  bool whole = true;
  if (!o->trace) return RZ_OK;
  RZ_TRY(rz_trace_cut(o->trace, bytes, &whole));
  if (whole) return RZ_OK;
  rz_log_warn(o->run->log, "'%s' lacks lines that were written before the checkpoint; it goes on with a new header",
              o->trace_path);
  return write_header(o, model);
}

rz_err rz_output_begin_trace(rz_output *o, const rz_model *model) {
  return rz_agree(o->run->comm, o->run->comm->rank == 0 ? begin_trace(o, model) : RZ_OK);
}

rz_err rz_output_open(const rz_run *run, bool with_trace, rz_output *out) {
  *out = (rz_output){.run = run, .start = rz_wall_time()};
  rz_err rc = name_files(out);
  if (rc == RZ_OK && run->comm->rank == 0) rc = claim_files(out, with_trace);
  rc = rz_agree(run->comm, rc);
  if (rc != RZ_OK) rz_output_close(out);
  return rc;
}

void rz_output_close(rz_output *o) {
  rz_results_abandon(&o->results);
  if (o->trace) (void)rz_trace_close(&o->trace);
  if (o->lock) (void)rz_lock_release(&o->lock);
  rz_free(&o->path);
  rz_free(&o->trace_path);
  rz_free(&o->lock_path);
  rz_free(&o->checkpoint_path);
  rz_free(&o->summary);
}

static rz_err append_summary(rz_output *o, const char *text) {
  const int64_t n = (int64_t)strlen(text);
  char *longer = NULL;
  RZ_TRY(rz_malloc(o->summary_size + n + 1, 1, (void **)&longer));
  if (o->summary) memcpy(longer, o->summary, (size_t)o->summary_size);
  memcpy(longer + o->summary_size, text, (size_t)n + 1);
  rz_free(&o->summary);
  o->summary = longer;
  o->summary_size += n;
  return RZ_OK;
}

rz_err rz_output_say(rz_output *o, const char *fmt, ...) {
  char text[2048];
  va_list args;
  va_start(args, fmt);
  vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  rz_log_print(o->run->log, RZ_LOG_SUMMARY, "%s", text);
  return append_summary(o, text);
}

/* --- Results ------------------------------------------------------------------------------------------------------ */

#define ENERGY_SQUARED "energy^2"

static rz_err write_vector(rz_results *r, const char *path, int64_t n, const double *x, const char *units,
                           const char *label) {
  const rz_array array = {.name = path, .type = RZ_F64, .n_dim = 1, .shape = {n}, .data = (void *)x};
  return rz_results_array(r, path, &array, units, label);
}

static rz_err write_measured_values(rz_results *r, const char *path, const rz_measured *m, const double *x,
                                    const char *label) {
  rz_array array = {.name = path, .type = RZ_F64, .n_dim = m->n_dim, .data = (void *)x};
  memcpy(array.shape, m->shape, sizeof m->shape);
  return rz_results_array(r, path, &array, m->unit, label);
}

static rz_err write_statistics(rz_results *r, const char *group, const rz_mean *m, const char *units,
                               const char *units_squared) {
  char path[160];
  const struct {
    const char *name, *units, *label;
    double value;
  } rows[] = {{"mean", units, "mean over samples", m->mean},
              {"error", units, "standard error of the mean, autocorrelation included", m->error},
              {"variance", units_squared, "variance of a single sample", m->variance},
              {"tau_int", "draws", "integrated autocorrelation time; 0.5 for independent draws", m->tau_int},
              {"r_hat", "1", "split R-hat", m->r_hat},
              {"ess", "1", "effective number of samples", m->ess}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    snprintf(path, sizeof path, "%s/%s", group, rows[i].name);
    RZ_TRY(rz_results_f64(r, path, rows[i].value, rows[i].units, rows[i].label));
  }
  snprintf(path, sizeof path, "%s/n", group);
  return rz_results_i64(r, path, m->n, "samples over all ranks");
}

typedef struct resolved_text {
  rz_results *results;
  rz_err rc;
} resolved_text;

static void write_resolved(const char *group, const rz_option *row, const char *text, const char *source, void *ctx) {
  resolved_text *r = ctx;
  if (r->rc != RZ_OK) return;
  char path[160];
  snprintf(path, sizeof path, "/input/resolved/%s/%s", group, row->name);
  r->rc = rz_results_text(r->results, path, text, row->help);
  if (r->rc == RZ_OK) r->rc = rz_results_attr_text(r->results, path, "source", source);
  if (r->rc == RZ_OK) r->rc = rz_results_attr_text(r->results, path, "units", row->unit);
}

static rz_err write_input(rz_output *o) {
  const rz_config *config = o->run->config;
  RZ_TRY(rz_results_text(o->results, "/input/deck", rz_config_text(config), "the deck as read"));
  resolved_text resolved = {o->results, RZ_OK};
  rz_config_each(config, write_resolved, &resolved);
  return resolved.rc;
}

static rz_err write_conventions(rz_output *o, const rz_model *model) {
  rz_results *r = o->results;
  RZ_TRY(rz_results_text(r, "/input/hamiltonian", model->formula, "H written out"));
  RZ_TRY(rz_results_attr_text(r, "/input/hamiltonian", "units", model->pauli ? "pauli" : "spin"));
  return rz_results_attr_text(r, "/input/hamiltonian", "basis",
                              model->marshall ? "sz, rotated by the Marshall sign" : "sz");
}

static rz_err begin_results(rz_output *o, const rz_model *model) {
  RZ_TRY(rz_lock_verify(o->lock));
  RZ_TRY(rz_results_create(o->path, rz_config_bool(o->run->config, "run", "overwrite"), &o->results));
  RZ_TRY(rz_results_attr_text(o->results, "/", "study", rz_config_string(o->run->config, "run", "study")));
  RZ_TRY(write_input(o));
  if (model) RZ_TRY(write_conventions(o, model));
  return rz_provenance_write(o->results, o->run, o->lock);
}

/* Energies are numbers in the unit that the deck's couplings have; what these multiply is worth saying. */
static const char *energy_unit(const rz_model *model) {
  if (!model) return "energy unit of the deck";
  return model->pauli ? "energy unit of the deck (Pauli matrices)" : "energy unit of the deck (spin 1/2)";
}

rz_err rz_output_begin_results(rz_output *o, const rz_model *model) {
  o->energy_unit = energy_unit(model);
  return o->run->comm->rank == 0 ? begin_results(o, model) : RZ_OK;
}

rz_err rz_output_energy(rz_output *o, const rz_model *model, const rz_evaluation *e) {
  rz_results *r = o->results;
  if (!r) return RZ_OK;
  const char *units = o->energy_unit;
  RZ_TRY(write_statistics(r, "/observables/energy", &e->energy.re, units, ENERGY_SQUARED));
  RZ_TRY(rz_results_f64(r, "/observables/energy/imag", e->energy.im, units, "imaginary part: 0 within its error"));
  RZ_TRY(rz_results_f64(r, "/observables/energy/local_variance", e->energy.variance, ENERGY_SQUARED,
                        "<|E_loc|^2> - |<E_loc>|^2"));
  RZ_TRY(rz_results_f64(r, "/observables/energy/v_score", e->energy.v_score, "1",
                        "N variance / (E - E_inf)^2, E_inf = Tr H / dim"));
  RZ_TRY(rz_results_f64(r, "/observables/energy/acceptance", e->sampler.acceptance, "1", "accepted proposals"));
  RZ_TRY(rz_results_i64(r, "/observables/energy/reached", e->reached, "1: the asked relative error was reached"));
  return rz_results_i64(r, "/observables/energy/n_site", rz_lattice_n_site(model->lattice), "sites");
}

rz_err rz_output_observables(rz_output *o, int n, const rz_measured *measured, const rz_measured *exact) {
  rz_results *r = o->results;
  if (!r) return RZ_OK;
  for (int i = 0; i < n; i++) {
    const rz_measured *m = &measured[i];
    char path[160];
    snprintf(path, sizeof path, "/observables/%s/mean", m->name);
    RZ_TRY(write_measured_values(r, path, m, m->mean, m->label));
    snprintf(path, sizeof path, "/observables/%s/error", m->name);
    RZ_TRY(write_measured_values(r, path, m, m->error, "standard error"));
    if (exact) {
      snprintf(path, sizeof path, "/observables/%s/exact", m->name);
      RZ_TRY(write_measured_values(r, path, m, exact[i].mean, "exact diagonalisation"));
    }
    if (m->axis) {
      snprintf(path, sizeof path, "/observables/%s/axis", m->name);
      RZ_TRY(write_vector(r, path, m->n_value, m->axis, "1", m->axis_label));
    }
  }
  return RZ_OK;
}

/* Columns of the trace; energy: in the unit of energies. */
static const struct trace_column {
  const char *name, *units, *label;
} trace_columns[] = {
    {"step", "1", "number of the step, from 0"},
    {"energy", "energy", "mean local energy of the step's samples"},
    {"error", "energy", "standard error of the energy"},
    {"variance", ENERGY_SQUARED, "variance of the local energy"},
    {"v_score", "1", "N variance / (E - E_inf)^2, E_inf = Tr H / dim"},
    {"energy_imag", "energy", "imaginary part of the energy: 0 within its error"},
    {"acceptance", "1", "accepted proposals"},
    {"tau_int", "draws", "integrated autocorrelation time of the energy"},
    {"r_hat", "1", "split R-hat of the energy"},
    {"ess", "1", "effective number of samples"},
    {"step_correlation", "1", "of the chains' mean energies with those of the step before"},
    {"n_bad", "1", "samples left out, their local energy not finite"},
    {"learning_rate", "1", "learning rate of the step"},
    {"diag_shift", "1", "shift of the diagonal of S"},
    {"force_norm", "energy", "norm of the gradient of the energy"},
    {"step_norm", "1", "norm of the change of the parameters"},
    {"solver_iterations", "1", "iterations of the solver"},
    {"step_seconds", "s", "wall time of the step"},
    {"comm_calls", "1", "collective calls of the step"},
    {"comm_bytes", "byte", "bytes in the collective calls of the step, of the first rank"},
};

static bool depends_on_ranks(const char *column) {
  return strcmp(column, "step_seconds") == 0 || strncmp(column, "comm_", 5) == 0;
}

static rz_err write_column(rz_output *o, const char *name, int64_t n, const double *x) {
  struct trace_column c = {name, "1", name};
  for (size_t i = 0; i < sizeof trace_columns / sizeof *trace_columns; i++)
    if (strcmp(trace_columns[i].name, name) == 0) c = trace_columns[i];
  const bool energy = strcmp(c.units, "energy") == 0;
  char path[160];
  snprintf(path, sizeof path, "%s/%s", depends_on_ranks(name) ? "/timing" : "/trace", name);
  return write_vector(o->results, path, n, x, energy ? o->energy_unit : c.units, c.label);
}

rz_err rz_output_history(rz_output *o, const rz_train_result *t) {
  rz_results *r = o->results;
  if (!r) return RZ_OK;
  const rz_history *h = &t->history;
  double *column = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(h->n_row, &column));
  for (int c = 0; c < h->n_column; c++) {
    for (int64_t i = 0; i < h->n_row; i++) column[i] = h->value[i * h->n_column + c];
    RZ_TRY_DONE(rc, write_column(o, h->column[c], h->n_row, column));
  }
  RZ_TRY_DONE(rc, rz_results_f64(r, "/timing/training", t->seconds, "s", "wall time of the training"));
  RZ_TRY_DONE(rc,
              rz_results_f64(r, "/timing/cpu_until_trained", t->cpu_until_end, "s",
                             "CPU time of the first rank from the start of the program to the end of the training"));
  RZ_TRY_DONE(rc, rz_results_i64(r, "/trace/n_rejected", t->n_rejected, "steps undone"));
  RZ_TRY_DONE(rc, rz_results_i64(r, "/trace/n_fell_back", t->n_fell_back, "steps solved by the fall-back eigensolver"));
done:
  rz_free(&column);
  return rc;
}

rz_err rz_output_reference(rz_output *o, const rz_reference *ref) {
  rz_results *r = o->results;
  if (!r || !ref->known) return RZ_OK;
  RZ_TRY(rz_results_f64(r, "/exact/energy", ref->energy, o->energy_unit, "reference energy"));
  RZ_TRY(rz_results_f64(r, "/exact/energy_error", ref->error, o->energy_unit, "its error; 0 for an exact one"));
  RZ_TRY(rz_results_text(r, "/exact/method", ref->method, "where it comes from"));
  if (ref->n_level == 0) return RZ_OK;
  RZ_TRY(write_vector(r, "/exact/energies", ref->n_level, ref->level, o->energy_unit, "lowest levels of the sector"));
  RZ_TRY(
      write_vector(r, "/exact/residuals", ref->n_level, ref->ed.residual, o->energy_unit, "|H v - E v| of each level"));
  RZ_TRY(rz_results_text(r, "/exact/solver", ref->ed.solver, "the eigensolver used"));
  RZ_TRY(rz_results_i64(r, "/exact/dimension", ref->ed.dim, "states in the sector"));
  RZ_TRY(rz_results_i64(r, "/exact/degeneracy", ref->n_ground, "dimension of the ground space found"));
  return rz_results_f64(r, "/timing/seconds_per_product", ref->ed.seconds_per_product, "s", "one product H v");
}

rz_err rz_output_temple(rz_output *o, const rz_evaluation *e, const rz_reference *ref) {
  rz_results *r = o->results;
  if (!r || ref->n_level == 0) return RZ_OK;
  const rz_temple t = rz_temple_bound(&e->energy, ref->level[0] + ref->gap);
  if (!t.applies) return RZ_OK;
  const char *path = "/observables/energy/temple_lower_bound";
  RZ_TRY(rz_results_f64(r, path, t.bound, o->energy_unit, "lower bound of E0: E - variance / (E1 - E)"));
  RZ_TRY(rz_results_attr_text(r, path, "assumes", "E1, the first level above the ground space, from /exact/energies"));
  RZ_TRY(rz_results_attr_f64(r, path, "e1", ref->level[0] + ref->gap));
  return rz_results_f64(r, "/observables/energy/temple_lower_bound_error", t.error, o->energy_unit,
                        "statistical error of the bound");
}

/* What makes the numbers doubtful, by name: in the results, and as the last lines of the trace. */
static rz_err write_flag(rz_output *o, const char *name, const char *text) {
  char path[64];
  snprintf(path, sizeof path, "/warnings/%s", name);
  const rz_field line[] = {{.name = "event", .type = RZ_FIELD_TEXT, .text = "warning"},
                           {.name = "name", .type = RZ_FIELD_TEXT, .text = name},
                           {.name = "text", .type = RZ_FIELD_TEXT, .text = text}};
  if (o->trace) RZ_TRY(rz_trace_line(o->trace, (int)(sizeof line / sizeof *line), line));
  return rz_results_text(o->results, path, text, "why these numbers need care");
}

static rz_err write_flags(rz_output *o) {
  const rz_log *log = o->run->log;
  for (int i = 0; log && i < log->n_warnings && i < RZ_LOG_KEPT; i++)
    if (*log->flags[i]) RZ_TRY(write_flag(o, log->flags[i], log->warnings[i]));
  return RZ_OK;
}

static rz_err commit(rz_output *o) {
  RZ_TRY(write_flags(o));
  RZ_TRY(rz_results_text(o->results, "/provenance/summary", o->summary ? o->summary : "", "what the terminal said"));
  RZ_TRY(rz_results_f64(o->results, "/timing/total", rz_wall_time() - o->start, "s", "wall time of the run"));
  RZ_TRY(rz_lock_verify(o->lock));
  RZ_TRY(rz_results_commit(&o->results));
  if (!rz_config_bool(o->run->config, "run", "keep_checkpoint")) RZ_TRY(rz_checkpoint_remove(o->checkpoint_path));
  if (o->trace) RZ_TRY(rz_trace_close(&o->trace));
  return rz_lock_release(&o->lock);
}

rz_err rz_output_commit(rz_output *o, rz_err rc) {
  if (rc == RZ_OK && o->results) rc = commit(o);
  RZ_TRY(rz_agree(o->run->comm, rc));
  rz_log_print(o->run->log, RZ_LOG_SUMMARY, "results in %s\n", o->path);
  return RZ_OK;
}
