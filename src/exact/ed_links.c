#include "ed_links.h"
#include "ritz/core/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Kinds in the order in which strings are kept. */
typedef enum string_kind { CONSTANT, PART, OUTER, INNER } string_kind;

struct rz_ed_string {
  string_kind kind;
  uint64_t flip, spectators, flip_low; /* sorted by these */
  uint64_t z, z_low;                   /* Z_h within the flip; Z_l */
  double complex coef;
  double rounding; /* elements of the flip set up to this size are zero */
};

static uint64_t low_mask(int n_low) { return ((uint64_t)1 << n_low) - 1; }

/* --- Strings --- */

static rz_ed_string make_string(uint64_t flip, const rz_ed_term *t, double rounding, int n_low) {
  const uint64_t low = low_mask(n_low), z = t->z >> n_low;
  rz_ed_string s = {.flip = flip >> n_low, .flip_low = flip & low, .z_low = t->z & low, .coef = t->coef};
  s.rounding = rounding;
  s.spectators = z & ~s.flip;
  s.z = z & s.flip;
  const bool low_idle = s.flip_low == 0 && s.z_low == 0;
  s.kind = flip == 0 ? (low_idle ? CONSTANT : PART) : low_idle ? OUTER : INNER;
  return s;
}

static int by_number(uint64_t a, uint64_t b) { return (a > b) - (a < b); }

static int compare(const void *pa, const void *pb) {
  const rz_ed_string *const a = pa, *const b = pb;
  if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
  if (a->flip != b->flip) return by_number(a->flip, b->flip);
  if (a->kind != OUTER && a->spectators != b->spectators) return by_number(a->spectators, b->spectators);
  if (a->flip_low != b->flip_low) return by_number(a->flip_low, b->flip_low);
  if (a->spectators != b->spectators) return by_number(a->spectators, b->spectators);
  if (a->z != b->z) return by_number(a->z, b->z);
  return by_number(a->z_low, b->z_low);
}

static rz_err list_strings(const rz_ed_operator *op, int n_low, int64_t *n, rz_ed_string **out) {
  *n = op->n_diagonal;
  for (int64_t k = 0; k < op->n_set; k++) *n += op->set[k].n_term;
  RZ_TRY(RZ_NEW(*n, out));
  rz_ed_string *s = *out;
  for (int64_t t = 0; t < op->n_diagonal; t++) *s++ = make_string(0, &op->term[op->diagonal_first + t], 0.0, n_low);
  for (int64_t k = 0; k < op->n_set; k++)
    for (int64_t t = 0; t < op->set[k].n_term; t++)
      *s++ = make_string(op->set[k].flip, &op->term[op->set[k].first + t], op->set[k].rounding, n_low);
  qsort(*out, (size_t)*n, sizeof **out, compare);
  return RZ_OK;
}

/* End of the strings from `first` on that agree with it in all that makes a link, a channel or a flip set. */
typedef enum depth { SAME_KIND, SAME_LINK, SAME_CHANNEL, SAME_SET } depth;
static int64_t end_of(const rz_ed_string *s, int64_t n, int64_t first, depth d) {
  int64_t i = first;
  for (; i < n && s[i].kind == s[first].kind; i++) {
    if (d >= SAME_LINK && s[i].flip != s[first].flip) break;
    if (d >= SAME_CHANNEL && s[i].spectators != s[first].spectators) break;
    if (d >= SAME_SET && s[i].flip_low != s[first].flip_low) break;
  }
  return i;
}

static int32_t count_runs(const rz_ed_string *s, int64_t first, int64_t end, depth d) {
  int32_t n = 0;
  for (int64_t i = first; i < end; i = end_of(s, end, i, d)) n++;
  return n;
}

/* --- One matrix --- */

typedef struct matrix {
  const rz_ed_links *k;
  const rz_ed_channel *channel;
  uint64_t high; /* spins of the block that is taken from, within the pattern */
  int from, to;  /* classes */
} matrix;

/* Elements of the row of a low configuration; column and value may be NULL. */
static int32_t row_elements(const matrix *m, uint64_t low, uint16_t *column, double complex *value) {
  const rz_ed_halves *const h = m->k->halves;
  const rz_ed_string *const s = m->k->string;
  const int64_t end = m->channel->first + m->channel->n;
  int32_t n = 0;
  for (int64_t i = m->channel->first, next; i < end; i = next) {
    const uint64_t from = low ^ s[i].flip_low;
    double complex sum = 0.0;
    next = end_of(s, end, i, SAME_SET);
    if (h->fixed_sz && __builtin_popcountll(from) != m->from) continue;
    for (int64_t t = i; t < next; t++)
      sum += s[t].coef * rz_ed_parity(m->high, s[t].z) * rz_ed_parity(from, s[t].z_low);
    if (cabs(sum) <= s[i].rounding) continue;
    if (column) column[n] = h->low_index[from];
    if (value) value[n] = sum;
    n++;
  }
  return n;
}

