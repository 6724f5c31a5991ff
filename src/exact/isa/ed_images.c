/* One row of the table for each byte of the bit string, combined in vector registers. */
#include "../ed_group.h"

enum { LANES = RZ_ED_IMAGE_LANES, MAX_BYTE = 8 };

static inline void row_of_bytes(const rz_ed_group *g, uint64_t state, const uint64_t **row) {
  for (int b = 0; b < g->n_byte; b++, state >>= 8)
    row[b] = g->table + ((int64_t)b * 256 + (int64_t)(state & 255)) * g->n_lane;
}

static void all(const rz_ed_group *g, uint64_t state, uint64_t *image) {
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

static uint64_t least(const rz_ed_group *g, uint64_t state) {
  const uint64_t *row[MAX_BYTE];
  uint64_t low[LANES];
  row_of_bytes(g, state, row);
  for (int l = 0; l < LANES; l++) low[l] = state;
  for (int k = 0; k < g->n_lane; k += LANES) {
    uint64_t v[LANES];
    for (int l = 0; l < LANES; l++) v[l] = g->turn[k + l];
    for (int b = 0; b < g->n_byte; b++)
      for (int l = 0; l < LANES; l++) v[l] ^= row[b][k + l];
    for (int l = 0; l < LANES; l++) low[l] = v[l] < low[l] ? v[l] : low[l];
  }
  for (int l = 1; l < LANES; l++) low[0] = low[l] < low[0] ? low[l] : low[0];
  return low[0];
}

const rz_ed_image_kernels RZ_ISA_SYMBOL(rz_ed_images) = {.all = all, .least = least};
