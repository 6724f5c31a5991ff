/* key = values of a namelist: the designator, the list, and how to go on behind an error. */
#include "namelist_parser.h"

enum { MAX_RANK = 15 };

rz_err rz_nml_add_name(rz_nml_parser *p, int64_t from, int64_t to, int64_t *name) {
  rz_strbuf *chars = &p->tree->chars;
  *name = chars->n;
  RZ_TRY(rz_strbuf_add(chars, p->text + from, to - from));
  for (int64_t i = *name; i < chars->n; i++)
    if (chars->s[i] >= 'A' && chars->s[i] <= 'Z') chars->s[i] = (char)(chars->s[i] - 'A' + 'a');
  return rz_strbuf_add(chars, "", 1); /* its NUL ends the name */
}

/* -- looking ahead and recovering */

/* Over "(" digits, signs, colons, commas ")"; stops where anything else comes. */
static int64_t skip_subscripts(const rz_nml_parser *p, int64_t at, bool *closed) {
  at++;
  for (int c = char_at(p, at); is_digit(c) || is_blank(c) || (c > 0 && strchr("+-:,", c)); c = char_at(p, at)) at++;
  *closed = char_at(p, at) == ')';
  return *closed ? at + 1 : at;
}

/* Does "name [(subscripts)] {%name [(subscripts)]} =" begin at a name? seen: how far that look went, so that a caller
 * who skips there never looks at a byte twice. */
static bool is_item_ahead(const rz_nml_parser *p, int64_t at, int64_t *seen) {
  for (;;) {
    *seen = at = skip_name(p, at);
    at = skip_blanks(p, at);
    while (char_at(p, at) == '(') {
      bool closed;
      *seen = at = skip_subscripts(p, at, &closed);
      if (!closed) return false;
      at = skip_blanks(p, at);
    }
    if (char_at(p, at) != '%') return char_at(p, at) == '=';
    *seen = ++at;
    at = skip_blanks(p, at);
    if (!is_name_start(char_at(p, at))) return false;
  }
}

/* Is the '/' at `at` the end of a group rather than a piece of an unquoted path? */
static bool is_group_end(const rz_nml_parser *p, int64_t at) {
  const int before = char_at(p, at - 1), after = char_at(p, at + 1);
  return is_space(before) || is_space(after) || after == NO_CHAR || after == '!';
}

void rz_nml_recover(rz_nml_parser *p) {
  for (;;) {
    const int c = peek(p), before = char_at(p, p->at - 1);
    if (c == NO_CHAR || c == '\n') return;
    if (c == '!' || (c == '/' && char_at(p, p->at + 1) == '/')) {
      p->at = end_of_line(p, p->at);
    } else if (is_quote(c)) {
      int64_t close = p->at + 1;
      while (char_at(p, close) != c && char_at(p, close) != '\n' && char_at(p, close) != NO_CHAR) close++;
      p->at = char_at(p, close) == c ? close + 1 : close;
    } else if (c == '/' && is_group_end(p, p->at)) {
      return;
    } else if ((c == '&' || c == '$') && is_space(before) && is_name_start(char_at(p, p->at + 1))) {
      return;
    } else if (is_name_start(c) && !is_name_char(before) && before != '.') {
      int64_t seen;
      if (is_item_ahead(p, p->at, &seen)) return;
      p->at = seen;
    } else {
      p->at++;
    }
  }
}

/* -- values */

/* Neighbouring nulls become one, so that a line of commas costs nothing. */
static rz_err add_value(rz_nml_parser *p, rz_nml_item *item, const rz_nml_value *v) {
  rz_nml *tree = p->tree;
  if (v->kind == RZ_NML_NULL && item->n_values > 0) {
    rz_nml_value *last = &tree->values[tree->n_values - 1];
    if (last->kind == RZ_NML_NULL && !__builtin_add_overflow(last->repeat, v->repeat, &last->repeat)) {
      last->end = v->end;
      return RZ_OK;
    }
  }
  rz_nml_value *slot;
  APPEND(p, values, &slot);
  *slot = *v;
  item->n_values++;
  return RZ_OK;
}

