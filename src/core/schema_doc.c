/* Documentation from the option tables: help, template, reference page. */
#include "config_private.h"

#include "ritz/core/memory.h"
#include <math.h>
#include <string.h>

/* What all writers below share: the text so far, the tables, and memory for lists of choices. */
typedef struct writer {
  rz_strbuf b;
  const rz_schema *schema;
  rz_config *memory;
} writer;

#define PRINT(w, ...) RZ_TRY(rz_strbuf_printf(&(w)->b, __VA_ARGS__))

static rz_err begin(writer *w, const rz_schema *schema) {
  *w = (writer){.schema = schema};
  return RZ_NEW0(1, &w->memory);
}

static rz_err finish(writer *w, rz_err rc, FILE *out) {
  if (rc == RZ_OK && w->b.n > 0 && fwrite(w->b.s, 1, (size_t)w->b.n, out) != (size_t)w->b.n)
    rc = rz_error_set(RZ_ERR_IO, __FILE__, __LINE__, __func__, "the text cannot be written");
  rz_strbuf_free(&w->b);
  rz_config_destroy(&w->memory);
  return rc;
}

/* The group as a study's list names it, without the mark of required ones. */
static const char *bare(const char *name) { return name + (*name == '!'); }

/* -- help */

/* "a real number from 0 to 1, 'a' or 'b', in 1/J; default 0.5" */
static rz_err add_facts(writer *w, const rz_option_group *group, const rz_option *row) {
  const char *choices;
  RZ_TRY(rz_row_choices(w->memory, w->schema, group, row, &choices));
  RZ_TRY(rz_add_type(&w->b, row));
  RZ_TRY(rz_add_range(&w->b, row));
  if (choices) {
    PRINT(w, ": ");
    RZ_TRY(rz_add_choices(&w->b, choices));
  }
  if (*row->unit) PRINT(w, row->type == RZ_STRING ? " (%s)" : ", in %s", row->unit);
  if (!row->fallback)
    PRINT(w, "; required");
  else if (!*row->fallback)
    PRINT(w, "; optional");
  else
    PRINT(w, "; default %s", row->fallback);
  return RZ_OK;
}

static rz_err help_rows(writer *w, const rz_option_group *group, const rz_option *rows, int n_rows) {
  for (int i = 0; i < n_rows; i++) {
    PRINT(w, "  %-18s %s\n  %-18s ", rows[i].name, rows[i].help, "");
    RZ_TRY(add_facts(w, group, &rows[i]));
    PRINT(w, "\n");
  }
  return RZ_OK;
}

static rz_err help_group(writer *w, const rz_option_group *group) {
  PRINT(w, "&%s  %s\n", group->name, group->about);
  RZ_TRY(help_rows(w, group, group->rows, group->n_rows));
  for (int i = 0; i < group->n_members; i++) {
    const rz_member_options *m = &group->members[i];
    PRINT(w, "\nwith %s = '%s'  %s\n", group->selector, m->name, m->about);
    RZ_TRY(help_rows(w, group, m->rows, m->n_rows));
  }
  PRINT(w, "\nread by:");
  for (int i = 0; i < w->schema->n_studies; i++) {
    bool required;
    if (rz_study_reads(&w->schema->studies[i], group->name, &required)) PRINT(w, " %s", w->schema->studies[i].study);
  }
  PRINT(w, "\n");
  return RZ_OK;
}

static rz_err help_overview(writer *w) {
  PRINT(w, "Groups of a deck:\n");
  for (int i = 0; i < w->schema->n_groups; i++)
    PRINT(w, "  &%-16s %s\n", w->schema->groups[i].name, w->schema->groups[i].about);
  PRINT(w, "\nStudies (&run study = '...') and the groups they read (* required):\n");
  for (int i = 0; i < w->schema->n_studies; i++) {
    const rz_study_groups *s = &w->schema->studies[i];
    PRINT(w, "  %-17s %s\n  %-17s", s->study, s->about, "");
    for (const char *const *name = s->groups; *name; name++) PRINT(w, " &%s%s", bare(*name), **name == '!' ? "*" : "");
    PRINT(w, "\n");
  }
  return RZ_OK;
}

/* The word is no group: say where it is a key or a member. */
static rz_err add_place(rz_strbuf *b, const rz_option_group *group, const char *word) {
  bool is_key = rz_find_row(group->rows, group->n_rows, word) != NULL;
  for (int i = 0; i < group->n_members; i++) {
    const rz_member_options *m = &group->members[i];
    is_key = is_key || rz_find_row(m->rows, m->n_rows, word);
    if (rz_same_name(m->name, word))
      RZ_TRY(
          rz_strbuf_printf(b, "\n'%s' is a %s of &%s: ritz help %s", word, group->selector, group->name, group->name));
  }
  return is_key ? rz_strbuf_printf(b, "\n'%s' is a key of &%s: ritz help %s", word, group->name, group->name) : RZ_OK;
}

