/* Tables that users bring: what is read, and for each fault the message that names its place. */
/* modules: store core */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/store/results.h"
#include "ritz/store/table.h"
#include "scratch.h"

static char dir[RZ_SCRATCH_SIZE], buffer[RZ_SCRATCH_PATH_SIZE];
static const char *in(const char *name) { return rz_scratch_path(dir, name, buffer); }

static void write_text(const char *name, const char *text) {
  FILE *file = fopen(in(name), "w");
  if (!RZ_EXPECT(file)) return;
  fputs(text, file);
  RZ_EXPECT(fclose(file) == 0);
}

static double at(const rz_table *t, int64_t row, const char *column) {
  const int k = rz_table_column(t, column);
  return RZ_EXPECT(k >= 0 && row < t->n_row) ? t->value[row * t->n_column + k] : (double)NAN;
}

/* --- CSV ---------------------------------------------------------------------------------------------------------- */

static void check_csv(void) {
  static const char *const ignore[] = {"label"};
  rz_table t;
  write_text("a.csv",
             "\xef\xbb\xbf# a comment\r\n\r\n\"t\" , q1,label,p1 # names\r\n0, 1.5,first,-2d0\r\n\r\n.5,1e-3,,+3\r\n");
  RZ_EXPECT_OK(rz_table_read(in("a.csv"), 1, ignore, &t));
  RZ_EXPECT(t.n_column == 3 && t.n_row == 2 && rz_table_column(&t, "label") == -1);
  RZ_EXPECT(at(&t, 0, "t") == 0.0 && at(&t, 0, "q1") == 1.5 && at(&t, 0, "p1") == -2.0);
  RZ_EXPECT(at(&t, 1, "t") == 0.5 && at(&t, 1, "q1") == 1e-3 && at(&t, 1, "p1") == 3.0);
  RZ_EXPECT(t.line && t.line[0] == 4 && t.line[1] == 6);
  RZ_EXPECT(rz_table_fail(&t, 1, "value %d", 7) == RZ_ERR_DECK && strstr(rz_error_message(), "a.csv:6: value 7"));
  rz_table_free(&t);
  write_text("a.csv", "q,p\n1,2"); /* no end of line */
  RZ_EXPECT_OK(rz_table_read(in("a.csv"), 0, NULL, &t));
  RZ_EXPECT(t.n_row == 1 && at(&t, 0, "p") == 2.0);
  rz_table_free(&t);
}

static void expect_fault(const char *name, const char *ignore, rz_err expected, const char *words) {
  rz_table t;
  const rz_err rc = rz_table_read(in(name), ignore ? 1 : 0, &ignore, &t);
  if (!RZ_EXPECT(rc == expected && strstr(rz_error_message(), words)))
    fprintf(stderr, "  %s instead of '%s': %s\n", rz_err_text(rc), words, rc == RZ_OK ? "" : rz_error_message());
  RZ_EXPECT(rc == RZ_OK || strstr(rz_error_message(), name));
  rz_table_free(&t);
}

static void check_csv_faults(void) {
  static const struct {
    const char *text, *ignore, *words;
  } fault[] = {
      {"", NULL, "the file is empty; its first line names the columns"},
      {"# nothing\n\n", NULL, "the file is empty"},
      {"q,p\n", NULL, "no rows below the names"},
      {"q,p,q\n1,2,3\n", NULL, ":1:5: there are two columns 'q'"},
      {"q,,p\n1,2,3\n", NULL, ":1:3: column 2 has no name"},
      {"1,2\n3,4\n", NULL, ":1:1: the first line names the columns; '1' is a number"},
      {"q,p\n1,2\n3\n", NULL, ":3:1: a row of 1 values, under a header of 2 columns"},
      {"q,p\n1,2,\n", NULL, ":2:1: a row of 3 values, under a header of 2 columns"},
      {"q,p\n1,2\n\n1,two\n", NULL, ":4:3: column 'p': 'two' is no finite number"},
      {"q,p\nnan,2\n", NULL, ":2:1: column 'q': 'nan' is no finite number"},
      {"q,p\n1,inf\n", NULL, ":2:3: column 'p': 'inf' is no finite number"},
      {"q,p\n1,1e999\n", NULL, ":2:3: column 'p': '1e999' is no finite number"},
      {"q,p\n1, \n", NULL, "column 'p' has no value here"},
      {"q;p\n1;2\n", NULL, "'1;2' is no finite number"},
      {"q,p\n1,2\n", "label", "there is no column 'label' to be ignored"},
  };
  for (size_t k = 0; k < sizeof fault / sizeof *fault; k++) {
    write_text("fault.csv", fault[k].text);
    expect_fault("fault.csv", fault[k].ignore, RZ_ERR_DECK, fault[k].words);
  }
  expect_fault("none.csv", NULL, RZ_ERR_INPUT, "No such file");
}

