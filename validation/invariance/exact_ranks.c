/* ranks: 1 2 3 4 */
/* modules: exact solve model linalg core */
/* Exact diagonalisation on any number of ranks against dense LAPACK on matrices assembled here from single elements:
 * energies, vectors, degenerate levels, complex Hamiltonians, symmetry sectors, errors. */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/exact/ed.h"
#include "ritz/linalg/blas.h"
#include "ritz/solve/eigen.h"
#include "ritz/solve/session.h"
#include <stdlib.h>
#include <string.h>

static rz_comm comm;

/* --- Operators --- */

static void add_pair(rz_operator *op, double complex c, int i, char a, int j, char b) {
  const rz_local f[2] = {{i, a}, {j, b}};
  RZ_EXPECT_OK(rz_operator_add(op, c, 2, f));
}

static void add_heisenberg(rz_operator *op, double coupling, int i, int j) {
  for (const char *p = "xyz"; *p; p++) add_pair(op, coupling, i, *p, j, *p);
}

static rz_operator *ring(int n, double j1, double j2, double dm, double chiral) {
  rz_operator *op = NULL;
  RZ_EXPECT_OK(rz_operator_create(n, &op));
  for (int i = 0; i < n; i++) {
    const int a = (i + 1) % n, b = (i + 2) % n;
    add_heisenberg(op, j1, i, a);
    if (j2 != 0.0) add_heisenberg(op, j2, i, b);
    if (dm != 0.0) {
      add_pair(op, dm, i, 'x', a, 'y');
      add_pair(op, -dm, i, 'y', a, 'x');
    }
    for (int even = 0; chiral != 0.0 && even < 3; even++) { /* S_i . (S_a x S_b) */
      const char *const xyz = "xyz";
      const char p = xyz[even], q = xyz[(even + 1) % 3], r = xyz[(even + 2) % 3];
      const rz_local plus[3] = {{i, p}, {a, q}, {b, r}}, minus[3] = {{i, p}, {a, r}, {b, q}};
      RZ_EXPECT_OK(rz_operator_add(op, chiral, 3, plus));
      RZ_EXPECT_OK(rz_operator_add(op, -chiral, 3, minus));
    }
  }
  RZ_EXPECT_OK(rz_operator_finish(op));
  return op;
}

static rz_operator *on_bonds(rz_lattice *lattice, double field) {
  const int n = rz_lattice_n_site(lattice);
  const rz_bond *bond = NULL;
  int64_t n_bond = 0;
  rz_operator *op = NULL;
  RZ_EXPECT_OK(rz_lattice_bonds(lattice, 1, &bond, &n_bond));
  RZ_EXPECT_OK(rz_operator_create(n, &op));
  for (int64_t k = 0; k < n_bond; k++) add_heisenberg(op, 1.0, bond[k].a, bond[k].b);
  for (int i = 0; field != 0.0 && i < n; i++) {
    const rz_local f = {i, 'X'};
    RZ_EXPECT_OK(rz_operator_add(op, field, 1, &f));
  }
  RZ_EXPECT_OK(rz_operator_finish(op));
  return op;
}

static rz_lattice *make_lattice(const char *geometry, int lx, int ly) {
  const rz_lattice_spec spec = {
      .geometry = geometry, .n_dim = ly > 1 ? 2 : 1, .length = {lx, ly}, .periodic = {true, ly > 1}, .legs = 1};
  rz_lattice *l = NULL;
  RZ_EXPECT_OK(rz_lattice_create(&spec, &l));
  return l;
}

/* --- The dense reference --- */

typedef struct dense {
  rz_sector sector;
  int n;
  double complex *h, *v; /* column-major: the matrix; its eigenvectors */
  double *w;
} dense;

