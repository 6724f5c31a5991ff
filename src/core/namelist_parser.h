/* The state of the namelist parser and its look at single characters: shared by namelist*.c. */
#ifndef RITZ_CORE_NAMELIST_PARSER_H
#define RITZ_CORE_NAMELIST_PARSER_H

#include "namelist.h"

#include <string.h>

typedef struct rz_nml_parser {
  const char *text;
  int64_t n, at;
  rz_report *report;
  rz_nml *tree;
  rz_strbuf scratch; /* for numbers */
} rz_nml_parser;

enum { NO_CHAR = -1 };

/* [r*][constant]; ok = false: an error was reported, p->at lies at or behind it (namelist_constant.c). */
rz_err rz_nml_parse_value(rz_nml_parser *p, rz_nml_value *v, bool *ok);
/* key = values (namelist_item.c). */
rz_err rz_nml_parse_item(rz_nml_parser *p);
/* From inside something wrong to where parsing can go on: the end of the line, the next item, the end of the group. */
void rz_nml_recover(rz_nml_parser *p);
/* Store text[from, to) in lower case. */
rz_err rz_nml_add_name(rz_nml_parser *p, int64_t from, int64_t to, int64_t *name);

static inline int char_at(const rz_nml_parser *p, int64_t at) {
  return at >= 0 && at < p->n ? (unsigned char)p->text[at] : NO_CHAR;
}

static inline int peek(const rz_nml_parser *p) { return char_at(p, p->at); }

static inline bool is_blank(int c) { return c == ' ' || c == '\t' || c == '\r'; }

static inline bool is_space(int c) { return is_blank(c) || c == '\n'; }

static inline bool is_digit(int c) { return c >= '0' && c <= '9'; }

static inline bool is_name_start(int c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

static inline bool is_name_char(int c) { return is_name_start(c) || is_digit(c); }

static inline bool is_quote(int c) { return c == '\'' || c == '"'; }

/* May this follow a constant? */
static inline bool is_separator(int c) { return is_space(c) || c == ',' || c == '/' || c == '!' || c == NO_CHAR; }

static inline int64_t skip_blanks(const rz_nml_parser *p, int64_t at) {
  while (is_blank(char_at(p, at))) at++;
  return at;
}

static inline int64_t skip_name(const rz_nml_parser *p, int64_t at) {
  while (is_name_char(char_at(p, at))) at++;
  return at;
}

static inline int64_t end_of_line(const rz_nml_parser *p, int64_t at) {
  const char *end = at < p->n ? memchr(p->text + at, '\n', (size_t)(p->n - at)) : NULL;
  return end ? end - p->text : p->n;
}

/* What lay between two tokens. */
typedef struct gap {
  bool new_line;
  int64_t comment; /* place of the first comment, or -1 */
} gap;

/* Over blanks, newlines and comments. */
static inline gap skip_space(rz_nml_parser *p) {
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

/* Append one cleared element to the tree's array `field` and point `pp` to it. */
#define APPEND(p, field, pp)                                                                                           \
  do {                                                                                                                 \
    rz_nml *t_ = (p)->tree;                                                                                            \
    RZ_TRY(rz_grow((void **)&t_->field, &t_->cap_##field, t_->n_##field, t_->n_##field + 1, sizeof *t_->field));       \
    memset(&t_->field[t_->n_##field], 0, sizeof *t_->field);                                                           \
    *(pp) = &t_->field[t_->n_##field++];                                                                               \
  } while (0)

#endif
