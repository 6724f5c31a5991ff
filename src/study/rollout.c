#include "rollout.h"

#include "ritz/core/memory.h"
#include "ritz/dynamics/integrator.h"
#include "ritz/dynamics/measure.h"
#include "ritz/learn/law_flow.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static const rz_option rows[] = {
    RZ_ROW_INT("trajectories", "8", 0, 1e6, "that are followed, from states of the test; 0: none"),
    RZ_ROW_REAL("duration", "200.0", 1e-12, 1e15, "", "time that each is followed"),
    RZ_ROW_REAL("step", "0.05", 1e-12, 1e12, "", "time of one step; a map has its own"),
    RZ_ROW_INT("samples", "1000", 3, 1e9, "of each trajectory, for what drifts"),
    RZ_ROW_INT("structure_steps", "200", 1, 1e9, "over which symplecticity and reversibility are measured"),
    RZ_ROW_INT("section", "1", 0, 1000000,
               "coordinate (1 .. d: q, d + 1 .. 2 d: p) whose passages upwards make sections and periods; 0: none"),
    RZ_ROW_REAL("section_level", "0.0", -1e15, 1e15, "", "where it is passed"),
    RZ_ROW_INT("section_points", "0", 0, 1e7, "passages of each trajectory that are kept in the results"),
    RZ_ROW_BOOL("lyapunov", ".false.", "measure the largest Lyapunov exponent, of the law and of the truth"),
};
const rz_option_group rz_rollout_group = {
    "rollout", "following a learned law", NULL, rows, sizeof rows / sizeof *rows, NULL, 0};

/* Columns of the table after n_quantity drifts. */
enum { OF_DRIFT = sizeof(rz_drift) / sizeof(double) };
enum {
  SYMPLECTICITY,
  REVERSIBILITY,
  PHASE,
  LYAPUNOV,
  LYAPUNOV_ERROR,
  TRUE_LYAPUNOV,
  TRUE_LYAPUNOV_ERROR,
  N_OUTSIDE, /* samples outside the range of the training */
  N_SAMPLE,
  LOST, /* 1: not followed to its end */
  N_OTHER
};

static double *drift_of(const rz_rollout *r, int64_t i, int quantity) {
  return r->table + i * r->n_column + quantity * OF_DRIFT;
}
static double *other_of(const rz_rollout *r, int64_t i) { return drift_of(r, i, r->n_quantity); }

/* What one trajectory is followed with. */
typedef struct follower {
  rz_motion *m;
  const rz_config *config;
  rz_rollout *r;
  rz_flow flow; /* of a law that is a field */
  rz_integrator *integrator, *true_integrator;
  rz_stepper law, truth;
  int64_t n_step, n_true_step;
  rz_section section;
  double *x, *start; /* [2 d] */
  int64_t n_sample, n_outside, n_passed;
  int which; /* point[which] is being filled, of trajectory i */
  int64_t i;
} follower;

rz_err rz_rollout_check(rz_config *config, const rz_motion *m) {
  const bool is_map = m->law->cls->is_map;
  const rz_integrator_class *method =
      is_map ? NULL : rz_integrator_find(rz_config_string(config, "integrator", "method")); /* NULL: auto */
  if (is_map) rz_config_no_effect(config, "integrator", "method", "with a model that is a map and makes its own steps");
  if (method && method->needs_separable && !m->law->cls->half)
    rz_config_error(config, "integrator", "method",
                    "'%s' follows T(p) + V(q), which model '%s' is not: take 'implicit_midpoint'", method->name,
                    m->law->cls->name);
  if (method && method->needs_energy && !m->law->cls->energy)
    rz_config_error(config, "integrator", "method", "'%s' needs an energy, which model '%s' has not", method->name,
                    m->law->cls->name);
  if (rz_config_int(config, "rollout", "section") > 2 * m->law->n_degree)
    rz_config_error(config, "rollout", "section", "section is %lld, but a state has %d numbers",
                    (long long)rz_config_int(config, "rollout", "section"), 2 * m->law->n_degree);
  return rz_config_report(config);
}

/* ---- one trajectory ---- */

