/* f = b: a shift. */
#include "shear.h"

static int kept_constant(const rz_shear *s, int d) {
  (void)s, (void)d;
  return 0;
}

static void push_constant(const rz_shear_chain *c, const rz_shear *s, double scale, const double *source,
                          const double *in, double *out) {
  (void)source;
  c->kernels->shift(c->d, c->m, scale, c->theta + s->bias, in, out);
}

static void slope_constant(const rz_shear_chain *c, const rz_shear *s, const double *v, double *w) {
  (void)c, (void)s, (void)v, (void)w; /* f' = 0 */
}

static void pull_constant(const rz_shear_chain *c, const rz_shear *s, const double *bar, double *bar_source,
                          rz_shear_sink *sink) {
  (void)bar_source;
  sink->outer(sink, s->bias, c->d, 1, s->scale, bar, c->ones);
}

const rz_shear_kind rz_shear_constant = {
    .kept = kept_constant, .push = push_constant, .slope = slope_constant, .pull = pull_constant};
