#define _GNU_SOURCE /* sched_getaffinity */
#include "ritz/core/parallel.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#ifdef _OPENMP
#include <omp.h>
#endif

static int n_thread = 1;

rz_err rz_threads_choose(int n) {
  RZ_CHECK(n >= 1, RZ_ERR_ARG, "%d threads: there must be one at least", n);
#ifndef _OPENMP
  RZ_CHECK(n == 1, RZ_ERR_ENV, "%d threads were asked for, but this program was built without OpenMP", n);
#endif
  n_thread = n;
  return RZ_OK;
}

int rz_threads_current(void) { return n_thread; }

int rz_threads_allowed(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return n_thread; /* more processors than the set can name */
  return CPU_COUNT(&set);
}

static bool inside_region(void) {
#ifdef _OPENMP
  return omp_in_parallel() != 0;
#else
  return false;
#endif
}

/* Records of errors belong to threads: the first one's is copied for the thread that goes on. */
typedef struct failure {
  int share;
  rz_err rc;
  char message[RZ_MESSAGE_SIZE];
} failure;

static void keep_lowest(failure *f, int share, rz_err rc) {
  if (f->rc != RZ_OK && f->share < share) return;
  f->share = share;
  f->rc = rc;
  snprintf(f->message, sizeof f->message, "%s", rz_error_message());
}

static rz_err run_shares(int64_t n, int n_share, rz_parallel_body *body, void *ctx) {
  failure first;
  first.rc = RZ_OK;
#ifdef _OPENMP
#pragma omp parallel for num_threads(n_share) schedule(static, 1)
#endif
  for (int i = 0; i < n_share; i++) {
    const rz_err rc = body(ctx, rz_share(n, i, n_share));
    if (rc == RZ_OK) continue;
#ifdef _OPENMP
#pragma omp critical(rz_parallel_failure)
#endif
    keep_lowest(&first, i, rc);
  }
  if (first.rc != RZ_OK) rz_error_adopt(first.message);
  return first.rc;
}

rz_err rz_parallel(int64_t n, rz_parallel_body *body, void *ctx) {
  const int n_share = n < n_thread ? (int)n : n_thread;
  if (n == 0) return RZ_OK;
  if (n_share == 1 || inside_region())
    RZ_TRY(body(ctx, (rz_range){.first = 0, .count = n}));
  else
    RZ_TRY(run_shares(n, n_share, body, ctx));
  return RZ_OK;
}
