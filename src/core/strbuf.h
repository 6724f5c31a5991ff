/* A growing text. Start from {0}; NUL-terminated once anything was added. Local; no communication. */
#ifndef RITZ_CORE_STRBUF_H
#define RITZ_CORE_STRBUF_H

#include "ritz/core/error.h"
#include <stdint.h>

typedef struct rz_strbuf {
  char *s;
  int64_t n, cap; /* length without the NUL; bytes allocated */
} rz_strbuf;

/* Room for `more` further bytes and a NUL. Errors: RZ_ERR_MEMORY (as of the functions below). */
rz_err rz_strbuf_reserve(rz_strbuf *b, int64_t more);
rz_err rz_strbuf_add(rz_strbuf *b, const char *s, int64_t n);
rz_err rz_strbuf_printf(rz_strbuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Forget the text, keep the memory. */
void rz_strbuf_clear(rz_strbuf *b);
void rz_strbuf_free(rz_strbuf *b);

/* Growing arrays of the same kind: make room for `need` elements of `size` bytes in *a, doubling. */
rz_err rz_grow(void **a, int64_t *cap, int64_t used, int64_t need, size_t size);

#endif