/* --- HDF5: fixtures by the writer of results files ---------------------------------------------------------------- */

static const double q[] = {1, 2, 3, 4, 5, 6}, p[] = {-1, -2, -3, -4, -5, -6};

static rz_results *begin(const char *name) {
  rz_results *r = NULL;
  RZ_EXPECT_OK(rz_results_create(in(name), true, &r));
  return r;
}

static void put(rz_results *r, const char *name, rz_array_type type, int n_dim, int64_t n0, int64_t n1,
                const void *data) {
  const rz_array a = {.type = type, .n_dim = n_dim, .shape = {n0, n1, 1}, .data = (void *)(uintptr_t)data};
  RZ_EXPECT_OK(rz_results_array(r, name, &a, NULL, NULL));
}

static void check_hdf5(void) {
  static const int64_t trajectory[] = {7, 7, 8};
  static const char *const ignore[] = {"group", "note"};
  rz_table t;
  rz_results *r = begin("a.h5");
  put(r, "q", RZ_F64, 2, 3, 2, q);
  put(r, "p", RZ_F64, 2, 3, 1, p);
  put(r, "trajectory", RZ_I64, 1, 3, 0, trajectory);
  put(r, "group/other", RZ_F64, 1, 2, 0, p);
  RZ_EXPECT_OK(rz_results_text(r, "note", "words", NULL));
  RZ_EXPECT_OK(rz_results_commit(&r));
  RZ_EXPECT_OK(rz_table_read(in("a.h5"), 2, ignore, &t));
  RZ_EXPECT(t.n_column == 4 && t.n_row == 3 && !t.line);
  for (int i = 0; i < 3; i++) {
    RZ_EXPECT(at(&t, i, "q1") == q[2 * i] && at(&t, i, "q2") == q[2 * i + 1] && at(&t, i, "p") == p[i]);
    RZ_EXPECT(at(&t, i, "trajectory") == (double)trajectory[i]);
  }
  RZ_EXPECT(rz_table_fail(&t, 1, "value") == RZ_ERR_DECK && strstr(rz_error_message(), "a.h5: row 2: value"));
  rz_table_free(&t);
  expect_fault("a.h5", "note", RZ_ERR_DECK, "'group' is no dataset");
  expect_fault("a.h5", "group", RZ_ERR_DECK, "dataset 'note' holds neither integers nor reals");
}

static void expect_hdf5_fault(rz_results *r, const char *words) {
  RZ_EXPECT_OK(rz_results_commit(&r));
  expect_fault("fault.h5", NULL, RZ_ERR_DECK, words);
}

static void check_hdf5_faults(void) {
  const double with_nan[] = {1, 2, 3, (double)NAN};
  rz_results *r = begin("fault.h5");
  expect_hdf5_fault(r, "no dataset in its root group");
  put(r = begin("fault.h5"), "q", RZ_F64, 3, 2, 1, q);
  expect_hdf5_fault(r, "dataset 'q' has 3 dimensions; allowed are [rows] and [rows, columns]");
  put(r = begin("fault.h5"), "q", RZ_F64, 0, 0, 0, q);
  expect_hdf5_fault(r, "dataset 'q' has 0 dimensions");
  put(r = begin("fault.h5"), "q", RZ_C64, 1, 2, 0, q);
  expect_hdf5_fault(r, "dataset 'q' holds neither integers nor reals");
  put(r = begin("fault.h5"), "q", RZ_F64, 2, 2, 2, with_nan);
  expect_hdf5_fault(r, "row 2: column 'q2': nan is no finite number");
  put(r = begin("fault.h5"), "q", RZ_F64, 1, 3, 0, q);
  put(r, "p", RZ_F64, 1, 2, 0, p);
  expect_hdf5_fault(r, "dataset 'q' has 3 rows, 'p' has 2");
  put(r = begin("fault.h5"), "q", RZ_F64, 2, 3, 2, q);
  put(r, "q1", RZ_F64, 1, 3, 0, p);
  expect_hdf5_fault(r, "there are two columns 'q1'");
  put(r = begin("fault.h5"), "q", RZ_F64, 1, 0, 0, q);
  expect_hdf5_fault(r, "dataset 'q' has 0 rows");
  write_text("fault.h5", "q,p\n1,2\n");
  expect_fault("fault.h5", NULL, RZ_ERR_INPUT, "is no HDF5 file");
  expect_fault("none.hdf5", NULL, RZ_ERR_INPUT, "No such file");
}

int main(void) {
  if (!RZ_EXPECT(rz_scratch_make(dir) == 0)) return rz_check_finish();
  check_csv();
  check_csv_faults();
  check_hdf5();
  check_hdf5_faults();
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  rz_scratch_remove(dir);
  return rz_check_finish();
}
