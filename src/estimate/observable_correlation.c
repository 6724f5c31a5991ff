/* Correlations of two spins against distance: C(d) = mean over the pairs at distance d of <s_i s_j>, and the connected
 * part, from which the mean over the same pairs of <s_i><s_j> is subtracted. z from packed spins, x and y as operators.
 */
#include "observable_impl.h"

#include "ritz/core/memory.h"

/* Raw values: z: [n_site] s_i, then [n_class] pair means; x, y: operators, [n_class] pair means, then [n_site] s_i.
 * data: [n_class] 1 / pairs of the class. */

static int64_t n_distance(const rz_observable *o) { return o->quantity[0].n_value; }

static const char *unfit_correlation(const rz_model *model) {
  return rz_lattice_n_site(model->lattice) < 2 ? "needs at least two sites" : NULL;
}

static rz_err declare(rz_observable *o, const char *total, const char *total_label, const char *connected,
                      const char *connected_label, int64_t n, const double *distance) {
  const char *unit = rz_observable_unit2(o);
  for (int k = 0; k < 2; k++) {
    rz_measured *q = NULL;
    RZ_TRY(rz_observable_quantity(o, k ? connected : total, k ? connected_label : total_label, unit, 1, &n, &q));
    RZ_TRY(RZ_NEW(n, &q->axis));
    for (int64_t d = 0; d < n; d++) q->axis[d] = distance[d];
    q->axis_label = "distance of the two sites (bonds between them on a graph)";
  }
  return RZ_OK;
}

static void connect(const rz_observable *o, const double *site, const double *pair, double *value) {
  const int64_t n = n_distance(o);
  for (int64_t d = 0; d < n; d++) value[d] = value[n + d] = pair[d];
  for (int i = 0; i < o->n_site; i++)
    for (int j = i + 1; j < o->n_site; j++) {
      const int32_t d = o->pair_class[(int64_t)i * o->n_site + j];
      if (d >= 0) value[n + d] -= o->data[d] * site[i] * site[j];
    }
}

/* Classes of pairs by distance; data = 1 / number of pairs. */
static rz_err classify(rz_observable *o, int64_t *n, double **distance) {
  int64_t *count = NULL;
  RZ_TRY(RZ_NEW((int64_t)o->n_site * o->n_site, &o->pair_class));
  RZ_TRY(rz_distance_classes(o->model->lattice, o->pair_class, n, distance, &count));
  rz_err rc = RZ_NEW(*n, &o->data);
  for (int64_t d = 0; d < *n && rc == RZ_OK; d++) o->data[d] = 1.0 / (double)count[d];
  rz_free(&count);
  return rc;
}

/* ---- z ---- */

static rz_err init_szsz(rz_observable *o) {
  int64_t n = 0;
  double *distance = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, classify(o, &n, &distance));
  o->n_single = o->n_site;
  o->n_class = n;
  RZ_TRY_DONE(rc, RZ_NEW(n, &o->class_weight));
  for (int64_t d = 0; d < n; d++) o->class_weight[d] = o->data[d] * o->unit * o->unit;
  rc = declare(o, "szsz/total", "<s^z_i s^z_j> against distance, mean over pairs", "szsz/connected",
               "<s^z_i s^z_j> - <s^z_i><s^z_j> against distance, mean over pairs", n, distance);
done:
  rz_free(&distance);
  return rc;
}

static void finish_szsz(const rz_observable *o, const double *raw, double *value) {
  connect(o, raw, raw + o->n_site, value);
}

const rz_observable_class rz_observable_szsz = {.name = "szsz",
                                                .about = "correlations of s^z against distance, total and connected",
                                                .cite = "",
                                                .diagonal = 1,
                                                .unfit = unfit_correlation,
                                                .init = init_szsz,
                                                .finish = finish_szsz};

/* ---- x, y ---- */

