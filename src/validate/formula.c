#include "ritz/exact/bethe.h"
#include "ritz/exact/closed_form.h"
#include "ritz/exact/free_fermion.h"
#include "ritz/validate/reference.h"

#include <math.h>
#include <string.h>

/* One way to know the energy: the operator it belongs to, built from scratch, and the formula. */
typedef struct formula {
  const char *model, *method;
  rz_err (*build)(const rz_config *config, int n, bool periodic,
                  rz_operator *op); /* spin or Pauli as the deck's units */
  rz_err (*energy)(const rz_config *config, int n, bool periodic, bool fixed_sz, int n_up, double *energy);
} formula;

static double coupling(const rz_config *c, const char *key) { return rz_config_real(c, "hamiltonian", key); }

static bool is_pauli(const rz_config *c) { return strcmp(rz_config_string(c, "hamiltonian", "units"), "pauli") == 0; }

static char letter(const rz_config *c, char axis) { return is_pauli(c) ? (char)(axis - 'x' + 'X') : axis; }

static rz_err add_bond(rz_operator *op, double coef, int a, int b, char axis) {
  return rz_operator_add(op, coef, 2, (rz_local[]){{a, axis}, {b, axis}});
}

/* --- Transverse-field Ising chain -------------------------------------------------------------------------------- */

static rz_err build_tfim(const rz_config *c, int n, bool periodic, rz_operator *op) {
  for (int i = 0; i < (periodic ? n : n - 1); i++)
    RZ_TRY(add_bond(op, -coupling(c, "j"), i, (i + 1) % n, letter(c, 'z')));
  for (int i = 0; i < n; i++) RZ_TRY(rz_operator_add(op, -coupling(c, "h"), 1, &(rz_local){i, letter(c, 'x')}));
  return RZ_OK;
}

static rz_err energy_tfim(const rz_config *c, int n, bool periodic, bool fixed_sz, int n_up, double *energy) {
  (void)n_up;
  RZ_CHECK(!fixed_sz, RZ_ERR_ARG, "free fermions know no sector of fixed Sz"); /* h = 0 keeps Sz */
  const double j = coupling(c, "j") * (is_pauli(c) ? 1.0 : 0.25), h = coupling(c, "h") * (is_pauli(c) ? 1.0 : 0.5);
  if (periodic) {
    rz_tfim_levels levels;
    RZ_TRY(rz_tfim_ring_levels(n, j, h, &levels));
    *energy = levels.e0;
    return RZ_OK;
  }
  double jz[512], hx[512];
  RZ_CHECK(n <= 512, RZ_ERR_ARG, "the open free-fermion formula is offered up to 512 sites");
  for (int i = 0; i < n; i++) jz[i] = j, hx[i] = h;
  rz_free_fermion *state = NULL;
  RZ_TRY(rz_free_fermion_open(n, jz, NULL, hx, 0, &state));
  *energy = rz_free_fermion_energy(state);
  rz_free_fermion_destroy(&state);
  return RZ_OK;
}

/* --- Heisenberg and XXZ rings ------------------------------------------------------------------------------------ */

static double anisotropy(const rz_config *c) {
  return rz_config_has(c, "hamiltonian", "delta") ? coupling(c, "delta") : 1.0;
}

static rz_err build_xxz_with(const rz_config *c, int n, bool periodic, double delta, rz_operator *op) {
  for (int i = 0; i < (periodic ? n : n - 1); i++) {
    const int next = (i + 1) % n;
    RZ_TRY(add_bond(op, coupling(c, "j"), i, next, letter(c, 'x')));
    RZ_TRY(add_bond(op, coupling(c, "j"), i, next, letter(c, 'y')));
    RZ_TRY(add_bond(op, coupling(c, "j") * delta, i, next, letter(c, 'z')));
  }
  return RZ_OK;
}

static rz_err build_xxz(const rz_config *c, int n, bool periodic, rz_operator *op) {
  return build_xxz_with(c, n, periodic, anisotropy(c), op);
}

static rz_err build_heisenberg(const rz_config *c, int n, bool periodic, rz_operator *op) {
  return build_xxz_with(c, n, periodic, 1.0, op);
}

static rz_err bethe(const rz_config *c, int n, bool periodic, double delta, int n_up, double *energy) {
  const double j = coupling(c, "j") * (is_pauli(c) ? 4.0 : 1.0);
  RZ_CHECK(j > 0, RZ_ERR_ARG, "the Bethe ansatz here is for j > 0");
  rz_bethe_level level;
  if (periodic)
    RZ_TRY(rz_bethe_ring(n, delta, n - n_up, &level));
  else
    RZ_TRY(rz_bethe_open_heisenberg(n, n - n_up, &level));
  *energy = j * level.energy;
  return RZ_OK;
}

static rz_err energy_xxz(const rz_config *c, int n, bool periodic, bool fixed_sz, int n_up, double *energy) {
  RZ_CHECK(periodic, RZ_ERR_ARG, "no formula for the open XXZ chain");
  return bethe(c, n, periodic, anisotropy(c), fixed_sz ? n_up : n / 2, energy);
}

static rz_err energy_heisenberg(const rz_config *c, int n, bool periodic, bool fixed_sz, int n_up, double *energy) {
  return bethe(c, n, periodic, 1.0, fixed_sz ? n_up : n / 2, energy);
}

/* --- Majumdar-Ghosh point, Haldane-Shastry ring ------------------------------------------------------------------ */

