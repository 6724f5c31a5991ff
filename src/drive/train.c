#include "ritz/drive/train.h"

#include "history.h"
#include "progress.h"
#include "ritz/core/clock.h"
#include "ritz/core/memory.h"
#include "snapshot.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct loop {
  const rz_train_spec *spec;
  const rz_problem *problem;
  rz_optimiser *optimiser;
  const rz_comm *comm;
  rz_trace *trace; /* NULL on ranks that do not write */
  rz_log *log;
  rz_snapshot here, good; /* start of this step; start of the last step whose assessment was good */
  bool have_good;
  double good_objective, good_error, good_mobility;
  double moved;   /* length in the metric of the step that led here */
  int rejections; /* in a row */
  bool again;     /* this step was recorded, then undone, and is walked a second time */
  double *delta;
  double *forces;     /* room for an assessment's; NULL where the optimiser wants a Jacobian */
  int64_t step;       /* steps done */
  int64_t n_untraced; /* lines of the trace that could not be written */
  double start, seconds_before, cpu_before;
  rz_train_result *out;
} loop;

static rz_err walk_state(void *ctx, rz_array_visit *visit, void *visit_ctx) {
  const loop *l = ctx;
  RZ_TRY(rz_params_each(l->problem->params, visit, visit_ctx));
  return l->problem->state(l->problem->self, visit, visit_ctx);
}

/* ---- all that a training is, between two turns ---- */

rz_err rz_train_result_state(rz_train_result *r, rz_array_visit *visit, void *ctx) {
  int64_t rested = r->rested;
  RZ_TRY(rz_visit_i64("trained/n_step", &r->n_step, visit, ctx));
  RZ_TRY(rz_visit_i64("trained/n_rejected", &r->n_rejected, visit, ctx));
  RZ_TRY(rz_visit_i64("trained/n_fell_back", &r->n_fell_back, visit, ctx));
  RZ_TRY(visit(&(rz_array){.name = "trained/last_reason",
                           .type = RZ_I8,
                           .n_dim = 1,
                           .shape = {(int64_t)sizeof r->last_reason},
                           .data = r->last_reason},
               ctx));
  RZ_TRY(rz_visit_i64("trained/rested", &rested, visit, ctx));
  r->rested = rested != 0;
  RZ_TRY(rz_visit_f64("trained/seconds", &r->seconds, visit, ctx));
  RZ_TRY(rz_visit_f64("trained/cpu", &r->cpu_until_end, visit, ctx));
  return rz_history_state(&r->history, visit, ctx);
}

static rz_err walk_loop(void *ctx, rz_array_visit *visit, void *visit_ctx) {
  loop *l = ctx;
  int64_t rejections = l->rejections, again = l->again, have_good = l->have_good;
  RZ_TRY(walk_state(l, visit, visit_ctx));
  RZ_TRY(rz_optimiser_state(l->optimiser, visit, visit_ctx));
  RZ_TRY(rz_visit_i64("train/step", &l->step, visit, visit_ctx));
  RZ_TRY(rz_visit_i64("train/rejections", &rejections, visit, visit_ctx));
  RZ_TRY(rz_visit_i64("train/again", &again, visit, visit_ctx));
  RZ_TRY(rz_visit_f64("train/moved", &l->moved, visit, visit_ctx));
  RZ_TRY(rz_visit_f64("train/good_objective", &l->good_objective, visit, visit_ctx));
  RZ_TRY(rz_visit_f64("train/good_error", &l->good_error, visit, visit_ctx));
  RZ_TRY(rz_visit_f64("train/good_mobility", &l->good_mobility, visit, visit_ctx));
  RZ_TRY(rz_visit_i64("train/have_good", &have_good, visit, visit_ctx));
  l->rejections = (int)rejections;
  l->again = again != 0;
  l->have_good = have_good != 0;
  if (l->have_good) RZ_TRY(rz_snapshot_state(&l->good, "train/good", walk_state, l, visit, visit_ctx));
  return rz_train_result_state(l->out, visit, visit_ctx);
}

static void count_time(loop *l) {
  l->out->seconds = l->seconds_before + rz_wall_time() - l->start;
  l->out->cpu_until_end = l->cpu_before + rz_cpu_time();
}

static rz_err restore(loop *l, const rz_keeper *keeper) {
  bool restored = false;
  if (keeper) RZ_TRY(keeper->restore(keeper->self, "train", walk_loop, l, &restored));
  if (!restored) return RZ_OK;
  l->seconds_before = l->out->seconds;
  l->cpu_before = l->out->cpu_until_end;
  return rz_agree(l->comm, l->problem->update(l->problem->self));
}

