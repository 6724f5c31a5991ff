/* BLAS and LAPACK, and the one macro that turns an info code into an rz_err. */
#ifndef RITZ_LINALG_BLAS_H
#define RITZ_LINALG_BLAS_H

#include "ritz/core/error.h"
#include <cblas.h>
#include <complex.h>
#include <stdbool.h>
#include <stdint.h>
#define lapack_complex_double double _Complex
#define lapack_complex_float float _Complex
#include <lapacke.h>

/* info < 0: a bad argument (internal error); info > 0: numerical failure with the routine's own meaning. */
#define RZ_LAPACK(call)                                                                                                \
  do {                                                                                                                 \
    const lapack_int rz_info_ = (call);                                                                                \
    RZ_CHECK(rz_info_ >= 0, RZ_ERR_INTERNAL, "%s: argument %d", #call, (int)-rz_info_);                                \
    RZ_CHECK(rz_info_ == 0, RZ_ERR_NUM, "%s: info = %d", #call, (int)rz_info_);                                        \
  } while (0)

/* Threads. BLAS runs on one: it may be called inside parallel regions (ritz/core/parallel.h), and its bits do not
 * depend on how many threads there are. The exception is what a large solve spends its time in: between these two
 * calls, which no region contains, the factorisation of a matrix of order n has the threads of the rank if n is at
 * least RZ_BLAS_THREADS_FROM. OpenBLAS cuts it by its threads, so that its last digits depend on their number. A
 * library that is not OpenBLAS stays with one. */
enum { RZ_BLAS_THREADS_FROM = 1024 };
void rz_blas_lend_threads(int64_t n);
void rz_blas_take_threads_back(void);
/* Lend none from now on, in the whole process: the same digits on any number of threads. */
void rz_blas_keep_to_one_thread(bool keep);

/* One thread, whatever the environment of the library says. Returns the BLAS's description of itself or
 * "unknown BLAS". */
const char *rz_blas_setup(void);

/* On a processor newer than itself OpenBLAS falls back to its oldest kernels, two to five times slower. Returns what
 * OPENBLAS_CORETYPE should hold before the program starts, or NULL if all is well. */
const char *rz_blas_advice(void);
/* Let OpenBLAS choose its kernels once more, by what OPENBLAS_CORETYPE holds now. Returns whether it runs those that
 * rz_blas_advice asks for; false leaves all as it was. Before the first call of BLAS. */
bool rz_blas_choose_again(void);

#endif
