/* Transverse-field Ising model; J > 0 is ferromagnetic. */
#include "model_impl.h"

static const rz_option rows[] = {RZ_ROW_COUPLING("j", "1.0", "", "Ising coupling J"),
                                 RZ_ROW_COUPLING("h", "1.0", "", "transverse field h"), RZ_BOND_ROWS};

static rz_err build(const rz_model_input *in, rz_operator *op) {
  RZ_TRY(rz_model_add_exchange(in, op, 0, -1, 0, 0, -rz_model_real(in, "j")));
  for (int i = 0; i < rz_lattice_n_site(in->lattice); i++)
    RZ_TRY(rz_model_add_one(in, op, -rz_model_real(in, "h"), 'x', i));
  return RZ_OK;
}

const rz_model_class rz_model_tfim = {.name = "tfim",
                                      .about = "Ising model in a transverse field",
                                      .cite = "Pfeuty, Ann. Phys. 57, 79 (1970)",
                                      .units = "pauli",
                                      .formula = "H = -j sum_<ij> sz_i sz_j - h sum_i sx_i",
                                      .options = rows,
                                      .n_options = RZ_N_ROWS(rows),
                                      .build = build};
