#include "mlp_numbers.h"

#include "ritz/linalg/blas.h"

/* Rows and columns of a stored operand whose op has r rows and c columns. */
typedef struct shape {
  int rows, columns;
} shape;
static shape stored(bool transposed, int64_t r, int64_t c) {
  return transposed ? (shape){(int)c, (int)r} : (shape){(int)r, (int)c};
}

static CBLAS_TRANSPOSE op(bool transpose) { return transpose ? CblasTrans : CblasNoTrans; }

static void product_double(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const void *a,
                           const void *b, bool add, void *c) {
  const shape sa = stored(transpose_a, m, k), sb = stored(transpose_b, k, n);
  const double beta = add ? 1.0 : 0.0;
  if (n == 1)
    cblas_dgemv(CblasRowMajor, op(transpose_a), sa.rows, sa.columns, 1.0, a, sa.columns, b, 1, beta, c, 1);
  else
    cblas_dgemm(CblasRowMajor, op(transpose_a), op(transpose_b), (int)m, (int)n, (int)k, 1.0, a, sa.columns, b,
                sb.columns, beta, c, (int)n);
}

rz_numbers rz_numbers_double(void) {
  return (rz_numbers){
      .size = sizeof(double), .n_real = 1, .product = product_double, .kernels = RZ_ISA_PICK(rz_mlp_double)};
}