static rz_err keep(loop *l, const rz_keeper *keeper) {
  if (!keeper) return RZ_OK;
  count_time(l);
  return keeper->between(keeper->self, "train", l->step, walk_loop, l);
}

/* ---- the loop ---- */

static void assessment_free(rz_assessment *a) {
  rz_jacobian_destroy(&a->jacobian);
  rz_free(&a->residual);
}

/* An objective without noise may not rise beyond rounding if the optimiser is one that descends; any other must rise
 * clearly before it is called bad. */
static bool has_risen(const loop *l, double rise, double noise, double scale) {
  const bool strict = noise == 0.0 && rz_optimiser_descends(l->optimiser);
  return rise > l->spec->spike_sigma * noise && rise > (strict ? 1e-13 : l->spec->spike_relative) * scale;
}

/* The noise is that of before: a step into a state whose energies scatter wildly must not be excused by their scatter.
 * Samples that lag behind their distribution may claim too low an objective, to which no later one can return. Steps
 * that are undone grow shorter, until they are too short to be what raised it. */
static void judge_rise(const loop *l, rz_assessment *a) {
  if (!a->healthy || !l->have_good) return;
  const double noise = l->good_error > 0.0 ? sqrt(2.0) * l->good_error : a->error;
  if (noise > 0.0 && l->moved < l->spec->blameless_step) return;
  if (!has_risen(l, a->objective - l->good_objective, noise, fabs(l->good_objective))) return;
  a->healthy = false;
  snprintf(a->reason, sizeof a->reason, "the objective rose from %.12g to %.12g (noise %.1e)", l->good_objective,
           a->objective, noise);
}

/* A state that no proposal leaves looks perfect: no variance, no force. What gives it away is how it came about.
 * Samples that still move, if slowly, where steps are shortest, were slow before. */
static void judge_mobility(const loop *l, rz_assessment *a) {
  if (!a->healthy || !l->have_good || a->mobility * l->spec->mobility_drop >= l->good_mobility) return;
  if (a->mobility > 0.0 && l->moved < l->spec->blameless_step) return;
  a->healthy = false;
  snprintf(a->reason, sizeof a->reason, "the samples froze: acceptance fell from %.2g to %.2g", l->good_mobility,
           a->mobility);
}

/* Assess the current parameters; a numerical failure is a verdict, not an error. */
static rz_err assess(const loop *l, rz_assessment *a) {
  *a = (rz_assessment){.healthy = true, .mobility = 1.0, .forces = l->forces};
  const rz_err rc = rz_agree(l->comm, l->problem->assess(l->problem->self, a));
  if (rc == RZ_ERR_NUM) {
    a->healthy = false;
    snprintf(a->reason, sizeof a->reason, "%s", rz_error_message());
    return RZ_OK;
  }
  RZ_TRY(rc);
  if (a->healthy && !(isfinite(a->objective) && isfinite(a->error))) {
    a->healthy = false;
    snprintf(a->reason, sizeof a->reason, "the objective is not finite");
  }
  judge_rise(l, a);
  judge_mobility(l, a);
  return RZ_OK;
}

/* A full disk does not end a training: the history is whole, and the results will hold it. */
static void trace_line(loop *l, int n, const rz_field *field) {
  if (!l->trace || rz_trace_line(l->trace, n, field) == RZ_OK) return;
  if (l->n_untraced++ == 0) rz_log_warn(l->log, "lines of the trace are missing: %s", rz_error_message());
  rz_error_clear();
}

/* What was undone, and why; at_step, for the line is no step's. */
static void record_undone(loop *l, int64_t step, const char *reason) {
  const rz_field line[] = {{.name = "event", .type = RZ_FIELD_TEXT, .text = "undone"},
                           {.name = "at_step", .type = RZ_FIELD_INT, .integer = step},
                           {.name = "in_a_row", .type = RZ_FIELD_INT, .integer = l->rejections},
                           {.name = "reason", .type = RZ_FIELD_TEXT, .text = reason}};
  trace_line(l, (int)(sizeof line / sizeof *line), line);
}

