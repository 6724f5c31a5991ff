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
rz_err rz_trace_line(rz_trace *t, int n, const rz_field *fields);
rz_err rz_trace_close(rz_trace **t);

#endif
