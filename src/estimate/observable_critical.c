/* What finite-size scaling reads: the Binder ratio U = 1 - <m^4> / (3 <m^2>^2) and the second-moment correlation length
 * xi = sqrt(S(0)/S(k) - 1) / (2 sin(k/2)), k = 2 pi / L along the first direction, in unit cells. Uniform, or staggered
 * by sublattice. */
#include "observable_impl.h"

#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include <math.h>

static const char *unfit_staggered(const rz_model *model) {
  return rz_lattice_is_bipartite(model->lattice) ? NULL : "needs a lattice of two sublattices";
}

static const char *unfit_uniform(const rz_model *model) {
  return model->fixed_sz ? "is made of the total s^z, which is a constant in this sector" : NULL;
}

/* ---- Binder ratio ---- */

static void moments(const rz_observable *o, int total, double *raw) {
  const double m = (double)total / o->n_site;
  raw[0] = m * m;
  raw[1] = m * m * m * m;
}

static rz_err init_binder(rz_observable *o) {
  o->n_total = 2;
  return rz_observable_scalar(o, "binder", "1 - <m^4> / (3 <m^2>^2), m the mean of s^z", "1");
}

static rz_err init_binder_staggered(rz_observable *o) {
  o->n_total = 2;
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
                                                  .of_total = moments,
                                                  .finish = finish_binder};
const rz_observable_class rz_observable_binder_staggered = {.name = "binder_staggered",
                                                            .about = "Binder ratio of staggered s^z",
                                                            .cite = "Binder, doi:10.1007/BF01293604",
                                                            .diagonal = 1,
                                                            .unfit = unfit_staggered,
                                                            .init = init_binder_staggered,
                                                            .staggered = true,
                                                            .of_total = moments,
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

/* S(q) = N + 2 sum_{i<j} e_i e_j cos(q (x_i - x_j)) s_i s_j: pairs fall into classes by the difference of their cells
 * along x, those of opposite e behind the others. data: [2, n_class] factors of the classes in S(0) and S(k), then 1 /
 * (2 sin(k/2)). */
static rz_err classify(rz_observable *o, int n_x) {
  const int8_t *sublattice = o->cls->staggered ? rz_lattice_sublattice(o->model->lattice) : NULL;
  RZ_TRY(rz_observable_pairs(o, sublattice ? 2 * n_x : n_x));
  for (int i = 0; i < o->n_site; i++)
    for (int j = i + 1; j < o->n_site; j++) {
      int ci[2], cj[2], basis;
      rz_lattice_cell(o->model->lattice, i, ci, &basis);
      rz_lattice_cell(o->model->lattice, j, cj, &basis);
      const bool opposite = sublattice && sublattice[i] != sublattice[j];
      o->pair_class[(int64_t)i * o->n_site + j] = (cj[0] - ci[0] + n_x) % n_x + (opposite ? n_x : 0);
    }
  for (int64_t c = 0; c < o->n_class; c++) o->class_weight[c] = 1.0;
  return RZ_OK;
}

static rz_err init_length(rz_observable *o, const char *name, const char *label) {
  int n_cell[2];
  rz_cell_counts(o->model->lattice, n_cell);
  RZ_TRY(classify(o, n_cell[0]));
  RZ_TRY(RZ_NEW(2 * o->n_class + 1, &o->data));
  for (int64_t c = 0; c < o->n_class; c++) {
    const double twice = c < n_cell[0] ? 2.0 : -2.0;
    o->data[c] = twice;
    o->data[o->n_class + c] = twice * cos(2.0 * RZ_PI * (double)(c % n_cell[0]) / n_cell[0]);
  }
  o->data[2 * o->n_class] = 0.5 / sin(RZ_PI / n_cell[0]);
  return rz_observable_scalar(o, name, label, "cells");
}

static rz_err init_xi(rz_observable *o) {
  return init_length(o, "xi", "second-moment correlation length of s^z along the first direction");
}
static rz_err init_xi_staggered(rz_observable *o) {
  return init_length(o, "xi_staggered", "second-moment correlation length of staggered s^z along the first direction");
}

/* Below S(k) = S(0) there is no peak at 0 whose width could be measured: 0. Beside an S(k) of the size of rounding a
 * peak has no width at all: infinite. */
static void finish_xi(const rz_observable *o, const double *raw, double *value) {
  const double rounding = 1e-13 * o->n_site * o->n_site;
  double s0 = o->n_site, sk = o->n_site;
  for (int64_t c = 0; c < o->n_class; c++) {
    s0 += o->data[c] * raw[c];
    sk += o->data[o->n_class + c] * raw[c];
  }
  if (sk > rounding)
    value[0] = o->data[2 * o->n_class] * sqrt(fmax(s0 / sk - 1.0, 0.0));
  else
    value[0] = s0 > rounding ? INFINITY : 0.0;
}

const rz_observable_class rz_observable_xi = {.name = "xi",
                                              .about = "second-moment correlation length of s^z",
                                              .cite = "Cooper, Freedman, Preston, doi:10.1016/0550-3213(82)90240-1",
                                              .diagonal = 1,
                                              .unfit = unfit_xi,
                                              .init = init_xi,
                                              .finish = finish_xi};
const rz_observable_class rz_observable_xi_staggered = {
    .name = "xi_staggered",
    .about = "second-moment correlation length of staggered s^z",
    .cite = "Cooper, Freedman, Preston, doi:10.1016/0550-3213(82)90240-1",
    .diagonal = 1,
    .unfit = unfit_xi_staggered,
    .init = init_xi_staggered,
    .staggered = true,
    .finish = finish_xi};
