/* Diagnostics about one text: where, how bad, what; printed with file:line:column, the source line and a caret.
 * At most RZ_REPORT_MAX messages of each severity are kept, further ones are only counted, so that a hostile text
 * cannot make the report grow; the report says how many were left out. Local; no communication. */
#ifndef RITZ_CORE_REPORT_H
#define RITZ_CORE_REPORT_H

#include "ritz/core/error.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#define RZ_REPORT_MAX 100

typedef enum rz_severity { RZ_SEVERITY_ERROR, RZ_SEVERITY_WARNING, RZ_SEVERITY_NOTE, RZ_N_SEVERITIES } rz_severity;

typedef struct rz_report rz_report;

/* file and text (n bytes) are borrowed. Errors: RZ_ERR_MEMORY. */
rz_err rz_report_create(const char *file, const char *text, int64_t n, rz_report **out);
void rz_report_destroy(rz_report **report);
/* Add a message at byte offset pos of the text; pos < 0: about the file as a whole. O(1) once the report is full. */
rz_err rz_report_add(rz_report *report, rz_severity severity, int64_t pos, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
rz_err rz_report_add_va(rz_report *report, rz_severity severity, int64_t pos, const char *fmt, va_list args);
/* Would a further message be dropped? Lets callers skip costly suggestions. */
bool rz_report_full(const rz_report *report, rz_severity severity);
int64_t rz_report_count(const rz_report *report, rz_severity severity);
/* All messages of a severity, ordered by place; "" if none. Owner: caller. */
rz_err rz_report_render(const rz_report *report, rz_severity severity, char **out);
/* Line number, from 1, of a byte offset. Scans the text: for messages only. */
int64_t rz_report_line(const rz_report *report, int64_t pos);

/* A piece of the text made fit for a message: at most 48 bytes, control characters replaced. */
#define RZ_EXCERPT_SIZE 56
const char *rz_excerpt(const char *s, int64_t n, char buffer[RZ_EXCERPT_SIZE]);

#endif
