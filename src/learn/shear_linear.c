/* f = S q with S = A + A^T: every quadratic V. */
#include "shear.h"

static int kept_linear(const rz_shear *s, int d) {
  (void)s, (void)d;
  return 0;
}

static rz_plane_matrix matrix_of(const rz_shear *s, int d) {
  return (rz_plane_matrix){.value = s->symmetric, .by_row = d, .by_column = 1};
}

static void push_linear(const rz_shear_chain *c, const rz_shear *s, double scale, const double *source,
                        const double *in, double *out) {
  c->kernels->product(c->d, c->d, c->m, matrix_of(s, c->d), scale, source, in, out);
}

static void slope_linear(const rz_shear_chain *c, const rz_shear *s, const double *v, double *w) {
  c->kernels->product(c->d, c->d, c->m, matrix_of(s, c->d), s->scale, v, w, w);
}

static void pull_linear(const rz_shear_chain *c, const rz_shear *s, const double *bar, double *bar_source,
                        rz_shear_sink *sink) {
  slope_linear(c, s, bar, bar_source);
  sink->outer(sink, s->matrix, c->d, c->d, s->scale, bar, s->source);
  sink->outer(sink, s->matrix, c->d, c->d, s->scale, s->source, bar);
}

const rz_shear_kind rz_shear_linear = {
    .kept = kept_linear, .push = push_linear, .slope = slope_linear, .pull = pull_linear};
