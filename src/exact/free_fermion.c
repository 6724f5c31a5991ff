/* The lowest state of a parity sector, kept as its matrix G; formulas in ritz/exact/free_fermion.h. */
#include "ritz/exact/free_fermion.h"

#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include "ritz/linalg/blas.h"
#include "tfim_ring.h"

#include <float.h>
#include <math.h>
#include <string.h>

struct rz_free_fermion {
  int n, parity;
  double energy, gap;
  double *g; /* G_ij = <B_i A_j> at g[i + n j] */
};

static double g_at(const rz_free_fermion *s, int i, int j) { return s->g[i + (int64_t)s->n * j]; }

void rz_free_fermion_destroy(rz_free_fermion **s) {
  if (s == NULL || *s == NULL) return;
  rz_free(&(*s)->g);
  rz_free(s);
}

static rz_err state_create(int n, rz_free_fermion **out) {
  RZ_TRY(RZ_NEW0(1, out));
  (*out)->n = n;
  const rz_err rc = RZ_NEW0((int64_t)n * n, &(*out)->g);
  if (rc != RZ_OK) rz_free_fermion_destroy(out);
  return rc;
}

/* det of the n x n matrix a (column-major, overwritten). */
static rz_err determinant(int n, double *a, double *det) {
  lapack_int *pivot = NULL;
  *det = 1.0;
  if (n == 0) return RZ_OK;
  RZ_TRY(RZ_NEW(n, &pivot));
  const lapack_int info = LAPACKE_dgetrf(LAPACK_COL_MAJOR, n, n, a, n, pivot);
  /* info > 0: a pivot is exactly 0, and so is the product */
  for (int i = 0; i < n; ++i) *det *= a[i + (int64_t)n * i] * (pivot[i] == i + 1 ? 1.0 : -1.0);
  rz_free(&pivot);
  RZ_CHECK(info >= 0, RZ_ERR_INTERNAL, "dgetrf: argument %d", (int)-info);
  return RZ_OK;
}

/* --- the uniform ring ------------------------------------------------------------------------------------------- */

/* The lowest state is unique unless it holds a quasi-particle that could as well sit elsewhere, or one of zero energy
 * could be exchanged for none. */
static rz_err require_unique_ring(const tfim_sector *s, double scale, int parity) {
  const double room = s->n_excited ? s->cost[1] - s->cost[0] : s->cost[0] + s->cost[1];
  RZ_CHECK(room > 64.0 * DBL_EPSILON * scale, RZ_ERR_NUM,
           "the lowest level with parity %+d is degenerate (spacing %.3g): its correlations are not defined", parity,
           room);
  return RZ_OK;
}

/* g(d) = (1/n) sum_k (cos(k d) xi_k - sin(k d) delta_k) / energy_k, d = 0 ... n-1; the excited mode has its sign
 * reversed. */
static void ring_functions(int n, double j, double h, int parity, const tfim_sector *sector, double *g) {
  memset(g, 0, (size_t)n * sizeof *g);
  for (int m = 0; m < n; ++m) {
    const tfim_mode mode = tfim_mode_at(n, j, h, parity, m);
    const double sign = sector->n_excited && m == sector->cheapest ? -1.0 : 1.0;
    double x, y;
    if (mode.self) { /* k = 0 or pi of zero energy counts as empty */
      x = mode.xi < 0.0 ? -1.0 : 1.0;
      y = 0.0;
    } else {
      x = mode.xi / mode.energy;
      y = mode.delta / mode.energy;
    }
    const int64_t q = 2 * m + (parity > 0);
    for (int d = 0; d < n; ++d) {
      /* the angle modulo 2 pi, in integers */
      const double angle = RZ_PI * (double)(q * d % (2 * (int64_t)n)) / n;
      g[d] += sign * (cos(angle) * x - sin(angle) * y) / n;
    }
  }
}

