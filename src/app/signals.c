#include "signals.h"

#include "ritz/core/beat.h"
#include "ritz/core/error.h"
#include "ritz/core/stop.h"
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

static const struct {
  int signal;
  rz_stop_cause cause;
} causes[] = {{SIGTERM, RZ_CAUSE_TERM},
              {SIGINT, RZ_CAUSE_INT},
              {SIGUSR1, RZ_CAUSE_USR1},
              {SIGXCPU, RZ_CAUSE_XCPU},
              {SIGUSR2, RZ_CAUSE_USR2}};
enum { N_CAUSE = sizeof causes / sizeof *causes };

/* Launchers repeat their SIGTERM within this time by themselves. */
static const time_t IMPATIENT_SECONDS = 2;

static volatile sig_atomic_t n_term, n_int;
static volatile time_t first_term;

static bool is_impatient(int signal) {
  struct timespec now = {0};
  if (signal == SIGINT) return ++n_int > 1;
  if (signal != SIGTERM) return false;
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (n_term++ == 0) first_term = now.tv_sec;
  return n_term > 1 && now.tv_sec - first_term >= IMPATIENT_SECONDS;
}

static void on_signal(int number) {
  const int kept = errno;
  const bool ends = number == SIGTERM || number == SIGINT;
  if (ends && !rz_beat_read().stage) {
    signal(number, SIG_DFL);
    raise(number); /* acts when the handler returns */
  }
  /* No harm: files are only ever renamed when they are whole, and a lock whose owner is gone is taken over. */
  if (is_impatient(number)) _exit(rz_err_exit_code(RZ_ERR_STOPPED));
  for (size_t i = 0; i < N_CAUSE; i++)
    if (causes[i].signal == number) rz_stop_ask(causes[i].cause);
  errno = kept;
}

void rz_signals_install(void) {
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < N_CAUSE; i++) sigaction(causes[i].signal, &action, NULL);
  struct sigaction ignore = {.sa_handler = SIG_IGN};
  sigemptyset(&ignore.sa_mask);
  sigaction(SIGXFSZ, &ignore, NULL);
  sigaction(SIGPIPE, &ignore, NULL);
}
