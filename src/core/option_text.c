/* Texts about options and their values: for messages, help, templates and printed decks. */
#include "config_private.h"

#include "ritz/core/memory.h"
#include <math.h>
#include <string.h>

rz_err rz_add_type(rz_strbuf *b, const rz_option *row) {
  static const char *const one[] = {"an integer", "a real number", ".true. or .false.", "a quoted string",
                                    "a quoted string"};
  static const char *const many[] = {"integers", "real numbers", "logicals", "quoted strings", "quoted strings"};
  if (row->max_count == 1) return rz_strbuf_printf(b, "%s", one[row->type]);
  if (row->min_count == row->max_count) return rz_strbuf_printf(b, "%d %s", row->max_count, many[row->type]);
  const int fewest = row->min_count > 1 ? row->min_count : 1;
  return rz_strbuf_printf(b, "%d to %d %s", fewest, row->max_count, many[row->type]);
}

/* A bound so wide that it is none. */
static bool is_open(const rz_option *row, double bound) {
  return fabs(bound) >= (row->type == RZ_REAL ? 1e300 : 9.2e18);
}

static rz_err add_bound(rz_strbuf *b, const rz_option *row, double bound) {
  char buffer[RZ_REAL_SIZE];
  if (row->type != RZ_REAL) return rz_strbuf_printf(b, "%.0f", bound);
  const char *text = rz_nml_print_real(bound, buffer);
  const size_t n = strlen(text);
  const bool is_whole = n > 2 && strcmp(text + n - 2, ".0") == 0;
  return rz_strbuf_add(b, text, (int64_t)(is_whole ? n - 2 : n));
}

rz_err rz_add_range(rz_strbuf *b, const rz_option *row) {
  if (row->min > row->max || (row->type != RZ_INT && row->type != RZ_REAL && row->type != RZ_STRING)) return RZ_OK;
  const bool no_min = is_open(row, row->min), no_max = is_open(row, row->max);
  if (no_min && no_max) return RZ_OK;
  RZ_TRY(rz_strbuf_printf(b, no_max ? " >= " : no_min ? " <= " : " from "));
  RZ_TRY(add_bound(b, row, no_min ? row->max : row->min));
  if (!no_min && !no_max) {
    RZ_TRY(rz_strbuf_printf(b, " to "));
    RZ_TRY(add_bound(b, row, row->max));
  }
  return row->type == RZ_STRING ? rz_strbuf_printf(b, " bytes") : RZ_OK;
}

rz_err rz_add_choices(rz_strbuf *b, const char *choices) {
  for (const char *s = choices; *s;) {
    const size_t n = strcspn(s, "|");
    const bool is_last = s[n] == '\0';
    RZ_TRY(rz_strbuf_printf(b, "%s'%.*s'", s == choices ? "" : is_last ? " or " : ", ", (int)n, s));
    s += is_last ? n : n + 1;
  }
  return RZ_OK;
}

static rz_err add_quoted(rz_strbuf *b, const char *s) {
  RZ_TRY(rz_strbuf_add(b, "'", 1));
  for (; *s; s++) RZ_TRY(rz_strbuf_add(b, *s == '\'' ? "''" : s, *s == '\'' ? 2 : 1));
  return rz_strbuf_add(b, "'", 1);
}

rz_err rz_add_values(rz_strbuf *b, const rz_option *row, const rz_config_value *values, int count) {
  char buffer[RZ_REAL_SIZE];
  for (int i = 0; i < count; i++) {
    if (i > 0) RZ_TRY(rz_strbuf_add(b, ", ", 2));
    switch (row->type) {
    case RZ_INT:
      RZ_TRY(rz_strbuf_printf(b, "%lld", (long long)values[i].integer));
      break;
    case RZ_REAL:
      RZ_TRY(rz_strbuf_printf(b, "%s", rz_nml_print_real(values[i].real, buffer)));
      break;
    case RZ_BOOL:
      RZ_TRY(rz_strbuf_printf(b, "%s", values[i].boolean ? ".true." : ".false."));
      break;
    case RZ_STRING:
    case RZ_CHOICE:
      RZ_TRY(add_quoted(b, values[i].string));
      break;
    }
  }
  return RZ_OK;
}

rz_err rz_add_nearest(rz_strbuf *b, const char *word, const char *const *names, int n) {
  const char *name = rz_nearest(word, names, n);
  return name ? rz_strbuf_printf(b, "; did you mean '%s'?", name) : RZ_OK;
}

rz_err rz_add_nearest_choice(rz_strbuf *b, const char *word, const char *choices) {
  int n = 0, n_max = 1;
  for (const char *s = choices; *s; s++) n_max += *s == '|';
  rz_err rc = RZ_OK;
  char *copy = NULL;
  const char **names = NULL;
  RZ_TRY_DONE(rc, rz_strdup(choices, &copy));
  RZ_TRY_DONE(rc, RZ_NEW(n_max, &names));
  for (char *s = copy; s;) {
    char *bar = strchr(s, '|');
    if (bar) *bar = '\0';
    names[n++] = s;
    s = bar ? bar + 1 : NULL;
  }
  RZ_TRY_DONE(rc, rz_add_nearest(b, word, names, n));
done:
  rz_free(&names);
  rz_free(&copy);
  return rc;
}
