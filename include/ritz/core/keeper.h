/* What a long computation calls between its steps, when its state is whole, so that it can be stopped and go on later.
 * The computation knows its own arrays and nothing of files, clocks or signals; who keeps knows those. */
#ifndef RITZ_CORE_KEEPER_H
#define RITZ_CORE_KEEPER_H

#include "ritz/core/array.h"
#include <stdbool.h>
#include <stdint.h>

/* A NULL keeper keeps nothing and never stops. Stages are named: "train", "evaluate". Both calls are collective, and
 * every rank calls them at the same places. */
typedef struct rz_keeper {
  void *self;
  /* Once, before the first step of a stage: if an earlier run was stopped inside it, fill the arrays of the walk. */
  rz_err (*restore)(void *self, const char *stage, rz_state_walk *walk, void *ctx, bool *restored);
  /* Between steps, `step` of which are done. Errors: RZ_ERR_STOPPED if the run is to end here, its state kept. */
  rz_err (*between)(void *self, const char *stage, int64_t step, rz_state_walk *walk, void *ctx);
} rz_keeper;

#endif
