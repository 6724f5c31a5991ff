/* Counted, 64-byte aligned memory. The counters are what tests and `ritz check` quote; the hostile build fills fresh
 * memory with signalling bytes (NaN as double) and can be told to fail. Local; no communication. */
#ifndef RITZ_CORE_MEMORY_H
#define RITZ_CORE_MEMORY_H

#include "ritz/core/error.h"
#include <stdint.h>

/* n elements of size bytes each (n = 0 gives a valid pointer of one line); overflow of n * size is an error.
 * Not cleared; rz_calloc clears. Errors: RZ_ERR_MEMORY, naming the size. Owner: the caller, by rz_free. */
rz_err rz_malloc(int64_t n, size_t size, void **out);
rz_err rz_calloc(int64_t n, size_t size, void **out);
/* Free and clear the pointer; NULL-safe. Call as rz_free(&p). */
void rz_free_(void **p);
#define rz_free(pp) rz_free_((void **)(pp))

#define RZ_NEW(n, pp) rz_malloc((int64_t)(n), sizeof **(pp), (void **)(pp))
#define RZ_NEW0(n, pp) rz_calloc((int64_t)(n), sizeof **(pp), (void **)(pp))

/* A malloc'ed-by-us copy of a string; owner: caller. */
rz_err rz_strdup(const char *s, char **out);

typedef struct rz_memory_info {
  int64_t bytes;   /* in use now */
  int64_t peak;    /* highest since the last rz_memory_reset_peak */
  int64_t n_alive; /* blocks not yet freed */
} rz_memory_info;
rz_memory_info rz_memory_query(void);
void rz_memory_reset_peak(void);
/* Fault injection for tests: the n-th allocation from now fails (n = 1: the next); n <= 0 switches it off. */
void rz_memory_fail_at(int64_t n);

#endif
