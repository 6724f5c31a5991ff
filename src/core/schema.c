/* Look-ups in the option tables, and their own check. */
#include "config_private.h"

#include "ritz/core/memory.h"
#include <string.h>
#include <strings.h>

/* Other spellings of group names. */
static const struct { const char *alias, *name; } aliases[] = {{"optimizer", "optimiser"}};

bool rz_same_name(const char *a, const char *b) { return strcasecmp(a, b) == 0; }

int rz_schema_find_group(const rz_schema *schema, const char *name) {
  for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
    if (rz_same_name(name, aliases[i].alias)) name = aliases[i].name;
  for (int i = 0; i < schema->n_groups; i++)
    if (rz_same_name(name, schema->groups[i].name)) return i;
  return -1;
}

const rz_option *rz_find_row(const rz_option *rows, int n_rows, const char *name) {
  for (int i = 0; i < n_rows; i++)
    if (rz_same_name(rows[i].name, name)) return &rows[i];
  return NULL;
}

const rz_member_options *rz_find_member(const rz_option_group *group, const char *name) {
  for (int i = 0; i < group->n_members; i++)
    if (strcmp(group->members[i].name, name) == 0) return &group->members[i];
  return NULL;
}

const rz_study_groups *rz_schema_find_study(const rz_schema *schema, const char *name) {
  for (int i = 0; i < schema->n_studies; i++)
    if (strcmp(schema->studies[i].study, name) == 0) return &schema->studies[i];
  return NULL;
}

bool rz_study_reads(const rz_study_groups *study, const char *group, bool *required) {
  for (const char *const *name = study->groups; *name; name++) {
    *required = **name == '!';
    if (rz_same_name(*name + (*required ? 1 : 0), group)) return true;
  }
  *required = false;
  return false;
}

rz_err rz_row_choices(rz_config *c, const rz_schema *schema, const rz_option_group *group, const rz_option *row,
                      const char **choices) {
  *choices = row->choices;
  const bool is_study = rz_same_name(group->name, "run") && rz_same_name(row->name, "study");
  const bool is_selector = group->selector && rz_same_name(group->selector, row->name);
  if (row->choices || (!is_study && !is_selector)) return RZ_OK;
  rz_err rc = RZ_OK;
  rz_strbuf b = {0};
  const int n = is_study ? schema->n_studies : group->n_members;
  for (int i = 0; i < n; i++)
    RZ_TRY_DONE(
        rc, rz_strbuf_printf(&b, "%s%s", i ? "|" : "", is_study ? schema->studies[i].study : group->members[i].name));
  RZ_TRY_DONE(rc, rz_strbuf_reserve(&b, 0));
  RZ_TRY_DONE(rc, rz_config_copy(c, b.s, b.n, choices));
done:
  rz_strbuf_free(&b);
  return rc;
}

bool rz_is_choice(const char *choices, const char *s, int64_t n) {
  for (;;) {
    const size_t length = strcspn(choices, "|");
    if ((int64_t)length == n && memcmp(choices, s, length) == 0) return true;
    if (choices[length] == '\0') return false;
    choices += length + 1;
  }
}

/* -- check of the tables themselves */

static rz_err check_row(rz_config *c, const rz_schema *schema, const rz_option_group *group, const rz_option *row) {
  RZ_CHECK(row->name && row->help && row->unit, RZ_ERR_INTERNAL, "&%s: a row lacks its name, unit or help",
           group->name);
  RZ_CHECK(row->max_count >= 1 && row->min_count <= row->max_count, RZ_ERR_INTERNAL, "&%s %s: bad counts", group->name,
           row->name);
  const char *choices;
  RZ_TRY(rz_row_choices(c, schema, group, row, &choices));
  RZ_CHECK((row->type == RZ_CHOICE) <= (choices != NULL), RZ_ERR_INTERNAL, "&%s %s: no choices", group->name,
           row->name);
  if (!row->fallback || !*row->fallback) return RZ_OK;
  rz_config_value *values;
  int count;
  return rz_config_default(c, group->name, row, choices, &values, &count);
}

static rz_err check_rows(rz_config *c, const rz_schema *schema, const rz_option_group *group, const rz_option *rows,
                         int n_rows) {
  for (int i = 0; i < n_rows; i++) {
    RZ_TRY(check_row(c, schema, group, &rows[i]));
    RZ_CHECK(!rz_find_row(rows, i, rows[i].name), RZ_ERR_INTERNAL, "&%s: key '%s' has two rows", group->name,
             rows[i].name);
  }
  return RZ_OK;
}

/* A member's keys must not hide common ones, and have one type over all members. */
static rz_err check_member(const rz_option_group *group, int i_member) {
  const rz_member_options *m = &group->members[i_member];
  for (int i = 0; i < m->n_rows; i++) {
    const rz_option *row = &m->rows[i];
    RZ_CHECK(!rz_find_row(group->rows, group->n_rows, row->name), RZ_ERR_INTERNAL,
             "&%s: key '%s' of member '%s' is a common key too", group->name, row->name, m->name);
    for (int k = 0; k < i_member; k++) {
      const rz_option *other = rz_find_row(group->members[k].rows, group->members[k].n_rows, row->name);
      RZ_CHECK(!other || (other->type == row->type && (other->max_count == 1) == (row->max_count == 1)),
               RZ_ERR_INTERNAL, "&%s: key '%s' has another type in member '%s' than in '%s'", group->name, row->name,
               m->name, group->members[k].name);
    }
  }
  return RZ_OK;
}

static rz_err check_group(rz_config *c, const rz_schema *schema, const rz_option_group *group) {
  RZ_TRY(check_rows(c, schema, group, group->rows, group->n_rows));
  RZ_CHECK(!group->selector || rz_find_row(group->rows, group->n_rows, group->selector), RZ_ERR_INTERNAL,
           "&%s: the selector '%s' has no row", group->name, group->selector);
  for (int i = 0; i < group->n_members; i++) {
    RZ_TRY(check_rows(c, schema, group, group->members[i].rows, group->members[i].n_rows));
    RZ_TRY(check_member(group, i));
  }
  return RZ_OK;
}

static rz_err check_study(const rz_schema *schema, const rz_study_groups *study) {
  for (const char *const *name = study->groups; *name; name++)
    RZ_CHECK(rz_schema_find_group(schema, *name + (**name == '!')) >= 0, RZ_ERR_INTERNAL,
             "study '%s' reads group &%s, which has no table", study->study, *name);
  return RZ_OK;
}

rz_err rz_schema_check(const rz_schema *schema) {
  rz_err rc = RZ_OK;
  rz_config *c = NULL;
  RZ_TRY(RZ_NEW0(1, &c));
  const int i_run = rz_schema_find_group(schema, "run");
  RZ_CHECK_DONE(rc, i_run >= 0 && rz_find_row(schema->groups[i_run].rows, schema->groups[i_run].n_rows, "study"),
                RZ_ERR_INTERNAL, "the tables have no group &run with a key 'study'");
  for (int i = 0; i < schema->n_groups; i++) {
    RZ_CHECK_DONE(rc, rz_schema_find_group(schema, schema->groups[i].name) == i, RZ_ERR_INTERNAL,
                  "group &%s has two tables, or the name of an alias", schema->groups[i].name);
    RZ_TRY_DONE(rc, check_group(c, schema, &schema->groups[i]));
  }
  for (int i = 0; i < schema->n_studies; i++) RZ_TRY_DONE(rc, check_study(schema, &schema->studies[i]));
done:
  rz_config_destroy(&c);
  return rc;
}
