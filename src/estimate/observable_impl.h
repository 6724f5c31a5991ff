/* For authors of an observable: what a class declares, and the helpers to declare it with. */
#ifndef RITZ_ESTIMATE_OBSERVABLE_IMPL_H
#define RITZ_ESTIMATE_OBSERVABLE_IMPL_H

#include "ritz/estimate/observable.h"
#include "ritz/model/operator.h"

enum { RZ_MAX_QUANTITY = 4 };

struct rz_observable {
  const rz_observable_class *cls;
  const rz_model *model;
  int n_site;
  double unit; /* of a spin component s = +-1: 1 in Pauli units, 1/2 in spin units */

  /* Raw values, in this order: n_total functions of the total spin, n_single = n_site or 0 spin components s^z_i,
   * n_class sums over pairs, n_op operators. */
  int64_t n_total, n_single, n_class, n_op, n_raw;
  int32_t *pair_class;  /* [n_site, n_site], used for i < j: class of the pair, -1: none */
  int32_t *class_first; /* [n_class + 1]: pairs of class c, by their places i * packed stride + j (packed.h): */
  int32_t *class_pair;  /* class_pair[class_first[c]] .. class_pair[class_first[c + 1] - 1] */
  double *class_weight; /* [n_class]: raw value = weight * sum of s_i s_j over the pairs of the class */
  rz_operator **op;     /* [n_op], in the basis of model->h; raw value = Re <op> */
  int64_t first_op;     /* of the list: operators of those before this one */

  int n_quantity;
  rz_measured quantity[RZ_MAX_QUANTITY];
  int64_t n_value; /* of all quantities */
  double *data;    /* tables of the class; freed with the observable */

  /* Sums of raw values by bin, [n_bin, n_raw], and numbers of samples, [n_bin]. Full sum: means in exact. */
  int64_t n_bin;
  double *sum, *count;
  double *exact; /* [n_raw] */
  bool is_exact;
};

/* Declare a quantity of the given shape; axis NULL or filled in by the caller through the returned pointer. */
rz_err rz_observable_quantity(rz_observable *o, const char *name, const char *label, const char *unit, int n_dim,
                              const int64_t *shape, rz_measured **out);
rz_err rz_observable_scalar(rz_observable *o, const char *name, const char *label, const char *unit);
/* "pauli" or "spin" */
const char *rz_observable_unit(const rz_observable *o);
const char *rz_observable_unit2(const rz_observable *o); /* of a product of two spins */

/* sum_i e_i s_i of one configuration, e_i = 1, or -1 on the second sublattice if `staggered`. */
int rz_observable_total(const rz_observable *o, bool staggered, const int8_t *spin);

/* Room for n_class classes of pairs (all pairs -1, weights 0) and for n_op empty operators. */
rz_err rz_observable_pairs(rz_observable *o, int64_t n_class);
rz_err rz_observable_operators(rz_observable *o, int64_t n_op);
/* Add coef * s^a_i (s^a_i s^a_j), component a = 'x', 'y' or 'z', in the deck's units. In a sector of fixed Sz only the
 * part that stays in the sector: s^x_i alone is zero, s^x_i s^x_j = s^y_i s^y_j = half their sum. */
rz_err rz_observable_add_spin(rz_observable *o, int64_t op, double coef, char component, int32_t i);
rz_err rz_observable_add_pair(rz_observable *o, int64_t op, double coef, char component, int32_t i, int32_t j);

/* The distinct distances of pairs, ascending, without unreachable ones. pair_class [n_site, n_site] (i < j) and count
 * [n] out; owner of all three: caller. */
rz_err rz_distance_classes(const rz_lattice *l, int32_t *pair_class, int64_t *n, double **distance, int64_t **count);

/* Numbers of unit cells per direction; false for a graph, which has none. */
bool rz_has_cells(const rz_lattice *l);
void rz_cell_counts(const rz_lattice *l, int n_cell[2]);

/* Store the values of all quantities. */
void rz_observable_store(rz_observable *o, const double *value, const double *error);

extern const rz_observable_class rz_observable_sx, rz_observable_sy, rz_observable_sz, rz_observable_abs_sz,
    rz_observable_sz2, rz_observable_staggered_sz, rz_observable_abs_staggered_sz, rz_observable_staggered_sz2,
    rz_observable_sxsx, rz_observable_sysy, rz_observable_szsz, rz_observable_szsz_pairs, rz_observable_sq,
    rz_observable_binder, rz_observable_binder_staggered, rz_observable_xi, rz_observable_xi_staggered,
    rz_observable_s2, rz_observable_star, rz_observable_plaquette, rz_observable_wilson, rz_observable_vison;

#endif
