/* Bethe ansatz: brute-force diagonalisation of short rings and chains (even, odd, every Sz), known limits, and the
 * table of exact values. */
/* modules: exact linalg core */
#include "check.h"
#include "reference_table.h"

#include "ritz/core/math.h"
#include "ritz/exact/bethe.h"
#include "ritz/linalg/blas.h"

enum { MAX_N = 10, MAX_DIM = 252 };

/* --- independent: one Sz sector, dense -------------------------------------------------------------------------- */

static double brute_matrix[MAX_DIM * MAX_DIM], brute_levels[MAX_DIM];
static int brute_states[MAX_DIM], brute_number[1 << MAX_N];

static int bits(int x) {
  int n = 0;
  for (; x != 0; x &= x - 1) n++;
  return n;
}

/* H = sum over n_bond bonds i, i + 1 mod n; returns the dimension. brute_matrix then holds the eigenvectors. */
static int brute_solve(int n, int n_bond, double delta, int n_down) {
  int dim = 0;
  for (int s = 0; s < 1 << n; ++s)
    if (bits(s) == n_down) {
      brute_number[s] = dim;
      brute_states[dim++] = s;
    }
  memset(brute_matrix, 0, sizeof brute_matrix);
  for (int a = 0; a < dim; ++a)
    for (int i = 0; i < n_bond; ++i) {
      const int s = brute_states[a], j = (i + 1) % n;
      const int differ = (s >> i & 1) != (s >> j & 1);
      brute_matrix[a + dim * a] += differ ? -0.25 * delta : 0.25 * delta;
      if (differ) brute_matrix[brute_number[s ^ 1 << i ^ 1 << j] + dim * a] += 0.5;
    }
  RZ_EXPECT(LAPACKE_dsyev(LAPACK_COL_MAJOR, 'V', 'U', dim, brute_matrix, dim, brute_levels) == 0);
  return dim;
}

/* Weight of the momentum 2 pi m / n in the lowest eigenspace, over its dimension: sum_v (1/n) sum_r cos(2 pi m r / n)
 * <v|T^r|v>. */
static double brute_momentum_weight(int n, int dim, int m) {
  double weight = 0.0;
  for (int v = 0; v < dim && brute_levels[v] < brute_levels[0] + 1e-9; ++v)
    for (int r = 0; r < n; ++r) {
      double overlap = 0.0;
      for (int a = 0; a < dim; ++a) {
        const int s = brute_states[a], turned = (s << r | s >> (n - r)) & ((1 << n) - 1);
        overlap += brute_matrix[a + dim * v] * brute_matrix[brute_number[turned] + dim * v];
      }
      weight += cos(2.0 * RZ_PI * m * r / n) * overlap / n;
    }
  return weight;
}

static void test_short_rings(void) {
  const double deltas[] = {-0.99, -0.9, -0.5, -0.2, 0.0, 0.3, 0.9, 0.999999, 1.0, 1.000001, 1.2, 3.0, 10.0};
  for (int n = 2; n <= MAX_N; ++n)
    for (int d = 0; d < 13; ++d)
      for (int n_down = 0; n_down <= n; ++n_down) {
        rz_bethe_level level;
        const rz_err err = rz_bethe_ring(n, deltas[d], n_down, &level);
        if (n % 2 != 0 && deltas[d] < 0.0) {
          RZ_EXPECT(err == RZ_ERR_ARG);
          continue;
        }
        if (!RZ_EXPECT_OK(err)) continue;
        const int dim = brute_solve(n, n, deltas[d], n_down);
        if (!RZ_EXPECT_NEAR(level.energy, brute_levels[0], 1e-11 * (1.0 + fabs(brute_levels[0]))))
          fprintf(stderr, "  n = %d, delta = %g, n_down = %d\n", n, deltas[d], n_down);
        /* the eigenspace holds this momentum (and its mirror image) once */
        const double weight = brute_momentum_weight(n, dim, level.momentum);
        if (!RZ_EXPECT_NEAR(weight, 1.0, 1e-6))
          fprintf(stderr, "  n = %d, delta = %g, n_down = %d, momentum %d\n", n, deltas[d], n_down, level.momentum);
        RZ_EXPECT(level.two_momenta == (n % 2 != 0 && level.momentum != 0));
      }
}

static void test_short_chains(void) {
  for (int n = 2; n <= MAX_N; ++n)
    for (int n_down = 0; n_down <= n; ++n_down) {
      rz_bethe_level level;
      if (!RZ_EXPECT_OK(rz_bethe_open_heisenberg(n, n_down, &level))) continue;
      (void)brute_solve(n, n - 1, 1.0, n_down);
      RZ_EXPECT_NEAR(level.energy, brute_levels[0], 1e-12 * (1.0 + fabs(brute_levels[0])));
    }
}

/* Free fermions at delta = 0: n_down of them in the lowest levels cos k. */
static double free_ring(int n, int n_down) {
  double sum = 0.0;
  for (int j = 0; j < n_down; ++j) sum -= cos(RZ_PI * (2 * j - n_down + 1 + (n % 2 != 0)) / n);
  return sum;
}

