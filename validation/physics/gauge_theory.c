/* modules: exact estimate sample ansatz model linalg core */
/* ranks: 1 2 3 4 */
/* The Z2 gauge theory on small tori. Exactly: its ground state has all stars 1 and the energy of the even sector of the
 * Ising model on the plaquettes, written here bond by bond; its gauge-invariant spectrum is that of four of them, one
 * for each pair of 't Hooft loops. Variationally: the energy of a gauge-invariant state summed over all links is that
 * of the same amplitudes in the dual, sampled within 5 sigma; a star is 1 on every sample. */
#include "../unit/model_deck.h"
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/estimate/energy.h"
#include "ritz/estimate/observable.h"
#include "ritz/exact/ed.h"
#include "ritz/exact/gauge_dual.h"

#include <stdlib.h>

static rz_comm comm;

static model_deck gauge(int lx, int ly, const char *couplings) {
  char deck[256];
  model_deck d;
  snprintf(deck, sizeof deck,
           "&lattice geometry = 'square_links', length = %d, %d /\n&hamiltonian model = 'z2_gauge', %s /", lx, ly,
           couplings);
  RZ_EXPECT_OK(model_deck_open(deck, &d));
  return d;
}

/* The Ising model on the plaquettes, with bonds across two lines of links reversed: site x + lx y. */
static rz_operator *ising(int lx, int ly, double k, double h, int sx, int sy) {
  rz_operator *op = NULL;
  RZ_EXPECT_OK(rz_operator_create(lx * ly, &op));
  for (int y = 0; y < ly; y++)
    for (int x = 0; x < lx; x++) {
      const int p = x + lx * y, right = (x + 1) % lx + lx * y, above = x + lx * ((y + 1) % ly);
      RZ_EXPECT_OK(rz_operator_add(op, -k, 1, &(rz_local){p, 'X'}));
      RZ_EXPECT_OK(rz_operator_add(op, x == lx - 1 ? -sx * h : -h, 2, (rz_local[]){{p, 'Z'}, {right, 'Z'}}));
      RZ_EXPECT_OK(rz_operator_add(op, y == ly - 1 ? -sy * h : -h, 2, (rz_local[]){{p, 'Z'}, {above, 'Z'}}));
    }
  RZ_EXPECT_OK(rz_operator_finish(op));
  return op;
}

static double lowest(const rz_operator *op, int spin_flip, rz_sector *sector, double complex **psi) {
  const rz_ed_spec spec = {.op = op,
                           .spin_flip = spin_flip,
                           .n_levels = 1,
                           .solver = "auto",
                           .tol = 1e-12,
                           .with_vectors = psi != NULL,
                           .seed = 1};
  rz_ed_result r;
  if (!RZ_EXPECT_OK(rz_ed_solve(&spec, &comm, &r))) return NAN;
  const double energy = r.energy[0];
  if (psi) RZ_EXPECT_OK(rz_ed_expand(&spec, &comm, &r, 0, INT64_C(1) << 28, sector, psi));
  rz_ed_result_free(&r);
  return energy;
}

/* Links, dual as the library derives it, dual by hand; known: NaN or the number to be found. */
static void check_ground_state(int lx, int ly, double h, double known) {
  char text[64];
  snprintf(text, sizeof text, "k = 1.0, h = %.17g", h);
  model_deck d = gauge(lx, ly, text);
  rz_operator *dual = NULL, *mine = ising(lx, ly, 1.0, h, 1, 1);
  rz_sector sector;
  double complex *psi = NULL;
  bool found = false;
  const double e = lowest(d.model->h, 0, &sector, &psi);
  RZ_EXPECT_OK(rz_gauge_dual(d.model->bare, d.model->lattice, &found, &dual));
  if (RZ_EXPECT(found)) RZ_EXPECT_NEAR(lowest(dual, 1, NULL, NULL), e, 1e-10);
  RZ_EXPECT_NEAR(lowest(mine, 1, NULL, NULL), e, 1e-10);
  if (isfinite(known)) RZ_EXPECT_NEAR(e, known, 1e-10);
  rz_observables *o = NULL;
  const rz_measured *m = NULL;
  int n = 0;
  RZ_EXPECT_OK(rz_observables_create(d.model, 2, (const char *const[]){"star", "plaquette"}, &o));
  if (psi && RZ_EXPECT_OK(rz_observables_exact(o, &sector, psi, &n, &m))) {
    RZ_EXPECT_NEAR(m[0].mean[0], 1.0, 1e-10);
    RZ_EXPECT(m[1].mean[0] > 0.0 && m[1].mean[0] < 1.0);
  }
  /* 't Hooft loops: flipping the links across a line changes nothing */
  uint64_t cut[2] = {0, 0};
  for (int y = 0; y < ly; y++) cut[0] |= UINT64_C(1) << (2 * lx * y);
  for (int x = 0; x < lx; x++) cut[1] |= UINT64_C(1) << (2 * x + 1);
  double worst = 0.0;
  for (int64_t s = 0; psi && s < sector.dim; s++)
    for (int k = 0; k < 2; k++) worst = fmax(worst, cabs(psi[s] - psi[(uint64_t)s ^ cut[k]]));
  RZ_EXPECT(worst < 1e-8);
  if (comm.rank == 0) printf("%d x %d, h = %g: E0 = %.13f\n", lx, ly, h, e);
  rz_observables_destroy(&o);
  rz_free(&psi);
  rz_operator_destroy(&dual);
  rz_operator_destroy(&mine);
  model_deck_close(&d);
}

