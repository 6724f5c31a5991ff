/* The Hamiltonian of a sector as the rows of this rank, and its product with a vector spread over the ranks. Private to
 * this folder.
 *
 * Rows and vectors are dealt in contiguous shares (rz_share). With symmetries the rows are stored (ed_stored.h). For
 * the plain basis they are made anew in each product: row a gives the elements H_ba of its connected states b; what
 * stays on the rank is used as y_a += conj(H_ba) x_b; what does not is sent to the owner of b as a contribution
 * y_b += H_ba x_a, a chunk of rows at a time, so that the memory of a rank falls with their number. How many
 * contributions go where is counted once. */
#ifndef RITZ_EXACT_ED_ROWS_H
#define RITZ_EXACT_ED_ROWS_H

#include "ed_basis.h"
#include "ritz/solve/eigen.h"

typedef struct rz_ed_rows rz_ed_rows;

/* Collective. spec->op and spec->lattice must outlive neither. Errors: as rz_ed_basis_create; RZ_ERR_MEMORY. */
rz_err rz_ed_rows_create(const rz_ed_spec *spec, const rz_comm *comm, rz_ed_rows **out);
void rz_ed_rows_destroy(rz_ed_rows **rows);
const rz_ed_basis *rz_ed_rows_basis(const rz_ed_rows *rows);
bool rz_ed_rows_is_complex(const rz_ed_rows *rows);
/* Rows of this rank. */
rz_range rz_ed_rows_range(const rz_ed_rows *rows);
/* Bytes this rank holds. */
int64_t rz_ed_rows_bytes(const rz_ed_rows *rows);
/* y = H x + c y on this rank's rows, ctx = rz_ed_rows: double, or double complex as pairs if the problem is complex.
 * Collective. */
rz_matvec rz_ed_rows_apply;
/* Plain basis: elements of the local row, n of them, numbers of the connected states and H_ba as pairs (Re, Im) or
 * reals; borrowed until the next call. Rows must be asked for in ascending order from row 0 on, or from 0 again. Local.
 */
void rz_ed_rows_get(rz_ed_rows *rows, int64_t row, int64_t *n, const int64_t **column, const double **value);
/* Plain basis: diagonal of the local rows; borrowed. */
const double *rz_ed_rows_diagonal(const rz_ed_rows *rows);

#endif
