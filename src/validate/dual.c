/* The energy of a gauge theory by exact diagonalisation of the Ising model it is dual to: 2^(N - 1) states for the 2^(2
 * N) of its links. */
#include "ritz/exact/ed.h"
#include "ritz/exact/gauge_dual.h"
#include "ritz/validate/reference.h"

#include <math.h>

static rz_err solve(const rz_config *config, const rz_operator *dual, const rz_comm *comm, double *energy) {
  const rz_ed_spec spec = {.op = dual,
                           .spin_flip = 1,
                           .n_levels = 1,
                           .solver = "auto",
                           .tol = 1e-12,
                           .on_one_rank = rz_config_bool(config, "run", "reproducible"),
                           .seed = 1};
  rz_ed_result result;
  RZ_TRY(rz_ed_solve(&spec, comm, &result));
  *energy = result.energy[0];
  rz_ed_result_free(&result);
  return RZ_OK;
}

rz_err rz_reference_dual(const rz_config *config, const rz_model *model, double max_dim, const rz_comm *comm,
                         bool *found, double *energy) {
  rz_operator *dual = NULL;
  *found = false;
  if (model->fixed_sz) return RZ_OK;
  RZ_TRY(rz_gauge_dual(model->bare, model->lattice, found, &dual));
  if (!*found) return RZ_OK;
  *found = ldexp(1.0, rz_operator_n_site(dual) - 1) <= max_dim;
  const rz_err rc = *found ? solve(config, dual, comm, energy) : RZ_OK;
  rz_operator_destroy(&dual);
  return rc;
}
