/* Threads inside a rank. Work is cut into as many consecutive shares of independent items (blocks of walkers, tiles of
 * a matrix) as there are threads; what belongs together stays inside an item, so that no result depends on the number
 * of threads. Bodies may allocate and fail; they do not call MPI, and BLAS runs on one thread inside them
 * (linalg/blas.h). A region inside a region runs on the thread that comes to it. */
#ifndef RITZ_CORE_PARALLEL_H
#define RITZ_CORE_PARALLEL_H

#include "ritz/core/comm.h"
#include "ritz/core/error.h"
#include <stdint.h>

/* Choose the number of threads of this rank for the whole process, as rz_isa_choose does; without a call it is one.
 * Local. Errors: RZ_ERR_ARG for n < 1; RZ_ERR_ENV for n > 1 in a build without OpenMP. */
rz_err rz_threads_choose(int n);
int rz_threads_current(void);
/* Processors that this process may run on: what the launcher or the batch system left it. Local. */
int rz_threads_allowed(void);

/* The items first .. first + count - 1 of a share, one after the other. */
typedef rz_err rz_parallel_body(void *ctx, rz_range share);
/* body over items 0 .. n - 1, on one thread each for min(n, threads) shares; nothing is called for n = 0. A body stops
 * at its first failure; of several shares that fail, the error is that of the lowest: the one that a single thread
 * would meet. Local. */
rz_err rz_parallel(int64_t n, rz_parallel_body *body, void *ctx);

#endif
