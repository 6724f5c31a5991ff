/* f_i = a_i sigma(q_i). Kept: sigma and a sigma', d planes each. */
#include "shear.h"

static int kept_activation(const rz_shear *s, int d) {
  (void)s;
  return 2 * d;
}

static void push_activation(const rz_shear_chain *c, const rz_shear *s, double scale, const double *source,
                            const double *in, double *out) {
  const double *a = c->theta + s->factor;
  double *sigma = s->kept, *slope = sigma + c->d * c->m;
  rz_shear_activate(c, c->d, source, sigma, slope);
  c->kernels->scale(c->d, c->m, a, slope, slope);
  c->kernels->add_scaled(c->d, c->m, scale, a, sigma, in, out);
}

static void slope_activation(const rz_shear_chain *c, const rz_shear *s, const double *v, double *w) {
  c->kernels->multiply_add(c->d * c->m, s->scale, s->kept + c->d * c->m, v, w);
}

static void pull_activation(const rz_shear_chain *c, const rz_shear *s, const double *bar, double *bar_source,
                            rz_shear_sink *sink) {
  slope_activation(c, s, bar, bar_source);
  c->kernels->multiply(c->d * c->m, s->kept, bar, c->scratch);
  sink->outer(sink, s->factor, c->d, 1, s->scale, c->scratch, c->ones);
}

const rz_shear_kind rz_shear_activation = {
    .kept = kept_activation, .push = push_activation, .slope = slope_activation, .pull = pull_activation};
