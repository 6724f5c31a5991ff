#include "table_impl.h"

#include "ritz/core/memory.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool ends_with(const char *text, const char *end) {
  const size_t n = strlen(text), m = strlen(end);
  return n >= m && strcmp(text + n - m, end) == 0;
}

static rz_err check_ignored(const rz_table *t, const rz_table_ignore *ignore) {
  for (int k = 0; k < ignore->n; k++)
    if (!ignore->met[k]) return rz_table_fail(t, -1, "there is no column '%s' to be ignored", ignore->name[k]);
  return RZ_OK;
}

rz_err rz_table_read(const char *path, int n_ignore, const char *const *ignore, rz_table *out) {
  rz_table_ignore ignored = {.n = n_ignore, .name = ignore};
  rz_err rc = RZ_OK;
  *out = (rz_table){0};
  RZ_TRY_DONE(rc, rz_strdup(path, &out->path));
  RZ_TRY_DONE(rc, RZ_NEW0(n_ignore, &ignored.met));
  const bool hdf5 = ends_with(path, ".h5") || ends_with(path, ".hdf5");
  RZ_TRY_DONE(rc, hdf5 ? rz_table_read_hdf5(out, &ignored) : rz_table_read_csv(out, &ignored));
  RZ_TRY_DONE(rc, check_ignored(out, &ignored));
done:
  rz_free(&ignored.met);
  return rc;
}

void rz_table_free(rz_table *t) {
  for (int k = 0; k < t->n_column; k++) rz_free(&t->name[k]);
  rz_free(&t->name);
  rz_free(&t->value);
  rz_free(&t->line);
  rz_free(&t->path);
  *t = (rz_table){0};
}

int rz_table_column(const rz_table *t, const char *name) { return rz_table_find(t, name, (int)strlen(name)); }

rz_err rz_table_fail(const rz_table *t, int64_t row, const char *fmt, ...) {
  char message[1024], place[64] = "";
  va_list args;
  va_start(args, fmt);
  vsnprintf(message, sizeof message, fmt, args);
  va_end(args);
  if (row >= 0 && t->line) snprintf(place, sizeof place, ":%lld", (long long)t->line[row]);
  if (row >= 0 && !t->line) snprintf(place, sizeof place, ": row %lld", (long long)row + 1);
  RZ_FAIL(RZ_ERR_DECK, "%s%s: %s", t->path, place, message);
}

/* --- for the readers ---------------------------------------------------------------------------------------------- */

static bool is_name(const char *name, const char *word, int n_char) {
  return strlen(name) == (size_t)n_char && memcmp(name, word, (size_t)n_char) == 0;
}

int rz_table_find(const rz_table *t, const char *name, int n_char) {
  for (int k = 0; k < t->n_column; k++)
    if (is_name(t->name[k], name, n_char)) return k;
  return -1;
}

bool rz_table_ignored(rz_table_ignore *ignore, const char *name, int n_char) {
  for (int k = 0; k < ignore->n; k++)
    if (is_name(ignore->name[k], name, n_char)) return ignore->met[k] = true;
  return false;
}

enum { MAX_COLUMN = 1 << 16 };

rz_err rz_table_add_column(rz_table *t, const char *name, int n_char) {
  char **names = NULL, *copy = NULL;
  if (t->n_column == MAX_COLUMN) return rz_table_fail(t, -1, "more than %d columns", MAX_COLUMN);
  if (rz_table_find(t, name, n_char) >= 0) return rz_table_fail(t, -1, "there are two columns '%.*s'", n_char, name);
  RZ_TRY(RZ_NEW0(n_char + 1, &copy));
  memcpy(copy, name, (size_t)n_char);
  const rz_err rc = RZ_NEW(t->n_column + 1, &names);
  if (rc != RZ_OK) {
    rz_free(&copy);
    return rc;
  }
  if (t->n_column) memcpy(names, t->name, sizeof *names * (size_t)t->n_column);
  rz_free(&t->name);
  t->name = names;
  t->name[t->n_column++] = copy;
  return RZ_OK;
}
