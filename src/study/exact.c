/* study = 'exact': the reference of a deck by itself: levels of a sector, its symmetries, and its correlations. */
#include "output.h"
#include "quantum.h"
#include "quantum_output.h"
#include "ritz/core/memory.h"
#include "ritz/exact/ed.h"
#include "studies.h"
#include "text.h"
#include <math.h>
#include <string.h>
#include <unistd.h>

static const char *const groups[] = {"!run",     "!lattice",  "!hamiltonian", "sector",
                                     "evaluate", "reference", "sweep",        NULL};

static double sector_dim(const rz_model *model) {
  return rz_sector_dimension(rz_lattice_n_site(model->lattice), model->fixed_sz, model->n_up);
}

/* Symmetry labels belong to the bare basis, so H is not rotated here. */
static rz_ed_spec spec_from_deck(const rz_config *config, const rz_model *model) {
  rz_ed_spec spec = {.op = model->bare,
                     .lattice = model->lattice,
                     .fixed_sz = model->fixed_sz,
                     .n_up = model->n_up,
                     .n_levels = (int)rz_config_int(config, "reference", "levels"),
                     .solver = rz_config_string(config, "reference", "solver"),
                     .tol = 1e-12,
                     .seed = 1,
                     .on_one_rank = rz_config_bool(config, "run", "reproducible")};
  spec.with_vectors = spec.n_levels > 1 && rz_config_has(config, "evaluate", "observables");
  if (rz_config_has(config, "sector", "momentum")) {
    spec.use_momentum = true;
    for (int d = 0; d < rz_config_count(config, "sector", "momentum") && d < 2; d++)
      spec.momentum[d] = (int)rz_config_int_at(config, "sector", "momentum", d);
  }
  if (rz_config_has(config, "sector", "spin_flip")) spec.spin_flip = (int)rz_config_int(config, "sector", "spin_flip");
  if (rz_config_has(config, "sector", "reflection"))
    spec.reflection = (int)rz_config_int(config, "sector", "reflection");
  return spec;
}

/* What one rank can need at most: this machine's memory. */
static double physical_memory(void) {
  const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
  return pages > 0 && size > 0 ? (double)pages * (double)size : INFINITY;
}

/* The sector of a spec, or the deck's error at the key it belongs to. */
static rz_err check_symmetry(rz_config *config, const rz_ed_spec *spec, const char *key, int *n_element, bool *real) {
  const rz_err rc = rz_ed_check(spec, n_element, real);
  if (rc != RZ_ERR_ARG) return rc;
  rz_config_error(config, "sector", key, "%s", rz_error_message());
  return RZ_OK;
}

/* One symmetry after the other, so that each fault has its key, then all of them together. */
static rz_err check_symmetries(rz_config *config, const rz_ed_spec *all, int *n_element, bool *real) {
  static const char *const keys[] = {"momentum", "spin_flip", "reflection"};
  const int before = rz_config_error_count(config);
  const char *last = NULL;
  for (int i = 0; i < 3; i++) {
    if (!rz_config_has(config, "sector", keys[i])) continue;
    rz_ed_spec one = *all;
    one.use_momentum = i == 0;
    one.spin_flip = i == 1 ? all->spin_flip : 0;
    one.reflection = i == 2 ? all->reflection : 0;
    RZ_TRY(check_symmetry(config, &one, keys[i], n_element, real));
    last = keys[i];
  }
  return rz_config_error_count(config) > before ? RZ_OK : check_symmetry(config, all, last, n_element, real);
}

/* Symmetries that do not fit and a sector too large for the machine are the deck's errors.
 *   bytes  out, what each of n_rank ranks needs at least */
