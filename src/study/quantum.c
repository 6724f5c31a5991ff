#include "quantum.h"

#include "ritz/core/memory.h"
#include "ritz/estimate/evaluate.h"
#include "state_file.h"
#include "text.h"
#include <math.h>
#include <string.h>

static rz_err load_initial_state(rz_config *config, rz_ansatz *ansatz) {
  if (!rz_config_has(config, "ansatz", "init_from")) return RZ_OK;
  char *path = NULL;
  rz_state_file file = {0};
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_config_path(config, rz_config_string(config, "ansatz", "init_from"), &path));
  rc = rz_state_file_read(path, &file);
  if (rc == RZ_ERR_INPUT) rc = rz_config_file_error(config, "ansatz", "init_from");
  if (rc != RZ_OK) goto done;
  rc = rz_ansatz_import(ansatz, &file.params, file.n_site, file.extent);
  if (rc == RZ_ERR_ARG) {
    rz_config_error(config, "ansatz", "init_from", "%s cannot start this state: %s", path, rz_error_message());
    rc = rz_config_report(config);
  }
done:
  rz_state_file_free(&file);
  rz_free(&path);
  return rc;
}

/* An option of the ansatz that does not fit the lattice is the deck's error. */
static rz_err create_ansatz(rz_quantum *q) {
  const rz_ansatz_input input = {.config = q->config, .lattice = q->model->lattice, .seed = q->seed};
  const rz_err rc = rz_ansatz_create(&input, &q->ansatz);
  if (rc != RZ_ERR_ARG) return rc;
  rz_config_error(q->config, "ansatz", NULL, "%s", rz_error_message());
  return rz_config_report(q->config);
}

static void refuse_observable(void *config, const char *message) {
  rz_config_error(config, "evaluate", "observables", "%s", message);
}

rz_err rz_quantum_observables(rz_config *config, const rz_model *model, rz_observables **out) {
  const char *names[RZ_MAX_FIELDS];
  const int n = rz_text_list(config, "evaluate", "observables", RZ_MAX_FIELDS, names);
  const int before = rz_config_error_count(config);
  *out = NULL;
  RZ_TRY(rz_observables_check(model, n, names, refuse_observable, config));
  if (rz_config_error_count(config) > before) return rz_config_report(config);
  return rz_observables_create(model, n, names, out);
}

void rz_quantum_print_evaluation(const rz_model *model, const rz_observables *observables, FILE *out) {
  fprintf(out, "! frozen evaluation: up to %lld ratios of psi per sample for the energy, %lld for the observables\n",
          (long long)rz_operator_n_ratio(model->h), (long long)rz_observables_n_ratio(observables));
}

/* Keys of &sector that no variational state reads: a state shared over translations has momentum 0 by itself. */
static void refuse_symmetry_sectors(rz_config *config) {
  static const char *const keys[] = {"momentum", "spin_flip", "reflection"};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (rz_config_given(config, "sector", keys[i]))
      rz_config_error(config, "sector", keys[i],
                      "key '%s' selects a sector of study = 'exact'; study '%s' has no use for it", keys[i],
                      rz_config_string(config, "run", "study"));
}

/* What the report of the deck holds already does not keep the other parts from being looked at. */
static rz_err go_on(const rz_config *config, rz_err rc) {
  return (rc == RZ_ERR_DECK || rc == RZ_ERR_INPUT) && rz_config_error_count(config) > 0 ? RZ_OK : rc;
}

/* Everything that needs no other rank. */
static rz_err create_local(rz_quantum *q, int n_rank) {
  q->seed = (uint64_t)rz_config_int(q->config, "run", "seed");
  q->reproducible = rz_config_bool(q->config, "run", "reproducible");
  refuse_symmetry_sectors(q->config);
  rz_evaluate_check(q->config);
  RZ_TRY(rz_model_create(q->config, &q->model));
  RZ_TRY(go_on(q->config, create_ansatz(q)));
  if (q->ansatz) RZ_TRY(go_on(q->config, load_initial_state(q->config, q->ansatz)));
  RZ_TRY(go_on(q->config, rz_quantum_observables(q->config, q->model, &q->observables)));
  RZ_TRY(go_on(q->config, rz_sampler_check(q->config, q->model, n_rank)));
  return rz_config_report(q->config);
}

rz_err rz_quantum_create(rz_config *config, const rz_comm *comm, rz_quantum *out) {
  *out = (rz_quantum){.config = config, .comm = comm};
  rz_err rc = rz_agree(comm, create_local(out, comm->size));
  if (rc == RZ_OK) rc = rz_sampler_create(config, out->model, out->ansatz, out->seed, comm, &out->sampler);
  if (rc == RZ_OK) rc = rz_agree(comm, rz_persistence_init(out->sampler, &out->persistence));
  if (rc != RZ_OK) rz_quantum_free(out);
  return rc;
}

rz_err rz_quantum_check(rz_config *config, int n_rank, rz_quantum *out) {
  *out = (rz_quantum){.config = config};
  const rz_err rc = create_local(out, n_rank);
  if (rc != RZ_OK) rz_quantum_free(out);
  return rc;
}

void rz_quantum_free(rz_quantum *q) {
  rz_observables_destroy(&q->observables);
  rz_persistence_free(&q->persistence);
  rz_sampler_destroy(&q->sampler);
  rz_ansatz_destroy(&q->ansatz);
  rz_model_destroy(&q->model);
}

/* --- The training problem ---------------------------------------------------------------------------------------- */

