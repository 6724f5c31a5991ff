/* Growing an operator: products of local operators become Pauli strings. */
#include "operator_impl.h"

#include "ritz/core/memory.h"

#include <math.h>
#include <string.h>

enum { MAX_LADDER = 20 };

rz_err rz_operator_create(int n_site, rz_operator **out) {
  *out = NULL;
  RZ_CHECK(n_site >= 1, RZ_ERR_ARG, "an operator needs at least one site, not %d", n_site);
  RZ_TRY(RZ_NEW0(1, out));
  (*out)->n_site = n_site;
  return RZ_OK;
}

void rz_operator_destroy(rz_operator **op) {
  if (!op || !*op) return;
  rz_operator *o = *op;
  rz_free(&o->string);
  rz_free(&o->pool);
  rz_free(&o->set);
  rz_free(&o->flip_site);
  rz_free(&o->coef);
  rz_free(&o->first);
  rz_free(&o->zsite);
  rz_free(&o->like_end);
  rz_free(op);
}

static rz_err grow(int64_t need, int64_t *cap, size_t size, int64_t used, void **array) {
  if (need <= *cap) return RZ_OK;
  int64_t wanted = *cap > 0 ? 2 * *cap : 64;
  if (wanted < need) wanted = need;
  void *larger;
  RZ_TRY(rz_malloc(wanted, size, &larger));
  if (used > 0) memcpy(larger, *array, (size_t)used * size);
  rz_free_(array);
  *array = larger;
  *cap = wanted;
  return RZ_OK;
}

/* One site's share of a product: i^phase * X^flip Z^z, times 1/2 or 1 in `size`. */
typedef struct site_state {
  int32_t site;
  int8_t flip, z;
} site_state;

/* Multiply by a Pauli matrix from the left: X adds a flip; Z X^f = (-1)^f X^f Z; Y = i X Z. Phase counts powers of i.
 */
static void multiply(char pauli, site_state *s, int *phase) {
  if (pauli == 'Z' || pauli == 'Y') {
    *phase += 2 * s->flip;
    s->z ^= 1;
  }
  if (pauli == 'Y') *phase += 1;
  if (pauli == 'X' || pauli == 'Y') s->flip ^= 1;
}

static rz_err append(rz_operator *op, double complex coef, int n, const site_state *s) {
  RZ_TRY(grow(op->n_string + 1, &op->cap_string, sizeof *op->string, op->n_string, (void **)&op->string));
  RZ_TRY(grow(op->n_pool + 2 * n, &op->cap_pool, sizeof *op->pool, op->n_pool, (void **)&op->pool));
  rz_string *t = &op->string[op->n_string++];
  *t = (rz_string){.coef = coef, .scale = cabs(coef), .at = op->n_pool};
  for (int i = 0; i < n; i++)
    if (s[i].flip) op->pool[op->n_pool++] = s[i].site, t->n_flip++;
  for (int i = 0; i < n; i++)
    if (s[i].z) op->pool[op->n_pool++] = s[i].site, t->n_z++;
  return RZ_OK;
}

static rz_err check_factors(const rz_operator *op, double complex coef, int n, const rz_local *factors, int *n_ladder) {
  RZ_CHECK(!op->finished, RZ_ERR_ARG, "terms cannot be added to a finished operator");
  RZ_CHECK(isfinite(creal(coef)) && isfinite(cimag(coef)), RZ_ERR_ARG, "the coefficient (%g, %g) is not finite",
           creal(coef), cimag(coef));
  RZ_CHECK(n >= 0, RZ_ERR_ARG, "%d local operators", n);
  for (int k = 0; k < n; k++) {
    const char c = factors[k].op;
    RZ_CHECK(c && strchr("IXYZxyz+-", c), RZ_ERR_ARG, "unknown local operator '%c': allowed are I X Y Z x y z + -", c);
    RZ_CHECK(factors[k].site >= 0 && factors[k].site < op->n_site, RZ_ERR_ARG, "site %d is not in 0 .. %d",
             (int)factors[k].site, op->n_site - 1);
    *n_ladder += c == '+' || c == '-';
  }
  RZ_CHECK(*n_ladder <= MAX_LADDER, RZ_ERR_ARG, "a product of %d raising and lowering operators; at most %d", *n_ladder,
           (int)MAX_LADDER);
  return RZ_OK;
}

/* The distinct sites of a product, ascending. */
static int distinct_sites(int n, const rz_local *factors, site_state *s) {
  int m = 0;
  for (int k = 0; k < n; k++) {
    int at = 0;
    while (at < m && s[at].site < factors[k].site) at++;
    if (at < m && s[at].site == factors[k].site) continue;
    memmove(s + at + 1, s + at, (size_t)(m - at) * sizeof *s);
    s[at] = (site_state){.site = factors[k].site};
    m++;
  }
  return m;
}

