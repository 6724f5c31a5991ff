/* Blocks of RZ_LANES walkers. */
#include "ansatz_impl.h"

#include "ritz/core/memory.h"

#include <string.h>

typedef int8_t lanes __attribute__((vector_size(RZ_LANES)));

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

static lanes eight_bytes(const int8_t *x) {
  typedef uint64_t pair __attribute__((vector_size(RZ_LANES)));
  uint64_t low;
  memcpy(&low, x, sizeof low);
  return (lanes)(pair){low, 0};
}

/* Eight sites of all lanes: from[lane] + i -> to [8, RZ_LANES], by four rounds of setting halves against each other. */
static void transpose_eight(const int8_t *const *from, int i, int8_t *to) {
  lanes x[8], y[8];
  for (int k = 0; k < 8; ++k) { /* lanes k and k + 8: site 0 of both, site 1 of both ... */
    const lanes a = eight_bytes(from[k] + i), b = eight_bytes(from[k + 8] + i);
    x[k] = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  }
  for (int round = 0; round < 3; ++round) {
    for (int k = 0; k < 4; ++k) {
      y[2 * k] = __builtin_shufflevector(x[k], x[k + 4], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      y[2 * k + 1] =
          __builtin_shufflevector(x[k], x[k + 4], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    memcpy(x, y, sizeof x);
  }
  memcpy(to, x, sizeof x);
}

void rz_block_set(rz_block *b, int n, const int8_t *spin) {
  const int8_t *from[RZ_LANES];
  if (n == 0) return;
  for (int lane = 0; lane < RZ_LANES; ++lane) from[lane] = spin + (int64_t)(lane < n ? lane : n - 1) * b->n_site;
  int i = 0;
  for (; i + 8 <= b->n_site; i += 8) transpose_eight(from, i, b->spin + (int64_t)i * RZ_LANES);
  for (; i < b->n_site; ++i)
    for (int lane = 0; lane < RZ_LANES; ++lane) b->spin[(int64_t)i * RZ_LANES + lane] = from[lane][i];
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

void rz_block_ratios(const rz_ansatz *a, rz_block *b, int n, int n_flip, const int32_t *site, double *out) {
  b->n_flip = 0;
  if (a->cls->ratios) {
    a->cls->ratios(a, b, n, n_flip, site, out);
    return;
  }
  for (int k = 0; k < n; ++k)
    a->cls->ratio(a, b, n_flip, site + (int64_t)k * n_flip, out + (int64_t)k * rz_ansatz_n_comp(a) * RZ_LANES);
}

void rz_block_factors(const rz_ansatz *a, const rz_block *b, int64_t first, int m, rz_jacobian *j) {
  a->cls->factors(a, b, first, m, j);
}

void rz_block_commit(const rz_ansatz *a, rz_block *b, const uint8_t *accept) {
  lanes flip, s;
  a->cls->commit(a, b, accept);
  memcpy(&flip, accept, sizeof flip);
  flip = flip != 0; /* all ones or 0: -s = (s ^ -1) + 1 */
  for (int k = 0; k < b->n_flip; ++k) {
    int8_t *at = b->spin + (int64_t)b->site[k] * RZ_LANES;
    memcpy(&s, at, sizeof s);
    s = (s ^ flip) - flip;
    memcpy(at, &s, sizeof s);
  }
  b->n_flip = 0;
}