static int ascending(const void *p, const void *q) {
  const double a = *(const double *)p, b = *(const double *)q;
  return (a > b) - (a < b);
}

/* A large star coupling puts every state that is not invariant above the 32 that are: 8 even ones of each sector. */
static void check_four_sectors(void) {
  model_deck d = gauge(2, 2, "k = 1.0, h = 0.4, j = 20.0");
  const rz_ed_spec links = {.op = d.model->h, .seed = 1};
  double *level = NULL, dual[32];
  int64_t dim = 0;
  int n = 0;
  if (!RZ_EXPECT_OK(rz_ed_spectrum(&links, &comm, &dim, &level))) return;
  for (int v = 0; v < 4; v++) {
    rz_operator *op = ising(2, 2, 1.0, 0.4, v & 1 ? -1 : 1, v & 2 ? -1 : 1);
    const rz_ed_spec even = {.op = op, .spin_flip = 1, .seed = 1};
    double *e = NULL;
    int64_t m = 0;
    if (RZ_EXPECT_OK(rz_ed_spectrum(&even, &comm, &m, &e)) && RZ_EXPECT(m == 8))
      for (int k = 0; k < 8; k++) dual[n++] = e[k] - 4 * 20.0;
    rz_free(&e);
    rz_operator_destroy(&op);
  }
  qsort(dual, 32, sizeof *dual, ascending);
  for (int k = 0; k < n; k++) RZ_EXPECT_NEAR(level[k], dual[k], 1e-11);
  RZ_EXPECT(level[32] > level[31] + 10.0);
  rz_free(&level);
  model_deck_close(&d);
}

/* What has no dual is not given one. */
static void check_refusals(void) {
  static const char *const couplings[] = {"h = -0.3", "j = -0.1", "field_x = 1, 1, 1, 1, 1, 1, 1, -2"};
  bool found = true;
  rz_operator *dual = NULL;
  for (int k = 0; k < 3; k++) {
    model_deck d = gauge(2, 2, couplings[k]);
    RZ_EXPECT_OK(rz_gauge_dual(d.model->bare, d.model->lattice, &found, &dual));
    RZ_EXPECT(!found && dual == NULL);
    model_deck_close(&d);
  }
  static const char *const decks[] = {
      "&lattice geometry = 'square_links', length = 2, 2 /\n&hamiltonian model = 'tfim' /",
      "&lattice geometry = 'square', length = 2, 4 /\n&hamiltonian model = 'tfim' /"};
  for (int k = 0; k < 2; k++) {
    model_deck d;
    if (RZ_EXPECT_OK(model_deck_open(decks[k], &d)))
      RZ_EXPECT_OK(rz_gauge_dual(d.model->bare, d.model->lattice, &found, &dual));
    RZ_EXPECT(!found && dual == NULL);
    model_deck_close(&d);
  }
}

/* ---- a state of random parameters ---- */

/* <H> of amplitudes psi(B) with product of B = 1, in the basis of mu^x = B: the dual's own matrix elements. */
static double dual_energy(const rz_ansatz *a, int lx, int ly, double k, double h) {
  const int n = lx * ly;
  double norm = 0.0, energy = 0.0;
  double *psi = calloc((size_t)1 << n, sizeof *psi);
  for (uint64_t s = 0; s >> 2 * n == 0; s++) { /* any configuration of links with these fluxes */
    int8_t spin[64];
    uint64_t flux = 0;
    double complex y = 0.0;
    rz_bits_to_spins(s, 2 * n, spin);
    for (int p = 0; p < n; p++) {
      const int x = p % lx, above = x + lx * ((p / lx + 1) % ly), right = (x + 1) % lx + lx * (p / lx);
      flux |= (uint64_t)(spin[2 * p] * spin[2 * above] * spin[2 * p + 1] * spin[2 * right + 1] > 0) << p;
    }
    if (psi[flux] != 0.0) continue;
    RZ_EXPECT_OK(a->cls->log_psi(a, 1, spin, &y));
    psi[flux] = exp(creal(y));
  }
  for (uint64_t b = 0; b >> n == 0; b++) {
    norm += psi[b] * psi[b];
    for (int p = 0; p < n; p++) {
      const int x = p % lx, right = (x + 1) % lx + lx * (p / lx), above = x + lx * ((p / lx + 1) % ly);
      energy -= k * psi[b] * psi[b] * (b >> p & 1 ? 1 : -1);
      energy -= h * psi[b] * psi[b ^ UINT64_C(1) << p ^ UINT64_C(1) << right];
      energy -= h * psi[b] * psi[b ^ UINT64_C(1) << p ^ UINT64_C(1) << above];
    }
  }
  free(psi);
  return energy / norm;
}

