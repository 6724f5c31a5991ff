#include "watch.h"

#include "ritz/core/beat.h"
#include "ritz/core/error.h"
#include "ritz/core/stop.h"
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Signals go to the thread that computes. */
static bool start_thread(void *(*run)(void *), void *ctx) {
  sigset_t all, before;
  pthread_t thread;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const bool ok = pthread_create(&thread, NULL, run, ctx) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (ok) pthread_detach(thread);
  return ok;
}

/* --- progress ----------------------------------------------------------------------------------------------------- */

static const double LONGEST_STEPS = 20.0;

static _Atomic double limit_seconds;
static int own_rank;

static void *watch_progress(void *ctx) {
  (void)ctx;
  while (true) {
    nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
    const double limit = atomic_load(&limit_seconds);
    const rz_beat_state s = rz_beat_read();
    if (limit == 0.0 || !s.stage || s.since < fmax(limit, LONGEST_STEPS * s.longest)) continue;
    fprintf(stderr, "ritz: rank %d has waited for %.0f s after step %lld (%s): a rank or a node is gone\n", own_rank,
            s.since, (long long)s.step, s.stage);
    _exit(rz_err_exit_code(RZ_ERR_ENV));
  }
  return NULL;
}

void rz_watch_progress(int rank, double minutes) {
  static bool started;
  own_rank = rank;
  atomic_store(&limit_seconds, 60.0 * minutes);
  if (!started && minutes > 0.0) started = start_thread(watch_progress, NULL);
}

/* --- Slurm -------------------------------------------------------------------------------------------------------- */

double rz_watch_parse_time(const char *text) {
  double days = 0.0, part[3] = {0}, seconds = 0.0;
  char *end = NULL;
  int n = 0;
  for (const char *at = text; n < 3; at = end + 1) {
    const double x = (double)strtoll(at, &end, 10);
    if (end == at || x < 0.0) return -1.0;
    if (*end == '-' && n == 0 && days == 0.0) {
      days = x;
      continue;
    }
    part[n++] = x;
    if (*end != ':') break;
  }
  if (n == 0 || (*end != '\0' && *end != '\n')) return -1.0;
  for (int i = 0; i < n; i++) seconds = 60.0 * seconds + part[i];
  return seconds + 86400.0 * days;
}

static void *ask_slurm(void *ctx) {
  char command[128], answer[64] = "";
  snprintf(command, sizeof command, "exec squeue -h -j %ld -o %%L 2>/dev/null", *(const long *)ctx);
  FILE *pipe = popen(command, "r");
  if (!pipe) return NULL;
  const bool got = fgets(answer, sizeof answer, pipe) != NULL;
  pclose(pipe);
  const double left = got ? rz_watch_parse_time(answer) : -1.0;
  if (left >= 0.0) rz_stop_limit(left);
  return NULL;
}

void rz_watch_slurm(int rank) {
  static long job;
  const char *id = getenv("SLURM_JOB_ID"), *end = getenv("SLURM_JOB_END_TIME");
  if (!id) return;
  if (end && atoll(end) > 0) {
    rz_stop_limit(fmax(0.0, (double)atoll(end) - (double)time(NULL)));
    return;
  }
  job = atol(id);
  if (rank == 0 && job > 0) (void)start_thread(ask_slurm, &job);
}
