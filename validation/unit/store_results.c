/* Round trip of every type through a results file, and every way in which making or reading one is refused. With a
 * directory as argument only one file is written there, for another reader to judge. */
/* modules: store core */
#include "check.h"
#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include "ritz/store/results.h"
#include "scratch.h"
#include <complex.h>
#include <fcntl.h>

enum { ROWS = 700, COLUMNS = 300 }; /* large enough for several chunks */

static char dir[RZ_SCRATCH_SIZE], buffer[RZ_SCRATCH_PATH_SIZE];
static const char *in(const char *name) { return rz_scratch_path(dir, name, buffer); }

static int mentions(const char *word) { return strstr(rz_error_message(), word) != NULL; }

static const int64_t sizes[] = {[RZ_F64] = 8, [RZ_C64] = 16, [RZ_I8] = 1, [RZ_I32] = 4, [RZ_I64] = 8, [RZ_U64] = 8};

/* Any bytes are a value of the integer types; for doubles the pattern below stays finite. */
static void fill(unsigned char *bytes, int64_t n) {
  for (int64_t i = 0; i < n; i++) bytes[i] = (unsigned char)(i % 8 == 7 ? 0x3f : (i * 7 + i / 11) & 0xff);
}

static void check_every_type(void) {
  rz_results *r = NULL;
  rz_stored *s = NULL;
  static unsigned char out[24 * 16], back[24 * 16];
  fill(out, sizeof out);
  if (!RZ_EXPECT_OK(rz_results_create(in("types.h5"), false, &r))) return;
  for (int t = RZ_F64; t <= RZ_U64; t++)
    for (int n_dim = 0; n_dim <= 4; n_dim++) {
      char name[32];
      snprintf(name, sizeof name, "/a/%d/b/%d", t, n_dim);
      const rz_array a = {.name = name, .type = (rz_array_type)t, .n_dim = n_dim, .shape = {2, 3, 4, 1}, .data = out};
      RZ_EXPECT_OK(rz_results_array(r, name, &a, "J", "a label"));
    }
  RZ_EXPECT_OK(rz_results_commit(&r));
  RZ_EXPECT(r == NULL);
  if (!RZ_EXPECT_OK(rz_stored_open(in("types.h5"), &s))) return;
  for (int t = RZ_F64; t <= RZ_U64; t++)
    for (int n_dim = 0; n_dim <= 4; n_dim++) {
      char name[32];
      rz_array a;
      snprintf(name, sizeof name, "/a/%d/b/%d", t, n_dim);
      RZ_EXPECT_OK(rz_stored_shape(s, name, &a));
      RZ_EXPECT((int)a.type == t && a.n_dim == n_dim);
      memset(back, 0xaa, sizeof back);
      a.data = back;
      RZ_EXPECT_OK(rz_stored_read(s, name, &a));
      const size_t bytes = (size_t)(rz_array_length(&a) * sizes[t]);
      RZ_EXPECT(memcmp(out, back, bytes) == 0);
      RZ_EXPECT(bytes == sizeof back || back[bytes] == 0xaa);
    }
  char *names = NULL;
  RZ_EXPECT_OK(rz_stored_list(s, "/a", &names));
  RZ_EXPECT(names && strcmp(names, "0\n1\n2\n3\n4\n5") == 0);
  rz_free(&names);
  RZ_EXPECT_OK(rz_stored_list(s, "/", &names));
  RZ_EXPECT(names && strcmp(names, "a") == 0);
  rz_free(&names);
  RZ_EXPECT_OK(rz_stored_attr_text(s, "/a/1/b/2", "units", &names));
  RZ_EXPECT(names && strcmp(names, "J") == 0);
  rz_free(&names);
  rz_stored_close(&s);
}

