/* The registry of observables, creation, and the helpers their classes declare themselves with. */
#include "observable_set.h"
#include "packed.h"

#include "ritz/core/config.h"
#include "ritz/core/memory.h"
#include <stdio.h>
#include <string.h>

/* One line per observable. */
static const rz_observable_class *const registry[] = {
    &rz_observable_sx,
    &rz_observable_sy,
    &rz_observable_sz,
    &rz_observable_abs_sz,
    &rz_observable_sz2,
    &rz_observable_staggered_sz,
    &rz_observable_abs_staggered_sz,
    &rz_observable_staggered_sz2,
    &rz_observable_sxsx,
    &rz_observable_sysy,
    &rz_observable_szsz,
    &rz_observable_szsz_pairs,
    &rz_observable_sq,
    &rz_observable_binder,
    &rz_observable_binder_staggered,
    &rz_observable_xi,
    &rz_observable_xi_staggered,
    &rz_observable_s2,
    &rz_observable_star,
    &rz_observable_plaquette,
    &rz_observable_wilson,
    &rz_observable_vison,
};
enum { N_OBSERVABLE = sizeof registry / sizeof registry[0] };

const rz_observable_class *const *rz_observable_registry(int *n) {
  *n = N_OBSERVABLE;
  return registry;
}

/* ---- creation ---- */

static rz_err find(const char *name, const rz_observable_class **out) {
  const char *names[N_OBSERVABLE];
  for (int i = 0; i < N_OBSERVABLE; i++) {
    names[i] = registry[i]->name;
    *out = registry[i];
    if (strcmp(names[i], name) == 0) return RZ_OK;
  }
  const char *near = rz_nearest(name, names, N_OBSERVABLE);
  RZ_FAIL(RZ_ERR_ARG, "there is no observable '%s'%s%s%s", name, near ? "; did you mean '" : "", near ? near : "",
          near ? "'?" : "");
}

static rz_err find_fit(const char *name, const rz_model *model, const rz_observable_class **out) {
  RZ_TRY(find(name, out));
  const char *why = (*out)->unfit ? (*out)->unfit(model) : NULL;
  RZ_CHECK(!why, RZ_ERR_ARG, "the observable '%s' %s", name, why);
  return RZ_OK;
}

/* Pairs sorted by class. */
static rz_err list_classes(rz_observable *o) {
  const int n = o->n_site, stride = rz_packed_stride(n);
  if (o->n_class == 0) return RZ_OK;
  RZ_TRY(RZ_NEW0(o->n_class + 2, &o->class_first));
  RZ_TRY(RZ_NEW((int64_t)n * (n - 1) / 2, &o->class_pair));
  int32_t *next = o->class_first + 1; /* first counts, then places, and in the end the firsts of the classes behind */
  for (int pass = 0; pass < 2; pass++) {
    for (int i = 0; i < n; i++)
      for (int j = i + 1; j < n; j++) {
        const int32_t c = o->pair_class[(int64_t)i * n + j];
        if (c < 0) continue;
        if (pass == 0)
          next[c + 1]++;
        else
          o->class_pair[next[c]++] = i * stride + j;
      }
    for (int64_t c = 0; c < o->n_class && pass == 0; c++) next[c + 1] += next[c];
  }
  return RZ_OK;
}

static rz_err observable_init(rz_observable *o, const rz_model *model, const char *name) {
  RZ_TRY(find_fit(name, model, &o->cls));
  o->model = model;
  o->n_site = rz_lattice_n_site(model->lattice);
  o->unit = model->pauli ? 1.0 : 0.5;
  RZ_TRY(o->cls->init(o));
  RZ_TRY(list_classes(o));
  o->n_raw = o->n_total + o->n_single + o->n_class + o->n_op;
  for (int64_t k = 0; k < o->n_op; k++) {
    RZ_TRY(rz_operator_finish(o->op[k]));
    if (model->marshall) RZ_TRY(rz_operator_marshall(o->op[k], model->marshall_mask));
  }
  return RZ_NEW0(o->n_raw, &o->exact);
}

