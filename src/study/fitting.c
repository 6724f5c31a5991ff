#include "fitting.h"

#include "ritz/core/memory.h"
#include <string.h>

static const rz_option rows[] = {
    RZ_ROW_REAL("ridge", "0.0", 0.0, 1e12, "",
                "times the squared length of the parameters is added to the sum of squares"),
    RZ_ROW_REAL("rcond", "1e-14", 0.0, 1.0, "", "singular values below this times the largest count as zero"),
};
const rz_option_group rz_fit_group = {
    "fit", "least squares, for laws that are linear in their parameters", NULL, rows, sizeof rows / sizeof *rows, NULL,
    0};

enum { LEAST_BLOCK = 256 }; /* rows; blocks of fewer rows than parameters cost more per row */

static int64_t states_per_block(const rz_law *l) {
  const int64_t dim = 2 * l->n_degree, least = l->params.n > LEAST_BLOCK ? l->params.n : LEAST_BLOCK;
  return (least + dim - 1) / dim;
}

/* n states: the rows, and what the targets ask of the parameters; `law` holds zeros, so that apply gives what there is
 * without them. */
static rz_err add_block(rz_least_squares *s, rz_law *law, int64_t n, const double *x, const double *target, double *a,
                        double *b) {
  const int64_t n_row = n * 2 * law->n_degree;
  RZ_TRY(rz_law_rows(law, n, x, a));
  RZ_TRY(law->cls->apply(law, n, x, b));
  for (int64_t r = 0; r < n_row; r++) b[r] = target[r] - b[r];
  return rz_least_squares_add(s, n_row, a, b);
}

static rz_err add_all(rz_least_squares *s, rz_law *law, const rz_dataset *data, rz_range share, int64_t block) {
  const int64_t dim = 2 * law->n_degree;
  double *a = NULL, *b = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(block * dim * law->params.n, &a));
  RZ_TRY_DONE(rc, RZ_NEW(block * dim, &b));
  memset(law->params.value, 0, sizeof(double) * (size_t)law->params.n);
  RZ_TRY_DONE(rc, rz_law_update(law));
  for (int64_t i = share.first; i < share.first + share.count; i += block) {
    const int64_t left = share.first + share.count - i, n = left < block ? left : block;
    RZ_TRY_DONE(rc, add_block(s, law, n, data->x + i * dim, data->target + i * dim, a, b));
  }
done:
  rz_free(&a);
  rz_free(&b);
  return rc;
}

rz_err rz_fit(const rz_config *config, const rz_comm *comm, rz_law *law, const rz_dataset *data,
              rz_least_squares_info *info) {
  const int64_t block = states_per_block(law);
  const rz_range share = rz_share_blocks(data->n_train, block, comm->rank, comm->size);
  rz_least_squares *s = NULL;
  RZ_TRY(rz_least_squares_create(comm, law->params.n, (share.count + block - 1) / block, &s));
  rz_err rc = add_all(s, law, data, share, block);
  rc = rz_least_squares_solve(s, rc, rz_config_real(config, "fit", "rcond"), rz_config_real(config, "fit", "ridge"),
                              law->params.value, info);
  rz_least_squares_destroy(&s);
  return rc == RZ_OK ? rz_agree(comm, rz_law_update(law)) : rc;
}
