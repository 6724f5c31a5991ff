/* Lines of the trace: exact text of each field type, escapes, numbers that read back, one line per call. With a name as
 * argument only a sample is written there, for another reader to judge. */
/* modules: store core */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/store/trace.h"
#include "scratch.h"

static char dir[RZ_SCRATCH_SIZE], buffer[RZ_SCRATCH_PATH_SIZE];
static const char *in(const char *name) { return rz_scratch_path(dir, name, buffer); }

static const rz_field fields[] = {
    {.name = "header", .type = RZ_FIELD_TEXT, .text = "a \"quoted\\path\"\n\ttab \x01 \xc3\xa9 \xff \xe2\x82 end"},
    {.name = "none", .type = RZ_FIELD_TEXT, .text = NULL},
    {.name = "step", .type = RZ_FIELD_INT, .integer = INT64_MIN},
    {.name = "energy", .type = RZ_FIELD_REAL, .real = -0.1},
    {.name = "error", .type = RZ_FIELD_REAL, .real = NAN},
    {.name = "up", .type = RZ_FIELD_REAL, .real = INFINITY},
    {.name = "down", .type = RZ_FIELD_OPTIONAL, .real = -INFINITY},
    {.name = "tau_int", .type = RZ_FIELD_OPTIONAL, .real = NAN},
    {.name = "tiny", .type = RZ_FIELD_REAL, .real = 5e-324},
    {.name = "third", .type = RZ_FIELD_OPTIONAL, .real = 1.0 / 3.0}};
enum { N_FIELDS = sizeof fields / sizeof *fields };

static const char expected[] =
    "{\"header\": \"a \\\"quoted\\\\path\\\"\\u000a\\u0009tab \\u0001 \xc3\xa9 \\ufffd \\ufffd\\ufffd end\", "
    "\"none\": null, \"step\": -9223372036854775808, \"energy\": -0.1, \"error\": \"nan\", \"up\": \"inf\", "
    "\"down\": \"-inf\", \"tau_int\": null, \"tiny\": 4.94065645841247e-324, \"third\": 0.3333333333333333}\n";

static void write_sample(const char *path) {
  rz_trace *t = NULL;
  if (!RZ_EXPECT_OK(rz_trace_create(path, false, &t))) return;
  RZ_EXPECT_OK(rz_trace_line(t, N_FIELDS, fields));
  RZ_EXPECT_OK(rz_trace_line(t, 0, NULL));
  RZ_EXPECT_OK(rz_trace_close(&t));
  RZ_EXPECT(t == NULL);
}

static void check_text(void) {
  char line[1024] = "";
  write_sample(in("sample.jsonl"));
  FILE *file = fopen(in("sample.jsonl"), "r");
  if (!RZ_EXPECT(file)) return;
  RZ_EXPECT(fgets(line, sizeof line, file) && strcmp(line, expected) == 0);
  RZ_EXPECT(fgets(line, sizeof line, file) && strcmp(line, "{}\n") == 0);
  RZ_EXPECT(!fgets(line, sizeof line, file));
  fclose(file);
}

/* 2000 doubles of any exponent read back to the same bits. */
static void check_numbers(void) {
  enum { N = 2000 };
  static double x[N];
  rz_trace *t = NULL;
  rz_rng rng = rz_rng_stream(1, RZ_RNG_TEST, 0);
  if (!RZ_EXPECT_OK(rz_trace_create(in("numbers.jsonl"), false, &t))) return;
  for (int i = 0; i < N; i++) {
    x[i] = ldexp(rz_rng_uniform(&rng) - 0.5, (int)rz_rng_below(&rng, 2000) - 1000);
    RZ_EXPECT_OK(rz_trace_line(t, 1, &(rz_field){.name = "x", .type = RZ_FIELD_REAL, .real = x[i]}));
  }
  RZ_EXPECT_OK(rz_trace_close(&t));
  FILE *file = fopen(in("numbers.jsonl"), "r");
  if (!RZ_EXPECT(file)) return;
  int same = 0;
  char line[128];
  for (int i = 0; i < N && fgets(line, sizeof line, file); i++) same += strtod(line + 6, NULL) == x[i];
  fclose(file);
  RZ_EXPECT(same == N);
}

static void check_refusals(void) {
  rz_trace *t = NULL;
  RZ_EXPECT(rz_trace_create(in("sample.jsonl"), false, &t) == RZ_ERR_CREATE && t == NULL);
  RZ_EXPECT(rz_trace_create(in("no/such.jsonl"), false, &t) == RZ_ERR_CREATE && t == NULL);
  RZ_EXPECT_OK(rz_trace_create(in("sample.jsonl"), true, &t));
  RZ_EXPECT_OK(rz_trace_close(&t));
  RZ_EXPECT_OK(rz_trace_close(&t));
}

int main(int argc, char **argv) {
  if (argc > 1) {
    write_sample(argv[1]);
    return rz_check_finish();
  }
  if (!RZ_EXPECT(rz_scratch_make(dir) == 0)) return rz_check_finish();
  check_text();
  check_numbers();
  check_refusals();
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  rz_scratch_remove(dir);
  return rz_check_finish();
}
