#include "lane_kernels.h"

#include "lane_math.h"

#include "ritz/core/simd.h"

/* One source, three instruction sets, chosen at load time. Strict C would forbid a * b + c as one operation. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("fp-contract=fast")
#elif defined(__clang__)
#pragma STDC FP_CONTRACT ON
#endif

/* Left alone, the compiler unrolls 16 iterations first and then finds no loop to vectorise. */
#if defined(__GNUC__) && !defined(__clang__)
#define FOR_LANES _Pragma("GCC unroll 1") for (int l = 0; l < LANES; ++l)
#else
#define FOR_LANES for (int l = 0; l < LANES; ++l)
#endif

/* mask (all ones or zero) ? u : d, in integer arithmetic: one ternary-logic operation, and always vector code. */
static inline double choose(uint64_t mask, double u, double d) {
  uint64_t a, b;
  memcpy(&a, &u, sizeof a);
  memcpy(&b, &d, sizeof b);
  a = b ^ ((a ^ b) & mask);
  memcpy(&u, &a, sizeof u);
  return u;
}

/* Why the loops look so: the compiler turns a loop over 16 lanes whose accumulator lives in memory into whole vector
 * registers; several hidden units per pass hide the latency and make that memory traffic small. */

RZ_CLONES void rz_lanes_affine(int64_t n, int64_t n_in, const double *restrict w, const double *restrict x,
                               double *restrict theta) {
  int64_t i = 0;
  for (; i + 3 < n_in; i += 4) {
    const double *restrict y = x + i * LANES;
    for (int64_t j = 0; j < n; ++j) {
      const double w0 = w[i * n + j], w1 = w[(i + 1) * n + j], w2 = w[(i + 2) * n + j], w3 = w[(i + 3) * n + j];
      double *restrict t = theta + j * LANES;
      FOR_LANES
      t[l] += (w0 * y[l] + w1 * y[LANES + l]) + (w2 * y[2 * LANES + l] + w3 * y[3 * LANES + l]);
    }
  }
  for (; i < n_in; ++i)
    for (int64_t j = 0; j < n; ++j) FOR_LANES theta[j * LANES + l] += w[i * n + j] * x[i * LANES + l];
}

RZ_CLONES void lanes_exp(int64_t n, double *restrict u, double *restrict sum) {
  for (int64_t j = 0; j < n; ++j) FOR_LANES {
      const double theta = u[j * LANES + l];
      sum[l] += theta;
      u[j * LANES + l] = lane_exp(-2.0 * theta);
    }
}

RZ_CLONES void lanes_exp_complex(int64_t n, double *restrict u, double *restrict v, double *restrict sum) {
  for (int64_t j = 0; j < n; ++j)
    for (int l = 0; l < LANES; ++l) {
      const double re = u[j * LANES + l], im = v[j * LANES + l];
      sum[l] += re;
      sum[LANES + l] += im;
      double s, c;
      lane_sincos(2.0 * im, &s, &c);
      const double e = lane_exp(-2.0 * re);
      u[j * LANES + l] = e * c;
      v[j * LANES + l] = -e * s;
    }
}

RZ_CLONES void lanes_positive(const int8_t *restrict x, uint64_t *restrict up) {
  FOR_LANES up[l] = (uint64_t)(((int64_t)x[l] - 1) >> 63) ^ UINT64_MAX;
}

RZ_CLONES void lanes_product_0(int64_t n, const double *restrict u, double *restrict acc) {
  for (int64_t j = 0; j < n; j += 8) {
    const double *restrict x = u + j * LANES;
    for (int l = 0; l < LANES; ++l)
      acc[l] *= (((1.0 + x[l]) * (1.0 + x[LANES + l])) * ((1.0 + x[2 * LANES + l]) * (1.0 + x[3 * LANES + l]))) *
                (((1.0 + x[4 * LANES + l]) * (1.0 + x[5 * LANES + l])) *
                 ((1.0 + x[6 * LANES + l]) * (1.0 + x[7 * LANES + l])));
  }
}

