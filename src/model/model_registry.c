/* The models: adding one is its file and one line here (and its extern line in model_impl.h). */
#include "model_impl.h"

#include <string.h>

static const rz_model_class *const registry[] = {
    &rz_model_tfim,
    &rz_model_heisenberg,
    &rz_model_xxz,
    &rz_model_xyz,
    &rz_model_j1j2,
    &rz_model_long_range_ising,
    &rz_model_haldane_shastry,
    &rz_model_z2_gauge,
    &rz_model_terms,
};

const rz_model_class *const *rz_model_registry(int *n) {
  *n = RZ_N_ROWS(registry);
  return registry;
}

static const rz_option common[] = {
    RZ_ROW_STRING("model", NULL, "the Hamiltonian"),
    RZ_ROW_CHOICE("units", "auto|pauli|spin", "'auto'",
                  "sx, sy, sz are Pauli matrices or spin-1/2 operators; 'auto': the model's custom"),
    RZ_ROW_COUPLINGS("field_z", 4096, "0.0", "", "- sum_i field_z[i] sz_i: one value, or one per site"),
    RZ_ROW_COUPLINGS("field_x", 4096, "0.0", "", "- sum_i field_x[i] sx_i: one value, or one per site"),
    RZ_ROW_REAL("random_field", "0.0", 0, 1e12, "", "width w: - sum_i w u_i sz_i, u uniform in [-1, 1] by &run seed"),
};

/* Filled on first use with what the registry says: the same bytes whoever comes first. */
const rz_option_group *rz_hamiltonian_options(void) {
  static rz_member_options member[RZ_N_ROWS(registry)];
  static rz_option_group group;
  RZ_FILL_MEMBERS(member, registry, RZ_N_ROWS(registry));
  group = (rz_option_group){.name = RZ_GROUP,
                            .about = "the Hamiltonian",
                            .selector = "model",
                            .rows = common,
                            .n_rows = RZ_N_ROWS(common),
                            .members = member,
                            .n_members = RZ_N_ROWS(registry)};
  return &group;
}

bool rz_model_has_row(const rz_model_class *cls, const char *key) {
  for (int k = 0; k < cls->n_options; k++)
    if (strcmp(cls->options[k].name, key) == 0) return true;
  return false;
}
