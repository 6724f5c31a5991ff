/* The systems: adding one is its file, one line here and its extern line in system_impl.h. */
#include "system_impl.h"

static const rz_system_class *const registry[] = {
    &rz_system_mass_spring,  &rz_system_pendulum, &rz_system_double_pendulum,  &rz_system_kepler, &rz_system_n_body,
    &rz_system_henon_heiles, &rz_system_fput,     &rz_system_charged_particle,
};

const rz_system_class *const *rz_system_registry(int *n) {
  *n = RZ_N_ROWS(registry);
  return registry;
}

static const rz_option common[] = {
    RZ_ROW_STRING("name", NULL, "the system; H and units: docs/dynamics.md"),
};

/* Filled on first use with what the registry says: the same bytes whoever comes first. */
const rz_option_group *rz_system_options(void) {
  static rz_member_options member[RZ_N_ROWS(registry)];
  static rz_option_group group;
  RZ_FILL_MEMBERS(member, registry, RZ_N_ROWS(registry));
  group = (rz_option_group){.name = RZ_SYSTEM_GROUP,
                            .about = "a classical system",
                            .selector = "name",
                            .rows = common,
                            .n_rows = RZ_N_ROWS(common),
                            .members = member,
                            .n_members = RZ_N_ROWS(registry)};
  return &group;
}