RZ_CLONES void lanes_product_1(int64_t n, const double *restrict u, const double *restrict gu,
                               const double *restrict gd, const uint64_t *restrict up, double *restrict acc) {
  for (int64_t j = 0; j < n; j += 8) {
    const double u0 = gu[j], u1 = gu[j + 1], u2 = gu[j + 2], u3 = gu[j + 3];
    const double u4 = gu[j + 4], u5 = gu[j + 5], u6 = gu[j + 6], u7 = gu[j + 7];
    const double d0 = gd[j], d1 = gd[j + 1], d2 = gd[j + 2], d3 = gd[j + 3];
    const double d4 = gd[j + 4], d5 = gd[j + 5], d6 = gd[j + 6], d7 = gd[j + 7];
    const double *restrict x = u + j * LANES;
    for (int l = 0; l < LANES; ++l) {
      const uint64_t s = up[l];
      const double f0 = 1.0 + x[l] * choose(s, u0, d0), f1 = 1.0 + x[LANES + l] * choose(s, u1, d1);
      const double f2 = 1.0 + x[2 * LANES + l] * choose(s, u2, d2), f3 = 1.0 + x[3 * LANES + l] * choose(s, u3, d3);
      const double f4 = 1.0 + x[4 * LANES + l] * choose(s, u4, d4), f5 = 1.0 + x[5 * LANES + l] * choose(s, u5, d5);
      const double f6 = 1.0 + x[6 * LANES + l] * choose(s, u6, d6), f7 = 1.0 + x[7 * LANES + l] * choose(s, u7, d7);
      acc[l] *= ((f0 * f1) * (f2 * f3)) * ((f4 * f5) * (f6 * f7));
    }
  }
}

RZ_CLONES void lanes_product_2(int64_t n, const double *restrict u, const double *restrict gu0,
                               const double *restrict gd0, const uint64_t *restrict up0, const double *restrict gu1,
                               const double *restrict gd1, const uint64_t *restrict up1, double *restrict acc) {
  for (int64_t j = 0; j < n; j += 4) {
    const double u0 = gu0[j], u1 = gu0[j + 1], u2 = gu0[j + 2], u3 = gu0[j + 3];
    const double d0 = gd0[j], d1 = gd0[j + 1], d2 = gd0[j + 2], d3 = gd0[j + 3];
    const double v0 = gu1[j], v1 = gu1[j + 1], v2 = gu1[j + 2], v3 = gu1[j + 3];
    const double w0 = gd1[j], w1 = gd1[j + 1], w2 = gd1[j + 2], w3 = gd1[j + 3];
    const double *restrict x = u + j * LANES;
    for (int l = 0; l < LANES; ++l) {
      const uint64_t s = up0[l], t = up1[l];
      const double f0 = 1.0 + x[l] * (choose(s, u0, d0) * choose(t, v0, w0));
      const double f1 = 1.0 + x[LANES + l] * (choose(s, u1, d1) * choose(t, v1, w1));
      const double f2 = 1.0 + x[2 * LANES + l] * (choose(s, u2, d2) * choose(t, v2, w2));
      const double f3 = 1.0 + x[3 * LANES + l] * (choose(s, u3, d3) * choose(t, v3, w3));
      acc[l] *= (f0 * f1) * (f2 * f3);
    }
  }
}

RZ_CLONES void lanes_product_n(int64_t n, const double *restrict u, int n_change, const int32_t *restrict input,
                               const int8_t *restrict x, const double *restrict g, int64_t table_plane,
                               double *restrict acc) {
  for (int64_t j = 0; j < n; ++j) {
    double f[LANES];
    FOR_LANES f[l] = u[j * LANES + l];
    for (int k = 0; k < n_change; ++k) {
      const int8_t *restrict s = x + (int64_t)input[k] * LANES;
      const double gu = g[2 * input[k] * table_plane + j], gd = g[(2 * input[k] + 1) * table_plane + j];
      FOR_LANES f[l] *= s[l] > 0 ? gu : gd;
    }
    FOR_LANES acc[l] *= 1.0 + f[l];
  }
}

/* Complex: two factors into one, then into the accumulator. */
#define MULTIPLY_PAIR                                                                                                  \
  const double rr = r0 * r1 - i0 * i1, ii = r0 * i1 + i0 * r1, ar = acc[l], ai = acc[LANES + l];                       \
  acc[l] = ar * rr - ai * ii;                                                                                          \
  acc[LANES + l] = ar * ii + ai * rr;