static dense dense_solve(const rz_operator *op, bool fixed, int n_up) {
  dense d;
  int8_t spin[62];
  RZ_EXPECT_OK(rz_sector_init(rz_operator_n_site(op), fixed, n_up, &d.sector));
  d.n = (int)d.sector.dim;
  const size_t n = (size_t)d.n;
  d.h = calloc(n * n, sizeof *d.h);
  d.v = calloc(n * n, sizeof *d.v);
  d.w = calloc(n, sizeof *d.w);
  for (int64_t k = 0; k < d.n; k++) {
    const uint64_t s = rz_sector_unrank(&d.sector, k);
    rz_bits_to_spins(s, d.sector.n_site, spin);
    for (int64_t j = 0; j < rz_operator_n_flip_set(op); j++) {
      const rz_flip_set *const f = rz_operator_flip_set(op, j);
      const double complex element = rz_flip_set_element(f, spin);
      uint64_t to = s;
      for (int32_t i = 0; i < f->n_flip; i++) to ^= (uint64_t)1 << f->site[i];
      if (element != 0.0) d.h[rz_sector_rank(&d.sector, to) + k * d.n] += element;
    }
  }
  memcpy(d.v, d.h, n * n * sizeof *d.h);
  RZ_EXPECT(LAPACKE_zheevd(LAPACK_COL_MAJOR, 'V', 'L', d.n, d.v, d.n, d.w) == 0);
  return d;
}

static void dense_free(dense *d) {
  free(d->h);
  free(d->v);
  free(d->w);
}

/* Weight of psi in the eigenspace of the reference's level k. */
static double weight(const dense *d, int k, const double complex *psi) {
  double sum = 0.0;
  for (int j = 0; j < d->n; j++) {
    double complex c = 0.0;
    if (fabs(d->w[j] - d->w[k]) > 1e-8) continue;
    for (int i = 0; i < d->n; i++) c += conj(d->v[i + (int64_t)j * d->n]) * psi[i];
    sum += creal(c * conj(c));
  }
  return sum;
}

/* --- Levels and vectors of a sector --- */

static void check_levels(const rz_operator *op, bool fixed, int n_up, int k, const char *solver) {
  dense d = dense_solve(op, fixed, n_up);
  const rz_ed_spec spec = {.op = op,
                           .fixed_sz = fixed,
                           .n_up = n_up,
                           .n_levels = k,
                           .solver = solver,
                           .tol = 1e-12,
                           .with_vectors = true,
                           .seed = 11};
  rz_ed_result r;
  if (RZ_EXPECT_OK(rz_ed_solve(&spec, &comm, &r))) {
    double complex *all[64] = {NULL};
    RZ_EXPECT(r.n_level == k && r.dim == d.n && strcmp(r.solver, solver) == 0);
    RZ_EXPECT(r.is_complex == !rz_operator_is_real(op));
    for (int i = 0; i < k; i++) {
      rz_sector sector;
      RZ_EXPECT_NEAR(r.energy[i], d.w[i], 1e-12 * fabs(d.w[0]));
      RZ_EXPECT(r.residual[i] < 1e-10);
      if (!RZ_EXPECT_OK(rz_ed_expand(&spec, &comm, &r, i, 1 << 26, &sector, &all[i]))) continue;
      RZ_EXPECT_NEAR(weight(&d, i, all[i]), 1.0, 1e-12);
      double along = 0.0; /* the promised phase */
      for (int64_t s = 0; s < d.n; s++) {
        const int64_t row = r.is_complex ? 2 * s : s;
        along += rz_eigen_random(spec.seed, row, RZ_EIGEN_PHASE_DRAW) * creal(all[i][s]);
        if (r.is_complex) along += rz_eigen_random(spec.seed, row + 1, RZ_EIGEN_PHASE_DRAW) * cimag(all[i][s]);
      }
      RZ_EXPECT(along > 0.0);
      for (int j = 0; j < i; j++) {
        double complex c = 0.0;
        for (int64_t s = 0; s < d.n; s++) c += conj(all[j][s]) * all[i][s];
        RZ_EXPECT(cabs(c) < 1e-10);
      }
    }
    for (int i = 0; i < k; i++) rz_free(&all[i]);
  }
  rz_ed_result_free(&r);
  dense_free(&d);
}

