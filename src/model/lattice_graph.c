/* Any graph, from a text file with one edge per line: "a b [label]". The label is the bond's shell. */
#include "lattice_impl.h"
#include "ritz/core/text_file.h"

#include "ritz/core/memory.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_LABEL = 999 };

static const rz_option rows[] = {
    RZ_ROW_PATH("edges", NULL, "file of edges, one a line: site site [label], sites from 0; label k = shell k")};

typedef struct edge_at {
  rz_bond bond;
  int line;
} edge_at;

static rz_err read_edge(rz_text *t, edge_at *e) {
  static const char *const what[2] = {"first site", "second site"};
  int64_t site[2], label = 0;
  rz_word w;
  for (int k = 0; k < 2; k++) {
    if (!rz_text_word(t, &w))
      return rz_text_fail(t, w.column, "the %s is missing: a line is 'site site [label]'", what[k]);
    if (!rz_word_int(&w, 0, RZ_MAX_SITE - 1, &site[k]))
      return rz_text_fail(t, w.column, "the %s must be an integer from 0 to %d, not '%.*s'", what[k], RZ_MAX_SITE - 1,
                          w.n, w.s);
  }
  if (rz_text_word(t, &w) && !rz_word_int(&w, 0, MAX_LABEL, &label))
    return rz_text_fail(t, w.column, "the label must be an integer from 0 to %d, not '%.*s'", MAX_LABEL, w.n, w.s);
  if (rz_text_word(t, &w))
    return rz_text_fail(t, w.column, "'%.*s' is too much: a line is 'site site [label]'", w.n, w.s);
  if (site[0] == site[1]) return rz_text_fail(t, 1, "site %d cannot be joined to itself", (int)site[0]);
  const bool reversed = site[0] > site[1];
  *e = (edge_at){.bond = {.a = (int32_t)site[reversed],
                          .b = (int32_t)site[!reversed],
                          .shell = (int32_t)label,
                          .axis = -1,
                          .reversed = reversed},
                 .line = t->line};
  return RZ_OK;
}

static int by_pair(const void *p, const void *q) {
  const edge_at *x = p, *y = q;
  if (x->bond.a != y->bond.a) return x->bond.a < y->bond.a ? -1 : 1;
  if (x->bond.b != y->bond.b) return x->bond.b < y->bond.b ? -1 : 1;
  return x->line - y->line;
}

static int by_label(const void *p, const void *q) {
  const edge_at *x = p, *y = q;
  return x->bond.shell != y->bond.shell ? (x->bond.shell < y->bond.shell ? -1 : 1) : x->line - y->line;
}

static rz_err read_edges(rz_text *t, edge_at **edge, int64_t *n) {
  int64_t cap = 0;
  while (rz_text_line(t)) {
    if (*n == cap) {
      edge_at *larger;
      RZ_TRY(RZ_NEW(cap ? 2 * cap : 64, &larger));
      if (*n) memcpy(larger, *edge, (size_t)*n * sizeof **edge);
      rz_free(edge);
      *edge = larger;
      cap = cap ? 2 * cap : 64;
    }
    RZ_TRY(read_edge(t, &(*edge)[*n]));
    ++*n;
  }
  RZ_CHECK(*n > 0, RZ_ERR_DECK, "%s: no edges in the file; a line is 'site site [label]'", t->path);
  qsort(*edge, (size_t)*n, sizeof **edge, by_pair);
  for (int64_t k = 1; k < *n; k++)
    RZ_CHECK((*edge)[k].bond.a != (*edge)[k - 1].bond.a || (*edge)[k].bond.b != (*edge)[k - 1].bond.b, RZ_ERR_DECK,
             "%s:%d: the edge %d %d was given in line %d already", t->path, (*edge)[k].line, (int)(*edge)[k].bond.a,
             (int)(*edge)[k].bond.b, (*edge)[k - 1].line);
  qsort(*edge, (size_t)*n, sizeof **edge, by_label);
  return RZ_OK;
}

