/* ranks: 1 2 3 */
/* modules: exact solve model linalg core */
/* The orbits of a symmetry sector against a walk over all configurations with permutations applied site by site: the
 * list, its stabilisers, and the place and group element that are found for any configuration, with every instruction
 * set. */
#include "../../src/exact/ed_basis.h"
#include "check.h"
#include "ritz/core/memory.h"
#include <stdlib.h>
#include <string.h>

static rz_comm comm;

static uint64_t move(const rz_ed_group *g, int k, uint64_t state) {
  uint64_t image = 0;
  for (int i = 0; i < g->n_site; i++) {
    const uint64_t up = (state >> i & 1) ^ g->flip[k];
    image |= up << g->perm[k * g->n_site + i];
  }
  return image;
}

/* Least image, and the sum of the characters of what leaves the state as it is. */
static uint64_t least(const rz_ed_group *g, uint64_t state, double complex *sum, int *n_stay) {
  uint64_t best = state;
  *sum = 0.0;
  *n_stay = 0;
  for (int k = 0; k < g->n; k++) {
    const uint64_t image = move(g, k, state);
    if (image < best) best = image;
    if (image != state) continue;
    *sum += g->character[k];
    ++*n_stay;
  }
  return best;
}

static void check_basis(const rz_ed_basis *b) {
  const rz_ed_group *const g = b->group;
  const int64_t n = b->sector.dim;
  uint64_t *const state = malloc((size_t)n * sizeof *state), s = rz_sector_unrank(&b->sector, 0);
  int64_t *const number = malloc((size_t)n * sizeof *number), n_listed = 0, n_wrong = 0;
  int32_t *const element = malloc((size_t)n * sizeof *element);
  for (int64_t i = 0; i < n; i++) {
    state[i] = s;
    if (i + 1 < n) s = rz_sector_next(&b->sector, s);
  }
  rz_ed_basis_find(b, n, state, number, element);
  for (int64_t i = 0; i < n; i++) {
    double complex sum = 0.0;
    int n_stay = 0;
    const uint64_t r = least(g, state[i], &sum, &n_stay);
    const bool has_part = creal(sum) > 0.5; /* the same for all of an orbit */
    if (has_part && r == state[i]) {
      n_wrong += n_listed >= b->dim || b->state[n_listed] != r || b->stabiliser[n_listed] != n_stay;
      n_listed++;
    }
    if (!has_part)
      n_wrong += number[i] != -1;
    else
      n_wrong += number[i] < 0 || b->state[number[i]] != r || (!g->trivial && move(g, element[i], state[i]) != r);
  }
  RZ_EXPECT(n_listed == b->dim && n_wrong == 0);
  free(state);
  free(number);
  free(element);
}

static void check(const char *geometry, int lx, int ly, rz_ed_spec spec) {
  const rz_lattice_spec lattice_spec = {
      .geometry = geometry, .n_dim = ly > 1 ? 2 : 1, .length = {lx, ly}, .periodic = {true, ly > 1}, .legs = 1};
  rz_lattice *lattice = NULL;
  rz_operator *op = NULL;
  rz_ed_operator *ed = NULL;
  rz_ed_basis *b = NULL;
  const rz_bond *bond = NULL;
  int64_t n_bond = 0;
  RZ_EXPECT_OK(rz_lattice_create(&lattice_spec, &lattice));
  RZ_EXPECT_OK(rz_lattice_bonds(lattice, 1, &bond, &n_bond));
  RZ_EXPECT_OK(rz_operator_create(lx * ly, &op));
  for (int64_t k = 0; k < n_bond; k++)
    for (const char *p = "xyz"; *p; p++) {
      const rz_local f[2] = {{bond[k].a, *p}, {bond[k].b, *p}};
      RZ_EXPECT_OK(rz_operator_add(op, 1.0, 2, f));
    }
  RZ_EXPECT_OK(rz_operator_finish(op));
  spec.op = op;
  spec.lattice = lattice;
  RZ_EXPECT_OK(rz_ed_operator_create(op, &ed));
  if (RZ_EXPECT_OK(rz_ed_basis_create(&spec, ed, &comm, &b))) check_basis(b);
  rz_ed_basis_destroy(&b);
  rz_ed_operator_destroy(&ed);
  rz_operator_destroy(&op);
  rz_lattice_destroy(&lattice);
}

static void check_sectors(void) {
  int32_t quarter[16]; /* a turn of the 4 x 4 square */
  for (int i = 0; i < 16; i++) quarter[i] = 3 - i / 4 + 4 * (i % 4);
  const rz_ed_symmetry turn = {.perm = quarter, .character = 1, .name = "quarter turn"};
  check("chain", 20, 1, (rz_ed_spec){.fixed_sz = true, .n_up = 10, .use_momentum = true, .spin_flip = 1});
  check("chain", 18, 1, (rz_ed_spec){.fixed_sz = true, .n_up = 9, .use_momentum = true, .reflection = -1});
  check("chain", 18, 1, (rz_ed_spec){.fixed_sz = true, .n_up = 5, .use_momentum = true, .momentum = {7, 0}});
  check("chain", 12, 1, (rz_ed_spec){.use_momentum = true, .momentum = {6, 0}, .spin_flip = -1, .reflection = 1});
  check("chain", 9, 1, (rz_ed_spec){.use_momentum = true, .momentum = {2, 0}, .spin_flip = 1});
  check("chain", 12, 1, (rz_ed_spec){.fixed_sz = true, .n_up = 6, .spin_flip = -1});
  check("chain", 10, 1, (rz_ed_spec){.fixed_sz = true, .n_up = 1, .reflection = 1});
  check("chain", 2, 1, (rz_ed_spec){.spin_flip = 1});
  check("square", 4, 4, (rz_ed_spec){.use_momentum = true, .spin_flip = 1, .n_extra = 1, .extra = &turn});
  check("square", 4, 3, (rz_ed_spec){.fixed_sz = true, .n_up = 6, .use_momentum = true, .momentum = {1, 2}});
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  const int64_t alive = rz_memory_query().n_alive;
  const int best = (int)rz_isa_best();
  for (int isa = 0; isa <= best; isa++) {
    rz_isa_pretend((rz_isa)isa);
    check_sectors();
  }
  RZ_EXPECT(rz_memory_query().n_alive == alive);
  return rz_check_finish();
}
