/* Samples into sums of raw values by bin. */
#include "observable_set.h"
#include "packed.h"

#include "ritz/core/memory.h"
#include "ritz/core/parallel.h"
#include <complex.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ENOUGH_BINS = 16 };

static int64_t first_operator(const rz_observable *o) { return o->n_raw - o->n_op; }

/* ---- raw values of one configuration with a weight: full sums and exact vectors ---- */

static void add_total(const rz_observable *o, double weight, int total, double *scratch, double *raw) {
  o->cls->of_total(o, total, scratch);
  for (int64_t k = 0; k < o->n_total; k++) raw[k] += weight * scratch[k];
}

static void add_configuration(const rz_observable *o, double weight, const int8_t *spin, double *scratch, double *raw) {
  if (o->n_total > 0) add_total(o, weight, rz_observable_total(o, o->cls->staggered, spin), scratch, raw);
  raw += o->n_total;
  for (int64_t i = 0; i < o->n_single; i++) raw[i] += weight * o->unit * spin[i];
  raw += o->n_single;
  for (int i = 0; i < o->n_site && o->n_class > 0; i++)
    for (int j = i + 1; j < o->n_site; j++) {
      const int32_t to = o->pair_class[(int64_t)i * o->n_site + j];
      if (to >= 0) raw[to] += weight * o->class_weight[to] * spin[i] * spin[j];
    }
}

/* ---- the same of all samples of a bin, packed ---- */

typedef struct {
  rz_packed *packed;
  double complex *value; /* [n_op of all, n_draw] */
  double *scratch;       /* [most n_total] */
  int64_t *unequal;      /* [most n_class] */
} workspace;

static void workspace_free(workspace *w) {
  rz_packed_destroy(&w->packed);
  rz_free(&w->value);
  rz_free(&w->scratch);
  rz_free(&w->unequal);
}

static void add_pairs(const rz_observable *o, workspace *w, double *raw) {
  w->packed->kernel->gather(o->n_class, o->class_first, o->class_pair, rz_packed_unequal(w->packed), w->unequal);
  for (int64_t c = 0; c < o->n_class; c++) {
    const int64_t pairs = o->class_first[c + 1] - o->class_first[c];
    raw[c] += o->class_weight[c] * (double)(pairs * w->packed->n - 2 * w->unequal[c]);
  }
}

static void add_packed(const rz_observable *o, workspace *w, double *raw) {
  rz_packed *p = w->packed;
  const int64_t *total = o->n_total > 0 ? rz_packed_totals(p, o->cls->staggered) : NULL;
  for (int up = 0; up <= o->n_site && total; up++)
    if (total[up] > 0) add_total(o, (double)total[up], 2 * up - o->n_site, w->scratch, raw);
  raw += o->n_total;
  const int64_t *ups = o->n_single > 0 ? rz_packed_up(p) : NULL;
  for (int64_t i = 0; i < o->n_single; i++) raw[i] += o->unit * (double)(2 * ups[i] - p->n);
  if (o->n_class > 0) add_pairs(o, w, raw + o->n_single);
}

/* ---- operators ---- */

/* Local values of the operators of all observables for samples first .. first + n - 1: value [n_op of all, n]. */
static rz_err local_values(const rz_observables *set, const rz_ansatz *a, const rz_samples *s, int64_t first, int64_t n,
                           double complex *value) {
  if (set->n_op == 0) return RZ_OK;
  int64_t n_bad = 0;
  RZ_TRY(rz_local_values_of(set->plan, a, n, s->spin + first * s->n_site, value, NULL, &n_bad));
  for (int i = 0; n_bad > 0 && i < set->n; i++) {
    const rz_observable *o = &set->item[i];
    int64_t bad = 0;
    for (int64_t k = 0; k < o->n_op; k++)
      for (int64_t q = 0; q < n; q++)
        bad += s->weight[first + q] != 0.0 && !isfinite(creal(value[(o->first_op + k) * n + q]));
    RZ_CHECK(bad == 0, RZ_ERR_NUM, "%lld local values of '%s' are not finite", (long long)bad, o->cls->name);
  }
  return RZ_OK;
}

/* ---- chains ---- */

/* One bin: consecutive draws of one chain. */
static void add_bin(const rz_observable *o, const rz_samples *s, int64_t first, int64_t n, workspace *w, double *raw) {
  add_packed(o, w, raw);
  for (int64_t i = 0; i < n; i++)
    for (int64_t k = 0; k < o->n_op && s->weight[first + i] != 0.0; k++)
      raw[first_operator(o) + k] += creal(w->value[(o->first_op + k) * n + i]);
}

static rz_err allocate_bins(rz_observables *set, const rz_samples *s) {
  for (int i = 0; i < set->n; i++) {
    rz_observable *o = &set->item[i];
    if (o->sum) continue;
    o->n_bin = s->n_chain * set->bins_per_chain;
    RZ_TRY(RZ_NEW0(o->n_bin * o->n_raw, &o->sum));
    RZ_TRY(RZ_NEW0(o->n_bin, &o->count));
  }
  return RZ_OK;
}

