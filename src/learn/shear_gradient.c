/* f = K (a sigma(z)) with z = sign K^T q + b and K [d, width]. Kept: sigma and a sigma', width planes each. */
#include "shear.h"

static int kept_gradient(const rz_shear *s, int d) {
  (void)d;
  return 2 * s->width;
}

static const double *slopes_of(const rz_shear_chain *c, const rz_shear *s) { return s->kept + s->width * c->m; }

/* out = in + scale K y */
static void outward(const rz_shear_chain *c, const rz_shear *s, double scale, const double *y, const double *in,
                    double *out) {
  const rz_plane_matrix k = {.value = c->theta + s->matrix, .by_row = s->width, .by_column = 1};
  c->kernels->product(c->d, s->width, c->m, k, scale, y, in, out);
}

/* out = in + scale K^T x */
static void inward(const rz_shear_chain *c, const rz_shear *s, double scale, const double *x, const double *in,
                   double *out) {
  const rz_plane_matrix k_t = {.value = c->theta + s->matrix, .by_row = 1, .by_column = s->width};
  c->kernels->product(s->width, c->d, c->m, k_t, scale, x, in, out);
}

static void push_gradient(const rz_shear_chain *c, const rz_shear *s, double scale, const double *source,
                          const double *in, double *out) {
  const double *a = c->theta + s->factor;
  double *sigma = s->kept, *slope = sigma + s->width * c->m, *z = c->scratch, *y = z;
  c->kernels->set(s->width, c->m, c->theta + s->bias, z);
  inward(c, s, s->sign, source, z, z);
  rz_shear_activate(c, s->width, z, sigma, slope);
  c->kernels->scale(s->width, c->m, a, slope, slope);
  c->kernels->scale(s->width, c->m, a, sigma, y);
  outward(c, s, scale, y, in, out);
}

static void slope_gradient(const rz_shear_chain *c, const rz_shear *s, const double *v, double *w) {
  double *u = c->scratch;
  inward(c, s, 1.0, v, NULL, u);
  c->kernels->multiply(s->width * c->m, slopes_of(c, s), u, u);
  outward(c, s, s->scale * s->sign, u, w, w);
}

/* bar . f has with u = K^T bar and t = a sigma' u
 *   d/dK = bar (a sigma)^T + sign q t^T,  d/da = sigma u,  d/db = t,  d/dq = sign K t. */
static void pull_gradient(const rz_shear_chain *c, const rz_shear *s, const double *bar, double *bar_source,
                          rz_shear_sink *sink) {
  const int64_t size = s->width * c->m;
  double *u = c->scratch, *y = u + c->scratch_rows * c->m;
  inward(c, s, 1.0, bar, NULL, u);
  c->kernels->multiply(size, s->kept, u, y);
  sink->outer(sink, s->factor, s->width, 1, s->scale, y, c->ones);
  c->kernels->scale(s->width, c->m, c->theta + s->factor, s->kept, y);
  sink->outer(sink, s->matrix, c->d, s->width, s->scale, bar, y);
  c->kernels->multiply(size, slopes_of(c, s), u, u);
  sink->outer(sink, s->bias, s->width, 1, s->scale, u, c->ones);
  sink->outer(sink, s->matrix, c->d, s->width, s->scale * s->sign, s->source, u);
  outward(c, s, s->scale * s->sign, u, bar_source, bar_source);
}

const rz_shear_kind rz_shear_gradient = {
    .kept = kept_gradient, .push = push_gradient, .slope = slope_gradient, .pull = pull_gradient};
