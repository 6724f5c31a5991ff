/* Functions of a distance: v(r) = sum_k c_k b_k(u(r)), k = 0 .. n - 1, without the constant.
 *   chebyshev   b_k = T_(k + 1), u the coordinate r, log r or 1/r brought to -1 ... 1
 *   bspline     cubic B-splines on n - 2 equal intervals of the coordinate; the last of the n + 1 is left out, as all
 *               together make the constant */
#ifndef RITZ_LEARN_RADIAL_H
#define RITZ_LEARN_RADIAL_H

#include "ritz/core/config.h"
#include "ritz/core/error.h"

typedef enum rz_radial_kind { RZ_RADIAL_CHEBYSHEV, RZ_RADIAL_BSPLINE } rz_radial_kind;
typedef enum rz_radial_coordinate { RZ_RADIAL_R, RZ_RADIAL_LOG, RZ_RADIAL_INVERSE } rz_radial_coordinate;

typedef struct rz_radial {
  rz_radial_kind kind;
  rz_radial_coordinate coordinate;
  int n;
  double r_min, r_max;
  double from, to; /* the coordinate at r_min and r_max */
  double *work;    /* [3, n + 1] */
} rz_radial;

rz_err rz_radial_create(rz_radial_kind kind, rz_radial_coordinate coordinate, int n, double r_min, double r_max,
                        rz_radial *out);
void rz_radial_destroy(rz_radial *b);
/* b_k, d b_k / dr and, unless NULL, its derivative at r > 0: [n] each. Smoothly continued outside r_min ... r_max. */
void rz_radial_values(const rz_radial *b, double r, double *value, double *slope, double *curvature);

#endif