static void check_values(void) {
  static double _Complex z[ROWS][COLUMNS], w[ROWS][COLUMNS];
  for (int i = 0; i < ROWS; i++)
    for (int j = 0; j < COLUMNS; j++) z[i][j] = CMPLX(i + 0.1, j - 1e-300);
  rz_results *r = NULL;
  rz_stored *s = NULL;
  const char *deck = "&run study = 'ground_state' /\n! \xc3\xa9t\xc3\xa9\n";
  rz_array a = {.type = RZ_C64, .n_dim = 2, .shape = {ROWS, COLUMNS}, .data = z};
  rz_array empty = {.type = RZ_F64, .n_dim = 2, .shape = {0, 5}};
  const int before = rz_scratch_count(dir);
  if (!RZ_EXPECT_OK(rz_results_create(in("values and spaces.h5"), false, &r))) return;
  RZ_EXPECT_OK(rz_results_array(r, "/parameters/z", &a, "1", NULL));
  RZ_EXPECT_OK(rz_results_array(r, "/parameters/empty", &empty, NULL, NULL));
  RZ_EXPECT_OK(rz_results_f64(r, "/observables/energy/mean", -50.942674114257, "J", "energy"));
  RZ_EXPECT_OK(rz_results_f64(r, "/observables/energy/undefined", NAN, NULL, NULL));
  RZ_EXPECT_OK(rz_results_i64(r, "/observables/energy/n", INT64_MIN, NULL));
  RZ_EXPECT_OK(rz_results_text(r, "/input/deck", deck, "the deck"));
  RZ_EXPECT_OK(rz_results_text(r, "/input/nothing", "", NULL));
  RZ_EXPECT_OK(rz_results_attr_f64(r, "/observables", "h", 0.5));
  RZ_EXPECT_OK(rz_results_attr_i64(r, "/observables/energy/n", "walkers", 64));
  RZ_EXPECT_OK(rz_results_attr_f64(r, "/", "program", 1.0));
  RZ_EXPECT_OK(rz_results_attr_text(r, "/", "program", "ritz")); /* replaces */
  RZ_EXPECT(rz_results_attr_text(r, "/absent", "program", "ritz") == RZ_ERR_ARG && mentions("/absent"));
  RZ_EXPECT(rz_results_i64(r, "/observables/energy/n", 1, NULL) == RZ_ERR_ARG && mentions("energy/n"));
  RZ_EXPECT(rz_scratch_count(dir) == before); /* nothing on disk before commit */
  RZ_EXPECT_OK(rz_results_commit(&r));
  RZ_EXPECT(rz_scratch_count(dir) == before + 1);

  if (!RZ_EXPECT_OK(rz_stored_open(in("values and spaces.h5"), &s))) return;
  a.data = w;
  RZ_EXPECT_OK(rz_stored_read(s, "/parameters/z", &a));
  RZ_EXPECT(memcmp(z, w, sizeof z) == 0);
  RZ_EXPECT_OK(rz_stored_read(s, "/parameters/empty", &empty));
  a.shape[0]--;
  RZ_EXPECT(rz_stored_read(s, "/parameters/z", &a) == RZ_ERR_INPUT && mentions("shape"));
  double x = 0;
  int64_t n = 0;
  char *text = NULL;
  RZ_EXPECT_OK(rz_stored_f64(s, "/observables/energy/mean", &x));
  RZ_EXPECT(x == -50.942674114257);
  RZ_EXPECT_OK(rz_stored_f64(s, "/observables/energy/undefined", &x));
  RZ_EXPECT(isnan(x));
  RZ_EXPECT_OK(rz_stored_i64(s, "/observables/energy/n", &n));
  RZ_EXPECT(n == INT64_MIN);
  RZ_EXPECT(rz_stored_f64(s, "/observables/energy/n", &x) == RZ_ERR_INPUT);
  RZ_EXPECT_OK(rz_stored_text(s, "/input/deck", &text));
  RZ_EXPECT(text && strcmp(text, deck) == 0);
  rz_free(&text);
  RZ_EXPECT_OK(rz_stored_text(s, "/input/nothing", &text));
  RZ_EXPECT(text && text[0] == '\0');
  rz_free(&text);
  RZ_EXPECT(rz_stored_text(s, "/parameters/z", &text) == RZ_ERR_INPUT && text == NULL);
  RZ_EXPECT(rz_stored_text(s, "/absent/too", &text) == RZ_ERR_INPUT && mentions("/absent/too"));
  RZ_EXPECT(rz_stored_has(s, "/input/deck") && rz_stored_has(s, "/input") && rz_stored_has(s, "/"));
  RZ_EXPECT(!rz_stored_has(s, "/input/dec") && !rz_stored_has(s, "/absent/too"));
  RZ_EXPECT_OK(rz_stored_attr_i64(s, "/observables/energy/n", "walkers", &n));
  RZ_EXPECT_OK(rz_stored_attr_f64(s, "/observables", "h", &x));
  RZ_EXPECT(n == 64 && x == 0.5);
  RZ_EXPECT(rz_stored_attr_i64(s, "/observables", "absent", &n) == RZ_ERR_INPUT && mentions("absent"));
  RZ_EXPECT(rz_stored_attr_i64(s, "/", "program", &n) == RZ_ERR_INPUT);
  rz_stored_close(&s);
  rz_stored_close(&s);
}

