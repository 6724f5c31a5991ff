/* The sums of local values over the lanes of a block. */
#ifndef RITZ_ESTIMATE_LOCAL_KERNELS_H
#define RITZ_ESTIMATE_LOCAL_KERNELS_H

#include "local_plan.h"
#include "ritz/core/isa.h"

/* Planes of real and imaginary parts. */
typedef struct rz_local_lanes {
  double re[RZ_LANES], im[RZ_LANES];
} rz_local_lanes;

typedef struct rz_local_kernels {
  /* Whether any element is not zero; re alone if `real`. */
  bool (*any)(bool real, const rz_local_lanes *element);
  /* What the n users of one flip set add to the sums of their operators, sum[op] += element^* ratio, where
   * <s|O|s^F> = <s^F|O|s>^*. element [n], not read for constants; ratio [n_comp, RZ_LANES]. */
  void (*add)(const rz_local_use *use, int64_t n, bool real_ratio, const rz_local_lanes *element, const double *ratio,
              rz_local_lanes *sum);
  /* sum += sum_k c[k] ratio[k], ratio [n, n_comp, RZ_LANES]. */
  void (*add_constants)(int n, const double *c, int n_comp, const double *ratio, rz_local_lanes *sum);
} rz_local_kernels;

RZ_ISA_DECLARE(rz_local_kernels, rz_local);

#endif
