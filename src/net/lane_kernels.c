#include "lane_kernels.h"

#include "lane_math.h"

/* One source, three instruction sets, chosen at load time. Strict C would forbid a * b + c as one operation. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("fp-contract=fast")
#elif defined(__clang__)
#pragma STDC FP_CONTRACT ON
#endif
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&               \
    !defined(__SANITIZE_THREAD__)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

/* Why the loops look so: the compiler turns a loop over 16 lanes whose accumulator lives in memory into whole vector
 * registers; 8 (4) hidden units per pass hide the latency and make that memory traffic small; both table entries are
 * loaded before the choice, or there is no vector code at all. */

CLONES void lanes_exp(int64_t n, double *restrict u, double *restrict sum) {
  for (int64_t j = 0; j < n; ++j)
    for (int l = 0; l < LANES; ++l) {
      const double theta = u[j * LANES + l];
      sum[l] += theta;
      u[j * LANES + l] = lane_exp(-2.0 * theta);
    }
}

CLONES void lanes_exp_complex(int64_t n, int64_t plane, double *restrict u, double *restrict sum) {
  double *restrict v = u + plane;
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

CLONES void lanes_product_0(int64_t n, const double *restrict u, double *restrict acc) {
  for (int64_t j = 0; j < n; j += 8) {
    const double *restrict x = u + j * LANES;
    for (int l = 0; l < LANES; ++l)
      acc[l] *= (((1.0 + x[l]) * (1.0 + x[LANES + l])) * ((1.0 + x[2 * LANES + l]) * (1.0 + x[3 * LANES + l]))) *
                (((1.0 + x[4 * LANES + l]) * (1.0 + x[5 * LANES + l])) *
                 ((1.0 + x[6 * LANES + l]) * (1.0 + x[7 * LANES + l])));
  }
}

CLONES void lanes_product_1(int64_t n, const double *restrict u, const double *restrict gu, const double *restrict gd,
                            const int64_t *restrict up, double *restrict acc) {
  for (int64_t j = 0; j < n; j += 8) {
    const double u0 = gu[j], u1 = gu[j + 1], u2 = gu[j + 2], u3 = gu[j + 3];
    const double u4 = gu[j + 4], u5 = gu[j + 5], u6 = gu[j + 6], u7 = gu[j + 7];
    const double d0 = gd[j], d1 = gd[j + 1], d2 = gd[j + 2], d3 = gd[j + 3];
    const double d4 = gd[j + 4], d5 = gd[j + 5], d6 = gd[j + 6], d7 = gd[j + 7];
    const double *restrict x = u + j * LANES;
    for (int l = 0; l < LANES; ++l) {
      const int s = up[l] != 0;
      const double f0 = 1.0 + x[l] * (s ? u0 : d0), f1 = 1.0 + x[LANES + l] * (s ? u1 : d1);
      const double f2 = 1.0 + x[2 * LANES + l] * (s ? u2 : d2), f3 = 1.0 + x[3 * LANES + l] * (s ? u3 : d3);
      const double f4 = 1.0 + x[4 * LANES + l] * (s ? u4 : d4), f5 = 1.0 + x[5 * LANES + l] * (s ? u5 : d5);
      const double f6 = 1.0 + x[6 * LANES + l] * (s ? u6 : d6), f7 = 1.0 + x[7 * LANES + l] * (s ? u7 : d7);
      acc[l] *= ((f0 * f1) * (f2 * f3)) * ((f4 * f5) * (f6 * f7));
    }
  }
}

CLONES void lanes_product_2(int64_t n, const double *restrict u, const double *restrict gu0, const double *restrict gd0,
                            const int64_t *restrict up0, const double *restrict gu1, const double *restrict gd1,
                            const int64_t *restrict up1, double *restrict acc) {
  for (int64_t j = 0; j < n; j += 4) {
    const double u0 = gu0[j], u1 = gu0[j + 1], u2 = gu0[j + 2], u3 = gu0[j + 3];
    const double d0 = gd0[j], d1 = gd0[j + 1], d2 = gd0[j + 2], d3 = gd0[j + 3];
    const double v0 = gu1[j], v1 = gu1[j + 1], v2 = gu1[j + 2], v3 = gu1[j + 3];
    const double w0 = gd1[j], w1 = gd1[j + 1], w2 = gd1[j + 2], w3 = gd1[j + 3];
    const double *restrict x = u + j * LANES;
    for (int l = 0; l < LANES; ++l) {
      const int s = up0[l] != 0, t = up1[l] != 0;
      const double f0 = 1.0 + x[l] * ((s ? u0 : d0) * (t ? v0 : w0));
      const double f1 = 1.0 + x[LANES + l] * ((s ? u1 : d1) * (t ? v1 : w1));
      const double f2 = 1.0 + x[2 * LANES + l] * ((s ? u2 : d2) * (t ? v2 : w2));
      const double f3 = 1.0 + x[3 * LANES + l] * ((s ? u3 : d3) * (t ? v3 : w3));
      acc[l] *= (f0 * f1) * (f2 * f3);
    }
  }
}

CLONES void lanes_product_n(int64_t n, const double *restrict u, int n_change, const int32_t *restrict input,
                            const int8_t *restrict x, const double *restrict g, int64_t table_plane,
                            double *restrict acc) {
  for (int64_t j = 0; j < n; ++j) {
    double f[LANES];
    for (int l = 0; l < LANES; ++l) f[l] = u[j * LANES + l];
    for (int k = 0; k < n_change; ++k) {
      const int8_t *restrict s = x + (int64_t)input[k] * LANES;
      const double gu = g[2 * input[k] * table_plane + j], gd = g[(2 * input[k] + 1) * table_plane + j];
      for (int l = 0; l < LANES; ++l) f[l] *= s[l] > 0 ? gu : gd;
    }
    for (int l = 0; l < LANES; ++l) acc[l] *= 1.0 + f[l];
  }
}

/* Complex: multiply the factors of four units pairwise, then into the accumulator. */
#define MULTIPLY_FOUR                                                                                                  \
  const double r01 = r0 * r1 - i0 * i1, i01 = r0 * i1 + i0 * r1, r23 = r2 * r3 - i2 * i3, i23 = r2 * i3 + i2 * r3;     \
  const double r4 = r01 * r23 - i01 * i23, i4 = r01 * i23 + i01 * r23, ar = acc[l], ai = acc[LANES + l];               \
  acc[l] = ar * r4 - ai * i4;                                                                                          \
  acc[LANES + l] = ar * i4 + ai * r4;

CLONES void lanes_product_0_complex(int64_t n, int64_t plane, const double *restrict u, double *restrict acc) {
  for (int64_t j = 0; j < n; j += 4) {
    const double *restrict x = u + j * LANES, *restrict y = x + plane;
    for (int l = 0; l < LANES; ++l) {
      const double r0 = 1.0 + x[l], i0 = y[l], r1 = 1.0 + x[LANES + l], i1 = y[LANES + l];
      const double r2 = 1.0 + x[2 * LANES + l], i2 = y[2 * LANES + l];
      const double r3 = 1.0 + x[3 * LANES + l], i3 = y[3 * LANES + l];
      MULTIPLY_FOUR
    }
  }
}

CLONES void lanes_product_1_complex(int64_t n, int64_t plane, const double *restrict u, int64_t table_plane,
                                    const double *restrict gu, const double *restrict gd, const int64_t *restrict up,
                                    double *restrict acc) {
  const double *restrict hu = gu + table_plane, *restrict hd = gd + table_plane;
  for (int64_t j = 0; j < n; j += 4) {
    const double ur0 = gu[j], ur1 = gu[j + 1], ur2 = gu[j + 2], ur3 = gu[j + 3];
    const double ui0 = hu[j], ui1 = hu[j + 1], ui2 = hu[j + 2], ui3 = hu[j + 3];
    const double dr0 = gd[j], dr1 = gd[j + 1], dr2 = gd[j + 2], dr3 = gd[j + 3];
    const double di0 = hd[j], di1 = hd[j + 1], di2 = hd[j + 2], di3 = hd[j + 3];
    const double *restrict x = u + j * LANES, *restrict y = x + plane;
    for (int l = 0; l < LANES; ++l) {
      const int s = up[l] != 0;
#define FACTOR(k)                                                                                                      \
  const double gr##k = s ? ur##k : dr##k, gi##k = s ? ui##k : di##k;                                                   \
  const double r##k = 1.0 + x[k * LANES + l] * gr##k - y[k * LANES + l] * gi##k,                                       \
               i##k = x[k * LANES + l] * gi##k + y[k * LANES + l] * gr##k;
      FACTOR(0)
      FACTOR(1)
      FACTOR(2)
      FACTOR(3)
#undef FACTOR
      MULTIPLY_FOUR
    }
  }
}

CLONES void lanes_product_2_complex(int64_t n, int64_t plane, const double *restrict u, int64_t table_plane,
                                    const double *restrict gu0, const double *restrict gd0, const int64_t *restrict up0,
                                    const double *restrict gu1, const double *restrict gd1, const int64_t *restrict up1,
                                    double *restrict acc) {
  const double *restrict hu0 = gu0 + table_plane, *restrict hd0 = gd0 + table_plane;
  const double *restrict hu1 = gu1 + table_plane, *restrict hd1 = gd1 + table_plane;
  for (int64_t j = 0; j < n; ++j) {
    const double aur = gu0[j], aui = hu0[j], adr = gd0[j], adi = hd0[j];
    const double bur = gu1[j], bui = hu1[j], bdr = gd1[j], bdi = hd1[j];
    const double *restrict x = u + j * LANES, *restrict y = x + plane;
    for (int l = 0; l < LANES; ++l) {
      const int s = up0[l] != 0, t = up1[l] != 0;
      const double ar = s ? aur : adr, ai = s ? aui : adi, br = t ? bur : bdr, bi = t ? bui : bdi;
      const double gr = ar * br - ai * bi, gi = ar * bi + ai * br;
      const double fr = 1.0 + x[l] * gr - y[l] * gi, fi = x[l] * gi + y[l] * gr;
      const double pr = acc[l], pi = acc[LANES + l];
      acc[l] = pr * fr - pi * fi;
      acc[LANES + l] = pr * fi + pi * fr;
    }
  }
}

CLONES void lanes_product_n_complex(int64_t n, int64_t plane, const double *restrict u, int n_change,
                                    const int32_t *restrict input, const int8_t *restrict x, const double *restrict g,
                                    int64_t table_plane, double *restrict acc) {
  for (int64_t j = 0; j < n; ++j) {
    double fr[LANES], fi[LANES];
    for (int l = 0; l < LANES; ++l) {
      fr[l] = u[j * LANES + l];
      fi[l] = u[plane + j * LANES + l];
    }
    for (int k = 0; k < n_change; ++k) {
      const int8_t *restrict s = x + (int64_t)input[k] * LANES;
      const double *t = g + 4 * input[k] * table_plane + j;
      const double ur = t[0], ui = t[table_plane], dr = t[2 * table_plane], di = t[3 * table_plane];
      for (int l = 0; l < LANES; ++l) {
        const double gr = s[l] > 0 ? ur : dr, gi = s[l] > 0 ? ui : di, re = fr[l];
        fr[l] = re * gr - fi[l] * gi;
        fi[l] = re * gi + fi[l] * gr;
      }
    }
    for (int l = 0; l < LANES; ++l) {
      const double pr = acc[l], pi = acc[LANES + l];
      acc[l] = pr * (1.0 + fr[l]) - pi * fi[l];
      acc[LANES + l] = pr * fi[l] + pi * (1.0 + fr[l]);
    }
  }
}

CLONES void lanes_scale(int64_t n, double *restrict u, const double *restrict gu, const double *restrict gd,
                        const int64_t *restrict which) {
  for (int64_t j = 0; j < n; ++j) {
    const double a = gu[j], b = gd[j];
    for (int l = 0; l < LANES; ++l) {
      const double t = which[l] == 1 ? a : b;
      u[j * LANES + l] *= which[l] == 0 ? 1.0 : t;
    }
  }
}

CLONES void lanes_scale_complex(int64_t n, int64_t plane, double *restrict u, int64_t table_plane,
                                const double *restrict gu, const double *restrict gd, const int64_t *restrict which) {
  double *restrict v = u + plane;
  for (int64_t j = 0; j < n; ++j) {
    const double ur = gu[j], ui = gu[table_plane + j], dr = gd[j], di = gd[table_plane + j];
    for (int l = 0; l < LANES; ++l) {
      const double tr = which[l] == 1 ? ur : dr, ti = which[l] == 1 ? ui : di;
      const double gr = which[l] == 0 ? 1.0 : tr, gi = which[l] == 0 ? 0.0 : ti;
      const double x = u[j * LANES + l], y = v[j * LANES + l];
      u[j * LANES + l] = x * gr - y * gi;
      v[j * LANES + l] = x * gi + y * gr;
    }
  }
}

CLONES void lanes_normalise(int m, int target, double *restrict acc, int64_t *restrict exponent) {
  const double place = lane_exp2i(target);
  for (int l = 0; l < LANES; ++l) {
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

CLONES void lanes_tanh(int64_t n, double *restrict x) {
  for (int64_t i = 0; i < n; ++i) {
    double size = x[i] < 0.0 ? -x[i] : x[i];
    size = size > 30.0 ? 30.0 : size;         /* keeps NaN */
    const double e = lane_expm1(-2.0 * size); /* exp(-2 |x|) - 1 */
    const double t = -e / (2.0 + e);
    x[i] = x[i] < 0.0 ? -t : t;
  }
}

/* With x >= 0, t = exp(-2 x): tanh(x + iy) = [(1 - t^2) + 4 i t sin y cos y] / [(1 - t)^2 + 4 t cos^2 y]. */
CLONES void lanes_tanh_complex(int64_t n, double *restrict re, double *restrict im) {
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