rz_err rz_free_fermion_ring(int n, double j, double h, int parity, rz_free_fermion **out) {
  RZ_CHECK(out != NULL, RZ_ERR_ARG, "out must not be NULL");
  RZ_CHECK(parity >= -1 && parity <= 1, RZ_ERR_ARG, "parity = %d must be -1, 0 or 1", parity);
  rz_tfim_levels levels;
  RZ_TRY(rz_tfim_ring_levels(n, j, h, &levels));
  if (parity == 0) parity = levels.parity;
  const tfim_sector sector = tfim_sector_of(n, j, h, parity);
  RZ_TRY(require_unique_ring(&sector, fabs(j) + fabs(h), parity));
  double *g = NULL;
  rz_free_fermion *s = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(n, &g));
  RZ_TRY_DONE(rc, state_create(n, &s));
  s->parity = parity;
  s->energy = parity > 0 ? levels.even[0] : levels.odd[0];
  s->gap = j >= 0.0 || n % 2 == 0 ? levels.gap : fabs(levels.even[0] - levels.odd[0]);
  ring_functions(n, j, h, parity, &sector, g);
  /* g(d - n) = -P g(d): antiperiodic for P = +1 */
  for (int b = 0; b < n; ++b)
    for (int a = 0; a < n; ++a) s->g[a + (int64_t)n * b] = b >= a ? g[b - a] : -parity * g[b - a + n];
  *out = s;
  s = NULL;
done:
  rz_free(&g);
  rz_free_fermion_destroy(&s);
  return rc;
}

/* --- open chains ------------------------------------------------------------------------------------------------ */

typedef struct svd {
  double *u, *vt, *values; /* M = U diag(values) V^T, column-major */
} svd;

static void svd_destroy(svd *d) {
  rz_free(&d->u);
  rz_free(&d->vt);
  rz_free(&d->values);
}

/* Upper bidiagonal M: the implicit zero-shift QR of dbdsqr finds every singular value to full relative precision. */
static rz_err svd_bidiagonal(int n, const double *jz, const double *h, svd *d) {
  double *off = NULL;
  RZ_TRY(RZ_NEW(n, &off));
  for (int i = 0; i < n; ++i) {
    d->values[i] = h[i];
    off[i] = i < n - 1 ? -jz[i] : 0.0;
    d->u[i + (int64_t)n * i] = d->vt[i + (int64_t)n * i] = 1.0;
  }
  const lapack_int info = LAPACKE_dbdsqr(LAPACK_COL_MAJOR, 'U', n, n, n, 0, d->values, off, d->vt, n, d->u, n, NULL, 1);
  rz_free(&off);
  RZ_CHECK(info == 0, RZ_ERR_NUM, "dbdsqr of order %d: info = %d", n, (int)info);
  return RZ_OK;
}

/* Tridiagonal M: -jz above, -jy below the diagonal. */
static rz_err svd_general(int n, const double *jz, const double *jy, const double *h, svd *d) {
  double *m = NULL, *unconverged = NULL;
  lapack_int info = 0;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW0((int64_t)n * n, &m));
  RZ_TRY_DONE(rc, RZ_NEW(n, &unconverged));
  for (int64_t i = 0; i < n; ++i) {
    m[i + n * i] = h[i];
    if (i == n - 1) break;
    m[i + n * (i + 1)] = -jz[i];
    m[i + 1 + n * i] = -jy[i];
  }
  info = LAPACKE_dgesvd(LAPACK_COL_MAJOR, 'A', 'A', n, n, m, n, d->values, d->u, n, d->vt, n, unconverged);
  RZ_CHECK_DONE(rc, info == 0, RZ_ERR_NUM, "dgesvd of order %d: info = %d", n, (int)info);
done:
  rz_free(&m);
  rz_free(&unconverged);
  return rc;
}

