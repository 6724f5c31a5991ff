/* Private to drive: progress for people. A redrawn bar on a terminal, plain lines in a log file. */
#ifndef RITZ_DRIVE_PROGRESS_H
#define RITZ_DRIVE_PROGRESS_H

#include "ritz/core/log.h"
#include <stdint.h>

typedef struct rz_progress {
  rz_log *log;
  int64_t first, total, every;
  double start, last;
} rz_progress;

/* first: steps that were done before, by another process. */
rz_progress rz_progress_begin(rz_log *log, int64_t first, int64_t total, int64_t every);
/* done steps of total; text says what happened in the last one. */
void rz_progress_show(rz_progress *p, int64_t done, const char *text);
void rz_progress_end(rz_progress *p);

#endif
