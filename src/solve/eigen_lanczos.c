/* "lanczos": the recurrence of C. Lanczos, J. Res. Natl. Bur. Stand. 45, 255 (1950), with as few vectors as the task
 * allows. */
#include "eigen_lanczos.h"

static int64_t n_vectors(int64_t n, int n_wanted, bool with_vectors) {
  if (n_wanted == 1) return with_vectors ? 3 : 2;
  return rz_lanczos_n_basis(n, n_wanted) + n_wanted + 1;
}

static rz_err several(const rz_eigen_problem *p, rz_eigen_result *out) {
  rz_lanczos_basis *basis = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_lanczos_basis_create(p, &basis));
  RZ_TRY_DONE(rc, rz_eigen_search_all(p, rz_lanczos_restart, basis, out));
done:
  rz_lanczos_basis_destroy(&basis);
  return rc;
}

static rz_err solve(const rz_eigen_problem *p, bool with_vectors, rz_eigen_result *out) {
  if (p->n_wanted == 1)
    RZ_TRY(rz_lanczos_lowest(p, with_vectors, out));
  else
    RZ_TRY(several(p, out));
  out->bytes = n_vectors(p->n, p->n_wanted, with_vectors) * p->rows.count * (int64_t)sizeof(double);
  return RZ_OK;
}

const rz_eigensolver_class rz_eigensolver_lanczos = {
    .name = "lanczos",
    .about = "Lanczos: two vectors for the lowest level, thick restarts for several",
    .solve = solve,
    .n_vectors = n_vectors,
};
