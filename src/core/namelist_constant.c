/* Constants of a namelist in their context: strings, numbers, logicals, complex numbers, repeat counts, and what may be
 * meant by words that are none. */
#include "namelist_parser.h"

#include <strings.h>

/* 'text' or "text"; doubled quotes stand for one, a newline inside is dropped as Fortran does. */
static rz_err parse_string(rz_nml_parser *p, rz_nml_value *v, bool *ok) {
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
      const bool is_line_end = c == '\r' && char_at(p, run + 1) == '\n';
      if ((c < 0x20 && c != '\t' && !is_line_end) || c == 0x7f) control = run;
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

static int64_t token_end(const rz_nml_parser *p, int64_t at) {
  for (int c = char_at(p, at); !is_separator(c) && !is_quote(c) && c != ';' && c != '=' && c >= 0x20;
       c = char_at(p, at))
    at++;
  return at;
}

/* What may be meant by a word that is no constant. */
static const char *hint_for_word(const rz_nml_parser *p, int64_t from, int64_t to) {
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

static rz_err rz_nml_report_word(rz_nml_parser *p, int64_t from, int64_t to) {
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
static rz_err parse_word(rz_nml_parser *p, int64_t end, rz_nml_value *v, bool *ok) {
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
    return rz_nml_report_word(p, from, end);
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
static rz_err parse_complex_part(rz_nml_parser *p, double *x, bool *ok) {
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

static rz_err parse_complex(rz_nml_parser *p, rz_nml_value *v, bool *ok) {
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
static rz_err parse_repeat(rz_nml_parser *p, rz_nml_value *v, bool *ok) {
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

rz_err rz_nml_parse_value(rz_nml_parser *p, rz_nml_value *v, bool *ok) {
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
      RZ_TRY(rz_nml_report_word(p, p->at, p->at));
    else
      REPORT_ERROR(p, p->at, "a blank or comma is missing behind the value");
  }
  return RZ_OK;
}
