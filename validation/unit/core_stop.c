/* When to stop: one rank's flag is every rank's answer, the strongest cause is named, the time limit keeps its reserve
 * by the clock it is given, files are looked for once a second; and the heartbeat tells where a computation is. */
/* modules: core */
/* ranks: 1 2 3 4 */
#include "check.h"
#include "ritz/core/beat.h"
#include "ritz/core/clock.h"
#include "ritz/core/stop.h"
#include "scratch.h"
#include <math.h>
#include <stdbool.h>
#include <time.h>

static const char stage_a[] = "first", stage_b[] = "second";

/* A clock that jumps where the test says, so that no test waits for hours. */
static double jumped;
static double jumping_clock(void) { return rz_wall_time() + jumped; }

static char dir[RZ_SCRATCH_SIZE], buffer[2][RZ_SCRATCH_PATH_SIZE];

static void touch(const char *path) {
  FILE *file = fopen(path, "w");
  if (RZ_EXPECT(file)) fclose(file);
}

/* One step of so many seconds: is `what` for this reason the answer? */
static bool step_gives(const rz_comm *comm, rz_stop_rule *rule, double seconds, rz_stop what, const char *reason) {
  static int64_t step;
  rz_stop got = RZ_STOP;
  const char *why = "";
  jumped += seconds;
  if (!RZ_EXPECT_OK(rz_stop_agree(comm, rule, ++step, &got, &why))) return false;
  RZ_EXPECT(rz_beat_read().step == step);
  return got == what && strcmp(why, reason) == 0;
}

/* The last rank alone is asked. */
static void ask_last(const rz_comm *comm, rz_stop_cause cause) {
  if (comm->rank == comm->size - 1) rz_stop_ask(cause);
}

static void saves_once(const rz_comm *comm, rz_stop_rule *rule) {
  RZ_EXPECT(step_gives(comm, rule, 0.0, RZ_GO, "nothing"));
  ask_last(comm, RZ_CAUSE_USR2);
  RZ_EXPECT(rz_stop_asked() == (comm->rank == comm->size - 1 ? RZ_SAVE : RZ_GO));
  RZ_EXPECT(step_gives(comm, rule, 0.0, RZ_SAVE, "SIGUSR2"));
  RZ_EXPECT(rz_stop_asked() == RZ_GO);
  RZ_EXPECT(step_gives(comm, rule, 0.0, RZ_GO, "nothing"));
}

/* Every 100 s from the last checkpoint on; a wish of a signal is named before the interval. */
static void saves_at_intervals(const rz_comm *comm, rz_stop_rule *rule) {
  rule->interval = 100.0;
  rz_stop_begin(rule, stage_a);
  RZ_EXPECT(step_gives(comm, rule, 90.0, RZ_GO, "nothing"));
  RZ_EXPECT(step_gives(comm, rule, 20.0, RZ_SAVE, "the interval"));
  RZ_EXPECT(step_gives(comm, rule, 0.0, RZ_SAVE, "the interval")); /* until it is done */
  ask_last(comm, RZ_CAUSE_USR2);
  RZ_EXPECT(step_gives(comm, rule, 0.0, RZ_SAVE, "SIGUSR2"));
  rz_stop_saved(rule, 0.0);
  RZ_EXPECT(step_gives(comm, rule, 90.0, RZ_GO, "nothing"));
  rule->interval = INFINITY;
  jumped = 0.0;
  rz_stop_begin(rule, stage_a);
}

/* 1000 s with steps of 100 s and a checkpoint of 50 s: to be kept are 150 + 50 + 60. The checkpoint is no step. */
static void keeps_a_reserve(const rz_comm *comm, rz_stop_rule *rule) {
  rz_stop_limit(comm->rank == 0 ? 1000.0 : 0.0); /* rank 0's counts */
  rz_stop_limit(2000.0);                         /* and the earliest */
  jumped += 50.0;
  rz_stop_saved(rule, 50.0);
  for (int i = 0; i < 6; i++) RZ_EXPECT(step_gives(comm, rule, 100.0, RZ_GO, "nothing"));
  RZ_EXPECT_NEAR(rule->longest_step, 100.0, 1.0);
  RZ_EXPECT(rule->saving == 50.0);
  RZ_EXPECT(step_gives(comm, rule, 100.0, RZ_STOP, "the time limit"));
}

