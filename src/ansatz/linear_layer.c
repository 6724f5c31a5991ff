#include "ansatz_impl.h"

#include <string.h>

rz_err rz_add_linear_layer(const rz_ansatz *a, int view, int n_orbit, rz_jacobian *j) {
  rz_layer *layer;
  const rz_layer shape = {.offset = a->params.view[view].offset,
                          .d_in = n_orbit,
                          .d_out = 1,
                          .n_share = 1,
                          .complex_weights = a->params.view[view].is_complex,
                          .n_x = n_orbit};
  return rz_jacobian_add(j, &shape, true, false, &layer);
}

void rz_fill_linear_layer(const rz_layer *layer, int n_in, const int32_t *label, const int8_t *in, int64_t first,
                          int m) {
  for (int l = 0; l < m; ++l) {
    double *x = layer->x + (first + l) * layer->n_x;
    memset(x, 0, sizeof *x * (size_t)layer->n_x);
    for (int64_t i = 0; i < n_in; ++i) x[label[i]] += in[i * RZ_LANES + l];
    layer->d_re[first + l] = 1.0;
  }
}