static rz_err check_sector(rz_config *config, const rz_model *model, int n_rank, double *bytes) {
  const rz_ed_spec spec = spec_from_deck(config, model);
  const int before = rz_config_error_count(config);
  int n_element = 1;
  bool real = true;
  *bytes = 0.0;
  RZ_TRY(check_symmetries(config, &spec, &n_element, &real));
  if (rz_config_error_count(config) > before) return RZ_OK;
  const double dim = fmax(1.0, sector_dim(model) / n_element), available = physical_memory();
  *bytes = rz_ed_memory(&spec, dim, n_element, !real, n_rank);
  if (*bytes > available)
    rz_config_error(config, "lattice", "length",
                    "a sector of %s%.4g states needs at least %.3g bytes on each of %d rank%s; this machine has %.3g: "
                    "take a smaller lattice, a smaller sector or more ranks",
                    n_element > 1 ? "about " : "", dim, *bytes, n_rank, n_rank > 1 ? "s" : "", available);
  return RZ_OK;
}

/* Everything that needs no other rank. */
static rz_err create_local(rz_config *config, int n_rank, rz_model **model, rz_observables **observables,
                           double *bytes) {
  rz_evaluate_check_exact(config);
  rz_reference_check_exact(config);
  RZ_TRY(rz_model_create(config, model));
  RZ_TRY(check_sector(config, *model, n_rank, bytes));
  RZ_TRY(rz_quantum_observables(config, *model, observables));
  return rz_config_report(config);
}

static rz_err check(rz_config *config, int n_rank, FILE *out) {
  rz_model *model = NULL;
  rz_observables *observables = NULL;
  double bytes;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, create_local(config, n_rank, &model, &observables, &bytes));
  fprintf(out, "! %s\n! sites %d, states with this Sz %.0f\n", model->formula, rz_lattice_n_site(model->lattice),
          sector_dim(model));
  fprintf(out, "! memory on each of %d rank%s: %.1f MB\n", n_rank, n_rank > 1 ? "s" : "", bytes / 1e6);
done:
  rz_observables_destroy(&observables);
  rz_model_destroy(&model);
  return rc;
}

typedef struct exact_run {
  const rz_run *run;
  rz_model *model;
  rz_output output;
  rz_reference reference; /* energy by formula, levels and vectors by diagonalisation */
  rz_observables *observables;
} exact_run;

static rz_err say_levels(exact_run *e) {
  const rz_ed_result *ed = &e->reference.ed;
  const int n = rz_lattice_n_site(e->model->lattice);
  RZ_TRY(rz_output_say(&e->output, "diagonalised a sector of %lld states by %s: %d products, %.3g s each\n",
                       (long long)ed->dim, ed->solver, ed->n_products, ed->seconds_per_product));
  RZ_TRY(rz_output_say(&e->output, "  level  energy                 per site            residual\n"));
  for (int k = 0; k < ed->n_level; k++)
    RZ_TRY(rz_output_say(&e->output, "  %5d  %-21.14g  %-18.12g  %.1e\n", k, ed->energy[k], ed->energy[k] / n,
                         ed->residual[k]));
  return RZ_OK;
}

static rz_err diagonalise(exact_run *e) {
  const rz_run *run = e->run;
  rz_reference *r = &e->reference;
  const rz_ed_spec spec = spec_from_deck(run->config, e->model);
  const rz_err rc = rz_ed_solve(&spec, run->comm, &r->ed);
  if (rc == RZ_ERR_ARG) { /* no state of this sector has the symmetries, or too many for the solver */
    rz_config_error(run->config, "sector", NULL, "%s", rz_error_message());
    return rz_config_report(run->config);
  }
  RZ_TRY(rc);
  r->n_level = r->ed.n_level;
  r->level = r->ed.energy;
  r->n_ground = 1;
  while (r->n_ground < r->n_level && r->level[r->n_ground] - r->level[0] < 1e-9 * fmax(1.0, fabs(r->level[0])))
    r->n_ground++;
  return say_levels(e);
}

