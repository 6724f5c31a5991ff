#include "model_impl.h"

static const rz_option rows[] = {RZ_ROW_COUPLING("j", "1.0", "", "exchange J"),
                                 RZ_ROW_COUPLING("delta", "1.0", "", "anisotropy Delta"), RZ_EXCHANGE_ROWS};

static rz_err build(const rz_model_input *in, rz_operator *op) {
  const double j = rz_model_real(in, "j");
  RZ_TRY(rz_model_add_exchange(in, op, 0, -1, j, j, j * rz_model_real(in, "delta")));
  RZ_TRY(rz_model_add_complex(in, op));
  return RZ_OK;
}

const rz_model_class rz_model_xxz = {.name = "xxz",
                                     .about = "exchange with an easy axis or plane",
                                     .cite = "Yang and Yang, Phys. Rev. 150, 321 (1966)",
                                     .units = "spin",
                                     .formula = "H = j sum_<ij> (sx_i sx_j + sy_i sy_j + delta sz_i sz_j)",
                                     .options = rows,
                                     .n_options = RZ_N_ROWS(rows),
                                     .build = build};
