/* The laws of motion: adding one is its file, one line here and its extern line in law_impl.h. */
#include "law_impl.h"

#include <string.h>

static const rz_law_class *const registry[] = {
    &rz_law_black_box,       &rz_law_hamiltonian,         &rz_law_separable,  &rz_law_potential,
    &rz_law_sympnet,         &rz_law_generating_function, &rz_law_polynomial, &rz_law_separable_series,
    &rz_law_random_features, &rz_law_pair_potential,
};

const rz_law_class *const *rz_law_registry(int *n) {
  *n = RZ_N_ROWS(registry);
  return registry;
}

const rz_law_class *rz_law_find(const char *name) {
  for (int i = 0; i < RZ_N_ROWS(registry); i++)
    if (strcmp(registry[i]->name, name) == 0) return registry[i];
  return NULL;
}

static const rz_option common[] = {
    RZ_ROW_STRING("model", NULL, "the law of motion that is learned"),
};

/* Filled with what the registry says: the same bytes whoever comes first. */
const rz_option_group *rz_law_options(void) {
  static rz_member_options member[RZ_N_ROWS(registry)];
  static rz_option_group group;
  RZ_FILL_MEMBERS(member, registry, RZ_N_ROWS(registry));
  group = (rz_option_group){.name = RZ_LAW_GROUP,
                            .about = "the law of motion that is learned",
                            .selector = "model",
                            .rows = common,
                            .n_rows = RZ_N_ROWS(common),
                            .members = member,
                            .n_members = RZ_N_ROWS(registry)};
  return &group;
}
