#include "checkpoint_file.h"
#include "file.h"
#include "results_impl.h"
#include "ritz/core/memory.h"
#include "ritz/store/checkpoint.h"
#include "seal.h"
#include "spread.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Ranks agree at the start of every visit and once after the walk. A walk that fails on one rank alone thus meets the
 * next visit of the others, and all leave together. */
typedef struct writer {
  const rz_comm *comm;
  rz_results *file; /* rank 0 */
  rz_err pending;   /* of rank 0, for the next agreement */
  bool agreed;      /* all ranks know of the failure */
} writer;

static rz_err agree(writer *w, rz_err rc) {
  rc = rz_agree(w->comm, rc);
  if (rc != RZ_OK) w->agreed = true;
  return rc;
}

static rz_err put(writer *w, const rz_array *whole) {
  char *path = NULL;
  const size_t size = strlen(whole->name) + 16;
  RZ_TRY(RZ_NEW(size, &path));
  snprintf(path, size, "/state/%s", whole->name);
  const rz_err rc = rz_results_array(w->file, path, whole, NULL, NULL);
  rz_free(&path);
  return rc;
}

static rz_err gather(writer *w, const rz_array *part, rz_spread *plan) {
  rz_array *whole = &plan->whole;
  if (!part->distributed) {
    whole->data = part->data;
    return RZ_OK;
  }
  rz_err rc = RZ_OK;
  if (w->comm->rank == 0) rc = rz_malloc(rz_array_length(whole), rz_array_type_size(whole->type), &whole->data);
  RZ_TRY(rz_agree(w->comm, rc));
  return rz_spread_gather(w->comm, plan, part->data, whole->data);
}

static rz_err save(const rz_array *part, void *ctx) {
  writer *w = ctx;
  rz_spread plan;
  RZ_TRY(agree(w, w->pending));
  rz_err rc = rz_spread_plan(w->comm, part, &plan);
  if (rc == RZ_OK) rc = gather(w, part, &plan);
  if (rc != RZ_OK) w->agreed = true;
  if (rc == RZ_OK && w->comm->rank == 0) w->pending = put(w, &plan.whole);
  if (plan.whole.data != part->data) rz_free(&plan.whole.data);
  return rc;
}

static rz_err begin(const rz_checkpoint_spec *spec, rz_results **file) {
  RZ_TRY(rz_file_check(spec->path, true));
  RZ_TRY(rz_results_begin(spec->path, RZ_CHECKPOINT_FORMAT, RZ_CHECKPOINT_FORMAT_VERSION, file));
  RZ_TRY(rz_results_text(*file, "/stage", spec->stage, NULL));
  RZ_TRY(rz_results_i64(*file, "/step", spec->step, NULL));
  RZ_TRY(rz_results_text(*file, "/instruction_set", spec->instruction_set, NULL));
  RZ_TRY(rz_results_text(*file, "/input/deck", spec->deck, NULL));
  return rz_results_text(*file, "/input/path", spec->deck_path, NULL);
}

/* A disk that would be filled to the brim is left alone: others write there too, and the old generation stays. Where
 * the system does not count blocks, the write will tell. */
static rz_err check_room(const char *path, size_t n) {
  struct statvfs info;
  char *directory = NULL;
  RZ_TRY(rz_path_directory(path, &directory));
  const bool known = statvfs(directory, &info) == 0 && info.f_blocks > 0;
  rz_free(&directory);
  if (!known) return RZ_OK;
  const double room = (double)info.f_bavail * (double)info.f_frsize;
  RZ_CHECK(room >= 2.0 * (double)n, RZ_ERR_IO,
           "no room for '%s': the disk has %.0f bytes left, twice the checkpoint's %zu are wanted", path, room, n);
  return RZ_OK;
}

static rz_err put_on_disk(const rz_checkpoint_spec *spec, const char *run_id, const char *bytes, size_t n) {
  char *temporary = NULL;
  RZ_TRY(check_room(spec->path, n));
  RZ_TRY(rz_file_temporary(spec->path, run_id, &temporary));
  (void)unlink(temporary); /* our own, of an attempt that could not clean up */
  rz_err rc = rz_file_make(temporary, bytes, n);
  if (rc == RZ_OK) {
    rc = rz_checkpoint_rotate(spec->path, temporary, spec->lock);
    if (rc != RZ_OK) unlink(temporary);
  }
  if (rc == RZ_OK) rc = rz_file_sync_directory(spec->path);
  rz_free(&temporary);
  return rc;
}

static rz_err finish(const rz_checkpoint_spec *spec, const rz_results *file, int64_t *size) {
  char *bytes = NULL, random[RZ_RUN_ID_SIZE];
  size_t n = 0;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_random_id(random));
  const char *run_id = spec->lock ? rz_lock_run_id(spec->lock) : random;
  RZ_TRY_DONE(rc, rz_results_image(file, RZ_SEAL_SIZE, &bytes, &n));
  RZ_TRY_DONE(rc, rz_seal_close(&rz_seal_checkpoint, spec->step, run_id, bytes, n));
  *size = (int64_t)n;
  RZ_TRY_DONE(rc, put_on_disk(spec, run_id, bytes, n));
done:
  rz_free(&bytes);
  return rc;
}

rz_err rz_checkpoint_write(const rz_checkpoint_spec *spec, rz_state_walk *walk, void *ctx, int64_t *bytes) {
  const rz_comm *comm = spec->comm;
  writer w = {.comm = comm};
  int64_t size = 0;
  if (comm->rank == 0) w.pending = begin(spec, &w.file);
  rz_err rc = walk(ctx, save, &w);
  if (!w.agreed) rc = rz_agree(comm, rc != RZ_OK ? rc : w.pending);
  if (rc == RZ_OK) {
    if (comm->rank == 0) rc = finish(spec, w.file, &size);
    rc = rz_agree(comm, rc);
  }
  rz_results_abandon(&w.file);
  if (rc == RZ_OK) rc = rz_bcast(comm, 0, sizeof size, &size);
  if (bytes) *bytes = size;
  return rc;
}
