/* The product y = H x + c y of a sector, by the way that suits it. Private to this folder.
 *
 * Plain sectors are multiplied by halves of their sites (ed_split.h), unless the tables of the halves would outgrow a
 * vector; sectors with symmetries, and those few, by rows (ed_rows.h). */
#ifndef RITZ_EXACT_ED_PRODUCT_H
#define RITZ_EXACT_ED_PRODUCT_H

#include "ritz/exact/ed.h"
#include "ritz/solve/eigen.h"

typedef struct rz_ed_product {
  const char *name; /* "halves" or "rows" */
  int64_t dim;
  bool is_complex;
  rz_range states;       /* of this rank: contiguous, in rank order */
  rz_matvec *apply;      /* on this rank's states, complex ones as pairs. Collective */
  rz_eigen_alloc *alloc; /* as in rz_eigen_problem */
  rz_eigen_release *release;
  void *ctx;
  struct rz_ed_split *halves; /* one of the two, owned */
  struct rz_ed_rows *rows;
} rz_ed_product;

/* Collective. Errors: RZ_ERR_ARG as rz_ed_check, or if H does not keep the fixed Sz; RZ_ERR_MEMORY. */
rz_err rz_ed_product_create(const rz_ed_spec *spec, const rz_comm *comm, rz_ed_product *out);
void rz_ed_product_free(rz_ed_product *p);
/* Bytes this rank holds. Local. */
int64_t rz_ed_product_held(const rz_ed_product *p);
/* About what one of `size` ranks will hold for a spec with a group of n_element symmetries (1: none), in a sector of
 * dim states; what it receives from others is counted. Local. */
double rz_ed_product_bytes(const rz_ed_spec *spec, double dim, int n_element, bool is_complex, int size);

#endif
