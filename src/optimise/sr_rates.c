/* Rates of the machine, by a few milliseconds of each kind of work in the sizes that a solve has. */
#include "ritz/optimise/sr_cost.h"

#include "ritz/core/clock.h"
#include "ritz/core/memory.h"
#include "ritz/linalg/blas.h"
#include <math.h>

enum { ORDER = 384, THIN = 40, WIDE = 160, REPEATS = 3, SUM = 1 << 15 };

typedef struct bench {
  double *a, *b;
  float *c;
} bench;

static rz_err bench_init(bench *x) {
  RZ_TRY(RZ_NEW0(ORDER * ORDER, &x->a));
  RZ_TRY(RZ_NEW0(ORDER * ORDER, &x->b));
  RZ_TRY(RZ_NEW0(ORDER * ORDER, &x->c));
  return RZ_OK;
}

static void bench_free(bench *x) {
  rz_free(&x->a);
  rz_free(&x->b);
  rz_free(&x->c);
}

static void least(double *best, double since, double units) { *best = fmin(*best, (rz_cpu_time() - since) / units); }

/* A matrix with 2 on its diagonal. */
static void reset(bench *x) {
  for (int k = 0; k < ORDER * ORDER; k++) {
    x->a[k] = k % (ORDER + 1) == 0 ? 2.0 : 1e-4;
    x->c[k] = (float)x->a[k];
  }
}

static rz_err time_local(bench *x, rz_sr_rates *r) {
  const double n = ORDER, flops = n * n * n / 3.0;
  double sink = 0.0;
  for (int i = 0; i < REPEATS; i++) {
    reset(x);
    double t = rz_cpu_time();
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, ORDER, WIDE, THIN, 1.0, x->a, THIN, x->b, WIDE, 0.0,
                x->b + THIN * WIDE, WIDE);
    least(&r->product, t, 2.0 * n * THIN * WIDE);
    t = rz_cpu_time();
    sink += cblas_ddot(ORDER * ORDER, x->a, 1, x->b, 1);
    least(&r->stream, t, 16.0 * n * n);
    t = rz_cpu_time();
    RZ_LAPACK(LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', ORDER, x->a, ORDER));
    least(&r->factor[0], t, flops);
    t = rz_cpu_time();
    RZ_LAPACK(LAPACKE_spotrf_work(LAPACK_COL_MAJOR, 'L', ORDER, x->c, ORDER));
    least(&r->factor[1], t, flops);
  }
  RZ_CHECK(isfinite(sink), RZ_ERR_INTERNAL, "the sample of work gives %g", sink);
  return RZ_OK;
}

/* One number, and a long vector. Collective. */
static rz_err time_sums(const rz_comm *comm, double *vector, rz_sr_rates *r) {
  double message = INFINITY, vector_sum = INFINITY;
  for (int k = 0; k < SUM; k++) vector[k] = 0.0;
  for (int i = 0; i < 2 * REPEATS; i++) {
    double t = rz_wall_time();
    RZ_TRY(rz_sum(comm, 1, vector));
    message = fmin(message, rz_wall_time() - t);
    t = rz_wall_time();
    RZ_TRY(rz_sum(comm, SUM, vector));
    vector_sum = fmin(vector_sum, rz_wall_time() - t);
  }
  r->message = message;
  r->sum = fmax(0.0, vector_sum - message) / (8.0 * SUM);
  return RZ_OK;
}

rz_err rz_sr_measure_rates(const rz_comm *comm, rz_sr_rates *out) {
  bench x = {0};
  rz_err rc = RZ_OK;
  *out = (rz_sr_rates){.product = INFINITY, .factor = {INFINITY, INFINITY}, .stream = INFINITY};
  RZ_TRY_DONE(rc, rz_agree(comm, bench_init(&x)));
  RZ_TRY_DONE(rc, rz_agree(comm, time_local(&x, out)));
  if (comm->size > 1) RZ_TRY_DONE(rc, time_sums(comm, x.a, out));
  double all[] = {out->product, out->factor[0], out->factor[1], out->stream, out->message, out->sum};
  RZ_TRY_DONE(rc, rz_max(comm, (int64_t)(sizeof all / sizeof all[0]), all));
  *out = (rz_sr_rates){all[0], {all[1], all[2]}, all[3], all[4], all[5]};
done:
  bench_free(&x);
  return rc;
}
