#include "snapshot.h"

#include "ritz/core/memory.h"
#include <string.h>

typedef struct cursor {
  rz_snapshot *snapshot;
  int64_t at;
} cursor;

static int64_t array_bytes(const rz_array *array) {
  return rz_array_length(array) * (int64_t)rz_array_type_size(array->type);
}

static rz_err measure(const rz_array *array, void *ctx) {
  *(int64_t *)ctx += array_bytes(array);
  return RZ_OK;
}

static rz_err copy_in(const rz_array *array, void *ctx) {
  cursor *c = ctx;
  const int64_t bytes = array_bytes(array);
  if (bytes > 0) memcpy(c->snapshot->data + c->at, array->data, (size_t)bytes);
  c->at += bytes;
  return RZ_OK;
}

static rz_err copy_out(const rz_array *array, void *ctx) {
  cursor *c = ctx;
  const int64_t bytes = array_bytes(array);
  RZ_CHECK(c->at + bytes <= c->snapshot->size, RZ_ERR_INTERNAL, "state array %s grew since the snapshot", array->name);
  if (bytes > 0) memcpy(array->data, c->snapshot->data + c->at, (size_t)bytes);
  c->at += bytes;
  return RZ_OK;
}

rz_err rz_snapshot_take(rz_snapshot *s, rz_state_walk *walk, void *ctx) {
  int64_t bytes = 0;
  RZ_TRY(walk(ctx, measure, &bytes));
  if (bytes > s->capacity) {
    rz_free(&s->data);
    s->capacity = 0;
    RZ_TRY(RZ_NEW(bytes, &s->data));
    s->capacity = bytes;
  }
  s->size = bytes;
  cursor c = {s, 0};
  return walk(ctx, copy_in, &c);
}

rz_err rz_snapshot_restore(const rz_snapshot *s, rz_state_walk *walk, void *ctx) {
  cursor c = {(rz_snapshot *)s, 0};
  return walk(ctx, copy_out, &c);
}

void rz_snapshot_free(rz_snapshot *s) {
  rz_free(&s->data);
  *s = (rz_snapshot){0};
}
