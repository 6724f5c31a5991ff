/* The resolved deck: making it, asking it, messages about it. */
#include "config_private.h"

#include "ritz/core/memory.h"
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* -- memory */

rz_err rz_config_alloc(rz_config *c, int64_t n, size_t size, void **out) {
  RZ_TRY(rz_grow((void **)&c->blocks, &c->cap_blocks, c->n_blocks, c->n_blocks + 1, sizeof *c->blocks));
  RZ_TRY(rz_calloc(n, size, out));
  c->blocks[c->n_blocks++] = *out;
  return RZ_OK;
}

rz_err rz_config_copy(rz_config *c, const char *s, int64_t n, const char **out) {
  char *copy = NULL;
  RZ_TRY(rz_config_alloc(c, n + 1, 1, (void **)&copy));
  memcpy(copy, s, (size_t)n);
  *out = copy;
  return RZ_OK;
}

void rz_config_destroy(rz_config **config) {
  if (!config || !*config) return;
  rz_config *c = *config;
  for (int64_t i = 0; i < c->n_blocks; i++) rz_free(&c->blocks[i]);
  rz_free(&c->blocks);
  rz_free(&c->groups);
  rz_report_destroy(&c->report);
  rz_free(&c->errors);
  rz_free(&c->warnings);
  rz_free(&c->notes);
  rz_free(&c->text);
  rz_free(&c->file);
  rz_free(config);
}

/* -- parsing */

rz_err rz_config_render(rz_config *c) {
  char **const texts[RZ_N_SEVERITIES] = {&c->errors, &c->warnings, &c->notes};
  for (int k = 0; k < RZ_N_SEVERITIES; k++) {
    char *text = NULL;
    RZ_TRY(rz_report_render(c->report, (rz_severity)k, &text));
    rz_free(texts[k]);
    *texts[k] = text;
  }
  return RZ_OK;
}

static rz_err create(const char *file, const char *text, int64_t n, const rz_schema *schema, rz_config *c) {
  c->schema = schema;
  RZ_TRY(rz_strdup(file, &c->file));
  RZ_TRY(RZ_NEW(n + 1, &c->text));
  if (n > 0) memcpy(c->text, text, (size_t)n);
  c->text[n] = '\0';
  RZ_TRY(rz_report_create(c->file, c->text, n, &c->report));
  RZ_TRY(RZ_NEW0(schema->n_groups, &c->groups));
  for (int i = 0; i < schema->n_groups; i++)
    c->groups[i] = (rz_config_group){.group = &schema->groups[i], .pos = -1, .tree_group = -1};
  return RZ_OK;
}

rz_err rz_config_parse(const char *file, const char *text, int64_t n, const rz_schema *schema, rz_config **out) {
  rz_err rc = RZ_OK;
  rz_config *c = NULL;
  rz_nml *tree = NULL;
  *out = NULL;
  RZ_CHECK_DONE(rc, n >= 0, RZ_ERR_ARG, "a deck of %lld bytes", (long long)n);
  RZ_TRY_DONE(rc, RZ_NEW0(1, &c));
  RZ_TRY_DONE(rc, create(file, text, n, schema, c));
  RZ_TRY_DONE(rc, rz_nml_parse(c->text, n, c->report, &tree));
  if (!tree->is_fatal) RZ_TRY_DONE(rc, rz_config_resolve(c, tree));
  RZ_TRY_DONE(rc, rz_config_render(c));
  *out = c;
  c = NULL;
done:
  rz_nml_destroy(&tree);
  rz_config_destroy(&c);
  return rc == RZ_OK ? rz_config_report(*out) : rc;
}

/* The whole file, which may be a pipe. Owner of text: caller. */
static rz_err read_text(FILE *in, const char *file, rz_strbuf *text) {
  enum { BLOCK = 65536, LARGEST = 64 << 20 };
  for (size_t got = 1; got > 0;) {
    RZ_CHECK(text->n < LARGEST, RZ_ERR_INPUT, "%s: more than 64 MiB; this is no deck", file);
    RZ_TRY(rz_strbuf_reserve(text, BLOCK));
    got = fread(text->s + text->n, 1, BLOCK, in);
    text->n += (int64_t)got;
  }
  RZ_CHECK(!ferror(in), RZ_ERR_INPUT, "%s: cannot be read: %s", file, strerror(errno));
  return RZ_OK;
}