/* Invariants of the truth, then the law's own energy. */
static rz_err quantities(void *ctx, int64_t n, const double *x, double *out) {
  const follower *f = ctx;
  const int known = f->m->system ? f->m->system->n_invariant : 0, all = f->r->n_quantity;
  double value[RZ_MAX_INVARIANT];
  for (int64_t i = 0; i < n; i++, x += 2 * f->r->n_degree, out += all) {
    if (known) rz_system_invariants(f->m->system, 1, x, value);
    memcpy(out, value, sizeof *out * (size_t)known);
    if (all > known) RZ_TRY(f->m->law->cls->energy(f->m->law, 1, x, out + known));
  }
  return RZ_OK;
}

static rz_err count_outside(void *ctx, int64_t i, double t, const double *x) {
  follower *f = ctx;
  (void)i, (void)t;
  f->n_sample++;
  f->n_outside += rz_law_outside(f->m->law, 1, x);
  return RZ_OK;
}

static rz_err keep_point(void *ctx, int64_t i, double t, const double *x) {
  follower *f = ctx;
  const int dim = 2 * f->r->n_degree;
  (void)i;
  if (f->n_passed == f->r->n_point) return RZ_OK;
  double *to = f->r->point[f->which] + (f->i * f->r->n_point + f->n_passed++) * (1 + dim);
  to[0] = t;
  memcpy(to + 1, x, sizeof *x * (size_t)dim);
  return RZ_OK;
}

static double *begin(follower *f) { return memcpy(f->x, f->start, sizeof *f->x * (size_t)(2 * f->r->n_degree)); }

static rz_err keep_points(follower *f) {
  for (f->which = 0; f->which < (f->r->has_truth ? 2 : 1) && f->r->n_point > 0; f->which++) {
    f->n_passed = 0;
    RZ_TRY(rz_measure_section(f->which ? &f->truth : &f->law, &f->section, f->which ? f->n_true_step : f->n_step,
                              keep_point, f, begin(f)));
  }
  return RZ_OK;
}

static rz_err lyapunov(follower *f, const rz_stepper *s, int64_t n_step, double *value) {
  const int64_t n_sample = rz_config_int(f->config, "rollout", "samples");
  rz_lyapunov out;
  RZ_TRY(rz_measure_lyapunov(s, (rz_sampling){n_step / n_sample, n_sample}, n_sample / 10, begin(f), &out));
  value[0] = out.value;
  value[1] = out.error;
  return RZ_OK;
}

static rz_err follow(follower *f) {
  double *other = other_of(f->r, f->i);
  const int64_t n_sample = rz_config_int(f->config, "rollout", "samples");
  const int64_t n_structure = rz_config_int(f->config, "rollout", "structure_steps");
  const bool section = rz_config_int(f->config, "rollout", "section") > 0;
  rz_drift drift[RZ_MAX_INVARIANT + 1];
  f->n_sample = f->n_outside = 0;
  RZ_TRY(rz_measure_drift(&f->law, (rz_sampling){f->n_step / n_sample, n_sample}, f->r->n_quantity, quantities, f,
                          count_outside, f, begin(f), drift));
  memcpy(drift_of(f->r, f->i, 0), drift, sizeof *drift * (size_t)f->r->n_quantity);
  other[N_SAMPLE] = (double)f->n_sample;
  other[N_OUTSIDE] = (double)f->n_outside;
  if (f->law.tangent) RZ_TRY(rz_measure_symplecticity(&f->law, n_structure, begin(f), other + SYMPLECTICITY));
  RZ_TRY(rz_measure_reversibility(&f->law, n_structure, begin(f), other + REVERSIBILITY));
  if (section && f->r->has_truth)
    RZ_TRY(rz_measure_phase(&f->law, &f->truth, &f->section, f->n_step, f->n_true_step, begin(f), other + PHASE));
  if (section) RZ_TRY(keep_points(f));
  if (!rz_config_bool(f->config, "rollout", "lyapunov") || !f->law.tangent) return RZ_OK;
  RZ_TRY(lyapunov(f, &f->law, f->n_step, other + LYAPUNOV));
  return f->r->has_truth && f->truth.tangent ? lyapunov(f, &f->truth, f->n_true_step, other + TRUE_LYAPUNOV) : RZ_OK;
}

/* From the states of the test, equally spaced over them. */
static void choose_start(follower *f, int64_t i) {
  const rz_dataset *d = &f->m->data;
  const int64_t n = d->n_test > 0 ? d->n_test : d->n_train, first = d->n_test > 0 ? d->n_train : 0;
  const double *x = d->clean ? d->clean : d->x;
  f->i = i;
  f->start = (double *)x + (first + i * n / f->r->n) * 2 * d->n_degree;
}

