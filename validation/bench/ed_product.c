/* modules: exact solve model linalg core */
/* Cost of the matrix-free product of exact diagonalisation on the ranks it is started on:
 *   bench_ed_product [model] [sites] [solver]
 * model: heisenberg (ring, Sz = 0; default), j1j2 (rows of 4 sites, a torus, Sz = 0), dm (the ring with complex
 * exchange), tfim (ring, all states), xyz_field (ring in a field along y, complex, all states). By halves (several
 * ranks: read in place, and by messages) and by rows,
 * with a copy of the vector beside them: CPU time per state of the slowest rank times ranks, least and median of many
 * products, and the bytes each holds per state. With a solver ("auto", "lanczos", ...) also the lowest level: its
 * products, CPU time and memory. */
#include "../../src/exact/ed_rows.h"
#include "../../src/exact/ed_split.h"
#include "resident.h"
#include "ritz/core/clock.h"
#include "ritz/core/memory.h"
#include "ritz/solve/session.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Models --- */

static rz_err add_pair(rz_operator *op, double complex c, int i, char a, int j, char b) {
  const rz_local f[2] = {{i, a}, {j, b}};
  return rz_operator_add(op, c, 2, f);
}

static rz_err add_exchange(rz_operator *op, double c, int i, int j) {
  for (const char *p = "xyz"; *p; p++) RZ_TRY(add_pair(op, c, i, *p, j, *p));
  return RZ_OK;
}

static rz_err heisenberg(int n, rz_operator *op) {
  for (int i = 0; i < n; i++) RZ_TRY(add_exchange(op, 1.0, i, (i + 1) % n));
  return RZ_OK;
}

static rz_err j1j2(int n, rz_operator *op) {
  for (int i = 0; i < n; i++) {
    const int x = i % 4, up = (i + 4) % n, right = (x + 1) % 4 - x, left = (x + 3) % 4 - x;
    RZ_TRY(add_exchange(op, 1.0, i, i + right));
    RZ_TRY(add_exchange(op, 1.0, i, up));
    RZ_TRY(add_exchange(op, 0.5, i, up + right));
    RZ_TRY(add_exchange(op, 0.5, i, up + left));
  }
  return RZ_OK;
}

static rz_err dm(int n, rz_operator *op) {
  RZ_TRY(heisenberg(n, op));
  for (int i = 0; i < n; i++) {
    RZ_TRY(add_pair(op, 0.3, i, 'x', (i + 1) % n, 'y'));
    RZ_TRY(add_pair(op, -0.3, i, 'y', (i + 1) % n, 'x'));
  }
  return RZ_OK;
}

static rz_err add_field(rz_operator *op, double h, int n, char along) {
  for (int i = 0; i < n; i++) {
    const rz_local f = {i, along};
    RZ_TRY(rz_operator_add(op, h, 1, &f));
  }
  return RZ_OK;
}

static rz_err tfim(int n, rz_operator *op) {
  for (int i = 0; i < n; i++) RZ_TRY(add_pair(op, -1.0, i, 'Z', (i + 1) % n, 'Z'));
  return add_field(op, -1.0, n, 'X');
}

static rz_err xyz_field(int n, rz_operator *op) {
  for (int i = 0; i < n; i++) {
    RZ_TRY(add_pair(op, 1.0, i, 'X', (i + 1) % n, 'X'));
    RZ_TRY(add_pair(op, 0.7, i, 'Y', (i + 1) % n, 'Y'));
    RZ_TRY(add_pair(op, 0.4, i, 'Z', (i + 1) % n, 'Z'));
  }
  return add_field(op, 0.5, n, 'Y');
}

static const struct model {
  const char *name;
  bool fixed_sz;
  rz_err (*add)(int n, rz_operator *op);
} models[] = {{"heisenberg", true, heisenberg},
              {"j1j2", true, j1j2},
              {"dm", true, dm},
              {"tfim", false, tfim},
              {"xyz_field", false, xyz_field}};

/* --- Times --- */

typedef struct timing {
  double least, median, wall; /* seconds of the slowest rank */
} timing;

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static rz_err copy(void *n, const double *x, double c, double *y) {
  (void)c;
  memcpy(y, x, *(const size_t *)n);
  return RZ_OK;
}

/* Products for about three seconds, five at least. */
static rz_err time_product(const rz_comm *comm, rz_matvec *apply, void *ctx, const double *x, double *y, timing *t) {
  enum { MOST = 200 };
  double cpu[MOST], total = 0.0;
  int n = 0;
  t->wall = INFINITY;
  while (n < MOST && (n < 5 || total < 3.0)) {
    MPI_Barrier(comm->mpi);
    const double w = rz_wall_time(), c = rz_cpu_time();
    RZ_TRY(apply(ctx, x, 0.0, y));
    double spent[2] = {rz_cpu_time() - c, rz_wall_time() - w};
    RZ_TRY(rz_max(comm, 2, spent));
    cpu[n++] = spent[0];
    total += spent[1];
    t->wall = fmin(t->wall, spent[1]);
  }
  qsort(cpu, (size_t)n, sizeof *cpu, ascending);
  t->least = cpu[0];
  t->median = cpu[n / 2];
  return RZ_OK;
}

