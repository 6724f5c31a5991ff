/* modules: core */
/* Shares of items over threads: each item once, errors as one thread would meet them. */
#include "check.h"
#include "ritz/core/parallel.h"

#include <stdatomic.h>
#include <string.h>

enum { MANY = 1000 };

typedef struct job {
  int count[MANY];
  int64_t fails_at[2];
  _Atomic int n_call;
} job;

static rz_err visit(void *ctx, rz_range share) {
  job *j = ctx;
  j->n_call++;
  for (int64_t i = share.first; i < share.first + share.count; i++) {
    RZ_CHECK(i != j->fails_at[0] && i != j->fails_at[1], RZ_ERR_NUM, "item %lld", (long long)i);
    j->count[i]++;
  }
  return RZ_OK;
}

static rz_err visit_inside(void *ctx, rz_range share) {
  for (int64_t i = share.first; i < share.first + share.count; i++) {
    job inner = {.fails_at = {-1, i == 3 ? 7 : -1}};
    const rz_err rc = rz_parallel(10, visit, &inner);
    RZ_CHECK(rz_threads_current() == 1 || inner.n_call == 1, RZ_ERR_INTERNAL, "a region inside a region was cut");
    RZ_TRY(rc);
    ((job *)ctx)->count[i]++;
  }
  return RZ_OK;
}

static void shares(int n_thread) {
  for (int n = 0; n <= MANY; n = n < 8 ? n + 1 : n * 5 / 4) {
    job j = {.fails_at = {-1, -1}};
    RZ_EXPECT_OK(rz_parallel(n, visit, &j));
    int right = 0;
    for (int i = 0; i < MANY; i++) right += j.count[i] == (i < n);
    RZ_EXPECT(right == MANY);
    RZ_EXPECT(j.n_call == (n < n_thread ? n : n_thread));
  }
}

static void failures(void) {
  for (int k = 0; k < 20; k++) {
    job j = {.fails_at = {47 * k, 990}};
    char expected[32];
    snprintf(expected, sizeof expected, "item %d", 47 * k);
    RZ_EXPECT(rz_parallel(MANY, visit, &j) == RZ_ERR_NUM);
    RZ_EXPECT(strcmp(rz_error_message(), expected) == 0);
    RZ_EXPECT(strstr(rz_error_traceback(), "rz_parallel") != NULL);
  }
}

static void regions_inside(void) {
  job j = {.fails_at = {-1, -1}};
  RZ_EXPECT_OK(rz_parallel(3, visit_inside, &j));
  RZ_EXPECT(j.count[0] == 1 && j.count[1] == 1 && j.count[2] == 1);
  RZ_EXPECT(rz_parallel(5, visit_inside, &j) == RZ_ERR_NUM);
  RZ_EXPECT(strcmp(rz_error_message(), "item 7") == 0);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  RZ_EXPECT(rz_threads_current() == 1);
  RZ_EXPECT(rz_threads_allowed() >= 1);
  for (int n = 1; n <= 5; n++) {
    const rz_err rc = rz_threads_choose(n);
    if (rc != RZ_OK) { /* a build without OpenMP */
      RZ_EXPECT(n > 1 && rc == RZ_ERR_ENV && strstr(rz_error_message(), "without OpenMP"));
      RZ_EXPECT(rz_threads_current() == 1);
      continue;
    }
    RZ_EXPECT(rz_threads_current() == n);
    shares(n);
    failures();
    regions_inside();
  }
  const int before = rz_threads_current();
  RZ_EXPECT(rz_threads_choose(0) == RZ_ERR_ARG);
  RZ_EXPECT(rz_threads_current() == before);
  return rz_check_finish();
}
