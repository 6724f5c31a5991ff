/* The lock between processes: a live owner is respected, a dead one replaced, a stolen lock noticed, and of many that
 * start together exactly one wins, also when all of them find a dead owner first. */
/* modules: store core */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/store/lock.h"
#include "scratch.h"
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static char dir[RZ_SCRATCH_SIZE], buffer[RZ_SCRATCH_PATH_SIZE];
static const char *in(const char *name) { return rz_scratch_path(dir, name, buffer); }

static int mentions(const char *word) { return strstr(rz_error_message(), word) != NULL; }

/* A child takes the lock, says so, and waits to be killed. Returns its pid once it holds the lock. */
static pid_t hold_in_child(const char *path) {
  int ready[2];
  if (pipe(ready) != 0) return -1;
  const pid_t pid = fork();
  if (pid == 0) {
    rz_lock *lock = NULL;
    const char ok = rz_lock_take(path, &lock, NULL) == RZ_OK ? 'y' : 'n';
    if (write(ready[1], &ok, 1) != 1) _exit(1);
    for (;;) pause();
  }
  char answer = 0;
  RZ_EXPECT(read(ready[0], &answer, 1) == 1 && answer == 'y');
  close(ready[0]);
  close(ready[1]);
  return pid;
}

static void end_child(pid_t pid) {
  kill(pid, SIGKILL);
  waitpid(pid, NULL, 0);
}

static void check_two_processes(void) {
  rz_lock *lock = NULL;
  char *note = NULL, number[32];
  const pid_t pid = hold_in_child(in("run.lock"));
  if (!RZ_EXPECT(pid > 0)) return;
  snprintf(number, sizeof number, "pid %ld", (long)pid);
  RZ_EXPECT(rz_lock_take(in("run.lock"), &lock, &note) == RZ_ERR_LOCKED && !lock && !note);
  RZ_EXPECT(mentions(number) && mentions("run.lock"));
  end_child(pid);
  RZ_EXPECT_OK(rz_lock_take(in("run.lock"), &lock, &note));
  RZ_EXPECT(note && strstr(note, number));
  rz_free(&note);
  if (lock) {
    RZ_EXPECT_OK(rz_lock_verify(lock));
    RZ_EXPECT(strlen(rz_lock_run_id(lock)) == 32);
  }
  RZ_EXPECT_OK(rz_lock_release(&lock));
  RZ_EXPECT(rz_scratch_count(dir) == 0);
  RZ_EXPECT_OK(rz_lock_release(&lock));
}

/* Replace `key` of our own lock's file, as if another had written it. */
static void forge(const char *path, const char *key, const char *value) {
  char line[256], out[4096] = "";
  FILE *file = fopen(path, "r");
  if (!RZ_EXPECT(file)) return;
  while (fgets(line, sizeof line, file)) {
    if (strncmp(line, key, strlen(key)) == 0) snprintf(line, sizeof line, "%s = %s\n", key, value);
    strncat(out, line, sizeof out - strlen(out) - 1);
  }
  fclose(file);
  file = fopen(path, "w");
  if (!RZ_EXPECT(file)) return;
  fputs(out, file);
  fclose(file);
}

static void check_forged(const char *key, const char *value, rz_err expected) {
  rz_lock *lock = NULL, *other = NULL;
  char *note = NULL;
  RZ_EXPECT_OK(rz_lock_take(in("f.lock"), &lock, NULL));
  forge(in("f.lock"), key, value);
  const rz_err rc = rz_lock_take(in("f.lock"), &other, &note);
  if (!RZ_EXPECT(rc == expected)) fprintf(stderr, "  with %s = %s: %s\n", key, value, rz_error_message());
  RZ_EXPECT((note != NULL) == (rc == RZ_OK));
  rz_free(&note);
  if (other) {
    RZ_EXPECT(rz_lock_verify(lock) == RZ_ERR_LOCKED); /* the first owner learns that it lost */
    RZ_EXPECT(rz_lock_release(&lock) == RZ_ERR_LOCKED);
    RZ_EXPECT_OK(rz_lock_release(&other));
  } else {
    rz_lock_release(&lock);
    unlink(in("f.lock"));
  }
}

