/* Inner loops over RZ_NET_LANES lanes. Arrays of hidden units are [n, RZ_NET_LANES]; complex
 * ones are two planes `plane` doubles apart. Tables of an input hold two signs, + then -. */
#ifndef RITZ_NET_LANE_KERNELS_H
#define RITZ_NET_LANE_KERNELS_H

#include "ritz/net/cosh_net.h"
#include "ritz/net/lanes.h"
#include <stdint.h>

enum { LANES = RZ_NET_LANES };

/* u <- exp(-2 u), |Re u| <= 340; sum[LANES] += u before. Complex: real parts u,
 * imaginary parts v, sum [2, LANES]. */
void lanes_exp(int64_t n, double *u, double *sum);
void lanes_exp_complex(int64_t n, double *u, double *v, double *sum);

/* up[LANES] = all ones where x[LANES] is positive, else 0. */
void lanes_positive(const int8_t *x, uint64_t *up);

/* acc <- acc * prod_j (1 + u_j g_j), n a multiple of 8 (complex: 4); up[LANES] all ones takes the table gu, 0 gd. acc
 * [LANES] or [2, LANES]. Zero, one and two changed inputs. */
void lanes_product_0(int64_t n, const double *u, double *acc);
void lanes_product_1(int64_t n, const double *u, const double *gu, const double *gd, const uint64_t *up, double *acc);
void lanes_product_2(int64_t n, const double *u, const double *gu0, const double *gd0, const uint64_t *up0,
                     const double *gu1, const double *gd1, const uint64_t *up1, double *acc);
/* Complex: table planes lie table_plane doubles apart. */
void lanes_product_0_complex(int64_t n, int64_t plane, const double *u, double *acc);
void lanes_product_1_complex(int64_t n, int64_t plane, const double *u, int64_t table_plane, const double *gu,
                             const double *gd, const uint64_t *up, double *acc);
void lanes_product_2_complex(int64_t n, int64_t plane, const double *u, int64_t table_plane, const double *gu0,
                             const double *gd0, const uint64_t *up0, const double *gu1, const double *gd1,
                             const uint64_t *up1, double *acc);

/* Any number of changed inputs: g [n_in, 2, n_comp, table_plane] from its element j on, x [n_in, LANES]. */
void lanes_product_n(int64_t n, const double *u, int n_change, const int32_t *input, const int8_t *x, const double *g,
                     int64_t table_plane, double *acc);
void lanes_product_n_complex(int64_t n, int64_t plane, const double *u, int n_change, const int32_t *input,
                             const int8_t *x, const double *g, int64_t table_plane, double *acc);

/* u_j <- u_j g_j in the lanes with change[LANES] all ones; complex: real parts u, imaginary parts v. */
void lanes_scale(int64_t n, double *u, const double *gu, const double *gd, const uint64_t *up, const uint64_t *change);
void lanes_scale_complex(int64_t n, double *u, double *v, int64_t table_plane, const double *gu, const double *gd,
                         const uint64_t *up, const uint64_t *change);

/* Numbers acc [2, LANES] times 2^exponent [LANES] -> their inverses. */
void lanes_invert(double *acc, int64_t *exponent);
/* out[LANES] (complex pairs) = acc * inverse * the front factors of the n changed inputs; acc is used up. */
void lanes_ratio(double *acc, int64_t *exponent, const double *inverse, const int64_t *inverse_exponent, int n,
                 const int32_t *input, const int8_t *x, const rz_scaled *front, double *out);
void lanes_ratio_complex(double *acc, int64_t *exponent, const double *inverse, const int64_t *inverse_exponent, int n,
                         const int32_t *input, const int8_t *x, const rz_scaled *front, double *out);

/* acc (m numbers per lane: 1 real, 2 complex) -> size near 2^target, exponent[LANES] += power of two taken out. */
void lanes_normalise(int m, int target, double *acc, int64_t *exponent);

/* Slopes, in place. */
void lanes_tanh(int64_t n, double *x);
void lanes_tanh_complex(int64_t n, double *re, double *im);

#endif