static void write_bytes(const char *path, const void *bytes, size_t n) {
  FILE *file = fopen(path, "wb");
  if (!RZ_EXPECT(file)) return;
  RZ_EXPECT(fwrite(bytes, 1, n, file) == n);
  fclose(file);
}

static size_t read_bytes(const char *path, char *bytes, size_t room) {
  FILE *file = fopen(path, "rb");
  if (!RZ_EXPECT(file)) return 0;
  const size_t n = fread(bytes, 1, room, file);
  fclose(file);
  return n;
}

static void check_refusals(void) {
  rz_results *r = NULL;
  rz_stored *s = NULL;
  char content[8] = "";
  write_bytes(in("old.h5"), "old", 3);
  RZ_EXPECT(rz_results_check(in("old.h5"), false) == RZ_ERR_CREATE && mentions("overwrite"));
  RZ_EXPECT(rz_results_create(in("old.h5"), false, &r) == RZ_ERR_CREATE && r == NULL);
  RZ_EXPECT(rz_results_check(in("no/such/x.h5"), false) == RZ_ERR_CREATE && mentions("no/such"));
  RZ_EXPECT(rz_results_check(in("old.h5/x.h5"), false) == RZ_ERR_CREATE && mentions("not a directory"));
  RZ_EXPECT(rz_results_check(dir, true) == RZ_ERR_CREATE && mentions("is a directory"));
  RZ_EXPECT(rz_results_check("", true) == RZ_ERR_CREATE);
  RZ_EXPECT_OK(rz_results_check(in("old.h5"), true));
  RZ_EXPECT_OK(rz_results_check("new.h5", false));
  RZ_EXPECT(read_bytes(in("old.h5"), content, sizeof content) == 3 && memcmp(content, "old", 3) == 0);

  /* The file appears between create and commit: still not overwritten, and no temporary file stays. */
  const int before = rz_scratch_count(dir);
  RZ_EXPECT_OK(rz_results_create(in("late.h5"), false, &r));
  write_bytes(in("late.h5"), "late", 4);
  RZ_EXPECT(rz_results_commit(&r) == RZ_ERR_CREATE && r == NULL);
  RZ_EXPECT(read_bytes(in("late.h5"), content, sizeof content) == 4 && memcmp(content, "late", 4) == 0);
  RZ_EXPECT(rz_scratch_count(dir) == before + 1);

  /* Abandoned: nothing changes. Overwritten: whole. */
  RZ_EXPECT_OK(rz_results_create(in("old.h5"), true, &r));
  rz_results_abandon(&r);
  rz_results_abandon(&r);
  RZ_EXPECT(read_bytes(in("old.h5"), content, sizeof content) == 3);
  RZ_EXPECT_OK(rz_results_create(in("old.h5"), true, &r));
  RZ_EXPECT_OK(rz_results_commit(&r));
  RZ_EXPECT_OK(rz_stored_open(in("old.h5"), &s));
  rz_stored_close(&s);
  RZ_EXPECT(rz_scratch_count(dir) == before + 1);

  RZ_EXPECT(rz_stored_open(in("absent.h5"), &s) == RZ_ERR_INPUT && mentions("No such file"));
  RZ_EXPECT(rz_stored_open(in("late.h5"), &s) == RZ_ERR_INPUT && mentions("is not a results file of ritz") &&
            s == NULL);
  RZ_EXPECT(rz_stored_open(dir, &s) == RZ_ERR_INPUT);
}

