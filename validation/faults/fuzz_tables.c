/* Tables mangled at random and allocations that fail: a table is read whole or refused by name, and nothing leaks.
 * RITZ_SOAK in the environment: 100,000 tables, else a fiftieth. */
/* modules: store core */
/* soak: yes */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/store/results.h"
#include "ritz/store/table.h"
#include "scratch.h"

static char dir[RZ_SCRATCH_SIZE], buffer[RZ_SCRATCH_PATH_SIZE];
static const char *in(const char *name) { return rz_scratch_path(dir, name, buffer); }

static rz_rng rng;
static size_t below(size_t n) { return rz_rng_below(&rng, (uint32_t)n); }

static const char table[] = "# made by hand\nt, q1, p1, label\n0.0, 1.0, -2d0, a\n0.1, 1e-3, 3, b\n0.2, 0, +.5, c\n";
static const char *const label[] = {"label"};

static const char *const snippets[] = {"-1", "nan", "1e400", ",",    "\n", "\r\n", "#",    "!",   "\"",
                                       "",   "t",   "\xef",  ";",    "\t", " ",    "0x1f", ",,",  "q1",
                                       "-",  "e",   "label", "\n\n", "1d", "inf",  "\v",   "\xff"};

static void write_bytes(const char *name, const char *bytes, size_t n) {
  FILE *file = fopen(in(name), "wb");
  if (!RZ_EXPECT(file)) return;
  RZ_EXPECT(fwrite(bytes, 1, n, file) == n && fclose(file) == 0);
}

static size_t mangle(char *text, size_t n) {
  for (size_t edits = 1 + below(4); edits > 0; edits--) {
    const size_t at = below(n + 1), cut = below(6), gone = at + cut < n ? cut : n - at;
    const char *piece = snippets[below(sizeof snippets / sizeof *snippets)];
    const size_t length = below(20) == 0 ? 1 : strlen(piece); /* now and then a zero byte */
    memmove(text + at + length, text + at + gone, n - at - gone);
    memcpy(text + at, piece, length);
    n = n - gone + length;
  }
  return n;
}

static void check_sound(const rz_table *t) {
  RZ_EXPECT(t->n_row >= 1 && t->n_column >= 1);
  for (int64_t k = 0; k < t->n_row * t->n_column; k++) RZ_EXPECT(isfinite(t->value[k]));
  for (int k = 0; k < t->n_column; k++) RZ_EXPECT(rz_table_column(t, t->name[k]) == k);
}

static void fuzz(int count) {
  int n_read = 0;
  for (int i = 0; i < count; i++) {
    char text[1024];
    rz_table t;
    memcpy(text, table, sizeof table);
    write_bytes("a.csv", text, mangle(text, sizeof table - 1));
    const rz_err rc = rz_table_read(in("a.csv"), 1, label, &t);
    RZ_EXPECT(rc == RZ_OK || (rc == RZ_ERR_DECK && strstr(rz_error_message(), "a.csv")));
    if (rc == RZ_OK) check_sound(&t);
    n_read += rc == RZ_OK;
    rz_table_free(&t);
    RZ_EXPECT(rz_memory_query().n_alive == 0);
  }
  RZ_EXPECT(n_read > count / 20 && n_read < count / 2); /* both answers are met */
}

/* Every allocation of a read fails once. */
static void check_memory(const char *name, int n_ignore) {
  int64_t n_failed = 0;
  rz_table t;
  for (int64_t at = 1;; at++) {
    rz_memory_fail_at(at);
    const rz_err rc = rz_table_read(in(name), n_ignore, label, &t);
    rz_memory_fail_at(0);
    rz_table_free(&t);
    RZ_EXPECT(rz_memory_query().n_alive == 0);
    if (rc == RZ_OK) break;
    RZ_EXPECT(rc == RZ_ERR_MEMORY);
    if (++n_failed > 1000) break;
  }
  RZ_EXPECT(n_failed >= 5 && n_failed < 1000);
}

int main(void) {
  static double q[] = {1, 2, 3, 4};
  const rz_array array = {.type = RZ_F64, .n_dim = 2, .shape = {2, 2}, .data = q};
  rz_results *r = NULL;
  if (!RZ_EXPECT(rz_scratch_make(dir) == 0)) return rz_check_finish();
  rng = rz_rng_stream(5, RZ_RNG_TEST, 0);
  fuzz(getenv("RITZ_SOAK") ? 100000 : 2000);
  write_bytes("a.csv", table, sizeof table - 1);
  check_memory("a.csv", 1);
  RZ_EXPECT_OK(rz_results_create(in("a.h5"), false, &r));
  RZ_EXPECT_OK(rz_results_array(r, "q", &array, NULL, NULL));
  RZ_EXPECT_OK(rz_results_array(r, "p", &array, NULL, NULL));
  RZ_EXPECT_OK(rz_results_commit(&r));
  check_memory("a.h5", 0);
  rz_scratch_remove(dir);
  return rz_check_finish();
}
