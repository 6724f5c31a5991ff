/* Checkpoints that were damaged, and writers that fail or die at every call that changes the file system: a damaged
 * generation is never taken for a good one, one good generation always stays, and no success is claimed that is none.
 * RITZ_SOAK in the environment: every byte and every length, else a tenth of the bytes past the first 1,024. */
#define _GNU_SOURCE 1
/* modules: store core */
/* soak: yes */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/store/checkpoint.h"
#include "scratch.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>

static char dir[RZ_SCRATCH_SIZE], buffer[2][RZ_SCRATCH_PATH_SIZE];
static rz_comm self;
static const char *newest(void) { return rz_scratch_path(dir, "a.ckpt.h5", buffer[0]); }
static const char *previous(void) { return rz_scratch_path(dir, "a.ckpt.prev.h5", buffer[1]); }

/* --- Calls that fail ---------------------------------------------------------------------------------------------- */

typedef enum mode { NEVER, FAIL, SHORT, DIE } mode;
static mode how;
static int at_call, n_call;

/* Is this the call that goes wrong? */
static bool strikes(void) {
  if (how == NEVER || n_call++ != at_call) return false;
  if (how == DIE) raise(SIGKILL);
  errno = EIO;
  return true;
}

#define REAL(name) ((name##_type *)dlsym(RTLD_NEXT, #name))
typedef ssize_t write_type(int, const void *, size_t);
typedef int fsync_type(int);
typedef int rename_type(const char *, const char *);
typedef int link_type(const char *, const char *);
typedef int close_type(int);

ssize_t write(int fd, const void *bytes, size_t n) {
  if (!strikes()) return REAL(write)(fd, bytes, n);
  return how == SHORT && n > 1 ? REAL(write)(fd, bytes, n / 2) : -1;
}
int fsync(int fd) { return strikes() ? -1 : REAL(fsync)(fd); }
int rename(const char *from, const char *to) { return strikes() ? -1 : REAL(rename)(from, to); }
int link(const char *from, const char *to) { return strikes() ? -1 : REAL(link)(from, to); }
/* A network file system may report only here that nothing was written; the descriptor is gone all the same. */
int close(int fd) {
  const bool bad = strikes();
  const int rc = REAL(close)(fd);
  return bad ? -1 : rc;
}

/* --- A small state ------------------------------------------------------------------------------------------------ */

static rz_err walk(void *ctx, rz_array_visit *visit, void *visit_ctx) {
  double *x = ctx;
  RZ_TRY(rz_visit_f64("x", x, visit, visit_ctx));
  return visit(&(rz_array){.name = "y", .type = RZ_F64, .n_dim = 1, .shape = {4}, .distributed = true, .data = x + 1},
               visit_ctx);
}

static rz_err write_state(int64_t step) {
  double x[5] = {(double)step, 1, 2, 3, 4};
  const rz_checkpoint_spec spec = {.comm = &self,
                                   .path = newest(),
                                   .deck = "&run /",
                                   .deck_path = "a.nml",
                                   .instruction_set = "portable",
                                   .stage = "train",
                                   .step = step};
  return rz_checkpoint_write(&spec, walk, x, NULL);
}

/* The step of the state that a reader gets, -1 if none. Whatever it gets must be whole. */
static int64_t read_state(bool *fell_back) {
  double x[5] = {0};
  char *note = NULL;
  rz_checkpoint *c = NULL;
  int64_t step = -1;
  if (rz_checkpoint_open(newest(), &self, &c, &note) == RZ_OK) {
    step = rz_checkpoint_about(c)->step;
    RZ_EXPECT_OK(rz_checkpoint_restore(c, walk, x));
    RZ_EXPECT(x[0] == (double)step && x[1] == 1 && x[4] == 4);
  }
  if (fell_back) *fell_back = note != NULL;
  rz_free(&note);
  rz_checkpoint_close(&c);
  return step;
}

/* --- Damage ------------------------------------------------------------------------------------------------------- */

