/* New decks from old ones: the tree says where each key stands in the text. */
#include "ritz/core/deck.h"

#include "config_private.h"
#include "ritz/core/memory.h"
#include <string.h>

typedef struct rewriter {
  const rz_schema *schema;
  const char *text;
  rz_nml *tree;
  int n_change;
  const rz_deck_change *change;
  rz_strbuf out;
} rewriter;

/* Groups compare as the schema does, which knows other spellings of a name. */
static bool same_group(const rz_schema *schema, const char *a, const char *b) {
  const int i = rz_schema_find_group(schema, a);
  return i >= 0 ? i == rz_schema_find_group(schema, b) : rz_same_name(a, b);
}

/* The last change of a key, or -1. */
static int find_change(const rewriter *w, const char *group, const char *key) {
  for (int i = w->n_change - 1; i >= 0; i--)
    if (same_group(w->schema, w->change[i].group, group) && rz_same_name(w->change[i].key, key)) return i;
  return -1;
}

static rz_err add_changes(rewriter *w, const char *group) {
  for (int i = 0; i < w->n_change; i++)
    if (find_change(w, group, w->change[i].key) == i)
      RZ_TRY(rz_strbuf_printf(&w->out, "  %s = %s\n", w->change[i].key, w->change[i].value));
  return RZ_OK;
}

/* From the key to its last value. An array without values is what leaving it out is. */
static rz_err add_item(rewriter *w, const char *group, const rz_nml_item *item) {
  const char *key = rz_nml_chars(w->tree, w->tree->parts[item->first_part].name);
  if (item->n_values == 0 || find_change(w, group, key) >= 0) return RZ_OK;
  const int64_t end = w->tree->values[item->first_value + item->n_values - 1].end;
  RZ_TRY(rz_strbuf_add(&w->out, "  ", 2));
  RZ_TRY(rz_strbuf_add(&w->out, w->text + item->pos, end - item->pos));
  return rz_strbuf_add(&w->out, "\n", 1);
}

static rz_err add_group(rewriter *w, const rz_nml_group *g) {
  const char *name = rz_nml_chars(w->tree, g->name);
  RZ_TRY(rz_strbuf_printf(&w->out, "&%s\n", name));
  for (int64_t i = 0; i < g->n_items; i++) RZ_TRY(add_item(w, name, &w->tree->items[g->first_item + i]));
  RZ_TRY(add_changes(w, name));
  return rz_strbuf_add(&w->out, "/\n", 2);
}

/* Is the group in the deck, or among the first n changes? */
static bool is_written(const rewriter *w, const char *group, int n) {
  for (int64_t i = 0; i < w->tree->n_groups; i++)
    if (same_group(w->schema, rz_nml_chars(w->tree, w->tree->groups[i].name), group)) return true;
  for (int i = 0; i < n; i++)
    if (same_group(w->schema, w->change[i].group, group)) return true;
  return false;
}

static rz_err rewrite(rewriter *w, const char *without) {
  for (int64_t i = 0; i < w->tree->n_groups; i++) {
    const rz_nml_group *g = &w->tree->groups[i];
    if (!without || !same_group(w->schema, rz_nml_chars(w->tree, g->name), without)) RZ_TRY(add_group(w, g));
  }
  for (int i = 0; i < w->n_change; i++) {
    const char *group = w->change[i].group;
    if (is_written(w, group, i)) continue;
    RZ_TRY(rz_strbuf_printf(&w->out, "&%s\n", group));
    RZ_TRY(add_changes(w, group));
    RZ_TRY(rz_strbuf_add(&w->out, "/\n", 2));
  }
  return RZ_OK;
}

rz_err rz_deck_rewrite(const rz_schema *schema, const char *text, const char *without, int n,
                       const rz_deck_change *change, char **out) {
  rewriter w = {.schema = schema, .text = text, .n_change = n, .change = change};
  const int64_t length = (int64_t)strlen(text);
  rz_report *report = NULL;
  rz_err rc = RZ_OK;
  *out = NULL;
  RZ_TRY_DONE(rc, rz_report_create("deck", text, length, &report));
  RZ_TRY_DONE(rc, rz_nml_parse(text, length, report, &w.tree));
  RZ_CHECK_DONE(rc, rz_report_count(report, RZ_SEVERITY_ERROR) == 0, RZ_ERR_ARG, "the text is not a valid deck");
  RZ_TRY_DONE(rc, rewrite(&w, without));
  rc = rz_strdup(w.out.s ? w.out.s : "", out);
done:
  rz_strbuf_free(&w.out);
  rz_nml_destroy(&w.tree);
  rz_report_destroy(&report);
  return rc;
}
