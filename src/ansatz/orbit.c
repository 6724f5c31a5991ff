/* Sites and pairs that translations carry into each other. */
#include "ansatz_impl.h"

void rz_site_orbits(const rz_lattice *l, bool shared, int32_t *label, int *n_orbit) {
  const int n = rz_lattice_n_site(l);
  const int32_t *perm;
  const int n_group = shared ? rz_lattice_translations(l, &perm) : 1;
  for (int i = 0; i < n; ++i) label[i] = -1;
  *n_orbit = 0;
  for (int i = 0; i < n; ++i) {
    if (label[i] >= 0) continue;
    label[i] = *n_orbit;
    for (int g = 1; g < n_group; ++g) label[perm[(int64_t)g * n + i]] = *n_orbit;
    ++*n_orbit;
  }
}

void rz_pair_orbits(const rz_lattice *l, bool shared, int32_t *label, int *n_orbit) {
  const int n = rz_lattice_n_site(l);
  const int32_t *perm;
  const int n_group = shared ? rz_lattice_translations(l, &perm) : 1;
  for (int64_t k = 0; k < (int64_t)n * (n - 1) / 2; ++k) label[k] = -1;
  *n_orbit = 0;
  for (int i = 0; i < n; ++i)
    for (int j = i + 1; j < n; ++j) {
      if (label[rz_pair_index(n, i, j)] >= 0) continue;
      label[rz_pair_index(n, i, j)] = *n_orbit;
      for (int g = 1; g < n_group; ++g) {
        const int32_t *p = perm + (int64_t)g * n;
        label[rz_pair_index(n, p[i], p[j])] = *n_orbit;
      }
      ++*n_orbit;
    }
}
