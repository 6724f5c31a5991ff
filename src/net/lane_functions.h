/* Elementary functions and a matrix product over many numbers, one table of functions per instruction set. */
#ifndef RITZ_NET_LANE_FUNCTIONS_H
#define RITZ_NET_LANE_FUNCTIONS_H

#include "ritz/core/isa.h"
#include "ritz/net/lanes.h"
#include <stdint.h>

typedef struct rz_lane_functions {
  /* As rz_lanes_affine and rz_tanh; the complex one for |im| < 10^4. */
  void (*affine)(int64_t n, int64_t n_in, const double *w, const double *x, double *y);
  void (*tanh)(int64_t n, double *x);
  void (*tanh_complex)(int64_t n, double *re, double *im);
  /* x <- (1 - x) / (1 + x), which is tanh theta of x = exp(-2 theta); x >= 0 where it is real, |x| < 1e150. */
  void (*slope)(int64_t n, double *x);
  void (*slope_complex)(int64_t n, double *re, double *im);
  /* x <- exp(x), |x| <= 700: n real numbers, or n groups of eight complex ones, [n, 2, 8], |im x| < 10^5. */
  void (*exp)(int64_t n, double *x);
  void (*exp_complex)(int64_t n, double *x);
  /* x <- log(x), x > 0 normal. */
  void (*log)(int64_t n, double *x);
} rz_lane_functions;

RZ_ISA_DECLARE(rz_lane_functions, rz_lane);

#endif
