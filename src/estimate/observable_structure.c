/* Structure factor S(q) = 1/N sum_ij exp(i q (r_i - r_j)) <s^z_i s^z_j> at every momentum of the lattice of unit cells,
 * q = k_x/L_x b_x + k_y/L_y b_y. Positions r include the place in the unit cell. */
#include "observable_impl.h"

#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include <math.h>

/* Pairs fall into classes by their bases and the difference of their cells modulo the extents: at these momenta the
 * phase knows no more. data: [n_q, n_class] 2 cos(q (r_i - r_j)), each pair counting for ij and ji. */

static const char *unfit_sq(const rz_model *model) {
  return rz_has_cells(model->lattice) ? NULL : "needs a lattice with unit cells: a graph has no momenta";
}

/* Reciprocal vectors from two steps of the lattice; a direction of one cell has only q = 0 and any step will do. */
static void reciprocal(const rz_lattice *l, const int n_cell[2], double b[2][2]) {
  const int n_basis = rz_lattice_n_basis(l);
  double a[2][2], origin[2];
  rz_lattice_position(l, 0, origin);
  for (int d = 0; d < 2; d++) {
    const int step = n_basis * (d == 0 ? 1 : n_cell[0]);
    if (n_cell[d] > 1) rz_lattice_position(l, step, a[d]);
    for (int k = 0; k < 2; k++) a[d][k] = n_cell[d] > 1 ? a[d][k] - origin[k] : (double)(k == d);
  }
  const double volume = a[0][0] * a[1][1] - a[0][1] * a[1][0];
  b[0][0] = 2.0 * RZ_PI * a[1][1] / volume, b[0][1] = -2.0 * RZ_PI * a[1][0] / volume;
  b[1][0] = -2.0 * RZ_PI * a[0][1] / volume, b[1][1] = 2.0 * RZ_PI * a[0][0] / volume;
}

static int64_t class_of_pair(const rz_lattice *l, const int n_cell[2], int i, int j) {
  int ci[2], cj[2], bi, bj;
  const int n_basis = rz_lattice_n_basis(l);
  rz_lattice_cell(l, i, ci, &bi);
  rz_lattice_cell(l, j, cj, &bj);
  const int dx = (cj[0] - ci[0] + n_cell[0]) % n_cell[0], dy = (cj[1] - ci[1] + n_cell[1]) % n_cell[1];
  return ((int64_t)(bi * n_basis + bj) * n_cell[1] + dy) * n_cell[0] + dx;
}

static void phases(rz_observable *o, const int n_cell[2]) {
  const rz_lattice *l = o->model->lattice;
  double b[2][2];
  reciprocal(l, n_cell, b);
  for (int i = 0; i < o->n_site; i++)
    for (int j = i + 1; j < o->n_site; j++) {
      const int64_t c = class_of_pair(l, n_cell, i, j);
      double ri[2], rj[2];
      rz_lattice_position(l, i, ri);
      rz_lattice_position(l, j, rj);
      o->pair_class[(int64_t)i * o->n_site + j] = (int32_t)c;
      if (o->class_weight[c] != 0.0) continue; /* met before */
      o->class_weight[c] = o->unit * o->unit / o->n_site;
      for (int ky = 0; ky < n_cell[1]; ky++)
        for (int kx = 0; kx < n_cell[0]; kx++) {
          const double x = (double)kx / n_cell[0], y = (double)ky / n_cell[1];
          const double phase =
              (x * b[0][0] + y * b[1][0]) * (rj[0] - ri[0]) + (x * b[0][1] + y * b[1][1]) * (rj[1] - ri[1]);
          o->data[(int64_t)(ky * n_cell[0] + kx) * o->n_class + c] = 2.0 * cos(phase);
        }
    }
}

static rz_err init_sq(rz_observable *o) {
  int n_cell[2];
  rz_cell_counts(o->model->lattice, n_cell);
  const int64_t n_q = (int64_t)n_cell[0] * n_cell[1], n_basis = rz_lattice_n_basis(o->model->lattice);
  RZ_TRY(rz_observable_pairs(o, n_basis * n_basis * n_q));
  RZ_TRY(RZ_NEW0(n_q * o->n_class, &o->data));
  phases(o, n_cell);
  rz_measured *q = NULL;
  if (n_cell[1] > 1)
    return rz_observable_quantity(o, "sq", "structure factor of s^z; [k_y, k_x]: q = k_x/L_x b_x + k_y/L_y b_y",
                                  rz_observable_unit2(o), 2, (const int64_t[]){n_cell[1], n_cell[0]}, NULL);
  RZ_TRY(rz_observable_quantity(o, "sq", "structure factor of s^z", rz_observable_unit2(o), 1, &n_q, &q));
  RZ_TRY(RZ_NEW(n_q, &q->axis));
  for (int64_t k = 0; k < n_q; k++) q->axis[k] = 2.0 * RZ_PI * (double)k / (double)n_q;
  q->axis_label = "momentum, per unit cell";
  return RZ_OK;
}

static void finish_sq(const rz_observable *o, const double *raw, double *value) {
  const int64_t n_q = o->quantity[0].n_value;
  for (int64_t q = 0; q < n_q; q++) {
    value[q] = o->unit * o->unit; /* i = j */
    for (int64_t c = 0; c < o->n_class; c++) value[q] += o->data[q * o->n_class + c] * raw[c];
  }
}

const rz_observable_class rz_observable_sq = {.name = "sq",
                                              .about = "structure factor of s^z at every momentum",
                                              .cite = "",
                                              .diagonal = 1,
                                              .unfit = unfit_sq,
                                              .init = init_sq,
                                              .finish = finish_sq};
