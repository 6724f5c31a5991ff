/* Every row of the table of exact values is computed by a test or excluded with a reason: coverage.csv and
 * exclusions.csv match what they say, and nothing is left over but what the line of the test "none" declares. */
#include "check.h"
#include "reference_table.h"

/* The number of rows that a line's count field states. */
static int stated(const char *count) {
  char *end = NULL;
  const long n = strtol(count, &end, 10);
  return end != count && *end == '\0' ? (int)n : -1;
}

static void test_coverage_lines(const rz_ref_table *t) {
  for (int k = 0; k < t->coverage.n_rows; ++k) {
    char *const *const c = t->coverage.rows[k];
    char path[4096];
    int n = 0;
    if (strcmp(c[0], "none") == 0) continue;
    for (int i = 0; i < t->n_rows; ++i) n += rz_ref_coverage_matches(t, k, &t->rows[i]);
    if (!RZ_EXPECT(n > 0 && n == stated(c[8])))
      fprintf(stderr, "  coverage.csv:%d: %d rows match, %s are stated\n", k + 2, n, c[8]);
    snprintf(path, sizeof path, "%s/validation/physics/%s.c", RITZ_SOURCE_DIR, c[0]);
    FILE *source = fopen(path, "r");
    if (!RZ_EXPECT(source != NULL)) fprintf(stderr, "  coverage.csv:%d: no test %s\n", k + 2, path);
    if (source != NULL) fclose(source);
  }
}

static void test_exclusion_lines(const rz_ref_table *t) {
  for (int k = 0; k < t->exclusions.n_rows; ++k) {
    char *const *const x = t->exclusions.rows[k];
    int n = 0;
    for (int i = 0; i < t->n_rows; ++i) n += rz_ref_exclusion_matches(t, k, &t->rows[i]);
    if (!RZ_EXPECT(n > 0 && n == stated(x[7])))
      fprintf(stderr, "  exclusions.csv:%d: %d rows match, %s are stated\n", k + 2, n, x[7]);
    RZ_EXPECT(strlen(x[6]) > 10);
  }
}

static int covered_by_any(const rz_ref_table *t, const rz_ref_row *r) {
  for (int k = 0; k < t->coverage.n_rows; ++k)
    if (strcmp(t->coverage.rows[k][0], "none") != 0 && rz_ref_coverage_matches(t, k, r)) return 1;
  return 0;
}

static void test_rows(const rz_ref_table *t) {
  int covered = 0, excluded = 0, left = 0, declared = 0;
  const rz_ref_row *first = NULL;
  for (int i = 0; i < t->n_rows; ++i) {
    const rz_ref_row *const r = &t->rows[i];
    if (rz_ref_excluded(t, r)) {
      excluded++;
    } else if (covered_by_any(t, r)) {
      covered++;
      RZ_EXPECT((isfinite(r->value) || strchr(r->text, '=') != NULL) && r->digits > 0); /* a number or a label */
    } else {
      left++;
      if (first == NULL) first = r;
    }
  }
  for (int k = 0; k < t->coverage.n_rows; ++k)
    if (strcmp(t->coverage.rows[k][0], "none") == 0) declared += stated(t->coverage.rows[k][8]);
  printf("%d rows: %d computed by tests, %d excluded, %d left over\n", t->n_rows, covered, excluded, left);
  if (!RZ_EXPECT(left == declared))
    fprintf(stderr, "  %d rows are left over, coverage.csv declares %d; the first is exact.csv:%d\n", left, declared,
            first != NULL ? first->line : 0);
}

int main(void) {
  rz_ref_table t;
  if (RZ_EXPECT(rz_ref_open(&t) == 0)) {
    RZ_EXPECT(t.n_rows == 2985);
    test_coverage_lines(&t);
    test_exclusion_lines(&t);
    test_rows(&t);
  }
  rz_ref_close(&t);
  return rz_check_finish();
}
