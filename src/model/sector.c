#include "ritz/model/sector.h"

#include <math.h>
#include <string.h>

enum { MAX_SITE = 62 };

rz_err rz_sector_init(int n_site, bool fixed_sz, int n_up, rz_sector *out) {
  RZ_CHECK(n_site >= 1 && n_site <= MAX_SITE, RZ_ERR_ARG, "basis states are numbered for 1 to %d sites, not %d",
           (int)MAX_SITE, n_site);
  RZ_CHECK(!fixed_sz || (n_up >= 0 && n_up <= n_site), RZ_ERR_ARG, "%d up spins on %d sites", n_up, n_site);
  memset(out, 0, sizeof *out);
  for (int n = 0; n <= MAX_SITE; n++) {
    out->choose[n][0] = 1;
    for (int k = 1; k <= n; k++) out->choose[n][k] = out->choose[n - 1][k - 1] + out->choose[n - 1][k];
  }
  out->n_site = n_site;
  out->fixed_sz = fixed_sz;
  out->n_up = fixed_sz ? n_up : 0;
  out->dim = fixed_sz ? out->choose[n_site][n_up] : (int64_t)1 << n_site;
  return RZ_OK;
}

double rz_sector_dimension(int n_site, bool fixed_sz, int n_up) {
  if (n_site < 0 || (fixed_sz && (n_up < 0 || n_up > n_site))) return 0.0;
  if (!fixed_sz) return ldexp(1.0, n_site);
  const int k = n_up < n_site - n_up ? n_up : n_site - n_up;
  double c = 1.0;
  for (int i = 1; i <= k; i++) c = c * (n_site - k + i) / i;
  return isfinite(c) && c < 9e15 ? rint(c) : c;
}

bool rz_sector_contains(const rz_sector *s, uint64_t state) {
  if (state >> s->n_site) return false;
  return !s->fixed_sz || __builtin_popcountll(state) == s->n_up;
}

/* Combinatorial number system: with set bits p_1 < p_2 < ... the states below number sum_k C(p_k, k). */
int64_t rz_sector_rank(const rz_sector *s, uint64_t state) {
  if (!s->fixed_sz) return (int64_t)state;
  int64_t rank = 0;
  for (int k = 1; state; k++, state &= state - 1) rank += s->choose[__builtin_ctzll(state)][k];
  return rank;
}

uint64_t rz_sector_unrank(const rz_sector *s, int64_t index) {
  if (!s->fixed_sz) return (uint64_t)index;
  uint64_t state = 0;
  int p = s->n_site;
  for (int k = s->n_up; k > 0; k--) {
    do p--;
    while (s->choose[p][k] > index);
    index -= s->choose[p][k];
    state |= (uint64_t)1 << p;
  }
  return state;
}

/* Gosper's step: move the lowest movable bit up, pack the bits below it at the bottom. */
uint64_t rz_sector_next(const rz_sector *s, uint64_t state) {
  if (!s->fixed_sz || state == 0) return state + 1;
  const uint64_t low = state & (~state + 1);
  const uint64_t up = state + low;
  return up | (((state ^ up) >> 2) >> __builtin_ctzll(low));
}

void rz_bits_to_spins(uint64_t state, int n_site, int8_t *spin) {
  for (int i = 0; i < n_site; i++) spin[i] = (int8_t)(2 * (int)((state >> i) & 1) - 1);
}

uint64_t rz_spins_to_bits(int n_site, const int8_t *spin) {
  uint64_t state = 0;
  for (int i = 0; i < n_site; i++) state |= (uint64_t)(spin[i] > 0) << i;
  return state;
}
