/* The geometries: adding one is its file and one line here (and its extern line in lattice_impl.h). */
#include "lattice_impl.h"

static const rz_lattice_class *const registry[] = {
    &rz_lattice_chain,     &rz_lattice_ladder, &rz_lattice_square,       &rz_lattice_triangular,
    &rz_lattice_honeycomb, &rz_lattice_kagome, &rz_lattice_square_links, &rz_lattice_graph,
};

enum { N_CLASS = sizeof registry / sizeof registry[0] };

const rz_lattice_class *const *rz_lattice_registry(int *n) {
  *n = N_CLASS;
  return registry;
}

static const rz_option common[] = {
    RZ_ROW_STRING("geometry", NULL, "the lattice"),
    RZ_ROW_INTS("length", 2, "", 1, RZ_MAX_SITE, "unit cells per direction; a ladder's rungs"),
    RZ_ROW_CHOICES("boundary", 2, "periodic|open", "'periodic'",
                   "boundary per direction; one value holds for every direction"),
};

/* Filled on first use with what the registry says: the same bytes whoever comes first. */
const rz_option_group *rz_lattice_options(void) {
  static rz_member_options member[N_CLASS];
  static rz_option_group group;
  RZ_FILL_MEMBERS(member, registry, N_CLASS);
  group = (rz_option_group){.name = "lattice",
                            .about = "sites and bonds",
                            .selector = "geometry",
                            .rows = common,
                            .n_rows = sizeof common / sizeof common[0],
                            .members = member,
                            .n_members = N_CLASS};
  return &group;
}
