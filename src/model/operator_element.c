/* Matrix elements: the hot part. */
#include "operator_impl.h"

#include "ritz/core/math.h"
#include <math.h>
#include <string.h>

int rz_operator_n_site(const rz_operator *op) { return op->n_site; }
int64_t rz_operator_n_flip_set(const rz_operator *op) { return op->n_set; }
const rz_flip_set *rz_operator_flip_set(const rz_operator *op, int64_t k) { return &op->set[k]; }

int64_t rz_operator_n_ratio(const rz_operator *op) {
  int64_t n = 0;
  for (int64_t k = 0; k < op->n_set; k++) n += rz_operator_flip_set(op, k)->n_flip > 0;
  return n;
}

/* Neighbouring terms with one coefficient (all bonds of a uniform model) are counted before they are multiplied: exact
 * integer sums, one multiplication. MAX_RUN keeps the sum within 16 bits. */
enum { LANES = 64, MAX_RUN = 16384 };

static int32_t run_end(const rz_flip_set *f, int32_t k) {
  return f->like_end[k] - k > MAX_RUN ? k + MAX_RUN : f->like_end[k];
}

static int sign_of(int32_t n, const int32_t *site, const int8_t *spin) {
  /* fields, bonds and Heisenberg exchange involve no more than two spins */
  if (n == 2) return spin[site[0]] * spin[site[1]];
  int s = 1;
  for (int32_t i = 0; i < n; i++) s *= spin[site[i]];
  return s;
}

/* One or two terms, nearly all flip sets: the same sums without the search for runs. */
static double complex element_of_few(const rz_flip_set *f, const int8_t *spin) {
  double re = 0.0, im = 0.0;
  for (int32_t k = 0; k < f->n_term; k++) {
    const int s = sign_of(f->first[k + 1] - f->first[k], f->zsite + f->first[k], spin);
    re += creal(f->coef[k]) * s;
    im += cimag(f->coef[k]) * s;
  }
  return CMPLX(re, im);
}

double complex rz_flip_set_element(const rz_flip_set *f, const int8_t *spin) {
  if (f->n_term <= 2) return element_of_few(f, spin);
  double re = 0.0, im = 0.0;
  for (int32_t k = 0; k < f->n_term;) {
    const double complex c = f->coef[k];
    int sum = 0;
    for (const int32_t end = run_end(f, k); k < end; k++)
      sum += sign_of(f->first[k + 1] - f->first[k], f->zsite + f->first[k], spin);
    re += creal(c) * sum;
    im += cimag(c) * sum;
  }
  if (fabs(re) <= f->rounding) re = 0.0;
  if (fabs(im) <= f->rounding) im = 0.0;
  return CMPLX(re, im);
}

/* sum[lane] += product over the sites of one term; sites outermost, so that lanes are contiguous. */
static void add_signs(int32_t n, const int32_t *site, int n_lane, int stride, const int8_t *restrict spin,
                      int16_t *restrict sum) {
  if (n == 0) {
    for (int lane = 0; lane < n_lane; lane++) sum[lane]++;
  } else if (n == 1) {
    const int8_t *restrict a = spin + (int64_t)site[0] * stride;
    for (int lane = 0; lane < n_lane; lane++) sum[lane] = (int16_t)(sum[lane] + a[lane]);
  } else if (n == 2) {
    const int8_t *restrict a = spin + (int64_t)site[0] * stride, *restrict b = spin + (int64_t)site[1] * stride;
    for (int lane = 0; lane < n_lane; lane++) sum[lane] = (int16_t)(sum[lane] + a[lane] * b[lane]);
  } else {
    int8_t sign[LANES];
    memcpy(sign, spin + (int64_t)site[0] * stride, (size_t)n_lane);
    for (int32_t i = 1; i < n; i++) {
      const int8_t *restrict a = spin + (int64_t)site[i] * stride;
      for (int lane = 0; lane < n_lane; lane++) sign[lane] = (int8_t)(sign[lane] * a[lane]);
    }
    for (int lane = 0; lane < n_lane; lane++) sum[lane] = (int16_t)(sum[lane] + sign[lane]);
  }
}

