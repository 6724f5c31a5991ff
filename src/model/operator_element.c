/* Matrix elements: the hot part. */
#include "operator_impl.h"

#include <math.h>
#include <string.h>

int rz_operator_n_site(const rz_operator *op) { return op->n_site; }
int64_t rz_operator_n_flip_set(const rz_operator *op) { return op->n_set; }
const rz_flip_set *rz_operator_flip_set(const rz_operator *op, int64_t k) { return &op->set[k]; }

static int sign_of(int32_t n, const int32_t *site, const int8_t *spin) {
  int s = 1;
  for (int32_t i = 0; i < n; i++) s *= spin[site[i]];
  return s;
}

double complex rz_flip_set_element(const rz_flip_set *f, const int8_t *spin) {
  double re = 0.0, im = 0.0;
  for (int32_t k = 0; k < f->n_term; k++) {
    const int32_t at = f->first[k], n = f->first[k + 1] - at;
    /* fields, bonds and Heisenberg exchange involve no more than two spins */
    const int s = n == 0 ? 1 : n == 2 ? spin[f->zsite[at]] * spin[f->zsite[at + 1]] : sign_of(n, f->zsite + at, spin);
    re += creal(f->coef[k]) * s;
    im += cimag(f->coef[k]) * s;
  }
  if (fabs(re) <= f->rounding) re = 0.0;
  if (fabs(im) <= f->rounding) im = 0.0;
  return CMPLX(re, im);
}

enum { LANES = 64 };

/* sign[lane] = product over the sites of one term; sites outermost, so that lanes are contiguous. */
static void signs(int32_t n, const int32_t *site, int n_lane, int stride, const int8_t *restrict spin,
                  int8_t *restrict sign) {
  if (n == 0) {
    memset(sign, 1, (size_t)n_lane);
    return;
  }
  memcpy(sign, spin + (int64_t)site[0] * stride, (size_t)n_lane);
  for (int32_t i = 1; i < n; i++) {
    const int8_t *restrict s = spin + (int64_t)site[i] * stride;
    for (int lane = 0; lane < n_lane; lane++) sign[lane] = (int8_t)(sign[lane] * s[lane]);
  }
}

static void accumulate(int n_lane, double c, const int8_t *restrict sign, double *restrict sum) {
  for (int lane = 0; lane < n_lane; lane++) sum[lane] += c * sign[lane];
}

static void elements_of_lanes(const rz_flip_set *f, int n_lane, int stride, const int8_t *spin,
                              double complex *restrict out) {
  double re[LANES] = {0}, im[LANES] = {0};
  int8_t sign[LANES];
  for (int32_t k = 0; k < f->n_term; k++) {
    signs(f->first[k + 1] - f->first[k], f->zsite + f->first[k], n_lane, stride, spin, sign);
    accumulate(n_lane, creal(f->coef[k]), sign, re);
    if (!f->real) accumulate(n_lane, cimag(f->coef[k]), sign, im);
  }
  for (int lane = 0; lane < n_lane; lane++)
    out[lane] = CMPLX(fabs(re[lane]) <= f->rounding ? 0.0 : re[lane], fabs(im[lane]) <= f->rounding ? 0.0 : im[lane]);
}

void rz_flip_set_elements(const rz_flip_set *f, int n_lane, const int8_t *spin, double complex *out) {
  if (f->n_term == 1 && f->first[1] == 0) { /* a transverse field: one number */
    for (int lane = 0; lane < n_lane; lane++) out[lane] = f->coef[0];
    return;
  }
  for (int lane = 0; lane < n_lane; lane += LANES)
    elements_of_lanes(f, n_lane - lane < LANES ? n_lane - lane : LANES, n_lane, spin + lane, out + lane);
}

int64_t rz_operator_connected(const rz_operator *op, const int8_t *spin, int64_t *out_set, double complex *out_mel) {
  int64_t n = 0;
  for (int64_t k = 0; k < op->n_set; k++) {
    const double complex mel = rz_flip_set_element(&op->set[k], spin);
    if (mel == 0.0) continue;
    out_set[n] = k;
    out_mel[n++] = mel;
  }
  return n;
}