typedef struct row_counts {
  int32_t *of_row;  /* [rows] */
  int32_t *with;    /* [most + 1]: rows with so many elements */
  int64_t n_row, n; /* rows that have any; elements */
  int32_t n_run;
} row_counts;

static rz_err count_rows(const matrix *m, row_counts *c) {
  const rz_ed_halves *const h = m->k->halves;
  const int64_t size = rz_ed_class_size(h, m->to);
  RZ_TRY(RZ_NEW(size, &c->of_row));
  RZ_TRY(RZ_NEW0(m->channel->n_flip + 1, &c->with));
  for (int64_t i = 0; i < size; i++) {
    const int32_t n = row_elements(m, h->low_state[h->class_first[m->to] + i], NULL, NULL);
    c->of_row[i] = n;
    c->n_row += n > 0;
    c->n += n;
    c->n_run += n > 0 && c->with[n]++ == 0;
  }
  return RZ_OK;
}

static void put_value(bool is_complex, double *value, int64_t i, double complex v) {
  if (is_complex) {
    value[2 * i] = creal(v);
    value[2 * i + 1] = cimag(v);
  } else
    value[i] = creal(v);
}

static void fill_rows(const matrix *m, const row_counts *c, double complex *element, rz_ed_run *run, uint16_t *row,
                      uint16_t *column, double *value) {
  const rz_ed_halves *const h = m->k->halves;
  const int64_t size = rz_ed_class_size(h, m->to);
  int64_t at = 0;
  for (int32_t n = 1; n <= m->channel->n_flip; n++) {
    if (c->with[n] == 0) continue;
    *run++ = (rz_ed_run){c->with[n], n};
    for (int64_t i = 0; i < size; i++) {
      if (c->of_row[i] != n) continue;
      *row++ = (uint16_t)i;
      (void)row_elements(m, h->low_state[h->class_first[m->to] + i], column + at, element);
      for (int32_t e = 0; e < n; e++) put_value(m->k->is_complex, value, at + e, element[e]);
      at += n;
    }
  }
}

/* Are all n elements the same? */
static bool is_uniform(int64_t n, int width, const double *value) {
  for (int64_t i = width; i < n * width; i++)
    if (value[i] != value[i % width]) return false;
  return true;
}

static rz_err make_table(const matrix *m, rz_ed_table *t, int64_t *bytes) {
  const int width = m->k->is_complex ? 2 : 1;
  row_counts c = {0};
  rz_ed_run *run = NULL;
  uint16_t *row = NULL, *column = NULL;
  double *value = NULL;
  double complex *element = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, count_rows(m, &c));
  if (c.n == 0) goto done;
  RZ_TRY_DONE(rc, RZ_NEW(m->channel->n_flip, &element));
  RZ_TRY_DONE(rc, RZ_NEW(c.n_run, &run));
  RZ_TRY_DONE(rc, RZ_NEW(c.n_row, &row));
  RZ_TRY_DONE(rc, RZ_NEW(c.n, &column));
  RZ_TRY_DONE(rc, RZ_NEW(c.n * width, &value));
  fill_rows(m, &c, element, run, row, column, value);
  *t = (rz_ed_table){.n_run = c.n_run, .run = run, .row = row, .column = column, .value = value};
  memcpy(t->common, value, (size_t)width * sizeof *value);
  *bytes += c.n_run * (int64_t)sizeof *run + 2 * (c.n_row + c.n);
  if (is_uniform(c.n, width, value)) {
    t->value = NULL;
    rz_free(&value);
  } else
    *bytes += c.n * width * (int64_t)sizeof *value;
  run = NULL; /* the table's now */
  row = column = NULL;
  value = NULL;
done:
  rz_free(&c.of_row);
  rz_free(&c.with);
  rz_free(&element);
  rz_free(&run);
  rz_free(&row);
  rz_free(&column);
  rz_free(&value);
  return rc;
}

/* --- Links --- */

/* The bits of x under the mask, pushed together; and back. */
static uint64_t compress(uint64_t x, uint64_t mask) {
  uint64_t out = 0;
  for (int i = 0; mask; mask &= mask - 1, i++) out |= ((x >> __builtin_ctzll(mask)) & 1) << i;
  return out;
}

static uint64_t expand(uint64_t x, uint64_t mask) {
  uint64_t out = 0;
  for (; mask; mask &= mask - 1, x >>= 1) out |= (x & 1) << __builtin_ctzll(mask);
  return out;
}

