/* The live trace NAME.jsonl: one JSON object per line, one write per line. One rank writes. Local; no communication. */
#ifndef RITZ_STORE_TRACE_H
#define RITZ_STORE_TRACE_H

#include "ritz/core/error.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct rz_trace rz_trace;

/* One member of a line. Numbers print so that they read back to the same double; non-finite ones as the strings "nan",
 * "inf", "-inf", for JSON has none; NaN of a quantity that is not defined (RZ_FIELD_OPTIONAL) as null. */
typedef enum rz_field_type { RZ_FIELD_REAL, RZ_FIELD_OPTIONAL, RZ_FIELD_INT, RZ_FIELD_TEXT } rz_field_type;
typedef struct rz_field {
  const char *name;
  rz_field_type type;
  double real;
  int64_t integer;
  const char *text;
} rz_field;

/* RZ_ERR_CREATE if it exists and overwrite is false, or cannot be made. */
rz_err rz_trace_create(const char *path, bool overwrite, rz_trace **out);
/* Go on with the trace of an earlier run, which rz_trace_cut puts in order, or start one. RZ_ERR_CREATE. */
rz_err rz_trace_reopen(const char *path, rz_trace **out);
/* Its length now. RZ_ERR_IO. */
rz_err rz_trace_length(const rz_trace *t, int64_t *bytes);
/* Cut it back to `bytes`, its length at an earlier time. *whole: it was that long; if it was not, lines are missing,
 * and it is left as it is. RZ_ERR_IO. */
rz_err rz_trace_cut(rz_trace *t, int64_t bytes, bool *whole);
rz_err rz_trace_line(rz_trace *t, int n, const rz_field *fields);
rz_err rz_trace_close(rz_trace **t);

#endif
