/* Lattice gauge theory on the links of a torus: stars, plaquettes, Wilson loops, and the order of its visons. Products
 * of Pauli matrices, pure numbers in either unit. */
#include "observable_impl.h"

#include "ritz/core/math.h"
#include "ritz/model/links.h"
#include <math.h>

enum { MOST_FACTORS = 4096 };

static const char *unfit_links(const rz_model *model) { return rz_links_unfit(model->lattice); }

static const char *unfit_flips(const rz_model *model) {
  if (model->fixed_sz) return "leaves a sector of fixed sz; use sz = 'all'";
  return unfit_links(model);
}

static int n_vertex(const rz_observable *o) { return o->n_site / 2; }

/* One number: the mean over vertices or plaquettes of one operator's sum. */
static rz_err declare_mean(rz_observable *o, const char *label) {
  RZ_TRY(rz_observable_operators(o, 1));
  return rz_observable_scalar(o, o->cls->name, label, "1");
}

static rz_err add_product(rz_observable *o, int64_t op, char pauli, int n, const int32_t *link) {
  rz_local factor[MOST_FACTORS];
  for (int k = 0; k < n; k++) factor[k] = (rz_local){link[k], pauli};
  return rz_operator_add(o->op[op], 1.0, n, factor);
}

/* Every operator is a sum over vertices: the mean over them. A sum of ones stays a sum of ones until here. */
static void finish_means(const rz_observable *o, const double *raw, double *value) {
  for (int64_t k = 0; k < o->n_op; k++) value[k] = raw[k] / n_vertex(o);
}

/* ---- stars and plaquettes ---- */

static rz_err init_star(rz_observable *o) {
  int n[2];
  int32_t link[4];
  rz_links_extent(o->model->lattice, n);
  RZ_TRY(declare_mean(o, "gauge generator <A_v>, mean over vertices"));
  for (int v = 0; v < n_vertex(o); v++) {
    rz_links_star(o->model->lattice, v % n[0], v / n[0], link);
    RZ_TRY(add_product(o, 0, 'X', 4, link));
  }
  return RZ_OK;
}

static rz_err init_plaquette(rz_observable *o) {
  int n[2];
  int32_t link[4];
  rz_links_extent(o->model->lattice, n);
  RZ_TRY(declare_mean(o, "magnetic flux <B_p>, mean over plaquettes"));
  for (int p = 0; p < n_vertex(o); p++) {
    rz_links_rectangle(o->model->lattice, p % n[0], p / n[0], 1, 1, link);
    RZ_TRY(add_product(o, 0, 'Z', 4, link));
  }
  return RZ_OK;
}

const rz_observable_class rz_observable_star = {.name = "star",
                                                .about = "mean of the gauge generators A_v, 1 if gauge-invariant",
                                                .cite = "Kitaev, Ann. Phys. 303, 2 (2003)",
                                                .unfit = unfit_flips,
                                                .init = init_star,
                                                .finish = finish_means};
const rz_observable_class rz_observable_plaquette = {.name = "plaquette",
                                                     .about = "mean of the fluxes B_p through plaquettes",
                                                     .cite = "Wegner, J. Math. Phys. 12, 2259 (1971)",
                                                     .diagonal = 1,
                                                     .unfit = unfit_links,
                                                     .init = init_plaquette,
                                                     .finish = finish_means};

/* ---- Wilson loops: operator (t - 1) (L_x - 1) + r - 1 is the sum of the loops around r x t plaquettes ---- */

static rz_err init_wilson(rz_observable *o) {
  int n[2];
  int32_t link[MOST_FACTORS];
  rz_links_extent(o->model->lattice, n);
  const int64_t shape[2] = {n[1] - 1, n[0] - 1};
  RZ_TRY(rz_observable_operators(o, shape[0] * shape[1]));
  RZ_TRY(rz_observable_quantity(o, "wilson", "Wilson loop <W(r x t)>, mean over places; [t - 1, r - 1]", "1", 2, shape,
                                NULL));
  for (int64_t k = 0; k < o->n_op; k++)
    for (int v = 0; v < n_vertex(o); v++) {
      const int r = (int)(k % shape[1]) + 1, t = (int)(k / shape[1]) + 1;
      rz_links_rectangle(o->model->lattice, v % n[0], v / n[0], r, t, link);
      RZ_TRY(add_product(o, k, 'Z', 2 * (r + t), link));
    }
  return RZ_OK;
}

const rz_observable_class rz_observable_wilson = {.name = "wilson",
                                                  .about = "Wilson loops of every rectangle",
                                                  .cite = "Wegner, J. Math. Phys. 12, 2259 (1971)",
                                                  .diagonal = 1,
                                                  .unfit = unfit_links,
                                                  .init = init_wilson,
                                                  .finish = finish_means};

/* ---- visons: the product of s^x over a path between two plaquettes makes or moves a flux; operator d - 1 is the sum
 * of the paths by d = dx + L_x dy, dx steps to the right and dy up ---- */

static rz_err init_vison(rz_observable *o) {
  int n[2];
  int32_t link[MOST_FACTORS];
  rz_links_extent(o->model->lattice, n);
  RZ_TRY(rz_observable_operators(o, n_vertex(o) - 1));
  RZ_TRY(rz_observable_quantity(o, "vison/correlation",
                                "<prod s^x> over a path by (dx, dy), mean over places; [dy, dx]", "1", 2,
                                (const int64_t[]){n[1], n[0]}, NULL));
  RZ_TRY(rz_observable_scalar(o, "vison/m2", "condensate of visons, mean of the correlation over all (dx, dy)", "1"));
  RZ_TRY(
      rz_observable_scalar(o, "vison/ratio", "1 - S(2 pi / L_x, 0) / S(0), S the transform of the correlation", "1"));
  for (int d = 1; d < n_vertex(o); d++)
    for (int v = 0; v < n_vertex(o); v++) {
      rz_links_crossed(o->model->lattice, v % n[0], v / n[0], d % n[0], d / n[0], link);
      RZ_TRY(add_product(o, d - 1, 'X', d % n[0] + d / n[0], link));
    }
  return RZ_OK;
}

static void finish_vison(const rz_observable *o, const double *raw, double *value) {
  int n[2];
  rz_links_extent(o->model->lattice, n);
  double zero = 1.0, first = 1.0; /* d = 0 */
  value[0] = 1.0;
  for (int d = 1; d < n_vertex(o); d++) {
    value[d] = raw[d - 1] / n_vertex(o);
    zero += value[d];
    first += value[d] * cos(2.0 * RZ_PI * (d % n[0]) / n[0]);
  }
  value[n_vertex(o)] = zero / n_vertex(o);
  value[n_vertex(o) + 1] = 1.0 - first / zero;
}

const rz_observable_class rz_observable_vison = {
    .name = "vison",
    .about = "correlation, condensate and correlation ratio of visons, the dual Ising spins",
    .cite = "Wegner, J. Math. Phys. 12, 2259 (1971)",
    .unfit = unfit_flips,
    .init = init_vison,
    .finish = finish_vison};
