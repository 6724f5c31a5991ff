/* modules: model core */
/* Ground-state energies of whole decks against exact values found by other programs: conventions of sign, units,
 * boundaries, numbering and sectors, all at once. A plain Lanczos iteration in the deck's sector. */
#include "../unit/model_deck.h"
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/model/sector.h"

enum { MAX_STEP = 160 };

/* y = H x over the basis of the sector; H real. */
static void apply(const rz_model *m, const rz_sector *s, const double *x, double *y) {
  const int n = s->n_site;
  int8_t spin[62];
  int64_t n_left = 0;
  for (int64_t k = 0; k < s->dim; k++) y[k] = 0.0;
  for (int64_t k = 0; k < s->dim; k++) {
    const uint64_t state = rz_sector_unrank(s, k);
    rz_bits_to_spins(state, n, spin);
    for (int64_t j = 0; j < rz_operator_n_flip_set(m->h); j++) {
      const rz_flip_set *f = rz_operator_flip_set(m->h, j);
      const double element = creal(rz_flip_set_element(f, spin));
      if (element == 0.0) continue;
      uint64_t to = state;
      for (int32_t i = 0; i < f->n_flip; i++) to ^= (uint64_t)1 << f->site[i];
      if (!rz_sector_contains(s, to)) {
        n_left++;
        continue;
      }
      y[rz_sector_rank(s, to)] += element * x[k];
    }
  }
  RZ_EXPECT(n_left == 0);
}

static double dot(int64_t n, const double *x, const double *y) {
  double sum = 0.0;
  for (int64_t k = 0; k < n; k++) sum += x[k] * y[k];
  return sum;
}

/* Lowest eigenvalue of a symmetric tridiagonal matrix by bisection on its Sturm count. */
static double lowest_eigenvalue(int n, const double *a, const double *b) {
  double low = a[0], high = a[0];
  for (int i = 0; i < n; i++) {
    const double r = (i > 0 ? fabs(b[i - 1]) : 0.0) + (i + 1 < n ? fabs(b[i]) : 0.0);
    low = fmin(low, a[i] - r);
    high = fmin(high, a[i]);
  }
  while (high - low > 1e-14 * (1.0 + fabs(low))) {
    const double mid = 0.5 * (low + high);
    if (mid == low || mid == high) break;
    int negative = 0;
    double q = 1.0;
    for (int i = 0; i < n; i++) {
      q = a[i] - mid - (i > 0 ? b[i - 1] * b[i - 1] / q : 0.0);
      if (q == 0.0) q = 1e-300;
      negative += q < 0.0;
    }
    if (negative > 0)
      high = mid;
    else
      low = mid;
  }
  return 0.5 * (low + high);
}

static double ground_energy(const rz_model *m) {
  rz_sector s;
  RZ_EXPECT_OK(rz_sector_init(rz_operator_n_site(m->h), m->fixed_sz, m->n_up, &s));
  double *v, *w, a[MAX_STEP], b[MAX_STEP];
  RZ_EXPECT_OK(RZ_NEW((MAX_STEP + 1) * s.dim, &v));
  RZ_EXPECT_OK(RZ_NEW(s.dim, &w));
  rz_rng rng = rz_rng_stream(1, RZ_RNG_TEST, 0);
  for (int64_t k = 0; k < s.dim; k++) v[k] = rz_rng_normal(&rng);
  const double norm = sqrt(dot(s.dim, v, v));
  for (int64_t k = 0; k < s.dim; k++) v[k] /= norm;
  int n = 0;
  double energy = INFINITY;
  while (n < MAX_STEP && n < s.dim) {
    double *q = v + n * s.dim;
    apply(m, &s, q, w);
    a[n] = dot(s.dim, q, w);
    for (int pass = 0; pass < 2; pass++) /* full orthogonalisation, twice */
      for (int i = 0; i <= n; i++) {
        const double c = dot(s.dim, v + i * s.dim, w);
        for (int64_t k = 0; k < s.dim; k++) w[k] -= c * v[i * s.dim + k];
      }
    b[n] = sqrt(dot(s.dim, w, w));
    n++;
    if (n % 10 == 0 || n == s.dim || b[n - 1] < 1e-12) {
      const double now = lowest_eigenvalue(n, a, b);
      const double change = energy - now;
      energy = now;
      if (change < 1e-13 || b[n - 1] < 1e-12) break;
    }
    for (int64_t k = 0; k < s.dim; k++) v[n * s.dim + k] = w[k] / b[n - 1];
  }
  rz_free(&v);
  rz_free(&w);
  return energy;
}

