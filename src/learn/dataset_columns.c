#include "dataset_impl.h"

#include "ritz/core/memory.h"
#include <stdio.h>
#include <string.h>

enum { MAX_NAME = 32 };

static const char *const names[RZ_N_STATE_KIND][2] = {
    {"q", "p"}, {"dq", "dp"}, {"next_q", "next_p"}, {"clean_q", "clean_p"}};

/* Is this `base` with a number behind it, or alone? */
static bool is_numbered(const char *name, const char *base) {
  const size_t n = strlen(base);
  if (strncmp(name, base, n) != 0) return false;
  const char *number = name + n;
  return *number == 0 || (*number != '0' && strspn(number, "0123456789") == strlen(number));
}

static int count_numbered(const rz_table *t, const char *base) {
  int n = 0;
  for (int k = 0; k < t->n_column; k++) n += is_numbered(t->name[k], base);
  return n;
}

static bool is_known(const char *name) {
  if (strcmp(name, "t") == 0 || strcmp(name, "trajectory") == 0) return true;
  for (int kind = 0; kind < RZ_N_STATE_KIND; kind++)
    for (int half = 0; half < 2; half++)
      if (is_numbered(name, names[kind][half])) return true;
  return false;
}

static rz_err check_names(const rz_table *t) {
  for (int k = 0; k < t->n_column; k++)
    if (!is_known(t->name[k]))
      return rz_table_fail(t, -1,
                           "column '%s' is not known; columns are t, trajectory, and q1 .. p1 .. with dq1 .. dp1 .., "
                           "next_q1 .. next_p1 .. or clean_q1 .. clean_p1 ..; others are left out by ignore_columns",
                           t->name[k]);
  return RZ_OK;
}

/* NAME1 .. NAMEd, and of one degree of freedom also NAME alone. */
static rz_err find_half(const rz_table *t, const char *base, int d, int *column) {
  char name[MAX_NAME];
  const int n = count_numbered(t, base);
  for (int k = 0; k < d; k++) {
    snprintf(name, sizeof name, "%s%d", base, k + 1);
    column[k] = rz_table_column(t, name);
    if (column[k] < 0 && d == 1) column[k] = rz_table_column(t, base);
    if (column[k] < 0) return rz_table_fail(t, -1, "column '%s' is missing", name);
  }
  if (n != d) return rz_table_fail(t, -1, "%d columns '%s' for %d degree%s of freedom", n, base, d, d == 1 ? "" : "s");
  return RZ_OK;
}

static rz_err find_states(const rz_table *t, int kind, rz_columns *c) {
  const char *const *half = names[kind];
  if (count_numbered(t, half[0]) + count_numbered(t, half[1]) == 0) return RZ_OK;
  RZ_TRY(RZ_NEW(2 * c->n_degree, &c->state[kind]));
  RZ_TRY(find_half(t, half[0], c->n_degree, c->state[kind]));
  return find_half(t, half[1], c->n_degree, c->state[kind] + c->n_degree);
}

rz_err rz_columns_find(const rz_table *t, rz_columns *out) {
  *out = (rz_columns){.n_degree = count_numbered(t, "q"),
                      .time = rz_table_column(t, "t"),
                      .trajectory = rz_table_column(t, "trajectory")};
  RZ_TRY(check_names(t));
  if (out->n_degree == 0) return rz_table_fail(t, -1, "no coordinates: columns q1, q2, ... are missing");
  for (int kind = 0; kind < RZ_N_STATE_KIND; kind++) RZ_TRY(find_states(t, kind, out));
  return RZ_OK;
}

void rz_columns_free(rz_columns *c) {
  for (int kind = 0; kind < RZ_N_STATE_KIND; kind++) rz_free(&c->state[kind]);
}
