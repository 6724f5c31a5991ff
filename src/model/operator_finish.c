/* Freezing an operator: equal strings merge, strings with one flip set gather. */
#include "operator_impl.h"

#include "ritz/core/memory.h"

#include "ritz/core/math.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>

/* What qsort compares: a string and its sites. */
typedef struct keyed {
  const int32_t *site;
  rz_string *string;
} keyed;

static int compare_lists(int n, const int32_t *a, int m, const int32_t *b) {
  if (n != m) return n < m ? -1 : 1;
  for (int i = 0; i < n; i++)
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  return 0;
}

static int compare_flips(const keyed *a, const keyed *b) {
  return compare_lists(a->string->n_flip, a->site, b->string->n_flip, b->site);
}

/* By flip set, then by sites multiplied, then by place: a fixed order of summation. */
static int compare(const void *p, const void *q) {
  const keyed *a = p, *b = q;
  int c = compare_flips(a, b);
  if (c == 0)
    c = compare_lists(a->string->n_z, a->site + a->string->n_flip, b->string->n_z, b->site + b->string->n_flip);
  return c != 0 ? c : a->string < b->string ? -1 : 1;
}

static bool same_string(const keyed *a, const keyed *b) {
  return compare_flips(a, b) == 0 &&
         compare_lists(a->string->n_z, a->site + a->string->n_flip, b->string->n_z, b->site + b->string->n_flip) == 0;
}

/* Add up equal strings, drop what cancels; returns the number left. */
static int64_t merge(int64_t n, keyed *key) {
  int64_t m = 0;
  for (int64_t i = 0; i < n;) {
    rz_string *t = key[i].string;
    int64_t j = i + 1;
    for (; j < n && same_string(&key[i], &key[j]); j++) {
      t->coef += key[j].string->coef;
      t->scale += key[j].string->scale;
    }
    if (cabs(t->coef) > 1e-15 * t->scale) key[m++] = key[i];
    i = j;
  }
  return m;
}

static void print_sites(int n, const int32_t *site, size_t size, char *text) {
  size_t at = 0;
  text[0] = 0;
  for (int i = 0; i < n && at + 16 < size; i++)
    at += (size_t)snprintf(text + at, size - at, "%s%d", i ? " " : "", (int)site[i]);
}

/* (X^F Z^Z)^+ = (-1)^|F n Z| X^F Z^Z: the coefficient must be real for an even overlap, imaginary for an odd one. What
 * rounding left in the other part is cleared. */
static rz_err make_hermitian(int64_t n, keyed *key) {
  double largest = 0.0;
  for (int64_t k = 0; k < n; k++) largest = fmax(largest, cabs(key[k].string->coef));
  for (int64_t k = 0; k < n; k++) {
    rz_string *t = key[k].string;
    const int32_t *flip = key[k].site, *z = key[k].site + t->n_flip;
    int overlap = 0;
    for (int i = 0, j = 0; i < t->n_flip && j < t->n_z;) {
      overlap += flip[i] == z[j];
      if (flip[i] <= z[j])
        i++;
      else
        j++;
    }
    const double wrong = overlap & 1 ? creal(t->coef) : cimag(t->coef);
    if (fabs(wrong) > 1e-12 * largest) {
      char flips[128], zs[128];
      print_sites(t->n_flip, flip, sizeof flips, flips);
      print_sites(t->n_z, z, sizeof zs, zs);
      RZ_FAIL(RZ_ERR_ARG,
              "not Hermitian: the terms that flip sites {%s} and multiply by the spins {%s} add up to the coefficient "
              "(%.15g, %.15g), whose %s part must vanish; is a Hermitian conjugate missing?",
              flips, zs, creal(t->coef), cimag(t->coef), overlap & 1 ? "real" : "imaginary");
    }
    t->coef = overlap & 1 ? CMPLX(0.0, cimag(t->coef)) : CMPLX(creal(t->coef), 0.0);
  }
  return RZ_OK;
}

static int compare_double(const void *p, const void *q) {
  const double a = *(const double *)p, b = *(const double *)q;
  return (a > b) - (a < b);
}

/* Sizes that agree to 1e-14 become one size: XX + YY of parallel spins must vanish exactly even if one of the two
 * coefficients was added up in another order. size: room for n numbers. */
static void equalise(int64_t n, double complex *coef, double *size) {
  for (int64_t k = 0; k < n; k++) size[k] = cabs(coef[k]);
  qsort(size, (size_t)n, sizeof *size, compare_double);
  int64_t m = 0;
  for (int64_t k = 1; k < n; k++)
    if (size[k] - size[m] > 1e-14 * size[k]) size[++m] = size[k];
  for (int64_t k = 0; k < n; k++) {
    const double mine = cabs(coef[k]);
    int64_t low = 0, high = m;
    while (low < high) {
      const int64_t mid = (low + high + 1) / 2;
      if (size[mid] <= mine)
        low = mid;
      else
        high = mid - 1;
    }
    const double re = creal(coef[k]), im = cimag(coef[k]);
    coef[k] = im == 0.0 ? CMPLX(copysign(size[low], re), 0.0) : CMPLX(0.0, copysign(size[low], im));
  }
}