static void test_levels(void) {
  rz_operator *op = ring(10, 1.0, 0.3, 0.0, 0.0);
  check_levels(op, true, 5, 5, "slepc");
  check_levels(op, true, 5, 5, "lanczos");
  check_levels(op, true, 5, 1, "lanczos");
  check_levels(op, true, 5, 5, "dense");
  rz_operator_destroy(&op);
  op = ring(8, 1.0, 0.0, 0.0, 0.0); /* triplets and pairs of momenta */
  check_levels(op, false, 0, 24, "slepc");
  check_levels(op, false, 0, 24, "lanczos");
  check_levels(op, true, 2, 28, "slepc"); /* the whole sector */
  check_levels(op, true, 2, 28, "lanczos");
  rz_operator_destroy(&op);
  op = ring(8, 1.0, 0.0, 0.4, 0.0); /* complex by a Dzyaloshinskii-Moriya term */
  RZ_EXPECT(!rz_operator_is_real(op));
  check_levels(op, true, 4, 6, "slepc");
  check_levels(op, true, 4, 6, "lanczos");
  check_levels(op, true, 4, 1, "lanczos");
  check_levels(op, true, 4, 6, "dense");
  rz_operator_destroy(&op);
  op = ring(8, 1.0, 0.0, 0.0, 0.7); /* complex by a chiral term */
  RZ_EXPECT(!rz_operator_is_real(op));
  check_levels(op, false, 0, 10, "slepc");
  check_levels(op, false, 0, 10, "lanczos");
  rz_operator_destroy(&op);
  op = ring(7, 1.0, 0.2, 0.4, 0.0); /* complex, every level twofold or more: an odd number of spins (Kramers) */
  check_levels(op, false, 0, 9, "slepc");
  check_levels(op, false, 0, 9, "lanczos");
  check_levels(op, false, 0, 9, "dense");
  rz_operator_destroy(&op);
}

/* --- Symmetry sectors together are the whole --- */

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

typedef struct collected {
  double e[2048];
  int n;
} collected;

/* Adds the spectrum of a sector. One that is empty, or whose numbers contradict each other (a reflection that moves no
 * site has no odd states), has no part. */
static void collect(const rz_ed_spec *spec, collected *c) {
  int64_t dim = 0;
  double *e = NULL;
  const rz_err rc = rz_ed_spectrum(spec, &comm, &dim, &e);
  if (rc == RZ_ERR_ARG && (strstr(rz_error_message(), "empty") || strstr(rz_error_message(), "contradict"))) return;
  if (!RZ_EXPECT_OK(rc)) return;
  if (RZ_EXPECT(c->n + dim <= 2048)) memcpy(c->e + c->n, e, (size_t)dim * sizeof *e);
  c->n += (int)dim;
  rz_free(&e);
}

static void compare(const rz_operator *op, bool fixed, int n_up, collected *c) {
  dense d = dense_solve(op, fixed, n_up);
  if (RZ_EXPECT(c->n == d.n)) {
    double worst = 0.0;
    qsort(c->e, (size_t)c->n, sizeof *c->e, ascending);
    for (int i = 0; i < d.n; i++) worst = fmax(worst, fabs(c->e[i] - d.w[i]));
    RZ_EXPECT_NEAR(worst, 0.0, 1e-11);
  }
  dense_free(&d);
}

/* Momentum sectors, split by spin flip if `flips`, and by reflection too where k = 0 or pi along it. */
static void check_sectors(rz_lattice *lattice, const rz_operator *op, bool fixed, int n_up, bool flips, bool reflects) {
  int extent[2];
  collected c = {.n = 0};
  rz_lattice_translation_extent(lattice, extent);
  rz_ed_spec spec = {.op = op, .lattice = lattice, .fixed_sz = fixed, .n_up = n_up, .use_momentum = true};
  for (spec.momentum[0] = 0; spec.momentum[0] < extent[0]; spec.momentum[0]++)
    for (spec.momentum[1] = 0; spec.momentum[1] < extent[1]; spec.momentum[1]++)
      for (int z = flips ? -1 : 0; z <= (flips ? 1 : 0); z += 2) {
        const bool splits = reflects && 2 * spec.momentum[0] % extent[0] == 0;
        spec.spin_flip = z;
        for (int r = splits ? -1 : 0; r <= (splits ? 1 : 0); r += 2) {
          spec.reflection = r;
          collect(&spec, &c);
        }
      }
  compare(op, fixed, n_up, &c);
}