/* Sites are numbered without gaps: one without an edge is more likely a slip than a free spin. */
static rz_err count_sites(rz_lattice *l, const char *path) {
  int last = 0;
  for (int64_t k = 0; k < l->n_edge; k++)
    if (l->edge[k].b > last) last = l->edge[k].b;
  int8_t *seen;
  RZ_TRY(RZ_NEW0(last + 1, &seen));
  for (int64_t k = 0; k < l->n_edge; k++) seen[l->edge[k].a] = seen[l->edge[k].b] = 1;
  int lonely = 0;
  while (lonely <= last && seen[lonely]) lonely++;
  rz_free(&seen);
  RZ_CHECK(lonely > last, RZ_ERR_DECK, "%s: site %d has no edge; sites are numbered from 0 to %d without gaps", path,
           lonely, last);
  l->n_basis = last + 1;
  return RZ_OK;
}

/* Breadth-first search over the edges with label 0, from every site. */
static rz_err count_hops(rz_lattice *l) {
  const int n = l->n_basis;
  int32_t *start = NULL, *to = NULL, *queue = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY(RZ_NEW((int64_t)n * n, &l->hops));
  memset(l->hops, 0xff, (size_t)n * (size_t)n * sizeof *l->hops);
  RZ_TRY_DONE(rc, RZ_NEW0(n + 2, &start));
  RZ_TRY_DONE(rc, RZ_NEW(2 * l->n_edge, &to));
  RZ_TRY_DONE(rc, RZ_NEW(n, &queue));
  int64_t n_near = 0;
  while (n_near < l->n_edge && l->edge[n_near].shell == 0) n_near++;
  for (int64_t k = 0; k < n_near; k++) start[l->edge[k].a + 2]++, start[l->edge[k].b + 2]++;
  for (int i = 2; i <= n + 1; i++) start[i] += start[i - 1];
  for (int64_t k = 0; k < n_near; k++) {
    to[start[l->edge[k].a + 1]++] = l->edge[k].b;
    to[start[l->edge[k].b + 1]++] = l->edge[k].a;
  }
  for (int s = 0; s < n; s++) {
    int16_t *hops = l->hops + (int64_t)s * n;
    int head = 0, tail = 0;
    hops[s] = 0;
    queue[tail++] = s;
    while (head < tail) {
      const int32_t i = queue[head++];
      for (int32_t e = start[i]; e < start[i + 1]; e++)
        if (hops[to[e]] < 0) {
          hops[to[e]] = (int16_t)(hops[i] + 1);
          queue[tail++] = to[e];
        }
    }
  }
done:
  rz_free(&start);
  rz_free(&to);
  rz_free(&queue);
  return rc;
}

static rz_err init(rz_lattice *l, const rz_lattice_spec *spec) {
  RZ_CHECK(spec->edge_file && *spec->edge_file, RZ_ERR_ARG, "geometry 'graph' needs the name of its edge file");
  rz_text t;
  edge_at *edge = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY(rz_text_open(spec->edge_file, &t));
  RZ_TRY_DONE(rc, read_edges(&t, &edge, &l->n_edge));
  RZ_TRY_DONE(rc, RZ_NEW(l->n_edge, &l->edge));
  for (int64_t k = 0; k < l->n_edge; k++) l->edge[k] = edge[k].bond;
  RZ_TRY_DONE(rc, count_sites(l, t.path));
  RZ_TRY_DONE(rc, count_hops(l));
  l->graph = true;
  l->cells[0] = l->cells[1] = 1;
  l->n_shell = l->edge[l->n_edge - 1].shell + 1;
done:
  rz_free(&edge);
  rz_text_close(&t);
  return rc;
}

const rz_lattice_class rz_lattice_graph = {
    .name = "graph", .about = "any graph, from a file of edges", .options = rows, .n_options = 1, .init = init};
