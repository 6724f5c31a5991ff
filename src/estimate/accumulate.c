/* Samples into sums of raw values by bin. */
#include "observable_set.h"

#include "ritz/core/memory.h"
#include "ritz/estimate/energy.h"
#include <complex.h>
#include <math.h>
#include <string.h>

enum { ENOUGH_BINS = 16 };

/* ---- raw values of one configuration with a weight: full sums and exact vectors ---- */

static void add_configuration(const rz_observable *o, double weight, const int8_t *spin, double *scratch, double *raw) {
  if (o->cls->of_spins) {
    o->cls->of_spins(o, spin, scratch);
    for (int64_t k = 0; k < o->n_spin; k++) raw[k] += weight * scratch[k];
  }
  if (o->n_class == 0) return;
  for (int i = 0; i < o->n_site; i++)
    for (int j = i + 1; j < o->n_site; j++) {
      const int32_t to = o->pair_class[(int64_t)i * o->n_site + j];
      if (to >= 0) raw[o->n_spin + to] += weight * o->class_weight[to] * spin[i] * spin[j];
    }
}

/* ---- operators ---- */

/* Local values of all operators for samples first .. first + n - 1: value [n_op, n]. */
static rz_err local_values(const rz_observable *o, const rz_ansatz *a, const rz_samples *s, int64_t first, int64_t n,
                           double complex *value) {
  if (o->n_op == 0) return RZ_OK;
  int64_t n_bad = 0, bad = 0;
  RZ_TRY(rz_local_values_of((int)o->n_op, (const rz_operator *const *)o->op, a, n, s->spin + first * s->n_site, value,
                            NULL, &n_bad));
  for (int64_t i = 0; n_bad > 0 && i < n; i++)
    for (int64_t k = 0; k < o->n_op && s->weight[first + i] != 0.0; k++) bad += !isfinite(creal(value[k * n + i]));
  RZ_CHECK(bad == 0, RZ_ERR_NUM, "%lld local values of '%s' are not finite", (long long)bad, o->cls->name);
  return RZ_OK;
}

/* ---- chains ---- */

/* Spins of the samples first .. first + n - 1 that have weight, one bit each; returns their number. */
static int64_t pack(const rz_samples *s, int64_t first, int64_t n, int64_t n_word, uint64_t *bits) {
  int64_t k = 0;
  memset(bits, 0, (size_t)(n_word * s->n_site) * sizeof *bits);
  for (int64_t i = first; i < first + n; i++) {
    if (s->weight[i] == 0.0) continue;
    const int8_t *spin = s->spin + i * s->n_site;
    for (int64_t site = 0; site < s->n_site; site++)
      bits[site * n_word + k / 64] |= (uint64_t)(spin[site] > 0) << (k % 64);
    k++;
  }
  return k;
}

static void add_pairs(const rz_observable *o, const rz_samples *s, int64_t first, int64_t n, uint64_t *bits,
                      double *scratch, double *raw) {
  const int64_t n_word = (n + 63) / 64;
  const int64_t used = pack(s, first, n, n_word, bits);
  for (int64_t c = 0; c < o->n_class; c++) scratch[c] = 0.0;
  rz_pair_sums(o->n_site, used, n_word, bits, o->pair_class, scratch);
  for (int64_t c = 0; c < o->n_class; c++) raw[o->n_spin + c] += o->class_weight[c] * scratch[c];
}

/* One bin: consecutive draws of one chain; value [n_op, n]. */
static void add_segment(const rz_observable *o, const rz_samples *s, int64_t first, int64_t n,
                        const double complex *value, uint64_t *bits, double *scratch, double *raw, double *count) {
  for (int64_t i = first; i < first + n; i++) {
    if (s->weight[i] == 0.0) continue;
    *count += 1.0;
    if (o->cls->of_spins) {
      o->cls->of_spins(o, s->spin + i * s->n_site, scratch);
      for (int64_t k = 0; k < o->n_spin; k++) raw[k] += scratch[k];
    }
    for (int64_t k = 0; k < o->n_op; k++) raw[o->n_spin + o->n_class + k] += creal(value[k * n + i - first]);
  }
  if (o->n_class > 0) add_pairs(o, s, first, n, bits, scratch, raw);
}