/* Any truncation and any flipped bit is refused when the file is opened. */
static void check_damage(void) {
  static char bytes[1 << 16];
  double x[512];
  rz_results *r = NULL;
  rz_stored *s = NULL;
  for (int i = 0; i < 512; i++) x[i] = i + 0.5;
  rz_array a = {.type = RZ_F64, .n_dim = 1, .shape = {512}, .data = x};
  RZ_EXPECT_OK(rz_results_create(in("good.h5"), false, &r));
  RZ_EXPECT_OK(rz_results_array(r, "/x", &a, NULL, NULL));
  RZ_EXPECT_OK(rz_results_commit(&r));
  const size_t n = read_bytes(in("good.h5"), bytes, sizeof bytes);
  RZ_EXPECT(n > 4096 && n < sizeof bytes);
  for (size_t cut = 0; cut < n; cut += 97) {
    write_bytes(in("cut.h5"), bytes, cut);
    RZ_EXPECT(rz_stored_open(in("cut.h5"), &s) == RZ_ERR_INPUT);
    rz_stored_close(&s);
  }
  for (size_t i = 0; i < n; i += 61) {
    bytes[i] ^= (char)(1 << i % 8);
    write_bytes(in("flipped.h5"), bytes, n);
    bytes[i] ^= (char)(1 << i % 8);
    RZ_EXPECT(rz_stored_open(in("flipped.h5"), &s) == RZ_ERR_INPUT && s == NULL);
  }
}

/* The same content gives the same bytes: no times, no names of temporary files inside. */
static void check_bits(void) {
  static char one[1 << 16], two[1 << 16];
  size_t n[2] = {0, 0};
  for (int i = 0; i < 2; i++) {
    rz_results *r = NULL;
    RZ_EXPECT_OK(rz_results_create(in(i ? "two.h5" : "one.h5"), false, &r));
    RZ_EXPECT_OK(rz_results_f64(r, "/a/b", 1.5, "J", "label"));
    RZ_EXPECT_OK(rz_results_text(r, "/a/c", "text", NULL));
    RZ_EXPECT_OK(rz_results_commit(&r));
    if (i == 0) sleep(1); /* HDF5 counts times in seconds */
    n[i] = read_bytes(in(i ? "two.h5" : "one.h5"), i ? two : one, sizeof one);
  }
  RZ_EXPECT(n[0] > 0 && n[0] == n[1] && memcmp(one, two, n[0]) == 0);
}

int main(int argc, char **argv) {
  if (argc > 1) {
    snprintf(dir, sizeof dir, "%s", argv[1]);
    check_values();
    return rz_check_finish();
  }
  if (!RZ_EXPECT(rz_scratch_make(dir) == 0)) return rz_check_finish();
  check_every_type();
  check_values();
  check_refusals();
  check_damage();
  check_bits();
  RZ_EXPECT(strchr(rz_hdf5_version(), '.') != NULL);
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  rz_scratch_remove(dir);
  return rz_check_finish();
}
