#include "ritz/exact/closed_form.h"

#include "ritz/core/math.h"
#include "ritz/core/memory.h"

#include <math.h>
#include <stdlib.h>

rz_err rz_haldane_shastry_ground(int n, rz_closed_form *out) {
  RZ_CHECK(out != NULL, RZ_ERR_ARG, "out must not be NULL");
  RZ_CHECK(n >= 2 && n % 2 == 0, RZ_ERR_ARG, "n = %d must be even and >= 2", n);
  *out = (rz_closed_form){.energy = -RZ_PI * RZ_PI / 24.0 * (n + 5.0 / n), .gap = NAN, .degeneracy = 1};
  return RZ_OK;
}

/* Number of states with total two_sz in a product of spins two_s[i] / 2. */
static int64_t count_states(const int *two_s, int n_spin, int two_sz) {
  enum { MAX = 64 }; /* the two_s add up to at most n */
  int64_t count[2 * MAX + 1] = {0}, next[2 * MAX + 1];
  count[MAX] = 1;
  for (int i = 0; i < n_spin; ++i) {
    for (int z = 0; z <= 2 * MAX; ++z) next[z] = 0;
    for (int z = 0; z <= 2 * MAX; ++z)
      for (int m = -two_s[i]; count[z] > 0 && m <= two_s[i]; m += 2) next[z + m] += count[z];
    for (int z = 0; z <= 2 * MAX; ++z) count[z] = next[z];
  }
  return count[MAX + two_sz];
}

/* States of the motif (bit m - 1 set: m is occupied) at two_sz. */
static int64_t motif_states(int n, unsigned motif, int two_sz) {
  int two_s[32], n_spin = 0, zeros = 1;
  for (int m = 1; m <= n; ++m) {
    /* the place m = n is the closing zero */
    if (m < n && (motif >> (m - 1) & 1U)) {
      if (zeros > 1) two_s[n_spin++] = zeros - 1;
      zeros = 0;
    } else {
      zeros++;
    }
  }
  if (zeros > 1) two_s[n_spin++] = zeros - 1;
  return count_states(two_s, n_spin, two_sz);
}

typedef struct motif_level {
  int64_t weight; /* sum of m (n - m): the larger, the lower the energy */
  int64_t states;
} motif_level;

static int compare_weight(const void *a, const void *b) {
  const int64_t x = ((const motif_level *)a)->weight, y = ((const motif_level *)b)->weight;
  return (x < y) - (x > y);
}

/* The next motif above this one; motifs are the numbers below 2^(n-1) without adjacent bits. */
static unsigned next_motif(unsigned motif) {
  unsigned next = motif + 1;
  /* a pair of adjacent bits: clear all up to it by carrying out of the lower bit of the highest such pair */
  for (unsigned pairs = next & (next >> 1); pairs != 0; pairs = next & (next >> 1)) {
    unsigned low = 1;
    while (pairs >>= 1) low <<= 1;
    next = (next + low) & ~(low - 1);
  }
  return next;
}

rz_err rz_haldane_shastry_levels(int n, int two_sz, int n_level, double *energies) {
  RZ_CHECK(energies != NULL, RZ_ERR_ARG, "energies must not be NULL");
  RZ_CHECK(n >= 2 && n <= 30, RZ_ERR_ARG, "n = %d must be in 2 ... 30", n);
  RZ_CHECK(abs(two_sz) <= n && (n - two_sz) % 2 == 0, RZ_ERR_ARG, "two_sz = %d does not exist on %d spins", two_sz, n);
  RZ_CHECK(n_level >= 1, RZ_ERR_ARG, "n_level = %d must be >= 1", n_level);
  const unsigned end = 1U << (n - 1);
  int64_t n_motif = 0;
  for (unsigned motif = 0; motif < end; motif = next_motif(motif)) n_motif++;
  motif_level *levels = NULL;
  RZ_TRY(RZ_NEW(n_motif, &levels));
  int64_t i = 0;
  for (unsigned motif = 0; motif < end; motif = next_motif(motif), ++i) {
    levels[i] = (motif_level){.states = motif_states(n, motif, two_sz)};
    for (int m = 1; m < n; ++m)
      if (motif >> (m - 1) & 1U) levels[i].weight += (int64_t)m * (n - m);
  }
  qsort(levels, (size_t)n_motif, sizeof *levels, compare_weight);
  int found = 0;
  for (i = 0; i < n_motif && found < n_level; ++i) {
    /* (pi/n)^2 [n (n^2 - 1)/24 - weight] */
    const double twenty_fourth = (double)((int64_t)n * n * n - n - 24 * levels[i].weight);
    for (int64_t s = 0; s < levels[i].states && found < n_level; ++s)
      energies[found++] = RZ_PI * RZ_PI / (24.0 * n * n) * twenty_fourth;
  }
  rz_free(&levels);
  RZ_CHECK(found == n_level, RZ_ERR_ARG, "n_level = %d, but only %d states have two_sz = %d", n_level, found, two_sz);
  return RZ_OK;
}

