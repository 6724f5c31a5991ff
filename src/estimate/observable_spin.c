/* Magnetisations: means over sites of one spin component, its size and its square, uniform and staggered. */
#include "observable_impl.h"

#include "ritz/core/memory.h"
#include <math.h>

/* ---- s^x, s^y: operators ---- */

static rz_err init_component(rz_observable *o, char component, const char *name, const char *label) {
  RZ_TRY(rz_observable_operators(o, 1));
  for (int32_t i = 0; i < o->n_site; i++) RZ_TRY(rz_observable_add_spin(o, 0, 1.0 / o->n_site, component, i));
  return rz_observable_scalar(o, name, label, rz_observable_unit(o));
}

static rz_err init_sx(rz_observable *o) { return init_component(o, 'x', "sx", "<s^x>, mean over sites"); }
static rz_err init_sy(rz_observable *o) { return init_component(o, 'y', "sy", "<s^y>, mean over sites"); }
static void finish_raw(const rz_observable *o, const double *raw, double *value) {
  (void)o;
  value[0] = raw[0];
}

const rz_observable_class rz_observable_sx = {
    .name = "sx", .about = "mean of s^x over sites", .cite = "", .init = init_sx, .finish = finish_raw};
const rz_observable_class rz_observable_sy = {
    .name = "sy", .about = "mean of s^y over sites", .cite = "", .init = init_sy, .finish = finish_raw};

/* ---- m = 1/N sum_i e_i s^z_i, e_i = 1, or +1 and -1 on the two sublattices ---- */

static const char *unfit_staggered(const rz_model *model) {
  return rz_lattice_is_bipartite(model->lattice) ? NULL : "needs a lattice of two sublattices";
}

static rz_err init_m(rz_observable *o, const char *name, const char *label) {
  o->n_total = 1;
  return rz_observable_scalar(o, name, label, rz_observable_unit(o));
}

static rz_err init_m2(rz_observable *o, const char *name, const char *label) {
  o->n_total = 1;
  return rz_observable_scalar(o, name, label, rz_observable_unit2(o));
}

static rz_err init_sz(rz_observable *o) { return init_m(o, "sz", "<m>, m the mean of s^z over sites"); }
static rz_err init_abs_sz(rz_observable *o) { return init_m(o, "abs_sz", "<|m|>, m the mean of s^z over sites"); }
static rz_err init_sz2(rz_observable *o) { return init_m2(o, "sz2", "<m^2>, m the mean of s^z over sites"); }
static rz_err init_staggered(rz_observable *o) {
  return init_m(o, "staggered_sz", "<m>, m the mean of s^z, + on one sublattice and - on the other");
}
static rz_err init_abs_staggered(rz_observable *o) {
  return init_m(o, "abs_staggered_sz", "<|m|>, m the mean of s^z, + on one sublattice and - on the other");
}
static rz_err init_staggered2(rz_observable *o) {
  return init_m2(o, "staggered_sz2", "<m^2>, m the mean of s^z, + on one sublattice and - on the other");
}

static double mean(const rz_observable *o, int total) { return total * o->unit / o->n_site; }

static void raw_m(const rz_observable *o, int total, double *raw) { raw[0] = mean(o, total); }
static void raw_abs_m(const rz_observable *o, int total, double *raw) { raw[0] = fabs(mean(o, total)); }
static void raw_m2(const rz_observable *o, int total, double *raw) { raw[0] = mean(o, total) * mean(o, total); }

const rz_observable_class rz_observable_sz = {.name = "sz",
                                              .about = "mean of s^z over sites",
                                              .cite = "",
                                              .diagonal = 1,
                                              .init = init_sz,
                                              .of_total = raw_m,
                                              .finish = finish_raw};
const rz_observable_class rz_observable_abs_sz = {.name = "abs_sz",
                                                  .about = "size of the mean of s^z over sites",
                                                  .cite = "",
                                                  .diagonal = 1,
                                                  .init = init_abs_sz,
                                                  .of_total = raw_abs_m,
                                                  .finish = finish_raw};
const rz_observable_class rz_observable_sz2 = {.name = "sz2",
                                               .about = "square of the mean of s^z over sites",
                                               .cite = "",
                                               .diagonal = 1,
                                               .init = init_sz2,
                                               .of_total = raw_m2,
                                               .finish = finish_raw};
const rz_observable_class rz_observable_staggered_sz = {.name = "staggered_sz",
                                                        .about = "staggered mean of s^z over sites",
                                                        .cite = "",
                                                        .diagonal = 1,
                                                        .unfit = unfit_staggered,
                                                        .init = init_staggered,
                                                        .staggered = true,
                                                        .of_total = raw_m,
                                                        .finish = finish_raw};
const rz_observable_class rz_observable_abs_staggered_sz = {.name = "abs_staggered_sz",
                                                            .about = "size of the staggered mean of s^z over sites",
                                                            .cite = "",
                                                            .diagonal = 1,
                                                            .unfit = unfit_staggered,
                                                            .init = init_abs_staggered,
                                                            .staggered = true,
                                                            .of_total = raw_abs_m,
                                                            .finish = finish_raw};
const rz_observable_class rz_observable_staggered_sz2 = {.name = "staggered_sz2",
                                                         .about = "square of the staggered mean of s^z over sites",
                                                         .cite = "",
                                                         .diagonal = 1,
                                                         .unfit = unfit_staggered,
                                                         .init = init_staggered2,
                                                         .staggered = true,
                                                         .of_total = raw_m2,
                                                         .finish = finish_raw};
