/* Namelist text -> untyped tree. One pass; after an error the parser goes on at the next line or item. */
#include "namelist.h"

#include "ritz/core/memory.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

typedef struct parser {
  const char *text;
  int64_t n, at;
  rz_report *report;
  rz_nml *tree;
  rz_strbuf scratch; /* for numbers */
} parser;

enum { NO_CHAR = -1, MAX_RANK = 15 };

/* -- characters ------------------------------------------------------------------------------------------------------
 */

static int char_at(const parser *p, int64_t at) { return at >= 0 && at < p->n ? (unsigned char)p->text[at] : NO_CHAR; }

static int peek(const parser *p) { return char_at(p, p->at); }

static bool is_blank(int c) { return c == ' ' || c == '\t' || c == '\r'; }

static bool is_space(int c) { return is_blank(c) || c == '\n'; }

static bool is_digit(int c) { return c >= '0' && c <= '9'; }

static bool is_name_start(int c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

static bool is_name_char(int c) { return is_name_start(c) || is_digit(c); }

static bool is_quote(int c) { return c == '\'' || c == '"'; }

/* May this follow a constant? */
static bool is_separator(int c) { return is_space(c) || c == ',' || c == '/' || c == '!' || c == NO_CHAR; }

static int64_t skip_blanks(const parser *p, int64_t at) {
  while (is_blank(char_at(p, at))) at++;
  return at;
}

static int64_t skip_name(const parser *p, int64_t at) {
  while (is_name_char(char_at(p, at))) at++;
  return at;
}

static int64_t end_of_line(const parser *p, int64_t at) {
  const char *end = at < p->n ? memchr(p->text + at, '\n', (size_t)(p->n - at)) : NULL;
  return end ? end - p->text : p->n;
}

/* What lay between two tokens. */
typedef struct gap {
  bool new_line;
  int64_t comment; /* place of the first comment, or -1 */
} gap;

/* Over blanks, newlines and comments. */
static gap skip_space(parser *p) {
  gap g = {.comment = -1};
  for (;; p->at++) {
    if (peek(p) == '!') {
      if (g.comment < 0) g.comment = p->at;
      p->at = end_of_line(p, p->at);
    }
    if (!is_space(peek(p))) return g;
    g.new_line = g.new_line || peek(p) == '\n';
  }
}

#define REPORT_ERROR(p, pos, ...) RZ_TRY(rz_report_add((p)->report, RZ_SEVERITY_ERROR, (pos), __VA_ARGS__))
#define REPORT_WARNING(p, pos, ...) RZ_TRY(rz_report_add((p)->report, RZ_SEVERITY_WARNING, (pos), __VA_ARGS__))

/* -- growing the tree ------------------------------------------------------------------------------------------------
 */

/* Append one cleared element to the tree's array `field` and point `pp` to it. */
#define APPEND(p, field, pp)                                                                                           \
  do {                                                                                                                 \
    rz_nml *t_ = (p)->tree;                                                                                            \
    RZ_TRY(rz_grow((void **)&t_->field, &t_->cap_##field, t_->n_##field, t_->n_##field + 1, sizeof *t_->field));       \
    memset(&t_->field[t_->n_##field], 0, sizeof *t_->field);                                                           \
    *(pp) = &t_->field[t_->n_##field++];                                                                               \
  } while (0)

static rz_err add_name(parser *p, int64_t from, int64_t to, int64_t *name) {
  rz_strbuf *chars = &p->tree->chars;
  *name = chars->n;
  RZ_TRY(rz_strbuf_add(chars, p->text + from, to - from));
  for (int64_t i = *name; i < chars->n; i++)
    if (chars->s[i] >= 'A' && chars->s[i] <= 'Z') chars->s[i] = (char)(chars->s[i] - 'A' + 'a');
  return rz_strbuf_add(chars, "", 1); /* its NUL ends the name */
}

/* -- looking ahead and recovering ------------------------------------------------------------------------------------
 */

/* Over "(" digits, signs, colons, commas ")"; stops where anything else comes. */
static int64_t skip_subscripts(const parser *p, int64_t at, bool *closed) {
  at++;
  for (int c = char_at(p, at); is_digit(c) || is_blank(c) || (c > 0 && strchr("+-:,", c)); c = char_at(p, at)) at++;
  *closed = char_at(p, at) == ')';
  return *closed ? at + 1 : at;
}

/* Does "name [(subscripts)] {%name [(subscripts)]} =" begin at a name? seen: how far that look went, so that a caller
 * who skips there never looks at a byte twice. */
static bool is_item_ahead(const parser *p, int64_t at, int64_t *seen) {
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
static bool is_group_end(const parser *p, int64_t at) {
  const int before = char_at(p, at - 1), after = char_at(p, at + 1);
  return is_space(before) || is_space(after) || after == NO_CHAR || after == '!';
}

/* From inside something wrong to where parsing can go on: the end of the line, the next item, the end of the group. */
static void recover(parser *p) {
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

/* -- constants -------------------------------------------------------------------------------------------------------
 */

/* 'text' or "text"; doubled quotes stand for one, a newline inside is dropped as Fortran does. */
static rz_err parse_string(parser *p, rz_nml_value *v, bool *ok) {
  const int64_t open = p->at;
  const int quote = peek(p);
  rz_strbuf *chars = &p->tree->chars;
  v->kind = RZ_NML_STRING;
  v->string.at = chars->n;
  int64_t newline = -1, control = -1;
  int64_t at = open + 1;
  for (;;) {
    int64_t run = at; /* ordinary characters, copied in one go */
    while (run < p->n && p->text[run] != (char)quote && p->text[run] != '\n') {
      const unsigned char c = (unsigned char)p->text[run];
      if ((c < 0x20 && c != '\t' && c != '\r') || c == 0x7f) control = run;
      run++;
    }
    const bool crlf = char_at(p, run) == '\n' && char_at(p, run - 1) == '\r' && run > at;
    RZ_TRY(rz_strbuf_add(chars, p->text + at, run - at - (crlf ? 1 : 0)));
    at = run + 1;
    if (run == p->n) break;
    if (p->text[run] == '\n') {
      newline = newline < 0 ? run : newline;
    } else if (char_at(p, run + 1) == quote) {
      RZ_TRY(rz_strbuf_add(chars, p->text + run, 1));
      at = run + 2;
    } else {
      v->string.n = chars->n - v->string.at;
      p->at = run + 1;
      if (newline >= 0)
        RZ_TRY(rz_report_add(p->report, RZ_SEVERITY_WARNING, open,
                             "this string runs over the end of its line; Fortran joins the lines without a blank"));
      *ok = control < 0;
      if (!*ok)
        REPORT_ERROR(p, control, "control character 0x%02x in a string", (unsigned)(unsigned char)p->text[control]);
      return rz_strbuf_add(chars, "", 1);
    }
  }
  chars->n = v->string.at;
  *ok = false;
  p->at = end_of_line(p, open); /* most likely only this line's quote is missing */
  REPORT_ERROR(p, open, "the string that begins here is not closed: %c is missing", quote);
  return RZ_OK;
}

static int64_t token_end(const parser *p, int64_t at) {
  for (int c = char_at(p, at); !is_separator(c) && !is_quote(c) && c != ';' && c != '=' && c >= 0x20;
       c = char_at(p, at))
    at++;
  return at;
}

/* What may be meant by a word that is no constant. */
static const char *hint_for_word(const parser *p, int64_t from, int64_t to) {
  const char *s = p->text + from;
  const size_t n = (size_t)(to - from);
  const int next = char_at(p, to);
  if (n == 0) return "";
  if (s[0] == '*') return "; a repeat count is written without blanks: 2*3";
  if (s[0] == '#') return "; comments begin with '!'";
  if (is_quote(next)) return "; typed constants are not supported";
  if (memchr(s, ':', n) || s[0] == '%' || s[0] == ')') return "; a key is followed by '='";
  if (next == '=' && memchr(s, '.', n)) return "; components are written p%a";
  if (is_digit((unsigned char)s[0]) || s[0] == '+' || s[0] == '-' || s[0] == '.') {
    if (memchr(s, '_', n)) return "; no '_' in numbers";
    if (memchr(s, '*', n)) return "; a repeat count is a positive whole number: 2*3 means 3 twice";
    if (strchr("eEdDqQ+-", s[n - 1])) return "; the exponent has no digits";
    return "; write numbers as 12, 1.5 or 1.5e-3";
  }
  static const char *const logicals[] = {"yes", "no", "on", "off"};
  for (size_t i = 0; i < sizeof logicals / sizeof *logicals; i++)
    if (strlen(logicals[i]) == n && strncasecmp(s, logicals[i], n) == 0) return "; write .true. or .false.";
  return "; quote text ('...'), and put '=' behind a key";
}

static rz_err report_word(parser *p, int64_t from, int64_t to) {
  char excerpt[RZ_EXCERPT_SIZE];
  const int c = char_at(p, from);
  if (c == ';' || (from == to && c == '=')) {
    REPORT_ERROR(p, from, "unexpected '%c'%s", c, c == ';' ? "; separate values by a comma or blanks" : "");
  } else if (from == to) {
    REPORT_ERROR(p, from, "unexpected character 0x%02x", (unsigned)c);
  } else {
    REPORT_ERROR(p, from, "'%s' is not a value%s", rz_excerpt(p->text + from, to - from, excerpt),
                 hint_for_word(p, from, to));
  }
  return RZ_OK;
}

/* A number or a logical in [p->at, end). */
static rz_err parse_word(parser *p, int64_t end, rz_nml_value *v, bool *ok) {
  const int64_t from = p->at;
  char excerpt[RZ_EXCERPT_SIZE];
  rz_nml_scan scan = RZ_SCAN_NOT;
  p->at = end;
  *ok = true;
  if (rz_nml_scan_bool(p->text + from, end - from, &v->boolean)) {
    v->kind = RZ_NML_BOOL;
    return RZ_OK;
  }
  if (end > from) RZ_TRY(rz_nml_scan_number(p->text + from, end - from, &p->scratch, v, &scan));
  *ok = scan != RZ_SCAN_NOT && scan != RZ_SCAN_OVERFLOW;
  (void)rz_excerpt(p->text + from, end - from, excerpt);
  switch (scan) {
  case RZ_SCAN_OK:
    break;
  case RZ_SCAN_NOT:
    return report_word(p, from, end);
  case RZ_SCAN_OVERFLOW:
    REPORT_ERROR(p, from, "%s overflows: the largest real is about 1.8e308", excerpt);
    break;
  case RZ_SCAN_UNDERFLOW:
    REPORT_WARNING(p, from, "%s underflows and is taken as %g", excerpt, v->real[0]);
    break;
  case RZ_SCAN_BARE_EXPONENT:
    REPORT_WARNING(p, from, "%s has an exponent without a letter and means %g", excerpt, v->real[0]);
    break;
  }
  return RZ_OK;
}

/* One part of a complex constant, with the blanks and newlines around it. */
static rz_err parse_complex_part(parser *p, double *x, bool *ok) {
  while (is_space(peek(p))) p->at++;
  const int64_t from = p->at;
  while (!is_separator(peek(p)) && peek(p) != ')' && peek(p) >= 0x20) p->at++;
  rz_nml_value part = {.kind = RZ_NML_NULL};
  rz_nml_scan scan = RZ_SCAN_NOT;
  if (p->at > from) RZ_TRY(rz_nml_scan_number(p->text + from, p->at - from, &p->scratch, &part, &scan));
  *ok = scan != RZ_SCAN_NOT && scan != RZ_SCAN_OVERFLOW;
  *x = part.kind == RZ_NML_INT && !part.is_wide ? (double)part.integer : part.real[0];
  while (is_space(peek(p))) p->at++;
  return RZ_OK;
}

static rz_err parse_complex(parser *p, rz_nml_value *v, bool *ok) {
  const int64_t open = p->at++;
  double re, im = 0.0;
  RZ_TRY(parse_complex_part(p, &re, ok));
  *ok = *ok && peek(p) == ',';
  if (*ok) {
    p->at++;
    RZ_TRY(parse_complex_part(p, &im, ok));
  }
  *ok = *ok && peek(p) == ')';
  if (!*ok) {
    p->at = open + 1;
    REPORT_ERROR(p, open, "not a value; a complex number is written (1.5, -2.0)");
    return RZ_OK;
  }
  p->at++;
  v->kind = RZ_NML_COMPLEX;
  v->real[0] = re;
  v->real[1] = im;
  return RZ_OK;
}

/* "r*" in front of a constant: sets v->repeat and moves behind the star. */
static rz_err parse_repeat(parser *p, rz_nml_value *v, bool *ok) {
  int64_t at = p->at, repeat = 0;
  bool overflow = false;
  for (; is_digit(char_at(p, at)); at++)
    overflow = overflow || __builtin_mul_overflow(repeat, 10, &repeat) ||
               __builtin_add_overflow(repeat, char_at(p, at) - '0', &repeat);
  *ok = true;
  v->repeat = 1;
  if (at == p->at || char_at(p, at) != '*') return RZ_OK;
  char excerpt[RZ_EXCERPT_SIZE];
  *ok = !overflow && repeat > 0;
  if (!*ok)
    REPORT_ERROR(p, p->at, "'%s' is not a repeat count: it must be a whole number from 1 on",
                 rz_excerpt(p->text + p->at, at - p->at, excerpt));
  v->repeat = repeat;
  p->at = at + 1;
  return RZ_OK;
}

/* -- items -----------------------------------------------------------------------------------------------------------
 */

/* [r*][constant]; ok = false: an error was reported, p->at lies at or behind it. */
static rz_err parse_value(parser *p, rz_nml_value *v, bool *ok) {
  *v = (rz_nml_value){.pos = p->at};
  RZ_TRY(parse_repeat(p, v, ok));
  if (!*ok) return RZ_OK;
  const int c = peek(p);
  if (p->at > v->pos && is_separator(c)) {
    v->kind = RZ_NML_NULL;
  } else if (is_quote(c)) {
    RZ_TRY(parse_string(p, v, ok));
  } else if (c == '(') {
    RZ_TRY(parse_complex(p, v, ok));
  } else {
    RZ_TRY(parse_word(p, token_end(p, p->at), v, ok));
  }
  v->end = p->at;
  if (*ok && !is_separator(peek(p))) {
    *ok = false;
    if (peek(p) == ';' || peek(p) == '=')
      RZ_TRY(report_word(p, p->at, p->at));
    else
      REPORT_ERROR(p, p->at, "a blank or comma is missing behind the value");
  }
  return RZ_OK;
}

/* Neighbouring nulls become one, so that a line of commas costs nothing. */
static rz_err add_value(parser *p, rz_nml_item *item, const rz_nml_value *v) {
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

static rz_err report_trap(parser *p, rz_nml_item *item, trap *t) {
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
static rz_err parse_values(parser *p, int64_t i_item) {
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
      recover(p);
      continue;
    }
    rz_nml_value v;
    bool ok;
    RZ_TRY(report_trap(p, item, &t));
    RZ_TRY(parse_value(p, &v, &ok));
    after_value = true;
    if (ok) {
      RZ_TRY(add_value(p, item, &v));
      continue;
    }
    item->is_bad = is_noisy = true;
    if (p->at == v.pos) p->at++;
    recover(p);
  }
}

static bool parse_sub_int(parser *p, int64_t *value, bool *has) {
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
static bool parse_sub(parser *p, rz_nml_sub *sub) {
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
static rz_err parse_subs(parser *p, bool *ok) {
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
static rz_err parse_designator(parser *p, int64_t i_item, bool *ok) {
  rz_nml *tree = p->tree;
  tree->items[i_item].first_part = tree->n_parts;
  for (*ok = true; *ok;) {
    rz_nml_part *part;
    APPEND(p, parts, &part);
    tree->items[i_item].n_parts++;
    const int64_t end = skip_name(p, p->at);
    RZ_TRY(add_name(p, p->at, end, &part->name));
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

static rz_err report_missing_equals(parser *p, const rz_nml_item *item) {
  const char *name = rz_nml_chars(p->tree, p->tree->parts[item->first_part].name);
  char excerpt[RZ_EXCERPT_SIZE];
  const char *hint = peek(p) == '.' ? "; components are written p%a" : "";
  REPORT_ERROR(p, p->at, "'=' is missing behind '%s'%s", rz_excerpt(name, (int64_t)strlen(name), excerpt), hint);
  return RZ_OK;
}

static rz_err parse_item(parser *p) {
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
  recover(p);
  return RZ_OK;
}

/* -- groups ----------------------------------------------------------------------------------------------------------
 */

static bool is_old_end(const parser *p) {
  return p->n - p->at >= 4 && strncasecmp(p->text + p->at + 1, "end", 3) == 0 && !is_name_char(char_at(p, p->at + 4));
}

/* Behind the end of a group only a comment may stand on the line. */
static rz_err finish_line(parser *p) {
  p->at = skip_blanks(p, p->at);
  const int c = peek(p);
  if (c == NO_CHAR || c == '\n' || c == '!') return RZ_OK;
  if ((c == '&' || c == '$') && is_name_start(char_at(p, p->at + 1))) {
    REPORT_ERROR(p, p->at, "a group begins on a line of its own: Fortran skips what follows '/'");
    return RZ_OK;
  }
  REPORT_ERROR(p, p->at,
               "text after '/', which ended the group; quote text that holds a '/', and begin comments with '!'");
  p->at = end_of_line(p, p->at);
  return RZ_OK;
}

/* The name behind & or $, and what must follow it. */
static rz_err parse_group_head(parser *p) {
  rz_nml_group *group;
  APPEND(p, groups, &group);
  group->pos = p->at++;
  group->first_item = p->tree->n_items;
  const int64_t end = skip_name(p, p->at);
  RZ_TRY(add_name(p, p->at, end, &group->name));
  p->at = end;
  if (!is_separator(peek(p))) {
    REPORT_ERROR(p, p->at, "a blank is missing behind the group's name");
    p->at++;
    recover(p);
    return RZ_OK;
  }
  (void)skip_space(p);
  if (peek(p) == ',') p->at++;
  return RZ_OK;
}

static rz_err report_stray(parser *p) {
  const int c = peek(p);
  const char *hint = c == '#'   ? "; comments begin with '!'"
                     : c == ';' ? "; separate by a comma or blanks"
                     : c == ',' ? ""
                                : "; expected 'key = value' or '/'";
  if (c > 0x20 && c < 0x7f)
    REPORT_ERROR(p, p->at, "unexpected '%c'%s", c, hint);
  else
    REPORT_ERROR(p, p->at, "unexpected character 0x%02x%s", (unsigned)c, hint);
  p->at++;
  recover(p);
  return RZ_OK;
}

/* From & to the end of the group; a group that is not closed ends where the next begins. */
static rz_err parse_group(parser *p) {
  const int64_t i_group = p->tree->n_groups;
  RZ_TRY(parse_group_head(p));
  for (;;) {
    (void)skip_space(p);
    const int c = peek(p);
    const rz_nml_group *group = &p->tree->groups[i_group];
    char name[RZ_EXCERPT_SIZE];
    (void)rz_excerpt(rz_nml_chars(p->tree, group->name), (int64_t)strlen(rz_nml_chars(p->tree, group->name)), name);
    if (c == NO_CHAR) {
      REPORT_ERROR(p, group->pos, "group &%s is not closed: '/' is missing before the end of the deck", name);
      return RZ_OK;
    }
    if (c == '/' && char_at(p, p->at + 1) == '/') {
      REPORT_ERROR(p, p->at, "'//' is not a comment (it would end the group); use '!'");
      p->at = end_of_line(p, p->at);
    } else if (c == '/') {
      p->at++;
      return finish_line(p);
    } else if ((c == '&' || c == '$') && is_old_end(p)) {
      RZ_TRY(rz_report_add(p->report, RZ_SEVERITY_NOTE, p->at, "old style: a group ends with '/' today"));
      p->at += 4;
      return finish_line(p);
    } else if ((c == '&' || c == '$') && is_name_start(char_at(p, p->at + 1))) {
      REPORT_ERROR(p, p->at, "group &%s of line %lld is not closed: '/' is missing before this group", name,
                   rz_report_full(p->report, RZ_SEVERITY_ERROR) ? 0 : (long long)rz_report_line(p->report, group->pos));
      return RZ_OK;
    } else if (is_name_start(c)) {
      RZ_TRY(parse_item(p));
    } else {
      RZ_TRY(report_stray(p));
    }
  }
}

/* Text where only groups and comments may stand; one error for all of it up to the next group. */
static rz_err skip_outside(parser *p) {
  REPORT_ERROR(p, p->at,
               "text outside a group; a group begins with '&name' and ends with '/', comments begin with '!'");
  for (; p->at < p->n; p->at++) {
    if (peek(p) == '!') p->at = end_of_line(p, p->at);
    if ((peek(p) == '&' || peek(p) == '$') && is_space(char_at(p, p->at - 1)) && is_name_start(char_at(p, p->at + 1)) &&
        !is_old_end(p))
      return RZ_OK;
  }
  return RZ_OK;
}

static rz_err parse_deck(parser *p) {
  const char *nul = p->n > 0 ? memchr(p->text, '\0', (size_t)p->n) : NULL;
  if (nul) {
    p->tree->is_fatal = true;
    REPORT_ERROR(p, nul - p->text, "NUL byte: this is not a text file (decks are UTF-8)");
    return RZ_OK;
  }
  if (p->n >= 3 && memcmp(p->text, "\xef\xbb\xbf", 3) == 0) p->at = 3; /* byte order mark */
  for (;;) {
    (void)skip_space(p);
    const int c = peek(p);
    if (c == NO_CHAR) break;
    const bool is_group = (c == '&' || c == '$') && is_name_start(char_at(p, p->at + 1)) && !is_old_end(p);
    if (is_group)
      RZ_TRY(parse_group(p));
    else
      RZ_TRY(skip_outside(p));
  }
  if (p->n > 0 && p->text[p->n - 1] != '\n')
    RZ_TRY(rz_report_add(p->report, RZ_SEVERITY_NOTE, p->n,
                         "no newline at the end of the file: gfortran reports an end "
                         "of file, although it got the values"));
  return RZ_OK;
}

rz_err rz_nml_parse(const char *text, int64_t n, rz_report *report, rz_nml **out) {
  rz_err rc = RZ_OK;
  parser p = {.text = text, .n = n, .report = report};
  RZ_TRY_DONE(rc, RZ_NEW0(1, &p.tree));
  RZ_TRY_DONE(rc, parse_deck(&p));
  *out = p.tree;
  p.tree = NULL;
done:
  rz_strbuf_free(&p.scratch);
  rz_nml_destroy(&p.tree);
  return rc;
}

void rz_nml_destroy(rz_nml **tree) {
  if (!tree || !*tree) return;
  rz_free(&(*tree)->groups);
  rz_free(&(*tree)->items);
  rz_free(&(*tree)->parts);
  rz_free(&(*tree)->subs);
  rz_free(&(*tree)->values);
  rz_strbuf_free(&(*tree)->chars);
  rz_free(tree);
}

const char *rz_nml_chars(const rz_nml *tree, int64_t at) { return tree->chars.s + at; }
