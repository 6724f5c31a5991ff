/* modules: exact solve model linalg core */
/* Exact diagonalisation in a symmetry sector: Heisenberg ring of N sites (first argument, default 24), Sz = 0, momentum
 * 0, with the letters of the second argument: r reflection, f spin flip, both even (default "r"). CPU time to list the
 * states and to store the rows, of a product per state, and of the whole; bytes. */
#include "../../src/exact/ed_rows.h"
#include "resident.h"
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

static rz_err report(const rz_ed_spec *spec, const rz_comm *comm) {
  rz_ed_rows *rows = NULL;
  rz_eigen_result r = {0};
  rz_err rc = RZ_OK;
  const double start = rz_cpu_time();
  RZ_TRY_DONE(rc, rz_ed_rows_create(spec, comm, &rows));
  const double built = rz_cpu_time();
  const double dim = (double)rz_ed_rows_basis(rows)->dim;
  const rz_eigen_problem p = {.comm = comm,
                              .n = rz_ed_rows_basis(rows)->dim,
                              .apply = rz_ed_rows_apply,
                              .ctx = rows,
                              .n_wanted = 1,
                              .tol = spec->tol};
  RZ_TRY_DONE(rc, rz_eigen_solve(spec->solver, &p, false, &r));
  double sum[5] = {rz_cpu_time() - start, built - start, r.seconds_per_product, resident_peak(),
                   (double)(rz_ed_rows_bytes(rows) + r.bytes)};
  RZ_TRY_DONE(rc, rz_sum(comm, 5, sum));
  if (comm->rank > 0) goto done;
  printf("Heisenberg ring N = %d, group of %d elements: %.0f states on %d rank(s)\n", rz_operator_n_site(spec->op),
         rz_ed_rows_basis(rows)->group->n, dim, comm->size);
  printf("%s: E0 = %.12f, residual %.1e, %d products\n", spec->solver, r.value[0], r.residual[0], r.n_products);
  printf("CPU-s: build %.2f, solve %.2f, in all %.2f; product %.1f ns per state (wall)\n", sum[1], sum[0] - sum[1],
         sum[0], 1e9 * sum[2] / dim);
  const int n_element = rz_ed_rows_basis(rows)->group->n;
  printf("bytes: %.4g counted (%.1f per state), %.4g by rz_ed_memory, %.4g resident at most\n", sum[4], sum[4] / dim,
         comm->size * rz_ed_memory(spec, dim, n_element, false, comm->size), sum[3]);
done:
  rz_eigen_result_free(&r);
  rz_ed_rows_destroy(&rows);
  return rc;
}

static rz_err bench(int n_site, const char *letters, const char *solver, const rz_comm *comm) {
  const rz_lattice_spec chain = {
      .geometry = "chain", .n_dim = 1, .length = {n_site, 1}, .periodic = {true, false}, .legs = 1};
  rz_lattice *lattice = NULL;
  rz_operator *op = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_lattice_create(&chain, &lattice));
  RZ_TRY_DONE(rc, ring(n_site, &op));
  const rz_ed_spec spec = {.op = op,
                           .lattice = lattice,
                           .fixed_sz = true,
                           .n_up = n_site / 2,
                           .use_momentum = true,
                           .spin_flip = strchr(letters, 'f') ? 1 : 0,
                           .reflection = strchr(letters, 'r') ? 1 : 0,
                           .n_levels = 1,
                           .solver = solver,
                           .tol = 1e-12};
  RZ_TRY_DONE(rc, report(&spec, comm));
done:
  rz_operator_destroy(&op);
  rz_lattice_destroy(&lattice);
  return rc;
}

int main(int argc, char **argv) {
  rz_comm comm;
  MPI_Init(&argc, &argv);
  rz_err rc = rz_comm_wrap(MPI_COMM_WORLD, &comm);
  if (rc == RZ_OK)
    rc = bench(argc > 1 ? atoi(argv[1]) : 24, argc > 2 ? argv[2] : "r", argc > 3 ? argv[3] : "lanczos", &comm);
  if (rc != RZ_OK) fprintf(stderr, "%s\n%s", rz_error_message(), rz_error_traceback());
  (void)rz_petsc_stop();
  MPI_Finalize();
  return rc == RZ_OK ? 0 : 1;
}
