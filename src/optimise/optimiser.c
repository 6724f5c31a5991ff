/* What every optimiser does around its own step: schedules, forces, the bound, caution after rejections. */
#include "optimiser_impl.h"

#include "ritz/core/memory.h"
#include "ritz/optimise/sr.h"
#include <math.h>
#include <string.h>

static void read_common(rz_optimiser *o) {
  const rz_config *c = o->config;
  const char *g = RZ_OPTIMISER_GROUP;
  o->rate = (rz_schedule){.kind = rz_config_string(c, g, "schedule"), .first = rz_config_real(c, g, "learning_rate")};
  o->rate.last = rz_config_has(c, g, "learning_rate_end") ? rz_config_real(c, g, "learning_rate_end") : o->rate.first;
  o->rate.n =
      rz_config_has(c, g, "schedule_steps") ? rz_config_int(c, g, "schedule_steps") : rz_config_int(c, g, "iterations");
  o->max_step = o->cls->judge ? 0.0 : rz_config_real(c, g, "max_step");
}

rz_err rz_optimiser_create(const rz_config *config, int64_t n_param, const rz_comm *comm, rz_optimiser **out) {
  rz_optimiser *o = NULL;
  rz_err rc = RZ_OK;
  *out = NULL;
  const char *method = rz_config_string(config, RZ_OPTIMISER_GROUP, "method");
  const rz_optimiser_class *cls = rz_optimiser_find(method);
  RZ_CHECK(cls, RZ_ERR_DECK, "method = '%s' is not an optimiser", method);
  RZ_TRY(RZ_NEW0(1, &o));
  o->cls = cls;
  o->config = config;
  o->comm = comm;
  o->n_param = n_param;
  o->caution = 1.0;
  read_common(o);
  RZ_TRY_DONE(rc, RZ_NEW(n_param, &o->force));
  RZ_TRY_DONE(rc, cls->init(o));
  o->config = NULL;
  *out = o;
done:
  if (rc != RZ_OK) rz_optimiser_destroy(&o);
  return rc;
}

void rz_optimiser_destroy(rz_optimiser **op) {
  rz_optimiser *o = *op;
  if (!o) return;
  if (o->cls->fini) o->cls->fini(o);
  rz_free(&o->force);
  rz_free(op);
}

bool rz_optimiser_descends(const rz_optimiser *o) { return o->cls->descends; }
bool rz_optimiser_wants_jacobian(const rz_optimiser *o) { return o->cls->needs_jacobian; }
bool rz_optimiser_tries(const rz_optimiser *o) { return o->cls->judge != NULL; }

/* The step handed out before this one was good: half of the extra caution goes. */
static void relax(rz_optimiser *o) {
  if (o->pending) o->caution = fmax(1.0, 0.5 * o->caution);
  o->pending = 0;
}

static double norm(int64_t n, const double *x) {
  double s = 0.0;
  for (int64_t k = 0; k < n; k++) s += x[k] * x[k];
  return sqrt(s);
}

static rz_err finite(double norm, const char *what) {
  RZ_CHECK(isfinite(norm), RZ_ERR_NUM, "the %s is not finite", what);
  return RZ_OK;
}

/* Scale delta down to the bound; norms into info, the metric's unless the step has left it there. */
static rz_err bound(const rz_optimiser *o, const rz_jacobian *j, double *delta, rz_step_info *info) {
  double norm2 = 0.0;
  if (isnan(info->metric_norm)) {
    RZ_TRY(rz_metric(o->comm, j, delta, NULL, &norm2));
    info->metric_norm = sqrt(norm2);
  }
  RZ_TRY(rz_agree(o->comm, finite(info->metric_norm, "step")));
  if (o->max_step > 0.0 && info->metric_norm > o->max_step)
    for (int64_t k = 0; k < o->n_param; k++) delta[k] *= o->max_step / info->metric_norm;
  info->step_norm = norm(o->n_param, delta);
  return RZ_OK;
}

