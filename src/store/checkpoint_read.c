#include "checkpoint_file.h"
#include "checkpoint_impl.h"
#include "ritz/core/memory.h"
#include "ritz/store/checkpoint.h"
#include "seal.h"
#include "stored_impl.h"
#include <stdio.h>
#include <string.h>

void rz_checkpoint_info_free(rz_checkpoint_info *info) {
  rz_free(&info->path);
  rz_free(&info->run_id);
  rz_free(&info->stage);
  rz_free(&info->deck);
  rz_free(&info->deck_path);
  rz_free(&info->instruction_set);
  *info = (rz_checkpoint_info){0};
}

const rz_checkpoint_info *rz_checkpoint_about(const rz_checkpoint *c) { return &c->info; }

static rz_err describe(const char *path, const rz_seal *head, const rz_stored *s, rz_checkpoint_info *info) {
  info->bytes = head->size;
  RZ_TRY(rz_strdup(path, &info->path));
  RZ_TRY(rz_strdup(head->run_id, &info->run_id));
  RZ_TRY(rz_stored_text(s, "/stage", &info->stage));
  RZ_TRY(rz_stored_i64(s, "/step", &info->step));
  RZ_TRY(rz_stored_text(s, "/instruction_set", &info->instruction_set));
  RZ_TRY(rz_stored_text(s, "/input/deck", &info->deck));
  return rz_stored_text(s, "/input/path", &info->deck_path);
}

/* One generation, checked before HDF5 sees it. */
static rz_err open_generation(const char *path, rz_stored **stored, rz_checkpoint_info *info) {
  char *bytes = NULL;
  rz_seal head;
  rz_err rc = RZ_OK;
  *stored = NULL;
  *info = (rz_checkpoint_info){0};
  RZ_TRY_DONE(rc, rz_seal_open(&rz_seal_checkpoint, path, &bytes, &head));
  RZ_TRY_DONE(rc, rz_stored_open_image(path, RZ_CHECKPOINT_FORMAT, RZ_CHECKPOINT_FORMAT_VERSION, bytes + RZ_SEAL_SIZE,
                                       (size_t)head.size - RZ_SEAL_SIZE, stored));
  RZ_TRY_DONE(rc, describe(path, &head, *stored, info));
done:
  rz_free(&bytes);
  if (rc != RZ_OK) {
    rz_stored_close(stored);
    rz_checkpoint_info_free(info);
  }
  return rc;
}

rz_err rz_checkpoint_inspect(const char *path, rz_checkpoint_info *out) {
  rz_stored *stored = NULL;
  const rz_err rc = open_generation(path, &stored, out);
  rz_stored_close(&stored);
  return rc;
}

/* The newest that is good; why: the reason against the newer one, NULL if there was none. */
static rz_err open_newest(const char *path, rz_checkpoint *c, char **why) {
  char *previous = NULL;
  rz_err rc = open_generation(path, &c->stored, &c->info), older = RZ_OK;
  if (rc == RZ_OK) return RZ_OK;
  RZ_TRY(rz_strdup(rz_error_message(), why));
  RZ_TRY(rz_checkpoint_previous(path, &previous));
  older = open_generation(previous, &c->stored, &c->info);
  rz_free(&previous);
  if (older == RZ_OK) return RZ_OK;
  char *also = NULL;
  RZ_TRY(rz_strdup(rz_error_message(), &also));
  rc = rz_error_set(rc, __FILE__, __LINE__, __func__, "no good checkpoint: %s; %s", *why, also);
  rz_free(&also);
  return rc;
}

static rz_err make_note(const rz_checkpoint *c, const char *why, char **note) {
  const size_t size = strlen(why) + strlen(c->info.path) + 64;
  RZ_TRY(RZ_NEW(size, note));
  snprintf(*note, size, "%s; took the generation before, '%s', step %lld", why, c->info.path, (long long)c->info.step);
  return RZ_OK;
}

/* rank 0's text to everyone; NULL stays NULL. */
static rz_err share_text(const rz_comm *comm, char **text) {
  int64_t size = comm->rank == 0 && *text ? (int64_t)strlen(*text) + 1 : 0;
  RZ_TRY(rz_bcast(comm, 0, sizeof size, &size));
  if (size == 0) return RZ_OK;
  rz_err rc = RZ_OK;
  if (comm->rank != 0) rc = RZ_NEW(size, text);
  RZ_TRY(rz_agree(comm, rc));
  return rz_bcast(comm, 0, size, *text);
}

static rz_err share(rz_checkpoint *c, char **note) {
  char **const texts[] = {&c->info.path, &c->info.run_id,    &c->info.stage,
                          &c->info.deck, &c->info.deck_path, &c->info.instruction_set,
                          note};
  int64_t numbers[2] = {c->info.step, c->info.bytes};
  RZ_TRY(rz_bcast(&c->comm, 0, sizeof numbers, numbers));
  c->info.step = numbers[0];
  c->info.bytes = numbers[1];
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) RZ_TRY(share_text(&c->comm, texts[i]));
  return RZ_OK;
}

static rz_err open_on_root(const char *path, rz_checkpoint *c, char **note) {
  char *why = NULL;
  rz_err rc = open_newest(path, c, &why);
  if (rc == RZ_OK && why) rc = make_note(c, why, note);
  rz_free(&why);
  return rc;
}

rz_err rz_checkpoint_open(const char *path, const rz_comm *comm, rz_checkpoint **out, char **note) {
  rz_checkpoint *c = NULL;
  char *said = NULL;
  *out = NULL;
  if (note) *note = NULL;
  rz_err rc = RZ_NEW0(1, &c);
  if (rc == RZ_OK) {
    c->comm = *comm;
    if (comm->rank == 0) rc = open_on_root(path, c, &said);
  }
  RZ_TRY_DONE(rc, rz_agree(comm, rc));
  RZ_TRY_DONE(rc, share(c, &said));
  *out = c;
  c = NULL;
  if (note) *note = said;
done:
  if (rc != RZ_OK || !note) rz_free(&said);
  rz_checkpoint_close(&c);
  return rc;
}

void rz_checkpoint_close(rz_checkpoint **c) {
  if (!c || !*c) return;
  rz_stored_close(&(*c)->stored);
  rz_checkpoint_info_free(&(*c)->info);
  rz_free(c);
}