rz_err rz_config_read(const char *file, const rz_schema *schema, rz_config **out) {
  rz_err rc = RZ_OK;
  rz_strbuf text = {0};
  *out = NULL;
  FILE *in = fopen(file, "rb");
  RZ_CHECK(in, RZ_ERR_INPUT, "%s: cannot be opened: %s", file, strerror(errno));
  RZ_TRY_DONE(rc, read_text(in, file, &text));
  RZ_TRY_DONE(rc, rz_config_parse(file, text.s, text.n, schema, out));
done:
  (void)fclose(in);
  rz_strbuf_free(&text);
  return rc;
}

/* -- asking */

static rz_config_group *find_group(const rz_config *c, const char *name) {
  const int i = rz_schema_find_group(c->schema, name);
  return i < 0 ? NULL : &c->groups[i];
}

static rz_config_entry *find_entry(const rz_config *c, const char *group, const char *key) {
  const rz_config_group *g = find_group(c, group);
  for (int i = 0; g && i < g->n_entries; i++)
    if (rz_same_name(g->entries[i].row->name, key)) return &g->entries[i];
  return NULL;
}

/* Value i of a key that has one of the two types. */
static const rz_config_value *find_value(const rz_config *c, const char *group, const char *key, int i,
                                         rz_option_type type, rz_option_type or_type) {
  const rz_config_entry *e = find_entry(c, group, key);
  assert(e && "a key of the schema, in use for the chosen study and members");
  assert(i >= 0 && i < e->count && "a value that is there");
  assert((e->row->type == type || e->row->type == or_type) && "the type that was asked for");
  (void)type;
  (void)or_type;
  return &e->values[i];
}

int64_t rz_config_int_at(const rz_config *c, const char *group, const char *key, int i) {
  return find_value(c, group, key, i, RZ_INT, RZ_INT)->integer;
}

double rz_config_real_at(const rz_config *c, const char *group, const char *key, int i) {
  return find_value(c, group, key, i, RZ_REAL, RZ_REAL)->real;
}

const char *rz_config_string_at(const rz_config *c, const char *group, const char *key, int i) {
  return find_value(c, group, key, i, RZ_STRING, RZ_CHOICE)->string;
}

int64_t rz_config_int(const rz_config *c, const char *group, const char *key) {
  return rz_config_int_at(c, group, key, 0);
}

double rz_config_real(const rz_config *c, const char *group, const char *key) {
  return rz_config_real_at(c, group, key, 0);
}

const char *rz_config_string(const rz_config *c, const char *group, const char *key) {
  return rz_config_string_at(c, group, key, 0);
}

bool rz_config_bool(const rz_config *c, const char *group, const char *key) {
  return find_value(c, group, key, 0, RZ_BOOL, RZ_BOOL)->boolean;
}

int rz_config_count(const rz_config *c, const char *group, const char *key) {
  const rz_config_entry *e = find_entry(c, group, key);
  assert(e && "a key of the schema, in use for the chosen study and members");
  return e->count;
}

bool rz_config_has(const rz_config *c, const char *group, const char *key) {
  const rz_config_entry *e = find_entry(c, group, key);
  return e && e->source != RZ_SOURCE_UNSET;
}

bool rz_config_given(const rz_config *c, const char *group, const char *key) {
  const rz_config_entry *e = find_entry(c, group, key);
  return e && e->pos >= 0 && e->top > 0;
}

bool rz_config_changed(const rz_config *c, const char *group, const char *key) {
  const rz_config_entry *e = find_entry(c, group, key);
  return e && e->is_changed;
}

bool rz_config_uses_group(const rz_config *c, const char *group) {
  const rz_config_group *g = find_group(c, group);
  return g && g->is_used;
}

const char *rz_config_file(const rz_config *c) { return c->file; }

const char *rz_config_text(const rz_config *c) { return c->text; }

rz_err rz_config_path(const rz_config *c, const char *name, char **path) {
  const char *slash = strrchr(c->file, '/');
  if (name[0] == '/' || !slash) return rz_strdup(name, path);
  rz_strbuf b = {0};
  const rz_err rc = rz_strbuf_printf(&b, "%.*s%s", (int)(slash - c->file + 1), c->file, name);
  if (rc != RZ_OK) rz_strbuf_free(&b);
  *path = b.s;
  return rc;
}

/* -- derived values */

