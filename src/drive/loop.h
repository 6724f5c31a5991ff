/* Private to drive: the training loop's state, and its parts. */
#ifndef RITZ_DRIVE_LOOP_H
#define RITZ_DRIVE_LOOP_H

#include "progress.h"
#include "ritz/drive/train.h"
#include "snapshot.h"

typedef struct rz_loop {
  const rz_train_spec *spec;
  const rz_problem *problem;
  rz_optimiser *optimiser;
  const rz_comm *comm;
  rz_trace *trace; /* NULL on ranks that do not write */
  rz_log *log;
  rz_progress progress;
  int64_t per_turn; /* steps of a turn */
  rz_snapshot here,
      good; /* start of this turn; start of the last turn whose assessment was good, or the last good trial */
  bool have_good;
  int64_t good_step; /* steps done at `good` */
  double good_objective, good_error, good_mobility;
  double moved;       /* length in the metric of the step that led here; NaN: unknown */
  int rejections;     /* in a row */
  bool again;         /* this step was recorded, then undone, and is walked a second time */
  bool at_rest;       /* the optimiser says that nothing is left to gain */
  rz_assessment held; /* of `good`, for an optimiser that tries its steps */
  bool holds;         /* not after a stop: it is made again where it is needed */
  double *delta;
  double *forces;     /* room for the next assessment's; NULL where the optimiser wants a Jacobian */
  int64_t step;       /* steps done */
  int64_t n_untraced; /* lines of the trace that could not be written */
  double start, seconds_before, cpu_before;
  rz_train_result *out;
} rz_loop;

/* Parameters and what the problem reads and changes: an rz_state_walk of a loop. */
rz_err rz_loop_walk_problem(void *loop, rz_array_visit *visit, void *visit_ctx);
/* The agreement of all ranks, unless the problem fails on every rank or on none. */
rz_err rz_loop_agree(const rz_loop *l, rz_err rc);
/* The parameters have changed. Collective. */
rz_err rz_loop_update(const rz_loop *l);

/* ---- assess.c: the current parameters, and whether they can be used. Collective. ---- */

/* A numerical failure is a verdict, not an error. */
rz_err rz_loop_assess(const rz_loop *l, rz_assessment *a);
/* Is it far worse than what the steps of this turn came from? */
void rz_loop_compare(const rz_loop *l, rz_assessment *a);
void rz_assessment_free(rz_assessment *a);

/* ---- record.c: the trace, the history and what people see ---- */

/* What a step costs. */
typedef struct rz_expense {
  double seconds;
  rz_traffic traffic;
} rz_expense;
rz_expense rz_expense_now(const rz_comm *comm);
/* Of the step that is done, from `start` until now. Collective. */
rz_err rz_loop_record(rz_loop *l, const rz_assessment *a, const rz_step_info *info, const rz_expense *start);
/* What was undone, and why. */
void rz_loop_record_undone(rz_loop *l, const char *reason);

/* ---- turns: steps_per_turn steps, the first of them recorded. Collective. ---- */

/* Find the step from an assessed state and take it. RZ_ERR_NUM: there is none, or it leads nowhere. */
rz_err rz_loop_move(const rz_loop *l, const rz_assessment *from, rz_step_info *info);
/* turn.c: steps that stand, until one leads where nothing can be assessed or much is lost: then all of the turn that
 * led there is undone. */
rz_err rz_loop_turn(rz_loop *l);
/* trial.c: steps that the optimiser tries and judges by itself. */
rz_err rz_loop_try(rz_loop *l);
/* Judge the last trial of all, too: the training ends at the best state that was found. */
rz_err rz_loop_try_last(rz_loop *l);

#endif
