#include "sweep_claims.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "claims"

/* *made: it was not there. */
static rz_err make(const char *path, bool *made) {
  const int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0666);
  RZ_CHECK(fd >= 0 || errno == EEXIST, RZ_ERR_CREATE, "cannot create '%s': %s", path, strerror(errno));
  if (fd >= 0) close(fd);
  *made = fd >= 0;
  return RZ_OK;
}

static void name_point(const rz_sweep *s, int point, const char *suffix, char path[PATH_MAX]) {
  snprintf(path, PATH_MAX, "%s/" FOLDER "/%04d%s", s->stem, point + 1, suffix);
}

static void name_file(const rz_sweep *s, const char *name, char path[PATH_MAX]) {
  snprintf(path, PATH_MAX, "%s/%s", s->stem, name);
}

static rz_err empty(const char *folder) {
  DIR *d = opendir(folder);
  RZ_CHECK(d, RZ_ERR_CREATE, "cannot read '%s': %s", folder, strerror(errno));
  bool ok = true;
  for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
    if (e->d_name[0] != '.') ok = unlink(path) == 0 && ok;
  }
  closedir(d);
  RZ_CHECK(ok, RZ_ERR_CREATE, "cannot empty '%s': %s", folder, strerror(errno));
  return RZ_OK;
}

rz_err rz_claims_open(const rz_sweep *s) {
  char folder[PATH_MAX];
  name_file(s, FOLDER, folder);
  if (mkdir(folder, 0777) == 0) return RZ_OK;
  RZ_CHECK(errno == EEXIST, RZ_ERR_CREATE, "cannot create the folder '%s': %s", folder, strerror(errno));
  return empty(folder);
}

rz_err rz_claims_close(const rz_sweep *s) {
  char folder[PATH_MAX], stop[PATH_MAX];
  name_file(s, FOLDER, folder);
  name_file(s, "STOP", stop);
  (void)unlink(stop);
  RZ_TRY(empty(folder));
  RZ_CHECK(rmdir(folder) == 0, RZ_ERR_IO, "cannot remove '%s': %s", folder, strerror(errno));
  return RZ_OK;
}

rz_err rz_claims_take(const rz_sweep *s, int point, bool *mine) {
  char path[PATH_MAX];
  name_point(s, point, "", path);
  return make(path, mine);
}

rz_err rz_claims_set_over(const rz_sweep *s, int point) {
  char path[PATH_MAX];
  bool made;
  name_point(s, point, ".over", path);
  return make(path, &made);
}

bool rz_claims_is_over(const rz_sweep *s, int point) {
  char path[PATH_MAX];
  name_point(s, point, ".over", path);
  return access(path, F_OK) == 0;
}

rz_err rz_claims_stop(const rz_sweep *s) {
  char path[PATH_MAX];
  bool made;
  name_file(s, FOLDER "/stop", path);
  RZ_TRY(make(path, &made));
  name_file(s, "STOP", path); /* which every run in this folder looks for */
  return make(path, &made);
}

bool rz_claims_is_stopped(const rz_sweep *s) {
  char path[PATH_MAX];
  name_file(s, FOLDER "/stop", path);
  return access(path, F_OK) == 0;
}