static rz_err fill_residual(const rz_samples *s, const double complex *eloc, const rz_energy *e, rz_assessment *out) {
  const int64_t n = s->n;
  const int n_comp = rz_jacobian_n_comp(out->jacobian);
  RZ_TRY(RZ_NEW(n * n_comp, &out->residual));
  double *weight = rz_jacobian_weights(out->jacobian);
  for (int64_t i = 0; i < n; i++) {
    const bool kept = s->weight[i] > 0.0;
    weight[i] = s->weight[i];
    out->residual[i] = kept ? creal(eloc[i]) - e->re.mean : 0.0;
    if (n_comp == 2) out->residual[n + i] = kept ? cimag(eloc[i]) - e->im : 0.0;
  }
  return RZ_OK;
}

static void add_field(rz_assessment *a, const char *name, rz_field_type type, double real) {
  a->field[a->n_field++] = (rz_field){.name = name, .type = type, .real = real};
}

static void fill_fields(const rz_energy *e, const rz_sampler_info *info, double step_correlation, rz_assessment *a) {
  add_field(a, "energy", RZ_FIELD_REAL, e->re.mean);
  add_field(a, "error", RZ_FIELD_REAL, e->re.error);
  add_field(a, "variance", RZ_FIELD_REAL, e->variance);
  add_field(a, "v_score", RZ_FIELD_REAL, e->v_score);
  add_field(a, "energy_imag", RZ_FIELD_REAL, e->im);
  add_field(a, "acceptance", RZ_FIELD_REAL, info->acceptance);
  add_field(a, "tau_int", RZ_FIELD_OPTIONAL, e->re.tau_int);
  add_field(a, "r_hat", RZ_FIELD_OPTIONAL, e->re.r_hat);
  add_field(a, "ess", RZ_FIELD_OPTIONAL, e->re.ess);
  add_field(a, "step_correlation", RZ_FIELD_OPTIONAL, step_correlation);
  a->field[a->n_field++] = (rz_field){.name = "n_bad", .type = RZ_FIELD_INT, .integer = e->n_bad};
}

static const double MAX_BAD_FRACTION = 1e-3;

/* A mean of local energies outside the spectrum of H, or one with an error of its size, comes from walkers that are not
 * where |psi|^2 is. It must not steer a step, low as it may be. */
static void judge_energy(const rz_operator *h, const rz_energy *e, rz_assessment *out) {
  const double bound = rz_operator_bound(h);
  if (fabs(e->re.mean) <= bound * (1 + 1e-12) && e->re.error <= bound) return;
  out->healthy = false;
  snprintf(
      out->reason, sizeof out->reason,
      "the energy %.3g +- %.1g is no energy of H, whose spectrum lies within +-%.3g: the walkers do not sample this "
      "state",
      e->re.mean, e->re.error, bound);
}

static rz_err assess_samples(rz_quantum *q, rz_samples *s, double complex *eloc, rz_assessment *out) {
  int64_t n_bad = 0;
  rz_energy energy;
  double correlation;
  RZ_TRY(rz_agree(q->comm,
                  rz_local_values_and_jacobian(q->model->h, q->ansatz, s->n, s->spin, eloc, &n_bad, &out->jacobian)));
  RZ_TRY(
      rz_energy_estimate(q->comm, s, eloc, creal(rz_operator_trace_per_dim(q->model->h)), MAX_BAD_FRACTION, &energy));
  RZ_TRY(rz_persistence_measure(&q->persistence, q->comm, s, eloc, energy.re.mean, &correlation));
  RZ_TRY(fill_residual(s, eloc, &energy, out));
  if (q->reproducible) RZ_TRY(rz_jacobian_set_blocks(out->jacobian, q->comm, rz_sampler_block(q->sampler, s)));
  out->objective = energy.re.mean;
  out->error = energy.re.error;
  const rz_sampler_info info = rz_sampler_info_last(q->sampler);
  out->mobility = info.acceptance;
  judge_energy(q->model->h, &energy, out);
  fill_fields(&energy, &info, correlation, out);
  return RZ_OK;
}

static rz_err assess(void *self, rz_assessment *out) {
  rz_quantum *q = self;
  rz_samples samples = {0};
  double complex *eloc = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_agree(q->comm, rz_sampler_draw(q->sampler, q->ansatz, 0, &samples)));
  RZ_TRY_DONE(rc, rz_agree(q->comm, RZ_NEW(samples.n, &eloc)));
  RZ_TRY_DONE(rc, rz_agree(q->comm, assess_samples(q, &samples, eloc, out)));
done:
  rz_free(&eloc);
  rz_samples_free(&samples);
  return rc;
}

static rz_err update(void *self) { return rz_ansatz_update(((rz_quantum *)self)->ansatz); }

static rz_err state(void *self, rz_array_visit *visit, void *ctx) {
  rz_quantum *q = self;
  RZ_TRY(rz_sampler_state(q->sampler, visit, ctx));
  return rz_persistence_state(&q->persistence, visit, ctx);
}

static double field(const rz_assessment *a, const char *name) {
  for (int i = 0; i < a->n_field; i++)
    if (strcmp(a->field[i].name, name) == 0) return a->field[i].real;
  return NAN;
}

static void describe(void *self, const rz_assessment *a, char *text, int size) {
  const rz_quantum *q = self;
  snprintf(text, (size_t)size, "E = %.7f +- %.1e  E/N = %.7f  var = %.2e  acc = %.2f", a->objective, a->error,
           a->objective / q->ansatz->n_site, field(a, "variance"), field(a, "acceptance"));
}

rz_problem rz_quantum_problem(rz_quantum *q) {
  return (rz_problem){.self = q,
                      .params = &q->ansatz->params,
                      .assess = assess,
                      .update = update,
                      .state = state,
                      .describe = describe};
}
