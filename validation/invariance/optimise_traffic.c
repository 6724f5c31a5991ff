/* modules: optimise solve linalg core */
/* ranks: 1 2 3 4 */
/* What a solve of stochastic reconfiguration communicates is what MPI is asked for and what the formula says: each
 * solver, real and complex, with few and with many parameters. */
#include "check.h"
#include "made_calls.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/optimise/sr_traffic.h"
#include "ritz/solve/session.h"
#include <string.h>

static double draw(int64_t sample, int64_t item) {
  rz_rng r = rz_rng_stream(11, RZ_RNG_TEST, ((uint64_t)sample << 24) + (uint64_t)item);
  return rz_rng_normal(&r);
}

/* One layer of d_in inputs and d_out signals, this rank's share of n samples. */
static rz_jacobian *layer(const rz_comm *comm, int64_t n, int d_in, int d_out, bool is_complex) {
  const rz_range mine = rz_share(n, comm->rank, comm->size);
  const rz_layer shape = {.d_in = d_in, .d_out = d_out, .n_share = 1, .n_x = d_in, .complex_weights = is_complex};
  rz_jacobian *j = NULL;
  rz_layer *l = NULL;
  RZ_EXPECT_OK(rz_jacobian_create(mine.count, is_complex ? 2 : 1, (int64_t)d_in * d_out * (is_complex ? 2 : 1), &j));
  RZ_EXPECT_OK(rz_jacobian_add(j, &shape, true, is_complex, &l));
  for (int64_t i = 0; i < mine.count; i++) {
    rz_jacobian_weights(j)[i] = 1.0 / (double)n;
    for (int k = 0; k < d_in; k++) l->x[i * d_in + k] = draw(mine.first + i, k) > 0.0 ? 1.0 : -1.0;
    for (int k = 0; k < d_out; k++) {
      l->d_re[i * d_out + k] = tanh(draw(mine.first + i, 1000 + k));
      if (is_complex) l->d_im[i * d_out + k] = tanh(draw(mine.first + i, 2000 + k));
    }
  }
  RZ_EXPECT_OK(rz_jacobian_centre(j, comm));
  return j;
}

static void expect_equal(const rz_traffic *a, const rz_traffic *b, const char *label, const char *what) {
  static const char *const kind[] = {"sum", "gather", "broadcast", "exchange"};
  for (int k = 0; k < RZ_AGREE; k++)
    if (!RZ_EXPECT(a->calls[k] == b->calls[k] && a->bytes[k] == b->bytes[k]))
      fprintf(stderr, "  %s, %s against %s: %lld calls, %lld bytes against %lld, %lld\n", label, kind[k], what,
              (long long)a->calls[k], (long long)a->bytes[k], (long long)b->calls[k], (long long)b->bytes[k]);
}

static void check(rz_comm comm, rz_jacobian *j, int64_t n, const char *label, const rz_sr_options *o) {
  const int64_t n_param = rz_jacobian_n_param(j);
  rz_traffic counted = {0};
  rz_sr_result r = {0};
  double *e = NULL, *f = NULL, *d = NULL;
  RZ_EXPECT_OK(RZ_NEW(rz_jacobian_n_rows(j), &e));
  RZ_EXPECT_OK(RZ_NEW(n_param, &f));
  RZ_EXPECT_OK(RZ_NEW(n_param, &d));
  for (int64_t i = 0; i < rz_jacobian_n_rows(j); i++) e[i] = draw(i, 3000 + comm.rank);
  RZ_EXPECT_OK(rz_forces(&comm, j, e, f));
  comm.traffic = &counted;
  const rz_traffic before = rz_made;
  RZ_EXPECT_OK(rz_sr_solve(o, &comm, j, e, f, d, &r));
  RZ_EXPECT(r.fell_back == 0);
  const rz_sr_shape shape = rz_sr_shape_of(j, n, comm.rank, comm.size);
  const rz_traffic made = rz_traffic_since(&rz_made, &before), expected = rz_sr_traffic(o, &r, &shape);
  expect_equal(&counted, &expected, label, "the formula");
  expect_equal(&counted, &made, label, "MPI");
  RZ_EXPECT(counted.calls[RZ_AGREE] == made.calls[RZ_AGREE]);
  rz_free(&d);
  rz_free(&f);
  rz_free(&e);
}

#define OPTIONS(...)                                                                                                   \
  { .shift = 1e-2, .cg_tol = 1e-8, .cg_iterations = 2000, __VA_ARGS__ }

int main(int argc, char **argv) {
  static const struct {
    const char *label;
    int n, d_in, d_out;
    bool is_complex;
    rz_sr_options o;
  } cases[] = {
      {"dense, replicated", 150, 8, 9, false, OPTIONS(.solver = "dense", .replicate = RZ_SR_REPLICATE)},
      {"dense, spread", 150, 8, 20, false, OPTIONS(.solver = "dense")},
      {"dense, in batches", 700, 30, 40, false, OPTIONS(.solver = "dense")},
      {"dense, scaled", 150, 8, 9, true, OPTIONS(.solver = "dense", .replicate = RZ_SR_REPLICATE, .scale = 0.1)},
      {"kernel", 130, 10, 20, false, OPTIONS(.solver = "kernel", .precision = "double")},
      {"kernel, dense rows", 130, 3, 2, false, OPTIONS(.solver = "kernel", .precision = "double")},
      {"kernel, mixed", 130, 10, 20, false, OPTIONS(.solver = "kernel", .precision = "mixed")},
      {"kernel, complex", 90, 6, 12, true, OPTIONS(.solver = "kernel", .precision = "mixed", .scale = 0.1)},
      {"cg", 200, 10, 10, false, OPTIONS(.solver = "cg")},
      {"cg, scaled", 200, 10, 10, false, OPTIONS(.solver = "cg", .scale = 0.1)},
      {"cg, subset", 200, 10, 10, false, OPTIONS(.solver = "cg", .preconditioner = "subset", .subset_size = 60)},
      {"cg, subset, complex", 90, 6, 7, true, OPTIONS(.solver = "cg", .preconditioner = "subset", .subset_size = 40)},
      {"auto", 150, 8, 9, false, OPTIONS(.solver = "auto", .replicate = RZ_SR_REPLICATE)},
  };
  rz_comm comm;
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  RZ_EXPECT_OK(rz_petsc_start()); /* what it sends at its start is no part of a solve */
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    rz_jacobian *j = layer(&comm, cases[i].n, cases[i].d_in, cases[i].d_out, cases[i].is_complex);
    check(comm, j, cases[i].n, cases[i].label, &cases[i].o);
    rz_jacobian_destroy(&j);
  }
  (void)rz_petsc_stop();
  return rz_check_finish();
}