/* Two ways to write a list that gfortran reads with one value too many, an empty one, as experiments show: a comment
 * between a comma (or the '=') and the next value, and a comma at the beginning of a line. Both are harmless when no
 * value of the same key follows, so they are remembered until one does. */
typedef struct trap {
  int64_t comment, comma; /* places, or -1 */
} trap;

static rz_err report_trap(rz_nml_parser *p, rz_nml_item *item, trap *t) {
  if (t->comment >= 0)
    REPORT_ERROR(p, t->comment,
                 "a comment between ',' or '=' and the next value: gfortran takes it for an empty value; move it");
  else if (t->comma >= 0)
    REPORT_ERROR(p, t->comma,
                 "a comma at the beginning of a line: gfortran takes it for an empty value; move it up a line");
  item->is_bad = item->is_bad || t->comment >= 0 || t->comma >= 0;
  *t = (trap){-1, -1};
  return RZ_OK;
}

/* Values up to the next item or the end of the group. Reports at most one error per line of an item. */
static rz_err parse_values(rz_nml_parser *p, int64_t i_item) {
  bool after_value = false, is_noisy = false;
  trap t = {-1, -1};
  p->tree->items[i_item].first_value = p->tree->n_values;
  for (;;) {
    const gap g = skip_space(p);
    if (g.new_line) is_noisy = false;
    if (!after_value && g.comment >= 0 && t.comment < 0) t.comment = g.comment;
    const int c = peek(p);
    int64_t seen;
    rz_nml_item *item = &p->tree->items[i_item];
    if (t.comment >= 0 && t.comma >= 0) RZ_TRY(report_trap(p, item, &t));
    if (c == NO_CHAR || c == '/' || c == '&' || c == '$') return RZ_OK;
    if (is_name_start(c) && is_item_ahead(p, p->at, &seen)) return RZ_OK;
    if (c == ',') {
      const rz_nml_value null = {.kind = RZ_NML_NULL, .pos = p->at, .end = p->at, .repeat = 1};
      if (!after_value) RZ_TRY(add_value(p, item, &null));
      if (g.new_line && t.comma < 0) t.comma = p->at;
      after_value = false;
      p->at++;
      continue;
    }
    if (is_noisy) { /* this line's error is known */
      p->at++;
      rz_nml_recover(p);
      continue;
    }
    rz_nml_value v;
    bool ok;
    RZ_TRY(report_trap(p, item, &t));
    RZ_TRY(rz_nml_parse_value(p, &v, &ok));
    after_value = true;
    if (ok) {
      RZ_TRY(add_value(p, item, &v));
      continue;
    }
    item->is_bad = is_noisy = true;
    if (p->at == v.pos) p->at++;
    rz_nml_recover(p);
  }
}

static bool parse_sub_int(rz_nml_parser *p, int64_t *value, bool *has) {
  p->at = skip_blanks(p, p->at);
  const int64_t from = p->at;
  const bool negative = peek(p) == '-';
  if (negative || peek(p) == '+') p->at++;
  int64_t x = 0;
  const int64_t digits = p->at;
  for (; is_digit(peek(p)); p->at++)
    if (__builtin_mul_overflow(x, 10, &x) || __builtin_add_overflow(x, peek(p) - '0', &x)) return false;
  *has = p->at > digits;
  *value = negative ? -x : x;
  const bool ok = *has || p->at == from;
  p->at = skip_blanks(p, p->at);
  return ok;
}

