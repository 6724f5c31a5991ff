/* Basis states of a sector as bit strings (bit i set = spin i up, at most 62 sites), and their numbering.
 * Sectors here: all configurations, or fixed total Sz. Local; no communication. */
#ifndef RITZ_MODEL_SECTOR_H
#define RITZ_MODEL_SECTOR_H

#include "ritz/core/error.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct rz_sector {
  int n_site;
  bool fixed_sz;
  int n_up;
  int64_t dim;            /* number of basis states; RZ_ERR_ARG at creation if it does not fit 2^62 */
  int64_t choose[64][64]; /* binomials for the combinatorial number system */
} rz_sector;

rz_err rz_sector_init(int n_site, bool fixed_sz, int n_up, rz_sector *out);
/* dim without the 62-site limit, as a double (may be inf). */
double rz_sector_dimension(int n_site, bool fixed_sz, int n_up);
bool rz_sector_contains(const rz_sector *s, uint64_t state);
/* Position of a state in ascending order of bit strings, and back. */
int64_t rz_sector_rank(const rz_sector *s, uint64_t state);
uint64_t rz_sector_unrank(const rz_sector *s, int64_t index);
/* The next larger state of the sector (undefined after the last). */
uint64_t rz_sector_next(const rz_sector *s, uint64_t state);

/* Bits to spins +-1 and back. spin shape [n_site]. */
void rz_bits_to_spins(uint64_t state, int n_site, int8_t *spin);
uint64_t rz_spins_to_bits(int n_site, const int8_t *spin);

#endif
