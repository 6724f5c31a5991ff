#include "ritz/core/log.h"

#include <stdarg.h>

void rz_log_print(rz_log *log, rz_log_level level, const char *fmt, ...) {
  if (!log || !log->out || level > log->level) return;
  va_list args;
  va_start(args, fmt);
  vfprintf(log->out, fmt, args);
  va_end(args);
  fflush(log->out);
}

void rz_log_warn(rz_log *log, const char *fmt, ...) {
  if (!log) return;
  char text[sizeof log->warnings[0]];
  va_list args;
  va_start(args, fmt);
  vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  if (log->n_warnings < (int)(sizeof log->warnings / sizeof log->warnings[0]))
    snprintf(log->warnings[log->n_warnings], sizeof log->warnings[0], "%s", text);
  log->n_warnings++;
  rz_log_print(log, RZ_LOG_SUMMARY, "warning: %s\n", text);
}
