/* A plain sector cut into a high and a low half of its sites. Private to this folder. Local; no communication.
 *
 * In ascending order of bit strings the states with the same high half, a block, are contiguous, and a block runs over
 * low configurations that depend on the number of up spins left for them alone: its class. So no state is ever listed
 * or searched. Without a fixed Sz there is one class. */
#ifndef RITZ_EXACT_ED_HALVES_H
#define RITZ_EXACT_ED_HALVES_H

#include "ritz/core/comm.h"
#include <stdbool.h>
#include <stdint.h>

enum { RZ_ED_MOST_LOW = 16 }; /* positions within a class are 16 bits wide */

typedef struct rz_ed_halves {
  int n_low, n_high; /* sites: bits 0 .. n_low - 1, and those above */
  bool fixed_sz;
  int n_up;
  int64_t n_block;      /* 2^n_high */
  int64_t *first;       /* [n_block + 1]: state number of the first of a block; the last entry is the dimension */
  int n_class;          /* n_low + 1, or 1 */
  int32_t *class_first; /* [n_class + 1]: where a class begins in low_state */
  uint16_t *low_state;  /* [2^n_low]: low configurations, ascending within a class */
  uint16_t *low_index;  /* [2^n_low]: their position within the class */
} rz_ed_halves;

rz_err rz_ed_halves_create(int n_site, bool fixed_sz, int n_up, rz_ed_halves **out);
void rz_ed_halves_destroy(rz_ed_halves **halves);
/* Low sites chosen for a number of sites, and the bytes that halves take. */
int rz_ed_halves_low(int n_site, bool fixed_sz);
double rz_ed_halves_bytes(int n_site, bool fixed_sz);
/* Contiguous blocks of a rank: as equal numbers of states as whole blocks allow. */
rz_range rz_ed_halves_share(const rz_ed_halves *h, int rank, int size);

/* Class of a block, -1 if it is empty. */
static inline int rz_ed_class(const rz_ed_halves *h, int64_t block) {
  if (!h->fixed_sz) return 0;
  const int k = h->n_up - __builtin_popcountll((uint64_t)block);
  return k < 0 || k > h->n_low ? -1 : k;
}

/* States of a block of the class. */
static inline int64_t rz_ed_class_size(const rz_ed_halves *h, int class) {
  return h->class_first[class + 1] - h->class_first[class];
}

#endif
