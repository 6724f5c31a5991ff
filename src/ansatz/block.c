/* Blocks of RZ_LANES walkers. */
#include "ansatz_impl.h"

#include "ritz/core/memory.h"

#include <string.h>

rz_err rz_block_create(const rz_ansatz *a, rz_block **out) {
  rz_block *b = NULL;
  rz_err rc = RZ_OK;
  *out = NULL;
  RZ_TRY(RZ_NEW0(1, &b));
  b->n_site = a->n_site;
  RZ_TRY_DONE(rc, RZ_NEW((int64_t)a->n_site * RZ_LANES, &b->spin));
  RZ_TRY_DONE(rc, RZ_NEW0(a->cache_size, &b->cache));
  memset(b->spin, 1, (size_t)a->n_site * RZ_LANES);
  *out = b;
  b = NULL;
done:
  rz_block_destroy(&b);
  return rc;
}

void rz_block_destroy(rz_block **b) {
  if (b == NULL || *b == NULL) return;
  rz_free(&(*b)->spin);
  rz_free(&(*b)->cache);
  rz_free(b);
}

void rz_block_set(rz_block *b, int n, const int8_t *spin) {
  for (int lane = 0; lane < RZ_LANES && n > 0; ++lane) {
    const int8_t *s = spin + (int64_t)(lane < n ? lane : n - 1) * b->n_site;
    for (int i = 0; i < b->n_site; ++i) b->spin[(int64_t)i * RZ_LANES + lane] = s[i];
  }
}

void rz_block_get(const rz_block *b, int lane, int8_t *spin) {
  for (int i = 0; i < b->n_site; ++i) spin[i] = b->spin[(int64_t)i * RZ_LANES + lane];
}

double rz_block_refresh(const rz_ansatz *a, rz_block *b) {
  b->n_flip = 0;
  return a->cls->refresh(a, b);
}

void rz_block_ratio(const rz_ansatz *a, rz_block *b, int n_flip, const int32_t *site, double *out) {
  b->n_flip = n_flip;
  b->site = site;
  a->cls->ratio(a, b, n_flip, site, out);
}

void rz_block_commit(const rz_ansatz *a, rz_block *b, const uint8_t *accept) {
  int8_t sign[RZ_LANES];
  a->cls->commit(a, b, accept);
  for (int l = 0; l < RZ_LANES; ++l) sign[l] = (int8_t)(accept[l] ? -1 : 1);
  for (int k = 0; k < b->n_flip; ++k) {
    int8_t *s = b->spin + (int64_t)b->site[k] * RZ_LANES;
    for (int l = 0; l < RZ_LANES; ++l) s[l] = (int8_t)(s[l] * sign[l]);
  }
  b->n_flip = 0;
}