/* Parity of the fermions' lowest state: det(U V^T), the product of the two determinants. */
static rz_err svd_parity(int n, const svd *d, int *parity) {
  double *copy = NULL, du = 0.0, dv = 0.0;
  rz_err rc = RZ_OK;
  const size_t bytes = (size_t)n * (size_t)n * sizeof *copy;
  RZ_TRY_DONE(rc, RZ_NEW((int64_t)n * n, &copy));
  memcpy(copy, d->u, bytes);
  RZ_TRY_DONE(rc, determinant(n, copy, &du));
  memcpy(copy, d->vt, bytes);
  RZ_TRY_DONE(rc, determinant(n, copy, &dv));
  *parity = du * dv > 0.0 ? 1 : -1;
done:
  rz_free(&copy);
  return rc;
}

/* G = U V^T, with the smallest singular value's term reversed if `flip`: that adds its quasi-particle. */
static void fill_g(int n, const svd *d, int flip, double *g) {
  for (int64_t j = 0; j < n; ++j)
    for (int64_t k = 0; k < n; ++k) {
      const double v = (flip && k == n - 1 ? -1.0 : 1.0) * d->vt[k + n * j];
      for (int64_t i = 0; i < n; ++i) g[i + n * j] += d->u[i + n * k] * v;
    }
}

/* Choose the sector and set energy, gap and G. Singular values are in descending order. */
static rz_err open_state(const svd *d, double scale, int parity, rz_free_fermion *s) {
  const int n = s->n;
  const double low = d->values[n - 1];
  int vacuum_parity = 0;
  RZ_TRY(svd_parity(n, d, &vacuum_parity));
  /* with a mode of exactly zero energy both sectors hold the level */
  s->parity = parity != 0 ? parity : low > 0.0 ? vacuum_parity : 1;
  const int flip = s->parity != vacuum_parity;
  /* Within the sector the next level moves the quasi-particle, or adds a pair. */
  const double room = n == 1 ? INFINITY : flip ? d->values[n - 2] - low : d->values[n - 2] + low;
  RZ_CHECK(room > 64.0 * DBL_EPSILON * scale, RZ_ERR_NUM,
           "the lowest level with parity %+d is degenerate (spacing %.3g): its correlations are not defined", s->parity,
           2.0 * room);
  double sum = 0.0;
  for (int i = n - 1; i >= 0; --i) sum += d->values[i];
  s->energy = -sum + (flip ? 2.0 * low : 0.0);
  s->gap = 2.0 * low;
  fill_g(n, d, flip, s->g);
  return RZ_OK;
}

rz_err rz_free_fermion_open(int n, const double *jz, const double *jy, const double *h, int parity,
                            rz_free_fermion **out) {
  RZ_CHECK(out != NULL, RZ_ERR_ARG, "out must not be NULL");
  RZ_CHECK(n >= 1, RZ_ERR_ARG, "n = %d must be >= 1", n);
  RZ_CHECK((jz != NULL || n == 1) && h != NULL, RZ_ERR_ARG, "jz and h must not be NULL");
  RZ_CHECK(parity >= -1 && parity <= 1, RZ_ERR_ARG, "parity = %d must be -1, 0 or 1", parity);
  double scale = 0.0;
  for (int i = 0; i < n; ++i) {
    const double z = i < n - 1 ? jz[i] : 0.0, y = i < n - 1 && jy != NULL ? jy[i] : 0.0;
    RZ_CHECK(isfinite(z) && isfinite(y) && isfinite(h[i]), RZ_ERR_ARG, "couplings of site %d must be finite", i);
    scale = fmax(scale, fabs(z) + fabs(y) + fabs(h[i]));
  }
  svd d = {0};
  rz_free_fermion *s = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW0((int64_t)n * n, &d.u));
  RZ_TRY_DONE(rc, RZ_NEW0((int64_t)n * n, &d.vt));
  RZ_TRY_DONE(rc, RZ_NEW(n, &d.values));
  RZ_TRY_DONE(rc, state_create(n, &s));
  RZ_TRY_DONE(rc, jy == NULL ? svd_bidiagonal(n, jz, h, &d) : svd_general(n, jz, jy, h, &d));
  RZ_TRY_DONE(rc, open_state(&d, scale, parity, s));
  *out = s;
  s = NULL;
done:
  svd_destroy(&d);
  rz_free_fermion_destroy(&s);
  return rc;
}

