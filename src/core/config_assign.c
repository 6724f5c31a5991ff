/* Values of a deck into the entry of a key: which elements, of the right type, in range. */
#include "config_private.h"

#include "ritz/core/memory.h"
#include <math.h>
#include <string.h>

/* Elements that an item names: start, start + step, ... (from 0), at most limit of them. */
typedef struct section {
  int64_t start, step, limit;
  bool is_part; /* has subscripts */
} section;

/* Errors name the key and its group: "key 'alpha' in group &ansatz ..." */
#define REPORT(a, pos, row, fmt, ...)                                                                                  \
  rz_report_add((a)->report, RZ_SEVERITY_ERROR, (pos), "key '%s' in group &%s " fmt, (row)->name, (a)->group,          \
                __VA_ARGS__)

/* -- one value */

static const char *value_text(const rz_assignment *a, const rz_nml_value *v, char buffer[RZ_EXCERPT_SIZE]) {
  return rz_excerpt(a->config->text + v->pos, v->end - v->pos, buffer);
}

/* Add " takes <type>, not <value>" with a hint how to write it. */
static rz_err report_type(const rz_assignment *a, const rz_config_entry *e, const rz_nml_value *v) {
  static const char *const kinds[] = {"nothing", "the integer", "the real", "the logical", "the string", "the complex"};
  const rz_option *row = e->row;
  rz_err rc = RZ_OK;
  rz_strbuf b = {0};
  if (rz_report_full(a->report, RZ_SEVERITY_ERROR)) return REPORT(a, v->pos, row, "%s", "");
  const bool is_whole =
      row->type == RZ_INT && v->kind == RZ_NML_REAL && fabs(v->real[0]) < 9e15 && v->real[0] == floor(v->real[0]);
  if (row->type == RZ_INT && v->kind == RZ_NML_INT)
    RZ_TRY_DONE(rc, rz_strbuf_printf(&b, "; integers have at most 64 bits: up to 9223372036854775807"));
  else if (is_whole)
    RZ_TRY_DONE(rc, rz_strbuf_printf(&b, "; write %.0f", v->real[0]));
  else if (row->type == RZ_STRING || row->type == RZ_CHOICE)
    RZ_TRY_DONE(rc, rz_strbuf_printf(&b, "; quote it"));
  else if (v->kind == RZ_NML_STRING)
    RZ_TRY_DONE(rc, rz_strbuf_printf(&b, "; without quotes"));
  else
    RZ_TRY_DONE(rc, rz_strbuf_reserve(&b, 0));
  const char *hint = b.s;
  rz_strbuf type = {0};
  char buffer[RZ_EXCERPT_SIZE];
  rc = rz_add_type(&type, row);
  if (rc == RZ_OK)
    rc = REPORT(a, v->pos, row, "takes %s, not %s %s%s", type.s, kinds[v->kind], value_text(a, v, buffer), hint);
  rz_strbuf_free(&type);
done:
  rz_strbuf_free(&b);
  return rc;
}

static rz_err report_range(const rz_assignment *a, const rz_config_entry *e, const rz_nml_value *v) {
  if (rz_report_full(a->report, RZ_SEVERITY_ERROR)) return REPORT(a, v->pos, e->row, "%s", "");
  char buffer[RZ_EXCERPT_SIZE];
  rz_strbuf type = {0};
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_add_type(&type, e->row));
  RZ_TRY_DONE(rc, rz_add_range(&type, e->row));
  RZ_TRY_DONE(rc, REPORT(a, v->pos, e->row, "is %s; allowed: %s", value_text(a, v, buffer), type.s));
done:
  rz_strbuf_free(&type);
  return rc;
}

static rz_err report_choice(const rz_assignment *a, const rz_config_entry *e, const rz_nml_value *v) {
  if (rz_report_full(a->report, RZ_SEVERITY_ERROR)) return REPORT(a, v->pos, e->row, "%s", "");
  char buffer[RZ_EXCERPT_SIZE];
  rz_strbuf allowed = {0};
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_add_choices(&allowed, e->choices));
  RZ_TRY_DONE(rc, rz_add_nearest_choice(&allowed, rz_nml_chars(a->tree, v->string.at), e->choices));
  RZ_TRY_DONE(rc, REPORT(a, v->pos, e->row, "is %s; allowed: %s", value_text(a, v, buffer), allowed.s));
