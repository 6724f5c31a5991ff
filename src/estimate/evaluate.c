#include "ritz/estimate/evaluate.h"

#include "ritz/core/clock.h"
#include "ritz/core/memory.h"
#include <math.h>
#include <string.h>

static const double MAX_BAD_FRACTION = 1e-3;
static const double MAX_DRIFT = 1e-8;
static const double MIN_TAUS = 10.0; /* shorter chains, in autocorrelation times, cannot tell how long these are */
static const double MIN_ESS = 100.0; /* effective samples: with fewer an error bar is known to less than 7 per cent */
enum { BATCH = 1 << 17 }; /* samples of a batch over all ranks, so that spins fit memory whatever the total */

/* ---- options ---- */

static const rz_option rows[] = {
    RZ_ROW_REAL("rel_error", "1e-5", 1e-12, 1.0, "", "wanted error of the energy / |energy|"),
    RZ_ROW_INT("max_samples", "1000000", 1, 1e13, "samples over all ranks at which to stop in any case"),
    RZ_ROW_INT("min_samples", "16384", 1, 1e13, "samples over all ranks before the error is looked at"),
    RZ_ROW_INT("discard", "20", 0, 1e9, "sweeps before the first sample"),
    RZ_ROW_REAL("check_fraction", "0.01", 0.0, 1.0, "",
                "share of the local energies that is recomputed from scratch, one block per batch at least"),
    {.name = "observables",
     .type = RZ_STRING,
     .max_count = 32,
     .fallback = "",
     .min = 1,
     .max = 0,
     .unit = "",
     .help = "what to measure besides the energy: see `ritz list`"},
};

static const rz_option_group group = {.name = "evaluate",
                                      .about = "the final measurement, with parameters frozen",
                                      .rows = rows,
                                      .n_rows = sizeof rows / sizeof rows[0]};

const rz_option_group *rz_evaluate_options(void) { return &group; }

/* A full sum is rechecked like samples: check_fraction counts there. */
void rz_evaluate_check(rz_config *config) {
  const char *const sampling[] = {"rel_error", "max_samples", "min_samples", "discard"};
  if (strcmp(rz_config_string(config, "sampler", "method"), "full_sum") == 0) {
    for (size_t i = 0; i < sizeof sampling / sizeof sampling[0]; i++)
      rz_config_no_effect(config, "evaluate", sampling[i], "with method = 'full_sum' in &sampler");
    return;
  }
  const int64_t most = rz_config_int(config, "evaluate", "max_samples");
  if (rz_config_int(config, "evaluate", "min_samples") > most)
    rz_config_no_effect(config, "evaluate", "min_samples", "above max_samples = %lld", (long long)most);
}

void rz_evaluate_check_exact(rz_config *config) {
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (strcmp(rows[i].name, "observables") != 0)
      rz_config_no_effect(config, "evaluate", rows[i].name, "with study = 'exact', which draws no samples");
}

/* ---- everything drawn so far ---- */

typedef struct {
  const rz_evaluate_spec *spec;
  const rz_model *model;
  const rz_ansatz *a;
  rz_sampler *sampler;
  rz_observables *observables;
  const rz_comm *comm;
  rz_log *log;
  rz_samples all;       /* without spins */
  double complex *eloc; /* [n_chain, capacity], n_draw of each chain in use */
  int64_t capacity;
  int64_t n_batch, wanted; /* batches so far; draws of a chain to come to */
  double worst;            /* of the rechecked local energies of this rank */
  double observable_seconds;
} evaluation;

static void evaluation_free(evaluation *e) {
  rz_samples_free(&e->all);
  rz_free(&e->eloc);
}

static rz_err reserve(evaluation *e, int64_t n_chain, int64_t n_draw) {
  if (e->eloc && n_draw <= e->capacity) return RZ_OK;
  const int64_t capacity = n_draw > 2 * e->capacity ? n_draw : 2 * e->capacity;
  double complex *larger = NULL;
  RZ_TRY(RZ_NEW(n_chain * capacity, &larger));
  for (int64_t c = 0; c < n_chain && e->eloc; c++)
    memcpy(larger + c * capacity, e->eloc + c * e->capacity, (size_t)e->all.n_draw * sizeof *larger);
  rz_free(&e->eloc);
  e->eloc = larger;
  e->capacity = capacity;
  return RZ_OK;
}

