#include "output.h"

#include "provenance.h"

#include "ritz/core/clock.h"
#include "ritz/core/memory.h"
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
static rz_err write_header(rz_output *o) {
  const rz_config *c = o->run->config;
  enum { N_OWN = 8 };
  const rz_field own[N_OWN] = {
      {.name = "format", .type = RZ_FIELD_TEXT, .text = "ritz-trace"},
      {.name = "format_version", .type = RZ_FIELD_INT, .integer = 1},
      {.name = "study", .type = RZ_FIELD_TEXT, .text = rz_config_string(c, "run", "study")},
      {.name = "run_id", .type = RZ_FIELD_TEXT, .text = rz_lock_run_id(o->lock)},
      {.name = "deck", .type = RZ_FIELD_TEXT, .text = rz_config_file(c)},
      {.name = "seed", .type = RZ_FIELD_INT, .integer = rz_config_int(c, "run", "seed")},
      {.name = "ranks", .type = RZ_FIELD_INT, .integer = o->run->comm->size},
      {.name = "iterations", .type = RZ_FIELD_INT, .integer = rz_config_int(c, "optimiser", "iterations")},
  };
  rz_field header[N_OWN + RZ_MAX_SUBJECT];
  memcpy(header, own, sizeof own);
  memcpy(header + N_OWN, o->subject.field, sizeof o->subject.field);
  return rz_trace_line(o->trace, N_OWN + o->subject.n_field, header);
}

static rz_err begin_trace(rz_output *o) {
  if (o->run->resumed) return rz_trace_reopen(o->trace_path, &o->trace);
  RZ_TRY(rz_trace_create(o->trace_path, rz_config_bool(o->run->config, "run", "overwrite"), &o->trace));
  return write_header(o);
}

rz_err rz_output_cut_trace(rz_output *o, int64_t bytes) {
  bool whole = true;
  if (!o->trace) return RZ_OK;
  RZ_TRY(rz_trace_cut(o->trace, bytes, &whole));
  if (whole) return RZ_OK;
  rz_log_warn(o->run->log, "'%s' lacks lines that were written before the checkpoint; it goes on with a new header",
              o->trace_path);
  return write_header(o);
}

rz_err rz_output_begin_trace(rz_output *o) {
  return rz_agree(o->run->comm, o->run->comm->rank == 0 ? begin_trace(o) : RZ_OK);
}

rz_err rz_output_open(const rz_run *run, rz_subject subject, bool with_trace, rz_output *out) {
  *out = (rz_output){.run = run, .subject = subject, .start = rz_wall_time()};
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

static rz_err begin_results(rz_output *o) {
  RZ_TRY(rz_lock_verify(o->lock));
  RZ_TRY(rz_results_create(o->path, rz_config_bool(o->run->config, "run", "overwrite"), &o->results));
  RZ_TRY(rz_results_attr_text(o->results, "/", "study", rz_config_string(o->run->config, "run", "study")));
  RZ_TRY(write_input(o));
  if (o->subject.write) RZ_TRY(o->subject.write(o->results, o->subject.self));
  return rz_provenance_write(o->results, o->run, o->lock);
}

rz_err rz_output_begin_results(rz_output *o) { return o->run->comm->rank == 0 ? begin_results(o) : RZ_OK; }

/* Columns that every training has. */
static const rz_column loop_columns[] = {
    {"step", "1", "number of the step, from 0"},
    {"learning_rate", "1", "learning rate of the step"},
    {"diag_shift", "1", "shift of the diagonal of S"},
    {"force_norm", RZ_UNIT_OF_OBJECTIVE, "norm of half the gradient of the objective"},
    {"step_norm", "1", "norm of the change of the parameters"},
    {"solver_iterations", "1", "iterations of the solver"},
    {"step_seconds", "s", "wall time of the step"},
    {"comm_calls", "1", "collective calls of the step"},
    {"comm_bytes", "byte", "bytes in the collective calls of the step, of the first rank"},
};

static const rz_column *find_column(int n, const rz_column *columns, const char *name) {
  for (int i = 0; i < n; i++)
    if (strcmp(columns[i].name, name) == 0) return &columns[i];
  return NULL;
}

static bool depends_on_ranks(const char *column) {
  return strcmp(column, "step_seconds") == 0 || strncmp(column, "comm_", 5) == 0;
}

static rz_err write_column(rz_output *o, const char *name, int64_t n, const double *x) {
  const rz_column unknown = {name, "1", name};
  const rz_column *c = find_column(o->subject.n_column, o->subject.column, name);
  if (!c) c = find_column((int)(sizeof loop_columns / sizeof *loop_columns), loop_columns, name);
  if (!c) c = &unknown;
  char path[160];
  snprintf(path, sizeof path, "%s/%s", depends_on_ranks(name) ? "/timing" : "/trace", name);
  const bool own = strcmp(c->units, RZ_UNIT_OF_OBJECTIVE) == 0;
  return rz_results_vector(o->results, path, n, x, own ? o->subject.unit : c->units, c->label);
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
