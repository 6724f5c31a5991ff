#include "ritz/store/trace.h"

#include "file.h"
#include "json.h"
#include "ritz/core/memory.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct rz_trace {
  char *path;
  int fd;
};

static rz_err open_trace(const char *path, int how, rz_trace **out) {
  rz_trace *t = NULL;
  *out = NULL;
  RZ_TRY(RZ_NEW0(1, &t));
  t->fd = -1;
  rz_err rc = rz_strdup(path, &t->path);
  if (rc == RZ_OK) {
    t->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | how, 0666);
    if (t->fd < 0)
      rc = rz_error_set(RZ_ERR_CREATE, __FILE__, __LINE__, __func__, "cannot create '%s': %s", path, strerror(errno));
  }
  if (rc != RZ_OK) {
    rz_free(&t->path);
    rz_free(&t);
  }
  *out = t;
  return rc;
}

rz_err rz_trace_create(const char *path, bool overwrite, rz_trace **out) {
  *out = NULL;
  RZ_TRY(rz_file_check(path, overwrite));
  /* O_EXCL keeps the promise also when another process made the file since the check. */
  return open_trace(path, overwrite ? O_TRUNC : O_EXCL, out);
}

rz_err rz_trace_reopen(const char *path, rz_trace **out) { return open_trace(path, 0, out); }

rz_err rz_trace_length(const rz_trace *t, int64_t *bytes) {
  *bytes = lseek(t->fd, 0, SEEK_END);
  RZ_CHECK(*bytes >= 0, RZ_ERR_IO, "cannot tell the length of '%s': %s", t->path, strerror(errno));
  return RZ_OK;
}

rz_err rz_trace_cut(rz_trace *t, int64_t bytes, bool *whole) {
  int64_t length = 0;
  RZ_TRY(rz_trace_length(t, &length));
  *whole = length >= bytes;
  RZ_CHECK(!*whole || ftruncate(t->fd, bytes) == 0, RZ_ERR_IO, "cannot cut '%s' back to %lld bytes: %s", t->path,
           (long long)bytes, strerror(errno));
  return RZ_OK;
}

static rz_err put_field(rz_json *line, const rz_field *f) {
  RZ_TRY(rz_json_text(line, f->name));
  RZ_TRY(rz_json_raw(line, ": "));
  switch (f->type) {
  case RZ_FIELD_REAL:
    return rz_json_real(line, f->real, false);
  case RZ_FIELD_OPTIONAL:
    return rz_json_real(line, f->real, true);
  case RZ_FIELD_INT:
    return rz_json_int(line, f->integer);
  case RZ_FIELD_TEXT:
    return rz_json_text(line, f->text);
  }
  RZ_FAIL(RZ_ERR_ARG, "field '%s' has no type %d", f->name, (int)f->type);
}

static rz_err put_line(rz_json *line, int n, const rz_field *fields) {
  RZ_TRY(rz_json_raw(line, "{"));
  for (int i = 0; i < n; i++) {
    if (i > 0) RZ_TRY(rz_json_raw(line, ", "));
    RZ_TRY(put_field(line, &fields[i]));
  }
  return rz_json_raw(line, "}\n");
}

/* A line that did not fit on the disk is taken back, so that the file stays one object per line. */
static rz_err write_line(rz_trace *t, const rz_json *line) {
  const off_t end = lseek(t->fd, 0, SEEK_END);
  if (rz_write_all(t->fd, line->bytes, line->n)) return RZ_OK;
  const int why = errno;
  const bool taken_back = end >= 0 && ftruncate(t->fd, end) == 0;
  RZ_FAIL(RZ_ERR_IO, "cannot write '%s': %s%s", t->path, strerror(why), taken_back ? "" : "; its last line is broken");
}

rz_err rz_trace_line(rz_trace *t, int n, const rz_field *fields) {
  rz_json line = {0};
  rz_err rc = put_line(&line, n, fields);
  if (rc == RZ_OK) rc = write_line(t, &line);
  rz_free(&line.bytes);
  return rc;
}

rz_err rz_trace_close(rz_trace **t) {
  if (!t || !*t) return RZ_OK;
  const bool ok = fsync((*t)->fd) == 0 || errno == EINVAL || errno == EROFS;
  const int why = errno;
  const bool closed = close((*t)->fd) == 0;
  rz_err rc = RZ_OK;
  if (!ok || !closed)
    rc = rz_error_set(RZ_ERR_IO, __FILE__, __LINE__, __func__, "cannot close '%s': %s", (*t)->path,
                      strerror(ok ? errno : why));
  rz_free(&(*t)->path);
  rz_free(t);
  return rc;
}
