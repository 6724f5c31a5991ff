/* Steps that stand. A bad one is undone: the state returns to the start of the turn that led there, and the optimiser
 * forgets earlier steps and is made more careful. */
#include "loop.h"

#include <math.h>
#include <stdio.h>

rz_err rz_loop_move(const rz_loop *l, const rz_assessment *from, rz_step_info *info) {
  const rz_slope at = {from->jacobian, from->residual, from->forces};
  RZ_TRY(rz_optimiser_step(l->optimiser, l->step, &at, l->delta, info));
  rz_params *params = l->problem->params;
  for (int64_t k = 0; k < params->n; k++) params->value[k] += l->delta[k];
  return rz_loop_update(l);
}

static void keep_as_good(rz_loop *l, const rz_assessment *a) {
  const rz_snapshot swap = l->good;
  l->good = l->here;
  l->here = swap;
  l->have_good = true;
  l->good_step = l->step;
  l->good_objective = a->objective;
  l->good_error = a->error;
  /* Follows a fall slowly: samples freeze over some steps, too. */
  l->good_mobility = fmax(a->mobility, 0.9 * l->good_mobility);
}

static rz_err undo(rz_loop *l, const char *reason) {
  rz_train_result *out = l->out;
  out->n_rejected++;
  snprintf(out->last_reason, sizeof out->last_reason, "%s", reason);
  RZ_CHECK(l->have_good, RZ_ERR_NUM, "the initial state cannot be used: %s", reason);
  l->rejections++;
  rz_log_print(l->log, RZ_LOG_DEBUG, "step %lld undone: %s\n", (long long)l->step, reason);
  rz_loop_record_undone(l, reason);
  RZ_TRY(rz_snapshot_restore(&l->good, rz_loop_walk_problem, l));
  RZ_TRY(rz_loop_update(l));
  RZ_CHECK(l->rejections <= l->spec->max_rejections, RZ_ERR_NUM,
           "step %lld was undone %d times in a row; the last reason: %s", (long long)l->step, l->rejections, reason);
  l->step = l->good_step;
  return rz_optimiser_reject(l->optimiser);
}

/* A step from an assessed state that can be used; one that cannot be found, or leads nowhere, is a verdict on it. */
static rz_err take(rz_loop *l, rz_assessment *a, rz_step_info *info) {
  const rz_err rc = rz_loop_move(l, a, info);
  l->moved = info->metric_norm;
  if (rc != RZ_ERR_NUM) return rc;
  a->healthy = false;
  snprintf(a->reason, sizeof a->reason, "%s", rz_error_message());
  return RZ_OK;
}

/* Assess and move; *undone where that failed. The first step of a turn is one to return to, and is recorded. */
static rz_err one_step(rz_loop *l, bool first, bool *undone) {
  const rz_expense start = first ? rz_expense_now(l->comm) : (rz_expense){0};
  rz_assessment a;
  rz_step_info info = {0};
  rz_err rc = RZ_OK;
  if (first) RZ_TRY(rz_agree(l->comm, rz_snapshot_take(&l->here, rz_loop_walk_problem, l)));
  RZ_TRY_DONE(rc, rz_loop_assess(l, &a));
  rz_loop_compare(l, &a);
  const bool to_return_to = first && a.healthy;
  if (to_return_to) keep_as_good(l, &a);
  if (a.healthy) RZ_TRY_DONE(rc, take(l, &a, &info));
  *undone = !a.healthy;
  if (*undone) {
    RZ_TRY_DONE(rc, undo(l, a.reason));
    /* A bad assessment condemns the steps before it, which are walked again; a bad solve is repeated here. A step that
     * is being walked again stays one, whatever goes wrong with it. */
    l->again = l->again || !to_return_to;
    goto done;
  }
  if (info.reason) rz_log_print(l->log, RZ_LOG_SUMMARY, "%s\n", info.reason);
  l->out->n_fell_back += info.fell_back;
  if (first && !l->again) {
    l->rejections = 0;
    RZ_TRY_DONE(rc, rz_loop_record(l, &a, &info, &start));
  }
  l->again = false;
  l->out->n_step = ++l->step;
done:
  rz_assessment_free(&a);
  return rc;
}

rz_err rz_loop_turn(rz_loop *l) {
  bool undone = false;
  for (int64_t i = 0; !undone && i < l->per_turn && l->step < l->spec->iterations; i++)
    RZ_TRY(one_step(l, i == 0, &undone));
  return RZ_OK;
}
