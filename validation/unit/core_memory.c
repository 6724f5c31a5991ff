/* modules: core */
/* ranks: 1 */
/* Counters, alignment, overflow and injected failure of the allocator; texts and exit codes of errors. */
#include "check.h"
#include "ritz/core/memory.h"
#include <string.h>

static void counters_balance(void) {
  const rz_memory_info before = rz_memory_query();
  double *x = NULL, *y = NULL;
  RZ_EXPECT_OK(RZ_NEW(1000, &x));
  RZ_EXPECT_OK(RZ_NEW0(10, &y));
  const rz_memory_info during = rz_memory_query();
  RZ_EXPECT(during.bytes >= before.bytes + 8080 && during.n_alive == before.n_alive + 2);
  RZ_EXPECT((uintptr_t)x % 64 == 0 && (uintptr_t)y % 64 == 0);
  for (int i = 0; i < 10; i++) RZ_EXPECT(y[i] == 0.0);
  rz_free(&x);
  rz_free(&y);
  RZ_EXPECT(x == NULL && y == NULL);
  rz_free(&x); /* NULL-safe */
  const rz_memory_info after = rz_memory_query();
  RZ_EXPECT(after.bytes == before.bytes && after.n_alive == before.n_alive && after.peak >= during.bytes);
  rz_memory_reset_peak();
  RZ_EXPECT(rz_memory_query().peak == after.bytes);
}

static void impossible_sizes(void) {
  double *x = NULL;
  RZ_EXPECT(RZ_NEW(-1, &x) == RZ_ERR_ARG);
  RZ_EXPECT(RZ_NEW(INT64_MAX, &x) == RZ_ERR_MEMORY);
  RZ_EXPECT(x == NULL && strstr(rz_error_message(), "cannot allocate") != NULL);
}

static void injected_failure(void) {
  double *x = NULL;
  rz_memory_fail_at(2);
  RZ_EXPECT_OK(RZ_NEW(1, &x));
  rz_free(&x);
  RZ_EXPECT(RZ_NEW(1, &x) == RZ_ERR_MEMORY);
  RZ_EXPECT_OK(RZ_NEW(1, &x));
  rz_free(&x);
}

static rz_err deep(int level) {
  RZ_CHECK(level > 0, RZ_ERR_NUM, "level = %d must be > 0", level);
  RZ_TRY(deep(level - 1));
  return RZ_OK;
}

static void errors_carry_text(void) {
  RZ_EXPECT(deep(2) == RZ_ERR_NUM);
  RZ_EXPECT(strcmp(rz_error_message(), "level = 0 must be > 0") == 0);
  const char *first = strstr(rz_error_traceback(), "deep");
  RZ_EXPECT(first && strstr(first + 1, "deep") && strstr(strstr(first + 1, "deep") + 1, "deep"));
  RZ_EXPECT(rz_err_exit_code(RZ_OK) == 0 && rz_err_exit_code(RZ_ERR_DECK) == 65 && rz_err_exit_code(RZ_ERR_NUM) == 76);
  rz_error_clear();
  RZ_EXPECT(rz_error_message()[0] == '\0');
}

int main(void) {
  counters_balance();
  impossible_sizes();
  injected_failure();
  errors_carry_text();
  return rz_check_finish();
}