static rz_err check_group_name(const rz_schema *schema, const char *name) {
  rz_err rc = RZ_OK;
  const char **names = NULL;
  rz_strbuf b = {0};
  if (rz_schema_find_group(schema, name) >= 0) return RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(schema->n_groups + 1, &names));
  for (int i = 0; i < schema->n_groups; i++) names[i] = schema->groups[i].name;
  RZ_TRY_DONE(rc, rz_add_nearest(&b, name, names, schema->n_groups));
  for (int i = 0; i < schema->n_groups; i++) RZ_TRY_DONE(rc, add_place(&b, &schema->groups[i], name));
  RZ_TRY_DONE(rc, rz_strbuf_printf(&b, "\ngroups:"));
  for (int i = 0; i < schema->n_groups; i++) RZ_TRY_DONE(rc, rz_strbuf_printf(&b, " %s", names[i]));
  rc = rz_error_set(RZ_ERR_USAGE, __FILE__, __LINE__, __func__, "there is no group &%s%s", name, b.s);
done:
  rz_free(&names);
  rz_strbuf_free(&b);
  return rc;
}

rz_err rz_schema_help(const rz_schema *schema, const char *group, FILE *out) {
  writer w;
  if (group && *group == '&') group++;
  if (group) RZ_TRY(check_group_name(schema, group));
  RZ_TRY(begin(&w, schema));
  const rz_err rc = group ? help_group(&w, &schema->groups[rz_schema_find_group(schema, group)]) : help_overview(&w);
  return finish(&w, rc, out);
}

/* -- template */

/* Some value that the row accepts, for keys that must be given. */
static rz_err add_blank(writer *w, const rz_option *row, const char *choices) {
  const bool has_range = row->min <= row->max;
  const double number = has_range && (row->min > 1.0 || row->max < 1.0) ? row->min : 1.0;
  char buffer[RZ_REAL_SIZE];
  if (row->min_count > 1) PRINT(w, "%d*", row->min_count);
  switch (row->type) {
  case RZ_INT:
    PRINT(w, "%.0f", ceil(number));
    break;
  case RZ_REAL:
    PRINT(w, "%s", rz_nml_print_real(number, buffer));
    break;
  case RZ_BOOL:
    PRINT(w, ".false.");
    break;
  case RZ_STRING:
  case RZ_CHOICE:
    if (choices)
      PRINT(w, "'%.*s'", (int)strcspn(choices, "|"), choices);
    else
      PRINT(w, "'name'");
    break;
  }
  return RZ_OK;
}

/* "  key = value  ! help"; keys that may stay unset are comments. */
static rz_err template_row(writer *w, const rz_option_group *group, const rz_option *row, const char *mark,
                           const char *value) {
  const char *choices;
  RZ_TRY(rz_row_choices(w->memory, w->schema, group, row, &choices));
  const bool is_optional = row->fallback && !*row->fallback;
  PRINT(w, "%s  %s%s = ", mark, is_optional ? "! " : "", row->name);
  if (value)
    PRINT(w, "'%s'", value);
  else if (!row->fallback || is_optional)
    RZ_TRY(add_blank(w, row, choices));
  else
    PRINT(w, "%s", row->fallback);
  PRINT(w, "  ! %s%s", !row->fallback && !value ? "required: " : is_optional ? "optional: " : "", row->help);
  if (*row->unit) PRINT(w, " [%s]", row->unit);
  if (choices) PRINT(w, " (%s)", choices);
  PRINT(w, "\n");
  return RZ_OK;
}

/* The member that a template shows: the default's, else the first. */
static const rz_member_options *shown_member(const rz_option_group *group) {
  if (group->n_members == 0) return NULL;
  const rz_option *row = group->selector ? rz_find_row(group->rows, group->n_rows, group->selector) : NULL;
  if (!row || !row->fallback || !*row->fallback) return &group->members[0];
  for (int i = 0; i < group->n_members; i++) {
    const size_t n = strlen(group->members[i].name);
    const char *quoted = row->fallback; /* 'name' */
    if (strlen(quoted) == n + 2 && strncmp(quoted + 1, group->members[i].name, n) == 0) return &group->members[i];
  }
  return NULL; /* a default such as 'auto' that is no member */
}

static bool must_give_keys(const rz_option_group *group) {
  for (int i = 0; i < group->n_rows; i++)
    if (!group->rows[i].fallback) return true;
  const rz_member_options *m = shown_member(group);
  for (int i = 0; m && i < m->n_rows; i++)
    if (!m->rows[i].fallback) return true;
  return false;
}

static rz_err template_group(writer *w, const rz_option_group *group, bool required, const char *study) {
  const rz_member_options *member = shown_member(group);
  const bool is_run = rz_same_name(group->name, "run");
  const char *mark = required || is_run || !must_give_keys(group) ? "" : "!";
  PRINT(w, "\n! %s%s\n%s&%s\n", group->about, *mark ? " (optional)" : "", mark, group->name);
  for (int i = 0; i < group->n_rows; i++) {
    const rz_option *row = &group->rows[i];
    const bool is_selector = group->selector && rz_same_name(row->name, group->selector);
    const char *value = is_run && rz_same_name(row->name, "study") ? study
                        : is_selector && member                    ? member->name
                                                                   : NULL;
    RZ_TRY(template_row(w, group, row, mark, value));
  }
  for (int i = 0; member && i < member->n_rows; i++) RZ_TRY(template_row(w, group, &member->rows[i], mark, NULL));
  for (int i = 0; i < group->n_members; i++) {
    const rz_member_options *m = &group->members[i];
    if (m == member || m->n_rows == 0) continue;
    PRINT(w, "  ! %s = '%s' (%s) has the keys:", group->selector, m->name, m->about);
    for (int k = 0; k < m->n_rows; k++) PRINT(w, " %s", m->rows[k].name);
    PRINT(w, "\n");
  }
  PRINT(w, "%s/\n", mark);
  return RZ_OK;
}