static void copy_sites(int32_t n, const int32_t *from, int32_t *to) {
  for (int32_t i = 0; i < n; i++) to[i] = from[i];
}

static rz_err gather(rz_operator *op, int64_t n, const keyed *key) {
  int64_t n_set = 0, n_flip = 0, n_z = 0;
  for (int64_t k = 0; k < n; k++) {
    n_z += key[k].string->n_z;
    if (k > 0 && compare_flips(&key[k - 1], &key[k]) == 0) continue;
    n_set++;
    n_flip += key[k].string->n_flip;
  }
  RZ_CHECK(n_z <= INT32_MAX && n <= INT32_MAX, RZ_ERR_ARG, "%lld strings with %lld spins are too many", (long long)n,
           (long long)n_z);
  RZ_TRY(RZ_NEW(n_set, &op->set));
  RZ_TRY(RZ_NEW(n_flip, &op->flip_site));
  RZ_TRY(RZ_NEW(n, &op->coef));
  RZ_TRY(RZ_NEW(n + n_set, &op->first));
  RZ_TRY(RZ_NEW(n_z, &op->zsite));
  RZ_TRY(RZ_NEW(n, &op->like_end));
  int64_t flip = 0, z = 0, first = 0;
  for (int64_t k = 0; k < n; op->n_set++) {
    rz_flip_set *f = &op->set[op->n_set];
    const rz_string *head = key[k].string;
    *f = (rz_flip_set){.n_flip = head->n_flip,
                       .site = op->flip_site + flip,
                       .coef = op->coef + k,
                       .first = op->first + first,
                       .zsite = op->zsite + z,
                       .like_end = op->like_end + k,
                       .real = true};
    copy_sites(head->n_flip, key[k].site, op->flip_site + flip);
    flip += head->n_flip;
    const int64_t z0 = z, k0 = k;
    double sum = 0.0;
    for (; k < n && compare_flips(&key[k0], &key[k]) == 0; k++) {
      const rz_string *t = key[k].string;
      op->coef[k] = t->coef;
      op->first[first++] = (int32_t)(z - z0);
      copy_sites(t->n_z, key[k].site + t->n_flip, op->zsite + z);
      z += t->n_z;
      sum += cabs(t->coef);
      f->real = f->real && cimag(t->coef) == 0.0;
    }
    op->first[first++] = (int32_t)(z - z0);
    f->n_term = (int32_t)(k - k0);
    f->rounding = f->n_flip > 0 && f->n_term > 2 ? DBL_EPSILON * f->n_term * sum : 0.0;
  }
  return RZ_OK;
}

static rz_err equalise_all(rz_operator *op) {
  int64_t longest = 0;
  for (int64_t k = 0; k < op->n_set; k++)
    if (op->set[k].n_term > longest) longest = op->set[k].n_term;
  double *size;
  RZ_TRY(RZ_NEW(longest, &size));
  for (int64_t k = 0; k < op->n_set; k++) equalise(op->set[k].n_term, op->coef + (op->set[k].coef - op->coef), size);
  rz_free(&size);
  return RZ_OK;
}

static void find_like_terms(rz_operator *op) {
  for (int64_t i = 0; i < op->n_set; i++) {
    const rz_flip_set *f = &op->set[i];
    int32_t *end = op->like_end + (f->like_end - op->like_end);
    for (int32_t k = f->n_term - 1; k >= 0; k--)
      end[k] = k + 1 < f->n_term && f->coef[k] == f->coef[k + 1] ? end[k + 1] : k + 1;
  }
}

rz_err rz_operator_finish(rz_operator *op) {
  RZ_CHECK(!op->finished, RZ_ERR_ARG, "the operator is finished already");
  rz_err rc = RZ_OK;
  keyed *key;
  RZ_TRY(RZ_NEW(op->n_string, &key));
  for (int64_t k = 0; k < op->n_string; k++)
    key[k] = (keyed){.site = op->pool ? op->pool + op->string[k].at : NULL, .string = &op->string[k]};
  qsort(key, (size_t)op->n_string, sizeof *key, compare);
  const int64_t n = merge(op->n_string, key);
  RZ_TRY_DONE(rc, make_hermitian(n, key));
  RZ_TRY_DONE(rc, gather(op, n, key));
  RZ_TRY_DONE(rc, equalise_all(op));
  find_like_terms(op);
  RZ_TRY_DONE(rc, rz_operator_survey(op));
  op->finished = true;
  rz_free(&op->string);
  rz_free(&op->pool);
  op->n_string = op->n_pool = op->cap_string = op->cap_pool = 0;
done:
  rz_free(&key);
  return rc;
}
