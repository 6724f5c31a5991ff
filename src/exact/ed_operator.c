#include "ed_operator.h"
#include "ritz/core/memory.h"

enum { MAX_SITE = 62 };

double complex rz_ed_set_element(const rz_ed_operator *op, const rz_ed_set *set, uint64_t state) {
  const rz_ed_term *const t = op->term + set->first;
  double complex sum = 0.0;
  for (int64_t k = 0; k < set->n_term; k++) sum += t[k].coef * rz_ed_parity(state, t[k].z);
  return cabs(sum) > set->rounding ? sum : 0.0;
}

double rz_ed_diagonal(const rz_ed_operator *op, uint64_t state) {
  const rz_ed_term *const t = op->term + op->diagonal_first;
  double sum = 0.0;
  for (int64_t k = 0; k < op->n_diagonal; k++) sum += creal(t[k].coef) * rz_ed_parity(state, t[k].z);
  return sum;
}

static uint64_t bit(int site) { return (uint64_t)1 << site; }

/* 0: constant, 1: exchange, 2: anything else; fills the fields of the first two. */
static int classify(const rz_ed_operator *op, rz_ed_set *set) {
  uint64_t support = 0;
  for (int64_t k = 0; k < set->n_term; k++) support |= op->term[set->first + k].z;
  if (support == 0) {
    set->v[0] = rz_ed_set_element(op, set, 0);
    return 0;
  }
  if (__builtin_popcountll(set->flip) != 2 || (support & ~set->flip)) return 2;
  set->low = __builtin_ctzll(set->flip);
  set->high = 63 - __builtin_clzll(set->flip);
  if (rz_ed_set_element(op, set, 0) != 0.0 || rz_ed_set_element(op, set, set->flip) != 0.0) return 2;
  set->v[0] = rz_ed_set_element(op, set, bit(set->high));
  set->v[1] = rz_ed_set_element(op, set, bit(set->low));
  return 1;
}

/* Terms of one flip set behind those already there. */
static void add_terms(rz_ed_operator *op, const rz_flip_set *f) {
  for (int32_t k = 0; k < f->n_term; k++) {
    rz_ed_term *const t = op->term + op->n_term++;
    t->coef = f->coef[k];
    t->z = 0;
    for (int32_t i = f->first[k]; i < f->first[k + 1]; i++) t->z |= bit(f->zsite[i]);
  }
}

/* All off-diagonal sets of one kind. */
static void add_kind(rz_ed_operator *op, const rz_operator *from, int kind, rz_ed_set *set) {
  for (int64_t k = 0; k < rz_operator_n_flip_set(from); k++) {
    const rz_flip_set *const f = rz_operator_flip_set(from, k);
    rz_ed_set s = {.first = op->n_term, .n_term = f->n_term, .rounding = f->rounding};
    if (f->n_flip == 0) continue;
    for (int32_t i = 0; i < f->n_flip; i++) s.flip |= bit(f->site[i]);
    add_terms(op, f);
    if (classify(op, &s) == kind)
      set[op->n_set++] = s;
    else
      op->n_term = s.first;
  }
}

static rz_err fill(rz_ed_operator *op, const rz_operator *from) {
  const int64_t n = rz_operator_n_flip_set(from);
  int64_t n_term = 0, longest = 0; /* one set more than there are: add_kind looks at a set before it drops it */
  for (int64_t k = 0; k < n; k++) {
    const int64_t n_k = rz_operator_flip_set(from, k)->n_term;
    n_term += n_k;
    longest = n_k > longest ? n_k : longest;
  }
  RZ_TRY(RZ_NEW(n, &op->set));
  RZ_TRY(RZ_NEW(n_term + longest, &op->term));
  if (n > 0 && rz_operator_flip_set(from, 0)->n_flip == 0) {
    add_terms(op, rz_operator_flip_set(from, 0));
    op->n_diagonal = op->n_term;
  }
  add_kind(op, from, 0, op->set);
  op->n_constant = op->n_set;
  add_kind(op, from, 1, op->set);
  op->n_exchange = op->n_set - op->n_constant;
  add_kind(op, from, 2, op->set);
  return RZ_OK;
}

rz_err rz_ed_operator_create(const rz_operator *op, rz_ed_operator **out) {
  rz_err rc = RZ_OK;
  *out = NULL;
  RZ_CHECK(rz_operator_n_site(op) <= MAX_SITE, RZ_ERR_ARG, "exact diagonalisation is limited to %d sites, not %d",
           (int)MAX_SITE, rz_operator_n_site(op));
  RZ_TRY(RZ_NEW0(1, out));
  (*out)->n_site = rz_operator_n_site(op);
  (*out)->real = rz_operator_is_real(op);
  rc = fill(*out, op);
  if (rc != RZ_OK) rz_ed_operator_destroy(out);
  return rc;
}

void rz_ed_operator_destroy(rz_ed_operator **op) {
  if (!*op) return;
  rz_free(&(*op)->set);
  rz_free(&(*op)->term);
  rz_free(op);
}