static rz_energy measure(const model_deck *d, const rz_ansatz *a, const rz_sampler_spec *spec, rz_samples *s) {
  rz_sampler *sampler = NULL;
  double complex *e = NULL;
  rz_energy energy = {0};
  RZ_EXPECT_OK(rz_sampler_create_from(spec, d->model, a, 3, &comm, &sampler));
  RZ_EXPECT_OK(rz_sampler_start(sampler, a));
  RZ_EXPECT_OK(rz_sampler_draw(sampler, a, 0, s));
  RZ_EXPECT_OK(RZ_NEW(s->n, &e));
  RZ_EXPECT_OK(rz_local_values(d->model->h, a, s->n, s->spin, e, NULL, NULL));
  RZ_EXPECT_OK(rz_energy_estimate(&comm, s, e, 0.0, 0.0, &energy));
  rz_free(&e);
  rz_sampler_destroy(&sampler);
  return energy;
}

/* The mean of the stars, its error, and what one of them is on this rank's samples: 1, to the last bit. */
static void check_stars(const model_deck *d, const rz_ansatz *a, const rz_samples *s) {
  rz_observables *o = NULL;
  rz_operator *star = NULL;
  const rz_measured *m = NULL;
  double complex *value = NULL;
  int n = 0, wrong = 0;
  RZ_EXPECT_OK(rz_observables_create(d->model, 1, (const char *const[]){"star"}, &o));
  RZ_EXPECT_OK(rz_observables_add(o, a, &comm, s));
  if (RZ_EXPECT_OK(rz_observables_result(o, &comm, &n, &m))) RZ_EXPECT(m->mean[0] == 1.0 && m->error[0] == 0.0);
  RZ_EXPECT_OK(rz_operator_create(a->n_site, &star));
  RZ_EXPECT_OK(rz_operator_add(star, 1.0, 4, (rz_local[]){{0, 'X'}, {1, 'X'}, {4, 'X'}, {13, 'X'}})); /* of vertex 0 */
  RZ_EXPECT_OK(rz_operator_finish(star));
  RZ_EXPECT_OK(RZ_NEW(s->n, &value));
  RZ_EXPECT_OK(rz_local_values(star, a, s->n, s->spin, value, NULL, NULL));
  for (int64_t i = 0; i < s->n; i++) wrong += value[i] != 1.0;
  RZ_EXPECT(wrong == 0);
  rz_free(&value);
  rz_operator_destroy(&star);
  rz_observables_destroy(&o);
}

static void check_random_states(void) {
  static const char *const specs[] = {
      "kind=gauge_rbm alpha=2 init_width=0.3 init_flux=0.4",
      "kind=gauge_rbm alpha=2 init_width=0.3 symmetry=translation winding=none",
      "kind=gauge_rbm alpha=2 init_width=0.2 weights=complex winding=loops",
  };
  const rz_sampler_spec full = {.method = "full_sum"}, sampled = {.method = "metropolis",
                                                                  .n_move = 2,
                                                                  .move = {"flip", "star"},
                                                                  .move_weight = {3, 1},
                                                                  .chains = 64,
                                                                  .samples = 12800,
                                                                  .discard = 50,
                                                                  .replicas = 1};
  model_deck d = gauge(3, 3, "k = 1.1, h = 0.5, j = 0.7");
  for (int k = 0; k < 3; k++) {
    rz_ansatz *a = NULL;
    rz_samples all = {0}, some = {0};
    if (!RZ_EXPECT_OK(rz_ansatz_create_spec(d.model->lattice, 6, specs[k], &a))) continue;
    const rz_energy exact = measure(&d, a, &full, &all), found = measure(&d, a, &sampled, &some);
    if (k < 2) RZ_EXPECT_NEAR(exact.re.mean, dual_energy(a, 3, 3, 1.1, 0.5) - 9 * 0.7, 1e-11);
    RZ_EXPECT(fabs(found.re.mean - exact.re.mean) < 5.0 * found.re.error && found.re.error < 0.1);
    check_stars(&d, a, &some);
    if (comm.rank == 0)
      printf("%s: E = %.10f, sampled %.4f +- %.4f\n", specs[k], exact.re.mean, found.re.mean, found.re.error);
    rz_samples_free(&all);
    rz_samples_free(&some);
    rz_ansatz_destroy(&a);
  }
  model_deck_close(&d);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  check_ground_state(2, 2, 0.3, NAN);
  check_ground_state(3, 2, 0.8, NAN);
  check_ground_state(2, 3, 0.2, NAN);
  check_ground_state(3, 3, 0.3, -9.5557705435615);
  check_four_sectors();
  check_refusals();
  check_random_states();
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  return rz_check_finish();
}