static void test_long(void) {
  rz_bethe_level level, below, above;
  for (int n = 101; n <= 102; ++n)
    for (int n_down = 1; n_down <= n / 2; n_down += 10) {
      RZ_EXPECT_OK(rz_bethe_ring(n, 0.0, n_down, &level));
      RZ_EXPECT_NEAR(level.energy, free_ring(n, n_down), 1e-12 * n);
    }
  /* continuous through the isotropic point, where the parametrisation changes */
  RZ_EXPECT_OK(rz_bethe_ring(200, 1.0, 100, &level));
  RZ_EXPECT_OK(rz_bethe_ring(200, 1.0 - 1e-9, 100, &below));
  RZ_EXPECT_OK(rz_bethe_ring(200, 1.0 + 1e-9, 100, &above));
  RZ_EXPECT_NEAR(0.5 * (below.energy + above.energy), level.energy, 1e-11);
  /* 200 sites in spin units, and four times that in Pauli units (density-matrix renormalisation: -354.534213) */
  RZ_EXPECT_NEAR(4.0 * level.energy, -354.534213009, 5e-10);
  RZ_EXPECT_NEAR(level.energy, -88.63355325224, 5e-11);
  printf("Heisenberg ring, 200 sites: E0 = %.12f (spin), %.12f (Pauli)\n", level.energy, 4.0 * level.energy);
  /* E0/n = 1/4 - log 2 - pi^2/(12 n^2) (1 + 0.375/log^3 n) + ... (conformal anomaly 1, velocity pi/2) */
  RZ_EXPECT_OK(rz_bethe_ring(1000, 1.0, 500, &level));
  const double finite = (0.25 - RZ_LOG2 - level.energy / 1000.0) * 12.0 * 1e6 / (RZ_PI * RZ_PI);
  RZ_EXPECT(finite > 1.0 && finite < 1.005);
  /* Newton's method, not a descent: a wrong Jacobian still gets there, in hundreds of steps */
  RZ_EXPECT(level.iterations <= 20);
}

static void test_bad_input(void) {
  rz_bethe_level level;
  RZ_EXPECT(rz_bethe_ring(1, 1.0, 0, &level) == RZ_ERR_ARG);
  RZ_EXPECT(rz_bethe_ring(8, -1.0, 4, &level) == RZ_ERR_ARG);
  RZ_EXPECT(rz_bethe_ring(8, NAN, 4, &level) == RZ_ERR_ARG);
  RZ_EXPECT(rz_bethe_ring(8, 1.0, 9, &level) == RZ_ERR_ARG);
  RZ_EXPECT(rz_bethe_ring(8, 1.0, -1, &level) == RZ_ERR_ARG);
  RZ_EXPECT(rz_bethe_open_heisenberg(1, 0, &level) == RZ_ERR_ARG);
  RZ_EXPECT(rz_bethe_open_heisenberg(8, 9, &level) == RZ_ERR_ARG);
}

/* --- the table -------------------------------------------------------------------------------------------------- */

static double row_delta(const rz_ref_row *r) {
  double delta = 1.0, j2 = 0.0;
  if (strcmp(r->model, "XXZ") == 0 && rz_ref_number(r->params, "Delta", &delta) != 0) return NAN;
  /* the table abbreviates 1/sqrt(2), which its energies are computed for */
  if (delta == 0.7071067812) delta = sqrt(0.5);
  (void)rz_ref_number(r->params, "J2", &j2);
  return j2 == 0.0 ? delta : NAN;
}

static double row_level(const rz_ref_row *r, int sz, rz_bethe_level *level) {
  const int n_down = r->n / 2 - sz;
  const rz_err err =
      *r->bc == 'P' ? rz_bethe_ring(r->n, row_delta(r), n_down, level) : rz_bethe_open_heisenberg(r->n, n_down, level);
  return RZ_EXPECT_OK(err) ? level->energy : NAN;
}

static void check_momentum(const rz_ref_row *r, const rz_bethe_level *level) {
  if (strstr(r->quantity, " k=0") != NULL) RZ_EXPECT(level->momentum == 0);
  if (strstr(r->quantity, " k=pi") != NULL) RZ_EXPECT(level->momentum == r->n / 2);
}

static double row_value(const rz_ref_row *r) {
  const char *const q = r->quantity;
  const double unit =
      strstr(r->convention, "x4 = Pauli") != NULL || strncmp(r->convention, "Pauli", 5) == 0 ? 4.0 : 1.0;
  rz_bethe_level level;
  double sz = 0.0, energy;
  if (strcmp(q, "singlet-triplet gap") == 0) {
    energy = row_level(r, 0, &level);
    return unit * (row_level(r, 1, &level) - energy);
  }
  const int is_sector = strncmp(q, "lowest E in Sz=", 15) == 0 || strncmp(q, "E0 in Sz=", 9) == 0;
  if (is_sector && rz_ref_number(q, "Sz", &sz) != 0) return NAN;
  if (!is_sector && strncmp(q, "E0", 2) != 0) return NAN;
  energy = row_level(r, (int)sz, &level);
  check_momentum(r, &level);
  return unit * energy / (strcmp(q, "E0/N") == 0 ? r->n : 1);
}

int main(void) {
  test_short_rings();
  test_short_chains();
  test_long();
  test_bad_input();
  rz_ref_test_rows("exact_bethe", row_value);
  return rz_check_finish();
}
