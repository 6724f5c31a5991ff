/* ranks: 1 2 3 4 */
/* modules: exact solve model linalg core */
/* The product in a sector cut into halves against the rows made one by one: random operators of strings on up to four
 * sites, real and complex, in all sectors, from one site on, by every instruction set, with blocks read
 * in place and sent, and both at once where ranks are on several machines; and added to what was there. */
#include "../../src/exact/ed_rows.h"
#include "../../src/exact/ed_split.h"
#include "check.h"
#include "ritz/core/isa.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"

static rz_comm comm;

static double signed_uniform(rz_rng *rng) { return 2.0 * rz_rng_uniform(rng) - 1.0; }

/* MPI's own, but for the machines that ranks are on: dealt to so many in turn. */
static int n_machine = 1;

int MPI_Comm_split_type(MPI_Comm from, int type, int key, MPI_Info info, MPI_Comm *to) {
  if (type != MPI_COMM_TYPE_SHARED) return PMPI_Comm_split_type(from, type, key, info, to);
  return PMPI_Comm_split(from, comm.rank % n_machine, key, to);
}

/* MPI's own, but for no more windows while shared memory is full. */
static bool memory_is_full = false;

int MPI_Win_allocate_shared(MPI_Aint size, int unit, MPI_Info info, MPI_Comm of, void *base, MPI_Win *window) {
  if (memory_is_full) return MPI_ERR_NO_MEM;
  return PMPI_Win_allocate_shared(size, unit, info, of, base, window);
}

/* `count` different sites. */
static void draw_sites(rz_rng *rng, int n_site, int count, int *site) {
  uint64_t taken = 0;
  for (int i = 0; i < count;) {
    site[i] = (int)rz_rng_below(rng, (uint32_t)n_site);
    if (taken >> site[i] & 1) continue;
    taken |= (uint64_t)1 << site[i++];
  }
}

/* A Pauli string on up to four sites; with real elements only if it has an even number of Y. */
static void add_string(rz_operator *op, rz_rng *rng, int n_site, bool real) {
  const int most = n_site < 4 ? n_site : 4, n = 1 + (int)rz_rng_below(rng, (uint32_t)most);
  rz_local f[4];
  int site[4], n_y = 0;
  draw_sites(rng, n_site, n, site);
  for (int i = 0; i < n; i++) {
    f[i] = (rz_local){site[i], "XYZ"[rz_rng_below(rng, 3)]};
    n_y += f[i].op == 'Y';
  }
  if (real && n_y % 2 == 1)
    for (int i = 0; i < n; i++)
      if (f[i].op == 'Y') {
        f[i].op = 'X';
        break;
      }
  RZ_EXPECT_OK(rz_operator_add(op, signed_uniform(rng), n, f));
}

/* c s+ ... s- ... sz ... and its adjoint: one or two exchanges, the other sites spectators. */
static void add_exchange(rz_operator *op, rz_rng *rng, int n_site, bool real) {
  const int most = n_site < 4 ? n_site : 4, n = 2 + (int)rz_rng_below(rng, (uint32_t)(most - 1));
  const bool two = n == 4 && rz_rng_below(rng, 2) == 0;
  const double complex c = CMPLX(signed_uniform(rng), real ? 0.0 : signed_uniform(rng));
  rz_local f[4], g[4];
  int site[4];
  draw_sites(rng, n_site, n, site);
  for (int i = 0; i < n; i++) {
    f[i] = g[i] = (rz_local){site[i], 'z'};
    if (i < 2 || two) {
      f[i].op = i % 2 == 0 ? '+' : '-';
      g[i].op = i % 2 == 0 ? '-' : '+';
    }
  }
  RZ_EXPECT_OK(rz_operator_add(op, c, n, f));
  RZ_EXPECT_OK(rz_operator_add(op, conj(c), n, g));
}

static void add_diagonal(rz_operator *op, rz_rng *rng, int n_site) {
  const int most = n_site < 4 ? n_site : 4, n = 1 + (int)rz_rng_below(rng, (uint32_t)most);
  rz_local f[4];
  int site[4];
  draw_sites(rng, n_site, n, site);
  for (int i = 0; i < n; i++) f[i] = (rz_local){site[i], 'Z'};
  RZ_EXPECT_OK(rz_operator_add(op, signed_uniform(rng), n, f));
}

static rz_operator *random_operator(rz_rng *rng, int n_site, bool real, bool keeps_sz) {
  rz_operator *op = NULL;
  RZ_EXPECT_OK(rz_operator_create(n_site, &op));
  const int n = (int)rz_rng_below(rng, (uint32_t)(3 * n_site));
  for (int k = 0; k < n; k++)
    if (!keeps_sz)
      add_string(op, rng, n_site, real);
    else if (n_site > 1)
      add_exchange(op, rng, n_site, real);
  for (int k = (int)rz_rng_below(rng, (uint32_t)n_site); k > 0; k--) add_diagonal(op, rng, n_site);
  RZ_EXPECT_OK(rz_operator_finish(op));
  return op;
}

