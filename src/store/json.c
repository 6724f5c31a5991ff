#include "json.h"

#include "ritz/core/memory.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static rz_err put(rz_json *j, const char *bytes, size_t n) {
  if (j->n + n > j->room) {
    char *larger = NULL;
    const size_t room = 2 * (j->n + n) + 256;
    RZ_TRY(RZ_NEW(room, &larger));
    if (j->n > 0) memcpy(larger, j->bytes, j->n);
    rz_free(&j->bytes);
    j->bytes = larger;
    j->room = room;
  }
  memcpy(j->bytes + j->n, bytes, n);
  j->n += n;
  return RZ_OK;
}

rz_err rz_json_raw(rz_json *j, const char *text) { return put(j, text, strlen(text)); }

/* Length of the well-formed UTF-8 sequence at s (Unicode 15, table 3-7), 0 if there is none. */
static size_t utf8_length(const unsigned char *s) {
  const unsigned char a = s[0];
  if (a < 0x80) return 1;
  if (a < 0xc2 || a > 0xf4) return 0;
  const size_t n = a < 0xe0 ? 2 : a < 0xf0 ? 3 : 4;
  const unsigned char low = a == 0xe0 ? 0xa0 : a == 0xf0 ? 0x90 : 0x80;
  const unsigned char high = a == 0xed ? 0x9f : a == 0xf4 ? 0x8f : 0xbf;
  if (s[1] < low || s[1] > high) return 0;
  for (size_t i = 2; i < n; i++)
    if ((s[i] & 0xc0) != 0x80) return 0;
  return n;
}

rz_err rz_json_text(rz_json *j, const char *text) {
  if (!text) return rz_json_raw(j, "null");
  RZ_TRY(put(j, "\"", 1));
  for (const unsigned char *s = (const unsigned char *)text; *s;) {
    char escape[8];
    const size_t n = utf8_length(s);
    if (n == 0)
      RZ_TRY(put(j, "\\ufffd", 6));
    else if (*s == '"' || *s == '\\')
      RZ_TRY(put(j, (const char[]){'\\', (char)*s}, 2));
    else if (*s < 0x20)
      RZ_TRY(put(j, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", *s)));
    else
      RZ_TRY(put(j, (const char *)s, n));
    s += n > 0 ? n : 1;
  }
  return put(j, "\"", 1);
}

rz_err rz_json_real(rz_json *j, double x, bool nan_is_null) {
  if (isnan(x)) return rz_json_raw(j, nan_is_null ? "null" : "\"nan\"");
  if (isinf(x)) return rz_json_raw(j, x > 0 ? "\"inf\"" : "\"-inf\"");
  char digits[40];
  for (int precision = 15; precision <= 17; precision++) {
    snprintf(digits, sizeof digits, "%.*g", precision, x);
    if (strtod(digits, NULL) == x) break;
  }
  char *comma = strchr(digits, ','); /* the caller's locale */
  if (comma) *comma = '.';
  return rz_json_raw(j, digits);
}

rz_err rz_json_int(rz_json *j, int64_t x) {
  char digits[24];
  snprintf(digits, sizeof digits, "%" PRId64, x);
  return rz_json_raw(j, digits);
}
