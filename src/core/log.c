#include "ritz/core/log.h"

#include <stdarg.h>
#include <string.h>

void rz_log_print(rz_log *log, rz_log_level level, const char *fmt, ...) {
  if (!log || !log->out || level > log->level) return;
  va_list args;
  va_start(args, fmt);
  vfprintf(log->out, fmt, args);
  va_end(args);
  fflush(log->out);
}

static void keep(rz_log *log, int at, const char *name, const char *fmt, va_list args) {
  char text[sizeof log->warnings[0]];
  vsnprintf(text, sizeof text, fmt, args);
  if (at < RZ_LOG_KEPT) {
    snprintf(log->warnings[at], sizeof log->warnings[0], "%s", text);
    snprintf(log->flags[at], sizeof log->flags[0], "%s", name);
  }
  if (at == log->n_warnings) log->n_warnings++;
  rz_log_print(log, RZ_LOG_SUMMARY, "warning: %s\n", text);
}

void rz_log_warn(rz_log *log, const char *fmt, ...) {
  if (!log) return;
  va_list args;
  va_start(args, fmt);
  keep(log, log->n_warnings, "", fmt, args);
  va_end(args);
}

void rz_log_flag(rz_log *log, const char *name, const char *fmt, ...) {
  if (!log) return;
  int at = 0;
  while (at < log->n_warnings && !(at < RZ_LOG_KEPT && strcmp(log->flags[at], name) == 0)) at++;
  va_list args;
  va_start(args, fmt);
  keep(log, at, name, fmt, args);
  va_end(args);
}