/* A law that leads nowhere is a finding, not a failure of the run. */
static rz_err follow_one(follower *f, int64_t i) {
  double *row = f->r->table + i * f->r->n_column;
  for (int c = 0; c < f->r->n_column; c++) row[c] = NAN;
  choose_start(f, i);
  const rz_err rc = follow(f);
  other_of(f->r, i)[LOST] = rc == RZ_ERR_NUM;
  return rc == RZ_ERR_NUM ? RZ_OK : rc;
}

/* ---- all of them ---- */

static rz_err make_steppers(follower *f) {
  const double duration = rz_config_real(f->config, "rollout", "duration");
  double step = rz_config_real(f->config, "rollout", "step");
  if (f->m->law->cls->is_map) {
    step = f->m->data.step;
    f->law = rz_law_stepper(f->m->law, step);
  } else {
    const rz_integrator_spec spec = rz_integrator_read(f->config);
    f->flow = rz_law_flow(f->m->law);
    RZ_TRY(rz_integrator_create(&spec, &f->flow, 1, &f->integrator));
    f->law = rz_integrator_stepper(f->integrator, step);
    f->r->method = rz_integrator_class_of(f->integrator)->name;
  }
  const int64_t n_sample = rz_config_int(f->config, "rollout", "samples");
  f->n_step = (int64_t)ceil(duration / step / (double)n_sample) * n_sample;
  f->n_true_step = f->n_step;
  f->r->duration = step * (double)f->n_step;
  if (!f->m->system) return RZ_OK;
  const rz_integrator_spec truth = {.method = f->m->system->flow.separable ? "yoshida8" : "reference"};
  RZ_TRY(rz_integrator_create(&truth, &f->m->system->flow, 1, &f->true_integrator));
  f->truth = rz_integrator_stepper(f->true_integrator, step);
  return RZ_OK;
}

static rz_err make_room(rz_rollout *r) {
  const int64_t n_point = r->n * r->n_point * (1 + 2 * r->n_degree);
  RZ_TRY(RZ_NEW0(r->n * r->n_column, &r->table));
  for (int w = 0; w < 2; w++) {
    RZ_TRY(RZ_NEW(n_point, &r->point[w]));
    for (int64_t k = 0; k < n_point; k++) r->point[w][k] = NAN;
  }
  return RZ_OK;
}

static rz_err prepare(follower *f) {
  const rz_motion *m = f->m;
  rz_rollout *r = f->r;
  r->n_degree = m->law->n_degree;
  r->has_truth = m->system != NULL;
  r->method = "map";
  for (int k = 0; m->system && k < m->system->n_invariant; k++) r->quantity[r->n_quantity++] = m->system->invariant[k];
  if (m->law->cls->energy) r->quantity[r->n_quantity++] = "learned_energy";
  r->n_column = r->n_quantity * OF_DRIFT + N_OTHER;
  f->section = (rz_section){.coordinate = (int)rz_config_int(f->config, "rollout", "section") - 1,
                            .level = rz_config_real(f->config, "rollout", "section_level"),
                            .direction = 1};
  RZ_TRY(make_room(r));
  RZ_TRY(RZ_NEW(2 * r->n_degree, &f->x));
  return make_steppers(f);
}

static rz_err walk(void *ctx, rz_array_visit *visit, void *visit_ctx) {
  rz_rollout *r = ctx;
  const int64_t n_number = 1 + 2 * r->n_degree;
  RZ_TRY(rz_visit_i64("rollout/n_done", &r->n_done, visit, visit_ctx));
  RZ_TRY(visit(
      &(rz_array){.name = "rollout/table", .type = RZ_F64, .n_dim = 2, .shape = {r->n, r->n_column}, .data = r->table},
      visit_ctx));
  for (int w = 0; w < 2 && r->n_point > 0; w++)
    RZ_TRY(visit(&(rz_array){.name = w ? "rollout/true_point" : "rollout/point",
                             .type = RZ_F64,
                             .n_dim = 3,
                             .shape = {r->n, r->n_point, n_number},
                             .data = r->point[w]},
                 visit_ctx));
  return RZ_OK;
}