/* With a fixed Sz the class of block ^ flip differs by the spins that the flip turns up less those it turns down. */
static int source_class(const rz_ed_halves *h, uint64_t flip, uint64_t spins, int class) {
  if (!h->fixed_sz) return 0;
  const int from = class + 2 * __builtin_popcountll(spins & flip) - __builtin_popcountll(flip);
  return from < 0 || from > h->n_low ? -1 : from;
}

static rz_err make_channel(rz_ed_links *k, const rz_ed_link *link, int64_t first, int64_t end, rz_ed_channel *c) {
  const int n_class = k->halves->n_class;
  c->spectators = k->string[first].spectators;
  c->first = first;
  c->n = end - first;
  c->n_flip = count_runs(k->string, first, end, SAME_SET);
  RZ_TRY(RZ_NEW0(link->n_pattern * n_class, &c->table));
  k->bytes += link->n_pattern * n_class * (int64_t)sizeof *c->table;
  for (int64_t p = 0; p < link->n_pattern; p++)
    for (int class = 0; class < n_class; class ++) {
      const uint64_t spins = expand((uint64_t)p, link->pattern);
      const matrix m = {k, c, spins ^ link->flip, source_class(k->halves, link->flip, spins, class), class};
      if (m.from >= 0) RZ_TRY(make_table(&m, &c->table[p * n_class + class], &k->bytes));
    }
  return RZ_OK;
}

static uint64_t pattern_of(const rz_ed_string *s, int64_t first, int64_t end, bool fixed_sz) {
  uint64_t pattern = fixed_sz ? s[first].flip : 0;
  for (int64_t i = first; i < end; i++) pattern |= s[i].z;
  return pattern;
}

static rz_err make_link(rz_ed_links *k, int64_t first, int64_t end, rz_ed_link *l) {
  l->flip = k->string[first].flip;
  l->pattern = pattern_of(k->string, first, end, k->halves->fixed_sz);
  l->n_pattern = (int64_t)1 << __builtin_popcountll(l->pattern);
  const int32_t n = count_runs(k->string, first, end, SAME_CHANNEL);
  RZ_TRY(RZ_NEW0(n, &l->channel));
  for (int64_t i = first, next; i < end; i = next) {
    next = end_of(k->string, end, i, SAME_CHANNEL);
    RZ_TRY(make_channel(k, l, i, next, &l->channel[l->n_channel++]));
  }
  return RZ_OK;
}

static rz_err make_links(rz_ed_links *k, int64_t first, int64_t end) {
  RZ_TRY(RZ_NEW0(count_runs(k->string, first, end, SAME_LINK), &k->link));
  for (int64_t i = first, next; i < end; i = next) {
    next = end_of(k->string, end, i, SAME_LINK);
    RZ_TRY(make_link(k, i, next, &k->link[k->n_link++]));
  }
  return RZ_OK;
}

/* --- Diagonal and whole blocks --- */

static rz_err make_parts(rz_ed_links *k, int64_t first, int64_t end) {
  const int64_t n_low = (int64_t)1 << k->halves->n_low;
  const int32_t n = count_runs(k->string, first, end, SAME_CHANNEL);
  RZ_TRY(RZ_NEW(n, &k->part_spins));
  RZ_TRY(RZ_NEW(n * n_low, &k->part));
  k->bytes += n * (n_low * (int64_t)sizeof *k->part + (int64_t)sizeof *k->part_spins);
  for (int64_t i = first, next; i < end; i = next) {
    double *const part = k->part + k->n_part * n_low;
    next = end_of(k->string, end, i, SAME_CHANNEL);
    k->part_spins[k->n_part++] = k->string[i].spectators;
    for (int64_t l = 0; l < n_low; l++) {
      part[l] = 0.0;
      for (int64_t t = i; t < next; t++)
        part[l] += creal(k->string[t].coef) * rz_ed_parity(k->halves->low_state[l], k->string[t].z_low);
    }
  }
  return RZ_OK;
}

static rz_err make_outer(rz_ed_links *k, int64_t first, int64_t end) {
  RZ_TRY(RZ_NEW(count_runs(k->string, first, end, SAME_LINK), &k->outer));
  for (int64_t i = first, next; i < end; i = next) {
    next = end_of(k->string, end, i, SAME_LINK);
    k->outer[k->n_outer++] = (rz_ed_outer){k->string[i].flip, i, next - i};
  }
  return RZ_OK;
}

double rz_ed_links_constant(const rz_ed_links *k, int64_t block) {
  double sum = 0.0;
  for (int64_t t = 0; t < k->n_constant; t++)
    sum += creal(k->string[t].coef) * rz_ed_parity((uint64_t)block, k->string[t].spectators);
  return sum;
}