done:
  rz_strbuf_free(&allowed);
  return rc;
}

static bool integer_in_range(const rz_option *row, int64_t x) {
  if (row->min > row->max) return true;
  const bool above =
      row->min <= -9.2233720368547758e18 || (row->min < 9.2233720368547758e18 && x >= (int64_t)ceil(row->min));
  const bool below =
      row->max >= 9.2233720368547758e18 || (row->max > -9.2233720368547758e18 && x <= (int64_t)floor(row->max));
  return above && below;
}

static bool real_in_range(const rz_option *row, double x) {
  return row->min > row->max || (x >= row->min && x <= row->max);
}

/* Type, range and choices of one constant. */
static rz_err convert(const rz_assignment *a, rz_config_entry *e, const rz_nml_value *v, rz_config_value *out) {
  const rz_option *row = e->row;
  const bool is_wide = v->kind == RZ_NML_INT && v->is_wide;
  bool ok = true;
  switch (row->type) {
  case RZ_INT:
    ok = v->kind == RZ_NML_INT && !is_wide;
    if (!ok) break;
    out->integer = v->integer;
    if (!integer_in_range(row, v->integer)) e->is_bad = true;
    break;
  case RZ_REAL:
    ok = v->kind == RZ_NML_INT || v->kind == RZ_NML_REAL;
    if (!ok) break;
    out->real = v->kind == RZ_NML_INT && !is_wide ? (double)v->integer : v->real[0];
    if (!isfinite(out->real)) {
      e->is_bad = true;
      char buffer[RZ_EXCERPT_SIZE];
      return REPORT(a, v->pos, row, "must be finite, not %s", value_text(a, v, buffer));
    }
    if (!real_in_range(row, out->real)) e->is_bad = true;
    break;
  case RZ_BOOL:
    ok = v->kind == RZ_NML_BOOL;
    if (ok) out->boolean = v->boolean;
    break;
  case RZ_STRING:
  case RZ_CHOICE:
    ok = v->kind == RZ_NML_STRING;
    if (!ok) break;
    if (e->choices && !rz_is_choice(e->choices, rz_nml_chars(a->tree, v->string.at), v->string.n)) {
      e->is_bad = true;
      return report_choice(a, e, v);
    }
    if (row->type == RZ_STRING && !real_in_range(row, (double)v->string.n)) e->is_bad = true;
    RZ_TRY(rz_config_copy(a->config, rz_nml_chars(a->tree, v->string.at), v->string.n, &out->string));
    break;
  }
  if (!ok) {
    e->is_bad = true;
    return report_type(a, e, v);
  }
  return e->is_bad ? report_range(a, e, v) : RZ_OK;
}

/* -- which elements */

static rz_err find_range(const rz_assignment *a, const rz_config_entry *e, const rz_nml_item *item,
                         const rz_nml_sub *sub, section *s, bool *ok) {
  const int64_t n = e->row->max_count;
  if (sub->step < 0 && !(sub->has_lo && sub->has_hi)) {
    *ok = false;
    return REPORT(a, item->pos, e->row, "needs both ends of a range with a negative step, as in (%lld:1:-1)",
                  (long long)n);
  }
  const int64_t lo = sub->has_lo ? sub->lo : 1, hi = sub->has_hi ? sub->hi : n;
  *ok = lo >= 1 && lo <= n && hi >= 1 && hi <= n && (sub->step > 0 ? lo <= hi : lo >= hi);
  if (!*ok)
    return REPORT(a, item->pos, e->row,
                  "has the elements 1 to %lld; the range (%lld:%lld:%lld) is empty or leaves them", (long long)n,
                  (long long)lo, (long long)hi, (long long)sub->step);
  /* |hi - lo| < n, so that a huge step does no harm */
  const int64_t step = sub->step > n ? n : sub->step < -n ? -n : sub->step;
  *s = (section){.start = lo - 1, .step = step, .limit = (hi - lo) / step + 1, .is_part = true};
  return RZ_OK;
}