static rz_err reject(loop *l, int64_t step, const char *reason) {
  RZ_CHECK(l->have_good, RZ_ERR_NUM, "the initial state cannot be used: %s", reason);
  l->rejections++;
  rz_log_print(l->log, RZ_LOG_DEBUG, "step %lld undone: %s\n", (long long)step, reason);
  record_undone(l, step, reason);
  RZ_TRY(rz_snapshot_restore(&l->good, walk_state, l));
  RZ_TRY(rz_agree(l->comm, l->problem->update(l->problem->self)));
  RZ_CHECK(l->rejections <= l->spec->max_rejections, RZ_ERR_NUM,
           "step %lld was undone %d times in a row; the last reason: %s", (long long)step, l->rejections, reason);
  return rz_optimiser_reject(l->optimiser);
}

static void keep_as_good(loop *l, const rz_assessment *a) {
  const rz_snapshot swap = l->good;
  l->good = l->here;
  l->here = swap;
  l->have_good = true;
  l->good_objective = a->objective;
  l->good_error = a->error;
  /* Follows a fall slowly: samples freeze over some steps, too. */
  l->good_mobility = fmax(a->mobility, 0.9 * l->good_mobility);
}

/* Take the step; one that cannot be found, or leads nowhere, is a verdict on this state, not an error. */
static rz_err move(const loop *l, int64_t step, rz_assessment *a, rz_step_info *info) {
  const rz_slope at = {a->jacobian, a->residual, a->forces};
  rz_err rc = rz_optimiser_step(l->optimiser, step, &at, l->delta, info);
  if (rc == RZ_OK) {
    rz_params *params = l->problem->params;
    for (int64_t k = 0; k < params->n; k++) params->value[k] += l->delta[k];
    rc = rz_agree(l->comm, l->problem->update(l->problem->self));
  }
  if (rc != RZ_ERR_NUM) return rc;
  a->healthy = false;
  snprintf(a->reason, sizeof a->reason, "%s", rz_error_message());
  return RZ_OK;
}

/* What a turn of the loop costs. */
typedef struct expense {
  double seconds;
  rz_traffic traffic;
} expense;

static expense spent(const rz_comm *comm) {
  expense e = {.seconds = rz_wall_time()};
  if (comm->traffic) e.traffic = *comm->traffic;
  return e;
}

static expense spent_since(const rz_comm *comm, const expense *start) {
  const expense now = spent(comm);
  return (expense){now.seconds - start->seconds, rz_traffic_since(&now.traffic, &start->traffic)};
}

/* The assessment's own fields, framed by those of the step. */
static int step_fields(int64_t step, const rz_assessment *a, const rz_step_info *info, const expense *cost,
                       rz_field *field) {
  int n = 0;
  field[n++] = (rz_field){.name = "step", .type = RZ_FIELD_INT, .integer = step};
  for (int i = 0; i < a->n_field && n < RZ_MAX_FIELDS - 12; i++) field[n++] = a->field[i];
  field[n++] = (rz_field){.name = "learning_rate", .type = RZ_FIELD_REAL, .real = info->learning_rate};
  field[n++] = (rz_field){.name = "diag_shift", .type = RZ_FIELD_OPTIONAL, .real = info->diag_shift};
  field[n++] = (rz_field){.name = "force_norm", .type = RZ_FIELD_REAL, .real = info->force_norm};
  field[n++] = (rz_field){.name = "step_norm", .type = RZ_FIELD_REAL, .real = info->step_norm};
  field[n++] = (rz_field){.name = "solver_iterations", .type = RZ_FIELD_INT, .integer = info->iterations};
  field[n++] = (rz_field){.name = "step_seconds", .type = RZ_FIELD_REAL, .real = cost->seconds};
  field[n++] = (rz_field){.name = "comm_calls", .type = RZ_FIELD_INT, .integer = rz_traffic_calls(&cost->traffic)};
  field[n++] = (rz_field){.name = "comm_bytes", .type = RZ_FIELD_INT, .integer = rz_traffic_bytes(&cost->traffic)};
  field[n++] = (rz_field){.name = "solver", .type = RZ_FIELD_TEXT, .text = info->solver};
  if (info->precision) field[n++] = (rz_field){.name = "precision", .type = RZ_FIELD_TEXT, .text = info->precision};
  if (info->preconditioner)
    field[n++] = (rz_field){.name = "preconditioner", .type = RZ_FIELD_TEXT, .text = info->preconditioner};
  return n;
}