/* Lowest level of a complex momentum sector by the Krylov solver, its vector expanded: an eigenvector of H itself. */
static void check_expanded(rz_lattice *lattice, const rz_operator *op, int n_up, int momentum, const char *solver) {
  const rz_ed_spec spec = {.op = op,
                           .lattice = lattice,
                           .fixed_sz = true,
                           .n_up = n_up,
                           .use_momentum = true,
                           .momentum = {momentum, 0},
                           .n_levels = 3,
                           .solver = solver,
                           .tol = 1e-12,
                           .with_vectors = true,
                           .seed = 3};
  dense d = dense_solve(op, true, n_up);
  rz_ed_result r;
  double complex *psi = NULL;
  rz_sector sector;
  if (!RZ_EXPECT_OK(rz_ed_solve(&spec, &comm, &r))) return;
  for (int level = 0; level < 3; level++) {
    if (!RZ_EXPECT_OK(rz_ed_expand(&spec, &comm, &r, level, 1 << 26, &sector, &psi))) continue;
    double norm = 0.0, residual = 0.0, turned = 0.0;
    const int n_site = sector.n_site;
    const double complex phase = cexp(-2 * acos(-1.0) * I * momentum / n_site); /* T psi = exp(-i k) psi */
    for (int i = 0; i < d.n; i++) {
      double complex hx = 0.0;
      for (int j = 0; j < d.n; j++) hx += d.h[i + (int64_t)j * d.n] * psi[j];
      const uint64_t s = rz_sector_unrank(&sector, i), all = ((uint64_t)1 << n_site) - 1;
      const uint64_t moved = ((s << 1) | (s >> (n_site - 1))) & all;
      norm += creal(psi[i] * conj(psi[i]));
      residual += pow(cabs(hx - r.energy[level] * psi[i]), 2);
      turned += pow(cabs(psi[i] - phase * psi[rz_sector_rank(&sector, moved)]), 2);
    }
    RZ_EXPECT_NEAR(norm, 1.0, 1e-12);
    RZ_EXPECT(sqrt(residual) < 1e-10);
    RZ_EXPECT(sqrt(turned) < 1e-10);
    rz_free(&psi);
  }
  RZ_EXPECT(rz_ed_expand(&spec, &comm, &r, 0, 100, &sector, &psi) == RZ_ERR_MEMORY);
  rz_ed_result_free(&r);
  dense_free(&d);
}

static void test_sectors(void) {
  for (int n = 8; n <= 10; n += 2) {
    rz_lattice *l = make_lattice("chain", n, 1);
    rz_operator *op = ring(n, 1.0, 0.4, 0.0, 0.0);
    check_sectors(l, op, true, n / 2, false, false);
    check_sectors(l, op, true, n / 2, true, true);
    if (n == 8) check_sectors(l, op, false, 0, true, true);
    check_sectors(l, op, true, n / 2 - 1, false, true);
    check_expanded(l, op, n / 2, 1, "slepc");
    check_expanded(l, op, n / 2, 0, "dense");
    rz_operator_destroy(&op);
    op = ring(n, 1.0, 0.0, 0.3, 0.2); /* not symmetric under reflection: k and -k differ */
    check_sectors(l, op, true, n / 2, false, false);
    check_expanded(l, op, n / 2, 2, "slepc");
    check_expanded(l, op, n / 2, 2, "lanczos");
    rz_operator_destroy(&op);
    rz_lattice_destroy(&l);
  }
  const struct {
    const char *geometry;
    int lx, ly;
  } plane[] = {{"square", 3, 3}, {"square", 2, 4}, {"square", 4, 2}, {"triangular", 3, 3}};
  for (int i = 0; i < 4; i++) {
    rz_lattice *l = make_lattice(plane[i].geometry, plane[i].lx, plane[i].ly);
    rz_operator *op = on_bonds(l, 0.0), *in_field = on_bonds(l, 0.7);
    check_sectors(l, op, true, plane[i].lx * plane[i].ly / 2, false, strcmp(plane[i].geometry, "square") == 0);
    check_sectors(l, in_field, false, 0, false, false);
    rz_operator_destroy(&op);
    rz_operator_destroy(&in_field);
    rz_lattice_destroy(&l);
  }
}

/* --- Errors come back on every rank --- */

