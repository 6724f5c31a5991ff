/* Closed forms: brute-force diagonalisation of small systems, free fermions, and the table of exact values. */
/* modules: exact linalg core */
#include "check.h"
#include "reference_table.h"

#include "ritz/exact/closed_form.h"
#include "ritz/exact/free_fermion.h"
#include "ritz/linalg/blas.h"

#include "ritz/core/math.h"

enum { MAX_N = 8, MAX_DIM = 1 << MAX_N };

/* --- independent: dense matrices from products of sx and sz ----------------------------------------------------- */

static double brute_matrix[MAX_DIM * MAX_DIM], brute_levels[MAX_DIM];
static int brute_states[MAX_DIM], brute_number[MAX_DIM], brute_dim;

static int bits(unsigned x) {
  int n = 0;
  for (; x != 0; x &= x - 1) n++;
  return n;
}

/* The states of n spins with n_down spins down, or all if n_down < 0. */
static void brute_start(int n, int n_down) {
  brute_dim = 0;
  for (unsigned s = 0; s < 1U << n; ++s)
    if (n_down < 0 || bits(s) == n_down) {
      brute_number[s] = brute_dim;
      brute_states[brute_dim++] = (int)s;
    }
  memset(brute_matrix, 0, sizeof brute_matrix);
}

/* Add c prod_{i in x} sx_i prod_{i in z} sz_i, and only where it stays in the sector. */
static void brute_add(double c, unsigned x, unsigned z, int n_down) {
  for (int a = 0; a < brute_dim; ++a) {
    const unsigned s = (unsigned)brute_states[a], to = s ^ x;
    if (n_down >= 0 && bits(to) != n_down) continue;
    brute_matrix[brute_number[to] + brute_dim * a] += bits(s & z) % 2 ? -c : c;
  }
}

/* Add c S_i . S_j; sy sy = -(sx sx)(sz sz). */
static void brute_exchange(double c, int i, int j, int n_down) {
  const unsigned pair = 1U << i | 1U << j;
  brute_add(0.25 * c, 0, pair, n_down);
  brute_add(0.25 * c, pair, 0, n_down);
  brute_add(-0.25 * c, pair, pair, n_down);
}

static void brute_solve(void) {
  RZ_EXPECT(LAPACKE_dsyev(LAPACK_COL_MAJOR, 'N', 'U', brute_dim, brute_matrix, brute_dim, brute_levels) == 0);
}

/* Energy, degeneracy and (where a formula is given) gap. */
static void compare_brute(const rz_closed_form *f) {
  brute_solve();
  for (int k = 0; k < f->degeneracy; ++k) RZ_EXPECT_NEAR(brute_levels[k], f->energy, 1e-11);
  RZ_EXPECT(brute_levels[f->degeneracy] > f->energy + 1e-3);
  if (!isnan(f->gap)) RZ_EXPECT_NEAR(brute_levels[f->degeneracy] - f->energy, f->gap, 1e-11);
}

static void test_haldane_shastry(void) {
  for (int n = 2; n <= MAX_N; ++n)
    for (int n_down = 0; n_down <= n; ++n_down) {
      double levels[MAX_DIM];
      brute_start(n, n_down);
      for (int i = 0; i < n; ++i)
        for (int j = 0; j < i; ++j) brute_exchange(pow(RZ_PI / n / sin(RZ_PI * (i - j) / n), 2), i, j, n_down);
      brute_solve();
      /* the whole spectrum of the sector, with multiplicities */
      if (!RZ_EXPECT_OK(rz_haldane_shastry_levels(n, n - 2 * n_down, brute_dim, levels))) continue;
      for (int k = 0; k < brute_dim; ++k) RZ_EXPECT_NEAR(levels[k], brute_levels[k], 1e-11);
      RZ_EXPECT(rz_haldane_shastry_levels(n, n - 2 * n_down, brute_dim + 1, levels) == RZ_ERR_ARG);
      rz_closed_form f;
      if (n % 2 != 0 || 2 * n_down != n) continue;
      RZ_EXPECT_OK(rz_haldane_shastry_ground(n, &f));
      RZ_EXPECT_NEAR(f.energy, brute_levels[0], 1e-11);
    }
  double level;
  rz_closed_form f;
  for (int n = 4; n <= 26; n += 2) {
    RZ_EXPECT_OK(rz_haldane_shastry_ground(n, &f));
    RZ_EXPECT_OK(rz_haldane_shastry_levels(n, 0, 1, &level));
    RZ_EXPECT_NEAR(f.energy, level, 1e-12 * fabs(level));
  }
}