RZ_CLONES void lanes_product_0_complex(int64_t n, int64_t plane, const double *restrict u, double *restrict acc) {
  for (int64_t j = 0; j < n; j += 2) {
    const double *restrict x = u + j * LANES, *restrict y = x + plane;
    for (int l = 0; l < LANES; ++l) {
      const double r0 = 1.0 + x[l], i0 = y[l], r1 = 1.0 + x[LANES + l], i1 = y[LANES + l];
      MULTIPLY_PAIR
    }
  }
}

RZ_CLONES void lanes_product_1_complex(int64_t n, int64_t plane, const double *restrict u, int64_t table_plane,
                                       const double *restrict gu, const double *restrict gd,
                                       const uint64_t *restrict up, double *restrict acc) {
  const double *restrict hu = gu + table_plane, *restrict hd = gd + table_plane;
  for (int64_t j = 0; j < n; j += 2) {
    const double ur0 = gu[j], ur1 = gu[j + 1], ui0 = hu[j], ui1 = hu[j + 1];
    const double dr0 = gd[j], dr1 = gd[j + 1], di0 = hd[j], di1 = hd[j + 1];
    const double *restrict x = u + j * LANES, *restrict y = x + plane;
    for (int l = 0; l < LANES; ++l) {
      const uint64_t s = up[l];
      const double g0 = choose(s, ur0, dr0), h0 = choose(s, ui0, di0);
      const double g1 = choose(s, ur1, dr1), h1 = choose(s, ui1, di1);
      const double r0 = 1.0 + x[l] * g0 - y[l] * h0, i0 = x[l] * h0 + y[l] * g0;
      const double r1 = 1.0 + x[LANES + l] * g1 - y[LANES + l] * h1, i1 = x[LANES + l] * h1 + y[LANES + l] * g1;
      MULTIPLY_PAIR
    }
  }
}

RZ_CLONES void lanes_product_2_complex(int64_t n, int64_t plane, const double *restrict u, int64_t table_plane,
                                       const double *restrict gu0, const double *restrict gd0,
                                       const uint64_t *restrict up0, const double *restrict gu1,
                                       const double *restrict gd1, const uint64_t *restrict up1, double *restrict acc) {
  const double *restrict hu0 = gu0 + table_plane, *restrict hd0 = gd0 + table_plane;
  const double *restrict hu1 = gu1 + table_plane, *restrict hd1 = gd1 + table_plane;
  for (int64_t j = 0; j < n; ++j) {
    const double aur = gu0[j], aui = hu0[j], adr = gd0[j], adi = hd0[j];
    const double bur = gu1[j], bui = hu1[j], bdr = gd1[j], bdi = hd1[j];
    const double *restrict x = u + j * LANES, *restrict y = x + plane;
    for (int l = 0; l < LANES; ++l) {
      const uint64_t s = up0[l], t = up1[l];
      const double gr = choose(s, aur, adr), gi = choose(s, aui, adi), hr = choose(t, bur, bdr),
                   hi = choose(t, bui, bdi);
      const double kr = gr * hr - gi * hi, ki = gr * hi + gi * hr;
      const double r = 1.0 + x[l] * kr - y[l] * ki, i = x[l] * ki + y[l] * kr;
      const double ar = acc[l], ai = acc[LANES + l];
      acc[l] = ar * r - ai * i;
      acc[LANES + l] = ar * i + ai * r;
    }
  }
}

