/* Untyped tree -> the groups of the chosen study, the members of their selectors, the values of their keys. */
#include "config_private.h"

#include "ritz/core/memory.h"
#include <string.h>

#define REPORT(c, pos, ...) rz_report_add((c)->report, RZ_SEVERITY_ERROR, (pos), __VA_ARGS__)

static bool is_full(const rz_config *c) { return rz_report_full(c->report, RZ_SEVERITY_ERROR); }

/* -- groups */

static rz_err add_groups_of_study(rz_strbuf *b, const rz_study_groups *study) {
  for (const char *const *name = study->groups; *name; name++)
    RZ_TRY(rz_strbuf_printf(b, " &%s", *name + (**name == '!')));
  return RZ_OK;
}

static rz_err report_unknown_group(rz_config *c, const rz_nml_group *g, const char *name) {
  rz_err rc = RZ_OK;
  rz_strbuf b = {0};
  const char **names = NULL;
  char excerpt[RZ_EXCERPT_SIZE];
  if (is_full(c)) return REPORT(c, g->pos, "%s", "");
  RZ_TRY_DONE(rc, RZ_NEW(c->schema->n_groups + 1, &names));
  for (int i = 0; i < c->schema->n_groups; i++) names[i] = c->schema->groups[i].name;
  RZ_TRY_DONE(rc, rz_strbuf_printf(&b, "unknown group &%s", rz_excerpt(name, (int64_t)strlen(name), excerpt)));
  RZ_TRY_DONE(rc, rz_add_nearest(&b, name, names, c->schema->n_groups));
  if (c->study) {
    RZ_TRY_DONE(rc, rz_strbuf_printf(&b, "; study '%s' reads", c->study->study));
    RZ_TRY_DONE(rc, add_groups_of_study(&b, c->study));
  }
  RZ_TRY_DONE(rc, REPORT(c, g->pos, "%s", b.s));
done:
  rz_free(&names);
  rz_strbuf_free(&b);
  return rc;
}

/* Which group of the deck belongs to which of the schema. */
static rz_err match_groups(rz_config *c, const rz_nml *tree) {
  for (int64_t i = 0; i < tree->n_groups; i++) {
    const rz_nml_group *g = &tree->groups[i];
    const char *name = rz_nml_chars(tree, g->name);
    const int k = rz_schema_find_group(c->schema, name);
    if (k < 0) continue;
    if (c->groups[k].is_present) {
      RZ_TRY(REPORT(c, g->pos, "group &%s is given twice; first on line %lld", c->groups[k].group->name,
                    is_full(c) ? 0 : (long long)rz_report_line(c->report, c->groups[k].pos)));
    } else {
      c->groups[k].is_present = true;
      c->groups[k].pos = g->pos;
      c->groups[k].tree_group = i;
    }
  }
  return RZ_OK;
}

/* Once the study is known, so that its groups can be named. */
static rz_err report_unknown_groups(rz_config *c, const rz_nml *tree) {
  for (int64_t i = 0; i < tree->n_groups; i++) {
    const char *name = rz_nml_chars(tree, tree->groups[i].name);
    if (rz_schema_find_group(c->schema, name) < 0) RZ_TRY(report_unknown_group(c, &tree->groups[i], name));
  }
  return RZ_OK;
}

/* -- keys */

static rz_config_entry *find_entry(rz_config_group *g, const char *name) {
  for (int i = 0; i < g->n_entries; i++)
    if (rz_same_name(g->entries[i].row->name, name)) return &g->entries[i];
  return NULL;
}

static rz_err add_entries(rz_config *c, rz_config_group *g, const rz_option *rows, int n_rows) {
  for (int i = 0; i < n_rows; i++) {
    rz_config_entry *e = &g->entries[g->n_entries++];
    *e = (rz_config_entry){.row = &rows[i], .pos = -1};
    RZ_TRY(rz_row_choices(c, c->schema, g->group, &rows[i], &e->choices));
  }
  return RZ_OK;
}

