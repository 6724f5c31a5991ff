#include "ansatz_impl.h"

rz_err rz_add_linear_layer(const rz_ansatz *a, int view, const int32_t *label, int n_orbit, int64_t n,
                           const int8_t *spin, rz_jacobian *j) {
  rz_layer *layer;
  const rz_layer shape = {.offset = a->params.view[view].offset,
                          .d_in = n_orbit,
                          .d_out = 1,
                          .n_share = 1,
                          .complex_weights = a->params.view[view].is_complex,
                          .n_x = n_orbit};
  RZ_TRY(rz_jacobian_add(j, &shape, true, false, &layer));
  for (int64_t k = 0; k < n; ++k) {
    double *x = layer->x + k * n_orbit;
    for (int o = 0; o < n_orbit; ++o) x[o] = 0.0;
    for (int i = 0; i < a->n_site; ++i) x[label[i]] += spin[k * a->n_site + i];
    layer->d_re[k] = 1.0;
  }
  return RZ_OK;
}
