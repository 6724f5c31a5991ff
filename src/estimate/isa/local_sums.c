#include "local_kernels.h"
#include "ritz/core/vec.h"

#define EACH_VEC for (int l = 0; l < RZ_LANES; l += W)

static bool any(bool real, const rz_local_lanes *element) {
  ivec some = {0};
  EACH_VEC some |= load_any(element->re + l) != 0.0;
  if (!real) EACH_VEC some |= load_any(element->im + l) != 0.0;
  return mask_bits(some) != 0;
}

static inline void add_where(ivec mask, vec x, double *to) {
  store_any(to, load_any(to) + choose(mask, x, splat(0.0)));
}

/* Only where the element is not zero: an infinite ratio must not turn a zero into NaN. */
static inline void add_real(bool real_ratio, const double *element, const double *ratio, rz_local_lanes *sum) {
  EACH_VEC {
    const vec a = load_any(element + l);
    add_where(a != 0.0, a * load_any(ratio + l), sum->re + l);
    if (!real_ratio) add_where(a != 0.0, a * load_any(ratio + RZ_LANES + l), sum->im + l);
  }
}

static inline void add_complex(bool real_ratio, const rz_local_lanes *element, const double *ratio,
                               rz_local_lanes *sum) {
  EACH_VEC {
    const vec a = load_any(element->re + l), b = load_any(element->im + l);
    const vec re = load_any(ratio + l), im = real_ratio ? splat(0.0) : load_any(ratio + RZ_LANES + l);
    const ivec mask = (a != 0.0) | (b != 0.0);
    add_where(mask, fused_add(a, re, b * im), sum->re + l);
    add_where(mask, fused_subtract(a, im, b * re), sum->im + l);
  }
}

static inline void add_constant(bool real_ratio, double c, const double *ratio, rz_local_lanes *sum) {
  EACH_VEC {
    store_any(sum->re + l, fused_add(splat(c), load_any(ratio + l), load_any(sum->re + l)));
    if (real_ratio) continue;
    store_any(sum->im + l, fused_add(splat(c), load_any(ratio + RZ_LANES + l), load_any(sum->im + l)));
  }
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