/* A job that was put back into the queue takes over from its earlier start, though that may still run elsewhere;
 * another job, or a start that is no later, does not. */
static void check_requeued(const char *job, const char *restarts, rz_err expected) {
  rz_lock *lock = NULL, *other = NULL;
  char *note = NULL;
  setenv("SLURM_JOB_ID", "77", 1);
  setenv("SLURM_RESTART_COUNT", "1", 1);
  RZ_EXPECT_OK(rz_lock_take(in("q.lock"), &lock, NULL));
  forge(in("q.lock"), "host", "elsewhere");
  setenv("SLURM_JOB_ID", job, 1);
  setenv("SLURM_RESTART_COUNT", restarts, 1);
  RZ_EXPECT(rz_lock_take(in("q.lock"), &other, &note) == expected);
  RZ_EXPECT((note != NULL) == (expected == RZ_OK));
  RZ_EXPECT((rz_lock_verify(lock) == RZ_ERR_LOCKED) == (expected == RZ_OK));
  rz_free(&note);
  if (other) RZ_EXPECT_OK(rz_lock_release(&other));
  (void)rz_lock_release(&lock);
  unlink(in("q.lock"));
  unsetenv("SLURM_JOB_ID");
  unsetenv("SLURM_RESTART_COUNT");
}

static void check_race(int with_dead_owner) {
  enum { N = 12 };
  pid_t child[N];
  int start[2], won = 0, ended = 0;
  if (with_dead_owner) end_child(hold_in_child(in("race.lock")));
  if (!RZ_EXPECT(pipe(start) == 0)) return;
  for (int i = 0; i < N; i++) {
    child[i] = fork();
    if (child[i] == 0) {
      rz_lock *lock = NULL;
      char go;
      close(start[1]);
      if (read(start[0], &go, 1) < 0) _exit(3);
      const rz_err rc = rz_lock_take(in("race.lock"), &lock, NULL);
      nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
      /* A winner that was moved aside for a moment must find that out or still hold the lock. */
      _exit(rc == RZ_OK ? (rz_lock_verify(lock) == RZ_OK ? 0 : 1) : rc == RZ_ERR_LOCKED ? 1 : 2);
    }
  }
  close(start[0]);
  close(start[1]); /* all start */
  for (int i = 0; i < N; i++) {
    int status = 0;
    if (waitpid(child[i], &status, 0) == child[i] && WIFEXITED(status)) {
      won += WEXITSTATUS(status) == 0;
      ended += WEXITSTATUS(status) <= 1;
    }
  }
  RZ_EXPECT(ended == N);
  if (!RZ_EXPECT(won == 1)) fprintf(stderr, "  %d winners of %d\n", won, N);
  RZ_EXPECT(rz_scratch_count(dir) == 1);
  unlink(in("race.lock"));
}

int main(void) {
  rz_lock *lock = NULL;
  if (!RZ_EXPECT(rz_scratch_make(dir) == 0)) return rz_check_finish();
  check_two_processes();
  check_forged("host", "elsewhere", RZ_ERR_LOCKED); /* cannot be seen from here */
  check_forged("space", "pid:[1]", RZ_ERR_LOCKED);  /* nor in another container */
  check_forged("pid", "none", RZ_ERR_LOCKED);       /* not understood: not dead for certain */
  check_forged("run_id", "", RZ_ERR_LOCKED);        /* half a file */
  check_forged("boot", "before the reboot", RZ_OK); /* this host, but an earlier life of it */
  check_forged("born", "1", RZ_OK);                 /* the number belongs to a new process */
  check_forged("pid", "2147483646", RZ_OK);         /* no such process */
  check_requeued("77", "2", RZ_OK);
  check_requeued("77", "1", RZ_ERR_LOCKED);
  check_requeued("78", "2", RZ_ERR_LOCKED);
  check_race(0);
  for (int i = 0; i < 2; i++) check_race(1);
  RZ_EXPECT(rz_lock_take(in("no/such.lock"), &lock, NULL) == RZ_ERR_CREATE && !lock);
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  rz_scratch_remove(dir);
  return rz_check_finish();
}
