/* Initial weights of a network. */
#include "mlp_impl.h"

#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/linalg/blas.h"

#include <math.h>

/* Numbers of a view uniform in +-reach. */
static void fill_uniform(const rz_params *p, int view, uint64_t seed, double reach) {
  rz_rng rng = rz_rng_stream(seed, RZ_RNG_INIT_PARAMETERS, (uint64_t)view);
  double *x = rz_params_real(p, view);
  const int64_t n = rz_view_length(&p->view[view]) * (p->view[view].is_complex ? 2 : 1);
  for (int64_t i = 0; i < n; ++i) x[i] = reach * (2.0 * rz_rng_uniform(&rng) - 1.0);
}

/* Q [tall, wide] of the QR factorisation of normal numbers, with the signs (phases) of R's diagonal taken out, so that
 * it is uniform among all such matrices. In complex pairs throughout; a real matrix has imaginary parts 0. */
static rz_err orthonormal(int tall, int wide, bool is_complex, rz_rng *rng, double complex *a) {
  double complex *tau = NULL, *phase = NULL;
  rz_err rc = RZ_OK;
  for (int64_t k = 0; k < (int64_t)tall * wide; ++k) {
    const double re = rz_rng_normal(rng), im = is_complex ? rz_rng_normal(rng) : 0.0;
    a[k] = CMPLX(re, im);
  }
  RZ_TRY_DONE(rc, RZ_NEW(wide, &tau));
  RZ_TRY_DONE(rc, RZ_NEW(wide, &phase));
  RZ_CHECK_DONE(rc, LAPACKE_zgeqrf(LAPACK_ROW_MAJOR, tall, wide, a, wide, tau) == 0, RZ_ERR_MEMORY, "zgeqrf");
  for (int j = 0; j < wide; ++j) {
    const double complex r = a[(int64_t)j * wide + j];
    phase[j] = cabs(r) > 0.0 ? r / cabs(r) : 1.0;
  }
  RZ_CHECK_DONE(rc, LAPACKE_zungqr(LAPACK_ROW_MAJOR, tall, wide, wide, a, wide, tau) == 0, RZ_ERR_MEMORY, "zungqr");
  for (int64_t k = 0; k < (int64_t)tall * wide; ++k) a[k] *= phase[k % wide];
done:
  rz_free(&tau);
  rz_free(&phase);
  return rc;
}

static rz_err fill_orthogonal(const rz_params *p, int view, uint64_t seed) {
  rz_rng rng = rz_rng_stream(seed, RZ_RNG_INIT_PARAMETERS, (uint64_t)view);
  const rz_view *v = &p->view[view];
  const int rows = (int)v->shape[0], columns = (int)v->shape[1];
  const int tall = rows > columns ? rows : columns, wide = rows > columns ? columns : rows;
  double complex *q = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW((int64_t)tall * wide, &q));
  RZ_TRY_DONE(rc, orthonormal(tall, wide, v->is_complex, &rng, q));
  double *x = rz_params_real(p, view);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) {
      const double complex z = rows > columns ? q[i * wide + j] : q[j * wide + i];
      *x++ = creal(z);
      if (v->is_complex) *x++ = cimag(z);
    }
done:
  rz_free(&q);
  return rc;
}

rz_err rz_mlp_init(const rz_mlp *net, rz_params *params, uint64_t seed, rz_mlp_start start) {
  for (int l = 0; l < net->n_layer; ++l) {
    const double reach = 1.0 / sqrt(net->width[l] * (net->spec.is_complex ? 2.0 : 1.0));
    if (start == RZ_MLP_ORTHOGONAL)
      RZ_TRY(fill_orthogonal(params, net->view_w[l], seed));
    else
      fill_uniform(params, net->view_w[l], seed, reach);
    if (net->view_b[l] >= 0) fill_uniform(params, net->view_b[l], seed, reach);
  }
  return RZ_OK;
}
