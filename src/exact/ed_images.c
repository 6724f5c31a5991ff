/* Images of a configuration under all elements of a group at once: one row of the table for each byte of the bit
 * string, combined in vector registers. */
#include "ed_group.h"
#include "ritz/core/simd.h"

enum { LANES = RZ_ED_IMAGE_LANES, MAX_BYTE = 8 };

static inline void row_of_bytes(const rz_ed_group *g, uint64_t state, const uint64_t **row) {
  for (int b = 0; b < g->n_byte; b++, state >>= 8)
    row[b] = g->table + ((int64_t)b * 256 + (int64_t)(state & 255)) * g->n_lane;
}

RZ_CLONES void rz_ed_group_images(const rz_ed_group *g, uint64_t state, uint64_t *image) {
  const uint64_t *row[MAX_BYTE];
  row_of_bytes(g, state, row);
  for (int k = 0; k < g->n_lane; k += LANES) {
    uint64_t v[LANES];
    for (int l = 0; l < LANES; l++) v[l] = g->turn[k + l];
    for (int b = 0; b < g->n_byte; b++)
      for (int l = 0; l < LANES; l++) v[l] ^= row[b][k + l];
    for (int l = 0; l < LANES; l++) image[k + l] = v[l];
  }
}

RZ_CLONES uint64_t rz_ed_group_least(const rz_ed_group *g, uint64_t state) {
  const uint64_t *row[MAX_BYTE];
  uint64_t least[LANES];
  row_of_bytes(g, state, row);
  for (int l = 0; l < LANES; l++) least[l] = state;
  for (int k = 0; k < g->n_lane; k += LANES) {
    uint64_t v[LANES];
    for (int l = 0; l < LANES; l++) v[l] = g->turn[k + l];
    for (int b = 0; b < g->n_byte; b++)
      for (int l = 0; l < LANES; l++) v[l] ^= row[b][k + l];
    for (int l = 0; l < LANES; l++) least[l] = v[l] < least[l] ? v[l] : least[l];
  }
  for (int l = 1; l < LANES; l++) least[0] = least[l] < least[0] ? least[l] : least[0];
  return least[0];
}

int64_t rz_ed_group_bytes(const rz_ed_group *g) {
  return (int64_t)g->n_byte * 256 * g->n_lane * (int64_t)sizeof *g->table;
}
