#include "snapshot.h"

#include "ritz/core/memory.h"
#include <stdio.h>
#include <string.h>

typedef struct cursor {
  rz_snapshot *snapshot;
  int64_t at;
  const char *prefix; /* for the visitor who comes next */
  rz_array_visit *visit;
  void *visit_ctx;
} cursor;

static int64_t array_bytes(const rz_array *array) {
  return rz_array_length(array) * (int64_t)rz_array_type_size(array->type);
}

/* What does not fit is only counted. */
static rz_err copy_in(const rz_array *array, void *ctx) {
  cursor *c = ctx;
  const int64_t bytes = array_bytes(array);
  if (bytes > 0 && c->at + bytes <= c->snapshot->capacity)
    memcpy(c->snapshot->data + c->at, array->data, (size_t)bytes);
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
  cursor c = {.snapshot = s};
  RZ_TRY(walk(ctx, copy_in, &c));
  if (c.at > s->capacity) {
    rz_free(&s->data);
    s->capacity = s->size = 0;
    RZ_TRY(RZ_NEW(c.at, &s->data));
    s->capacity = c.at;
    c.at = 0;
    RZ_TRY(walk(ctx, copy_in, &c));
  }
  s->size = c.at;
  return RZ_OK;
}

rz_err rz_snapshot_restore(const rz_snapshot *s, rz_state_walk *walk, void *ctx) {
  cursor c = {.snapshot = (rz_snapshot *)s};
  return walk(ctx, copy_out, &c);
}

static rz_err show(const rz_array *array, void *ctx) {
  cursor *c = ctx;
  char name[160];
  const int64_t bytes = array_bytes(array);
  RZ_CHECK(c->at + bytes <= c->snapshot->size, RZ_ERR_INTERNAL, "state array %s grew since the snapshot", array->name);
  snprintf(name, sizeof name, "%s/%s", c->prefix, array->name);
  rz_array own = *array;
  own.name = name;
  own.data = c->snapshot->data + c->at;
  c->at += bytes;
  return c->visit(&own, c->visit_ctx);
}

rz_err rz_snapshot_state(rz_snapshot *s, const char *prefix, rz_state_walk *walk, void *ctx, rz_array_visit *visit,
                         void *visit_ctx) {
  if (s->size == 0) RZ_TRY(rz_snapshot_take(s, walk, ctx));
  cursor c = {.snapshot = s, .prefix = prefix, .visit = visit, .visit_ctx = visit_ctx};
  return walk(ctx, show, &c);
}

void rz_snapshot_free(rz_snapshot *s) {
  rz_free(&s->data);
  *s = (rz_snapshot){0};
}