rz_err rz_observables_state(rz_observables *set, const rz_samples *outline, rz_array_visit *visit, void *ctx) {
  RZ_TRY(rz_visit_i64("observables/bins_per_chain", &set->bins_per_chain, visit, ctx));
  if (set->n == 0 || set->bins_per_chain == 0) return RZ_OK;
  set->n_chain = outline->n_chain;
  set->n_chain_global = outline->n_chain_global;
  RZ_TRY(allocate_bins(set, outline));
  for (int i = 0; i < set->n; i++) {
    char name[2][96];
    const rz_observable *o = &set->item[i];
    snprintf(name[0], sizeof name[0], "observables/%s/sum", o->cls->name);
    snprintf(name[1], sizeof name[1], "observables/%s/count", o->cls->name);
    rz_array a = {.name = name[0], .type = RZ_F64, .n_dim = 2, .shape = {o->n_bin, o->n_raw}, .distributed = true};
    a.data = o->sum;
    RZ_TRY(visit(&a, ctx));
    a = (rz_array){.name = name[1], .type = RZ_F64, .n_dim = 1, .shape = {o->n_bin}, .distributed = true};
    a.data = o->count;
    RZ_TRY(visit(&a, ctx));
  }
  return RZ_OK;
}

static rz_err workspace_init(const rz_observables *set, const rz_samples *s, workspace *w) {
  int64_t n_total = 0, n_class = 0;
  for (int i = 0; i < set->n; i++) {
    const rz_observable *o = &set->item[i];
    n_total = o->n_total > n_total ? o->n_total : n_total;
    n_class = o->n_class > n_class ? o->n_class : n_class;
  }
  RZ_TRY(RZ_NEW(set->n_op * s->n_draw, &w->value));
  RZ_TRY(RZ_NEW(n_total, &w->scratch));
  RZ_TRY(RZ_NEW(n_class, &w->unequal));
  return rz_packed_create(set->item[0].model->lattice, s->n_draw, &w->packed);
}

typedef struct {
  rz_observables *set;
  const rz_ansatz *a;
  const rz_samples *s;
} addition;

static rz_err add_bins(void *ctx, rz_range share) {
  const addition *add = ctx;
  rz_observables *set = add->set;
  const rz_samples *s = add->s;
  const int64_t per_chain = set->bins_per_chain;
  workspace w = {0};
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, workspace_init(set, s, &w));
  for (int64_t b = share.first; b < share.first + share.count; b++) {
    const rz_range draws = rz_share(s->n_draw, (int)(b % per_chain), (int)per_chain);
    const int64_t first = b / per_chain * s->n_draw + draws.first;
    rz_packed_fill(w.packed, s, first, draws.count);
    RZ_TRY_DONE(rc, local_values(set, add->a, s, first, draws.count, w.value));
    for (int i = 0; i < set->n; i++) {
      rz_observable *o = &set->item[i];
      add_bin(o, s, first, draws.count, &w, o->sum + b * o->n_raw);
      o->count[b] += (double)w.packed->n;
    }
  }
done:
  workspace_free(&w);
  return rc;
}

static rz_err add_chains(rz_observables *set, const rz_ansatz *a, const rz_samples *s) {
  if (set->n == 0) return RZ_OK;
  RZ_TRY(allocate_bins(set, s));
  RZ_TRY(rz_parallel(s->n_chain * set->bins_per_chain, add_bins, &(addition){set, a, s}));
  return RZ_OK;
}

/* ---- full sums ---- */

static void add_sample(const rz_observables *set, const rz_samples *s, int64_t at, const double complex *value,
                       int64_t stride, double *scratch, double *raw) {
  for (int i = 0; i < set->n; i++) {
    const rz_observable *o = &set->item[i];
    add_configuration(o, s->weight[at], s->spin + at * s->n_site, scratch, raw);
    for (int64_t k = 0; k < o->n_op; k++)
      raw[first_operator(o) + k] += s->weight[at] * creal(value[(o->first_op + k) * stride]);
    raw += o->n_raw;
  }
}

/* part [n_unit, n_raw of all]: weighted sums by unit. */
static rz_err add_units(const rz_observables *set, const rz_ansatz *a, const rz_samples *s, double *part) {
  double complex *value = NULL;
  double *scratch = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(set->n_op * s->unit, &value));
  RZ_TRY_DONE(rc, RZ_NEW(set->n_raw, &scratch));
  for (int64_t u = 0; u < s->n_unit; u++) {
    const int64_t first = u * s->unit, n = s->n - first < s->unit ? s->n - first : s->unit;
    RZ_TRY_DONE(rc, local_values(set, a, s, first, n, value));
    for (int64_t i = 0; i < n; i++)
      if (s->weight[first + i] != 0.0) add_sample(set, s, first + i, value + i, n, scratch, part + u * set->n_raw);
  }
done:
  rz_free(&scratch);
  rz_free(&value);
  return rc;
}

