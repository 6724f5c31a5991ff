/* The loops of a network over real numbers, in NUMBER; exports the table KERNELS. */
#include "activation_real.h"

static void add_bias(int64_t rows, int64_t width, const void *bias_, void *z_) {
  const NUMBER *restrict bias = bias_;
  NUMBER *restrict z = z_;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < width; ++j) z[i * width + j] += bias[j];
}

static void add_rows(int64_t rows, int64_t width, const void *x_, void *sums_) {
  const NUMBER *restrict x = x_;
  NUMBER *restrict sums = sums_;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < width; ++j) sums[j] += x[i * width + j];
}

static void multiply(int64_t n, const void *x_, const void *y_, void *z_) {
  const NUMBER *restrict x = x_, *restrict y = y_;
  NUMBER *restrict z = z_;
  for (int64_t i = 0; i < n; ++i) z[i] = x[i] * y[i];
}

static void bend(int64_t n, const void *curve_, const void *x_, const void *y_, const void *slope_, void *z_) {
  const NUMBER *restrict slope = slope_, *restrict curve = curve_, *restrict x = x_, *restrict y = y_;
  NUMBER *restrict z = z_;
  if (slope)
    for (int64_t i = 0; i < n; ++i) z[i] = slope[i] * z[i] + curve[i] * x[i] * y[i];
  else
    for (int64_t i = 0; i < n; ++i) z[i] = curve[i] * x[i] * y[i];
}

static void take(int64_t n, const double *restrict x, void *y_) {
  NUMBER *restrict y = y_;
  for (int64_t i = 0; i < n; ++i) y[i] = (NUMBER)x[i];
}

static void give(int64_t n, const void *x_, double *restrict y) {
  const NUMBER *restrict x = x_;
  for (int64_t i = 0; i < n; ++i) y[i] = x[i];
}

static void give_part(rz_mlp_part part, int64_t n, const void *x, double *y) {
  (void)part;
  give(n, x, y);
}

static void add_gradient(int64_t n, const void *x_, double *restrict y) {
  const NUMBER *restrict x = x_;
  for (int64_t i = 0; i < n; ++i) y[i] += x[i];
}

extern const rz_mlp_kernels RZ_ISA_SYMBOL(KERNELS);
const rz_mlp_kernels RZ_ISA_SYMBOL(KERNELS) = {
#define ENTRY(NAME, name, holomorphic, formula) .activate[RZ_ACTIVATION_##NAME] = activate_##name,
    RZ_ACTIVATION_LIST(ENTRY)
#undef ENTRY
        .add_bias = add_bias,
    .add_rows = add_rows,
    .multiply = multiply,
    .bend = bend,
    .take = take,
    .take_real = take,
    .give = give,
    .give_part = give_part,
    .add_gradient = add_gradient};