RZ_CLONES void lanes_product_n_complex(int64_t n, int64_t plane, const double *restrict u, int n_change,
                                       const int32_t *restrict input, const int8_t *restrict x,
                                       const double *restrict g, int64_t table_plane, double *restrict acc) {
  for (int64_t j = 0; j < n; ++j) {
    double fr[LANES], fi[LANES];
    FOR_LANES {
      fr[l] = u[j * LANES + l];
      fi[l] = u[plane + j * LANES + l];
    }
    for (int k = 0; k < n_change; ++k) {
      const int8_t *restrict s = x + (int64_t)input[k] * LANES;
      const double *t = g + 4 * input[k] * table_plane + j;
      const double ur = t[0], ui = t[table_plane], dr = t[2 * table_plane], di = t[3 * table_plane];
      FOR_LANES {
        const double gr = s[l] > 0 ? ur : dr, gi = s[l] > 0 ? ui : di, re = fr[l];
        fr[l] = re * gr - fi[l] * gi;
        fi[l] = re * gi + fi[l] * gr;
      }
    }
    FOR_LANES {
      const double pr = acc[l], pi = acc[LANES + l];
      acc[l] = pr * (1.0 + fr[l]) - pi * fi[l];
      acc[LANES + l] = pr * fi[l] + pi * (1.0 + fr[l]);
    }
  }
}

RZ_CLONES void lanes_scale(int64_t n, double *restrict u, const double *restrict gu, const double *restrict gd,
                           const uint64_t *restrict up, const uint64_t *restrict change) {
  for (int64_t j = 0; j < n; j += 4) {
    const double u0 = gu[j], u1 = gu[j + 1], u2 = gu[j + 2], u3 = gu[j + 3];
    const double d0 = gd[j], d1 = gd[j + 1], d2 = gd[j + 2], d3 = gd[j + 3];
    double *restrict x = u + j * LANES;
    for (int l = 0; l < LANES; ++l) {
      const uint64_t s = up[l], c = change[l];
      x[l] *= choose(c, choose(s, u0, d0), 1.0);
      x[LANES + l] *= choose(c, choose(s, u1, d1), 1.0);
      x[2 * LANES + l] *= choose(c, choose(s, u2, d2), 1.0);
      x[3 * LANES + l] *= choose(c, choose(s, u3, d3), 1.0);
    }
  }
}

RZ_CLONES void lanes_scale_complex(int64_t n, double *restrict u, double *restrict v, int64_t table_plane,
                                   const double *restrict gu, const double *restrict gd, const uint64_t *restrict up,
                                   const uint64_t *restrict change) {
  for (int64_t j = 0; j < n; ++j) {
    const double ur = gu[j], ui = gu[table_plane + j], dr = gd[j], di = gd[table_plane + j];
    double *restrict x = u + j * LANES, *restrict y = v + j * LANES;
    for (int l = 0; l < LANES; ++l) {
      const double gr = choose(change[l], choose(up[l], ur, dr), 1.0),
                   gi = choose(change[l], choose(up[l], ui, di), 0.0);
      const double re = x[l] * gr - y[l] * gi, im = x[l] * gi + y[l] * gr;
      x[l] = re;
      y[l] = im;
    }
  }
}

RZ_CLONES void lanes_invert(double *restrict acc, int64_t *restrict exponent) {
  FOR_LANES {
    const double re = acc[l], im = acc[LANES + l], size = re * re + im * im;
    acc[l] = re / size;
    acc[LANES + l] = -im / size;
    exponent[l] = -exponent[l];
  }
}

RZ_CLONES void lanes_normalise(int m, int target, double *restrict acc, int64_t *restrict exponent) {
  const double place = lane_exp2i(target);
  FOR_LANES {
    double size = acc[l] < 0.0 ? -acc[l] : acc[l];
    if (m == 2) size += acc[LANES + l] < 0.0 ? -acc[LANES + l] : acc[LANES + l];
    uint64_t bits;
    memcpy(&bits, &size, sizeof bits);
    const uint64_t biased = bits >> 52;
    /* zero, subnormal and non-finite sizes keep their value: scale 1 */
    const uint64_t usable = biased > 0 && biased < 2046 ? biased : 1023;
    const uint64_t inverse = (2046 - usable) << 52; /* 2^(1023 - biased) */
    double scale;
    memcpy(&scale, &inverse, sizeof scale);
    exponent[l] += (int64_t)usable - 1023 - target;
    acc[l] = acc[l] * scale * place;
    if (m == 2) acc[LANES + l] = acc[LANES + l] * scale * place;
  }
}

