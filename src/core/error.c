#include "ritz/core/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TRACE_SIZE = 4096 };

/* The one thread-local record that stands in for errno. */
static _Thread_local char message[RZ_MESSAGE_SIZE];
static _Thread_local char traceback[TRACE_SIZE];

const char *rz_err_text(rz_err err) {
  switch (err) {
#define RZ_ERR_CASE(name, code, text)                                                                                  \
  case name:                                                                                                           \
    return text;
    RZ_ERR_LIST(RZ_ERR_CASE)
#undef RZ_ERR_CASE
  }
  return "unknown error";
}

int rz_err_exit_code(rz_err err) {
  switch (err) {
#define RZ_ERR_CASE(name, code, text)                                                                                  \
  case name:                                                                                                           \
    return code;
    RZ_ERR_LIST(RZ_ERR_CASE)
#undef RZ_ERR_CASE
  }
  return 70;
}

static void trace_line(const char *file, int line, const char *func) {
  const size_t used = strlen(traceback);
  snprintf(traceback + used, TRACE_SIZE - used, "  at %s (%s:%d)\n", func, file, line);
}

rz_err rz_error_set(rz_err err, const char *file, int line, const char *func, const char *fmt, ...) {
  /* The arguments may point into the record itself, so it is written only when the new text is complete. */
  static _Thread_local char text[RZ_MESSAGE_SIZE];
  va_list args;
  va_start(args, fmt);
  vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  memcpy(message, text, sizeof message);
  traceback[0] = '\0';
  trace_line(file, line, func);
  return err;
}

rz_err rz_error_trace(rz_err err, const char *file, int line, const char *func) {
  trace_line(file, line, func);
  return err;
}

const char *rz_error_message(void) { return message; }
const char *rz_error_traceback(void) { return traceback; }

void rz_error_clear(void) {
  message[0] = '\0';
  traceback[0] = '\0';
}

void rz_error_adopt(const char *text) {
  snprintf(message, sizeof message, "%s", text);
  traceback[0] = '\0';
}