double complex rz_ed_links_outer(const rz_ed_links *k, const rz_ed_outer *outer, int64_t block) {
  const rz_ed_string *const s = k->string + outer->first;
  const uint64_t from = (uint64_t)block ^ outer->flip;
  const int class = rz_ed_class(k->halves, block);
  double complex sum = 0.0;
  if (class < 0 || rz_ed_class(k->halves, (int64_t)from) != class) return 0.0;
  for (int64_t t = 0; t < outer->n; t++) sum += s[t].coef * rz_ed_parity(from, s[t].z | s[t].spectators);
  return cabs(sum) > s->rounding ? sum : 0.0;
}

int rz_ed_links_source_class(const rz_ed_links *k, const rz_ed_link *link, int64_t block) {
  return source_class(k->halves, link->flip, (uint64_t)block, rz_ed_class(k->halves, block));
}

const rz_ed_table *rz_ed_links_table(const rz_ed_links *k, const rz_ed_link *link, const rz_ed_channel *channel,
                                     int64_t block) {
  const int64_t p = (int64_t)compress((uint64_t)block, link->pattern);
  return &channel->table[p * k->halves->n_class + rz_ed_class(k->halves, block)];
}

bool rz_ed_links_act(const rz_ed_links *k, const rz_ed_link *link, int64_t block) {
  if (rz_ed_links_source_class(k, link, block) < 0) return false;
  for (int32_t c = 0; c < link->n_channel; c++)
    if (rz_ed_links_table(k, link, &link->channel[c], block)->n_run > 0) return true;
  return false;
}

int64_t rz_ed_links_reach(const rz_ed_links *k, int64_t block, int64_t *from) {
  int64_t n = 0;
  if (rz_ed_class(k->halves, block) < 0) return 0;
  for (int32_t i = 0; i < k->n_outer; i++)
    if (rz_ed_links_outer(k, &k->outer[i], block) != 0.0) from[n++] = block ^ (int64_t)k->outer[i].flip;
  for (int32_t i = 0; i < k->n_link; i++)
    if (k->link[i].flip != 0 && rz_ed_links_act(k, &k->link[i], block)) from[n++] = block ^ (int64_t)k->link[i].flip;
  return n;
}

/* --- Life --- */

static rz_err fill(rz_ed_links *k, const rz_ed_operator *op) {
  int64_t n = 0, end[INNER + 1];
  RZ_TRY(list_strings(op, k->halves->n_low, &n, &k->string));
  for (int kind = CONSTANT, i = 0; kind <= INNER; kind++) {
    while (i < n && k->string[i].kind <= (string_kind)kind) i++;
    end[kind] = i;
  }
  k->n_constant = end[CONSTANT];
  k->bytes = n * (int64_t)sizeof *k->string;
  RZ_TRY(make_parts(k, end[CONSTANT], end[PART]));
  RZ_TRY(make_outer(k, end[PART], end[OUTER]));
  return make_links(k, end[OUTER], end[INNER]);
}

rz_err rz_ed_links_create(const rz_ed_operator *op, const rz_ed_halves *halves, rz_ed_links **out) {
  *out = NULL;
  RZ_TRY(RZ_NEW0(1, out));
  (*out)->halves = halves;
  (*out)->is_complex = !op->real;
  const rz_err rc = fill(*out, op);
  if (rc != RZ_OK) rz_ed_links_destroy(out);
  return rc;
}

static void destroy_table(rz_ed_table *t) {
  rz_free(&t->run);
  rz_free(&t->row);
  rz_free(&t->column);
  rz_free(&t->value);
}

void rz_ed_links_destroy(rz_ed_links **links) {
  rz_ed_links *const k = *links;
  if (!k) return;
  for (int32_t i = 0; i < k->n_link; i++) {
    rz_ed_link *const l = &k->link[i];
    for (int32_t c = 0; c < l->n_channel; c++) {
      for (int64_t t = 0; l->channel[c].table && t < l->n_pattern * k->halves->n_class; t++)
        destroy_table(&l->channel[c].table[t]);
      rz_free(&l->channel[c].table);
    }
    rz_free(&l->channel);
  }
  rz_free(&k->string);
  rz_free(&k->outer);
  rz_free(&k->part_spins);
  rz_free(&k->part);
  rz_free(&k->link);
  rz_free(links);
}

double rz_ed_links_bytes(const rz_ed_operator *op, bool fixed_sz) {
  const int n_low = rz_ed_halves_low(op->n_site, fixed_sz);
  const double element = 2.0 + 8.0 * (op->real ? 1.0 : 2.0), n_row = (double)((int64_t)1 << n_low);
  double bytes = (double)op->n_diagonal * n_row * 8.0;
  for (int64_t k = 0; k < op->n_set; k++) {
    const double n_pattern = ldexp(1.0, __builtin_popcountll(op->set[k].flip >> n_low));
    const bool simple = k < op->n_constant + op->n_exchange; /* others may need a channel for each term */
    bytes += (simple ? 1.0 : (double)op->set[k].n_term) * n_pattern * n_row * element;
  }
  return bytes;
}