static rz_err set_value(rz_config *c, const char *group, const char *key, rz_config_value value) {
  rz_config_entry *e = find_entry(c, group, key);
  RZ_CHECK(e, RZ_ERR_ARG, "key '%s' in group &%s is not in use", key, group);
  if (!e->values) RZ_TRY(rz_config_alloc(c, 1, sizeof *e->values, (void **)&e->values));
  e->values[0] = value;
  e->count = 1;
  e->source = RZ_SOURCE_DERIVED;
  return RZ_OK;
}

static rz_err check_type(const rz_config *c, const char *group, const char *key, bool ok) {
  RZ_CHECK(ok, RZ_ERR_ARG, "%s: key '%s' in group &%s is not in use or of another type", c->file, key, group);
  return RZ_OK;
}

rz_err rz_config_set_string(rz_config *c, const char *group, const char *key, const char *value) {
  const rz_config_entry *e = find_entry(c, group, key);
  RZ_TRY(check_type(c, group, key, e && (e->row->type == RZ_STRING || e->row->type == RZ_CHOICE)));
  const int64_t n = (int64_t)strlen(value);
  RZ_CHECK(!e->choices || rz_is_choice(e->choices, value, n), RZ_ERR_ARG, "key '%s' in group &%s cannot be '%s'", key,
           group, value);
  rz_config_value v = {0};
  RZ_TRY(rz_config_copy(c, value, n, &v.string));
  return set_value(c, group, key, v);
}

rz_err rz_config_set_int(rz_config *c, const char *group, const char *key, int64_t value) {
  const rz_config_entry *e = find_entry(c, group, key);
  RZ_TRY(check_type(c, group, key, e && e->row->type == RZ_INT));
  return set_value(c, group, key, (rz_config_value){.integer = value});
}

rz_err rz_config_set_real(rz_config *c, const char *group, const char *key, double value) {
  const rz_config_entry *e = find_entry(c, group, key);
  RZ_TRY(check_type(c, group, key, e && e->row->type == RZ_REAL));
  return set_value(c, group, key, (rz_config_value){.real = value});
}

/* -- messages */

static int64_t place_of(const rz_config *c, const char *group, const char *key) {
  const rz_config_group *g = group ? find_group(c, group) : NULL;
  const rz_config_entry *e = group && key ? find_entry(c, group, key) : NULL;
  if (e && e->pos >= 0) return e->pos;
  return g ? g->pos : -1;
}

void rz_config_error(rz_config *c, const char *group, const char *key, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  const rz_err rc = rz_report_add_va(c->report, RZ_SEVERITY_ERROR, place_of(c, group, key), fmt, args);
  va_end(args);
  if (rc != RZ_OK || rz_config_render(c) != RZ_OK) c->lacks_memory = true;
}

void rz_config_warning(rz_config *c, const char *group, const char *key, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  const rz_err rc = rz_report_add_va(c->report, RZ_SEVERITY_WARNING, place_of(c, group, key), fmt, args);
  va_end(args);
  if (rc != RZ_OK || rz_config_render(c) != RZ_OK) c->lacks_memory = true;
}

void rz_config_no_effect(rz_config *c, const char *group, const char *key, const char *fmt, ...) {
  char why[256];
  va_list args;
  if (!rz_config_changed(c, group, key)) return;
  va_start(args, fmt);
  vsnprintf(why, sizeof why, fmt, args);
  va_end(args);
  rz_config_error(c, group, key, "key '%s' has no effect %s", key, why);
}

rz_err rz_config_file_error(rz_config *c, const char *group, const char *key) {
  c->n_file_errors++;
  rz_config_error(c, group, key, "%s", rz_error_message());
  return rz_config_report(c);
}

int rz_config_error_count(const rz_config *c) {
  const int64_t n = rz_report_count(c->report, RZ_SEVERITY_ERROR);
  return n > INT32_MAX ? INT32_MAX : (int)n;
}

rz_err rz_config_report(const rz_config *c) {
  RZ_CHECK(!c->lacks_memory, RZ_ERR_MEMORY, "%s: out of memory while the errors of the deck were collected", c->file);
  const int n = rz_config_error_count(c);
  RZ_CHECK(n == 0, n == c->n_file_errors ? RZ_ERR_INPUT : RZ_ERR_DECK, "%s", c->errors);
  return RZ_OK;
}

const char *rz_config_errors(const rz_config *c) { return c->errors; }

const char *rz_config_warnings(const rz_config *c) { return c->warnings; }

const char *rz_config_notes(const rz_config *c) { return c->notes; }
