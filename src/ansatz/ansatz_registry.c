/* Every kind of variational state; adding one: docs/howto-add-an-ansatz.md. */
#include "ansatz_impl.h"

#include <string.h>

static const rz_ansatz_class *const registry[] = {
    &rz_ansatz_rbm, &rz_ansatz_jastrow, &rz_ansatz_mean_field, &rz_ansatz_gauge_rbm, &rz_ansatz_mlp,
};

enum { N_CLASS = sizeof registry / sizeof registry[0] };

const rz_ansatz_class *const *rz_ansatz_registry(int *n) {
  *n = N_CLASS;
  return registry;
}

const rz_ansatz_class *rz_ansatz_class_find(const char *name) {
  for (int i = 0; i < N_CLASS; ++i)
    if (strcmp(registry[i]->name, name) == 0) return registry[i];
  return NULL;
}

static const rz_option common[] = {
    RZ_ROW_STRING("kind", "'rbm'", "the variational state"),
    RZ_ROW_PATH("init_from", "",
                "results file to take the parameters from: same shapes, or translation-shared weights of another N"),
};

const rz_option *rz_ansatz_common_options(int *n) {
  *n = sizeof common / sizeof common[0];
  return common;
}

/* Filled with what the registry says: the same bytes whoever comes first. */
const rz_option_group *rz_ansatz_options(void) {
  static rz_member_options member[N_CLASS];
  static rz_option_group group;
  RZ_FILL_MEMBERS(member, registry, N_CLASS);
  group = (rz_option_group){.name = "ansatz",
                            .about = "the variational state",
                            .selector = "kind",
                            .rows = common,
                            .n_rows = sizeof common / sizeof common[0],
                            .members = member,
                            .n_members = N_CLASS};
  return &group;
}
