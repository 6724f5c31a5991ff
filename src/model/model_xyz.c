#include "model_impl.h"

static const rz_option rows[] = {RZ_ROW_COUPLING("jx", "1.0", "", "exchange of the x components"),
                                 RZ_ROW_COUPLING("jy", "1.0", "", "exchange of the y components"),
                                 RZ_ROW_COUPLING("jz", "1.0", "", "exchange of the z components"), RZ_EXCHANGE_ROWS};

static rz_err build(const rz_model_input *in, rz_operator *op) {
  RZ_TRY(
      rz_model_add_exchange(in, op, 0, -1, rz_model_real(in, "jx"), rz_model_real(in, "jy"), rz_model_real(in, "jz")));
  RZ_TRY(rz_model_add_complex(in, op));
  return RZ_OK;
}

const rz_model_class rz_model_xyz = {.name = "xyz",
                                     .about = "exchange with three couplings",
                                     .cite = "Baxter, Ann. Phys. 70, 193 (1972)",
                                     .units = "spin",
                                     .formula = "H = sum_<ij> (jx sx_i sx_j + jy sy_i sy_j + jz sz_i sz_j)",
                                     .options = rows,
                                     .n_options = RZ_N_ROWS(rows),
                                     .build = build};
