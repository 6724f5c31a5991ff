/* Shared by the classes of this folder. */
#ifndef RITZ_ANSATZ_IMPL_H
#define RITZ_ANSATZ_IMPL_H

#include "ritz/ansatz/ansatz.h"

/* Most hidden units per site. */
enum { RZ_MAX_ALPHA = 1000 };

extern const rz_ansatz_class rz_ansatz_rbm, rz_ansatz_jastrow, rz_ansatz_mean_field, rz_ansatz_gauge_rbm, rz_ansatz_mlp;

/* Rows of group "ansatz" that hold for every kind. */
const rz_option *rz_ansatz_common_options(int *n);
/* Class by name, or NULL. */
const rz_ansatz_class *rz_ansatz_class_find(const char *name);
/* The class an input names; whether all keys of its spec are options. */
rz_err rz_ansatz_input_class(const rz_ansatz_input *in, const rz_ansatz_class **out);
rz_err rz_ansatz_check_spec(const rz_ansatz_input *in, const rz_ansatz_class *cls);

/* What an input asks for cannot be: recorded at its key and returned as RZ_ERR_DECK if there is a deck, else
 * RZ_ERR_ARG.
 */
rz_err rz_ansatz_refuse(const rz_ansatz_input *in, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Orbits of the lattice's translations on sites: label[i] in 0 .. *n_orbit - 1, in order of first appearance. With
 * shared = false every site is its own. label [n_site]. */
void rz_site_orbits(const rz_lattice *l, bool shared, int32_t *label, int *n_orbit);
/* The same on pairs i < j in row order: label [n_site (n_site - 1) / 2]. */
void rz_pair_orbits(const rz_lattice *l, bool shared, int32_t *label, int *n_orbit);
/* Position of the pair {i, j}, i != j, in row order. */
static inline int64_t rz_pair_index(int n_site, int i, int j) {
  const int64_t a = i < j ? i : j, b = i < j ? j : i;
  return a * (2 * n_site - a - 1) / 2 + (b - a - 1);
}

/* Initial weights: every view normal with standard deviation width, stream = view. */
void rz_ansatz_init_normal(rz_ansatz *a, uint64_t seed, double width);

/* Views for an import. A view the source lacks is set to zero, which leaves the source's function unchanged; a view
 * only the source has is an error. real -> complex sets imaginary parts to zero; complex -> real is an error. */
rz_err rz_import_check(const rz_ansatz *a, const rz_params *from);
/* Element e of view v of `from` as (re, im). */
void rz_import_element(const rz_params *from, int v, int64_t e, double value[2]);
/* Store an element of view v. */
void rz_import_store(rz_ansatz *a, int v, int64_t e, const double value[2]);
/* All views of equal shapes; RZ_ERR_ARG naming the first that differs. */
rz_err rz_import_equal(rz_ansatz *a, const rz_params *from);
/* One view of equal shape. */
rz_err rz_import_view(rz_ansatz *a, const rz_params *from, const char *name);
/* Filters, view [n_site, n_filter] shared over translations: values keep their displacement from the filter's centre
 * (the circular centroid of |W|^2 in each periodic direction); new sites get zero. Errors: RZ_ERR_ARG if an extent
 * shrinks, an open direction or the cell differs, or the number of filters does. */
rz_err rz_import_filters(rz_ansatz *a, int view, const rz_params *from, int from_n_site, const int from_extent[2]);

/* The layer of a linear term sum_o v_o sum_{i in o} x_i: view [n_orbit], label [n_in]; and its factors, as
 * rz_block_factors, for inputs in [n_in, RZ_LANES]. */
rz_err rz_add_linear_layer(const rz_ansatz *a, int view, int n_orbit, rz_jacobian *j);
void rz_fill_linear_layer(const rz_layer *layer, int n_in, const int32_t *label, const int8_t *in, int64_t first,
                          int m);

#endif
