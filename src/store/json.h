/* One line of JSON, put together in memory (RFC 8259). Local. */
#ifndef RITZ_STORE_JSON_H
#define RITZ_STORE_JSON_H

#include "ritz/core/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct rz_json {
  char *bytes; /* owner: caller, by rz_free */
  size_t n, room;
} rz_json;

rz_err rz_json_raw(rz_json *j, const char *text);
/* A string, escaped; bytes that are not UTF-8 become U+FFFD; NULL becomes null. */
rz_err rz_json_text(rz_json *j, const char *text);
/* The fewest digits that read back to the same double; non-finite as "nan", "inf", "-inf", or null for NaN if so
 * asked. */
rz_err rz_json_real(rz_json *j, double x, bool nan_is_null);
rz_err rz_json_int(rz_json *j, int64_t x);

#endif
