#include "radial.h"

#include "chebyshev.h"
#include "ritz/core/memory.h"
#include <math.h>
#include <string.h>

/* The coordinate and its first two derivatives by r. */
static void coordinate(rz_radial_coordinate kind, double r, double u[3]) {
  const double inverse = 1.0 / r;
  u[0] = kind == RZ_RADIAL_LOG ? log(r) : kind == RZ_RADIAL_INVERSE ? inverse : r;
  u[1] = kind == RZ_RADIAL_LOG ? inverse : kind == RZ_RADIAL_INVERSE ? -inverse * inverse : 1.0;
  u[2] = kind == RZ_RADIAL_LOG       ? -inverse * inverse
         : kind == RZ_RADIAL_INVERSE ? 2.0 * inverse * inverse * inverse
                                     : 0.0;
}

rz_err rz_radial_create(rz_radial_kind kind, rz_radial_coordinate coordinate_kind, int n, double r_min, double r_max,
                        rz_radial *out) {
  double u[3];
  RZ_CHECK(r_min > 0.0 && r_max > r_min && isfinite(r_max), RZ_ERR_ARG, "distances from %g to %g", r_min, r_max);
  RZ_CHECK(n >= (kind == RZ_RADIAL_BSPLINE ? 3 : 1), RZ_ERR_ARG, "%d functions of the distance", n);
  *out = (rz_radial){.kind = kind, .coordinate = coordinate_kind, .n = n, .r_min = r_min, .r_max = r_max};
  coordinate(coordinate_kind, r_min, u);
  out->from = u[0];
  coordinate(coordinate_kind, r_max, u);
  out->to = u[0];
  return RZ_NEW(3 * (n + 1), &out->work);
}

void rz_radial_destroy(rz_radial *b) { rz_free(&b->work); }

/* The four cubic B-splines that live on the interval of s in 0 ... n_interval, the edge ones continued. */
static void splines(int n_interval, double s, int n, double *b, double *slope, double *curvature) {
  int i = (int)floor(s);
  i = i < 0 ? 0 : i >= n_interval ? n_interval - 1 : i;
  const double t = s - i, w = 1.0 - t;
  const double value4[4] = {w * w * w / 6.0, (3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0,
                            (-3.0 * t * t * t + 3.0 * t * t + 3.0 * t + 1.0) / 6.0, t * t * t / 6.0};
  const double slope4[4] = {-0.5 * w * w, 1.5 * t * t - 2.0 * t, -1.5 * t * t + t + 0.5, 0.5 * t * t};
  const double curvature4[4] = {w, 3.0 * t - 2.0, -3.0 * t + 1.0, t};
  memset(b, 0, sizeof(double) * (size_t)n);
  memset(slope, 0, sizeof(double) * (size_t)n);
  memset(curvature, 0, sizeof(double) * (size_t)n);
  for (int k = 0; k < 4 && i + k < n; k++) {
    b[i + k] = value4[k];
    slope[i + k] = slope4[k];
    curvature[i + k] = curvature4[k];
  }
}

void rz_radial_values(const rz_radial *b, double r, double *value, double *slope, double *curvature) {
  const int n = b->n;
  double u[3], *f = b->work, *df = f + n + 1, *ddf = df + n + 1;
  coordinate(b->coordinate, r, u);
  const bool spline = b->kind == RZ_RADIAL_BSPLINE;
  const double scale = (spline ? n - 2 : 2) / (b->to - b->from), s = scale * (u[0] - b->from);
  if (spline)
    splines(n - 2, s, n, f, df, ddf);
  else
    rz_chebyshev(n + 1, s - 1.0, f, df, curvature ? ddf : NULL);
  const int skip = spline ? 0 : 1;
  for (int k = 0; k < n; k++) {
    value[k] = f[k + skip];
    slope[k] = df[k + skip] * scale * u[1];
    if (curvature) curvature[k] = ddf[k + skip] * scale * scale * u[1] * u[1] + df[k + skip] * scale * u[2];
  }
}
