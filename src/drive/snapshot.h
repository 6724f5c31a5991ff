/* A copy in memory of every named array of an object, to return to. */
#ifndef RITZ_DRIVE_SNAPSHOT_H
#define RITZ_DRIVE_SNAPSHOT_H

#include "ritz/core/array.h"
#include "ritz/core/error.h"

typedef struct rz_snapshot {
  char *data;
  int64_t size, capacity;
} rz_snapshot;

rz_err rz_snapshot_take(rz_snapshot *s, rz_state_walk *walk, void *ctx);
rz_err rz_snapshot_restore(const rz_snapshot *s, rz_state_walk *walk, void *ctx);
/* Visit the snapshot's own arrays, "PREFIX/" before the names they have in the walk, which the walk's object must have
 * in the shapes it had; an empty snapshot is made from it first. */
rz_err rz_snapshot_state(rz_snapshot *s, const char *prefix, rz_state_walk *walk, void *ctx, rz_array_visit *visit,
                         void *visit_ctx);
void rz_snapshot_free(rz_snapshot *s);

#endif
