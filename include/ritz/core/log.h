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

enum { RZ_LOG_KEPT = 32 };

typedef struct rz_log {
  FILE *out;          /* NULL on ranks that do not print */
  rz_log_level level; /* what may be printed */
  int is_tty;         /* a progress bar may be redrawn */
  int n_warnings;     /* counted; repeated at the end by the owner */
  char warnings[RZ_LOG_KEPT][256];
  char flags[RZ_LOG_KEPT][32]; /* their names; empty for what rz_log_warn said */
} rz_log;

void rz_log_print(rz_log *log, rz_log_level level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* A warning: printed at once with "warning: ", kept for the closing summary (first RZ_LOG_KEPT), counted. About
 * circumstances of the run; what makes its numbers doubtful is flagged. */
void rz_log_warn(rz_log *log, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same with a name for machines ("below_bound"), under which results and trace keep it. The same flag
 * raised again replaces its text. */
void rz_log_flag(rz_log *log, const char *name, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