/* Causes that come later in the list win over those before, which stay. */
static void names_the_strongest(const rz_comm *comm, rz_stop_rule *rule) {
  if (comm->rank == 0) touch(rule->file[1]);
  RZ_EXPECT(step_gives(comm, rule, 0.0, RZ_STOP, "the time limit")); /* not looked for again so soon */
  RZ_EXPECT(step_gives(comm, rule, 1.5, RZ_STOP, "a STOP file"));
  static const struct {
    rz_stop_cause cause;
    const char *text;
  } rows[] = {{RZ_CAUSE_USR1, "SIGUSR1"}, {RZ_CAUSE_XCPU, "SIGXCPU"}, {RZ_CAUSE_INT, "SIGINT"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    ask_last(comm, rows[i].cause);
    ask_last(comm, RZ_CAUSE_USR2); /* to save is the lesser wish */
    RZ_EXPECT(step_gives(comm, rule, 0.0, RZ_STOP, rows[i].text));
  }
  if (comm->rank == 0) rz_stop_ask(RZ_CAUSE_TERM);
  RZ_EXPECT(step_gives(comm, rule, 0.0, RZ_STOP, "SIGTERM"));
  RZ_EXPECT(step_gives(comm, rule, 0.0, RZ_STOP, "SIGTERM"));
}

/* What an earlier stop has left is removed; what cannot be is named. */
/* Those of an earlier stop; one that was made since the process began is obeyed. */
static void clears_files(rz_stop_rule *rule) {
  for (int i = 0; i < 2; i++) touch(rule->file[i]);
  rule->since.tv_sec = time(NULL) - 100;
  RZ_EXPECT_OK(rz_stop_clear(rule));
  RZ_EXPECT(rz_scratch_count(dir) == 2);
  rule->since.tv_sec = time(NULL) + 100;
  RZ_EXPECT_OK(rz_stop_clear(rule));
  for (int i = 0; i < 2; i++) touch(rule->file[i]);
  RZ_EXPECT_OK(rz_stop_clear(rule));
  RZ_EXPECT(rz_scratch_count(dir) == 0);
  RZ_EXPECT(mkdir(rule->file[0], 0700) == 0);
  RZ_EXPECT(rz_stop_clear(rule) == RZ_ERR_CREATE && strstr(rz_error_message(), rule->file[0]));
  RZ_EXPECT(rmdir(rule->file[0]) == 0);
}

static void beats(void) {
  RZ_EXPECT(!rz_beat_read().stage);
  rz_beat(stage_a, 0);
  nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
  RZ_EXPECT(rz_beat_read().since >= 0.02 && rz_beat_read().longest == 0.0);
  rz_beat(stage_a, 7);
  const rz_beat_state s = rz_beat_read();
  RZ_EXPECT(s.stage == stage_a && s.step == 7 && s.longest >= 0.02);
  rz_beat(stage_b, 1); /* another stage has its own steps */
  RZ_EXPECT(rz_beat_read().stage == stage_b && rz_beat_read().step == 1 && rz_beat_read().longest == 0.0);
  rz_beat_end();
  RZ_EXPECT(!rz_beat_read().stage);
}

int main(int argc, char **argv) {
  rz_comm comm;
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  RZ_EXPECT(rz_scratch_make(dir) == 0);
  rz_stop_rule rule = rz_stop_rule_default();
  RZ_EXPECT(rule.margin == 60.0);
  rule.clock = jumping_clock;
  rule.file[0] = rz_scratch_path(dir, "run.stop", buffer[0]);
  rule.file[1] = rz_scratch_path(dir, "STOP", buffer[1]);
  beats();
  clears_files(&rule);
  rz_stop_begin(&rule, stage_a);
  RZ_EXPECT(rz_beat_read().stage == stage_a);
  saves_once(&comm, &rule);
  saves_at_intervals(&comm, &rule);
  keeps_a_reserve(&comm, &rule);
  names_the_strongest(&comm, &rule);
  rz_stop_end(&rule);
  RZ_EXPECT(!rz_beat_read().stage);
  rz_scratch_remove(dir);
  return rz_check_finish();
}