/* y = H x + c y by one product from the components 0 .. n - 1 of two random vectors, gathered. */
static void product(rz_matvec *apply, void *ctx, rz_range rows, int width, double c, double *all) {
  const int64_t n = rows.count * width;
  double *x = NULL, *y = NULL;
  RZ_EXPECT_OK(RZ_NEW(n, &x));
  RZ_EXPECT_OK(RZ_NEW(n, &y));
  for (int64_t i = 0; i < n; i++) {
    x[i] = rz_eigen_random(3, rows.first * width + i, 0);
    y[i] = c != 0.0 ? rz_eigen_random(3, rows.first * width + i, 1) : NAN; /* not to be read */
  }
  RZ_EXPECT_OK(apply(ctx, x, c, y));
  RZ_EXPECT_OK(rz_allgather(&comm, n, sizeof *y, y, all));
  rz_free(&x);
  rz_free(&y);
}

/* H x + c y against the H x of n components. */
static void check_added(rz_matvec *apply, void *ctx, rz_range rows, int width, int64_t n, const double *hx) {
  const double c = -0.3;
  double *added = NULL, difference = 0.0, size = 1.0;
  RZ_EXPECT_OK(RZ_NEW(n, &added));
  product(apply, ctx, rows, width, c, added);
  for (int64_t i = 0; i < n; i++) {
    const double error = fabs(added[i] - (hx[i] + c * rz_eigen_random(3, i, 1)));
    difference = fmax(difference, isnan(error) ? INFINITY : error);
    size = fmax(size, fabs(hx[i]));
  }
  RZ_EXPECT_NEAR(difference, 0.0, 1e-13 * size);
  rz_free(&added);
}

static void expect_same(int64_t n, const double *a, const double *b) {
  bool same = true;
  for (int64_t i = 0; i < n; i++) same = same && a[i] == b[i];
  RZ_EXPECT(same);
}

/* H x with vectors of the product itself, from the first to the second and back: the same to the bit. No copy is made
 * of them unless shared memory is full. */
static void product_in_place(rz_ed_split *split, int width, int64_t n, double *hx) {
  const rz_range rows = rz_ed_split_range(split);
  const int64_t n_local = rows.count * width, held = rz_ed_split_bytes(split);
  double *v = NULL, *back = NULL;
  RZ_EXPECT_OK(RZ_NEW(n, &back));
  if (!RZ_EXPECT_OK(rz_ed_split_alloc(split, 2, &v))) return;
  for (int from = 0; from < 2; from++) {
    double *const x = v + from * n_local, *const y = v + (1 - from) * n_local;
    for (int64_t i = 0; i < n_local; i++) {
      x[i] = rz_eigen_random(3, rows.first * width + i, 0);
      y[i] = NAN; /* not to be read */
    }
    RZ_EXPECT_OK(rz_ed_split_apply(split, x, 0.0, y));
    RZ_EXPECT_OK(rz_allgather(&comm, n_local, sizeof *y, y, from == 0 ? hx : back));
  }
  expect_same(n, hx, back);
  rz_ed_split_release(split, &v);
  RZ_EXPECT(v == NULL && (memory_is_full || rz_ed_split_bytes(split) == held));
  rz_free(&back);
}

static void compare(const rz_operator *op, bool fixed_sz, int n_up, bool share) {
  const rz_ed_spec spec = {.op = op, .fixed_sz = fixed_sz, .n_up = n_up, .n_levels = 1};
  rz_ed_operator *bits = NULL;
  rz_ed_rows *rows = NULL;
  rz_ed_split *split = NULL;
  double *slow = NULL, *fast = NULL;
  RZ_EXPECT_OK(rz_ed_operator_create(op, &bits));
  if (!RZ_EXPECT_OK(rz_ed_rows_create(&spec, &comm, &rows))) return;
  if (!RZ_EXPECT_OK(rz_ed_split_create(bits, fixed_sz, n_up, share, &comm, &split))) return;
  rz_ed_operator_destroy(&bits);
  const int width = rz_ed_rows_is_complex(rows) ? 2 : 1;
  const int64_t n = rz_ed_rows_basis(rows)->dim * width;
  RZ_EXPECT(rz_ed_split_dim(split) * width == n);
  RZ_EXPECT_OK(RZ_NEW(n, &slow));
  RZ_EXPECT_OK(RZ_NEW(n, &fast));
  product(rz_ed_rows_apply, rows, rz_ed_rows_range(rows), width, 0.0, slow);
  product_in_place(split, width, n, fast);
  double difference = 0.0, size = 0.0;
  for (int64_t i = 0; i < n; i++) {
    difference = fmax(difference, isnan(fast[i]) ? INFINITY : fabs(fast[i] - slow[i]));
    size = fmax(size, fabs(slow[i]));
  }
  RZ_EXPECT_NEAR(difference, 0.0, 1e-13 * size);
  memory_is_full = true;
  product_in_place(split, width, n, slow);
  memory_is_full = false;
  expect_same(n, slow, fast);
  product(rz_ed_split_apply, split, rz_ed_split_range(split), width, 0.0, slow);
  expect_same(n, slow, fast);
  check_added(rz_ed_rows_apply, rows, rz_ed_rows_range(rows), width, n, slow);
  check_added(rz_ed_split_apply, split, rz_ed_split_range(split), width, n, fast);
  rz_free(&slow);
  rz_free(&fast);
  rz_ed_split_destroy(&split);
  rz_ed_rows_destroy(&rows);
}

