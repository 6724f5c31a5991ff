/* modules: solve linalg core */
/* ranks: 1 3 */
/* Operators that a Krylov space meets seldom: diagonal ones of order one and two, zero, multiples of the identity, few
 * distinct levels with many copies, levels that lie closer together than a coarse residual, and a far origin. */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/solve/eigen.h"
#include "ritz/solve/session.h"
#include <stdlib.h>

static rz_comm comm;

typedef struct spectrum {
  const char *name;
  double (*level)(int64_t k); /* ascending up to copies */
} spectrum;

static double zero(int64_t k) { return 0.0 * (double)k; }
static double identity(int64_t k) { return 3.5 + 0.0 * (double)k; }
static double three(int64_t k) { return (double)(k % 3); }
static double one_below(int64_t k) { return k == 0 ? -1.0 : 1.0; }
static double whole(int64_t k) { return (double)k; }
static double close(int64_t k) { return k < 5 ? -1.0 - 1e-9 * (double)k : 1.0; }
static double far(int64_t k) { return 1e8 + 1e-3 * (double)k; }

static const spectrum spectra[] = {{"zero", zero},
                                   {"identity", identity},
                                   {"three levels", three},
                                   {"one below", one_below},
                                   {"whole", whole},
                                   {"close", close},
                                   {"far", far}};

typedef struct diagonal {
  const spectrum *s;
  rz_range rows;
  int width;
} diagonal;

static rz_err multiply(void *ctx, const double *x, double c, double *y) {
  const diagonal *d = ctx;
  for (int64_t i = 0; i < d->rows.count; i++) {
    const double added = d->s->level((d->rows.first + i) / d->width) * x[i];
    y[i] = c != 0.0 ? added + c * y[i] : added;
  }
  return RZ_OK;
}

static int ascending(const void *pa, const void *pb) {
  const double a = *(const double *)pa, b = *(const double *)pb;
  return (a > b) - (a < b);
}

static void check_lowest(const spectrum *s, int64_t n, int n_wanted, bool paired, bool with_vectors) {
  const rz_range share = rz_share(n, comm.rank, comm.size);
  const int width = paired ? 2 : 1;
  diagonal d = {s, {share.first * width, share.count * width}, width};
  const rz_eigen_problem p = {.comm = &comm,
                              .n = n * width,
                              .paired = paired,
                              .rows = d.rows,
                              .apply = multiply,
                              .ctx = &d,
                              .n_wanted = n_wanted,
                              .tol = 1e-12,
                              .seed = 11};
  rz_eigen_result r;
  double *want = calloc((size_t)n, sizeof *want);
  for (int64_t k = 0; k < n; k++) want[k] = s->level(k);
  qsort(want, (size_t)n, sizeof *want, ascending);
  const double size = fmax(fabs(want[0]), fabs(want[n - 1]));
  if (RZ_EXPECT_OK(rz_eigen_solve("lanczos", &p, with_vectors, &r))) {
    RZ_EXPECT(r.n_found == n_wanted);
    for (int k = 0; k < r.n_found; k++)
      if (!RZ_EXPECT_NEAR(r.value[k], want[k], 2e-11 * size))
        fprintf(stderr, "  %s, order %lld, level %d of %d\n", s->name, (long long)n, k, n_wanted);
    rz_eigen_result_free(&r);
  }
  free(want);
}

int main(int argc, char **argv) {
  static const int64_t order[] = {1, 2, 3, 7, 300};
  static const int wanted[] = {1, 2, 5};
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  for (size_t s = 0; s < sizeof spectra / sizeof spectra[0]; s++)
    for (int i = 0; i < 5; i++)
      for (int w = 0; w < 3 && wanted[w] <= order[i]; w++)
        for (int kind = 0; kind < 4; kind++)
          check_lowest(&spectra[s], order[i], wanted[w], kind % 2 == 1, kind / 2 == 1);
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  RZ_EXPECT_OK(rz_petsc_stop());
  return rz_check_finish();
}