static rz_err find_section(const rz_assignment *a, const rz_config_entry *e, const rz_nml_item *item, section *s,
                           bool *ok) {
  const rz_option *row = e->row;
  const rz_nml_part *part = &a->tree->parts[item->first_part];
  const bool is_text = row->type == RZ_STRING || row->type == RZ_CHOICE;
  *ok = false;
  *s = (section){.step = 1, .limit = row->max_count};
  if (item->n_parts > 1) return REPORT(a, item->pos, row, "has no components%s", "");
  if (item->has_substring || (is_text && row->max_count == 1 && part->n_subs > 0))
    return REPORT(a, item->pos, row, "is a string; substrings are not supported, %s", "give it whole");
  *ok = part->n_subs == 0;
  if (*ok) return RZ_OK;
  if (row->max_count == 1) return REPORT(a, item->pos, row, "is a single value and takes no subscripts%s", "");
  if (part->n_subs > 1) return REPORT(a, item->pos, row, "has one subscript, not %d", part->n_subs);
  const rz_nml_sub *sub = &a->tree->subs[part->first_sub];
  if (sub->is_range) return find_range(a, e, item, sub, s, ok);
  *ok = sub->lo >= 1 && sub->lo <= row->max_count;
  if (!*ok)
    return REPORT(a, item->pos, row, "has the elements 1 to %d; there is no element %lld", row->max_count,
                  (long long)sub->lo);
  *s = (section){.start = sub->lo - 1, .step = 1, .limit = row->max_count - sub->lo + 1, .is_part = true};
  return RZ_OK;
}

/* -- one item */

/* Number of values, repeats counted; INT64_MAX if it does not fit. */
static int64_t count_values(const rz_nml *tree, const rz_nml_item *item) {
  int64_t total = 0;
  for (int64_t i = 0; i < item->n_values; i++)
    if (__builtin_add_overflow(total, tree->values[item->first_value + i].repeat, &total)) return INT64_MAX;
  return total;
}

/* More values than places; the first one too many is at fault, or the arithmetic or decimal comma that was meant. */
static rz_err report_excess(const rz_assignment *a, const rz_config_entry *e, const rz_nml_item *item, const section *s,
                            int64_t total) {
  const rz_nml_value *v = &a->tree->values[item->first_value];
  const rz_option *row = e->row;
  char first[RZ_EXCERPT_SIZE], second[RZ_EXCERPT_SIZE];
  if (row->max_count == 1 && item->n_values == 1)
    return REPORT(a, v->pos, row, "takes one value; %s means a value %lld times, there is no arithmetic in decks",
                  value_text(a, v, first), (long long)v->repeat);
  const bool is_comma = row->max_count == 1 && row->type == RZ_REAL && item->n_values == 2 && v[1].pos == v->end + 1 &&
                        v[0].kind == RZ_NML_INT && v[1].kind == RZ_NML_INT;
  if (is_comma)
    return REPORT(a, v[1].pos, row, "takes one value, not 2; for a decimal number write %s.%s", value_text(a, v, first),
                  value_text(a, v + 1, second));
  int64_t fit = s->limit;
  while (v->repeat <= fit) fit -= (v++)->repeat;
  if (row->max_count == 1) return REPORT(a, v->pos, row, "takes one value, not %lld", (long long)total);
  return REPORT(a, v->pos, row, "takes %s%lld values, not %lld", s->is_part ? "here " : "at most ", (long long)s->limit,
                (long long)total);
}

