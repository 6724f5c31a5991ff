#include "sweep_axes.h"

#include "ritz/core/memory.h"
#include <ctype.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

static rz_err complain(char **why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static rz_err complain(char **why, const char *fmt, ...) {
  char text[1024];
  va_list args;
  va_start(args, fmt);
  vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  return rz_strdup(text, why);
}

/* A copy without blanks at both ends. */
static rz_err copy_trimmed(const char *s, size_t n, char **out) {
  while (n > 0 && isspace((unsigned char)*s)) s++, n--;
  while (n > 0 && isspace((unsigned char)s[n - 1])) n--;
  RZ_TRY(rz_malloc((int64_t)n + 1, 1, (void **)out));
  memcpy(*out, s, n);
  (*out)[n] = '\0';
  return RZ_OK;
}

/* --- the key ------------------------------------------------------------------------------------------------------ */

static const rz_option *find_row(const rz_option *rows, int n, const char *key) {
  for (int i = 0; i < n; i++)
    if (strcasecmp(rows[i].name, key) == 0) return &rows[i];
  return NULL;
}

/* A key of several members has one type in all of them. */
static const rz_option *find_key(const rz_option_group *g, const char *key) {
  const rz_option *row = find_row(g->rows, g->n_rows, key);
  for (int i = 0; !row && i < g->n_members; i++) row = find_row(g->members[i].rows, g->members[i].n_rows, key);
  return row;
}

static rz_err no_such_group(const rz_schema *schema, const char *name, char **why) {
  const char **names = NULL;
  RZ_TRY(RZ_NEW(schema->n_groups, &names));
  for (int i = 0; i < schema->n_groups; i++) names[i] = schema->groups[i].name;
  const char *near = rz_nearest(name, names, schema->n_groups);
  const rz_err rc = near ? complain(why, "there is no group &%s; did you mean '%s'?", name, near)
                         : complain(why, "there is no group &%s", name);
  rz_free(&names);
  return rc;
}

static rz_err no_such_key(const rz_option_group *g, const char *key, char **why) {
  int n = g->n_rows;
  const char **names = NULL;
  for (int i = 0; i < g->n_members; i++) n += g->members[i].n_rows;
  RZ_TRY(RZ_NEW(n, &names));
  n = 0;
  for (int i = 0; i < g->n_rows; i++) names[n++] = g->rows[i].name;
  for (int i = 0; i < g->n_members; i++)
    for (int k = 0; k < g->members[i].n_rows; k++) names[n++] = g->members[i].rows[k].name;
  const char *near = rz_nearest(key, names, n);
  const rz_err rc = near ? complain(why, "group &%s has no key '%s'; did you mean '%s'?", g->name, key, near)
                         : complain(why, "group &%s has no key '%s'", g->name, key);
  rz_free(&names);
  return rc;
}

static rz_err look_up(const rz_schema *schema, rz_sweep_axis *a, char **why) {
  const rz_option_group *group = NULL;
  for (int i = 0; i < schema->n_groups; i++)
    if (strcasecmp(schema->groups[i].name, a->group) == 0) group = &schema->groups[i];
  if (!group) return no_such_group(schema, a->group, why);
  if (group == &rz_sweep_group || strcmp(group->name, "sweep") == 0)
    return complain(why, "a sweep has no axis over &sweep itself");
  a->row = find_key(group, a->key);
  if (!a->row) return no_such_key(group, a->key, why);
  if (strcmp(group->name, "run") == 0 && strcmp(a->row->name, "output") == 0)
    return complain(why, "the points' files are named by the sweep: `output` in &sweep says where");
  return RZ_OK;
}

/* --- the values --------------------------------------------------------------------------------------------------- */

static bool is_text(const rz_option *row) { return row->type == RZ_STRING || row->type == RZ_CHOICE; }

/* "4 4" gives "4, 4"; words of a text key are quoted unless they are already. Room: at most four bytes a byte. */
static rz_err format_point(const rz_option *row, const char *s, size_t n, char **out) {
  RZ_TRY(rz_malloc((int64_t)(4 * n + 4), 1, (void **)out));
  char *to = *out;
  for (size_t i = 0; i < n;) {
    if (isspace((unsigned char)s[i])) {
      i++;
      continue;
    }
    size_t end = i;
    while (end < n && !isspace((unsigned char)s[end])) end++;
    const bool quote = is_text(row) && s[i] != '\'' && s[i] != '"';
    if (to > *out) to += sprintf(to, ", ");
    if (quote) *to++ = '\'';
    memcpy(to, s + i, end - i);
    to += end - i;
    if (quote) *to++ = '\'';
    i = end;
  }
  *to = '\0';
  return RZ_OK;
}

static rz_err split_points(rz_sweep_axis *a, const char *values, char **why) {
  int n = 1;
  for (const char *c = values; *c; c++) n += *c == ',';
  RZ_TRY(RZ_NEW0(n, &a->value));
  const char *s = values;
  for (int i = 0; i < n; i++) {
    const size_t length = strcspn(s, ",");
    RZ_TRY(format_point(a->row, s, length, &a->value[a->n++]));
    if (!*a->value[i]) return complain(why, "point %d has no value; commas separate points", i + 1);
    for (int k = 0; k < i; k++)
      if (strcmp(a->value[k], a->value[i]) == 0) return complain(why, "the point %s is there twice", a->value[i]);
    s += length + 1;
  }
  return RZ_OK;
}

rz_err rz_sweep_axis_parse(const rz_schema *schema, const char *text, rz_sweep_axis *out, char **why) {
  *out = (rz_sweep_axis){0};
  *why = NULL;
  const char *equals = strchr(text, '=');
  const char *dot = strchr(text, '.');
  if (!equals || !dot || dot > equals)
    return complain(why, "an axis is written 'group.key = value, value, ...', such as 'lattice.length = 8, 12'");
  RZ_TRY(copy_trimmed(text, (size_t)(dot - text), &out->group));
  RZ_TRY(copy_trimmed(dot + 1, (size_t)(equals - dot - 1), &out->key));
  RZ_TRY(look_up(schema, out, why));
  return *why ? RZ_OK : split_points(out, equals + 1, why);
}

void rz_sweep_axis_free(rz_sweep_axis *a) {
  for (int i = 0; i < a->n; i++) rz_free(&a->value[i]);
  rz_free(&a->value);
  rz_free(&a->group);
  rz_free(&a->key);
  *a = (rz_sweep_axis){0};
}