/* The names of members that have such a key. */
static rz_err add_users(rz_strbuf *b, const rz_option_group *group, const char *key) {
  int n = 0;
  for (int i = 0; i < group->n_members; i++)
    if (rz_find_row(group->members[i].rows, group->members[i].n_rows, key))
      RZ_TRY(rz_strbuf_printf(b, "%s%s", n++ ? ", " : "", group->members[i].name));
  return RZ_OK;
}

static bool is_key_of_a_member(const rz_option_group *group, const char *key) {
  for (int i = 0; i < group->n_members; i++)
    if (rz_find_row(group->members[i].rows, group->members[i].n_rows, key)) return true;
  return false;
}

/* All keys of a group as names for a suggestion; those of other members come last. */
static rz_err add_nearest_key(rz_strbuf *b, const rz_config_group *g, const char *key) {
  int n = g->n_entries;
  for (int i = 0; i < g->group->n_members; i++) n += g->group->members[i].n_rows;
  const char **names = NULL;
  RZ_TRY(RZ_NEW(n + 1, &names));
  n = 0;
  for (int i = 0; i < g->n_entries; i++) names[n++] = g->entries[i].row->name;
  for (int i = 0; i < g->group->n_members; i++)
    for (int k = 0; k < g->group->members[i].n_rows; k++) names[n++] = g->group->members[i].rows[k].name;
  const rz_err rc = rz_add_nearest(b, key, names, n);
  rz_free(&names);
  return rc;
}

static rz_err report_unknown_key(rz_config *c, rz_config_group *g, const rz_nml_item *item, const char *key) {
  rz_err rc = RZ_OK;
  rz_strbuf b = {0};
  char excerpt[RZ_EXCERPT_SIZE];
  if (is_full(c)) return REPORT(c, item->pos, "%s", "");
  if (is_key_of_a_member(g->group, key)) {
    const char *selector = g->group->selector;
    const rz_config_entry *e = find_entry(g, selector);
    RZ_TRY_DONE(rc, rz_strbuf_printf(&b, "key '%s' in group &%s is not used by %s = '%s' (used by: ", key,
                                     g->group->name, selector, e->values[0].string));
    RZ_TRY_DONE(rc, add_users(&b, g->group, key));
    RZ_TRY_DONE(rc, rz_strbuf_printf(&b, ")"));
  } else {
    RZ_TRY_DONE(rc, rz_strbuf_printf(&b, "unknown key '%s' in group &%s",
                                     rz_excerpt(key, (int64_t)strlen(key), excerpt), g->group->name));
    RZ_TRY_DONE(rc, add_nearest_key(&b, g, key));
  }
  RZ_TRY_DONE(rc, REPORT(c, item->pos, "%s", b.s));
done:
  rz_strbuf_free(&b);
  return rc;
}

/* Assign the items named `only`, or all but those named `except`. */
static rz_err assign_items(const rz_assignment *a, rz_config_group *g, const char *only, const char *except) {
  if (g->tree_group < 0) return RZ_OK;
  const rz_nml_group *t = &a->tree->groups[g->tree_group];
  for (int64_t i = 0; i < t->n_items; i++) {
    const rz_nml_item *item = &a->tree->items[t->first_item + i];
    const char *key = rz_nml_chars(a->tree, a->tree->parts[item->first_part].name);
    if ((only && !rz_same_name(key, only)) || (except && rz_same_name(key, except))) continue;
    rz_config_entry *e = find_entry(g, key);
    const bool may_be_right = !g->is_member_known && is_key_of_a_member(g->group, key);
    if (e)
      RZ_TRY(rz_config_assign(a, e, item));
    else if (!may_be_right)
      RZ_TRY(report_unknown_key(a->config, g, item, key));
  }
  return RZ_OK;
}