static rz_err add_chains(rz_observable *o, const rz_observables *set, const rz_ansatz *a, const rz_samples *s) {
  const int64_t per_chain = set->bins_per_chain;
  double complex *value = NULL;
  double *scratch = NULL;
  uint64_t *bits = NULL;
  rz_err rc = RZ_OK;
  if (!o->sum) {
    o->n_bin = s->n_chain * per_chain;
    RZ_TRY_DONE(rc, RZ_NEW0(o->n_bin * o->n_raw, &o->sum));
    RZ_TRY_DONE(rc, RZ_NEW0(o->n_bin, &o->count));
  }
  RZ_TRY_DONE(rc, RZ_NEW(o->n_op * s->n_draw, &value));
  RZ_TRY_DONE(rc, RZ_NEW(o->n_raw, &scratch));
  RZ_TRY_DONE(rc, RZ_NEW(s->n_site * (s->n_draw / 64 + 1), &bits));
  for (int64_t b = 0; b < o->n_bin; b++) {
    const rz_range draws = rz_share(s->n_draw, (int)(b % per_chain), (int)per_chain);
    const int64_t first = b / per_chain * s->n_draw + draws.first;
    RZ_TRY_DONE(rc, local_values(o, a, s, first, draws.count, value));
    add_segment(o, s, first, draws.count, value, bits, scratch, o->sum + b * o->n_raw, o->count + b);
  }
done:
  rz_free(&bits);
  rz_free(&scratch);
  rz_free(&value);
  return rc;
}

/* ---- full sums ---- */

/* part [n_unit, n_raw]: weighted sums by unit. */
static rz_err add_units(const rz_observable *o, const rz_ansatz *a, const rz_samples *s, double *part) {
  double complex *value = NULL;
  double *scratch = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(o->n_op * s->unit, &value));
  RZ_TRY_DONE(rc, RZ_NEW(o->n_raw, &scratch));
  for (int64_t u = 0; u < s->n_unit; u++) {
    const int64_t first = u * s->unit, n = s->n - first < s->unit ? s->n - first : s->unit;
    double *raw = part + u * o->n_raw;
    RZ_TRY_DONE(rc, local_values(o, a, s, first, n, value));
    for (int64_t i = 0; i < n; i++) {
      const double weight = s->weight[first + i];
      if (weight == 0.0) continue;
      add_configuration(o, weight, s->spin + (first + i) * s->n_site, scratch, raw);
      for (int64_t k = 0; k < o->n_op; k++) raw[o->n_spin + o->n_class + k] += weight * creal(value[k * n + i]);
    }
  }
done:
  rz_free(&scratch);
  rz_free(&value);
  return rc;
}

static rz_err add_full_sum(rz_observable *o, const rz_ansatz *a, const rz_comm *comm, const rz_samples *s) {
  double *part = NULL;
  rz_err rc = RZ_NEW0(s->n_unit * o->n_raw, &part);
  if (rc == RZ_OK) rc = add_units(o, a, s, part);
  RZ_TRY_DONE(rc, rz_agree(comm, rc));
  RZ_TRY_DONE(rc, rz_samples_sum(comm, s, o->n_raw, part, o->exact));
  o->is_exact = true;
done:
  rz_free(&part);
  return rc;
}

rz_err rz_observables_add(rz_observables *set, const rz_ansatz *a, const rz_comm *comm, const rz_samples *s) {
  if (s->exact) {
    for (int i = 0; i < set->n; i++) RZ_TRY(add_full_sum(&set->item[i], a, comm, s));
    return RZ_OK;
  }
  rz_err rc = RZ_OK;
  if (set->bins_per_chain == 0) {
    set->n_chain = s->n_chain;
    set->n_chain_global = s->n_chain_global;
    set->bins_per_chain = (ENOUGH_BINS + s->n_chain_global - 1) / s->n_chain_global;
  } else if (s->n_chain != set->n_chain || s->n_chain_global != set->n_chain_global)
    rc = rz_error_set(RZ_ERR_ARG, __FILE__, __LINE__, __func__, "samples of %lld chains after samples of %lld",
                      (long long)s->n_chain_global, (long long)set->n_chain_global);
  for (int i = 0; i < set->n && rc == RZ_OK; i++) rc = add_chains(&set->item[i], set, a, s);
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
      raw[o->n_spin + o->n_class + k] += expectation(o->op[k], sector, psi, spin, i, state);
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
