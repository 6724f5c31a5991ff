/* Messages for people. The library prints only through a log its caller gives it; NULL is a silent log. Local. */
#ifndef RITZ_CORE_LOG_H
#define RITZ_CORE_LOG_H

#include <stdio.h>

typedef enum rz_log_level {
  RZ_LOG_QUIET = 0,   /* errors only */
  RZ_LOG_SUMMARY = 1, /* a page per run: header, warnings, closing summary */
  RZ_LOG_STEPS = 2,   /* a line per reported step */
  RZ_LOG_DEBUG = 3    /* anything */
} rz_log_level;

typedef struct rz_log {
  FILE *out;          /* NULL on ranks that do not print */
  rz_log_level level; /* what may be printed */
  int is_tty;         /* a progress bar may be redrawn */
  int n_warnings;     /* counted; repeated at the end by the owner */
  char warnings[8][256];
} rz_log;

void rz_log_print(rz_log *log, rz_log_level level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* A warning: printed at once with "warning: ", kept for the closing summary (first 8), counted. */
void rz_log_warn(rz_log *log, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
