#include "ansatz_impl.h"

#include "ritz/core/memory.h"
#include "ritz/net/cosh_net.h"
#include "ritz/net/init.h"

#include <assert.h>
#include <math.h>

static_assert((int)RZ_LANES == (int)RZ_NET_LANES, "a block of walkers fills the lanes of the net's kernels");

rz_err rz_ansatz_create(const rz_ansatz_input *in, rz_ansatz **out) {
  RZ_CHECK(in != NULL && out != NULL && in->lattice != NULL, RZ_ERR_ARG, "input, lattice and out must not be NULL");
  *out = NULL;
  const rz_ansatz_class *cls;
  rz_ansatz *a = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY(rz_ansatz_input_class(in, &cls));
  if (in->config == NULL) RZ_TRY(rz_ansatz_check_spec(in, cls));
  const char *why = cls->unfit ? cls->unfit(in->lattice) : NULL;
  if (why) return rz_ansatz_refuse(in, "kind", "'%s' %s", cls->name, why);
  RZ_TRY(RZ_NEW0(1, &a));
  a->cls = cls;
  a->lattice = in->lattice;
  a->n_site = rz_lattice_n_site(in->lattice);
  RZ_TRY_DONE(rc, cls->init(a, in));
  RZ_TRY_DONE(rc, rz_ansatz_update(a));
  *out = a;
  a = NULL;
done:
  rz_ansatz_destroy(&a);
  return rc;
}

rz_err rz_ansatz_create_spec(const rz_lattice *lattice, uint64_t seed, const char *spec, rz_ansatz **out) {
  const rz_ansatz_input in = {.spec = spec, .lattice = lattice, .seed = seed};
  return rz_ansatz_create(&in, out);
}

void rz_ansatz_destroy(rz_ansatz **a) {
  if (a == NULL || *a == NULL) return;
  if ((*a)->cls->fini != NULL) (*a)->cls->fini(*a);
  rz_params_free(&(*a)->params);
  rz_free(a);
}

rz_err rz_ansatz_update(rz_ansatz *a) {
  const rz_params *p = &a->params;
  for (int v = 0; v < p->n_view; ++v) {
    const int64_t n = rz_view_length(&p->view[v]) * (p->view[v].is_complex ? 2 : 1);
    const double *x = rz_params_real(p, v);
    for (int64_t i = 0; i < n; ++i)
      RZ_CHECK(isfinite(x[i]), RZ_ERR_NUM, "parameter %s[%lld] of ansatz '%s' is %g", p->view[v].name, (long long)i,
               a->cls->name, x[i]);
  }
  return a->cls->update(a);
}

rz_err rz_ansatz_import(rz_ansatz *a, const rz_params *from, int from_n_site, const int from_extent[2]) {
  if (a->cls->import != NULL)
    RZ_TRY(a->cls->import(a, from, from_n_site, from_extent));
  else
    RZ_TRY(rz_import_equal(a, from));
  return rz_ansatz_update(a);
}

int rz_ansatz_n_comp(const rz_ansatz *a) { return a->is_complex ? 2 : 1; }

void rz_ansatz_init_normal(rz_ansatz *a, uint64_t seed, double width) {
  for (int v = 0; v < a->params.n_view; ++v) {
    const rz_view *view = &a->params.view[v];
    rz_net_init_normal(seed, (uint64_t)v, width, rz_view_length(view) * (view->is_complex ? 2 : 1),
                       rz_params_real(&a->params, v));
  }
}
