/* The spins of the samples of one bin, one bit each, so that one operation on a word serves 64 of them. All sums are of
 * integers: exact, whatever the order. */
#ifndef RITZ_ESTIMATE_PACKED_H
#define RITZ_ESTIMATE_PACKED_H

#include "bit_kernels.h"
#include "ritz/core/error.h"
#include "ritz/model/lattice.h"
#include "ritz/sample/sampler.h"
#include <stdbool.h>
#include <stdint.h>

enum { RZ_WORD = 64 };
/* Sites, rounded up to whole words. */
static inline int rz_packed_stride(int n_site) { return (n_site + RZ_WORD - 1) / RZ_WORD * RZ_WORD; }

typedef struct rz_packed {
  const rz_bit_kernels *kernel;
  int n_site;
  int stride;        /* sites with those that fill the last word, which are never up */
  int64_t n, n_word; /* samples with weight; words of 64 of them */
  uint64_t *row;     /* [n_word * 64, stride / 64]: the spins of one sample, 1 = up */
  uint64_t *column;  /* [n_word, stride]: bit k of word (w, i) is spin i of sample 64 w + k */
  uint64_t *mask;    /* [2, stride / 64]: none, and the second sublattice */
  int64_t *total[2]; /* [n_site + 1], see rz_packed_totals */
  int64_t *up;       /* [stride] */
  int32_t *unequal;  /* [n_site, stride] */
  bool has_column, has_total[2], has_up, has_unequal; /* of the samples now in it */
} rz_packed;

/* Room for n samples. Owner: caller. */
rz_err rz_packed_create(const rz_lattice *lattice, int64_t n, rz_packed **out);
void rz_packed_destroy(rz_packed **p);
/* Take the samples first .. first + n - 1 that have weight. */
void rz_packed_fill(rz_packed *p, const rz_samples *s, int64_t first, int64_t n);

/* Counted when first asked for; owned by p. */
/* [n_site + 1]: samples by their number of spins up, those of the second sublattice counted the other way round if
 * `staggered`: sum of (e_i) s_i = 2 ups - n_site. */
const int64_t *rz_packed_totals(rz_packed *p, bool staggered);
/* [n_site]: samples with spin i up: sum of s_i = 2 up[i] - n. */
const int64_t *rz_packed_up(rz_packed *p);
/* [n_site, stride], used for i < j: samples with s_i != s_j: sum of s_i s_j = n - 2 unequal[i, j]. */
const int32_t *rz_packed_unequal(rz_packed *p);

#endif