int main(void) {
  static const struct {
    const char *deck;
    double energy;
  } row[] = {
      {"&lattice geometry = 'chain', length = 10 /\n&hamiltonian model = 'tfim' /", -12.784906442999323},
      {"&lattice geometry = 'square', length = 4, 3, boundary = 'open' /\n&hamiltonian model = 'tfim', h = 3.04438 /",
       -38.040533763246},
      {"&lattice geometry = 'chain', length = 8 /\n&hamiltonian model = 'heisenberg', units = 'pauli' /",
       -14.6043736357487},
      {"&lattice geometry = 'chain', length = 12 /\n&hamiltonian model = 'xxz', delta = -0.5 /", -3.3226934940201},
      {"&lattice geometry = 'chain', length = 10 /\n&hamiltonian model = 'xxz', delta = -0.5 /\n&sector sz = '1' /",
       -2.7104362970487},
      {"&lattice geometry = 'chain', length = 10 /\n&hamiltonian model = 'j1j2', j2 = 0.2 /", -4.1509632551024},
      {"&lattice geometry = 'ladder', length = 4 /\n&hamiltonian model = 'heisenberg', j_rung = 0.5 /",
       -4.2013802939282},
      {"&lattice geometry = 'ladder', length = 4, boundary = 'open' /\n&hamiltonian model = 'heisenberg', j_rung = 2 /",
       -6.6682766346354},
      {"&lattice geometry = 'square', length = 4, 3, boundary = 'open' /\n&hamiltonian model = 'heisenberg' /",
       -6.691680193515},
      {"&lattice geometry = 'square', length = 4, 2, boundary = 'open' /\n&hamiltonian model = 'j1j2', j2 = 0.5 /",
       -3.6418298745656},
      {"&lattice geometry = 'triangular', length = 6, 2, boundary = 'open' /\n&hamiltonian model = 'heisenberg' /",
       -5.6242102777441},
      {"&lattice geometry = 'chain', length = 10 /\n&hamiltonian model = 'haldane_shastry' /", -4.317951925476594},
      {"&lattice geometry = 'chain', length = 12 /\n&hamiltonian model = 'long_range_ising', power = 1.5 /",
       -23.213813524465},
      {"&lattice geometry = 'chain', length = 8, boundary = 'open' /\n"
       "&hamiltonian model = 'long_range_ising', j = -1, power = 1.5 /",
       -9.4042050366272},
      {"&lattice geometry = 'chain', length = 8, boundary = 'open' /\n&hamiltonian model = 'long_range_ising', j = -1 "
       "/",
       -9.6135554047447},
      {"&lattice geometry = 'chain', length = 12, boundary = 'open' /\n"
       "&hamiltonian model = 'xyz', jx = -0.75, jy = -0.25, jz = 0, field_z = 0.5, units = 'pauli' /",
       -9.51177754053317},
  };
  for (size_t k = 0; k < sizeof row / sizeof row[0]; k++) {
    model_deck d;
    if (RZ_EXPECT_OK(model_deck_open(row[k].deck, &d))) {
      const double energy = ground_energy(d.model);
      if (!RZ_EXPECT_NEAR(energy, row[k].energy, 3e-12 * fabs(row[k].energy)))
        fprintf(stderr, "  %s\n  %s\n", row[k].deck, d.model->formula);
    }
    model_deck_close(&d);
  }
  return rz_check_finish();
}