static rz_err build_j1j2(const rz_config *c, int n, bool periodic, rz_operator *op) {
  for (int step = 1; step <= 2; step++)
    for (int i = 0; i < (periodic ? n : n - step); i++)
      for (char axis = 'x'; axis <= 'z'; axis++)
        RZ_TRY(add_bond(op, coupling(c, step == 1 ? "j1" : "j2"), i, (i + step) % n, letter(c, axis)));
  return RZ_OK;
}

static rz_err energy_j1j2(const rz_config *c, int n, bool periodic, bool fixed_sz, int n_up, double *energy) {
  const double j1 = coupling(c, "j1") * (is_pauli(c) ? 4.0 : 1.0);
  RZ_CHECK(coupling(c, "j2") == 0.5 * coupling(c, "j1") && n % 2 == 0 && (!fixed_sz || 2 * n_up == n) && n > 4,
           RZ_ERR_ARG, "a formula exists at j2 = j1 / 2, even length and Sz = 0 only");
  rz_closed_form form;
  RZ_TRY(rz_majumdar_ghosh(n, periodic, j1, &form));
  *energy = form.energy;
  return RZ_OK;
}

static rz_err build_haldane_shastry(const rz_config *c, int n, bool periodic, rz_operator *op) {
  RZ_CHECK(periodic, RZ_ERR_ARG, "the Haldane-Shastry chain is a ring");
  const double pi = 3.14159265358979323846;
  for (int a = 0; a < n; a++)
    for (int b = a + 1; b < n; b++) {
      const double chord = sin(pi * (b - a) / n) * n / pi;
      for (char axis = 'x'; axis <= 'z'; axis++)
        RZ_TRY(add_bond(op, coupling(c, "j") / (chord * chord), a, b, letter(c, axis)));
    }
  return RZ_OK;
}

static rz_err energy_haldane_shastry(const rz_config *c, int n, bool periodic, bool fixed_sz, int n_up,
                                     double *energy) {
  (void)periodic;
  const double j = coupling(c, "j") * (is_pauli(c) ? 4.0 : 1.0);
  RZ_CHECK(j > 0 && n % 2 == 0 && (!fixed_sz || 2 * n_up == n), RZ_ERR_ARG,
           "a formula exists for j > 0, even length and Sz = 0 only");
  rz_closed_form form;
  RZ_TRY(rz_haldane_shastry_ground(n, &form));
  *energy = j * form.energy;
  return RZ_OK;
}

static const formula formulas[] = {
    {"tfim", "free fermions", build_tfim, energy_tfim},
    {"heisenberg", "Bethe ansatz", build_heisenberg, energy_heisenberg},
    {"xxz", "Bethe ansatz", build_xxz, energy_xxz},
    {"j1j2", "Majumdar-Ghosh", build_j1j2, energy_j1j2},
    {"haldane_shastry", "Haldane-Shastry", build_haldane_shastry, energy_haldane_shastry},
};

/* --- Does the deck's H have this formula? ------------------------------------------------------------------------ */

static bool same_flip_set(const rz_flip_set *a, const rz_flip_set *b) {
  if (a->n_flip != b->n_flip || a->n_term != b->n_term) return false;
  if (memcmp(a->site, b->site, (size_t)a->n_flip * sizeof *a->site) != 0) return false;
  for (int k = 0; k < a->n_term; k++) {
    const int n = a->first[k + 1] - a->first[k];
    if (n != b->first[k + 1] - b->first[k]) return false;
    if (memcmp(a->zsite + a->first[k], b->zsite + b->first[k], (size_t)n * sizeof *a->zsite) != 0) return false;
    if (cabs(a->coef[k] - b->coef[k]) > 1e-13 * cabs(a->coef[k])) return false;
  }
  return true;
}

static bool same_operator(const rz_operator *a, const rz_operator *b) {
  if (rz_operator_n_flip_set(a) != rz_operator_n_flip_set(b)) return false;
  for (int64_t k = 0; k < rz_operator_n_flip_set(a); k++)
    if (!same_flip_set(rz_operator_flip_set(a, k), rz_operator_flip_set(b, k))) return false;
  return true;
}

static rz_err matches(const formula *f, const rz_config *config, const rz_model *model, bool periodic, bool *same) {
  rz_operator *op = NULL;
  rz_err rc = RZ_OK;
  *same = false;
  const int n = rz_lattice_n_site(model->lattice);
  RZ_TRY_DONE(rc, rz_operator_create(n, &op));
  if (f->build(config, n, periodic, op) != RZ_OK) goto done; /* no such ring: no formula */
  RZ_TRY_DONE(rc, rz_operator_finish(op));
  *same = same_operator(op, model->bare);
done:
  rz_operator_destroy(&op);
  return rc;
}

rz_err rz_reference_formula(const rz_config *config, const rz_model *model, bool *found, double *energy,
                            const char **method) {
  *found = false;
  const rz_lattice_spec *spec = rz_lattice_spec_of(model->lattice);
  const int n = rz_lattice_n_site(model->lattice);
  /* Two sites joined twice are one bond here and two in the formulas. */
  if (strcmp(spec->geometry, "chain") != 0 || n < 3) return RZ_OK;
  for (size_t i = 0; i < sizeof formulas / sizeof *formulas; i++) {
    const formula *f = &formulas[i];
    if (strcmp(f->model, model->cls->name) != 0) continue;
    bool same;
    RZ_TRY(matches(f, config, model, spec->periodic[0], &same));
    if (!same) continue;
    *method = f->method;
    *found = f->energy(config, n, spec->periodic[0], model->fixed_sz, model->n_up, energy) == RZ_OK;
    return RZ_OK;
  }
  return RZ_OK;
}