static void test_majumdar_ghosh(void) {
  for (int n = 4; n <= MAX_N; n += 2)
    for (int periodic = 0; periodic < 2; ++periodic) {
      rz_closed_form f;
      const double j1 = 0.7;
      brute_start(n, -1);
      for (int i = 0; i < n; ++i)
        for (int d = 1; d <= 2; ++d)
          if (periodic || i + d < n) brute_exchange(j1 / d, i, (i + d) % n, -1);
      RZ_EXPECT_OK(rz_majumdar_ghosh(n, periodic, j1, &f));
      compare_brute(&f);
    }
}

static void test_cluster(void) {
  for (int n = 3; n <= MAX_N; ++n)
    for (double k = -0.6; k < 2.0; k += 1.6) {
      rz_closed_form f;
      brute_start(n, -1);
      for (int i = 0; i < n; ++i) brute_add(-k, 1U << i, 1U << (i + 1) % n | 1U << (i + n - 1) % n, -1);
      RZ_EXPECT_OK(rz_cluster_ring(n, k, &f));
      compare_brute(&f);
    }
}

/* l = 2: edge 2 (x + 2 y) leaves vertex (x, y) to the right, the next number upwards. */
static void test_toric_code(void) {
  rz_closed_form f;
  const double js = 0.8, jp = 0.5;
  brute_start(8, -1);
  for (int y = 0; y < 2; ++y)
    for (int x = 0; x < 2; ++x) {
      const int here = 2 * (x + 2 * y), left = 2 * ((x + 1) % 2 + 2 * y), below = 2 * (x + 2 * ((y + 1) % 2));
      const int right = left, above = below; /* two sites around */
      brute_add(-js, 1U << here | 1U << (here + 1) | 1U << left | 1U << (below + 1), 0, -1);
      brute_add(-jp, 0, 1U << here | 1U << (here + 1) | 1U << above | 1U << (right + 1), -1);
    }
  RZ_EXPECT_OK(rz_toric_code(2, js, jp, &f));
  compare_brute(&f);
}

static void test_critical_ising(void) {
  for (int n = 2; n <= 60; ++n) {
    rz_closed_form ring, open;
    rz_tfim_levels levels;
    rz_free_fermion *s = NULL;
    double j[60];
    for (int i = 0; i < n; ++i) j[i] = 1.3;
    RZ_EXPECT_OK(rz_tfim_critical_ring(n, 1.3, &ring));
    RZ_EXPECT_OK(rz_tfim_ring_levels(n, 1.3, 1.3, &levels));
    RZ_EXPECT_NEAR(ring.energy, levels.e0, 1e-13 * n);
    RZ_EXPECT_NEAR(ring.gap, levels.gap, 1e-13);
    RZ_EXPECT_OK(rz_tfim_critical_open(n, 1.3, &open));
    if (!RZ_EXPECT_OK(rz_free_fermion_open(n, j, NULL, j, 0, &s))) continue;
    RZ_EXPECT_NEAR(open.energy, rz_free_fermion_energy(s), 1e-13 * n);
    RZ_EXPECT_NEAR(open.gap, rz_free_fermion_gap(s), 1e-13);
    rz_free_fermion_destroy(&s);
  }
}