static void observable_free(rz_observable *o) {
  for (int64_t k = 0; o->op && k < o->n_op; k++) rz_operator_destroy(&o->op[k]);
  rz_free(&o->op);
  rz_free(&o->pair_class);
  rz_free(&o->class_first);
  rz_free(&o->class_pair);
  rz_free(&o->class_weight);
  for (int q = 0; q < RZ_MAX_QUANTITY; q++) {
    rz_free(&o->quantity[q].mean);
    rz_free(&o->quantity[q].error);
    rz_free(&o->quantity[q].axis);
  }
  rz_free(&o->data);
  rz_free(&o->sum);
  rz_free(&o->count);
  rz_free(&o->exact);
}

static int count_before(int i, const char *const *names) {
  int n = 0;
  for (int k = 0; k < i; k++) n += strcmp(names[i], names[k]) == 0;
  return n;
}

/* Two of one name would have one place in the results. */
static rz_err check_distinct(int n, const char *const *names) {
  for (int i = 0; i < n; i++)
    RZ_CHECK(count_before(i, names) == 0, RZ_ERR_ARG, "the observable '%s' is listed twice", names[i]);
  return RZ_OK;
}

rz_err rz_observables_check(const rz_model *model, int n, const char *const *names, rz_observables_fault *fault,
                            void *ctx) {
  for (int i = 0; i < n; i++) {
    const rz_observable_class *cls;
    const int before = count_before(i, names);
    rz_err rc = RZ_OK;
    if (before == 0)
      rc = find_fit(names[i], model, &cls);
    else if (before == 1)
      rc = rz_error_set(RZ_ERR_ARG, __FILE__, __LINE__, __func__, "the observable '%s' is listed twice", names[i]);
    if (rc == RZ_ERR_ARG)
      fault(ctx, rz_error_message());
    else
      RZ_TRY(rc);
  }
  return RZ_OK;
}

static rz_err plan_operators(rz_observables *set) {
  const rz_operator **op = NULL;
  rz_err rc = RZ_OK;
  for (int i = 0; i < set->n; i++) {
    set->item[i].first_op = set->n_op;
    set->n_op += set->item[i].n_op;
    set->n_raw += set->item[i].n_raw;
  }
  RZ_TRY(RZ_NEW(set->n_op, &op));
  for (int i = 0; i < set->n; i++)
    for (int64_t k = 0; k < set->item[i].n_op; k++) op[set->item[i].first_op + k] = set->item[i].op[k];
  RZ_TRY_DONE(rc, rz_local_plan_create((int)set->n_op, op, &set->plan));
done:
  rz_free(&op);
  return rc;
}

static rz_err create(const rz_model *model, int n, const char *const *names, rz_observables *set) {
  RZ_TRY(check_distinct(n, names));
  RZ_TRY(RZ_NEW0(n, &set->item));
  int64_t n_quantity = 0;
  for (int i = 0; i < n; i++) {
    set->n = i + 1;
    RZ_TRY(observable_init(&set->item[i], model, names[i]));
    n_quantity += set->item[i].n_quantity;
  }
  RZ_TRY(plan_operators(set));
  return RZ_NEW0(n_quantity, &set->measured);
}

rz_err rz_observables_create(const rz_model *model, int n, const char *const *names, rz_observables **out) {
  RZ_TRY(RZ_NEW0(1, out));
  const rz_err rc = create(model, n, names, *out);
  if (rc != RZ_OK) rz_observables_destroy(out);
  return rc;
}

void rz_observables_destroy(rz_observables **o) {
  if (!*o) return;
  rz_local_plan_destroy(&(*o)->plan);
  for (int i = 0; i < (*o)->n; i++) observable_free(&(*o)->item[i]);
  rz_free(&(*o)->item);
  rz_free(&(*o)->measured);
  rz_free(o);
}

int64_t rz_observables_n_ratio(const rz_observables *set) { return rz_local_plan_n_ratio(set->plan); }

/* ---- declarations ---- */

