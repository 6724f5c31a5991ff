/* Vectors side by side: arrays [n, RZ_NET_LANES] with the lane fastest. Local. */
#ifndef RITZ_NET_LANES_H
#define RITZ_NET_LANES_H

#include <stdint.h>

enum { RZ_NET_LANES = 16 };

/* y [n, RZ_NET_LANES] += W^T x with W [n_in, n] and x [n_in, RZ_NET_LANES]; sums over inputs in a fixed order. */
void rz_lanes_affine(int64_t n, int64_t n_in, const double *w, const double *x, double *y);

#endif
