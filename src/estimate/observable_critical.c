/* What finite-size scaling reads: the Binder ratio U = 1 - <m^4> / (3 <m^2>^2) and the second-moment correlation length
 * xi = sqrt(S(0)/S(k) - 1) / (2 sin(k/2)), k = 2 pi / L along the first direction, in unit cells. Uniform, or staggered
 * by sublattice. */
#include "observable_impl.h"

#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include <math.h>

static int sign(const int8_t *sublattice, int i) { return sublattice && sublattice[i] ? -1 : 1; }

static const char *unfit_staggered(const rz_model *model) {
  return rz_lattice_is_bipartite(model->lattice) ? NULL : "needs a lattice of two sublattices";
}

static const char *unfit_uniform(const rz_model *model) {
  return model->fixed_sz ? "is made of the total s^z, which is a constant in this sector" : NULL;
}

/* ---- Binder ratio ---- */

static void moments(const rz_observable *o, const int8_t *sublattice, const int8_t *spin, double *raw) {
  int sum = 0;
  for (int i = 0; i < o->n_site; i++) sum += sign(sublattice, i) * spin[i];
  const double m = (double)sum / o->n_site;
  raw[0] = m * m;
  raw[1] = m * m * m * m;
}

static void raw_binder(const rz_observable *o, const int8_t *spin, double *raw) { moments(o, NULL, spin, raw); }
static void raw_binder_staggered(const rz_observable *o, const int8_t *spin, double *raw) {
  moments(o, rz_lattice_sublattice(o->model->lattice), spin, raw);
}

static rz_err init_binder(rz_observable *o) {
  o->n_spin = 2;
  return rz_observable_scalar(o, "binder", "1 - <m^4> / (3 <m^2>^2), m the mean of s^z", "1");
}

static rz_err init_binder_staggered(rz_observable *o) {
  o->n_spin = 2;
  return rz_observable_scalar(o, "binder_staggered", "1 - <m^4> / (3 <m^2>^2), m the staggered mean of s^z", "1");
}

static void finish_binder(const rz_observable *o, const double *raw, double *value) {
  (void)o;
  value[0] = 1.0 - raw[1] / (3.0 * raw[0] * raw[0]);
}

const rz_observable_class rz_observable_binder = {.name = "binder",
                                                  .about = "Binder ratio of s^z",
                                                  .cite = "Binder, doi:10.1007/BF01293604",
                                                  .diagonal = 1,
                                                  .unfit = unfit_uniform,
                                                  .init = init_binder,
                                                  .of_spins = raw_binder,
                                                  .finish = finish_binder};
const rz_observable_class rz_observable_binder_staggered = {.name = "binder_staggered",
                                                            .about = "Binder ratio of staggered s^z",
                                                            .cite = "Binder, doi:10.1007/BF01293604",
                                                            .diagonal = 1,
                                                            .unfit = unfit_staggered,
                                                            .init = init_binder_staggered,
                                                            .of_spins = raw_binder_staggered,
                                                            .finish = finish_binder};

/* ---- correlation length ---- */

static const char *unfit_length(const rz_model *model) {
  int n_cell[2] = {0, 0};
  if (!rz_has_cells(model->lattice)) return "needs a lattice with unit cells: a graph has no momenta";
  rz_cell_counts(model->lattice, n_cell);
  return n_cell[0] < 2 ? "needs at least two unit cells along the first direction" : NULL;
}

static const char *unfit_xi(const rz_model *model) {
  const char *why = unfit_length(model);
  return why ? why : unfit_uniform(model);
}

static const char *unfit_xi_staggered(const rz_model *model) {
  const char *why = unfit_length(model);
  return why ? why : unfit_staggered(model);
}

/* data: [n_site, 2] cos and sin of k x */
static rz_err init_length(rz_observable *o, const char *name, const char *label) {
  int n_cell[2];
  rz_cell_counts(o->model->lattice, n_cell);
  o->n_spin = 2;
  RZ_TRY(RZ_NEW(2 * o->n_site + 1, &o->data));
  for (int i = 0; i < o->n_site; i++) {
    int cell[2], basis;
    rz_lattice_cell(o->model->lattice, i, cell, &basis);
    o->data[2 * i] = cos(2.0 * RZ_PI * cell[0] / n_cell[0]);
    o->data[2 * i + 1] = sin(2.0 * RZ_PI * cell[0] / n_cell[0]);
  }
  o->data[2 * o->n_site] = 0.5 / sin(RZ_PI / n_cell[0]);
  return rz_observable_scalar(o, name, label, "cells");
}

static void structure(const rz_observable *o, const int8_t *sublattice, const int8_t *spin, double *raw) {
  double sum = 0.0, re = 0.0, im = 0.0;
  for (int i = 0; i < o->n_site; i++) {
    const int s = sign(sublattice, i) * spin[i];
    sum += s;
    re += s * o->data[2 * i];
    im += s * o->data[2 * i + 1];
  }
  raw[0] = sum * sum;
  raw[1] = re * re + im * im;
}

static void raw_xi(const rz_observable *o, const int8_t *spin, double *raw) { structure(o, NULL, spin, raw); }
static void raw_xi_staggered(const rz_observable *o, const int8_t *spin, double *raw) {
  structure(o, rz_lattice_sublattice(o->model->lattice), spin, raw);
}

static rz_err init_xi(rz_observable *o) {
  return init_length(o, "xi", "second-moment correlation length of s^z along the first direction");
}
static rz_err init_xi_staggered(rz_observable *o) {
  return init_length(o, "xi_staggered", "second-moment correlation length of staggered s^z along the first direction");
}

/* Below S(k) = S(0) there is no peak at 0 whose width could be measured: 0. */
static void finish_xi(const rz_observable *o, const double *raw, double *value) {
  value[0] = o->data[2 * o->n_site] * sqrt(fmax(raw[0] / raw[1] - 1.0, 0.0));
}

const rz_observable_class rz_observable_xi = {.name = "xi",
                                              .about = "second-moment correlation length of s^z",
                                              .cite = "Cooper, Freedman, Preston, doi:10.1016/0550-3213(82)90240-1",
                                              .diagonal = 1,
                                              .unfit = unfit_xi,
                                              .init = init_xi,
                                              .of_spins = raw_xi,
                                              .finish = finish_xi};
const rz_observable_class rz_observable_xi_staggered = {
    .name = "xi_staggered",
    .about = "second-moment correlation length of staggered s^z",
    .cite = "Cooper, Freedman, Preston, doi:10.1016/0550-3213(82)90240-1",
    .diagonal = 1,
    .unfit = unfit_xi_staggered,
    .init = init_xi_staggered,
    .of_spins = raw_xi_staggered,
    .finish = finish_xi};
