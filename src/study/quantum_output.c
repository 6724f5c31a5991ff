/* The numbers of a quantum state in the results file. */
#include "quantum_output.h"

#include "ritz/validate/temple.h"
#include <stdio.h>
#include <string.h>

#define ENERGY_SQUARED "energy^2"

static rz_err write_measured_values(rz_results *r, const char *path, const rz_measured *m, const double *x,
                                    const char *label) {
  rz_array array = {.name = path, .type = RZ_F64, .n_dim = m->n_dim, .data = (void *)x};
  memcpy(array.shape, m->shape, sizeof m->shape);
  return rz_results_array(r, path, &array, m->unit, label);
}

static rz_err write_statistics(rz_results *r, const char *group, const rz_mean *m, const char *units,
                               const char *units_squared) {
  char path[160];
  const struct {
    const char *name, *units, *label;
    double value;
  } rows[] = {{"mean", units, "mean over samples", m->mean},
              {"error", units, "standard error of the mean, autocorrelation included", m->error},
              {"variance", units_squared, "variance of a single sample", m->variance},
              {"tau_int", "draws", "integrated autocorrelation time; 0.5 for independent draws", m->tau_int},
              {"r_hat", "1", "split R-hat", m->r_hat},
              {"ess", "1", "effective number of samples", m->ess}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    snprintf(path, sizeof path, "%s/%s", group, rows[i].name);
    RZ_TRY(rz_results_f64(r, path, rows[i].value, rows[i].units, rows[i].label));
  }
  snprintf(path, sizeof path, "%s/n", group);
  return rz_results_i64(r, path, m->n, "samples over all ranks");
}

/* --- The subject -------------------------------------------------------------------------------------------------- */

static rz_err write_conventions(rz_results *r, const void *self) {
  const rz_model *model = self;
  RZ_TRY(rz_results_text(r, "/input/hamiltonian", model->formula, "H written out"));
  RZ_TRY(rz_results_attr_text(r, "/input/hamiltonian", "units", model->pauli ? "pauli" : "spin"));
  return rz_results_attr_text(r, "/input/hamiltonian", "basis",
                              model->marshall ? "sz, rotated by the Marshall sign" : "sz");
}

static const rz_column columns[] = {
    {"energy", RZ_UNIT_OF_OBJECTIVE, "mean local energy of the step's samples"},
    {"error", RZ_UNIT_OF_OBJECTIVE, "standard error of the energy"},
    {"variance", ENERGY_SQUARED, "variance of the local energy"},
    {"v_score", "1", "N variance / (E - E_inf)^2, E_inf = Tr H / dim"},
    {"energy_imag", RZ_UNIT_OF_OBJECTIVE, "imaginary part of the energy: 0 within its error"},
    {"acceptance", "1", "accepted proposals"},
    {"tau_int", "draws", "integrated autocorrelation time of the energy"},
    {"r_hat", "1", "split R-hat of the energy"},
    {"ess", "1", "effective number of samples"},
    {"step_correlation", "1", "of the chains' mean energies with those of the step before"},
    {"n_bad", "1", "samples left out, their local energy not finite"},
};

/* Energies are numbers in the unit that the deck's couplings have; what these multiply is worth saying. */
rz_subject rz_quantum_subject(const rz_model *model) {
  const char *units = model->pauli ? "pauli" : "spin";
  return (rz_subject){.n_field = 3,
                      .field = {{.name = "hamiltonian", .type = RZ_FIELD_TEXT, .text = model->formula},
                                {.name = "units", .type = RZ_FIELD_TEXT, .text = units},
                                {.name = "n_site", .type = RZ_FIELD_INT, .integer = rz_lattice_n_site(model->lattice)}},
                      .n_column = sizeof columns / sizeof *columns,
                      .column = columns,
                      .unit = model->pauli ? "energy unit of the deck (Pauli matrices)"
                                           : "energy unit of the deck (spin 1/2)",
                      .write = write_conventions,
                      .self = model};
}

/* --- Results ------------------------------------------------------------------------------------------------------ */

