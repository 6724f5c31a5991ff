#include "lm_bend.h"

#include "ritz/core/memory.h"
#include <math.h>
#include <string.h>

/* Of the step: long enough to keep digits of the second difference, short enough for it to be a derivative. */
static const double PROBE = 0.1;

rz_err rz_lm_bend_init(rz_lm_bend *b, int64_t n_param) { return RZ_NEW0(n_param, &b->d); }

void rz_lm_bend_fini(rz_lm_bend *b) {
  rz_free(&b->d);
  rz_free(&b->e);
}

double rz_lm_bend_probe(rz_lm_bend *b, int64_t n_param, const double *d) {
  memcpy(b->d, d, (size_t)n_param * sizeof *d);
  b->probing = 1;
  return PROBE;
}

rz_err rz_lm_bend_see(rz_lm_bend *b, const rz_slope *at) {
  const int64_t n = rz_jacobian_n_rows(at->jacobian);
  rz_free(&b->e);
  b->seen = true;
  b->n_row = n;
  RZ_TRY(RZ_NEW(n, &b->e));
  if (n > 0) memcpy(b->e, at->residual, (size_t)n * sizeof *b->e);
  return RZ_OK;
}

rz_err rz_lm_bend_correct(rz_lm_bend *b, const rz_jacobian *j, const double *residual) {
  const int64_t n = rz_jacobian_n_rows(j);
  double *slope = NULL;
  b->seen = false;
  RZ_CHECK(n == b->n_row, RZ_ERR_ARG, "a probe of %lld rows for a Jacobian of %lld", (long long)b->n_row, (long long)n);
  RZ_TRY(RZ_NEW(n, &slope));
  const rz_err rc = rz_jacobian_apply(j, b->d, slope);
  for (int64_t i = 0; rc == RZ_OK && i < n; i++)
    b->e[i] = residual[i] + (b->e[i] - residual[i] + PROBE * slope[i]) / (PROBE * PROBE);
  rz_free(&slope);
  return rc;
}

double rz_lm_bend_size(const rz_lm_bend *b, int64_t n_param, const double *scale, const double *t) {
  double bend = 0.0, step = 0.0;
  for (int64_t k = 0; k < n_param; k++) {
    const double unit = scale ? scale[k] * scale[k] : 1.0;
    bend += unit * (t[k] - b->d[k]) * (t[k] - b->d[k]);
    step += unit * b->d[k] * b->d[k];
  }
  return 2.0 * sqrt(bend / step);
}

rz_err rz_lm_bend_state(const rz_optimiser *o, rz_lm_bend *b, rz_array_visit *visit, void *ctx) {
  RZ_TRY(rz_visit_i64("optimiser/probing", &b->probing, visit, ctx));
  return rz_optimiser_visit_vector(o, "optimiser/probe", b->d, visit, ctx);
}