/* Products of two spins are 1 + (a ^ b) with a ^ b = 0 or -2: bytes hold the sum of MAX_BYTES of them. For STRIP lanes;
 * returns the first term from k on that is no pair, or end. */
enum { STRIP = 16, MAX_BYTES = 63 };
typedef int8_t strip __attribute__((vector_size(STRIP)));

static int32_t add_pairs(const rz_flip_set *f, int32_t k, int32_t end, int stride, const int8_t *spin, int16_t *sum) {
  while (k < end && f->first[k + 1] - f->first[k] == 2) {
    strip less = {0}, a, b;
    int8_t out[STRIP];
    const int32_t begin = k;
    for (; k < end && k < begin + MAX_BYTES && f->first[k + 1] - f->first[k] == 2; k++) {
      const int32_t *site = f->zsite + f->first[k];
      memcpy(&a, spin + (int64_t)site[0] * stride, sizeof a);
      memcpy(&b, spin + (int64_t)site[1] * stride, sizeof b);
      less += a ^ b;
    }
    memcpy(out, &less, sizeof out);
    for (int lane = 0; lane < STRIP; lane++) sum[lane] = (int16_t)(sum[lane] + (k - begin) + out[lane]);
  }
  return k;
}

static void add_scaled(int n_lane, double c, const int16_t *restrict sum, double *restrict to) {
  for (int lane = 0; lane < n_lane; lane++) to[lane] += c * sum[lane];
}

static void drop_rounding(int n_lane, double rounding, double *x) {
  for (int lane = 0; lane < n_lane; lane++) x[lane] = fabs(x[lane]) <= rounding ? 0.0 : x[lane];
}

static void elements_of_lanes(const rz_flip_set *f, int n_lane, int stride, const int8_t *spin, double *restrict re,
                              double *restrict im) {
  int16_t sum[LANES];
  memset(re, 0, sizeof *re * (size_t)n_lane);
  if (!f->real) memset(im, 0, sizeof *im * (size_t)n_lane);
  for (int32_t k = 0; k < f->n_term;) {
    const double complex c = f->coef[k];
    memset(sum, 0, sizeof sum);
    for (const int32_t end = run_end(f, k); k < end;) {
      if (n_lane == STRIP) k = add_pairs(f, k, end, stride, spin, sum);
      if (k == end) break;
      add_signs(f->first[k + 1] - f->first[k], f->zsite + f->first[k], n_lane, stride, spin, sum);
      k++;
    }
    add_scaled(n_lane, creal(c), sum, re);
    if (!f->real) add_scaled(n_lane, cimag(c), sum, im);
  }
  drop_rounding(n_lane, f->rounding, re);
  if (!f->real) drop_rounding(n_lane, f->rounding, im);
}

/* A real exchange c0 + c1 s_a s_b, nearly all flip sets of spin models: one pass. */
static void exchange_of_lanes(const rz_flip_set *f, int n_lane, const int8_t *restrict spin, double *restrict out) {
  const double c0 = creal(f->coef[0]), c1 = creal(f->coef[1]);
  const double value[3] = {c0 - c1, 0.0, c0 + c1};
  const int8_t *restrict a = spin + (int64_t)f->zsite[0] * n_lane, *restrict b = spin + (int64_t)f->zsite[1] * n_lane;
  for (int lane = 0; lane < n_lane; lane++) out[lane] = value[1 + a[lane] * b[lane]];
}

void rz_flip_set_elements(const rz_flip_set *f, int n_lane, const int8_t *spin, double *re, double *im) {
  if (f->n_term == 1 && f->first[1] == 0) { /* a transverse field: one number */
    for (int lane = 0; lane < n_lane; lane++) re[lane] = creal(f->coef[0]);
    for (int lane = 0; lane < n_lane && !f->real; lane++) im[lane] = cimag(f->coef[0]);
    return;
  }
  if (f->n_term == 2 && f->real && f->first[1] == 0 && f->first[2] == 2 && f->coef[0] != f->coef[1]) {
    exchange_of_lanes(f, n_lane, spin, re);
    return;
  }
  for (int lane = 0; lane < n_lane; lane += LANES)
    elements_of_lanes(f, n_lane - lane < LANES ? n_lane - lane : LANES, n_lane, spin + lane, re + lane,
                      f->real ? NULL : im + lane);
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
