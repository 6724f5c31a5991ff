/* The table of exact values, validation/reference/exact.csv, for tests.
 *
 *   exact.csv: one row per value
 *     model,params,lattice,N,bc,convention,quantity,value,method,digits
 *   coverage.csv: which test computes which rows
 *     test,model,params,lattice,N,bc,convention,quantity,rows
 *   exclusions.csv: rows no test computes, and why
 *     model,params,lattice,N,bc,quantity,reason,rows
 *
 * The fields of the last two but test, reason and rows are shell patterns (fnmatch); rows is how many rows of exact.csv
 * the line matches. An excluded row is no test's. A test walks over the rows that coverage.csv gives it
 * (rz_ref_covered, rz_ref_test_rows) and must fail at a row it cannot compute; so a row that coverage.csv names has
 * been checked. The test "none" declares how many rows no line matches; unit/reference_coverage.c counts. No field
 * holds a comma or a quote. */
#ifndef RITZ_VALIDATION_REFERENCE_TABLE_H
#define RITZ_VALIDATION_REFERENCE_TABLE_H

#include "check.h"
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RZ_REF_MAX_FIELDS = 10 };

typedef struct rz_ref_file {
  char *text;   /* the whole file, cut into fields */
  int n_rows;   /* without the header */
  int n_fields; /* of every row */
  char *(*rows)[RZ_REF_MAX_FIELDS];
} rz_ref_file;

typedef struct rz_ref_row {
  const char *model, *params, *lattice, *bc, *convention, *quantity, *method;
  const char *text; /* the value as written */
  double value;     /* the value; NaN if it is not a number, such as "R=+1;Z=+1" */
  int n;            /* sites */
  int digits;       /* significant digits that hold */
  int line;         /* in exact.csv, from 1 */
} rz_ref_row;

typedef struct rz_ref_table {
  rz_ref_file exact, coverage, exclusions;
  rz_ref_row *rows; /* [n_rows] */
  int n_rows;
} rz_ref_table;

/* Cut the text of a table into rows of n_fields fields; 0 on success. */
static inline int rz_ref_split(rz_ref_file *f, const char *name) {
  int lines = 0;
  for (const char *c = f->text; *c; ++c) lines += *c == '\n';
  f->rows = calloc((size_t)lines + 1, sizeof *f->rows);
  if (f->rows == NULL) return 1;
  char *line = f->text;
  for (int i = 0; *line; ++i) {
    char *end = strchr(line, '\n'), *field = line;
    if (end == NULL) end = line + strlen(line);
    char *const next = *end ? end + 1 : end;
    *end = '\0';
    char **const out = f->rows[f->n_rows];
    for (int k = 0; k < f->n_fields; ++k) {
      char *comma = strchr(field, ',');
      if ((comma == NULL) != (k == f->n_fields - 1)) {
        fprintf(stderr, "%s:%d: %d fields are required\n", name, i + 1, f->n_fields);
        return 1;
      }
      if (comma != NULL) *comma = '\0';
      out[k] = field;
      if (comma != NULL) field = comma + 1;
    }
    if (i > 0) f->n_rows++;
    line = next;
  }
  return 0;
}

static inline int rz_ref_read(rz_ref_file *f, const char *name, int n_fields) {
  char path[4096];
  *f = (rz_ref_file){.n_fields = n_fields};
  snprintf(path, sizeof path, "%s/validation/reference/%s", RITZ_SOURCE_DIR, name);
  FILE *in = fopen(path, "rb");
  long size = -1;
  if (in != NULL && fseek(in, 0, SEEK_END) == 0) size = ftell(in);
  if (size >= 0) f->text = calloc((size_t)size + 1, 1);
  const int ok = f->text != NULL && fseek(in, 0, SEEK_SET) == 0 && fread(f->text, 1, (size_t)size, in) == (size_t)size;
  if (in != NULL) fclose(in);
  if (!ok) fprintf(stderr, "%s: cannot be read\n", path);
  return ok ? rz_ref_split(f, name) : 1;
}

static inline void rz_ref_close(rz_ref_table *t) {
  rz_ref_file *const files[] = {&t->exact, &t->coverage, &t->exclusions};
  for (int i = 0; i < 3; ++i) {
    free(files[i]->rows);
    free(files[i]->text);
  }
  free(t->rows);
  *t = (rz_ref_table){0};
}