static rz_err add_operators(rz_observable *o, char component, int64_t n) {
  RZ_TRY(rz_observable_operators(o, n + o->n_site));
  for (int32_t i = 0; i < o->n_site; i++) {
    RZ_TRY(rz_observable_add_spin(o, n + i, 1.0, component, i));
    for (int32_t j = i + 1; j < o->n_site; j++) {
      const int32_t d = o->pair_class[(int64_t)i * o->n_site + j];
      if (d >= 0) RZ_TRY(rz_observable_add_pair(o, d, o->data[d], component, i, j));
    }
  }
  return RZ_OK;
}

static rz_err init_operators(rz_observable *o, char component, const char *total, const char *total_label,
                             const char *connected, const char *connected_label) {
  int64_t n = 0;
  double *distance = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, classify(o, &n, &distance));
  RZ_TRY_DONE(rc, add_operators(o, component, n));
  rc = declare(o, total, total_label, connected, connected_label, n, distance);
done:
  rz_free(&distance);
  return rc;
}

static rz_err init_sxsx(rz_observable *o) {
  return init_operators(o, 'x', "sxsx/total", "<s^x_i s^x_j> against distance, mean over pairs", "sxsx/connected",
                        "<s^x_i s^x_j> - <s^x_i><s^x_j> against distance, mean over pairs");
}

static rz_err init_sysy(rz_observable *o) {
  return init_operators(o, 'y', "sysy/total", "<s^y_i s^y_j> against distance, mean over pairs", "sysy/connected",
                        "<s^y_i s^y_j> - <s^y_i><s^y_j> against distance, mean over pairs");
}

static void finish_operators(const rz_observable *o, const double *raw, double *value) {
  connect(o, raw + n_distance(o), raw, value);
}

const rz_observable_class rz_observable_sxsx = {.name = "sxsx",
                                                .about = "correlations of s^x against distance, total and connected",
                                                .cite = "",
                                                .unfit = unfit_correlation,
                                                .init = init_sxsx,
                                                .finish = finish_operators};
const rz_observable_class rz_observable_sysy = {.name = "sysy",
                                                .about = "correlations of s^y against distance, total and connected",
                                                .cite = "",
                                                .unfit = unfit_correlation,
                                                .init = init_sysy,
                                                .finish = finish_operators};

/* ---- every pair ---- */

static rz_err init_pairs(rz_observable *o) {
  const int64_t n = o->n_site, shape[2] = {n, n};
  int32_t k = 0;
  o->n_single = n;
  RZ_TRY(rz_observable_pairs(o, n * (n - 1) / 2));
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = i + 1; j < n; j++) o->pair_class[i * n + j] = k++;
  for (int64_t c = 0; c < o->n_class; c++) o->class_weight[c] = o->unit * o->unit;
  const char *unit = rz_observable_unit2(o);
  RZ_TRY(rz_observable_quantity(o, "szsz_pairs/total", "<s^z_i s^z_j> of every pair of sites", unit, 2, shape, NULL));
  return rz_observable_quantity(o, "szsz_pairs/connected", "<s^z_i s^z_j> - <s^z_i><s^z_j> of every pair of sites",
                                unit, 2, shape, NULL);
}

static void finish_pairs(const rz_observable *o, const double *raw, double *value) {
  const int64_t n = o->n_site;
  double *total = value, *connected = value + n * n;
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < n; j++) {
      const int64_t k = i < j ? i * n + j : j * n + i;
      const double c = i == j ? o->unit * o->unit : raw[n + o->pair_class[k]];
      total[i * n + j] = c;
      connected[i * n + j] = c - raw[i] * raw[j];
    }
}

const rz_observable_class rz_observable_szsz_pairs = {.name = "szsz_pairs",
                                                      .about = "correlations of s^z of every pair of sites",
                                                      .cite = "",
                                                      .diagonal = 1,
                                                      .unfit = unfit_correlation,
                                                      .init = init_pairs,
                                                      .finish = finish_pairs};
