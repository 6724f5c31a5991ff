/* Constants of a namelist: numbers and logicals. Independent of the locale. */
#include "namelist.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_sign(char c) { return c == '+' || c == '-'; }

static int64_t skip_digits(const char *s, int64_t n, int64_t at) {
  while (at < n && is_digit(s[at])) at++;
  return at;
}

/* Is s[0..n) the word, in any case? */
static bool is_word(const char *s, int64_t n, const char *word) {
  return (int64_t)strlen(word) == n && strncasecmp(s, word, (size_t)n) == 0;
}

bool rz_nml_scan_bool(const char *s, int64_t n, bool *value) {
  if (n > 0 && s[0] == '.') {
    s++;
    n--;
    if (n > 0 && s[n - 1] == '.') n--;
  }
  *value = is_word(s, n, "t") || is_word(s, n, "true");
  return *value || is_word(s, n, "f") || is_word(s, n, "false");
}

/* inf, infinity, nan, nan(...) behind an optional sign. */
static bool scan_non_finite(const char *s, int64_t n, double *x) {
  const bool negative = n > 0 && s[0] == '-';
  if (n > 0 && is_sign(s[0])) {
    s++;
    n--;
  }
  const bool is_inf = is_word(s, n, "inf") || is_word(s, n, "infinity");
  const bool is_nan = is_word(s, n, "nan") || (n >= 5 && strncasecmp(s, "nan(", 4) == 0 && s[n - 1] == ')');
  *x = is_nan ? (double)NAN : negative ? -(double)INFINITY : (double)INFINITY;
  return is_inf || is_nan;
}

/* Where the parts of a number lie: [sign] digits [. digits] [exponent]. */
typedef struct number_shape {
  int64_t point; /* offset of the point or -1 */
  int64_t mantissa_end;
  int64_t exponent; /* first byte of the exponent's sign or digits, or -1 */
  bool has_letter;  /* of the exponent */
} number_shape;

static bool find_shape(const char *s, int64_t n, number_shape *shape) {
  *shape = (number_shape){.point = -1, .exponent = -1};
  int64_t at = n > 0 && is_sign(s[0]) ? 1 : 0;
  const int64_t first = at;
  at = skip_digits(s, n, at);
  int64_t n_digits = at - first;
  if (at < n && s[at] == '.') {
    shape->point = at++;
    const int64_t fraction = at;
    at = skip_digits(s, n, at);
    n_digits += at - fraction;
  }
  shape->mantissa_end = at;
  if (n_digits == 0) return false;
  if (at == n) return true;
  shape->has_letter = strchr("eEdDqQ", s[at]) != NULL;
  if (shape->has_letter)
    at++;
  else if (!is_sign(s[at]))
    return false;
  shape->exponent = at;
  if (at < n && is_sign(s[at])) at++;
  return at < n && skip_digits(s, n, at) == n;
}

static bool to_int64(const char *s, int64_t n, int64_t *value) {
  const bool negative = s[0] == '-';
  int64_t x = 0; /* runs on the negative side, which is one longer */
  for (int64_t i = is_sign(s[0]) ? 1 : 0; i < n; i++)
    if (__builtin_mul_overflow(x, 10, &x) || __builtin_sub_overflow(x, s[i] - '0', &x)) return false;
  if (!negative && x == INT64_MIN) return false;
  *value = negative ? x : -x;
  return true;
}

/* The number as strtod of the present locale wants it: its decimal point, 'e' before the exponent. */
static rz_err normalise(const char *s, int64_t n, const number_shape *shape, rz_strbuf *out) {
  rz_strbuf_clear(out);
  if (shape->point < 0) {
    RZ_TRY(rz_strbuf_add(out, s, shape->mantissa_end));
  } else {
    RZ_TRY(rz_strbuf_add(out, s, shape->point));
    RZ_TRY(rz_strbuf_printf(out, "%s", localeconv()->decimal_point));
    RZ_TRY(rz_strbuf_add(out, s + shape->point + 1, shape->mantissa_end - shape->point - 1));
  }
  if (shape->exponent < 0) return RZ_OK;
  RZ_TRY(rz_strbuf_add(out, "e", 1));
  return rz_strbuf_add(out, s + shape->exponent, n - shape->exponent);
}

rz_err rz_nml_scan_number(const char *s, int64_t n, rz_strbuf *scratch, rz_nml_value *v, rz_nml_scan *result) {
  number_shape shape;
  *result = RZ_SCAN_OK;
  if (!find_shape(s, n, &shape)) {
    v->kind = RZ_NML_REAL;
    if (!scan_non_finite(s, n, &v->real[0])) *result = RZ_SCAN_NOT;
    return RZ_OK;
  }
  const bool is_int = shape.point < 0 && shape.exponent < 0;
  v->kind = is_int ? RZ_NML_INT : RZ_NML_REAL;
  if (is_int && to_int64(s, n, &v->integer)) return RZ_OK;
  v->is_wide = is_int;
  RZ_TRY(normalise(s, n, &shape, scratch));
  errno = 0;
  const double x = strtod(scratch->s, NULL);
  v->real[0] = x;
  if (!isfinite(x))
    *result = RZ_SCAN_OVERFLOW;
  else if (errno == ERANGE)
    *result = RZ_SCAN_UNDERFLOW;
  else if (shape.exponent >= 0 && !shape.has_letter)
    *result = RZ_SCAN_BARE_EXPONENT;
  return RZ_OK;
}

const char *rz_nml_print_real(double x, char buffer[RZ_REAL_SIZE]) {
  for (int digits = 15; digits <= 17; digits++) {
    (void)snprintf(buffer, RZ_REAL_SIZE, "%.*g", digits, x);
    if (strtod(buffer, NULL) == x) break;
  }
  const char *point = localeconv()->decimal_point;
  char *found = strstr(buffer, point);
  if (found) { /* one byte for the locale's point, which may be longer */
    const size_t length = strlen(point);
    *found = '.';
    memmove(found + 1, found + length, strlen(found + length) + 1);
  } else if (isfinite(x) && !strchr(buffer, 'e')) {
    strcat(buffer, ".0");
  }
  return buffer;
}
