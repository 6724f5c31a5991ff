/* The integrators: adding one is its file, one line here and its extern line in integrator_impl.h. */
#include "integrator_impl.h"

#include <string.h>

static const rz_integrator_class *const registry[] = {
    &rz_integrator_leapfrog, &rz_integrator_yoshida4,          &rz_integrator_yoshida6,
    &rz_integrator_yoshida8, &rz_integrator_implicit_midpoint, &rz_integrator_discrete_gradient,
    &rz_integrator_rk4,      &rz_integrator_reference,
};

const rz_integrator_class *const *rz_integrator_registry(int *n) {
  *n = RZ_N_ROWS(registry);
  return registry;
}

const rz_integrator_class *rz_integrator_find(const char *method) {
  for (int k = 0; k < RZ_N_ROWS(registry); k++)
    if (strcmp(registry[k]->name, method) == 0) return registry[k];
  return NULL;
}

static const rz_option common[] = {
    RZ_ROW_STRING("method", "'auto'", "how the equations of motion are followed; which to choose: docs/dynamics.md"),
};

/* Filled on first use with what the registry says: the same bytes whoever comes first. */
const rz_option_group *rz_integrator_options(void) {
  static rz_member_options member[RZ_N_ROWS(registry) + 1];
  static rz_option_group group;
  RZ_FILL_MEMBERS(member, registry, RZ_N_ROWS(registry));
  member[RZ_N_ROWS(registry)] =
      (rz_member_options){RZ_INTEGRATOR_AUTO, "yoshida6 where H = T(p) + V(q), else implicit_midpoint", NULL, 0};
  group = (rz_option_group){.name = RZ_INTEGRATOR_GROUP,
                            .about = "how trajectories are followed",
                            .selector = "method",
                            .rows = common,
                            .n_rows = RZ_N_ROWS(common),
                            .members = member,
                            .n_members = RZ_N_ROWS(registry) + 1};
  return &group;
}

/* Keys of other members are not there to be read. */
rz_integrator_spec rz_integrator_read(const rz_config *config) {
  rz_integrator_spec spec = {.method = rz_config_string(config, RZ_INTEGRATOR_GROUP, "method")};
  const rz_integrator_class *cls = rz_integrator_find(spec.method);
  for (int k = 0; cls && k < cls->n_options; k++) {
    const char *key = cls->options[k].name;
    if (strcmp(key, "tolerance") == 0) spec.tolerance = rz_config_real(config, RZ_INTEGRATOR_GROUP, key);
    if (strcmp(key, "max_iterations") == 0) spec.max_iterations = (int)rz_config_int(config, RZ_INTEGRATOR_GROUP, key);
  }
  return spec;
}
