#include "ritz/core/stop.h"

#include "ritz/core/beat.h"
#include "ritz/core/clock.h"
#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a signal handler may only touch what is free of locks");

static atomic_int asked;                        /* the strongest cause so far */
static _Atomic double limit = (double)INFINITY; /* by rz_wall_time */

static const struct {
  rz_stop what;
  const char *text;
} causes[] = {
#define RZ_STOP_ROW(cause, what, text) {what, text},
    RZ_STOP_LIST(RZ_STOP_ROW)
#undef RZ_STOP_ROW
};

void rz_stop_ask(rz_stop_cause cause) {
  int old = atomic_load(&asked);
  while (old < (int)cause && !atomic_compare_exchange_weak(&asked, &old, (int)cause)) {
  }
}

rz_stop rz_stop_asked(void) { return causes[atomic_load(&asked)].what; }

void rz_stop_limit(double seconds) {
  const double mine = rz_wall_time() + seconds;
  double old = atomic_load(&limit);
  while (mine < old && !atomic_compare_exchange_weak(&limit, &old, mine)) {
  }
}

rz_stop_rule rz_stop_rule_default(void) {
  return (rz_stop_rule){.margin = 60.0, .interval = INFINITY, .clock = rz_wall_time};
}

enum { N_FILE = sizeof((rz_stop_rule){0}).file / sizeof(char *) };

rz_err rz_stop_clear(const rz_stop_rule *rule) {
  struct stat info;
  const struct timespec *since = &rule->since;
  for (int i = 0; i < N_FILE; i++) {
    if (!rule->file[i] || stat(rule->file[i], &info) != 0) continue;
    const struct timespec *made = &info.st_mtim;
    if (made->tv_sec > since->tv_sec || (made->tv_sec == since->tv_sec && made->tv_nsec >= since->tv_nsec)) continue;
    RZ_CHECK(unlink(rule->file[i]) == 0 || errno == ENOENT, RZ_ERR_CREATE,
             "cannot remove '%s', which would stop the run: %s", rule->file[i], strerror(errno));
  }
  return RZ_OK;
}

void rz_stop_begin(rz_stop_rule *rule, const char *stage) {
  rule->stage = stage;
  rule->last = rule->saved = rule->clock();
  rule->looked = -(double)INFINITY;
  rule->longest_step = 0.0;
  rz_beat(stage, 0);
}

static bool file_asks(rz_stop_rule *rule, double now) {
  if (now - rule->looked < 1.0) return false;
  rule->looked = now;
  for (int i = 0; i < N_FILE; i++)
    if (rule->file[i] && access(rule->file[i], F_OK) == 0) return true;
  return false;
}

static bool time_is_up(const rz_stop_rule *rule, double now) {
  return atomic_load(&limit) - now < 1.5 * rule->longest_step + rule->saving + rule->margin;
}

rz_err rz_stop_agree(const rz_comm *comm, rz_stop_rule *rule, int64_t step, rz_stop *out, const char **why) {
  const double now = rule->clock();
  rule->longest_step = fmax(rule->longest_step, now - rule->last);
  rule->last = now;
  if (comm->rank == 0 && time_is_up(rule, now)) rz_stop_ask(RZ_CAUSE_TIME);
  if (comm->rank == 0 && file_asks(rule, now)) rz_stop_ask(RZ_CAUSE_FILE);
  const bool due = comm->rank == 0 && now - rule->saved >= rule->interval;
  double strongest = fmax(atomic_load(&asked), due ? RZ_CAUSE_DUE : RZ_CAUSE_NONE);
  RZ_TRY(rz_max(comm, 1, &strongest));
  const int cause = (int)strongest;
  *out = causes[cause].what;
  *why = causes[cause].text;
  /* To save is asked once, to stop for good. */
  int once = RZ_CAUSE_USR2;
  if (*out == RZ_SAVE) (void)atomic_compare_exchange_strong(&asked, &once, RZ_CAUSE_NONE);
  rz_beat(rule->stage, step);
  return RZ_OK;
}

void rz_stop_saved(rz_stop_rule *rule, double seconds) {
  rule->saving = fmax(rule->saving, seconds);
  rule->last = rule->saved = rule->clock();
  rz_beat(rule->stage, rz_beat_read().step);
}

void rz_stop_end(rz_stop_rule *rule) {
  rule->stage = NULL;
  rz_beat_end();
}