/* --- results ---------------------------------------------------------------------------------------------------- */

double rz_free_fermion_energy(const rz_free_fermion *s) { return s->energy; }
int rz_free_fermion_parity(const rz_free_fermion *s) { return s->parity; }
double rz_free_fermion_gap(const rz_free_fermion *s) { return s->gap; }

static rz_err check_sites(const rz_free_fermion *s, int i, int j) {
  RZ_CHECK(i >= 0 && i < s->n && j >= 0 && j < s->n, RZ_ERR_ARG, "sites %d, %d must be in 0 ... %d", i, j, s->n - 1);
  return RZ_OK;
}

rz_err rz_free_fermion_x(const rz_free_fermion *s, int i, double *sx) {
  RZ_TRY(check_sites(s, i, i));
  *sx = g_at(s, i, i);
  return RZ_OK;
}

rz_err rz_free_fermion_xx(const rz_free_fermion *s, int i, int j, double *sxsx) {
  RZ_TRY(check_sites(s, i, j));
  *sxsx = i == j ? 1.0 : g_at(s, i, i) * g_at(s, j, j) - g_at(s, i, j) * g_at(s, j, i);
  return RZ_OK;
}

/* det of -G over r rows from `row` and r columns from `column`. */
static rz_err string_determinant(const rz_free_fermion *s, int row, int column, int r, double *det) {
  double *a = NULL;
  RZ_TRY(RZ_NEW((int64_t)r * r, &a));
  for (int q = 0; q < r; ++q)
    for (int p = 0; p < r; ++p) a[p + (int64_t)r * q] = -g_at(s, row + p, column + q);
  const rz_err rc = determinant(r, a, det);
  rz_free(&a);
  return rc;
}

rz_err rz_free_fermion_zz(const rz_free_fermion *s, int i, int j, double *szsz) {
  RZ_TRY(check_sites(s, i, j));
  const int low = i < j ? i : j, r = i < j ? j - i : i - j;
  return string_determinant(s, low, low + 1, r, szsz);
}

rz_err rz_free_fermion_yy(const rz_free_fermion *s, int i, int j, double *sysy) {
  RZ_TRY(check_sites(s, i, j));
  const int low = i < j ? i : j, r = i < j ? j - i : i - j;
  return string_determinant(s, low + 1, low, r, sysy);
}

rz_err rz_free_fermion_entropy(const rz_free_fermion *s, int first, int n_block, double *von_neumann, double *renyi2) {
  RZ_CHECK(n_block >= 0, RZ_ERR_ARG, "n_block = %d must be >= 0", n_block);
  *von_neumann = *renyi2 = 0.0;
  if (n_block == 0) return RZ_OK;
  RZ_TRY(check_sites(s, first, first + n_block - 1));
  double *a = NULL, *v = NULL, *unconverged = NULL;
  lapack_int info = 0;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW((int64_t)n_block * n_block, &a));
  RZ_TRY_DONE(rc, RZ_NEW(n_block, &v));
  RZ_TRY_DONE(rc, RZ_NEW(n_block, &unconverged));
  for (int q = 0; q < n_block; ++q)
    for (int p = 0; p < n_block; ++p) a[p + (int64_t)n_block * q] = g_at(s, first + p, first + q);
  info = LAPACKE_dgesvd(LAPACK_COL_MAJOR, 'N', 'N', n_block, n_block, a, n_block, v, NULL, 1, NULL, 1, unconverged);
  RZ_CHECK_DONE(rc, info == 0, RZ_ERR_NUM, "dgesvd of order %d: info = %d", n_block, (int)info);
  for (int k = 0; k < n_block; ++k) {
    const double p = 0.5 * (1.0 + v[k]), q = 0.5 * (1.0 - v[k]);
    *von_neumann -= p * log(p) + (q > 0.0 ? q * log(q) : 0.0);
    *renyi2 -= log(0.5 * (1.0 + v[k] * v[k]));
  }
done:
  rz_free(&a);
  rz_free(&v);
  rz_free(&unconverged);
  return rc;
}
