/* An operator on a sector cut into halves: as a sum of products of something in the high half and something in the low
 * one. Private to this folder. Local; no communication.
 *
 * A Pauli string flips F = (F_h, F_l) and multiplies by spins Z = (Z_h, Z_l) of the configuration before the flip.
 * Strings are gathered by F_h, a link: block b takes from block b ^ F_h. The spins of Z_h within F_h, the pattern,
 * choose among sparse matrices on the low half; those outside, the spectators, are a sign of each block. So
 *
 *   (H x)_b = sum_(F_h) sum_(spectators w) sign_w(b) T[F_h, w, pattern of b, class of b] x_(b ^ F_h)
 *
 * where each T is shared by all blocks of equal pattern and class, and an element that cancels in H is absent in T.
 * Apart from this stand the strings that leave the low half alone, which add whole blocks, and the diagonal. */
#ifndef RITZ_EXACT_ED_LINKS_H
#define RITZ_EXACT_ED_LINKS_H

#include "ed_halves.h"
#include "ed_kernels.h"
#include "ed_operator.h"

typedef struct rz_ed_string rz_ed_string;

/* Matrices of one link and one set of spectators. */
typedef struct rz_ed_channel {
  uint64_t spectators;
  int64_t first, n;   /* its strings */
  int32_t n_flip;     /* distinct F_l: no row has more elements */
  rz_ed_table *table; /* [n_pattern, n_class] */
} rz_ed_channel;

typedef struct rz_ed_link {
  uint64_t flip;
  uint64_t pattern;  /* sites of flip whose spins matter; all with a fixed Sz, where they tell the classes apart */
  int64_t n_pattern; /* 2^sites */
  int32_t n_channel;
  rz_ed_channel *channel; /* [n_channel] */
} rz_ed_link;

/* Block b takes coefficient(b) times block b ^ flip. */
typedef struct rz_ed_outer {
  uint64_t flip;
  int64_t first, n; /* its strings */
} rz_ed_outer;

typedef struct rz_ed_links {
  const rz_ed_halves *halves; /* borrowed */
  bool is_complex;
  rz_ed_string *string;
  int64_t n_constant; /* the first strings: the diagonal in the high half alone */
  int32_t n_outer;
  rz_ed_outer *outer;
  /* diagonal between the halves and in the low one: sum_c sign(b, spins[c]) part[c, low configuration] */
  int32_t n_part;
  uint64_t *part_spins;
  double *part; /* [n_part, 2^n_low], in the order of halves->low_state */
  int32_t n_link;
  rz_ed_link *link; /* the first has F_h = 0, if any has */
  int64_t bytes;
} rz_ed_links;

rz_err rz_ed_links_create(const rz_ed_operator *op, const rz_ed_halves *halves, rz_ed_links **out);
void rz_ed_links_destroy(rz_ed_links **links);
/* An upper bound of the bytes of the matrices. */
double rz_ed_links_bytes(const rz_ed_operator *op, bool fixed_sz);

/* Diagonal of the high half alone. */
double rz_ed_links_constant(const rz_ed_links *k, int64_t block);
/* What a block takes from block ^ outer->flip, as a whole. */
double complex rz_ed_links_outer(const rz_ed_links *k, const rz_ed_outer *outer, int64_t block);
/* Does a block take anything by a link? */
bool rz_ed_links_act(const rz_ed_links *k, const rz_ed_link *link, int64_t block);
/* Class of block ^ flip, -1 if there is nothing to be taken from. */
int rz_ed_links_source_class(const rz_ed_links *k, const rz_ed_link *link, int64_t block);
/* Blocks from which a block takes anything, itself left out: from [n_outer + n_link]. Returns their number. */
int64_t rz_ed_links_reach(const rz_ed_links *k, int64_t block, int64_t *from);

/* Matrices of a channel for a block. */
const rz_ed_table *rz_ed_links_table(const rz_ed_links *k, const rz_ed_link *link, const rz_ed_channel *channel,
                                     int64_t block);

#endif
