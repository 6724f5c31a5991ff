#include "strbuf.h"

#include "ritz/core/memory.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

rz_err rz_grow(void **a, int64_t *cap, int64_t used, int64_t need, size_t size) {
  if (need <= *cap) return RZ_OK;
  int64_t wanted = *cap < 16 ? 16 : 2 * *cap;
  if (wanted < need) wanted = need;
  void *bigger = NULL;
  RZ_TRY(rz_malloc(wanted, size, &bigger));
  if (used > 0) memcpy(bigger, *a, (size_t)used * size);
  rz_free_(a);
  *a = bigger;
  *cap = wanted;
  return RZ_OK;
}

rz_err rz_strbuf_reserve(rz_strbuf *b, int64_t more) {
  RZ_TRY(rz_grow((void **)&b->s, &b->cap, b->n, b->n + more + 1, 1));
  b->s[b->n] = '\0';
  return RZ_OK;
}

rz_err rz_strbuf_add(rz_strbuf *b, const char *s, int64_t n) {
  RZ_TRY(rz_strbuf_reserve(b, n));
  if (n > 0) memcpy(b->s + b->n, s, (size_t)n);
  b->n += n;
  b->s[b->n] = '\0';
  return RZ_OK;
}

rz_err rz_strbuf_printf(rz_strbuf *b, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  const int n = vsnprintf(NULL, 0, fmt, args);
  va_end(args);
  RZ_CHECK(n >= 0, RZ_ERR_INTERNAL, "text cannot be formatted: '%s'", fmt);
  RZ_TRY(rz_strbuf_reserve(b, n));
  va_start(args, fmt);
  (void)vsnprintf(b->s + b->n, (size_t)n + 1, fmt, args);
  va_end(args);
  b->n += n;
  return RZ_OK;
}

void rz_strbuf_clear(rz_strbuf *b) {
  b->n = 0;
  if (b->s) b->s[0] = '\0';
}

void rz_strbuf_free(rz_strbuf *b) {
  rz_free(&b->s);
  b->n = b->cap = 0;
}