static void test_bad_input(void) {
  rz_closed_form f;
  double level;
  RZ_EXPECT(rz_haldane_shastry_ground(7, &f) == RZ_ERR_ARG);
  RZ_EXPECT(rz_haldane_shastry_levels(31, 1, 1, &level) == RZ_ERR_ARG);
  RZ_EXPECT(rz_haldane_shastry_levels(6, 1, 1, &level) == RZ_ERR_ARG);
  RZ_EXPECT(rz_haldane_shastry_levels(6, 8, 1, &level) == RZ_ERR_ARG);
  RZ_EXPECT(rz_majumdar_ghosh(5, 1, 1.0, &f) == RZ_ERR_ARG);
  RZ_EXPECT(rz_majumdar_ghosh(6, 1, -1.0, &f) == RZ_ERR_ARG);
  RZ_EXPECT(rz_tfim_critical_ring(1, 1.0, &f) == RZ_ERR_ARG);
  RZ_EXPECT(rz_tfim_critical_open(8, 0.0, &f) == RZ_ERR_ARG);
  RZ_EXPECT(rz_cluster_ring(2, 1.0, &f) == RZ_ERR_ARG);
  RZ_EXPECT(rz_toric_code(1, 1.0, 1.0, &f) == RZ_ERR_ARG);
}

/* --- the table -------------------------------------------------------------------------------------------------- */

/* "E1 in Sz=0": level 1, with multiplicity. */
static double haldane_shastry_row(const rz_ref_row *r) {
  enum { MAX_LEVEL = 16 };
  double sz = 0.0, levels[MAX_LEVEL];
  rz_closed_form f;
  if (strcmp(r->quantity, "E0") == 0) return RZ_EXPECT_OK(rz_haldane_shastry_ground(r->n, &f)) ? f.energy : NAN;
  const int level = atoi(r->quantity + 1);
  if (*r->quantity != 'E' || level >= MAX_LEVEL || rz_ref_number(r->quantity, "Sz", &sz) != 0) return NAN;
  return RZ_EXPECT_OK(rz_haldane_shastry_levels(r->n, (int)(2 * sz), level + 1, levels)) ? levels[level] : NAN;
}

static rz_err closed_form_of(const rz_ref_row *r, rz_closed_form *f) {
  const int periodic = *r->bc == 'P';
  double k = NAN, j1 = NAN;
  if (strcmp(r->model, "TFIM") == 0)
    return periodic ? rz_tfim_critical_ring(r->n, 1.0, f) : rz_tfim_critical_open(r->n, 1.0, f);
  if (strcmp(r->model, "cluster") == 0) {
    (void)rz_ref_number(r->params, "K", &k);
    return rz_cluster_ring(r->n, k, f);
  }
  if (strcmp(r->model, "toric code") == 0) return rz_toric_code((int)lround(sqrt(0.5 * r->n)), 1.0, 1.0, f);
  (void)rz_ref_number(r->params, "J1", &j1);
  return rz_majumdar_ghosh(r->n, periodic, j1, f);
}

static double row_value(const rz_ref_row *r) {
  const char *const q = r->quantity;
  rz_closed_form f;
  if (strcmp(r->model, "Haldane-Shastry") == 0) return haldane_shastry_row(r);
  if (!RZ_EXPECT_OK(closed_form_of(r, &f))) return NAN;
  const char *const fold = strstr(q, "-fold degenerate");
  if (fold != NULL) RZ_EXPECT(f.degeneracy == fold[-1] - '0');
  if (strstr(q, "unique") != NULL) RZ_EXPECT(f.degeneracy == 1);
  if (strncmp(q, "gap", 3) == 0) return f.gap;
  return strncmp(q, "E0", 2) == 0 && q[2] != '/' ? f.energy : NAN;
}

int main(void) {
  test_haldane_shastry();
  test_majumdar_ghosh();
  test_cluster();
  test_toric_code();
  test_critical_ising();
  test_bad_input();
  rz_ref_test_rows("exact_closed_form", row_value);
  return rz_check_finish();
}
