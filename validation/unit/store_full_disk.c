/* A disk that fills up: no file appears, no temporary one stays, the old one is whole, the trace keeps whole lines.
 * The size limit of a process stands for the disk (write gives EFBIG once SIGXFSZ is ignored). */
/* modules: store core */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/store/results.h"
#include "ritz/store/trace.h"
#include "scratch.h"
#include <signal.h>
#include <sys/resource.h>

static char dir[RZ_SCRATCH_SIZE], buffer[RZ_SCRATCH_PATH_SIZE];
static const char *in(const char *name) { return rz_scratch_path(dir, name, buffer); }

static void limit(rlim_t bytes) {
  struct rlimit r;
  RZ_EXPECT(getrlimit(RLIMIT_FSIZE, &r) == 0);
  r.rlim_cur = bytes;
  RZ_EXPECT(setrlimit(RLIMIT_FSIZE, &r) == 0);
}

static rz_err write_results(double value) {
  static double x[4096];
  rz_results *r = NULL;
  x[0] = value;
  RZ_TRY(rz_results_create(in("results.h5"), true, &r));
  RZ_EXPECT_OK(rz_results_f64(r, "/value", value, NULL, NULL));
  RZ_EXPECT_OK(
      rz_results_array(r, "/x", &(rz_array){.type = RZ_F64, .n_dim = 1, .shape = {4096}, .data = x}, NULL, NULL));
  return rz_results_commit(&r);
}

static void check_results(void) {
  RZ_EXPECT_OK(write_results(1.0));
  for (rlim_t bytes = 0; bytes < 30000; bytes += 10000) {
    limit(bytes);
    RZ_EXPECT(write_results(2.0) == RZ_ERR_IO && strstr(rz_error_message(), "results.h5"));
    limit(RLIM_INFINITY);
    RZ_EXPECT(rz_scratch_count(dir) == 1);
    rz_stored *s = NULL;
    double x = 0;
    RZ_EXPECT_OK(rz_stored_open(in("results.h5"), &s));
    if (s) RZ_EXPECT_OK(rz_stored_f64(s, "/value", &x));
    RZ_EXPECT(x == 1.0);
    rz_stored_close(&s);
  }
}

static void check_trace(void) {
  rz_trace *t = NULL;
  const rz_field field = {.name = "step", .type = RZ_FIELD_INT, .integer = 1234567};
  RZ_EXPECT_OK(rz_trace_create(in("run.jsonl"), false, &t));
  if (!t) return;
  limit(100);
  int written = 0;
  rz_err rc = RZ_OK;
  while (written < 50 && (rc = rz_trace_line(t, 1, &field)) == RZ_OK) written++;
  RZ_EXPECT(rc == RZ_ERR_IO && written > 0 && written < 50);
  limit(RLIM_INFINITY);
  RZ_EXPECT_OK(rz_trace_close(&t));
  FILE *file = fopen(in("run.jsonl"), "r");
  char line[64];
  int whole = 0;
  while (file && fgets(line, sizeof line, file)) whole += strcmp(line, "{\"step\": 1234567}\n") == 0 ? 1 : 1000;
  if (file) fclose(file);
  RZ_EXPECT(whole == written);
}

int main(void) {
  signal(SIGXFSZ, SIG_IGN);
  if (!RZ_EXPECT(rz_scratch_make(dir) == 0)) return rz_check_finish();
  check_results();
  check_trace();
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  rz_scratch_remove(dir);
  return rz_check_finish();
}
