#include "local_kernels.h"
#include "ritz/core/vec.h"

static bool any(bool real, const rz_local_lanes *element) {
  int some = 0;
  for (int l = 0; l < RZ_LANES; l++) some |= element->re[l] != 0.0;
  for (int l = 0; l < RZ_LANES && !real; l++) some |= element->im[l] != 0.0;
  return some;
}

/* Only where the element is not zero: an infinite ratio must not turn a zero into NaN. */
static void add_real(bool real_ratio, const double *restrict element, const double *restrict ratio,
                     rz_local_lanes *restrict sum) {
  for (int l = 0; l < RZ_LANES; l++) sum->re[l] += element[l] != 0.0 ? element[l] * ratio[l] : 0.0;
  if (real_ratio) return;
  for (int l = 0; l < RZ_LANES; l++) sum->im[l] += element[l] != 0.0 ? element[l] * ratio[RZ_LANES + l] : 0.0;
}

static void add_complex(bool real_ratio, const rz_local_lanes *restrict element, const double *restrict ratio,
                        rz_local_lanes *restrict sum) {
  for (int l = 0; l < RZ_LANES; l++) {
    const double a = element->re[l], b = element->im[l], re = ratio[l], im = real_ratio ? 0.0 : ratio[RZ_LANES + l];
    const int some = a != 0.0 || b != 0.0;
    sum->re[l] += some ? a * re + b * im : 0.0;
    sum->im[l] += some ? a * im - b * re : 0.0;
  }
}

static void add_constant(bool real_ratio, double c, const double *restrict ratio, rz_local_lanes *restrict sum) {
  for (int l = 0; l < RZ_LANES; l++) sum->re[l] += c * ratio[l];
  if (real_ratio) return;
  for (int l = 0; l < RZ_LANES; l++) sum->im[l] += c * ratio[RZ_LANES + l];
}

static void add(const rz_local_use *use, int64_t n, bool real_ratio, const rz_local_lanes *element, const double *ratio,
                rz_local_lanes *sum) {
  for (int64_t k = 0; k < n; k++) {
    rz_local_lanes *to = &sum[use[k].op];
    if (use[k].constant)
      add_constant(real_ratio, creal(use[k].set->coef[0]), ratio, to);
    else if (use[k].set->real)
      add_real(real_ratio, element[k].re, ratio, to);
    else
      add_complex(real_ratio, &element[k], ratio, to);
  }
}

/* One after the other, as `add` does, so that the bits are the same. */
static void add_constants(int n, const double *c, int n_comp, const double *ratio, rz_local_lanes *sum) {
  const int stride = n_comp * RZ_LANES;
  for (int comp = 0; comp < n_comp; comp++) {
    double *to = comp == 0 ? sum->re : sum->im;
    vec v[RZ_LANES / W];
    for (int i = 0; i < RZ_LANES / W; i++) v[i] = load_any(to + i * W);
    for (int k = 0; k < n; k++)
      for (int i = 0; i < RZ_LANES / W; i++)
        v[i] = fused_add(splat(c[k]), load_any(ratio + k * stride + comp * RZ_LANES + i * W), v[i]);
    for (int i = 0; i < RZ_LANES / W; i++) store_any(to + i * W, v[i]);
  }
}

extern const rz_local_kernels RZ_ISA_SYMBOL(rz_local);
const rz_local_kernels RZ_ISA_SYMBOL(rz_local) = {.any = any, .add = add, .add_constants = add_constants};