static size_t load(const char *path, char **bytes) {
  FILE *file = fopen(path, "rb");
  if (!RZ_EXPECT(file)) return 0;
  fseek(file, 0, SEEK_END);
  const size_t n = (size_t)ftell(file);
  rewind(file);
  *bytes = malloc(n);
  RZ_EXPECT(fread(*bytes, 1, n, file) == n);
  fclose(file);
  return n;
}

static void store(const char *path, const char *bytes, size_t n) {
  FILE *file = fopen(path, "wb");
  if (!RZ_EXPECT(file)) return;
  RZ_EXPECT(fwrite(bytes, 1, n, file) == n && fclose(file) == 0);
}

/* Neither this file alone nor with a good generation behind it is taken. */
static void refused(const char *what, size_t at) {
  rz_checkpoint_info info;
  bool fell_back = false;
  const rz_err rc = rz_checkpoint_inspect(newest(), &info);
  const bool ok = rc == RZ_ERR_IO || rc == RZ_ERR_INPUT;
  if (!RZ_EXPECT(ok)) fprintf(stderr, "%s at %zu: taken as good, or %s\n", what, at, rz_error_message());
  if (rc == RZ_OK) rz_checkpoint_info_free(&info);
  const int64_t step = read_state(&fell_back);
  if (!RZ_EXPECT(step == 1 && fell_back)) fprintf(stderr, "%s at %zu: step %lld\n", what, at, (long long)step);
}

static void check_damage(bool all) {
  char *bytes = NULL;
  RZ_EXPECT_OK(write_state(1));
  RZ_EXPECT_OK(write_state(2));
  const size_t n = load(newest(), &bytes);
  RZ_EXPECT(n > 1024 && read_state(NULL) == 2);
  for (size_t i = 0; i < n; i += i < 1024 || all ? 1 : 7 + i % 7) {
    const char kept = bytes[i];
    bytes[i] = (char)(kept ^ (1 << i % 8));
    store(newest(), bytes, n);
    bytes[i] = kept;
    refused("flip", i);
  }
  for (size_t cut = 0; cut < n; cut += cut < 1024 && all ? 1 : cut < 1024 ? 31 : 1024) {
    store(newest(), bytes, cut);
    refused("cut", cut);
  }
  char *longer = calloc(n + 512, 1);
  memcpy(longer, bytes, n);
  store(newest(), longer, n + 512);
  refused("longer", n);
  for (size_t page = 0; page + 512 <= n; page += 512) {
    memcpy(longer, bytes, n);
    memset(longer + page, 0, 512);
    if (memcmp(longer, bytes, n) == 0) continue;
    store(newest(), longer, n);
    refused("zeroed page", page);
  }
  /* Both are bad: said of both, and neither is touched. */
  store(newest(), bytes, n / 2);
  store(previous(), bytes, n / 3);
  rz_checkpoint *c = NULL;
  RZ_EXPECT(rz_checkpoint_open(newest(), &self, &c, NULL) == RZ_ERR_IO && !c);
  RZ_EXPECT(strstr(rz_error_message(), "a.ckpt.h5'") && strstr(rz_error_message(), "a.ckpt.prev.h5'"));
  free(longer);
  free(bytes);
  RZ_EXPECT_OK(rz_checkpoint_remove(newest()));
}

static void check_foreign(void) {
  static const struct {
    const char *text;
    rz_err err;
    const char *word;
  } cases[] = {{"", RZ_ERR_IO, "is empty"},
               {"a text\n", RZ_ERR_INPUT, "is not a checkpoint of ritz"},
               {"\x89HDF\r\n\x1a\n and so on", RZ_ERR_INPUT, "is not a checkpoint of ritz"},
               {"RITZCKPT 2 size=1", RZ_ERR_INPUT, "made by a newer ritz; this program reads 1"},
               {"RITZCKPT 1 size=600 sha256=0 step=1 run=a head=0\n", RZ_ERR_IO, "do not agree with their checksum"}};
  rz_checkpoint_info info;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    store(newest(), cases[i].text, strlen(cases[i].text));
    RZ_EXPECT(rz_checkpoint_inspect(newest(), &info) == cases[i].err);
    if (!RZ_EXPECT(strstr(rz_error_message(), cases[i].word))) fprintf(stderr, "%s\n", rz_error_message());
  }
  RZ_EXPECT(unlink(newest()) == 0 && mkdir(newest(), 0777) == 0);
  RZ_EXPECT(rz_checkpoint_inspect(newest(), &info) == RZ_ERR_INPUT && strstr(rz_error_message(), "is not a file"));
  RZ_EXPECT(rmdir(newest()) == 0);
}