/* All sectors of small operators, one random sector of larger ones. */
static void sectors(rz_rng *rng, int n_site, bool real, bool share) {
  rz_operator *op = random_operator(rng, n_site, real, false);
  compare(op, false, 0, share);
  rz_operator_destroy(&op);
  op = random_operator(rng, n_site, real, true);
  compare(op, false, 0, share);
  const int one = (int)rz_rng_below(rng, (uint32_t)(n_site + 1));
  for (int n_up = 0; n_up <= n_site; n_up++)
    if (n_site <= 5 || n_up == one || n_up == n_site / 2) compare(op, true, n_up, share);
  rz_operator_destroy(&op);
}

static void every_size(uint64_t seed) {
  rz_rng rng = rz_rng_stream(seed, RZ_RNG_TEST, 0);
  for (int n_site = 1; n_site <= 12; n_site++)
    for (int real = 0; real < 2; real++) sectors(&rng, n_site, real, (n_site + real) % 2 == 0);
}

/* Rows that are stored: a ring with a momentum, real and complex. */
static void stored_ring(int momentum) {
  const rz_lattice_spec chain = {
      .geometry = "chain", .n_dim = 1, .length = {10, 1}, .periodic = {true, false}, .legs = 1};
  rz_lattice *lattice = NULL;
  rz_operator *op = NULL;
  rz_ed_rows *rows = NULL;
  double *hx = NULL;
  RZ_EXPECT_OK(rz_lattice_create(&chain, &lattice));
  RZ_EXPECT_OK(rz_operator_create(10, &op));
  for (int i = 0; i < 10; i++)
    for (const char *p = "xyz"; *p; p++) {
      const rz_local f[2] = {{i, *p}, {(i + 1) % 10, *p}};
      RZ_EXPECT_OK(rz_operator_add(op, 1.0, 2, f));
    }
  RZ_EXPECT_OK(rz_operator_finish(op));
  const rz_ed_spec spec = {
      .op = op, .lattice = lattice, .fixed_sz = true, .n_up = 5, .use_momentum = true, .momentum = {momentum}};
  if (RZ_EXPECT_OK(rz_ed_rows_create(&spec, &comm, &rows))) {
    const int width = rz_ed_rows_is_complex(rows) ? 2 : 1;
    const int64_t n = rz_ed_rows_basis(rows)->dim * width;
    RZ_EXPECT_OK(RZ_NEW(n, &hx));
    product(rz_ed_rows_apply, rows, rz_ed_rows_range(rows), width, 0.0, hx);
    check_added(rz_ed_rows_apply, rows, rz_ed_rows_range(rows), width, n, hx);
  }
  rz_free(&hx);
  rz_ed_rows_destroy(&rows);
  rz_operator_destroy(&op);
  rz_lattice_destroy(&lattice);
}

/* Enough blocks for several links to share a sweep: a ring with exchange of second neighbours. */
static void long_ring(int n_site, int n_up) {
  rz_operator *op = NULL;
  RZ_EXPECT_OK(rz_operator_create(n_site, &op));
  for (int i = 0; i < n_site; i++)
    for (int step = 1; step < 3; step++)
      for (const char *p = "xyz"; *p; p++) {
        const rz_local f[2] = {{i, *p}, {(i + step) % n_site, *p}};
        RZ_EXPECT_OK(rz_operator_add(op, 1.0 / step, 2, f));
      }
  RZ_EXPECT_OK(rz_operator_finish(op));
  compare(op, true, n_up, false);
  for (n_machine = 3; n_machine > 0; n_machine--) compare(op, true, n_up, true);
  n_machine = 1;
  rz_operator_destroy(&op);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  for (int isa = 0; isa <= (int)rz_isa_best(); isa++) {
    RZ_EXPECT_OK(rz_isa_choose(&comm, rz_isa_name((rz_isa)isa)));
    every_size(7 + (uint64_t)isa);
  }
  stored_ring(0);
  stored_ring(3);
  long_ring(20, 4);
  return rz_check_finish();
}
