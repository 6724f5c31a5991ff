/* Steps that the optimiser tries: it sees the objective before and after each of them, and takes back what did not do.
 * The last good state's assessment is held, so that another step from there costs no second one. What a trial finds
 * depends on the parameters alone: there is nothing else to return to. */
#include "loop.h"

#include <math.h>
#include <stdio.h>

/* Held from now on: an assessment, and with it the room that its forces are in. */
static rz_err hold(rz_loop *l, const rz_assessment *a) {
  double *room = l->held.forces;
  if (l->holds) rz_assessment_free(&l->held);
  l->held = *a;
  l->holds = true;
  if (l->forces) l->forces = room;
  return RZ_OK;
}

static rz_err keep_as_good(rz_loop *l, const rz_assessment *a) {
  RZ_TRY(hold(l, a));
  RZ_TRY(rz_agree(l->comm, rz_snapshot_take(&l->good, rz_loop_walk_problem, l)));
  l->have_good = true;
  l->good_step = l->step;
  l->good_objective = a->objective;
  return RZ_OK;
}

static rz_err go_back(rz_loop *l) { return rz_snapshot_restore(&l->good, rz_loop_walk_problem, l); }

/* Back at the good state; after a stop its assessment has to be made again. */
static rz_err return_to_held(rz_loop *l) {
  rz_assessment a = {0};
  RZ_TRY(go_back(l));
  if (l->holds) return RZ_OK;
  RZ_TRY(rz_loop_update(l));
  RZ_TRY(rz_loop_assess(l, &a));
  RZ_TRY(hold(l, &a));
  RZ_CHECK(a.healthy, RZ_ERR_NUM, "a state that was good cannot be assessed again: %s", a.reason);
  return go_back(l);
}

/* Assess the current parameters and ask the optimiser; if they do not do, return to those that did. */
static rz_err judge(rz_loop *l, bool *good) {
  rz_assessment a;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_loop_assess(l, &a));
  RZ_CHECK_DONE(rc, !a.healthy || a.error == 0.0, RZ_ERR_DECK,
                "this method compares objectives and wants them without noise; here is one with an error of %g: take "
                "another method, or full sums",
                a.error);
  const rz_slope at = {a.jacobian, a.residual, a.forces};
  RZ_TRY_DONE(rc, rz_optimiser_judge(l->optimiser, a.healthy ? a.objective : NAN, a.healthy ? &at : NULL, good));
  if (*good) return keep_as_good(l, &a);
  RZ_CHECK_DONE(rc, l->have_good, RZ_ERR_NUM, "the initial state cannot be used: %s", a.reason);
  rz_log_print(l->log, RZ_LOG_DEBUG, "a trial of step %lld is taken back\n", (long long)l->step);
  RZ_TRY_DONE(rc, return_to_held(l));
done:
  rz_assessment_free(&a);
  return rc;
}

/* The next trial. One that cannot be found, or leads nowhere, is one more that does not do. */
static rz_err move(rz_loop *l, rz_step_info *info) {
  for (int failures = 0;; failures++) {
    const rz_err rc = rz_loop_move(l, &l->held, info);
    if (rc != RZ_ERR_NUM || failures == l->spec->max_rejections) return rc;
    RZ_TRY(rz_optimiser_reject(l->optimiser));
    RZ_TRY(go_back(l));
  }
}

/* One assessment and one step. due: a good state is to be recorded. */
static rz_err one_trial(rz_loop *l, bool *due) {
  const rz_expense start = *due ? rz_expense_now(l->comm) : (rz_expense){0};
  rz_step_info info = {0};
  bool good = false;
  RZ_TRY(judge(l, &good));
  RZ_TRY(move(l, &info));
  if (info.reason) rz_log_print(l->log, RZ_LOG_SUMMARY, "%s\n", info.reason);
  l->out->n_fell_back += info.fell_back;
  l->at_rest = info.at_rest;
  if (!good) return RZ_OK;
  if (*due) RZ_TRY(rz_loop_record(l, &l->held, &info, &start));
  *due = false;
  l->out->n_step = ++l->step;
  return RZ_OK;
}

rz_err rz_loop_try(rz_loop *l) {
  bool due = true;
  for (int64_t i = 0; !l->at_rest && i < l->per_turn && l->step < l->spec->iterations; i++) RZ_TRY(one_trial(l, &due));
  return RZ_OK;
}

rz_err rz_loop_try_last(rz_loop *l) {
  bool good = false;
  if (!l->have_good || l->at_rest) return RZ_OK;
  RZ_TRY(judge(l, &good));
  return good ? RZ_OK : rz_loop_update(l);
}
