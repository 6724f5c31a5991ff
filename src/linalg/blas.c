#include "ritz/linalg/blas.h"

#include "ritz/core/parallel.h"

#include <string.h>

/* Of OpenBLAS; null when another library is linked. */
#pragma weak openblas_set_num_threads
#pragma weak openblas_get_config
#pragma weak openblas_get_corename
#pragma weak gotoblas_dynamic_quit
#pragma weak gotoblas_dynamic_init
void openblas_set_num_threads(int n);
char *openblas_get_config(void);
char *openblas_get_corename(void);
void gotoblas_dynamic_quit(void); /* forgets its choice of kernels */
void gotoblas_dynamic_init(void); /* chooses, unless it has */

static void set_threads(int n) {
  if (openblas_set_num_threads) openblas_set_num_threads(n);
}

static bool keeps_to_one;

void rz_blas_keep_to_one_thread(bool keep) { keeps_to_one = keep; }

void rz_blas_lend_threads(int64_t n) {
  set_threads(keeps_to_one || n < RZ_BLAS_THREADS_FROM ? 1 : rz_threads_current());
}
void rz_blas_take_threads_back(void) { set_threads(1); }

const char *rz_blas_setup(void) {
  set_threads(1);
  return openblas_get_config ? openblas_get_config() : "unknown BLAS";
}

/* What this processor could run, in OpenBLAS's names. */
static const char *best_core(void) {
#if defined(__x86_64__) && defined(__GNUC__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    return "SkylakeX";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "Haswell";
#endif
  return NULL;
}

const char *rz_blas_advice(void) {
  static const char *const last_resort[] = {"Prescott", "Core2", "Nehalem", "Generic"};
  if (!openblas_get_corename) return NULL;
  for (int i = 0; i < (int)(sizeof last_resort / sizeof last_resort[0]); i++)
    if (strcmp(openblas_get_corename(), last_resort[i]) == 0) return best_core();
  return NULL;
}

bool rz_blas_choose_again(void) {
  if (!gotoblas_dynamic_quit || !gotoblas_dynamic_init) return false;
  gotoblas_dynamic_quit();
  gotoblas_dynamic_init();
  return rz_blas_advice() == NULL;
}
