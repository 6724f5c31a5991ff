/* Heisenberg model; J > 0 is antiferromagnetic. A ladder's rungs may have a coupling of their own. */
#include "model_impl.h"

static const rz_option rows[] = {RZ_ROW_COUPLING("j", "1.0", "", "exchange J"),
                                 RZ_ROW_COUPLING("j_rung", "", "", "exchange on the rungs of a ladder; default j"),
                                 RZ_EXCHANGE_ROWS};

enum { LEG = 0, RUNG = 1 };

static bool has_rungs(const rz_model_input *in) { return rz_lattice_spec_of(in->lattice)->legs > 0; }

static rz_err build(const rz_model_input *in, rz_operator *op) {
  const double j = rz_model_real(in, "j");
  const bool rungs = rz_config_has(in->config, RZ_GROUP, "j_rung");
  if (rungs && !has_rungs(in)) {
    rz_config_error(in->config, RZ_GROUP, "j_rung", "only geometry = 'ladder' has rungs");
    return RZ_OK;
  }
  if (rungs) {
    const double jr = rz_model_real(in, "j_rung");
    RZ_TRY(rz_model_add_exchange(in, op, 0, LEG, j, j, j));
    RZ_TRY(rz_model_add_exchange(in, op, 0, RUNG, jr, jr, jr));
  } else {
    RZ_TRY(rz_model_add_exchange(in, op, 0, -1, j, j, j));
  }
  RZ_TRY(rz_model_add_complex(in, op));
  return RZ_OK;
}

#define S_DOT_S "(sx_i sx_j + sy_i sy_j + sz_i sz_j)"

static const char *formula_for(const rz_model_input *in) {
  return rz_config_has(in->config, RZ_GROUP, "j_rung") ? "H = j sum_legs " S_DOT_S " + j_rung sum_rungs " S_DOT_S
                                                       : NULL;
}

const rz_model_class rz_model_heisenberg = {.name = "heisenberg",
                                            .about = "isotropic exchange between nearest neighbours",
                                            .cite = "Bethe, Z. Phys. 71, 205 (1931)",
                                            .units = "spin",
                                            .formula = "H = j sum_<ij> " S_DOT_S,
                                            .options = rows,
                                            .n_options = RZ_N_ROWS(rows),
                                            .build = build,
                                            .formula_for = formula_for};
