#include "ritz/drive/train.h"

#include "history.h"
#include "loop.h"
#include "ritz/core/clock.h"
#include "ritz/core/memory.h"

rz_err rz_loop_walk_problem(void *ctx, rz_array_visit *visit, void *visit_ctx) {
  const rz_loop *l = ctx;
  RZ_TRY(rz_params_each(l->problem->params, visit, visit_ctx));
  return l->problem->state(l->problem->self, visit, visit_ctx);
}

rz_err rz_loop_agree(const rz_loop *l, rz_err rc) { return l->problem->agrees ? rc : rz_agree(l->comm, rc); }

rz_err rz_loop_update(const rz_loop *l) { return rz_loop_agree(l, l->problem->update(l->problem->self)); }

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
  rz_loop *l = ctx;
  int64_t rejections = l->rejections, again = l->again, at_rest = l->at_rest, have_good = l->have_good;
  RZ_TRY(rz_loop_walk_problem(l, visit, visit_ctx));
  RZ_TRY(rz_optimiser_state(l->optimiser, visit, visit_ctx));
  RZ_TRY(rz_visit_i64("train/step", &l->step, visit, visit_ctx));
  RZ_TRY(rz_visit_i64("train/rejections", &rejections, visit, visit_ctx));
  RZ_TRY(rz_visit_i64("train/again", &again, visit, visit_ctx));
  RZ_TRY(rz_visit_i64("train/at_rest", &at_rest, visit, visit_ctx));
  RZ_TRY(rz_visit_f64("train/moved", &l->moved, visit, visit_ctx));
  RZ_TRY(rz_visit_i64("train/good_step", &l->good_step, visit, visit_ctx));
  RZ_TRY(rz_visit_f64("train/good_objective", &l->good_objective, visit, visit_ctx));
  RZ_TRY(rz_visit_f64("train/good_error", &l->good_error, visit, visit_ctx));
  RZ_TRY(rz_visit_f64("train/good_mobility", &l->good_mobility, visit, visit_ctx));
  RZ_TRY(rz_visit_i64("train/have_good", &have_good, visit, visit_ctx));
  l->rejections = (int)rejections;
  l->again = again != 0;
  l->at_rest = at_rest != 0;
  l->have_good = have_good != 0;
  if (l->have_good) RZ_TRY(rz_snapshot_state(&l->good, "train/good", rz_loop_walk_problem, l, visit, visit_ctx));
  return rz_train_result_state(l->out, visit, visit_ctx);
}

static void count_time(rz_loop *l) {
  l->out->seconds = l->seconds_before + rz_wall_time() - l->start;
  l->out->cpu_until_end = l->cpu_before + rz_cpu_time();
}

static rz_err restore(rz_loop *l, const rz_keeper *keeper) {
  bool restored = false;
  if (keeper) RZ_TRY(keeper->restore(keeper->self, "train", walk_loop, l, &restored));
  if (!restored) return RZ_OK;
  l->seconds_before = l->out->seconds;
  l->cpu_before = l->out->cpu_until_end;
  return rz_loop_update(l);
}

static rz_err keep(rz_loop *l, const rz_keeper *keeper) {
  if (!keeper) return RZ_OK;
  count_time(l);
  return keeper->between(keeper->self, "train", l->step, walk_loop, l);
}

/* ---- the loop ---- */

/* Asked once in every block of a window, and of the history alone: a training that was taken up again ends where it
 * would have. */
static bool is_at_rest(const rz_loop *l) {
  const int64_t window = l->spec->stop_window, n = l->out->history.n_row;
  if (window == 0 || n < 2 * window || n % (window / RZ_PLATEAU_BLOCKS) != 0) return false;
  const rz_plateau p = rz_history_plateau(&l->out->history, l->spec->objective_name, l->spec->error_name, window);
  return p.verdict == RZ_PLATEAU_FLAT;
}

static rz_err run(rz_loop *l, const rz_keeper *keeper) {
  const bool tries = rz_optimiser_tries(l->optimiser);
  RZ_TRY(restore(l, keeper));
  l->progress = rz_progress_begin(l->log, l->step, l->spec->iterations, l->spec->report_every);
  rz_err rc = RZ_OK;
  while (rc == RZ_OK && l->step < l->spec->iterations && !l->at_rest && !is_at_rest(l)) {
    rc = tries ? rz_loop_try(l) : rz_loop_turn(l);
    if (rc == RZ_OK) rc = keep(l, keeper);
  }
  if (rc == RZ_OK && tries) rc = rz_loop_try_last(l);
  rz_progress_end(&l->progress);
  l->out->rested = rc == RZ_OK && (l->at_rest || l->step < l->spec->iterations);
  return rc;
}

static rz_err make_room(rz_loop *l) {
  const int64_t n = l->problem->params->n;
  RZ_TRY(RZ_NEW(n, &l->delta));
  if (rz_optimiser_wants_jacobian(l->optimiser)) return RZ_OK;
  RZ_TRY(RZ_NEW(n, &l->forces));
  return rz_optimiser_tries(l->optimiser) ? RZ_NEW(n, &l->held.forces) : RZ_OK;
}

static void loop_free(rz_loop *l) {
  rz_assessment_free(&l->held);
  rz_free(&l->held.forces);
  rz_free(&l->forces);
  rz_free(&l->delta);
  rz_snapshot_free(&l->here);
  rz_snapshot_free(&l->good);
}

rz_err rz_train(const rz_train_spec *spec, const rz_problem *problem, rz_optimiser *optimiser, const rz_comm *comm,
                const rz_keeper *keeper, rz_trace *trace, rz_log *log, rz_train_result *out) {
  rz_loop l = {.spec = spec,
               .problem = problem,
               .optimiser = optimiser,
               .comm = comm,
               .trace = trace,
               .log = log,
               .per_turn = spec->steps_per_turn > 1 ? spec->steps_per_turn : 1,
               .start = rz_wall_time(),
               .out = out};
  *out = (rz_train_result){0};
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_agree(comm, make_room(&l)));
  RZ_TRY_DONE(rc, run(&l, keeper));
done:
  count_time(&l);
  loop_free(&l);
  return rc;
}