/* Append the local energies of a batch. */
static rz_err append(evaluation *e, const rz_samples *s, const double complex *eloc) {
  RZ_TRY(reserve(e, s->n_chain, e->all.n_draw + s->n_draw));
  for (int64_t c = 0; c < s->n_chain; c++)
    memcpy(e->eloc + c * e->capacity + e->all.n_draw, eloc + c * s->n_draw, (size_t)s->n_draw * sizeof *eloc);
  rz_samples *all = &e->all;
  const int64_t n_draw = all->n_draw + s->n_draw;
  double *weight = all->weight;
  *all = *s;
  all->spin = NULL;
  all->weight = weight;
  all->n_draw = n_draw;
  if (s->exact) return RZ_OK;
  all->n = all->n_chain * n_draw;
  all->unit = n_draw;
  return RZ_OK;
}

/* ---- recheck ---- */

/* NaN and infinite differences count as infinite. */
static rz_err check_block(evaluation *e, const rz_samples *s, const double complex *eloc, int64_t first) {
  double complex slow[RZ_LANES];
  double scale = 0.0;
  const int64_t n = s->n - first < RZ_LANES ? s->n - first : RZ_LANES;
  RZ_TRY(rz_local_values_slow(e->model->h, e->a, n, s->spin + first * s->n_site, slow));
  for (int64_t i = 0; i < n; i++)
    if (s->weight[first + i] != 0.0) scale += cabs(slow[i]) / (double)n;
  for (int64_t i = 0; i < n; i++) {
    if (s->weight[first + i] == 0.0) continue; /* a node, or dropped and counted already */
    const double difference = cabs(eloc[first + i] - slow[i]), d = difference / (cabs(slow[i]) + scale);
    if (difference != 0.0) e->worst = fmax(e->worst, isfinite(d) ? d : INFINITY);
  }
  return RZ_OK;
}

/* Blocks 0, k, 2k ... of the batch. */
static rz_err check_batch(evaluation *e, const rz_samples *s, const double complex *eloc) {
  const double every = 1.0 / fmax(e->spec->check_fraction, 1e-18);
  const int64_t step = every < 1e15 ? (int64_t)fmax(every, 1.0) * RZ_LANES : INT64_MAX;
  for (int64_t first = 0; first < s->n; first += step) {
    RZ_TRY(check_block(e, s, eloc, first));
    if (first > INT64_MAX - step) break;
  }
  return RZ_OK;
}

static rz_err drift(const evaluation *e, double *out) {
  double worst = e->worst;
  RZ_TRY(rz_max(e->comm, 1, &worst));
  *out = worst;
  RZ_CHECK(worst <= MAX_DRIFT, RZ_ERR_NUM,
           "fast and textbook local energies differ by %.2g of their size; allowed is %g: the state's amplitudes "
           "vary too strongly for its cached ratios",
           worst, MAX_DRIFT);
  return RZ_OK;
}

/* ---- batches ---- */

/* A bad local energy takes its sample out of the observables too. */
static void mark_bad(rz_samples *s, const double complex *eloc) {
  for (int64_t i = 0; i < s->n; i++)
    if (!isfinite(creal(eloc[i])) || !isfinite(cimag(eloc[i]))) s->weight[i] = 0.0;
}

static rz_err measure_local(evaluation *e, rz_samples *s, double complex **eloc) {
  int64_t n_bad = 0;
  RZ_TRY(RZ_NEW(s->n, eloc));
  RZ_TRY(rz_local_values(e->model->h, e->a, s->n, s->spin, *eloc, NULL, &n_bad));
  if (!s->exact) mark_bad(s, *eloc);
  RZ_TRY(check_batch(e, s, *eloc));
  return append(e, s, *eloc);
}