rz_err rz_quantum_write_energy(rz_output *o, const rz_model *model, const rz_evaluation *e) {
  rz_results *r = o->results;
  if (!r) return RZ_OK;
  const char *units = o->subject.unit;
  RZ_TRY(write_statistics(r, "/observables/energy", &e->energy.re, units, ENERGY_SQUARED));
  RZ_TRY(rz_results_f64(r, "/observables/energy/imag", e->energy.im, units, "imaginary part: 0 within its error"));
  RZ_TRY(rz_results_f64(r, "/observables/energy/local_variance", e->energy.variance, ENERGY_SQUARED,
                        "<|E_loc|^2> - |<E_loc>|^2"));
  RZ_TRY(rz_results_f64(r, "/observables/energy/v_score", e->energy.v_score, "1",
                        "N variance / (E - E_inf)^2, E_inf = Tr H / dim"));
  RZ_TRY(rz_results_f64(r, "/observables/energy/acceptance", e->sampler.acceptance, "1", "accepted proposals"));
  RZ_TRY(rz_results_i64(r, "/observables/energy/reached", e->reached, "1: the asked relative error was reached"));
  return rz_results_i64(r, "/observables/energy/n_site", rz_lattice_n_site(model->lattice), "sites");
}

rz_err rz_quantum_write_observables(rz_output *o, int n, const rz_measured *measured, const rz_measured *exact) {
  rz_results *r = o->results;
  if (!r) return RZ_OK;
  for (int i = 0; i < n; i++) {
    const rz_measured *m = &measured[i];
    char path[160];
    snprintf(path, sizeof path, "/observables/%s/mean", m->name);
    RZ_TRY(write_measured_values(r, path, m, m->mean, m->label));
    snprintf(path, sizeof path, "/observables/%s/error", m->name);
    RZ_TRY(write_measured_values(r, path, m, m->error, "standard error"));
    if (exact) {
      snprintf(path, sizeof path, "/observables/%s/exact", m->name);
      RZ_TRY(write_measured_values(r, path, m, exact[i].mean, "exact diagonalisation"));
    }
    if (m->axis) {
      snprintf(path, sizeof path, "/observables/%s/axis", m->name);
      RZ_TRY(rz_results_vector(r, path, m->n_value, m->axis, "1", m->axis_label));
    }
  }
  return RZ_OK;
}

rz_err rz_quantum_write_reference(rz_output *o, const rz_reference *ref) {
  rz_results *r = o->results;
  if (!r || !ref->known) return RZ_OK;
  RZ_TRY(rz_results_f64(r, "/exact/energy", ref->energy, o->subject.unit, "reference energy"));
  RZ_TRY(rz_results_f64(r, "/exact/energy_error", ref->error, o->subject.unit, "its error; 0 for an exact one"));
  RZ_TRY(rz_results_text(r, "/exact/method", ref->method, "where it comes from"));
  if (ref->n_level == 0) return RZ_OK;
  RZ_TRY(rz_results_vector(r, "/exact/energies", ref->n_level, ref->level, o->subject.unit,
                           "lowest levels of the sector"));
  RZ_TRY(rz_results_vector(r, "/exact/residuals", ref->n_level, ref->ed.residual, o->subject.unit,
                           "|H v - E v| of each level"));
  RZ_TRY(rz_results_text(r, "/exact/solver", ref->ed.solver, "the eigensolver used"));
  RZ_TRY(rz_results_i64(r, "/exact/dimension", ref->ed.dim, "states in the sector"));
  RZ_TRY(rz_results_i64(r, "/exact/degeneracy", ref->n_ground, "dimension of the ground space found"));
  return rz_results_f64(r, "/timing/seconds_per_product", ref->ed.seconds_per_product, "s", "one product H v");
}

rz_err rz_quantum_write_temple(rz_output *o, const rz_evaluation *e, const rz_reference *ref) {
  rz_results *r = o->results;
  if (!r || ref->n_level == 0) return RZ_OK;
  const rz_temple t = rz_temple_bound(&e->energy, ref->level[0] + ref->gap);
  if (!t.applies) return RZ_OK;
  const char *path = "/observables/energy/temple_lower_bound";
  RZ_TRY(rz_results_f64(r, path, t.bound, o->subject.unit, "lower bound of E0: E - variance / (E1 - E)"));
  RZ_TRY(rz_results_attr_text(r, path, "assumes", "E1, the first level above the ground space, from /exact/energies"));
  RZ_TRY(rz_results_attr_f64(r, path, "e1", ref->level[0] + ref->gap));
  return rz_results_f64(r, "/observables/energy/temple_lower_bound_error", t.error, o->subject.unit,
                        "statistical error of the bound");
}
