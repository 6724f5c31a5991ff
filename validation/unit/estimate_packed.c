/* modules: estimate sample ansatz model linalg core */
/* ranks: 1 2 3 4 */
/* Packed spins against loops over spins: the sums themselves, integer for integer, with every instruction set, and
 * every diagonal observable by chains (packed) against the same configurations as a full sum (plain), around multiples
 * of 64 sites and samples. */
#include "../../src/estimate/packed.h"
#include "bare_model.h"
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/estimate/observable.h"
#include <string.h>

enum { N_CHAIN = 18, MAX_NAME = 32 };

static rz_comm world;

/* Spins with a bias that depends on the site; about one weight in seven is 0, the others 1. */
static void random_samples(int n_site, int64_t n, rz_samples *s) {
  *s = (rz_samples){.n = n, .n_site = n_site};
  RZ_EXPECT_OK(RZ_NEW(n * n_site, &s->spin));
  RZ_EXPECT_OK(RZ_NEW(n, &s->weight));
  rz_rng rng = rz_rng_stream(5, RZ_RNG_TEST, (uint64_t)(1000 * n_site + n));
  for (int64_t i = 0; i < n; i++) {
    for (int k = 0; k < n_site; k++) s->spin[i * n_site + k] = rz_rng_below(&rng, 10 + (uint32_t)k % 7) < 6 ? 1 : -1;
    s->weight[i] = rz_rng_below(&rng, 7) == 0 && i > 0 ? 0.0 : 1.0;
  }
}

/* ---- sums ---- */

static void check_totals(rz_packed *p, const rz_lattice *l, const rz_samples *s, int64_t first, int64_t n) {
  const int8_t *sublattice = rz_lattice_sublattice(l);
  int64_t *count = NULL;
  RZ_EXPECT_OK(RZ_NEW(s->n_site + 1, &count));
  for (int staggered = 0; staggered < (sublattice ? 2 : 1); staggered++) {
    memset(count, 0, (size_t)(s->n_site + 1) * sizeof *count);
    for (int64_t i = first; i < first + n; i++) {
      int up = 0;
      for (int k = 0; k < s->n_site; k++) up += (staggered && sublattice[k] ? -1 : 1) * s->spin[i * s->n_site + k] > 0;
      if (s->weight[i] != 0.0) count[up]++;
    }
    RZ_EXPECT(memcmp(rz_packed_totals(p, staggered), count, (size_t)(s->n_site + 1) * sizeof *count) == 0);
  }
  rz_free(&count);
}

static void check_pairs(rz_packed *p, const rz_samples *s, int64_t first, int64_t n) {
  const int64_t *up = rz_packed_up(p);
  const int32_t *unequal = rz_packed_unequal(p);
  int64_t wrong = 0;
  for (int i = 0; i < s->n_site; i++) {
    int64_t sum = 0;
    for (int64_t m = first; m < first + n; m++) sum += s->weight[m] != 0.0 ? s->spin[m * s->n_site + i] : 0;
    wrong += sum != 2 * up[i] - p->n;
    for (int j = i + 1; j < s->n_site; j++) {
      int64_t differ = 0;
      for (int64_t m = first; m < first + n; m++)
        differ += s->weight[m] != 0.0 && s->spin[m * s->n_site + i] != s->spin[m * s->n_site + j];
      wrong += differ != unequal[(int64_t)i * p->stride + j];
    }
  }
  RZ_EXPECT(wrong == 0);
}

static void sums(int n_site) {
  static const int64_t size[] = {1, 63, 64, 65, 130};
  const int64_t most = 130;
  rz_model model;
  rz_samples s;
  rz_packed *p = NULL;
  RZ_EXPECT_OK(bare_chain(n_site, false, &model));
  random_samples(n_site, most, &s);
  RZ_EXPECT_OK(rz_packed_create(model.lattice, most, &p));
  for (size_t k = 0; k < sizeof size / sizeof *size; k++) {
    const int64_t n = size[k], first = most - n;
    rz_packed_fill(p, &s, first, n);
    int64_t used = 0;
    for (int64_t i = first; i < most; i++) used += s.weight[i] != 0.0;
    RZ_EXPECT(p->n == used);
    if (k % 2) check_pairs(p, &s, first, n); /* in either order: each sum is counted when it is asked for */
    check_totals(p, model.lattice, &s, first, n);
    check_pairs(p, &s, first, n);
  }
  rz_packed_destroy(&p);
  rz_samples_free(&s);
  bare_free(&model);
}

/* ---- observables ---- */

/* Every chain holds the same draws, so that the jackknife has nothing to correct. */
static void as_chains(const rz_samples *draws, rz_samples *s) {
  const rz_range mine = rz_share(N_CHAIN, world.rank, world.size);
  *s = (rz_samples){.n = mine.count * draws->n,
                    .n_chain = mine.count,
                    .n_draw = draws->n,
                    .first_chain = mine.first,
                    .n_chain_global = N_CHAIN,
                    .n_site = draws->n_site,
                    .unit = draws->n,
                    .n_unit = mine.count,
                    .n_unit_global = N_CHAIN};
  RZ_EXPECT_OK(RZ_NEW(s->n * s->n_site, &s->spin));
  RZ_EXPECT_OK(RZ_NEW(s->n, &s->weight));
  for (int64_t c = 0; c < mine.count; c++) {
    memcpy(s->spin + c * draws->n * s->n_site, draws->spin, (size_t)(draws->n * s->n_site));
    memcpy(s->weight + c * draws->n, draws->weight, (size_t)draws->n * sizeof(double));
  }
}