static rz_err add_observables(evaluation *e, const rz_samples *s) {
  const double start = rz_wall_time();
  const rz_err rc = rz_observables_add(e->observables, e->a, e->comm, s);
  e->observable_seconds += rz_wall_time() - start;
  return rc;
}

static rz_err batch(evaluation *e, int64_t n_draw) {
  rz_samples s = {0};
  double complex *eloc = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_sampler_draw(e->sampler, e->a, n_draw, &s));
  RZ_TRY_DONE(rc, rz_agree(e->comm, measure_local(e, &s, &eloc)));
  if (e->observables) RZ_TRY_DONE(rc, add_observables(e, &s));
  if (s.exact) { /* the energy needs the weights */
    e->all.weight = s.weight;
    s.weight = NULL;
  }
done:
  rz_free(&eloc);
  rz_samples_free(&s);
  return rc;
}

/* ---- all that an evaluation is, between two batches ---- */

/* Local energies without gaps: [n_chain, n_draw]. */
static rz_err visit_energies(evaluation *e, rz_array_visit *visit, void *ctx) {
  rz_samples *all = &e->all;
  const int64_t n_draw = all->n_draw;
  double complex *packed = NULL;
  RZ_TRY(RZ_NEW(all->n_chain * n_draw, &packed));
  rz_err rc = reserve(e, all->n_chain, n_draw);
  for (int64_t c = 0; rc == RZ_OK && c < all->n_chain; c++)
    memcpy(packed + c * n_draw, e->eloc + c * e->capacity, (size_t)n_draw * sizeof *packed);
  const rz_array array = {.name = "evaluation/local_energy",
                          .type = RZ_C64,
                          .n_dim = 2,
                          .shape = {all->n_chain, n_draw},
                          .distributed = true,
                          .data = packed};
  if (rc == RZ_OK) rc = visit(&array, ctx);
  for (int64_t c = 0; rc == RZ_OK && c < all->n_chain; c++)
    memcpy(e->eloc + c * e->capacity, packed + c * n_draw, (size_t)n_draw * sizeof *packed);
  rz_free(&packed);
  return rc;
}

/* What append leaves behind n_draw draws. */
static void set_draws(evaluation *e, int64_t n_draw) {
  rz_samples *all = &e->all;
  double *weight = all->weight;
  *all = rz_sampler_outline(e->sampler);
  all->weight = weight;
  all->n_draw = all->unit = n_draw;
  all->n = all->n_chain * n_draw;
}

static rz_err walk_evaluation(void *ctx, rz_array_visit *visit, void *visit_ctx) {
  evaluation *e = ctx;
  int64_t n_draw = e->all.n_draw;
  double worst = e->worst;
  RZ_TRY(rz_sampler_state(e->sampler, visit, visit_ctx));
  if (rz_sampler_is_exact(e->sampler)) return RZ_OK; /* one batch: nothing to keep of it */
  RZ_TRY(rz_max(e->comm, 1, &worst));
  RZ_TRY(rz_visit_f64("evaluation/worst", &worst, visit, visit_ctx));
  e->worst = worst;
  RZ_TRY(rz_visit_i64("evaluation/batches", &e->n_batch, visit, visit_ctx));
  RZ_TRY(rz_visit_i64("evaluation/wanted", &e->wanted, visit, visit_ctx));
  RZ_TRY(rz_visit_i64("evaluation/draws", &n_draw, visit, visit_ctx));
  if (n_draw > 0) {
    set_draws(e, n_draw);
    RZ_TRY(visit_energies(e, visit, visit_ctx));
  }
  return e->observables ? rz_observables_state(e->observables, &e->all, visit, visit_ctx) : RZ_OK;
}

static rz_err restore(evaluation *e, bool *restored) {
  const rz_keeper *keeper = e->spec->keeper;
  *restored = false;
  return keeper ? keeper->restore(keeper->self, "evaluate", walk_evaluation, e, restored) : RZ_OK;
}

