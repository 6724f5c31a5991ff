/* What holds for every configuration at once. The products prod_{i in Z} s_i are linearly independent functions on
 * {-1, +1}^n, so a polynomial vanishes everywhere if and only if each coefficient does: no enumeration is needed. */
#include "operator_impl.h"

#include "ritz/core/memory.h"

#include "ritz/core/math.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ENUMERATED = 20 };

bool rz_operator_is_real(const rz_operator *op) {
  for (int64_t k = 0; k < op->n_set; k++)
    if (!op->set[k].real) return false;
  return true;
}

bool rz_operator_keeps_sz(const rz_operator *op) { return op->keeps_sz; }
bool rz_operator_is_stoquastic(const rz_operator *op) { return op->stoquastic; }

double complex rz_operator_trace_per_dim(const rz_operator *op) {
  if (op->n_set == 0 || op->set[0].n_flip > 0) return 0.0;
  const rz_flip_set *f = &op->set[0]; /* sorted: the constant is the first term */
  return f->first[1] == 0 ? f->coef[0] : 0.0;
}

double rz_operator_bound(const rz_operator *op) {
  double sum = 0.0;
  for (int64_t k = 0; k < op->n_set; k++)
    for (int32_t t = 0; t < op->set[k].n_term; t++) sum += cabs(op->set[k].coef[t]);
  return sum;
}

static int32_t *toggle(int32_t n, const int32_t *list, int32_t site, int32_t *out) {
  int32_t i = 0;
  while (i < n && list[i] < site) *out++ = list[i++];
  if (i < n && list[i] == site)
    i++;
  else
    *out++ = site;
  while (i < n) *out++ = list[i++];
  return out;
}

/* Index of the term with exactly these sites, or -1. Terms are sorted by number of sites, then by the sites. */
static int64_t find_term(const rz_flip_set *f, int32_t n, const int32_t *list) {
  int64_t low = 0, high = (int64_t)f->n_term - 1;
  while (low <= high) {
    const int64_t mid = (low + high) / 2;
    const int32_t m = f->first[mid + 1] - f->first[mid];
    const int32_t *z = f->zsite + f->first[mid];
    int c = (m > n) - (m < n);
    for (int32_t i = 0; i < n && c == 0; i++) c = (z[i] > list[i]) - (z[i] < list[i]);
    if (c == 0) return mid;
    if (c < 0)
      low = mid + 1;
    else
      high = mid - 1;
  }
  return -1;
}

/* [sz_total, X^F p(s)] = 0 means (sum_{i in F} s_i) p(s) = 0. The coefficient of prod_{W} s in this product is the sum
 * over i in F of the coefficient of W toggled by i; every W that occurs is some Z_k toggled by some j in F. */
static bool set_keeps_sz(const rz_flip_set *f, int32_t *w, int32_t *z) {
  if (f->n_flip & 1) return f->n_term == 0; /* an odd number of flips cannot balance */
  double largest = 0.0;
  for (int32_t k = 0; k < f->n_term; k++) largest = fmax(largest, cabs(f->coef[k]));
  for (int32_t k = 0; k < f->n_term; k++)
    for (int32_t j = 0; j < f->n_flip; j++) {
      const int32_t n_w = (int32_t)(toggle(f->first[k + 1] - f->first[k], f->zsite + f->first[k], f->site[j], w) - w);
      double complex sum = 0.0;
      for (int32_t i = 0; i < f->n_flip; i++) {
        const int32_t n_z = (int32_t)(toggle(n_w, w, f->site[i], z) - z);
        const int64_t t = find_term(f, n_z, z);
        if (t >= 0) sum += f->coef[t];
      }
      if (cabs(sum) > 1e-13 * f->n_flip * largest) return false;
    }
  return true;
}

static rz_err survey_sz(rz_operator *op) {
  int32_t *room;
  RZ_TRY(RZ_NEW(2 * ((int64_t)op->n_site + 2), &room));
  op->keeps_sz = true;
  for (int64_t k = 0; k < op->n_set && op->keeps_sz; k++)
    op->keeps_sz = op->set[k].n_flip == 0 || set_keeps_sz(&op->set[k], room, room + op->n_site + 2);
  rz_free(&room);
  return RZ_OK;
}

