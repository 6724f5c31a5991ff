/* What a network needs of the numbers it computes in, so that its passes are written once for all of them: matrix
 * products from BLAS, and loops over elements compiled per instruction set. Matrices are dense, last index fastest. */
#ifndef RITZ_NET_MLP_NUMBERS_H
#define RITZ_NET_MLP_NUMBERS_H

#include "ritz/core/isa.h"
#include "ritz/net/activation.h"
#include <stdbool.h>
#include <stdint.h>

typedef enum rz_mlp_part { RZ_MLP_RE, RZ_MLP_IM, RZ_MLP_MINUS_IM } rz_mlp_part;

typedef struct rz_mlp_kernels {
  /* z [rows, width] <- phi(z + bias), with derivatives up to `order` (0 or 2; of doubles also 3) to d[0 .. order - 1];
   * NULL for complex numbers where phi is not holomorphic. */
  void (*activate[RZ_N_ACTIVATION])(int order, int64_t rows, int64_t width, const void *bias, void *z, void *const *d);
  /* z [rows, width] += bias */
  void (*add_bias)(int64_t rows, int64_t width, const void *bias, void *z);
  /* sums [width] += sum over rows of x */
  void (*add_rows)(int64_t rows, int64_t width, const void *x, void *sums);
  /* z = x y */
  void (*multiply)(int64_t n, const void *x, const void *y, void *z);
  /* z = slope z + curve x y; slope NULL: 0 */
  void (*bend)(int64_t n, const void *curve, const void *x, const void *y, const void *slope, void *z);
  /* From and to doubles, or pairs of them. */
  void (*take)(int64_t n, const double *x, void *y);
  void (*give)(int64_t n, const void *x, double *y);
  /* From real numbers, and to them: of real numbers there is the part RZ_MLP_RE. */
  void (*take_real)(int64_t n, const double *x, void *y);
  void (*give_part)(rz_mlp_part part, int64_t n, const void *x, double *y);
  /* y += x; of complex numbers the derivative with respect to (Re, Im) of Re(x theta). */
  void (*add_gradient)(int64_t n, const void *x, double *y);
} rz_mlp_kernels;

RZ_ISA_DECLARE(rz_mlp_kernels, rz_mlp_double);
RZ_ISA_DECLARE(rz_mlp_kernels, rz_mlp_single);
RZ_ISA_DECLARE(rz_mlp_kernels, rz_mlp_complex);

/* c [m, n] (+)= op(a) [m, k] op(b) [k, n] */
typedef void rz_mlp_product(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const void *a,
                            const void *b, bool add, void *c);

typedef struct rz_numbers {
  int size;   /* bytes */
  int n_real; /* doubles outside: 1, or 2 for complex numbers */
  rz_mlp_product *product;
  const rz_mlp_kernels *kernels;
} rz_numbers;

/* For the instruction set that is current. */
rz_numbers rz_numbers_double(void);
rz_numbers rz_numbers_single(void);
rz_numbers rz_numbers_complex(void);

#endif