static rz_err keep(evaluation *e) {
  const rz_keeper *keeper = e->spec->keeper;
  return keeper ? keeper->between(keeper->self, "evaluate", e->n_batch, walk_evaluation, e) : RZ_OK;
}

/* ---- the loop ---- */

/* Draw until every chain has n_draw draws. */
static rz_err draw_to(evaluation *e, int64_t n_draw, int64_t chains) {
  const int64_t most = BATCH / chains > 0 ? BATCH / chains : 1;
  while (e->all.n_draw < n_draw) {
    const int64_t left = n_draw - e->all.n_draw;
    RZ_TRY(batch(e, left < most ? left : most));
    e->n_batch++;
    RZ_TRY(keep(e));
  }
  return RZ_OK;
}

/* The estimate drops bad samples in place: it works on a copy, so that they stay known as bad. */
static rz_err estimate(evaluation *e, rz_energy *out) {
  rz_samples *s = &e->all;
  double complex *eloc = NULL;
  rz_err rc = RZ_NEW(s->n, &eloc);
  if (rc == RZ_OK && !s->exact) {
    rz_free(&s->weight);
    rc = RZ_NEW(s->n, &s->weight);
  }
  RZ_TRY_DONE(rc, rz_agree(e->comm, rc));
  if (s->exact)
    memcpy(eloc, e->eloc, (size_t)s->n * sizeof *eloc);
  else
    for (int64_t c = 0; c < s->n_chain; c++)
      memcpy(eloc + c * s->n_draw, e->eloc + c * e->capacity, (size_t)s->n_draw * sizeof *eloc);
  for (int64_t i = 0; i < s->n && !s->exact; i++) s->weight[i] = 1.0 / ((double)s->n_chain_global * (double)s->n_draw);
  RZ_TRY_DONE(
      rc, rz_energy_estimate(e->comm, s, eloc, creal(rz_operator_trace_per_dim(e->model->h)), MAX_BAD_FRACTION, out));
  RZ_TRY_DONE(rc, rz_energy_covariance(e->comm, s, eloc, out));
done:
  rz_free(&eloc);
  return rc;
}

/* Draws a chain should have in the end, judged from now: error^2 falls as 1 / draws. At most eight times as many as
 * now, since an early error is itself uncertain. */
static int64_t wanted_draws(const rz_energy *energy, double goal, int64_t n_draw) {
  const double ratio = energy->re.error / goal;
  if (!(ratio < 2.8)) return 8 * n_draw; /* or not known yet */
  return (int64_t)ceil((double)n_draw * fmax(1.05 * ratio * ratio, 1.05));
}

static void report(const evaluation *e, const rz_evaluation *out) {
  const rz_mean *m = &out->energy.re;
  rz_log_print(e->log, RZ_LOG_STEPS, "evaluate  %lld samples, E = %.12g +- %.1e, relative %.1e of %.1e\n",
               (long long)m->n, m->mean, m->error, m->error / fabs(m->mean), e->spec->rel_error);
}

static rz_err run_chains(evaluation *e, rz_evaluation *out) {
  const rz_evaluate_spec *spec = e->spec;
  const int64_t chains = rz_sampler_spec_of(e->sampler)->chains;
  const int64_t most = spec->max_samples / chains > 0 ? spec->max_samples / chains : 1;
  bool restored;
  e->wanted = (spec->min_samples + chains - 1) / chains;
  RZ_TRY(restore(e, &restored));
  if (!restored) RZ_TRY(rz_sampler_sweep(e->sampler, e->a, spec->discard));
  while (true) {
    RZ_TRY(draw_to(e, e->wanted < most ? e->wanted : most, chains));
    out->n_batch = e->n_batch;
    RZ_TRY(estimate(e, &out->energy));
    RZ_TRY(drift(e, &out->ratio_drift));
    report(e, out);
    const double goal = spec->rel_error * fabs(out->energy.re.mean);
    out->reached = out->energy.re.error <= goal;
    if (out->reached || e->all.n_draw >= most) return RZ_OK;
    e->wanted = wanted_draws(&out->energy, goal, e->all.n_draw);
  }
}

