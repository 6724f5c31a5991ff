/* Expectations for test programs that may run on several ranks. A failed expectation is counted and printed with its
 * place and the program goes on, so that no rank leaves the others waiting in a collective call; rz_check_finish gives
 * the exit status, agreed by all ranks. */
#ifndef RITZ_VALIDATION_CHECK_H
#define RITZ_VALIDATION_CHECK_H

#include "ritz/core/error.h"
#include <math.h>
#include <mpi.h>
#include <stdio.h>

static int rz_n_failed, rz_n_checked;

static inline int rz_expect(int ok, const char *file, int line, const char *what) {
  rz_n_checked++;
  if (!ok) {
    rz_n_failed++;
    fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
  }
  return ok;
}

static inline int rz_expect_near(double a, double b, double tol, const char *file, int line, const char *what) {
  rz_n_checked++;
  const int ok = fabs(a - b) <= tol; /* false for NaN */
  if (!ok) {
    rz_n_failed++;
    fprintf(stderr, "%s:%d: failed: %s: %.17g against %.17g, difference %.3g > %.3g\n", file, line, what, a, b,
            fabs(a - b), tol);
  }
  return ok;
}

static inline int rz_expect_ok(rz_err err, const char *file, int line, const char *what) {
  rz_n_checked++;
  if (err != RZ_OK) {
    rz_n_failed++;
    fprintf(stderr, "%s:%d: failed: %s: %s: %s\n%s", file, line, what, rz_err_text(err), rz_error_message(),
            rz_error_traceback());
  }
  return err == RZ_OK;
}

#define RZ_EXPECT(cond) rz_expect(!!(cond), __FILE__, __LINE__, #cond)
#define RZ_EXPECT_NEAR(a, b, tol) rz_expect_near((a), (b), (tol), __FILE__, __LINE__, #a " = " #b)
#define RZ_EXPECT_OK(call) rz_expect_ok((call), __FILE__, __LINE__, #call)

/* End of main: `return rz_check_finish();` before MPI_Finalize has been called, or without MPI at all. */
static inline int rz_check_finish(void) {
  int initialised = 0, finalised = 0, failed = rz_n_failed;
  MPI_Initialized(&initialised);
  MPI_Finalized(&finalised);
  if (initialised && !finalised) {
    MPI_Allreduce(&rz_n_failed, &failed, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    MPI_Finalize();
  }
  if (failed == 0) printf("%d expectations met\n", rz_n_checked);
  return failed == 0 && rz_n_checked > 0 ? 0 : 1;
}

#endif