/* Units of the same draws, dealt to the ranks, with weights that sum to 1. */
static void as_full_sum(const rz_samples *draws, rz_samples *s) {
  enum { UNIT = 16 };
  const int64_t units = (draws->n + UNIT - 1) / UNIT;
  const rz_range mine = rz_share(units, world.rank, world.size);
  const int64_t first = mine.first * UNIT, end = (mine.first + mine.count) * UNIT;
  double total = 0.0;
  for (int64_t i = 0; i < draws->n; i++) total += draws->weight[i];
  *s = (rz_samples){.n = (end < draws->n ? end : draws->n) - first,
                    .n_chain = 1,
                    .n_chain_global = 1,
                    .n_site = draws->n_site,
                    .exact = 1,
                    .unit = UNIT,
                    .n_unit = mine.count,
                    .n_unit_global = units};
  s->n = s->n > 0 ? s->n : 0;
  s->n_draw = s->n;
  RZ_EXPECT_OK(RZ_NEW(s->n * s->n_site, &s->spin));
  RZ_EXPECT_OK(RZ_NEW(s->n, &s->weight));
  if (s->n > 0) memcpy(s->spin, draws->spin + first * s->n_site, (size_t)(s->n * s->n_site));
  for (int64_t i = 0; i < s->n; i++) s->weight[i] = draws->weight[first + i] / total;
}

static int diagonal_names(const rz_model *model, const char **names) {
  int n = 0, n_class = 0;
  const rz_observable_class *const *cls = rz_observable_registry(&n_class);
  for (int k = 0; k < n_class; k++)
    if (cls[k]->diagonal && !(cls[k]->unfit && cls[k]->unfit(model))) names[n++] = cls[k]->name;
  return n;
}

static void compare(const rz_model *model, int64_t n_draw) {
  const rz_ansatz none = {.n_site = rz_lattice_n_site(model->lattice)};
  const char *names[MAX_NAME];
  const int n_name = diagonal_names(model, names);
  rz_samples draws, s[2];
  rz_observables *o[2] = {NULL, NULL};
  const rz_measured *m[2] = {NULL, NULL};
  int n[2] = {0, 0};
  random_samples(none.n_site, n_draw, &draws);
  as_chains(&draws, &s[0]);
  as_full_sum(&draws, &s[1]);
  for (int k = 0; k < 2; k++) {
    RZ_EXPECT_OK(rz_observables_create(model, n_name, names, &o[k]));
    for (int twice = 0; twice < 2; twice++) RZ_EXPECT_OK(rz_observables_add(o[k], &none, &world, &s[k]));
    RZ_EXPECT_OK(rz_observables_result(o[k], &world, &n[k], &m[k]));
  }
  RZ_EXPECT(n[0] == n[1] && n[0] >= n_name);
  for (int q = 0; q < n[0] && q < n[1]; q++)
    for (int64_t i = 0; i < m[0][q].n_value; i++) {
      const double scale = 1.0 + fabs(m[1][q].mean[i]);
      if (!RZ_EXPECT_NEAR(m[0][q].mean[i], m[1][q].mean[i], 1e-11 * scale))
        fprintf(stderr, "  %s[%lld] of %d sites\n", m[0][q].name, (long long)i, none.n_site);
      RZ_EXPECT(m[0][q].error[i] < 1e-10 * scale);
    }
  for (int k = 0; k < 2; k++) {
    rz_samples_free(&s[k]);
    rz_observables_destroy(&o[k]);
  }
  rz_samples_free(&draws);
}

static void observables(void) {
  static const int size[] = {10, 63, 64, 66, 128, 130};
  for (size_t k = 0; k < sizeof size / sizeof *size; k++) {
    rz_model model;
    RZ_EXPECT_OK(bare_chain(size[k], true, &model));
    model.pauli = k % 2 == 0;
    compare(&model, 65 + (int64_t)k);
    bare_free(&model);
  }
  rz_model square;
  RZ_EXPECT_OK(bare_square(10, 20, &square));
  compare(&square, 70);
  bare_free(&square);
}

/* All up: the correlation length of this order is infinite, and of the staggered one, of which there is nothing, 0. */
static void perfect_order(void) {
  rz_model model;
  rz_samples draws, s;
  rz_observables *o = NULL;
  const rz_measured *m = NULL;
  const rz_ansatz none = {.n_site = 200};
  int n = 0;
  RZ_EXPECT_OK(bare_chain(200, true, &model));
  random_samples(200, 20, &draws);
  memset(draws.spin, 1, 200 * 20);
  as_full_sum(&draws, &s);
  RZ_EXPECT_OK(rz_observables_create(&model, 2, (const char *const[]){"xi", "xi_staggered"}, &o));
  RZ_EXPECT_OK(rz_observables_add(o, &none, &world, &s));
  RZ_EXPECT_OK(rz_observables_result(o, &world, &n, &m));
  RZ_EXPECT(n == 2 && isinf(m[0].mean[0]) && m[1].mean[0] == 0.0);
  rz_observables_destroy(&o);
  rz_samples_free(&s);
  rz_samples_free(&draws);
  bare_free(&model);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &world));
  static const int size[] = {2, 7, 8, 63, 64, 65, 127, 128, 129, 200};
  for (int isa = 0; isa < RZ_N_ISA; isa++) {
    rz_isa_pretend((rz_isa)isa);
    for (size_t k = 0; k < sizeof size / sizeof *size; k++) sums(size[k]);
  }
  observables();
  perfect_order();
  return rz_check_finish();
}