/* x * 2^e in four steps of at most 2^+-1000 each: 0 and inf come out where they belong. */
static inline double scale_by(double x, int64_t e) {
  e = e > 4000 ? 4000 : e;
  e = e < -4000 ? -4000 : e;
  const double q = (double)e, a = (q * 0.25 + 0x1.8p52) - 0x1.8p52;
  const double step = lane_exp2i(a), last = lane_exp2i(q - 3.0 * a);
  return x * step * step * step * last;
}

RZ_CLONES void lanes_ratio(double *restrict acc, int64_t *restrict exponent, const double *restrict inverse,
                           const int64_t *restrict inverse_exponent, int n, const int32_t *restrict input,
                           const int8_t *restrict x, const rz_scaled *restrict front, double *restrict out) {
  FOR_LANES {
    acc[l] *= inverse[l];
    exponent[l] += inverse_exponent[l];
  }
  for (int k = 0; k < n; ++k) {
    const int8_t *restrict s = x + (int64_t)input[k] * LANES;
    const rz_scaled u = front[2 * input[k]], d = front[2 * input[k] + 1];
    FOR_LANES {
      acc[l] *= s[l] > 0 ? u.re : d.re;
      exponent[l] += s[l] > 0 ? u.exponent : d.exponent;
    }
    if (k % 256 == 255) lanes_normalise(1, 0, acc, exponent);
  }
  FOR_LANES {
    out[2 * l] = scale_by(acc[l], exponent[l]);
    out[2 * l + 1] = 0.0;
  }
}

RZ_CLONES void lanes_ratio_complex(double *restrict acc, int64_t *restrict exponent, const double *restrict inverse,
                                   const int64_t *restrict inverse_exponent, int n, const int32_t *restrict input,
                                   const int8_t *restrict x, const rz_scaled *restrict front, double *restrict out) {
  double *restrict im = acc + LANES;
  FOR_LANES {
    const double a = acc[l], b = im[l];
    acc[l] = a * inverse[l] - b * inverse[LANES + l];
    im[l] = a * inverse[LANES + l] + b * inverse[l];
    exponent[l] += inverse_exponent[l];
  }
  for (int k = 0; k < n; ++k) {
    const int8_t *restrict s = x + (int64_t)input[k] * LANES;
    const rz_scaled u = front[2 * input[k]], d = front[2 * input[k] + 1];
    FOR_LANES {
      const double a = acc[l], b = im[l], c = s[l] > 0 ? u.re : d.re, e = s[l] > 0 ? u.im : d.im;
      acc[l] = a * c - b * e;
      im[l] = a * e + b * c;
      exponent[l] += s[l] > 0 ? u.exponent : d.exponent;
    }
    if (k % 256 == 255) lanes_normalise(2, 0, acc, exponent);
  }
  FOR_LANES {
    out[2 * l] = scale_by(acc[l], exponent[l]);
    out[2 * l + 1] = scale_by(im[l], exponent[l]);
  }
}

RZ_CLONES void lanes_tanh(int64_t n, double *restrict x) {
  for (int64_t i = 0; i < n; ++i) {
    double size = x[i] < 0.0 ? -x[i] : x[i];
    size = size > 30.0 ? 30.0 : size;         /* keeps NaN */
    const double e = lane_expm1(-2.0 * size); /* exp(-2 |x|) - 1 */
    const double t = -e / (2.0 + e);
    x[i] = x[i] < 0.0 ? -t : t;
  }
}

/* With x >= 0, t = exp(-2 x): tanh(x + iy) = [(1 - t^2) + 4 i t sin y cos y] / [(1 - t)^2 + 4 t cos^2 y]. */
RZ_CLONES void lanes_tanh_complex(int64_t n, double *restrict re, double *restrict im) {
  for (int64_t i = 0; i < n; ++i) {
    double size = re[i] < 0.0 ? -re[i] : re[i];
    size = size > 300.0 ? 300.0 : size;
    double s, c;
    lane_sincos(im[i], &s, &c);
    const double e = lane_expm1(-2.0 * size), t = lane_exp(-2.0 * size);
    const double den = e * e + 4.0 * t * c * c;
    const double a = -e * (1.0 + t) / den, b = 4.0 * t * s * c / den;
    re[i] = re[i] < 0.0 ? -a : a;
    im[i] = b;
  }
}