static rz_err run_full_sum(evaluation *e, rz_evaluation *out) {
  bool restored;
  RZ_TRY(restore(e, &restored));
  RZ_TRY(batch(e, 0));
  RZ_TRY(estimate(e, &out->energy));
  out->n_batch = 1;
  out->reached = 1;
  return drift(e, &out->ratio_drift);
}

static void warn(const evaluation *e, const rz_evaluation *out) {
  const rz_energy *x = &out->energy;
  if (!e->log) return;
  if (!out->reached)
    rz_log_flag(e->log, "error_not_reached",
                "the relative error %.2g of the energy was reached, not %.2g, with max_samples = %lld",
                x->re.error / fabs(x->re.mean), e->spec->rel_error, (long long)e->spec->max_samples);
  if (x->re.tau_int * MIN_TAUS > (double)e->all.n_draw || x->re.ess < MIN_ESS)
    rz_log_flag(e->log, "under_sampled",
                "under-sampled: chains of %lld draws with tau_int = %.3g, %.0f effective samples in all: the error bar "
                "itself is uncertain; raise sweep_size or max_samples",
                (long long)e->all.n_draw, x->re.tau_int, x->re.ess);
  const double bound = rz_operator_bound(e->model->h);
  if (x->re.mean < -bound * (1.0 + 1e-12) - 5.0 * x->re.error)
    rz_log_flag(e->log, "below_bound",
                "E = %.12g +- %.2g lies below %.12g, which no energy of H does: do not use these numbers", x->re.mean,
                x->re.error, -bound);
  if (x->re.r_hat > 1.05)
    rz_log_flag(e->log, "chains_disagree",
                "the chains disagree (split R-hat = %.3f): the energy's error bar may be too small", x->re.r_hat);
  if (fabs(x->im) > 5.0 * x->im_error + 1e-10 * fabs(x->re.mean))
    rz_log_flag(e->log, "imaginary_energy", "Im E = %.3g +- %.2g is not zero", x->im, x->im_error);
  if (x->n_bad > 0)
    rz_log_flag(e->log, "samples_dropped",
                "%lld of %lld samples had a local energy that is not finite and were dropped", (long long)x->n_bad,
                (long long)(x->re.n + x->n_bad));
}

rz_err rz_evaluate_from(const rz_evaluate_spec *spec, const rz_model *model, const rz_ansatz *a, rz_sampler *sampler,
                        rz_observables *observables, const rz_comm *comm, rz_log *log, rz_evaluation *out) {
  *out = (rz_evaluation){0};
  const double start = rz_wall_time();
  evaluation e = {
      .spec = spec, .model = model, .a = a, .sampler = sampler, .observables = observables, .comm = comm, .log = log};
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_sampler_is_exact(sampler) ? run_full_sum(&e, out) : run_chains(&e, out));
  if (observables) RZ_TRY_DONE(rc, rz_observables_result(observables, comm, &out->n_measured, &out->measured));
  out->sampler = rz_sampler_info_last(sampler);
  out->seconds = rz_wall_time() - start;
  out->observable_seconds = e.observable_seconds;
  warn(&e, out);
done:
  evaluation_free(&e);
  return rc;
}

rz_err rz_evaluate(const rz_config *config, const rz_keeper *keeper, const rz_model *model, const rz_ansatz *a,
                   rz_sampler *sampler, rz_observables *observables, const rz_comm *comm, rz_log *log,
                   rz_evaluation *out) {
  const rz_evaluate_spec spec = {.keeper = keeper,
                                 .rel_error = rz_config_real(config, "evaluate", "rel_error"),
                                 .min_samples = rz_config_int(config, "evaluate", "min_samples"),
                                 .max_samples = rz_config_int(config, "evaluate", "max_samples"),
                                 .discard = rz_config_int(config, "evaluate", "discard"),
                                 .check_fraction = rz_config_real(config, "evaluate", "check_fraction")};
  return rz_evaluate_from(&spec, model, a, sampler, observables, comm, log, out);
}