static rz_err template_study(writer *w, const rz_study_groups *study) {
  bool required;
  PRINT(w, "! %s: %s\n", study->study, study->about);
  if (!rz_study_reads(study, "run", &required))
    RZ_TRY(template_group(w, &w->schema->groups[rz_schema_find_group(w->schema, "run")], true, study->study));
  for (const char *const *name = study->groups; *name; name++) {
    const int i = rz_schema_find_group(w->schema, bare(*name));
    RZ_CHECK(i >= 0, RZ_ERR_INTERNAL, "study '%s' reads group &%s, which has no table", study->study, *name);
    RZ_TRY(template_group(w, &w->schema->groups[i], **name == '!', study->study));
  }
  return RZ_OK;
}

rz_err rz_schema_template(const rz_schema *schema, const char *study, FILE *out) {
  const rz_study_groups *s = rz_schema_find_study(schema, study);
  rz_err rc = RZ_OK;
  writer w;
  RZ_TRY(begin(&w, schema));
  if (s) {
    rc = template_study(&w, s);
  } else {
    for (int i = 0; i < schema->n_studies && rc == RZ_OK; i++)
      rc = rz_strbuf_printf(&w.b, "%s%s", i ? ", " : "", schema->studies[i].study);
    if (rc == RZ_OK)
      rc = rz_error_set(RZ_ERR_USAGE, __FILE__, __LINE__, __func__, "there is no study '%s'; studies: %s", study,
                        w.b.s ? w.b.s : "none");
  }
  return finish(&w, rc, out);
}

/* -- reference page */

/* A '|' would end a table's cell. */
static rz_err add_cell(writer *w, const char *s) {
  for (; *s; s++) RZ_TRY(*s == '|' ? rz_strbuf_add(&w->b, "\\|", 2) : rz_strbuf_add(&w->b, s, 1));
  return RZ_OK;
}

static rz_err markdown_rows(writer *w, const rz_option_group *group, const rz_option *rows, int n_rows) {
  if (n_rows == 0) return rz_strbuf_printf(&w->b, "\nNo further keys.\n");
  PRINT(w, "\n| key | value | meaning |\n|---|---|---|\n");
  for (int i = 0; i < n_rows; i++) {
    PRINT(w, "| `%s` | ", rows[i].name);
    rz_strbuf page = w->b; /* the facts go through add_cell */
    w->b = (rz_strbuf){0};
    rz_err rc = add_facts(w, group, &rows[i]);
    rz_strbuf facts = w->b;
    w->b = page;
    if (rc == RZ_OK) rc = add_cell(w, facts.s);
    rz_strbuf_free(&facts);
    RZ_TRY(rc);
    PRINT(w, " | ");
    RZ_TRY(add_cell(w, rows[i].help));
    PRINT(w, " |\n");
  }
  return RZ_OK;
}

static rz_err markdown_group(writer *w, const rz_option_group *group) {
  PRINT(w, "\n## &%s\n\n%s.\n", group->name, group->about);
  RZ_TRY(markdown_rows(w, group, group->rows, group->n_rows));
  for (int i = 0; i < group->n_members; i++) {
    const rz_member_options *m = &group->members[i];
    PRINT(w, "\n### %s = '%s'\n\n%s.\n", group->selector, m->name, m->about);
    RZ_TRY(markdown_rows(w, group, m->rows, m->n_rows));
  }
  return RZ_OK;
}

static rz_err markdown_page(writer *w) {
  PRINT(w, "# Options\n\nMade from the option tables; the grammar of decks is in decks.md.\n\n## Studies\n\n"
           "| study | what it does | groups (**required**) |\n|---|---|---|\n");
  for (int i = 0; i < w->schema->n_studies; i++) {
    const rz_study_groups *s = &w->schema->studies[i];
    PRINT(w, "| `%s` | %s |", s->study, s->about);
    for (const char *const *name = s->groups; *name; name++) PRINT(w, **name == '!' ? " **&%s**" : " &%s", bare(*name));
    PRINT(w, " |\n");
  }
  for (int i = 0; i < w->schema->n_groups; i++) RZ_TRY(markdown_group(w, &w->schema->groups[i]));
  return RZ_OK;
}

rz_err rz_schema_markdown(const rz_schema *schema, FILE *out) {
  writer w;
  RZ_TRY(begin(&w, schema));
  const rz_err rc = markdown_page(&w);
  return finish(&w, rc, out);
}
