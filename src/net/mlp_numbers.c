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

#define PRODUCT(type, gemv, gemm)                                                                                      \
  static void product_##type(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const void *a,       \
                             const void *b, bool add, void *c) {                                                       \
    const shape sa = stored(transpose_a, m, k), sb = stored(transpose_b, k, n);                                        \
    const type beta = add ? 1 : 0;                                                                                     \
    if (n == 1)                                                                                                        \
      gemv(CblasRowMajor, op(transpose_a), sa.rows, sa.columns, 1, a, sa.columns, b, 1, beta, c, 1);                   \
    else                                                                                                               \
      gemm(CblasRowMajor, op(transpose_a), op(transpose_b), (int)m, (int)n, (int)k, 1, a, sa.columns, b, sb.columns,   \
           beta, c, (int)n);                                                                                           \
  }
PRODUCT(double, cblas_dgemv, cblas_dgemm)
PRODUCT(float, cblas_sgemv, cblas_sgemm)

static void product_complex(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const void *a,
                            const void *b, bool add, void *c) {
  const shape sa = stored(transpose_a, m, k), sb = stored(transpose_b, k, n);
  const double one[2] = {1.0, 0.0}, beta[2] = {add ? 1.0 : 0.0, 0.0};
  if (n == 1)
    cblas_zgemv(CblasRowMajor, op(transpose_a), sa.rows, sa.columns, one, a, sa.columns, b, 1, beta, c, 1);
  else
    cblas_zgemm(CblasRowMajor, op(transpose_a), op(transpose_b), (int)m, (int)n, (int)k, one, a, sa.columns, b,
                sb.columns, beta, c, (int)n);
}

rz_numbers rz_numbers_double(void) {
  return (rz_numbers){sizeof(double), 1, product_double, RZ_ISA_PICK(rz_mlp_double)};
}

rz_numbers rz_numbers_single(void) { return (rz_numbers){sizeof(float), 1, product_float, RZ_ISA_PICK(rz_mlp_single)}; }

rz_numbers rz_numbers_complex(void) {
  return (rz_numbers){2 * sizeof(double), 2, product_complex, RZ_ISA_PICK(rz_mlp_complex)};
}
