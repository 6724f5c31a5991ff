/* d log psi / d theta of many configurations. */
#include "ansatz_impl.h"

#include "ritz/core/parallel.h"

rz_err rz_ansatz_layers(const rz_ansatz *a, int64_t n, rz_jacobian **out) {
  RZ_TRY(rz_jacobian_create(n, rz_ansatz_n_comp(a), a->params.n, out));
  const rz_err rc = a->cls->layers(a, *out);
  if (rc != RZ_OK) rz_jacobian_destroy(out);
  return rc;
}

typedef struct configurations {
  const rz_ansatz *a;
  int64_t n;
  const int8_t *spin;
  rz_jacobian *j;
} configurations;

static rz_err factors_of_share(void *ctx, rz_range share) {
  const configurations *c = ctx;
  const int64_t end = (share.first + share.count) * RZ_LANES < c->n ? (share.first + share.count) * RZ_LANES : c->n;
  rz_block *b = NULL;
  RZ_TRY(rz_block_create(c->a, &b));
  for (int64_t i = share.first * RZ_LANES; i < end; i += RZ_LANES) {
    const int m = (int)(end - i < RZ_LANES ? end - i : RZ_LANES);
    rz_block_set(b, m, c->spin + i * c->a->n_site);
    rz_block_refresh(c->a, b);
    rz_block_factors(c->a, b, i, m, c->j);
  }
  rz_block_destroy(&b);
  return RZ_OK;
}

rz_err rz_ansatz_jacobian(const rz_ansatz *a, int64_t n, const int8_t *spin, rz_jacobian **out) {
  RZ_TRY(rz_ansatz_layers(a, n, out));
  const rz_err rc = rz_parallel((n + RZ_LANES - 1) / RZ_LANES, factors_of_share, &(configurations){a, n, spin, *out});
  if (rc != RZ_OK) rz_jacobian_destroy(out);
  return rc;
}