/* One subscript: [int] | [int] : [int] [: int]. */
static bool parse_sub(rz_nml_parser *p, rz_nml_sub *sub) {
  *sub = (rz_nml_sub){.step = 1};
  if (!parse_sub_int(p, &sub->lo, &sub->has_lo)) return false;
  if (peek(p) != ':') return sub->has_lo;
  sub->is_range = true;
  p->at++;
  if (!parse_sub_int(p, &sub->hi, &sub->has_hi)) return false;
  if (peek(p) != ':') return true;
  p->at++;
  bool has_step;
  return parse_sub_int(p, &sub->step, &has_step) && has_step && sub->step != 0;
}

/* "(" sub {"," sub} ")" of the tree's newest part. */
static rz_err parse_subs(rz_nml_parser *p, bool *ok) {
  rz_nml_part *part = &p->tree->parts[p->tree->n_parts - 1];
  part->first_sub = p->tree->n_subs;
  const int64_t open = p->at;
  do {
    p->at++; /* the parenthesis or the comma */
    rz_nml_sub sub, *slot;
    *ok = part->n_subs < MAX_RANK && parse_sub(p, &sub);
    if (!*ok) break;
    APPEND(p, subs, &slot);
    *slot = sub;
    part->n_subs++;
  } while (peek(p) == ',');
  *ok = *ok && peek(p) == ')';
  if (*ok)
    p->at++;
  else
    REPORT_ERROR(p, open, "subscripts are written (2), (2:4), (1:5:2) or (1,2)");
  return RZ_OK;
}

/* name [(subs)] {%name [(subs)]}, then perhaps a substring's (i:j). */
static rz_err parse_designator(rz_nml_parser *p, int64_t i_item, bool *ok) {
  rz_nml *tree = p->tree;
  tree->items[i_item].first_part = tree->n_parts;
  for (*ok = true; *ok;) {
    rz_nml_part *part;
    APPEND(p, parts, &part);
    tree->items[i_item].n_parts++;
    const int64_t end = skip_name(p, p->at);
    RZ_TRY(rz_nml_add_name(p, p->at, end, &part->name));
    p->at = skip_blanks(p, end);
    for (int n = 0; *ok && peek(p) == '('; n++) {
      if (n == 0) {
        RZ_TRY(parse_subs(p, ok));
      } else {
        p->at = skip_subscripts(p, p->at, ok);
        tree->items[i_item].has_substring = true;
        if (!*ok) REPORT_ERROR(p, p->at, "')' is missing");
      }
      p->at = skip_blanks(p, p->at);
    }
    if (!*ok || peek(p) != '%') break;
    p->at = skip_blanks(p, p->at + 1);
    *ok = is_name_start(peek(p));
    if (!*ok) REPORT_ERROR(p, p->at, "the name of a component is missing behind '%%'");
  }
  return RZ_OK;
}

static rz_err report_missing_equals(rz_nml_parser *p, const rz_nml_item *item) {
  const char *name = rz_nml_chars(p->tree, p->tree->parts[item->first_part].name);
  char excerpt[RZ_EXCERPT_SIZE];
  const char *hint = peek(p) == '.' ? "; components are written p%a" : "";
  REPORT_ERROR(p, p->at, "'=' is missing behind '%s'%s", rz_excerpt(name, (int64_t)strlen(name), excerpt), hint);
  return RZ_OK;
}

rz_err rz_nml_parse_item(rz_nml_parser *p) {
  rz_nml *tree = p->tree;
  const int64_t i_item = tree->n_items;
  rz_nml_item *item;
  bool ok;
  APPEND(p, items, &item);
  item->pos = p->at;
  tree->groups[tree->n_groups - 1].n_items++;
  RZ_TRY(parse_designator(p, i_item, &ok));
  if (ok && peek(p) != '=') {
    RZ_TRY(report_missing_equals(p, item));
    ok = false;
  }
  if (ok && char_at(p, p->at + 1) == '=') {
    REPORT_ERROR(p, p->at, "'==' should be '='");
    ok = false;
  }
  if (ok) {
    p->at++;
    return parse_values(p, i_item);
  }
  item->is_bad = true;
  item->first_value = tree->n_values;
  rz_nml_recover(p);
  return RZ_OK;
}