/* What the rank that followed trajectory i found, to all: it goes as bytes, for NaN has its place among them. */
static rz_err share(const rz_comm *comm, rz_rollout *r, int64_t i, int owner) {
  const int64_t n_number = r->n_point * (1 + 2 * r->n_degree);
  RZ_TRY(rz_bcast(comm, owner, r->n_column * (int64_t)sizeof(double), r->table + i * r->n_column));
  for (int w = 0; w < 2 && n_number > 0; w++)
    RZ_TRY(rz_bcast(comm, owner, n_number * (int64_t)sizeof(double), r->point[w] + i * n_number));
  return RZ_OK;
}

/* As many trajectories at a time as there are ranks. */
static rz_err follow_all(follower *f, const rz_comm *comm, const rz_keeper *keeper) {
  rz_rollout *r = f->r;
  while (r->n_done < r->n) {
    const int64_t left = r->n - r->n_done, n = left < comm->size ? left : comm->size;
    RZ_TRY(rz_agree(comm, comm->rank < n ? follow_one(f, r->n_done + comm->rank) : RZ_OK));
    for (int owner = 0; owner < n; owner++) RZ_TRY(share(comm, r, r->n_done + owner, owner));
    r->n_done += n;
    if (keeper) RZ_TRY(keeper->between(keeper->self, "rollout", r->n_done, walk, r));
  }
  return RZ_OK;
}

rz_err rz_rollout_run(rz_config *config, const rz_comm *comm, rz_motion *m, const rz_keeper *keeper, rz_rollout *out) {
  *out = (rz_rollout){.n = rz_config_int(config, "rollout", "trajectories"),
                      .n_point = rz_config_int(config, "rollout", "section") > 0
                                     ? rz_config_int(config, "rollout", "section_points")
                                     : 0};
  follower f = {.m = m, .config = config, .r = out};
  bool restored = false;
  rz_err rc = RZ_OK;
  if (out->n == 0) return RZ_OK;
  RZ_TRY_DONE(rc, rz_agree(comm, prepare(&f)));
  if (keeper) RZ_TRY_DONE(rc, keeper->restore(keeper->self, "rollout", walk, out, &restored));
  RZ_TRY_DONE(rc, follow_all(&f, comm, keeper));
done:
  rz_free(&f.x);
  rz_integrator_destroy(&f.integrator);
  rz_integrator_destroy(&f.true_integrator);
  return rc;
}

void rz_rollout_free(rz_rollout *r) {
  rz_free(&r->table);
  for (int w = 0; w < 2; w++) rz_free(&r->point[w]);
}

/* ---- on the page ---- */

/* The largest size of a column; NaN where no trajectory has one. */
static double worst(const rz_rollout *r, int column) {
  double most = NAN;
  for (int64_t i = 0; i < r->n; i++) most = fmax(most, fabs(r->table[i * r->n_column + column]));
  return most;
}

static double total(const rz_rollout *r, int column) {
  double sum = 0.0;
  for (int64_t i = 0; i < r->n; i++) sum += fmax(0.0, other_of(r, i)[column]);
  return sum;
}

/* A slope that is 5 of its errors from none, and over the whole run more than rounding and a tenth of the oscillation.
 */
static bool drifts(const rz_rollout *r, int quantity) {
  for (int64_t i = 0; i < r->n; i++) {
    const rz_drift *d = (const rz_drift *)(const void *)drift_of(r, i, quantity);
    const double change = fabs(d->slope) * r->duration;
    if (fabs(d->slope) > 5.0 * d->slope_error && change > fmax(0.1 * d->rms, 1e-12 * fmax(1.0, fabs(d->first))))
      return true;
  }
  return false;
}

static rz_err say_if_known(rz_output *o, const char *what, double value, const char *unit) {
  return isnan(value) ? RZ_OK : rz_output_say(o, "  %-22s %.2e%s\n", what, value, unit);
}

static void raise_flags(const rz_output *o, const rz_rollout *r) {
  const double lost = total(r, LOST), outside = total(r, N_OUTSIDE);
  if (lost > 0)
    rz_log_flag(o->run->log, "rollout_lost", "%.0f of %lld trajectories could not be followed to their end", lost,
                (long long)r->n);
  if (outside > 0)
    rz_log_flag(
        o->run->log, "rollout_outside",
        "%.3g %% of the states on the trajectories lie outside the range of the training data, where the law is "
        "extrapolated",
        100.0 * outside / total(r, N_SAMPLE));
}