/* --- Writers that fail -------------------------------------------------------------------------------------------- */

/* A write of step 3 after 1 and 2 whose call number `call` goes wrong. Returns false once there is no such call. */
static bool write_with_fault(mode m, int call) {
  RZ_EXPECT_OK(write_state(1));
  RZ_EXPECT_OK(write_state(2));
  int status = 0;
  rz_err rc = RZ_ERR_INTERNAL;
  how = m;
  at_call = call;
  n_call = 0;
  if (m == DIE) {
    const pid_t child = fork();
    if (child == 0) _exit(write_state(3) == RZ_OK ? 0 : 1);
    how = NEVER;
    RZ_EXPECT(waitpid(child, &status, 0) == child);
    if (WIFEXITED(status)) rc = WEXITSTATUS(status) == 0 ? RZ_OK : RZ_ERR_IO;
  } else {
    rc = write_state(3);
    how = NEVER;
  }
  const bool struck = m == DIE ? WIFSIGNALED(status) : n_call > call;
  const int64_t step = read_state(NULL);
  const bool ok = rc == RZ_OK ? step == 3 : step == 2 || step == 3;
  if (!RZ_EXPECT(ok))
    fprintf(stderr, "mode %d, call %d: %s, and step %lld\n", (int)m, call, rz_err_text(rc), (long long)step);
  /* The next attempt succeeds, whatever is lying about. */
  RZ_EXPECT_OK(write_state(4));
  RZ_EXPECT(read_state(NULL) == 4);
  RZ_EXPECT_OK(rz_checkpoint_remove(newest()));
  RZ_EXPECT(rz_scratch_count(dir) == 0);
  return struck;
}

static void check_faults(void) {
  static const mode modes[] = {FAIL, SHORT, DIE};
  for (size_t m = 0; m < sizeof modes / sizeof *modes; m++) {
    int call = 0;
    while (call < 200 && write_with_fault(modes[m], call)) call++;
    RZ_EXPECT(call >= 6 && call < 200);
  }
}

/* --- A lock that is lost ------------------------------------------------------------------------------------------ */

static void check_lost_lock(void) {
  char path[RZ_SCRATCH_PATH_SIZE];
  double x[5] = {5, 1, 2, 3, 4};
  rz_lock *lock = NULL;
  RZ_EXPECT_OK(write_state(1));
  RZ_EXPECT_OK(rz_lock_take(rz_scratch_path(dir, "a.lock", path), &lock, NULL));
  const rz_checkpoint_spec spec = {.comm = &self,
                                   .path = newest(),
                                   .lock = lock,
                                   .deck = "&run /",
                                   .deck_path = "a.nml",
                                   .instruction_set = "portable",
                                   .stage = "train",
                                   .step = 5};
  RZ_EXPECT_OK(rz_checkpoint_write(&spec, walk, x, NULL));
  RZ_EXPECT(unlink(path) == 0);
  RZ_EXPECT(rz_checkpoint_write(&spec, walk, x, NULL) == RZ_ERR_LOCKED);
  RZ_EXPECT(rz_scratch_count(dir) == 2 && read_state(NULL) == 5);
  (void)rz_lock_release(&lock);
  RZ_EXPECT_OK(rz_checkpoint_remove(newest()));
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_SELF, &self));
  if (!RZ_EXPECT(rz_scratch_make(dir) == 0)) return rz_check_finish();
  check_damage(getenv("RITZ_SOAK") != NULL);
  check_foreign();
  check_faults();
  check_lost_lock();
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  rz_scratch_remove(dir);
  return rz_check_finish();
}