static rz_err fill(const rz_assignment *a, rz_config_entry *e, const rz_nml_item *item, const section *s) {
  int64_t at = s->start;
  for (int64_t i = 0; i < item->n_values; i++) {
    const rz_nml_value *v = &a->tree->values[item->first_value + i];
    rz_config_value value = {0};
    const bool was_bad = e->is_bad;
    e->is_bad = false;
    if (v->kind != RZ_NML_NULL) RZ_TRY(convert(a, e, v, &value));
    e->is_bad = e->is_bad || was_bad;
    for (int64_t k = 0; k < v->repeat; k++, at += s->step) {
      if (at + 1 > e->top) e->top = (int)(at + 1);
      if (v->kind == RZ_NML_NULL) {
        e->keeps_some = true;
      } else if (e->is_set[at]) {
        e->is_bad = true;
        return REPORT(a, v->pos, e->row, "is given twice: element %lld", (long long)(at + 1));
      } else {
        e->is_set[at] = true;
        e->values[at] = value;
      }
    }
  }
  return RZ_OK;
}

/* The same key again is an error unless both times only elements were assigned. */
static rz_err check_repetition(const rz_assignment *a, rz_config_entry *e, const rz_nml_item *item, bool is_part) {
  if (e->pos < 0 || (is_part && !e->is_whole)) return RZ_OK;
  e->is_bad = true;
  if (rz_report_full(a->report, RZ_SEVERITY_ERROR)) return REPORT(a, item->pos, e->row, "%s", "");
  return REPORT(a, item->pos, e->row, "is given twice; first on line %lld",
                (long long)rz_report_line(a->report, e->pos));
}

rz_err rz_config_assign(const rz_assignment *a, rz_config_entry *e, const rz_nml_item *item) {
  section s;
  bool ok;
  if (item->is_bad) {
    if (e->pos < 0) e->pos = item->pos;
    e->is_bad = true;
    return RZ_OK;
  }
  RZ_TRY(find_section(a, e, item, &s, &ok));
  if (ok) RZ_TRY(check_repetition(a, e, item, s.is_part));
  if (e->pos < 0) e->pos = item->pos;
  e->is_bad = e->is_bad || !ok;
  if (e->is_bad) return RZ_OK;
  e->is_whole = e->is_whole || !s.is_part;
  e->keeps_some = e->keeps_some || s.is_part;
  const int64_t total = count_values(a->tree, item);
  const bool is_empty_scalar =
      e->row->max_count == 1 && total <= 1 && (total == 0 || a->tree->values[item->first_value].kind == RZ_NML_NULL);
  if (is_empty_scalar) {
    e->is_bad = true;
    return REPORT(a, item->pos, e->row, "has no value behind '='%s", "");
  }
  if (total > s.limit) {
    e->is_bad = true;
    return report_excess(a, e, item, &s, total);
  }
  if (!e->is_set) RZ_TRY(rz_config_alloc(a->config, e->row->max_count, sizeof *e->is_set, (void **)&e->is_set));
  if (!e->values) RZ_TRY(rz_config_alloc(a->config, e->row->max_count, sizeof *e->values, (void **)&e->values));
  return fill(a, e, item, &s);
}

/* -- the key as a whole */

/* Elements that the deck left alone come from the default. */
static rz_err merge_default(const rz_assignment *a, rz_config_entry *e, const rz_config_value *values, int count) {
  const int top = e->top > count ? e->top : count;
  for (int i = 0; i < top; i++) {
    if (e->is_set[i]) continue;
    if (i >= count) {
      e->is_bad = true;
      return REPORT(a, e->pos, e->row, "has no value for element %d, which has no default", i + 1);
    }
    e->values[i] = values[i];
  }
  e->count = top;
  return RZ_OK;
}

static rz_err report_missing(const rz_assignment *a, rz_config_entry *e, int64_t group_pos) {
  e->is_bad = true;
  rz_strbuf b = {0};
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_add_type(&b, e->row));
  if (e->choices) {
    RZ_TRY_DONE(rc, rz_strbuf_printf(&b, ": "));
    RZ_TRY_DONE(rc, rz_add_choices(&b, e->choices));
  }
  RZ_TRY_DONE(rc, REPORT(a, group_pos, e->row, "is missing (%s; %s)", e->row->help, b.s));
