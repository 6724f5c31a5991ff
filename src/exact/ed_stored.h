/* The Hamiltonian of a sector with symmetries, its elements stored, and its product with a vector spread over the
 * ranks. Private to this folder.
 *
 * Rows are dealt in contiguous shares (rz_share) and stored in chunks. Of row a, an element H_ba whose b is on the rank
 * is used as y_a += conj(H_ba) x_b; one whose b is not makes a contribution y_b += H_ba x_a, whose value alone is sent:
 * its row was told to the owner of b when the chunk was stored. Few values occur many times, so an element is a number
 * of a row or column and the number of a value, packed into 32 bits where both fit, else into 64. */
#ifndef RITZ_EXACT_ED_STORED_H
#define RITZ_EXACT_ED_STORED_H

#include "ed_basis.h"

typedef struct rz_ed_stored rz_ed_stored;

/* b and op are needed no longer than this call. Collective. Errors: RZ_ERR_MEMORY; RZ_ERR_ARG beyond 2^32 rows on a
 * rank. */
rz_err rz_ed_stored_create(const rz_ed_basis *b, const rz_ed_operator *op, bool is_complex, const rz_comm *comm,
                           rz_ed_stored **out);
void rz_ed_stored_destroy(rz_ed_stored **stored);
/* y += H x on this rank's rows: double, or double complex as pairs. Collective. */
rz_err rz_ed_stored_add(rz_ed_stored *h, const double *x, double *y);
int64_t rz_ed_stored_bytes(const rz_ed_stored *h);
/* About what one of `size` ranks will hold, the basis included, for dim states of a spec with symmetries. Local. */
double rz_ed_stored_need(const rz_ed_spec *spec, const rz_ed_operator *op, double dim, int size);

#endif
