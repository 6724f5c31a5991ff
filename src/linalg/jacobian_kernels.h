/* Loops of the Jacobian's products over samples and parameters, one table of functions per instruction set. */
#ifndef RITZ_LINALG_JACOBIAN_KERNELS_H
#define RITZ_LINALG_JACOBIAN_KERNELS_H

#include "ritz/core/isa.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct rz_jacobian_kernels {
  double (*dot)(int64_t n, const double *a, const double *b);
  /* to[i, k] = f[i] from[i, k], or += if add; [n, wide]. */
  void (*scale_rows)(bool add, int64_t n, int64_t wide, const double *f, const double *from, double *to);
  /* out[i, k] = p[i, k] q[i, k], or += if add; p, q [na, nb], out of leading dimension ld. */
  void (*multiply)(bool add, int64_t na, int64_t nb, const double *p, const double *q, double *out, int64_t ld);
  void (*multiply_single)(bool add, int64_t na, int64_t nb, const float *p, const double *q, double *out, int64_t ld);
  /* out[i, k] += mm - qa[i] - qb[k]. */
  void (*subtract_means)(int64_t na, int64_t nb, double mm, const double *qa, const double *qb, double *out,
                         int64_t ld);
  /* Is every x an integer of at most `most`? */
  bool (*are_integers)(int64_t n, double most, const double *x);
} rz_jacobian_kernels;

RZ_ISA_DECLARE(rz_jacobian_kernels, rz_jacobian);

#endif
