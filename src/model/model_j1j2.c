/* Heisenberg exchange on first and second neighbours: shells 0 and 1, or the edges labelled 0 and 1. */
#include "model_impl.h"

static const rz_option rows[] = {RZ_ROW_COUPLING("j1", "1.0", "", "exchange of nearest neighbours"),
                                 RZ_ROW_COUPLING("j2", "0.5", "j1", "exchange of second neighbours"), RZ_EXCHANGE_ROWS};

static rz_err build(const rz_model_input *in, rz_operator *op) {
  const double j1 = rz_model_real(in, "j1"), j2 = rz_model_real(in, "j2");
  if (rz_lattice_n_shell(in->lattice) < 2) {
    rz_config_error(in->config, RZ_GROUP, "model", "the lattice has no second neighbours");
    return RZ_OK;
  }
  RZ_TRY(rz_model_add_exchange(in, op, 0, -1, j1, j1, j1));
  RZ_TRY(rz_model_add_exchange(in, op, 1, -1, j2, j2, j2));
  RZ_TRY(rz_model_add_complex(in, op));
  return RZ_OK;
}

#define S_DOT_S "(sx_i sx_j + sy_i sy_j + sz_i sz_j)"

const rz_model_class rz_model_j1j2 = {.name = "j1j2",
                                      .about = "exchange between first and second neighbours",
                                      .cite = "Majumdar and Ghosh, J. Math. Phys. 10, 1388 (1969)",
                                      .units = "spin",
                                      .formula = "H = j1 sum_<ij> " S_DOT_S " + j2 sum_<<ij>> " S_DOT_S,
                                      .options = rows,
                                      .n_options = RZ_N_ROWS(rows),
                                      .build = build};