rz_err rz_observable_quantity(rz_observable *o, const char *name, const char *label, const char *unit, int n_dim,
                              const int64_t *shape, rz_measured **out) {
  RZ_CHECK(o->n_quantity < RZ_MAX_QUANTITY, RZ_ERR_INTERNAL, "too many quantities of '%s'", o->cls->name);
  rz_measured *q = &o->quantity[o->n_quantity++];
  *q = (rz_measured){.name = name, .label = label, .unit = unit, .n_dim = n_dim, .n_value = 1};
  for (int d = 0; d < n_dim; d++) {
    q->shape[d] = shape[d];
    q->n_value *= shape[d];
  }
  o->n_value += q->n_value;
  RZ_TRY(RZ_NEW(q->n_value, &q->mean));
  RZ_TRY(RZ_NEW(q->n_value, &q->error));
  if (out) *out = q;
  return RZ_OK;
}

rz_err rz_observable_scalar(rz_observable *o, const char *name, const char *label, const char *unit) {
  return rz_observable_quantity(o, name, label, unit, 1, (const int64_t[]){1}, NULL);
}

const char *rz_observable_unit(const rz_observable *o) { return o->model->pauli ? "pauli" : "spin"; }
const char *rz_observable_unit2(const rz_observable *o) { return o->model->pauli ? "pauli^2" : "spin^2"; }

int rz_observable_total(const rz_observable *o, bool staggered, const int8_t *spin) {
  const int8_t *sublattice = staggered ? rz_lattice_sublattice(o->model->lattice) : NULL;
  int total = 0;
  for (int i = 0; i < o->n_site; i++) total += sublattice && sublattice[i] ? -spin[i] : spin[i];
  return total;
}

rz_err rz_observable_pairs(rz_observable *o, int64_t n_class) {
  const int64_t n = (int64_t)o->n_site * o->n_site;
  o->n_class = n_class;
  RZ_TRY(RZ_NEW(n, &o->pair_class));
  for (int64_t k = 0; k < n; k++) o->pair_class[k] = -1;
  return RZ_NEW0(n_class, &o->class_weight);
}

rz_err rz_observable_operators(rz_observable *o, int64_t n_op) {
  RZ_TRY(RZ_NEW0(n_op, &o->op));
  o->n_op = n_op;
  for (int64_t k = 0; k < n_op; k++) RZ_TRY(rz_operator_create(o->n_site, &o->op[k]));
  return RZ_OK;
}

static char letter(const rz_observable *o, char component) {
  return o->model->pauli ? (char)(component - 'a' + 'A') : component;
}

rz_err rz_observable_add_spin(rz_observable *o, int64_t op, double coef, char component, int32_t i) {
  if (o->model->fixed_sz && component != 'z') return RZ_OK;
  return rz_operator_add(o->op[op], coef, 1, &(rz_local){i, letter(o, component)});
}

static rz_err add_product(rz_observable *o, int64_t op, double coef, char component, int32_t i, int32_t j) {
  const rz_local product[2] = {{i, letter(o, component)}, {j, letter(o, component)}};
  return rz_operator_add(o->op[op], coef, 2, product);
}

rz_err rz_observable_add_pair(rz_observable *o, int64_t op, double coef, char component, int32_t i, int32_t j) {
  if (!o->model->fixed_sz || component == 'z') return add_product(o, op, coef, component, i, j);
  RZ_TRY(add_product(o, op, 0.5 * coef, 'x', i, j));
  return add_product(o, op, 0.5 * coef, 'y', i, j);
}

void rz_observable_store(rz_observable *o, const double *value, const double *error) {
  for (int q = 0; q < o->n_quantity; q++) {
    const size_t bytes = (size_t)o->quantity[q].n_value * sizeof *value;
    memcpy(o->quantity[q].mean, value, bytes);
    memcpy(o->quantity[q].error, error, bytes);
    value += o->quantity[q].n_value;
    error += o->quantity[q].n_value;
  }
}

void rz_observables_collect(rz_observables *set, int *n, const rz_measured **out) {
  int k = 0;
  for (int i = 0; i < set->n; i++)
    for (int q = 0; q < set->item[i].n_quantity; q++) set->measured[k++] = set->item[i].quantity[q];
  *n = k;
  *out = set->measured;
}
