/* modules: exact solve model linalg core */
/* Cost of the matrix-free product and memory of exact diagonalisation: Heisenberg ring of N sites (first argument,
 * default 20), Sz = 0, by an eigensolver (second argument, default "auto"), on the ranks it is started on. CPU time of
 * the slowest rank, least of many products; bytes per basis state over all ranks, by our own count and as the growth of
 * the resident set; the largest ring expected in 16 GiB. */
#include "../../src/exact/ed_rows.h"
#include "ritz/core/clock.h"
#include "ritz/core/memory.h"
#include "ritz/solve/session.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static rz_err ring(int n, rz_operator **op) {
  RZ_TRY(rz_operator_create(n, op));
  for (int i = 0; i < n; i++)
    for (const char *p = "xyz"; *p; p++) {
      const rz_local f[2] = {{i, *p}, {(i + 1) % n, *p}};
      RZ_TRY(rz_operator_add(*op, 1.0, 2, f));
    }
  return rz_operator_finish(*op);
}

/* Highest resident set so far, in bytes; 0 where the system does not tell. */
static double resident_peak(void) {
  char line[256];
  double kb = 0.0;
  FILE *f = fopen("/proc/self/status", "r");
  while (f && fgets(line, sizeof line, f))
    if (strncmp(line, "VmHWM:", 6) == 0) kb = atof(line + 6);
  if (f) fclose(f);
  return 1024.0 * kb;
}

static rz_err time_products(const rz_ed_spec *spec, const rz_comm *comm, double *cpu, double *wall, double *dim) {
  enum { PRODUCTS = 60 };
  rz_ed_rows *rows = NULL;
  double *x = NULL, *y = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY(rz_ed_rows_create(spec, comm, &rows));
  *dim = (double)rz_ed_rows_basis(rows)->dim;
  const int64_t n = rz_share(rz_ed_rows_basis(rows)->dim, comm->rank, comm->size).count;
  RZ_TRY_DONE(rc, RZ_NEW(n, &x));
  RZ_TRY_DONE(rc, RZ_NEW(n, &y));
  for (int64_t i = 0; i < n; i++) x[i] = 1.0 / (double)(i + 1);
  *cpu = *wall = INFINITY;
  for (int k = 0; k < PRODUCTS; k++) {
    MPI_Barrier(comm->mpi);
    const double t = rz_wall_time(), c = rz_cpu_time();
    RZ_TRY_DONE(rc, rz_ed_rows_apply(rows, x, y));
    double spent[2] = {rz_cpu_time() - c, rz_wall_time() - t};
    RZ_TRY_DONE(rc, rz_max(comm, 2, spent));
    *cpu = fmin(*cpu, spent[0]);
    *wall = fmin(*wall, spent[1]);
  }
done:
  rz_free(&x);
  rz_free(&y);
  rz_ed_rows_destroy(&rows);
  return rc;
}

/* Largest even ring whose lowest level fits, by the measured bytes per state. */
static int largest(double bytes_per_state, double budget) {
  int n = 2;
  while (rz_sector_dimension(n + 2, true, n / 2 + 1) * bytes_per_state <= budget) n += 2;
  return n;
}

static rz_err bench(int n_site, const char *solver, const rz_comm *comm) {
  rz_operator *op = NULL;
  rz_ed_result r;
  double cpu = 0.0, wall = 0.0, dim = 0.0;
  RZ_TRY(ring(n_site, &op));
  const rz_ed_spec spec = {
      .op = op, .fixed_sz = true, .n_up = n_site / 2, .n_levels = 1, .solver = solver, .tol = 1e-12};
  RZ_TRY(time_products(&spec, comm, &cpu, &wall, &dim));
  RZ_TRY(rz_petsc_start());
  const double before = resident_peak(), c = rz_cpu_time();
  RZ_TRY(rz_ed_solve(&spec, comm, &r));
  double sum[4] = {(double)r.bytes, resident_peak() - before, 0.0, rz_cpu_time() - c};
  RZ_TRY(rz_sum(comm, 4, sum));
  if (comm->rank == 0) {
    printf("Heisenberg ring N = %d, Sz = 0: %.0f states on %d rank(s)\n", n_site, dim, comm->size);
    printf("%s: E0 = %.13f, residual %.1e, %d products, %.2f CPU-s in all\n", r.solver, r.energy[0], r.residual[0],
           r.n_products, sum[3]);
    printf("product: CPU %.1f ns per state and rank's share %.3f ms; wall %.3f ms\n", 1e9 * cpu / dim * comm->size,
           1e3 * cpu, 1e3 * wall);
    printf("bytes per state: %.1f counted, %.1f resident, %.1f by rz_ed_memory\n", sum[0] / dim, sum[1] / dim,
           rz_ed_memory(&spec, dim, false, comm->size) * comm->size / dim);
    const int fits = largest(sum[0] / dim, 16.0 * 1024 * 1024 * 1024);
    printf("16 GiB hold N = %d (%.3g states)\n", fits, rz_sector_dimension(fits, true, fits / 2));
  }
  rz_ed_result_free(&r);
  rz_operator_destroy(&op);
  return RZ_OK;
}

int main(int argc, char **argv) {
  rz_comm comm;
  MPI_Init(&argc, &argv);
  rz_err rc = rz_comm_wrap(MPI_COMM_WORLD, &comm);
  if (rc == RZ_OK) rc = bench(argc > 1 ? atoi(argv[1]) : 20, argc > 2 ? argv[2] : "auto", &comm);
  if (rc != RZ_OK) fprintf(stderr, "%s\n%s", rz_error_message(), rz_error_traceback());
  (void)rz_petsc_stop();
  MPI_Finalize();
  return rc == RZ_OK ? 0 : 1;
}