/* The member that the selector names, and its keys. */
static rz_err choose_member(const rz_assignment *a, rz_config_group *g, bool required) {
  const char *selector = g->group->selector;
  g->is_member_known = true;
  if (!selector) return RZ_OK;
  rz_config_entry *e = find_entry(g, selector);
  RZ_CHECK(e && (e->row->type == RZ_STRING || e->row->type == RZ_CHOICE), RZ_ERR_INTERNAL,
           "group &%s: the selector '%s' has no row of type string or choice", g->group->name, selector);
  RZ_TRY(assign_items(a, g, selector, NULL));
  RZ_TRY(rz_config_finish(a, e, required, g->pos));
  g->is_member_known = !e->is_bad && e->source != RZ_SOURCE_UNSET;
  if (!g->is_member_known) return RZ_OK;
  g->member = rz_find_member(g->group, e->values[0].string);
  return g->member ? add_entries(a->config, g, g->member->rows, g->member->n_rows) : RZ_OK;
}

static rz_err resolve_group(rz_config *c, const rz_nml *tree, rz_config_group *g, bool required) {
  const rz_option_group *group = g->group;
  const rz_assignment a = {.config = c, .tree = tree, .report = c->report, .group = group->name};
  int n = group->n_rows, n_member = 0;
  for (int i = 0; i < group->n_members; i++)
    if (group->members[i].n_rows > n_member) n_member = group->members[i].n_rows;
  n += n_member;
  g->is_used = true;
  RZ_TRY(rz_config_alloc(c, n, sizeof *g->entries, (void **)&g->entries));
  RZ_TRY(add_entries(c, g, group->rows, group->n_rows));
  RZ_TRY(choose_member(&a, g, required));
  RZ_TRY(assign_items(&a, g, NULL, group->selector));
  for (int i = 0; i < g->n_entries; i++) {
    const bool is_done = group->selector && rz_same_name(g->entries[i].row->name, group->selector);
    if (!is_done) RZ_TRY(rz_config_finish(&a, &g->entries[i], required, g->pos));
  }
  return RZ_OK;
}

/* -- the study */

static rz_err resolve_run(rz_config *c, const rz_nml *tree) {
  const int i_run = rz_schema_find_group(c->schema, "run");
  RZ_CHECK(i_run >= 0, RZ_ERR_INTERNAL, "the tables have no group &run");
  rz_config_group *run = &c->groups[i_run];
  RZ_TRY(resolve_group(c, tree, run, true));
  const rz_config_entry *study = find_entry(run, "study");
  RZ_CHECK(study, RZ_ERR_INTERNAL, "group &run has no key 'study'");
  if (!study->is_bad && study->count > 0) c->study = rz_schema_find_study(c->schema, study->values[0].string);
  return RZ_OK;
}

static rz_err report_unread_group(rz_config *c, const rz_config_group *g) {
  rz_err rc = RZ_OK;
  rz_strbuf b = {0};
  RZ_TRY_DONE(rc, add_groups_of_study(&b, c->study));
  RZ_TRY_DONE(rc, REPORT(c, g->pos, "group &%s is not read by study '%s', which reads%s", g->group->name,
                         c->study->study, b.s ? b.s : " no group"));
done:
  rz_strbuf_free(&b);
  return rc;
}

/* Is it read, must it be there; then its keys. Without a known study all groups of the deck are looked at. */
static rz_err resolve_other(rz_config *c, const rz_nml *tree, rz_config_group *g) {
  bool required = false;
  const bool is_read = c->study ? rz_study_reads(c->study, g->group->name, &required) : g->is_present;
  if (!is_read) return g->is_present ? report_unread_group(c, g) : RZ_OK;
  if (required && !g->is_present)
    RZ_TRY(REPORT(c, -1, "group &%s (%s) is missing: study '%s' needs it", g->group->name, g->group->about,
                  c->study->study));
  return resolve_group(c, tree, g, g->is_present);
}

rz_err rz_config_resolve(rz_config *c, const rz_nml *tree) {
  RZ_TRY(match_groups(c, tree));
  RZ_TRY(resolve_run(c, tree));
  RZ_TRY(report_unknown_groups(c, tree));
  for (int i = 0; i < c->schema->n_groups; i++)
    if (!c->groups[i].is_used) RZ_TRY(resolve_other(c, tree, &c->groups[i]));
  return RZ_OK;
}