static site_state *find(int m, site_state *s, int32_t site) {
  int low = 0, high = m - 1;
  while (low < high) {
    const int mid = (low + high) / 2;
    if (s[mid].site < site)
      low = mid + 1;
    else
      high = mid;
  }
  return &s[low];
}

rz_err rz_operator_add(rz_operator *op, double complex coef, int n, const rz_local *factors) {
  static const double complex power_of_i[4] = {1.0, 1.0 * I, -1.0, -1.0 * I};
  int n_ladder = 0;
  RZ_TRY(check_factors(op, coef, n, factors, &n_ladder));
  site_state *s;
  RZ_TRY(RZ_NEW(n, &s));
  const int m = distinct_sites(n, factors, s);
  rz_err rc = RZ_OK;
  /* s+- = (X +- i Y) / 2: bit l of `choice` takes the Y of the l-th ladder operator. */
  for (uint32_t choice = 0; choice < (uint32_t)1 << n_ladder && rc == RZ_OK; choice++) {
    for (int i = 0; i < m; i++) s[i].flip = s[i].z = 0;
    int phase = 0, ladder = 0;
    double size = 1.0;
    for (int k = n - 1; k >= 0; k--) {
      char c = factors[k].op;
      if (c == '+' || c == '-') {
        const bool second = choice >> ladder++ & 1;
        if (second) phase += c == '+' ? 1 : 3;
        c = second ? 'y' : 'x';
      }
      if (c >= 'x') {
        size *= 0.5;
        c = (char)(c - 'x' + 'X');
      }
      if (c != 'I') multiply(c, find(m, s, factors[k].site), &phase);
    }
    rc = append(op, coef * size * power_of_i[phase & 3], m, s);
  }
  rz_free(&s);
  if (rc != RZ_OK) return rz_error_trace(rc, __FILE__, __LINE__, __func__);
  return RZ_OK;
}

static rz_err copy(int64_t n, size_t size, const void *from, void **to) {
  if (!from) return RZ_OK;
  RZ_TRY(rz_malloc(n, size, to));
  memcpy(*to, from, (size_t)n * size);
  return RZ_OK;
}

rz_err rz_operator_clone(const rz_operator *op, rz_operator **out) {
  rz_operator *o;
  RZ_TRY(rz_operator_create(op->n_site, &o));
  rz_err rc = RZ_OK;
  int64_t n_flip = 0, n_term = 0, n_first = 0, n_z = 0;
  for (int64_t k = 0; k < op->n_set; k++) {
    n_flip += op->set[k].n_flip;
    n_term += op->set[k].n_term;
    n_first += op->set[k].n_term + 1;
    n_z += op->set[k].first[op->set[k].n_term];
  }
  RZ_TRY_DONE(rc, copy(op->n_string, sizeof *op->string, op->string, (void **)&o->string));
  RZ_TRY_DONE(rc, copy(op->n_pool, sizeof *op->pool, op->pool, (void **)&o->pool));
  RZ_TRY_DONE(rc, copy(op->n_set, sizeof *op->set, op->set, (void **)&o->set));
  RZ_TRY_DONE(rc, copy(n_flip, sizeof *op->flip_site, op->flip_site, (void **)&o->flip_site));
  RZ_TRY_DONE(rc, copy(n_term, sizeof *op->coef, op->coef, (void **)&o->coef));
  RZ_TRY_DONE(rc, copy(n_first, sizeof *op->first, op->first, (void **)&o->first));
  RZ_TRY_DONE(rc, copy(n_z, sizeof *op->zsite, op->zsite, (void **)&o->zsite));
  RZ_TRY_DONE(rc, copy(n_term, sizeof *op->like_end, op->like_end, (void **)&o->like_end));
  o->finished = op->finished;
  o->keeps_sz = op->keeps_sz;
  o->stoquastic = op->stoquastic;
  o->n_string = o->cap_string = op->n_string;
  o->n_pool = o->cap_pool = op->n_pool;
  o->n_set = op->n_set;
  for (int64_t k = 0; k < o->n_set; k++) {
    rz_flip_set *f = &o->set[k];
    f->site = o->flip_site + (f->site - op->flip_site);
    f->coef = o->coef + (f->coef - op->coef);
    f->first = o->first + (f->first - op->first);
    f->zsite = o->zsite + (f->zsite - op->zsite);
    f->like_end = o->like_end + (f->like_end - op->like_end);
  }
  *out = o;
  return RZ_OK;
done:
  rz_operator_destroy(&o);
  return rc;
}
