/* Namelist text -> untyped tree: groups and what may stand between them. One pass; after an error the parser goes on at
 * the next line or item. */
#include "namelist_parser.h"

#include "ritz/core/memory.h"
#include <strings.h>

static bool is_old_end(const rz_nml_parser *p) {
  return p->n - p->at >= 4 && strncasecmp(p->text + p->at + 1, "end", 3) == 0 && !is_name_char(char_at(p, p->at + 4));
}

/* Behind the end of a group only a comment may stand on the line. */
static rz_err finish_line(rz_nml_parser *p) {
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
static rz_err parse_group_head(rz_nml_parser *p) {
  rz_nml_group *group;
  APPEND(p, groups, &group);
  group->pos = p->at++;
  group->first_item = p->tree->n_items;
  const int64_t end = skip_name(p, p->at);
  RZ_TRY(rz_nml_add_name(p, p->at, end, &group->name));
  p->at = end;
  if (!is_separator(peek(p))) {
    REPORT_ERROR(p, p->at, "a blank is missing behind the group's name");
    p->at++;
    rz_nml_recover(p);
    return RZ_OK;
  }
  (void)skip_space(p);
  if (peek(p) == ',') p->at++;
  return RZ_OK;
}

static rz_err report_stray(rz_nml_parser *p) {
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
  rz_nml_recover(p);
  return RZ_OK;
}

/* From & to the end of the group; a group that is not closed ends where the next begins. */
static rz_err parse_group(rz_nml_parser *p) {
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
      RZ_TRY(rz_nml_parse_item(p));
    } else {
      RZ_TRY(report_stray(p));
    }
  }
}

/* Text where only groups and comments may stand; one error for all of it up to the next group. */
static rz_err skip_outside(rz_nml_parser *p) {
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

static rz_err parse_deck(rz_nml_parser *p) {
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
  rz_nml_parser p = {.text = text, .n = n, .report = report};
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
