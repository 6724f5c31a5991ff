/* What a stored Hamiltonian holds: filled by ed_store.c, used by ed_stored.c. Private to these. */
#ifndef RITZ_EXACT_ED_STORED_IMPL_H
#define RITZ_EXACT_ED_STORED_IMPL_H

#include "ed_stored.h"

/* number | value << shift, shift as in rz_ed_stored. */
typedef struct rz_ed_words {
  int64_t n;
  uint32_t *narrow; /* [n], or */
  uint64_t *wide;   /* [n]: one of them is NULL */
} rz_ed_words;

typedef struct rz_ed_chunk {
  int64_t first, n_row;
  uint32_t *end;     /* [n_row]: where the row ends in `local` */
  rz_ed_words local; /* columns on this rank */
  /* several ranks: [size] each, and the elements in the order of the ranks they are sent to */
  int *n_send, *at_send, *n_receive, *at_receive;
  rz_ed_words remote; /* rows of this rank */
  uint32_t *target;   /* [received]: rows of this rank */
} rz_ed_chunk;

struct rz_ed_stored {
  const rz_comm *comm;
  bool is_complex;
  rz_range rows;
  int shift; /* bits of a row number */
  int64_t n_value;
  double *value;    /* [n_value], or pairs */
  double *diagonal; /* [rows] */
  int64_t n_chunk;  /* as many on every rank */
  rz_ed_chunk *chunk;
  double *send, *receive; /* of the largest chunk */
  int64_t bytes;
};

/* Fill the chunks and the values of h, whose other fields are set. Collective. */
rz_err rz_ed_store(rz_ed_stored *h, const rz_ed_basis *b, const rz_ed_operator *op);

#endif
