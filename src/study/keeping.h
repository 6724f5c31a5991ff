/* The keeper of a run with files: checkpoints at the start of a stage, at intervals, and when the run is asked to stop,
 * and the way back into a stage. One that cannot be written is a warning, and the run goes on, unless its lock is lost.
 * All functions are collective. */
#ifndef RITZ_STUDY_KEEPING_H
#define RITZ_STUDY_KEEPING_H

#include "output.h"
#include "ritz/core/keeper.h"
#include "ritz/core/stop.h"

typedef struct rz_keeping {
  rz_keeper keeper; /* to be handed to what computes */
  rz_output *output;
  /* What a stage builds on and does not know of, set by the study before the stage: its arrays come before those of the
   * stage, and `taken_up` follows when all are filled. NULL: nothing. */
  rz_state_walk *base;
  rz_err (*taken_up)(void *base_ctx);
  void *base_ctx;
  rz_stop_rule rule;
  char *stop_file[2]; /* NAME.stop, and STOP in its directory */
  int64_t n_failed;   /* checkpoints that could not be written, in a row */
} rz_keeping;

/* For the open output. */
rz_err rz_keeping_begin(rz_output *output, rz_keeping *k);
/* Is the run being taken up inside this stage? */
bool rz_keeping_resumes(const rz_keeping *k, const char *stage);
/* A stage is over: nothing is watched until the next. */
void rz_keeping_pause(rz_keeping *k);
void rz_keeping_end(rz_keeping *k);

#endif
