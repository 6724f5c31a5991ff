#include "file.h"

#include "ritz/core/memory.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

rz_err rz_random_id(char id[RZ_RUN_ID_SIZE]) {
  unsigned char raw[(RZ_RUN_ID_SIZE - 1) / 2];
  FILE *source = fopen("/dev/urandom", "rb");
  RZ_CHECK(source, RZ_ERR_ENV, "no random numbers from the system: /dev/urandom: %s", strerror(errno));
  const size_t got = fread(raw, 1, sizeof raw, source);
  fclose(source);
  RZ_CHECK(got == sizeof raw, RZ_ERR_ENV, "no random numbers from the system: /dev/urandom ended early");
  for (size_t i = 0; i < sizeof raw; i++) snprintf(id + 2 * i, 3, "%02x", raw[i]);
  return RZ_OK;
}

rz_err rz_path_directory(const char *path, char **directory) {
  const char *slash = strrchr(path, '/');
  if (!slash) return rz_strdup(".", directory);
  RZ_TRY(rz_strdup(path, directory));
  (*directory)[slash == path ? 1 : slash - path] = '\0';
  return RZ_OK;
}

static rz_err check_directory(const char *path, const char *directory) {
  struct stat info;
  RZ_CHECK(stat(directory, &info) == 0, RZ_ERR_CREATE, "cannot create '%s': directory '%s': %s", path, directory,
           strerror(errno));
  RZ_CHECK(S_ISDIR(info.st_mode), RZ_ERR_CREATE, "cannot create '%s': '%s' is not a directory", path, directory);
  RZ_CHECK(access(directory, W_OK | X_OK) == 0, RZ_ERR_CREATE, "cannot create '%s': directory '%s' is not writable: %s",
           path, directory, strerror(errno));
  return RZ_OK;
}

rz_err rz_file_check(const char *path, bool overwrite) {
  struct stat info;
  RZ_CHECK(path[0], RZ_ERR_CREATE, "cannot create a file with an empty name");
  if (stat(path, &info) == 0) {
    RZ_CHECK(!S_ISDIR(info.st_mode), RZ_ERR_CREATE, "cannot create '%s': it is a directory", path);
    RZ_CHECK(overwrite, RZ_ERR_CREATE,
             "'%s' exists and is not overwritten; choose another output, or set overwrite = .true.", path);
  } else {
    RZ_CHECK(errno == ENOENT || errno == ENOTDIR, RZ_ERR_CREATE, "cannot create '%s': %s", path, strerror(errno));
  }
  char *directory = NULL;
  RZ_TRY(rz_path_directory(path, &directory));
  const rz_err rc = check_directory(path, directory);
  rz_free(&directory);
  return rc;
}

bool rz_write_all(int fd, const void *bytes, size_t n) {
  const char *p = bytes;
  while (n > 0) {
    const ssize_t done = write(fd, p, n);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    p += done;
    n -= (size_t)done;
  }
  return true;
}

