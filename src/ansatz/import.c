/* Parameters of another state. */
#include "ansatz_impl.h"

#include <string.h>

void rz_import_element(const rz_params *from, int v, int64_t e, double value[2]) {
  const double *x = rz_params_real(from, v);
  value[0] = from->view[v].is_complex ? x[2 * e] : x[e];
  value[1] = from->view[v].is_complex ? x[2 * e + 1] : 0.0;
}

void rz_import_store(rz_ansatz *a, int v, int64_t e, const double value[2]) {
  double *x = rz_params_real(&a->params, v);
  if (a->params.view[v].is_complex) {
    x[2 * e] = value[0];
    x[2 * e + 1] = value[1];
  } else {
    x[e] = value[0];
  }
}

rz_err rz_import_check(const rz_ansatz *a, const rz_params *from) {
  for (int v = 0; v < from->n_view; ++v) {
    const rz_view *source = &from->view[v];
    const int k = rz_params_find(&a->params, source->name);
    RZ_CHECK(k >= 0, RZ_ERR_ARG, "the source has parameters '%s', this %s has none: choose the same options",
             source->name, a->cls->name);
    RZ_CHECK(a->params.view[k].is_complex || !source->is_complex, RZ_ERR_ARG,
             "the source's '%s' is complex, this %s is real: weights = 'complex'", source->name, a->cls->name);
  }
  return RZ_OK;
}

rz_err rz_import_view(rz_ansatz *a, const rz_params *from, const char *name) {
  const int k = rz_params_find(&a->params, name), v = rz_params_find(from, name);
  if (k < 0) return RZ_OK;
  const rz_view *view = &a->params.view[k];
  const double zero[2] = {0.0, 0.0};
  double value[2];
  if (v >= 0) {
    RZ_CHECK(view->n_dim == from->view[v].n_dim, RZ_ERR_ARG, "'%s' has %d dimensions in the source, %d here", name,
             from->view[v].n_dim, view->n_dim);
    for (int d = 0; d < view->n_dim; ++d)
      RZ_CHECK(view->shape[d] == from->view[v].shape[d], RZ_ERR_ARG, "'%s' has extent %lld in the source, %lld here",
               name, (long long)from->view[v].shape[d], (long long)view->shape[d]);
  }
  for (int64_t e = 0; e < rz_view_length(view); ++e) {
    if (v >= 0) rz_import_element(from, v, e, value);
    rz_import_store(a, k, e, v >= 0 ? value : zero);
  }
  return RZ_OK;
}

rz_err rz_import_equal(rz_ansatz *a, const rz_params *from) {
  RZ_TRY(rz_import_check(a, from));
  for (int k = 0; k < a->params.n_view; ++k) RZ_TRY(rz_import_view(a, from, a->params.view[k].name));
  return RZ_OK;
}