done:
  rz_strbuf_free(&b);
  return rc;
}

static bool same_value(rz_option_type type, const rz_config_value *a, const rz_config_value *b) {
  switch (type) {
  case RZ_INT:
    return a->integer == b->integer;
  case RZ_REAL:
    return a->real == b->real;
  case RZ_BOOL:
    return a->boolean == b->boolean;
  case RZ_STRING:
  case RZ_CHOICE:
    return strcmp(a->string, b->string) == 0;
  }
  return false;
}

/* values: count of them, the default; none if the row has no default. */
static bool differs(const rz_config_entry *e, const rz_config_value *values, int count) {
  bool same = e->count == count;
  for (int i = 0; same && i < count; i++) same = same_value(e->row->type, &e->values[i], &values[i]);
  return !same;
}

rz_err rz_config_finish(const rz_assignment *a, rz_config_entry *e, bool required, int64_t group_pos) {
  const rz_option *row = e->row;
  rz_config_value *values = NULL;
  int count = 0;
  if (e->is_bad) return RZ_OK;
  const bool has_default = row->fallback && *row->fallback;
  if (has_default) RZ_TRY(rz_config_default(a->config, a->group, row, e->choices, &values, &count));
  if (e->top == 0) { /* not in the deck, or an array without values */
    if (!row->fallback && required) return report_missing(a, e, group_pos);
    e->values = values;
    e->count = count;
    e->source = has_default ? RZ_SOURCE_DEFAULT : RZ_SOURCE_UNSET;
    return RZ_OK;
  }
  e->source = RZ_SOURCE_DECK;
  e->count = e->top;
  if (e->keeps_some) RZ_TRY(merge_default(a, e, values, count));
  e->is_changed = !e->is_bad && differs(e, values, count);
  if (e->is_bad || e->count >= row->min_count) return RZ_OK;
  e->is_bad = true;
  return REPORT(a, e->pos, row, "takes %s%d values, not %d",
                row->min_count == row->max_count ? "exactly " : "at least ", row->min_count, e->count);
}

rz_err rz_config_default(rz_config *c, const char *group, const rz_option *row, const char *choices,
                         rz_config_value **values, int *count) {
  rz_err rc = RZ_OK;
  rz_strbuf deck = {0};
  rz_report *report = NULL;
  rz_nml *tree = NULL;
  char *errors = NULL;
  /* The default is parsed by the deck's own reader, with its text in the place of the config's. */
  char *const own_text = c->text;
  rz_config_entry e = {.row = row, .choices = choices, .pos = -1};
  RZ_TRY_DONE(rc, rz_strbuf_printf(&deck, "&default %s = %s /", row->name, row->fallback));
  c->text = deck.s;
  RZ_TRY_DONE(rc, rz_report_create("option table", deck.s, deck.n, &report));
  RZ_TRY_DONE(rc, rz_nml_parse(deck.s, deck.n, report, &tree));
  const rz_assignment a = {.config = c, .tree = tree, .report = report, .group = group};
  const bool is_item = tree->n_groups == 1 && tree->n_items == 1;
  if (is_item) RZ_TRY_DONE(rc, rz_config_assign(&a, &e, &tree->items[0]));
  const bool ok = is_item && rz_report_count(report, RZ_SEVERITY_ERROR) == 0 && !e.is_bad && !e.keeps_some &&
                  e.top >= 1 && e.top >= row->min_count;
  RZ_TRY_DONE(rc, rz_report_render(report, RZ_SEVERITY_ERROR, &errors));
  RZ_CHECK_DONE(rc, ok, RZ_ERR_INTERNAL, "the default %s of key '%s' in group &%s is not valid: %s", row->fallback,
                row->name, group, errors);
  *values = e.values;
  *count = e.top;
done:
  c->text = own_text;
  rz_free(&errors);
  rz_nml_destroy(&tree);
  rz_report_destroy(&report);
  rz_strbuf_free(&deck);
  return rc;
}
