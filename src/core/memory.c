#define _DEFAULT_SOURCE /* madvise */
#include "ritz/core/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* A header of one cache line keeps the size of each block, so that the counters balance at free. */
enum { LINE = 64 };

/* Large blocks lie on huge pages where the system lends them: vectors that are read in no order otherwise spend as much
 * time on finding their pages as on reading them. */
enum { HUGE_PAGE = 1 << 21, HUGE_FROM = 2 * HUGE_PAGE };

static char *allocate(size_t bytes) {
  if (bytes < HUGE_FROM) return aligned_alloc(LINE, bytes);
  char *const raw = aligned_alloc(HUGE_PAGE, (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
#ifdef MADV_HUGEPAGE
  if (raw) (void)madvise(raw, bytes, MADV_HUGEPAGE); /* advice: nothing depends on it */
#endif
  return raw;
}

static _Atomic int64_t bytes_now, bytes_peak, blocks_alive, fail_countdown;

static void count(int64_t bytes) {
  const int64_t now = atomic_fetch_add(&bytes_now, bytes) + bytes;
  int64_t peak = atomic_load(&bytes_peak);
  while (now > peak && !atomic_compare_exchange_weak(&bytes_peak, &peak, now)) {
  }
  atomic_fetch_add(&blocks_alive, bytes > 0 ? 1 : -1);
}

rz_err rz_malloc(int64_t n, size_t size, void **out) {
  *out = NULL;
  RZ_CHECK(n >= 0, RZ_ERR_ARG, "cannot allocate %lld elements", (long long)n);
  RZ_CHECK(size == 0 || (uint64_t)n <= (uint64_t)(INT64_MAX - 4 * LINE) / size, RZ_ERR_MEMORY,
           "cannot allocate %lld elements of %zu bytes", (long long)n, size);
  const size_t wanted = (size_t)n * size;
  const size_t padded = (wanted / LINE + 1) * LINE;
  if (atomic_load(&fail_countdown) > 0 && atomic_fetch_sub(&fail_countdown, 1) == 1)
    RZ_FAIL(RZ_ERR_MEMORY, "cannot allocate %zu bytes (injected)", wanted);
  char *raw = allocate(padded + LINE);
  RZ_CHECK(raw, RZ_ERR_MEMORY, "cannot allocate %zu bytes", wanted);
  *(int64_t *)raw = (int64_t)padded;
  count((int64_t)padded);
#ifdef RITZ_HOSTILE
  memset(raw + LINE, 0xff, padded); /* all ones is a NaN */
#endif
  *out = raw + LINE;
  return RZ_OK;
}

rz_err rz_calloc(int64_t n, size_t size, void **out) {
  RZ_TRY(rz_malloc(n, size, out));
  memset(*out, 0, (size_t)n * size);
  return RZ_OK;
}

void rz_free_(void **p) {
  if (!p || !*p) return;
  char *raw = (char *)*p - LINE;
  count(-*(int64_t *)raw);
  free(raw);
  *p = NULL;
}

rz_err rz_strdup(const char *s, char **out) {
  const size_t n = strlen(s) + 1;
  RZ_TRY(rz_malloc((int64_t)n, 1, (void **)out));
  memcpy(*out, s, n);
  return RZ_OK;
}

rz_memory_info rz_memory_query(void) {
  return (rz_memory_info){
      .bytes = atomic_load(&bytes_now), .peak = atomic_load(&bytes_peak), .n_alive = atomic_load(&blocks_alive)};
}

void rz_memory_reset_peak(void) { atomic_store(&bytes_peak, atomic_load(&bytes_now)); }
void rz_memory_fail_at(int64_t n) { atomic_store(&fail_countdown, n > 0 ? n : 0); }
