/* When to stop, or to save and go on: asked for by signals, a STOP file or the end of the time, and agreed by all ranks
 * between two steps. The library touches no signal: the program's handlers raise the flag here. */
#ifndef RITZ_CORE_STOP_H
#define RITZ_CORE_STOP_H

#include "ritz/core/comm.h"
#include "ritz/core/error.h"
#include <stdint.h>
#include <time.h>

/* What to do after this step: go on; write a checkpoint and go on; write a checkpoint and leave (RZ_ERR_STOPPED). */
typedef enum rz_stop { RZ_GO, RZ_SAVE, RZ_STOP } rz_stop;

/* cause, what it asks for, name for people. If several causes come together the last of them counts. */
#define RZ_STOP_LIST(X)                                                                                                \
  X(RZ_CAUSE_NONE, RZ_GO, "nothing")                                                                                   \
  X(RZ_CAUSE_DUE, RZ_SAVE, "the interval")                                                                             \
  X(RZ_CAUSE_USR2, RZ_SAVE, "SIGUSR2")                                                                                 \
  X(RZ_CAUSE_TIME, RZ_STOP, "the time limit")                                                                          \
  X(RZ_CAUSE_FILE, RZ_STOP, "a STOP file")                                                                             \
  X(RZ_CAUSE_USR1, RZ_STOP, "SIGUSR1")                                                                                 \
  X(RZ_CAUSE_XCPU, RZ_STOP, "SIGXCPU")                                                                                 \
  X(RZ_CAUSE_INT, RZ_STOP, "SIGINT")                                                                                   \
  X(RZ_CAUSE_TERM, RZ_STOP, "SIGTERM")

typedef enum rz_stop_cause {
#define RZ_STOP_ENUM(cause, what, text) cause,
  RZ_STOP_LIST(RZ_STOP_ENUM)
#undef RZ_STOP_ENUM
} rz_stop_cause;

/* Raise the flag of this process. Safe in a signal handler and from any thread. */
void rz_stop_ask(rz_stop_cause cause);
/* What this process was asked for; local. */
rz_stop rz_stop_asked(void);
/* This process will have to end in so many seconds from now, by the monotonic clock: the earliest of all limits that
 * are given counts. Any thread; only rank 0's counts. */
void rz_stop_limit(double seconds);

/* What rank 0 looks at, and what every rank has measured. Fields may be set before rz_stop_begin. */
typedef struct rz_stop_rule {
  const char *file[2];        /* borrowed names of files that ask for a stop, or NULL */
  struct timespec since;      /* those older than this are of an earlier stop */
  double margin;              /* seconds to spare before the limit; 60 by default */
  double interval;            /* seconds from one checkpoint to the next; infinite by default */
  double (*clock)(void);      /* rz_wall_time by default */
  const char *stage;          /* set by rz_stop_begin */
  double last, looked, saved; /* end of the last step; last look at the files; last checkpoint, or start of the stage */
  double longest_step, saving; /* longest so far, in seconds */
} rz_stop_rule;

/* 60 s of margin, no interval, no files. */
rz_stop_rule rz_stop_rule_default(void);
/* Files that an earlier stop has left behind (older than rule->since) go. One rank calls. RZ_ERR_CREATE if one cannot
 * be removed. */
rz_err rz_stop_clear(const rz_stop_rule *rule);

/* A stage of steps begins; from now on it is watched (ritz/core/beat.h). `stage` is a literal. Local. */
void rz_stop_begin(rz_stop_rule *rule, const char *stage);
/* A step ended: what now? The same answer on every rank, the strongest any of them was asked for; rank 0 adds
 *   limit - now < 1.5 longest step + longest saving + margin   (stop),   now - last checkpoint >= interval   (save)
 * and the files, which it looks for at most once a second. why: static text. Collective: one maximum. */
rz_err rz_stop_agree(const rz_comm *comm, rz_stop_rule *rule, int64_t step, rz_stop *out, const char **why);
/* A checkpoint was written, which took so many seconds and is no part of a step. Local. */
void rz_stop_saved(rz_stop_rule *rule, double seconds);
/* The stage is over. Local. */
void rz_stop_end(rz_stop_rule *rule);

#endif