static rz_err write_synced(const char *temporary, const void *bytes, size_t n) {
  const int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  RZ_CHECK(fd >= 0, RZ_ERR_CREATE, "cannot create '%s': %s", temporary, strerror(errno));
  const bool ok = rz_write_all(fd, bytes, n) && fsync(fd) == 0;
  const int why = errno;
  /* So that reading back asks the disk, where the system follows the advice, not the memory that was just written. */
  (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  /* A network file system may report the failed write only here. */
  const bool closed = close(fd) == 0;
  RZ_CHECK(ok && closed, RZ_ERR_IO, "cannot write '%s': %s", temporary, strerror(ok ? errno : why));
  return RZ_OK;
}

/* Short writes and bad memory on the way show here, while the old file is still in place. */
static rz_err read_back(const char *temporary, const void *bytes, size_t n) {
  char block[65536];
  const char *expected = bytes;
  FILE *file = fopen(temporary, "rb");
  RZ_CHECK(file, RZ_ERR_IO, "cannot read back '%s': %s", temporary, strerror(errno));
  size_t seen = 0, got = 0;
  bool same = true;
  while (same && (got = fread(block, 1, sizeof block, file)) > 0) {
    same = got <= n - seen && memcmp(block, expected + seen, got) == 0;
    seen += got;
  }
  const bool failed = ferror(file) != 0;
  fclose(file);
  RZ_CHECK(!failed && same && seen == n, RZ_ERR_IO, "'%s' does not read back as it was written", temporary);
  return RZ_OK;
}

/* rename replaces; link refuses when the name exists, atomically. Where links are not supported, the check just before
 * the rename leaves a gap of microseconds. */
static rz_err give_name(const char *temporary, const char *path, bool overwrite) {
  if (!overwrite) {
    if (link(temporary, path) == 0) {
      RZ_CHECK(unlink(temporary) == 0, RZ_ERR_IO, "cannot remove '%s': %s", temporary, strerror(errno));
      return RZ_OK;
    }
    RZ_CHECK(errno != EEXIST && access(path, F_OK) != 0, RZ_ERR_CREATE, "'%s' exists and is not overwritten", path);
  }
  RZ_CHECK(rename(temporary, path) == 0, RZ_ERR_IO, "cannot rename '%s' to '%s': %s", temporary, path, strerror(errno));
  return RZ_OK;
}

rz_err rz_file_make(const char *temporary, const void *bytes, size_t n) {
  rz_err rc = write_synced(temporary, bytes, n);
  if (rc == RZ_OK) rc = read_back(temporary, bytes, n);
  if (rc != RZ_OK) unlink(temporary);
  return rc;
}

rz_err rz_file_temporary(const char *path, const char *id, char **temporary) {
  const size_t size = strlen(path) + 16;
  RZ_TRY(RZ_NEW(size, temporary));
  snprintf(*temporary, size, "%s.%.8s.tmp", path, id);
  return RZ_OK;
}

static rz_err sync_directory(const char *directory) {
  const int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  RZ_CHECK(fd >= 0, RZ_ERR_IO, "cannot open directory '%s': %s", directory, strerror(errno));
  /* Some file systems have no sync of directories and say EINVAL. */
  const bool ok = fsync(fd) == 0 || errno == EINVAL;
  const int why = errno;
  close(fd);
  RZ_CHECK(ok, RZ_ERR_IO, "cannot sync directory '%s': %s", directory, strerror(why));
  return RZ_OK;
}

rz_err rz_file_sync_directory(const char *path) {
  char *directory = NULL;
  RZ_TRY(rz_path_directory(path, &directory));
  const rz_err rc = sync_directory(directory);
  rz_free(&directory);
  return rc;
}

rz_err rz_file_replace(const char *path, bool overwrite, const void *bytes, size_t n) {
  char id[RZ_RUN_ID_SIZE], *temporary = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_file_check(path, overwrite));
  RZ_TRY_DONE(rc, rz_random_id(id));
  RZ_TRY_DONE(rc, rz_file_temporary(path, id, &temporary));
  RZ_TRY_DONE(rc, rz_file_make(temporary, bytes, n));
  rc = give_name(temporary, path, overwrite);
  if (rc != RZ_OK) unlink(temporary);
  if (rc == RZ_OK) RZ_TRY_DONE(rc, rz_file_sync_directory(path));
done:
  rz_free(&temporary);
  return rc;
}

rz_err rz_file_text(const char *path, char **text) {
  enum { LIMIT = 65536 };
  *text = NULL;
  FILE *file = fopen(path, "rb");
  RZ_CHECK(file, RZ_ERR_INPUT, "cannot read '%s': %s", path, strerror(errno));
  const rz_err rc = RZ_NEW(LIMIT, text);
  if (rc == RZ_OK) (*text)[fread(*text, 1, LIMIT - 1, file)] = '\0';
  fclose(file);
  return rc;
}