rz_err rz_optimiser_forces(const rz_optimiser *o, const rz_slope *at, double *f) {
  rz_jacobian *j = at->jacobian;
  if (!j) {
    memcpy(f, at->forces, (size_t)o->n_param * sizeof *f);
    return RZ_OK;
  }
  RZ_CHECK(rz_jacobian_n_param(j) == o->n_param, RZ_ERR_ARG, "%lld parameters in the Jacobian, %lld in the optimiser",
           (long long)rz_jacobian_n_param(j), (long long)o->n_param);
  RZ_TRY(rz_jacobian_centre(j, o->comm));
  return rz_forces(o->comm, j, at->residual, f);
}

static rz_err step_by_jacobian(rz_optimiser *o, const rz_slope *at, double *delta, rz_step_info *info) {
  info->force_norm = norm(o->n_param, o->force);
  RZ_TRY(rz_agree(o->comm, finite(info->force_norm, "force")));
  RZ_TRY(o->cls->step(o, at->jacobian, at->residual, delta, info));
  return bound(o, at->jacobian, delta, info);
}

/* The same numbers and verdicts on every rank without a word. */
static rz_err step_by_forces(rz_optimiser *o, double *delta, rz_step_info *info) {
  info->force_norm = norm(o->n_param, o->force);
  RZ_TRY(finite(info->force_norm, "force"));
  RZ_TRY(o->cls->step(o, NULL, NULL, delta, info));
  info->step_norm = norm(o->n_param, delta);
  return finite(info->step_norm, "step");
}

rz_err rz_optimiser_step(rz_optimiser *o, int64_t i_step, const rz_slope *at, double *delta, rz_step_info *info) {
  relax(o);
  *info = (rz_step_info){.solver = "none", .diag_shift = NAN, .metric_norm = NAN};
  o->i_step = i_step;
  o->learning_rate = rz_schedule_at(&o->rate, i_step);
  RZ_CHECK(at->jacobian || !o->cls->needs_jacobian, RZ_ERR_ARG, "method = '%s' needs a Jacobian", o->cls->name);
  RZ_TRY(rz_optimiser_forces(o, at, o->force));
  RZ_TRY(at->jacobian ? step_by_jacobian(o, at, delta, info) : step_by_forces(o, delta, info));
  info->learning_rate = o->learning_rate;
  o->pending = 1;
  return RZ_OK;
}

rz_err rz_optimiser_judge(rz_optimiser *o, double objective, const rz_slope *at, bool *good) {
  RZ_TRY(o->cls->judge(o, objective, at, good));
  o->pending = 0;
  return RZ_OK;
}

static rz_err clear(const rz_array *a, void *ctx) {
  (void)ctx;
  memset(a->data, 0, (size_t)rz_array_length(a) * rz_array_type_size(a->type));
  return RZ_OK;
}

rz_err rz_optimiser_reject(rz_optimiser *o) {
  if (o->cls->judge) {
    bool good = false;
    o->pending = 1;
    return rz_optimiser_judge(o, NAN, NULL, &good);
  }
  o->caution = fmin(1e12, 10.0 * o->caution);
  o->pending = 0;
  if (o->cls->forget)
    o->cls->forget(o);
  else if (o->cls->state)
    RZ_TRY(o->cls->state(o, clear, NULL));
  return RZ_OK;
}

rz_err rz_optimiser_state(rz_optimiser *o, rz_array_visit *visit, void *ctx) {
  const rz_array own[] = {
      {.name = "optimiser/caution", .type = RZ_F64, .n_dim = 1, .shape = {1, 0, 0, 0}, .data = &o->caution},
      {.name = "optimiser/pending", .type = RZ_I64, .n_dim = 1, .shape = {1, 0, 0, 0}, .data = &o->pending}};
  for (int i = 0; i < RZ_N_ROWS(own); i++) RZ_TRY(visit(&own[i], ctx));
  if (o->cls->state) RZ_TRY(o->cls->state(o, visit, ctx));
  return RZ_OK;
}

rz_err rz_optimiser_visit_vector(const rz_optimiser *o, const char *name, double *x, rz_array_visit *visit, void *ctx) {
  const rz_array a = {.name = name, .type = RZ_F64, .n_dim = 1, .shape = {o->n_param, 0, 0, 0}, .data = x};
  return visit(&a, ctx);
}
