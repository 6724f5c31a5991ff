/* The container of samples, and sums over it whose bits do not depend on the ranks. */
#include "sampler_impl.h"

#include "ritz/core/memory.h"
#include <string.h>

rz_err rz_samples_allocate(int64_t n, int n_site, rz_samples *out) {
  memset(out, 0, sizeof *out);
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(n * n_site, &out->spin));
  RZ_TRY_DONE(rc, RZ_NEW(n, &out->weight));
  out->n = n;
  out->n_site = n_site;
  return RZ_OK;
done:
  rz_samples_free(out);
  return rc;
}

void rz_samples_free(rz_samples *s) {
  rz_free(&s->spin);
  rz_free(&s->weight);
  memset(s, 0, sizeof *s);
}

rz_err rz_samples_sum(const rz_comm *comm, const rz_samples *s, int64_t k, const double *x, double *sum) {
  return rz_tree_sum(comm, s->n_unit, s->n_unit_global, k, x, sum);
}