static rz_err record(loop *l, int64_t step, const rz_assessment *a, const rz_step_info *info, const expense *cost,
                     rz_progress *progress, rz_history *history) {
  rz_field field[RZ_MAX_FIELDS];
  const int n = step_fields(step, a, info, cost, field);
  RZ_TRY(rz_agree(l->comm, rz_history_add(history, n, field)));
  trace_line(l, n, field);
  char text[160] = "";
  if (l->problem->describe) l->problem->describe(l->problem->self, a, text, (int)sizeof text);
  const size_t used = strlen(text);
  snprintf(text + used, sizeof text - used, "  %.3f s/step", cost->seconds);
  rz_progress_show(progress, step + 1, text);
  return RZ_OK;
}

/* One turn of the loop: assess, move and record, or undo. */
static rz_err turn(loop *l, rz_progress *progress) {
  rz_train_result *out = l->out;
  const expense start = spent(l->comm);
  rz_assessment a;
  rz_step_info info = {0};
  rz_err rc = RZ_OK;
  RZ_TRY(rz_agree(l->comm, rz_snapshot_take(&l->here, walk_state, l)));
  RZ_TRY_DONE(rc, assess(l, &a));
  const bool was_healthy = a.healthy;
  if (a.healthy) {
    keep_as_good(l, &a);
    RZ_TRY_DONE(rc, move(l, l->step, &a, &info));
    l->moved = info.metric_norm;
  }
  if (!a.healthy) {
    out->n_rejected++;
    snprintf(out->last_reason, sizeof out->last_reason, "%s", a.reason);
    RZ_TRY_DONE(rc, reject(l, l->step, a.reason));
    /* A bad assessment condemns the step before it, which is walked again; a bad solve is repeated here. A step that
     * is being walked again stays one, whatever goes wrong with it. */
    if (!was_healthy && !l->again) l->step--;
    l->again = l->again || !was_healthy;
    goto done;
  }
  if (info.reason) rz_log_print(l->log, RZ_LOG_SUMMARY, "%s\n", info.reason);
  out->n_fell_back += info.fell_back;
  if (!l->again) {
    const expense cost = spent_since(l->comm, &start);
    l->rejections = 0;
    RZ_TRY_DONE(rc, record(l, l->step, &a, &info, &cost, progress, &out->history));
  }
  l->again = false;
  out->n_step = ++l->step;
done:
  assessment_free(&a);
  return rc;
}

/* Asked once in every block of a window, and of the history alone: a training that was taken up again ends where it
 * would have. */
static bool is_at_rest(const loop *l) {
  const int64_t window = l->spec->stop_window, n = l->out->history.n_row;
  if (window == 0 || n < 2 * window || n % (window / RZ_PLATEAU_BLOCKS) != 0) return false;
  const rz_plateau p = rz_history_plateau(&l->out->history, l->spec->objective_name, l->spec->error_name, window);
  return p.verdict == RZ_PLATEAU_FLAT;
}

static rz_err run(loop *l, const rz_keeper *keeper) {
  RZ_TRY(restore(l, keeper));
  rz_progress progress = rz_progress_begin(l->log, l->step, l->spec->iterations, l->spec->report_every);
  rz_err rc = RZ_OK;
  while (rc == RZ_OK && l->step < l->spec->iterations && !is_at_rest(l)) {
    rc = turn(l, &progress);
    if (rc == RZ_OK) rc = keep(l, keeper);
  }
  rz_progress_end(&progress);
  l->out->rested = rc == RZ_OK && l->step < l->spec->iterations;
  return rc;
}

rz_err rz_train(const rz_train_spec *spec, const rz_problem *problem, rz_optimiser *optimiser, const rz_comm *comm,
                const rz_keeper *keeper, rz_trace *trace, rz_log *log, rz_train_result *out) {
  loop l = {.spec = spec,
            .problem = problem,
            .optimiser = optimiser,
            .comm = comm,
            .trace = trace,
            .log = log,
            .start = rz_wall_time(),
            .out = out};
  *out = (rz_train_result){0};
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_agree(comm, RZ_NEW(problem->params->n, &l.delta)));
  if (!rz_optimiser_wants_jacobian(optimiser)) RZ_TRY_DONE(rc, rz_agree(comm, RZ_NEW(problem->params->n, &l.forces)));
  RZ_TRY_DONE(rc, run(&l, keeper));
done:
  count_time(&l);
  rz_free(&l.delta);
  rz_free(&l.forces);
  rz_snapshot_free(&l.here);
  rz_snapshot_free(&l.good);
  return rc;
}