static rz_err add_full_sum(rz_observables *set, const rz_ansatz *a, const rz_comm *comm, const rz_samples *s) {
  double *part = NULL, *sum = NULL;
  if (set->n == 0) return RZ_OK;
  rz_err rc = RZ_NEW0(s->n_unit * set->n_raw, &part);
  if (rc == RZ_OK) rc = RZ_NEW(set->n_raw, &sum);
  if (rc == RZ_OK) rc = add_units(set, a, s, part);
  RZ_TRY_DONE(rc, rz_agree(comm, rc));
  RZ_TRY_DONE(rc, rz_samples_sum(comm, s, set->n_raw, part, sum));
  const double *from = sum;
  for (int i = 0; i < set->n; from += set->item[i++].n_raw) {
    memcpy(set->item[i].exact, from, (size_t)set->item[i].n_raw * sizeof *from);
    set->item[i].is_exact = true;
  }
done:
  rz_free(&sum);
  rz_free(&part);
  return rc;
}

rz_err rz_observables_add(rz_observables *set, const rz_ansatz *a, const rz_comm *comm, const rz_samples *s) {
  if (s->exact) return add_full_sum(set, a, comm, s);
  rz_err rc = RZ_OK;
  if (set->bins_per_chain == 0) {
    set->n_chain = s->n_chain;
    set->n_chain_global = s->n_chain_global;
    set->bins_per_chain = (ENOUGH_BINS + s->n_chain_global - 1) / s->n_chain_global;
  } else if (s->n_chain != set->n_chain || s->n_chain_global != set->n_chain_global)
    rc = rz_error_set(RZ_ERR_ARG, __FILE__, __LINE__, __func__, "samples of %lld chains after samples of %lld",
                      (long long)s->n_chain_global, (long long)set->n_chain_global);
  if (rc == RZ_OK) rc = add_chains(set, a, s);
  return rz_agree(comm, rc);
}

/* ---- exact vectors ---- */

/* Re <psi|op|psi>: sum over s and F of psi(s)^* <s|O|s^F> psi(s^F), inside the sector. */
static double expectation(const rz_operator *op, const rz_sector *sector, const double complex *psi, const int8_t *spin,
                          int64_t index, uint64_t state) {
  double sum = 0.0;
  for (int64_t k = 0; k < rz_operator_n_flip_set(op); k++) {
    const rz_flip_set *f = rz_operator_flip_set(op, k);
    const double complex element = conj(rz_flip_set_element(f, spin));
    if (element == 0.0) continue;
    uint64_t other = state;
    for (int i = 0; i < f->n_flip; i++) other ^= (uint64_t)1 << f->site[i];
    if (rz_sector_contains(sector, other))
      sum += creal(conj(psi[index]) * element * psi[rz_sector_rank(sector, other)]);
  }
  return sum;
}

static rz_err exact_means(const rz_observable *o, const rz_sector *sector, const double complex *psi, double *raw) {
  int8_t *spin = NULL;
  double *scratch = NULL, norm = 0.0;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(o->n_site, &spin));
  RZ_TRY_DONE(rc, RZ_NEW(o->n_raw, &scratch));
  for (int64_t k = 0; k < o->n_raw; k++) raw[k] = 0.0;
  uint64_t state = rz_sector_unrank(sector, 0);
  for (int64_t i = 0; i < sector->dim; i++, state = rz_sector_next(sector, state)) {
    const double weight = creal(psi[i]) * creal(psi[i]) + cimag(psi[i]) * cimag(psi[i]);
    norm += weight;
    if (weight == 0.0) continue;
    rz_bits_to_spins(state, o->n_site, spin);
    add_configuration(o, weight, spin, scratch, raw);
    for (int64_t k = 0; k < o->n_op; k++)
      raw[first_operator(o) + k] += expectation(o->op[k], sector, psi, spin, i, state);
  }
  RZ_CHECK_DONE(rc, norm > 0.0, RZ_ERR_ARG, "the vector is zero");
  for (int64_t k = 0; k < o->n_raw; k++) raw[k] /= norm;
done:
  rz_free(&scratch);
  rz_free(&spin);
  return rc;
}

static rz_err exact_values(rz_observable *o, const rz_sector *sector, const double complex *psi) {
  double *raw = NULL, *value = NULL, *error = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(o->n_raw, &raw));
  RZ_TRY_DONE(rc, RZ_NEW(o->n_value, &value));
  RZ_TRY_DONE(rc, RZ_NEW0(o->n_value, &error));
  RZ_TRY_DONE(rc, exact_means(o, sector, psi, raw));
  o->cls->finish(o, raw, value);
  rz_observable_store(o, value, error);
done:
  rz_free(&error);
  rz_free(&value);
  rz_free(&raw);
  return rc;
}

rz_err rz_observables_exact(rz_observables *set, const rz_sector *sector, const double complex *psi, int *n,
                            const rz_measured **out) {
  for (int i = 0; i < set->n; i++) {
    RZ_CHECK(set->item[i].n_site == sector->n_site, RZ_ERR_ARG, "a sector of %d sites for a model of %d",
             sector->n_site, set->item[i].n_site);
    RZ_TRY(exact_values(&set->item[i], sector, psi));
  }
  rz_observables_collect(set, n, out);
  return RZ_OK;
}