rz_err rz_rollout_say(rz_output *o, const rz_rollout *r) {
  if (r->n == 0) return RZ_OK;
  raise_flags(o, r);
  RZ_TRY(rz_output_say(o, "rollout   %lld trajectories by %s; the worst of them:\n", (long long)r->n, r->method));
  for (int k = 0; k < r->n_quantity; k++) {
    const int at = k * OF_DRIFT;
    RZ_TRY(rz_output_say(o, "  %-22s off by %.2e at most, %.2e rms, %s\n", r->quantity[k], worst(r, at + 1),
                         worst(r, at + 2), drifts(r, k) ? "and drifts" : "without drift"));
  }
  const int other = r->n_quantity * OF_DRIFT;
  RZ_TRY(say_if_known(o, "symplectic to", worst(r, other + SYMPLECTICITY), " per step"));
  RZ_TRY(say_if_known(o, "time-reversible to", worst(r, other + REVERSIBILITY), ""));
  RZ_TRY(say_if_known(o, "phase gained", worst(r, other + PHASE), " rad per period"));
  RZ_TRY(say_if_known(o, "Lyapunov exponent", worst(r, other + LYAPUNOV), ""));
  return say_if_known(o, "of the truth", worst(r, other + TRUE_LYAPUNOV), "");
}

/* ---- in the results ---- */

static rz_err write_column(const rz_output *o, const rz_rollout *r, const char *path, int column, const char *units,
                           const char *label) {
  double *x;
  RZ_TRY(RZ_NEW(r->n, &x));
  for (int64_t i = 0; i < r->n; i++) x[i] = r->table[i * r->n_column + column];
  const rz_err rc = rz_results_vector(o->results, path, r->n, x, units, label);
  rz_free(&x);
  return rc;
}

static rz_err write_drift(const rz_output *o, const rz_rollout *r, int quantity) {
  static const struct {
    const char *name, *label;
  } columns[OF_DRIFT] = {{"first", "at the start"},
                         {"max", "largest change since"},
                         {"rms", "root of the mean square of the change"},
                         {"slope", "secular change per unit of time"},
                         {"slope_error", "its standard error"}};
  char path[96];
  for (int c = 0; c < OF_DRIFT; c++) {
    snprintf(path, sizeof path, "/rollout/%s/%s", r->quantity[quantity], columns[c].name);
    RZ_TRY(write_column(o, r, path, quantity * OF_DRIFT + c, "units of the system", columns[c].label));
  }
  return RZ_OK;
}

static rz_err write_points(const rz_output *o, const rz_rollout *r, int which) {
  const rz_array array = {.name = "points",
                          .type = RZ_F64,
                          .n_dim = 3,
                          .shape = {r->n, r->n_point, 1 + 2 * r->n_degree},
                          .data = r->point[which]};
  return rz_results_array(o->results, which ? "/rollout/section/truth" : "/rollout/section/law", &array,
                          "units of the system", "time and state (q, p) at each passage; NaN: no more of them");
}

rz_err rz_rollout_write(rz_output *o, const rz_rollout *r) {
  static const struct {
    const char *name, *units, *label;
  } columns[N_OTHER] = {
      {"symplecticity", "1", "max |M^T Omega M - Omega| of single steps, by the exact tangent map"},
      {"reversibility", "units of the system", "max |x'' - x| after steps there and, momenta turned, back"},
      {"phase", "rad", "gained per period against the truth"},
      {"lyapunov", "1/time", "largest Lyapunov exponent of the law"},
      {"lyapunov_error", "1/time", "its standard error"},
      {"true_lyapunov", "1/time", "largest Lyapunov exponent of the truth"},
      {"true_lyapunov_error", "1/time", "its standard error"},
      {"n_outside", "1", "samples outside the range of the training data"},
      {"n_sample", "1", "samples"},
      {"lost", "1", "1: not followed to its end"}};
  if (r->n == 0 || !o->results) return RZ_OK;
  RZ_TRY(rz_results_text(o->results, "/rollout/method", r->method, "how the law was followed"));
  for (int k = 0; k < r->n_quantity; k++) RZ_TRY(write_drift(o, r, k));
  for (int c = 0; c < N_OTHER; c++) {
    char path[64];
    snprintf(path, sizeof path, "/rollout/%s", columns[c].name);
    RZ_TRY(write_column(o, r, path, r->n_quantity * OF_DRIFT + c, columns[c].units, columns[c].label));
  }
  for (int w = 0; w < (r->has_truth ? 2 : 1) && r->n_point > 0; w++) RZ_TRY(write_points(o, r, w));
  return RZ_OK;
}