static void expect_error(const rz_ed_spec *spec, rz_err code, const char *words) {
  rz_ed_result r;
  RZ_EXPECT(rz_ed_solve(spec, &comm, &r) == code);
  if (!RZ_EXPECT(strstr(rz_error_message(), words) != NULL)) fprintf(stderr, "%s\n", rz_error_message());
  RZ_EXPECT(r.energy == NULL && r.vector == NULL);
}

/* The third product fails, on the last rank alone. */
typedef struct failing {
  int n_calls;
  int64_t n;
} failing;
static rz_err fail_third(void *ctx, const double *x, double c, double *y) {
  failing *const f = ctx;
  RZ_CHECK(++f->n_calls != 3 || comm.rank != comm.size - 1, RZ_ERR_IO, "the third product failed");
  for (int64_t i = 0; i < rz_share(f->n, comm.rank, comm.size).count; i++) y[i] = c != 0.0 ? x[i] + c * y[i] : x[i];
  return RZ_OK;
}

static rz_err diagonal(void *ctx, const double *x, double c, double *y) {
  const rz_range r = rz_share(*(int64_t *)ctx, comm.rank, comm.size);
  for (int64_t i = 0; i < r.count; i++) y[i] = x[i] * (double)(r.first + i) * 1e-6 + (c != 0.0 ? c * y[i] : 0.0);
  return RZ_OK;
}

static void test_errors(void) {
  rz_lattice *l = make_lattice("chain", 8, 1);
  rz_operator *op = ring(8, 1.0, 0.0, 0.0, 0.0), *bent = ring(8, 1.0, 0.0, 0.3, 0.0), *field = NULL;
  RZ_EXPECT_OK(rz_operator_create(8, &field));
  for (int i = 0; i < 8; i++) {
    const rz_local z = {i, 'z'}, x = {i, 'x'};
    RZ_EXPECT_OK(rz_operator_add(field, i == 3 ? 0.5 : 0.4, 1, &z));
    RZ_EXPECT_OK(rz_operator_add(field, 1.0, 1, &x));
  }
  RZ_EXPECT_OK(rz_operator_finish(field));
  const rz_ed_spec good = {
      .op = op, .lattice = l, .fixed_sz = true, .n_up = 4, .n_levels = 1, .solver = "auto", .tol = 1e-12};
  rz_ed_spec s = good;
  s.n_levels = 0;
  expect_error(&s, RZ_ERR_ARG, "0 levels asked of a sector of 70 states");
  s.n_levels = 71; /* there are 70 */
  rz_ed_result whole;
  if (RZ_EXPECT_OK(rz_ed_solve(&s, &comm, &whole))) {
    RZ_EXPECT(whole.n_level == 70);
    rz_ed_result_free(&whole);
  }
  s = good;
  s.solver = "magic";
  expect_error(&s, RZ_ERR_ARG, "no eigensolver 'magic'");
  s = good;
  s.use_momentum = true;
  s.momentum[0] = 8;
  expect_error(&s, RZ_ERR_ARG, "momentum 8 along direction 1 must lie in 0 .. 7");
  s.momentum[0] = 1;
  s.reflection = 1;
  expect_error(&s, RZ_ERR_ARG, "contradict");
  s = good;
  s.n_up = 3;
  s.spin_flip = 1;
  expect_error(&s, RZ_ERR_ARG, "spin flip leaves the sector");
  s = good;
  s.op = bent;
  s.reflection = 1;
  expect_error(&s, RZ_ERR_ARG, "does not commute with the reflection");
  s = good;
  s.op = field;
  expect_error(&s, RZ_ERR_ARG, "does not conserve the total Sz");
  s.fixed_sz = false;
  s.spin_flip = 1;
  expect_error(&s, RZ_ERR_ARG, "does not commute with the spin flip");
  s.spin_flip = 0;
  s.use_momentum = true;
  expect_error(&s, RZ_ERR_ARG, "does not commute with the translation");
  s = good;
  s.lattice = NULL;
  s.use_momentum = true;
  expect_error(&s, RZ_ERR_ARG, "need a lattice");

  failing f = {0, 500};
  rz_eigen_problem p = {.comm = &comm, .n = f.n, .apply = fail_third, .ctx = &f, .n_wanted = 1, .tol = 1e-12};
  rz_eigen_result r;
  for (int i = 0; i < 3; i++) { /* SLEPc leaks memory of its own if a product fails in a search for two levels */
    f.n_calls = 0;
    p.n_wanted = 1 + i / 2;
    RZ_EXPECT(rz_eigen_solve(i > 0 ? "lanczos" : "slepc", &p, 1, &r) == RZ_ERR_IO);
    RZ_EXPECT(strstr(rz_error_message(), "the third product failed") != NULL && r.value == NULL);
  }
  int64_t n = 200000;
  p = (rz_eigen_problem){
      .comm = &comm, .n = n, .apply = diagonal, .ctx = &n, .n_wanted = 1, .tol = 1e-14, .max_products = 30};
  for (int i = 0; i < 4; i++) {
    p.n_wanted = 1 + i / 2;
    RZ_EXPECT(rz_eigen_solve(i % 2 ? "lanczos" : "slepc", &p, 1, &r) == RZ_ERR_NUM);
    RZ_EXPECT(strstr(rz_error_message(), "converged") != NULL && r.value == NULL);
  }
  p.n = INT64_C(1) << 32;
  RZ_EXPECT(rz_eigen_solve("slepc", &p, 1, &r) == RZ_ERR_ARG);
  rz_operator_destroy(&op);
  rz_operator_destroy(&bent);
  rz_operator_destroy(&field);
  rz_lattice_destroy(&l);
}