/* Read the three files; 0 on success, otherwise a message has been printed. Close in either case. */
static inline int rz_ref_open(rz_ref_table *t) {
  *t = (rz_ref_table){0};
  if (rz_ref_read(&t->exact, "exact.csv", 10) != 0) return 1;
  if (rz_ref_read(&t->coverage, "coverage.csv", 9) != 0) return 1;
  if (rz_ref_read(&t->exclusions, "exclusions.csv", 8) != 0) return 1;
  t->n_rows = t->exact.n_rows;
  t->rows = calloc((size_t)t->n_rows + 1, sizeof *t->rows);
  if (t->rows == NULL) return 1;
  for (int i = 0; i < t->n_rows; ++i) {
    char **const f = t->exact.rows[i];
    char *end = NULL;
    const double value = strtod(f[7], &end);
    t->rows[i] = (rz_ref_row){.model = f[0],
                              .params = f[1],
                              .lattice = f[2],
                              .n = atoi(f[3]),
                              .bc = f[4],
                              .convention = f[5],
                              .quantity = f[6],
                              .text = f[7],
                              .value = *f[7] && *end == '\0' ? value : NAN,
                              .method = f[8],
                              .digits = atoi(f[9]),
                              .line = i + 2};
  }
  return 0;
}

static inline int rz_ref_glob(const char *pattern, const char *s) { return fnmatch(pattern, s, 0) == 0; }

/* Does line k of coverage.csv match the row? */
static inline int rz_ref_coverage_matches(const rz_ref_table *t, int k, const rz_ref_row *r) {
  char *const *const c = t->coverage.rows[k];
  char n[16];
  snprintf(n, sizeof n, "%d", r->n);
  return rz_ref_glob(c[1], r->model) && rz_ref_glob(c[2], r->params) && rz_ref_glob(c[3], r->lattice) &&
         rz_ref_glob(c[4], n) && rz_ref_glob(c[5], r->bc) && rz_ref_glob(c[6], r->convention) &&
         rz_ref_glob(c[7], r->quantity);
}

/* Does line k of exclusions.csv match the row? */
static inline int rz_ref_exclusion_matches(const rz_ref_table *t, int k, const rz_ref_row *r) {
  char *const *const c = t->exclusions.rows[k];
  char n[16];
  snprintf(n, sizeof n, "%d", r->n);
  return rz_ref_glob(c[0], r->model) && rz_ref_glob(c[1], r->params) && rz_ref_glob(c[2], r->lattice) &&
         rz_ref_glob(c[3], n) && rz_ref_glob(c[4], r->bc) && rz_ref_glob(c[5], r->quantity);
}

static inline int rz_ref_excluded(const rz_ref_table *t, const rz_ref_row *r) {
  for (int k = 0; k < t->exclusions.n_rows; ++k)
    if (rz_ref_exclusion_matches(t, k, r)) return 1;
  return 0;
}

/* Must the test compute this row? Excluded rows are no test's. */
static inline int rz_ref_covered(const rz_ref_table *t, const char *test, const rz_ref_row *r) {
  for (int k = 0; k < t->coverage.n_rows; ++k)
    if (strcmp(t->coverage.rows[k][0], test) == 0 && rz_ref_coverage_matches(t, k, r)) return !rz_ref_excluded(t, r);
  return 0;
}

/* The number after "name=" in a list such as "J=1;h=0.5" or a quantity such as "lowest E in Sz=3"; 0 on success. */
static inline int rz_ref_number(const char *list, const char *name, double *out) {
  const size_t length = strlen(name);
  for (const char *at = strstr(list, name); at != NULL; at = strstr(at + 1, name)) {
    const int starts = at == list || strchr("; ", at[-1]) != NULL;
    char *end = NULL;
    if (!starts || at[length] != '=') continue;
    *out = strtod(at + length + 1, &end);
    return end == at + length + 1;
  }
  return 1;
}

/* How far a value may lie from the row's: one unit of its last significant digit that holds, or 1e-12 relative. */
static inline double rz_ref_tolerance(const rz_ref_row *r) {
  const double size = fabs(r->value);
  if (!(size > 0.0)) return fmax(pow(10.0, -r->digits), 1e-12);
  return fmax(pow(10.0, floor(log10(size)) + 1 - r->digits), 1e-12 * size);
}

/* Compare value(row) with every row that coverage.csv gives the test; NaN is a row that could not be computed. */
static inline void rz_ref_test_rows(const char *test, double (*value)(const rz_ref_row *r)) {
  rz_ref_table t;
  int rows = 0;
  if (!RZ_EXPECT(rz_ref_open(&t) == 0)) return;
  for (int k = 0; k < t.n_rows; ++k) {
    const rz_ref_row *const r = &t.rows[k];
    if (!rz_ref_covered(&t, test, r)) continue;
    rows++;
    if (!RZ_EXPECT_NEAR(value(r), r->value, rz_ref_tolerance(r)))
      fprintf(stderr, "  exact.csv:%d %s %s N=%d %s %s\n", r->line, r->model, r->params, r->n, r->bc, r->quantity);
  }
  printf("%d rows of the table\n", rows);
  RZ_EXPECT(rows > 0);
  rz_ref_close(&t);
}

#endif
