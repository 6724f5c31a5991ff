/* The resolved values as text: one by one, or as a deck that reads back the same. */
#include "config_private.h"

#include "ritz/core/memory.h"

static const char *source_text(rz_config_source source) {
  switch (source) {
  case RZ_SOURCE_UNSET:
    return "unset";
  case RZ_SOURCE_DEFAULT:
    return "default";
  case RZ_SOURCE_DECK:
    return "deck";
  case RZ_SOURCE_DERIVED:
    return "derived";
  }
  return "unset";
}

/* Optional groups that the deck leaves out, and that have keys without default, are not complete: they stay out. */
static bool is_complete(const rz_config_group *g) {
  for (int i = 0; i < g->n_entries; i++)
    if (!g->entries[i].row->fallback && g->entries[i].source == RZ_SOURCE_UNSET) return false;
  return g->is_used;
}

void rz_config_each(const rz_config *c, rz_config_visit *visit, void *ctx) {
  rz_strbuf b = {0};
  for (int i = 0; i < c->schema->n_groups; i++) {
    const rz_config_group *g = &c->groups[i];
    for (int k = 0; g->is_used && k < g->n_entries; k++) {
      const rz_config_entry *e = &g->entries[k];
      if (e->source == RZ_SOURCE_UNSET || e->is_bad) continue;
      rz_strbuf_clear(&b);
      if (rz_add_values(&b, e->row, e->values, e->count) == RZ_OK)
        visit(g->group->name, e->row, b.s, source_text(e->source), ctx);
      else
        visit(g->group->name, e->row, "", "out of memory", ctx);
    }
  }
  rz_strbuf_free(&b);
}

static rz_err add_group(rz_strbuf *b, const rz_config_group *g) {
  RZ_TRY(rz_strbuf_printf(b, "&%s\n", g->group->name));
  for (int i = 0; i < g->n_entries; i++) {
    const rz_config_entry *e = &g->entries[i];
    if (e->source == RZ_SOURCE_UNSET || e->is_bad) continue;
    RZ_TRY(rz_strbuf_printf(b, "  %s = ", e->row->name));
    RZ_TRY(rz_add_values(b, e->row, e->values, e->count));
    RZ_TRY(rz_strbuf_add(b, "\n", 1));
  }
  return rz_strbuf_add(b, "/\n", 2);
}

rz_err rz_config_print(const rz_config *c, FILE *out) {
  rz_err rc = RZ_OK;
  rz_strbuf b = {0};
  for (int i = 0; i < c->schema->n_groups; i++)
    if (is_complete(&c->groups[i])) RZ_TRY_DONE(rc, add_group(&b, &c->groups[i]));
  if (b.n > 0)
    RZ_CHECK_DONE(rc, fwrite(b.s, 1, (size_t)b.n, out) == (size_t)b.n, RZ_ERR_IO, "the options cannot be written");
done:
  rz_strbuf_free(&b);
  return rc;
}