/* --- The best positive state --- */

static void test_positive(void) {
  const struct {
    int n;
    double j2, energy, ceiling; /* of another program's projected iteration */
    rz_positive_verdict verdict;
  } row[] = {{12, 0.4, -4.59642216, NAN, RZ_POSITIVE_UNKNOWN},
             {8, 0.0, NAN, 0.0, RZ_POSITIVE_PROVEN},
             {12, 0.8, NAN, NAN, RZ_POSITIVE_REFUTED}};
  for (int i = 0; i < 3; i++) {
    rz_model m = {.fixed_sz = true, .n_up = row[i].n / 2};
    int8_t mask[16];
    rz_positive_report report;
    m.lattice = make_lattice("chain", row[i].n, 1);
    m.bare = ring(row[i].n, 1.0, row[i].j2, 0.0, 0.0);
    m.h = m.bare;
    if (row[i].j2 == 0.0) { /* unrotated: refuted, and told what would help */
      RZ_EXPECT_OK(rz_positive_check(&m, NULL, 5000, &comm, &report));
      RZ_EXPECT(report.verdict == RZ_POSITIVE_REFUTED && report.ceiling > 0.1);
      RZ_EXPECT(strstr(report.text, "rotation by the product of sz over the sites 1 3 5 7") != NULL);
      RZ_EXPECT_OK(rz_positive_check(&m, NULL, 5, &comm, &report));
      RZ_EXPECT(report.verdict == RZ_POSITIVE_UNKNOWN && isnan(report.ceiling));
    }
    for (int k = 0; k < 16; k++) mask[k] = k % 2 == 0;
    RZ_EXPECT_OK(rz_operator_clone(m.bare, &m.h));
    RZ_EXPECT_OK(rz_operator_marshall(m.h, mask));
    if (RZ_EXPECT_OK(rz_positive_check(&m, NULL, 5000, &comm, &report))) {
      const rz_ed_spec spec = {.op = m.h, .fixed_sz = true, .n_up = m.n_up, .n_levels = 1, .tol = 1e-12};
      rz_ed_result r;
      RZ_EXPECT(report.verdict == row[i].verdict);
      if (RZ_EXPECT_OK(rz_ed_solve(&spec, &comm, &r)) && isfinite(row[i].energy))
        RZ_EXPECT_NEAR(r.energy[0] * (1.0 - report.ceiling), row[i].energy, 1.1e-8);
      rz_ed_result_free(&r);
    }
    rz_operator_destroy(&m.h);
    rz_operator_destroy(&m.bare);
    rz_lattice_destroy(&m.lattice);
  }
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  const int64_t alive = rz_memory_query().n_alive;
  test_levels();
  test_sectors();
  test_errors();
  test_positive();
  RZ_EXPECT(rz_memory_query().n_alive == alive);
  RZ_EXPECT_OK(rz_petsc_stop());
  return rz_check_finish();
}