rz_err rz_majumdar_ghosh(int n, int periodic, double j1, rz_closed_form *out) {
  RZ_CHECK(out != NULL, RZ_ERR_ARG, "out must not be NULL");
  RZ_CHECK(n >= 4 && n % 2 == 0, RZ_ERR_ARG, "n = %d must be even and >= 4", n);
  RZ_CHECK(isfinite(j1) && j1 > 0.0, RZ_ERR_ARG, "j1 = %g must be > 0", j1);
  *out = (rz_closed_form){.energy = -0.375 * j1 * n, .gap = NAN, .degeneracy = periodic ? 2 : 1};
  return RZ_OK;
}

rz_err rz_tfim_critical_ring(int n, double j, rz_closed_form *out) {
  RZ_CHECK(out != NULL, RZ_ERR_ARG, "out must not be NULL");
  RZ_CHECK(n >= 2, RZ_ERR_ARG, "n = %d must be >= 2", n);
  RZ_CHECK(isfinite(j) && j > 0.0, RZ_ERR_ARG, "j = %g must be > 0", j);
  *out = (rz_closed_form){
      .energy = -2.0 * j / sin(0.5 * RZ_PI / n), .gap = 2.0 * j * tan(0.25 * RZ_PI / n), .degeneracy = 1};
  return RZ_OK;
}

rz_err rz_tfim_critical_open(int n, double j, rz_closed_form *out) {
  RZ_CHECK(out != NULL, RZ_ERR_ARG, "out must not be NULL");
  RZ_CHECK(n >= 1, RZ_ERR_ARG, "n = %d must be >= 1", n);
  RZ_CHECK(isfinite(j) && j > 0.0, RZ_ERR_ARG, "j = %g must be > 0", j);
  const double s = sin(RZ_PI / (4.0 * n + 2.0));
  *out = (rz_closed_form){.energy = j * (1.0 - 1.0 / s), .gap = 4.0 * j * s, .degeneracy = 1};
  return RZ_OK;
}

rz_err rz_cluster_ring(int n, double k, rz_closed_form *out) {
  RZ_CHECK(out != NULL, RZ_ERR_ARG, "out must not be NULL");
  RZ_CHECK(n >= 3, RZ_ERR_ARG, "n = %d must be >= 3", n);
  RZ_CHECK(isfinite(k) && k != 0.0, RZ_ERR_ARG, "k = %g must not be 0", k);
  *out = (rz_closed_form){.energy = -fabs(k) * n, .gap = 2.0 * fabs(k), .degeneracy = 1};
  return RZ_OK;
}

rz_err rz_toric_code(int l, double js, double jp, rz_closed_form *out) {
  RZ_CHECK(out != NULL, RZ_ERR_ARG, "out must not be NULL");
  RZ_CHECK(l >= 2, RZ_ERR_ARG, "l = %d must be >= 2", l);
  RZ_CHECK(isfinite(js) && js > 0.0 && isfinite(jp) && jp > 0.0, RZ_ERR_ARG, "js = %g and jp = %g must be > 0", js, jp);
  *out = (rz_closed_form){.energy = -(js + jp) * l * l, .gap = 4.0 * fmin(js, jp), .degeneracy = 4};
  return RZ_OK;
}
