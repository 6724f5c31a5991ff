/* A scratch directory of a test program: made under the working directory, removed with what is in it. */
#ifndef RITZ_VALIDATION_SCRATCH_H
#define RITZ_VALIDATION_SCRATCH_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RZ_SCRATCH_SIZE = 64, RZ_SCRATCH_PATH_SIZE = 512 };

static inline int rz_scratch_make(char dir[RZ_SCRATCH_SIZE]) {
  snprintf(dir, RZ_SCRATCH_SIZE, "scratch with space XXXXXX");
  return mkdtemp(dir) ? 0 : -1;
}

/* dir/name in a caller's buffer, returned. */
static inline const char *rz_scratch_path(const char *dir, const char *name, char path[RZ_SCRATCH_PATH_SIZE]) {
  snprintf(path, RZ_SCRATCH_PATH_SIZE, "%s/%s", dir, name);
  return path;
}

/* Number of entries of a directory, -1 if it cannot be read. */
static inline int rz_scratch_count(const char *dir) {
  DIR *d = opendir(dir);
  if (!d) return -1;
  int n = 0;
  for (const struct dirent *e = readdir(d); e; e = readdir(d))
    if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) n++;
  closedir(d);
  return n;
}

static inline void rz_scratch_remove(const char *dir) {
  DIR *d = opendir(dir);
  if (!d) return;
  for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
    char path[RZ_SCRATCH_PATH_SIZE];
    if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
    if (unlink(rz_scratch_path(dir, e->d_name, path)) != 0) rmdir(path);
  }
  closedir(d);
  rmdir(dir);
}

#endif
