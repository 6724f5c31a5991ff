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
void rz_snapshot_free(rz_snapshot *s);

#endif
