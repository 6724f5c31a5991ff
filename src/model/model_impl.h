/* What the models share: rows of their option tables and the terms made from them. */
#ifndef RITZ_MODEL_MODEL_IMPL_H
#define RITZ_MODEL_MODEL_IMPL_H

#include "ritz/model/hamiltonian.h"

#define RZ_GROUP "hamiltonian"
/* Couplings: finite numbers of any sign. */
#define RZ_ROW_COUPLING(name, fallback, unit, help) RZ_ROW_REAL(name, fallback, -1e12, 1e12, unit, help)
#define RZ_ROW_COUPLINGS(name, n, fallback, unit, help) RZ_ROW_REALS(name, n, fallback, -1e12, 1e12, unit, help)

/* Rows for models with nearest-neighbour bonds, and for those with spin exchange. */
#define RZ_BOND_ROWS                                                                                                   \
  RZ_ROW_COUPLINGS("bond_j", 16384, "", "", "factor of each nearest-neighbour bond, in the lattice's order"),          \
      RZ_ROW_REAL("random_bond", "0.0", 0, 1e12, "", "width w: bonds are multiplied by 1 + w u, u uniform in [-1, 1]")
#define RZ_EXCHANGE_ROWS                                                                                               \
  RZ_BOND_ROWS, RZ_ROW_COUPLING("dm", "0.0", "", "Dzyaloshinskii-Moriya term D sum_<ij> (sx_i sy_j - sy_i sx_j)"),     \
      RZ_ROW_COUPLING("chiral", "0.0", "", "scalar chirality sum over triangles of s_i . (s_j x s_k)")

/* True if the model in use has this key. */
bool rz_model_has_row(const rz_model_class *cls, const char *key);
double rz_model_real(const rz_model_input *in, const char *key);

/* Add coef * a_i b_j, letters 'x' 'y' 'z' in the units of the deck. Nothing for coef = 0. */
rz_err rz_model_add_one(const rz_model_input *in, rz_operator *op, double coef, char a, int i);
rz_err rz_model_add_pair(const rz_model_input *in, rz_operator *op, double coef, char a, int i, char b, int j);
/* sum over the bonds of one shell of factor * (jx sx sx + jy sy sy + jz sz sz); factor = bond_j and random_bond for
 * shell 0, else 1. axis >= 0: only bonds of this axis; -1: all. */
rz_err rz_model_add_exchange(const rz_model_input *in, rz_operator *op, int shell, int axis, double jx, double jy,
                             double jz);
/* The terms `dm` and `chiral` of RZ_EXCHANGE_ROWS. */
rz_err rz_model_add_complex(const rz_model_input *in, rz_operator *op);
/* The fields every model has. */
rz_err rz_model_add_fields(const rz_model_input *in, rz_operator *op);

/* Write H with numbers, units and sizes. */
void rz_model_write_formula(const rz_model_class *cls, const rz_model_input *in, size_t size, char *text);

/* Sector and rotation of a model whose bare operator is finished: sets h, marshall, mask, fixed_sz, n_up. Errors of the
 * deck are recorded. */
rz_err rz_model_resolve_sector(rz_config *config, rz_model *m);

extern const rz_model_class rz_model_tfim, rz_model_heisenberg, rz_model_xxz, rz_model_xyz, rz_model_j1j2,
    rz_model_long_range_ising, rz_model_haldane_shastry, rz_model_z2_gauge, rz_model_terms;

#endif