/* v [2, n_local] */
static rz_err report(const rz_comm *comm, const char *name, rz_matvec *apply, void *ctx, double *v, int64_t n_local,
                     double dim, int64_t held) {
  double *const x = v, *const y = v + n_local, bytes = (double)held;
  timing t;
  for (int64_t i = 0; i < n_local; i++) x[i] = 1.0 / (double)(i + 1);
  RZ_TRY(time_product(comm, apply, ctx, x, y, &t));
  RZ_TRY(rz_sum(comm, 1, &bytes));
  const double each = 1e9 / dim * comm->size;
  if (comm->rank == 0)
    printf("  %-8s %8.2f %8.2f %8.2f %10.1f\n", name, each * t.least, each * t.median, each * t.wall, bytes / dim);
  return RZ_OK;
}

static rz_err time_all(const rz_ed_spec *spec, const rz_comm *comm, double *dim) {
  rz_ed_operator *op = NULL;
  rz_ed_split *split = NULL;
  rz_ed_rows *rows = NULL;
  double *v = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY(rz_ed_operator_create(spec->op, &op));
  const int width = op->real ? 1 : 2;
  *dim = rz_sector_dimension(op->n_site, spec->fixed_sz, spec->n_up);
  if (comm->rank == 0) {
    printf("%.0f %s states on %d rank(s); ns per state, times ranks\n", *dim, width == 2 ? "complex" : "real",
           comm->size);
    printf("  %-8s %8s %8s %8s %10s\n", "", "CPU min", "median", "wall min", "bytes/state");
  }
  for (int share = 1; share >= (comm->size > 1 ? 0 : 1); share--) {
    RZ_TRY_DONE(rc, rz_ed_split_create(op, spec->fixed_sz, spec->n_up, share, comm, &split));
    const int64_t n = rz_ed_split_range(split).count * width;
    size_t size = (size_t)n * sizeof(double);
    RZ_TRY_DONE(rc, rz_ed_split_alloc(split, 2, &v));
    if (share) RZ_TRY_DONE(rc, report(comm, "copy", copy, &size, v, n, *dim, 0));
    RZ_TRY_DONE(rc, report(comm, share ? "halves" : "messages", rz_ed_split_apply, split, v, n, *dim,
                           rz_ed_split_bytes(split)));
    rz_ed_split_release(split, &v);
    rz_ed_split_destroy(&split);
  }
  RZ_TRY_DONE(rc, rz_ed_rows_create(spec, comm, &rows));
  const int64_t n = rz_ed_rows_range(rows).count * width;
  RZ_TRY_DONE(rc, RZ_NEW(2 * n, &v));
  RZ_TRY_DONE(rc, report(comm, "rows", rz_ed_rows_apply, rows, v, n, *dim, rz_ed_rows_bytes(rows)));
done:
  if (split)
    rz_ed_split_release(split, &v);
  else
    rz_free(&v);
  rz_ed_rows_destroy(&rows);
  rz_ed_split_destroy(&split);
  rz_ed_operator_destroy(&op);
  return rc;
}

/* --- The lowest level --- */

static rz_err solve(const rz_ed_spec *spec, const rz_comm *comm, double dim) {
  rz_ed_result r;
  RZ_TRY(rz_petsc_start());
  const double before = resident_peak(), c = rz_cpu_time();
  RZ_TRY(rz_ed_solve(spec, comm, &r));
  double sum[4] = {(double)r.bytes, resident_peak() - before, rz_cpu_time() - c, resident_peak()};
  RZ_TRY(rz_sum(comm, 4, sum));
  if (comm->rank == 0) {
    printf("%s: E0 = %.13f, residual %.1e, %d products, %.2f CPU-s in all\n", r.solver, r.energy[0], r.residual[0],
           r.n_products, sum[2]);
    printf("bytes per state: %.1f counted, %.1f resident, %.1f by rz_ed_memory; resident peak %.0f MB\n", sum[0] / dim,
           sum[1] / dim, rz_ed_memory(spec, dim, 1, r.is_complex, comm->size) * comm->size / dim, 1e-6 * sum[3]);
  }
  rz_ed_result_free(&r);
  return RZ_OK;
}

static rz_err bench(const struct model *m, int n_site, const char *solver, const rz_comm *comm) {
  rz_operator *op = NULL;
  double dim = 0.0;
  rz_err rc = RZ_OK;
  RZ_TRY(rz_operator_create(n_site, &op));
  RZ_TRY_DONE(rc, m->add(n_site, op));
  RZ_TRY_DONE(rc, rz_operator_finish(op));
  const rz_ed_spec spec = {
      .op = op, .fixed_sz = m->fixed_sz, .n_up = n_site / 2, .n_levels = 1, .solver = solver, .tol = 1e-12};
  if (comm->rank == 0) printf("%s, %d sites: ", m->name, n_site);
  if (!solver)
    rc = time_all(&spec, comm, &dim);
  else
    rc = solve(&spec, comm, rz_sector_dimension(n_site, m->fixed_sz, n_site / 2));
done:
  rz_operator_destroy(&op);
  return rc;
}

int main(int argc, char **argv) {
  rz_comm comm;
  const struct model *m = models;
  MPI_Init(&argc, &argv);
  rz_err rc = rz_comm_wrap(MPI_COMM_WORLD, &comm);
  for (size_t i = 0; argc > 1 && i < sizeof models / sizeof *models; i++)
    if (strcmp(models[i].name, argv[1]) == 0) m = &models[i];
  if (rc == RZ_OK) rc = bench(m, argc > 2 ? atoi(argv[2]) : 20, argc > 3 ? argv[3] : NULL, &comm);
  if (rc != RZ_OK) fprintf(stderr, "%s\n%s", rz_error_message(), rz_error_traceback());
  (void)rz_petsc_stop();
  MPI_Finalize();
  return rc == RZ_OK ? 0 : 1;
}