/* Values of the polynomial at all 2^n settings of its n sites, by the Walsh-Hadamard transform of its coefficients. */
static double largest_value(const rz_flip_set *f, int n, const int32_t *site, double *value) {
  const int64_t size = (int64_t)1 << n;
  memset(value, 0, (size_t)size * sizeof *value);
  for (int32_t k = 0; k < f->n_term; k++) {
    int64_t at = 0;
    for (int32_t i = f->first[k]; i < f->first[k + 1]; i++) {
      int bit = 0;
      while (site[bit] != f->zsite[i]) bit++;
      at |= (int64_t)1 << bit;
    }
    value[at] = creal(f->coef[k]);
  }
  for (int64_t half = 1; half < size; half *= 2)
    for (int64_t base = 0; base < size; base += 2 * half)
      for (int64_t i = base; i < base + half; i++) {
        const double a = value[i], b = value[i + half];
        value[i] = a + b;
        value[i + half] = a - b;
      }
  double largest = value[0];
  for (int64_t i = 1; i < size; i++) largest = fmax(largest, value[i]);
  return largest;
}

/* Distinct sites of the polynomial; stops at MAX_ENUMERATED + 1. */
static int involved_sites(const rz_flip_set *f, int32_t *site) {
  int n = 0;
  for (int32_t i = 0; i < f->first[f->n_term] && n <= MAX_ENUMERATED; i++) {
    int k = 0;
    while (k < n && site[k] != f->zsite[i]) k++;
    if (k == n) site[n++] = f->zsite[i];
  }
  return n;
}

static bool set_is_stoquastic(const rz_flip_set *f, double *value) {
  if (!f->real) return false;
  int32_t site[MAX_ENUMERATED + 1];
  const int n = involved_sites(f, site);
  double sum = 0.0, bound = 0.0;
  for (int32_t k = 0; k < f->n_term; k++) {
    sum += fabs(creal(f->coef[k]));
    bound += f->first[k + 1] == f->first[k] ? creal(f->coef[k]) : fabs(creal(f->coef[k]));
  }
  const double rounding = 1e-14 * sum;
  if (bound <= rounding) return true;
  return n <= MAX_ENUMERATED && largest_value(f, n, site, value) <= rounding;
}

static rz_err survey_signs(rz_operator *op) {
  int widest = 0;
  for (int64_t k = 0; k < op->n_set; k++) {
    int32_t site[MAX_ENUMERATED + 1];
    const int n = op->set[k].n_flip > 0 ? involved_sites(&op->set[k], site) : 0;
    if (n <= MAX_ENUMERATED && n > widest) widest = n;
  }
  double *value;
  RZ_TRY(RZ_NEW((int64_t)1 << widest, &value));
  op->stoquastic = true;
  for (int64_t k = 0; k < op->n_set && op->stoquastic; k++)
    op->stoquastic = op->set[k].n_flip == 0 || set_is_stoquastic(&op->set[k], value);
  rz_free(&value);
  return RZ_OK;
}

rz_err rz_operator_survey(rz_operator *op) {
  RZ_TRY(survey_sz(op));
  RZ_TRY(survey_signs(op));
  return RZ_OK;
}

static double negate(double x) { return x == 0.0 ? 0.0 : -x; }

rz_err rz_operator_marshall(rz_operator *op, const int8_t *mask) {
  RZ_CHECK(op->finished, RZ_ERR_ARG, "finish the operator before rotating it");
  for (int64_t k = 0; k < op->n_set; k++) {
    const rz_flip_set *f = &op->set[k];
    int in_a = 0;
    for (int32_t i = 0; i < f->n_flip; i++) in_a += mask[f->site[i]] != 0;
    if ((in_a & 1) == 0) continue;
    double complex *coef = op->coef + (f->coef - op->coef);
    for (int32_t t = 0; t < f->n_term; t++) coef[t] = CMPLX(negate(creal(coef[t])), negate(cimag(coef[t])));
  }
  RZ_TRY(rz_operator_survey(op));
  return RZ_OK;
}
