#include "checkpoint_file.h"

#include "file.h"
#include "ritz/core/memory.h"
#include "ritz/store/checkpoint.h"
#include "seal.h"
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

rz_err rz_checkpoint_previous(const char *path, char **previous) {
  static const char ending[] = ".h5";
  const size_t n = strlen(path), e = sizeof ending - 1;
  const size_t stem = n >= e && strcmp(path + n - e, ending) == 0 ? n - e : n;
  RZ_TRY(RZ_NEW(n + 16, previous));
  snprintf(*previous, n + 16, "%.*s.prev%s", (int)stem, path, ending);
  return RZ_OK;
}

bool rz_checkpoint_recognise(const char *path) { return rz_seal_recognise(&rz_seal_checkpoint, path); }

/* Only a good file may take the place of the previous one: a damaged newest generation must not push out the last good
 * one, not even until the new one has its name. */
static bool is_good(const char *path) {
  char *bytes = NULL;
  rz_seal seal;
  const bool good = rz_seal_open(&rz_seal_checkpoint, path, &bytes, &seal) == RZ_OK;
  rz_free(&bytes);
  if (!good) rz_error_clear();
  return good;
}

/* The newest generation gets its second name by a link, so that it keeps the first until the new one takes it. Where
 * the file system has no links it is renamed: then the previous name alone holds it for a moment. */
static rz_err keep_previous(const char *path, const char *previous, const char *temporary) {
  char *aside = NULL;
  const size_t size = strlen(temporary) + 8;
  RZ_TRY(RZ_NEW(size, &aside));
  snprintf(aside, size, "%s.old", temporary);
  const bool linked = link(path, aside) == 0;
  const bool moved = rename(linked ? aside : path, previous) == 0;
  const int why = errno;
  if (linked) (void)unlink(aside); /* is there still if the rename failed, or if both were one file already */
  rz_free(&aside);
  RZ_CHECK(moved, RZ_ERR_IO, "cannot rename '%s' to '%s': %s", path, previous, strerror(why));
  return RZ_OK;
}

rz_err rz_checkpoint_rotate(const char *path, const char *temporary, const rz_lock *lock) {
  char *previous = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_checkpoint_previous(path, &previous));
  const bool good = is_good(path);
  if (lock) RZ_TRY_DONE(rc, rz_lock_verify(lock));
  if (good) RZ_TRY_DONE(rc, keep_previous(path, previous, temporary));
  RZ_CHECK_DONE(rc, rename(temporary, path) == 0, RZ_ERR_IO, "cannot rename '%s' to '%s': %s", temporary, path,
                strerror(errno));
done:
  rz_free(&previous);
  return rc;
}

static rz_err remove_file(const char *path) {
  RZ_CHECK(unlink(path) == 0 || errno == ENOENT, RZ_ERR_IO, "cannot remove '%s': %s", path, strerror(errno));
  return RZ_OK;
}

/* BASE.xxxxxxxx.tmp and BASE.xxxxxxxx.tmp.old, x a hex digit. */
static bool is_temporary(const char *name, const char *base) {
  enum { ID = 8 };
  const size_t n = strlen(base);
  if (strncmp(name, base, n) != 0 || name[n] != '.') return false;
  const char *id = name + n + 1;
  if (strspn(id, "0123456789abcdef") != ID) return false;
  return strcmp(id + ID, ".tmp") == 0 || strcmp(id + ID, ".tmp.old") == 0;
}

static rz_err remove_temporaries(const char *path) {
  const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
  char *directory = NULL, *victim = NULL;
  DIR *entries = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_path_directory(path, &directory));
  const size_t size = strlen(path) + 32;
  RZ_TRY_DONE(rc, RZ_NEW(size, &victim));
  entries = opendir(directory);
  RZ_CHECK_DONE(rc, entries, RZ_ERR_IO, "cannot list directory '%s': %s", directory, strerror(errno));
  for (const struct dirent *e = readdir(entries); e; e = readdir(entries)) {
    if (!is_temporary(e->d_name, base)) continue;
    snprintf(victim, size, "%.*s%s", (int)(base - path), path, e->d_name);
    RZ_TRY_DONE(rc, remove_file(victim));
  }
done:
  if (entries) closedir(entries);
  rz_free(&victim);
  rz_free(&directory);
  return rc;
}

/* The newest one last: a run that dies in between can still be resumed, and not from the older state. */
rz_err rz_checkpoint_remove(const char *path) {
  char *previous = NULL;
  RZ_TRY(rz_checkpoint_previous(path, &previous));
  rz_err rc = remove_file(previous);
  if (rc == RZ_OK) rc = remove_file(path);
  if (rc == RZ_OK) rc = remove_temporaries(path);
  rz_free(&previous);
  return rc;
}