static rz_err expectation_values(exact_run *e, int *n, const rz_measured **values) {
  const rz_run *run = e->run;
  *n = 0;
  if (!rz_config_has(run->config, "evaluate", "observables")) return RZ_OK;
  if (e->reference.n_ground > 1) {
    rz_log_warn(run->log,
                "the ground level is degenerate: expectation values of one of its states are not unique and are "
                "left out");
    return RZ_OK;
  }
  if (e->reference.n_level == 1 && e->reference.ed.dim > 1) {
    rz_log_warn(run->log,
                "one level does not show whether the ground level is degenerate: expectation values are left out; "
                "levels = 2 in &reference or more");
    return RZ_OK;
  }
  const rz_ed_spec spec = spec_from_deck(run->config, e->model);
  double complex *psi = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY(rz_ed_expand(&spec, run->comm, &e->reference.ed, 0, INT64_C(4) << 30, &e->reference.sector, &psi));
  RZ_TRY_DONE(rc, rz_observables_exact(e->observables, &e->reference.sector, psi, n, values));
done:
  rz_free(&psi);
  return rc;
}

static bool is_whole_sz_sector(const rz_config *config) {
  return !rz_config_has(config, "sector", "momentum") && !rz_config_has(config, "sector", "spin_flip") &&
         !rz_config_has(config, "sector", "reflection");
}

/* A formula gives the ground state of all symmetry sectors; the results hold that of the sector asked for. */
static rz_err compare_with_formula(exact_run *e) {
  bool found;
  double energy;
  const char *method;
  RZ_TRY(rz_reference_formula(e->run->config, e->model, &found, &energy, &method));
  rz_reference *r = &e->reference;
  const bool by_formula = found && is_whole_sz_sector(e->run->config);
  r->known = true;
  r->energy = by_formula ? energy : r->level[0];
  if (by_formula)
    snprintf(r->method, sizeof r->method, "%s", method);
  else
    snprintf(r->method, sizeof r->method, "exact diagonalisation (%s)", r->ed.solver);
  if (!found) return RZ_OK;
  return rz_output_say(&e->output, "%s gives E0 = %.14g for the whole Sz sector\n", method, energy);
}

static rz_err say_values(exact_run *e, int n, const rz_measured *values) {
  for (int i = 0; i < n; i++) {
    RZ_TRY(rz_output_say(&e->output, "%-12s", values[i].name));
    for (int64_t k = 0; k < values[i].n_value && k < 6; k++)
      RZ_TRY(rz_output_say(&e->output, " %.10g", values[i].mean[k]));
    RZ_TRY(rz_output_say(&e->output, values[i].n_value > 6 ? " ...\n" : "\n"));
  }
  return RZ_OK;
}

static rz_err run_all(exact_run *e) {
  const rz_run *run = e->run;
  double bytes;
  RZ_TRY(rz_agree(run->comm, create_local(run->config, run->comm->size, &e->model, &e->observables, &bytes)));
  RZ_TRY(rz_output_open(run, rz_quantum_subject(e->model), false, &e->output));
  RZ_TRY(rz_text_header(&e->output, e->model, NULL));
  RZ_TRY(diagonalise(e));
  RZ_TRY(compare_with_formula(e));
  int n;
  const rz_measured *values = NULL;
  RZ_TRY(rz_agree(run->comm, expectation_values(e, &n, &values)));
  RZ_TRY(say_values(e, n, values));
  RZ_TRY(rz_text_warnings(&e->output));
  rz_err rc = rz_output_begin_results(&e->output);
  if (rc == RZ_OK) rc = rz_quantum_write_reference(&e->output, &e->reference);
  if (rc == RZ_OK) rc = rz_quantum_write_observables(&e->output, n, values, NULL);
  return rz_output_commit(&e->output, rc);
}

static rz_err run(const rz_run *run) {
  exact_run e = {.run = run};
  const rz_err rc = run_all(&e);
  rz_observables_destroy(&e.observables);
  rz_reference_free(&e.reference);
  rz_output_close(&e.output);
  rz_model_destroy(&e.model);
  return rc;
}

const rz_study_class rz_study_exact = {
    "exact", "exact diagonalisation: lowest levels of a sector and their correlations", groups, check, run};
