/* Terms that models share. Couplings of zero add nothing. */
#include "model_impl.h"

#include "ritz/core/memory.h"
#include "ritz/core/rng.h"

#include <string.h>

/* ids of the streams of random couplings */
enum { RANDOM_FIELD = 1, RANDOM_BOND = 2 };

double rz_model_real(const rz_model_input *in, const char *key) { return rz_config_real(in->config, RZ_GROUP, key); }

static char letter(const rz_model_input *in, char c) { return in->pauli ? (char)(c - 'x' + 'X') : c; }

rz_err rz_model_add_one(const rz_model_input *in, rz_operator *op, double coef, char a, int i) {
  if (coef == 0.0) return RZ_OK;
  RZ_TRY(rz_operator_add(op, coef, 1, (rz_local[]){{i, letter(in, a)}}));
  return RZ_OK;
}

rz_err rz_model_add_pair(const rz_model_input *in, rz_operator *op, double coef, char a, int i, char b, int j) {
  if (coef == 0.0) return RZ_OK;
  RZ_TRY(rz_operator_add(op, coef, 2, (rz_local[]){{i, letter(in, a)}, {j, letter(in, b)}}));
  return RZ_OK;
}

/* factor[k] = bond_j[k] (1 + random_bond u_k). A list of the wrong length is recorded; the factors are 1 then. */
static rz_err bond_factors(const rz_model_input *in, int64_t n, double **factor) {
  RZ_TRY(RZ_NEW(n, factor));
  const bool listed = rz_config_has(in->config, RZ_GROUP, "bond_j");
  const int n_listed = listed ? rz_config_count(in->config, RZ_GROUP, "bond_j") : 0;
  const bool fits = listed && n_listed == n;
  if (listed && !fits)
    rz_config_error(in->config, RZ_GROUP, "bond_j", "%d values for %lld nearest-neighbour bonds", n_listed,
                    (long long)n);
  const double w = rz_model_real(in, "random_bond");
  rz_rng rng = rz_rng_stream(in->seed, RZ_RNG_DISORDER, RANDOM_BOND);
  for (int64_t k = 0; k < n; k++) {
    const double u = 2.0 * rz_rng_uniform(&rng) - 1.0;
    (*factor)[k] = (fits ? rz_config_real_at(in->config, RZ_GROUP, "bond_j", (int)k) : 1.0) * (1.0 + w * u);
  }
  return RZ_OK;
}

rz_err rz_model_add_exchange(const rz_model_input *in, rz_operator *op, int shell, int axis, double jx, double jy,
                             double jz) {
  const rz_bond *bond;
  int64_t n;
  double *factor = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY(rz_lattice_bonds(in->lattice, shell + 1, &bond, &n));
  if (shell == 0) RZ_TRY(bond_factors(in, n, &factor));
  for (int64_t k = 0; k < n; k++) {
    if (bond[k].shell != shell || (axis >= 0 && bond[k].axis != axis)) continue;
    const double f = factor ? factor[k] : 1.0;
    RZ_TRY_DONE(rc, rz_model_add_pair(in, op, f * jx, 'x', bond[k].a, 'x', bond[k].b));
    RZ_TRY_DONE(rc, rz_model_add_pair(in, op, f * jy, 'y', bond[k].a, 'y', bond[k].b));
    RZ_TRY_DONE(rc, rz_model_add_pair(in, op, f * jz, 'z', bond[k].a, 'z', bond[k].b));
  }
done:
  rz_free(&factor);
  return rc;
}

static rz_err add_dm(const rz_model_input *in, rz_operator *op, double d) {
  const rz_bond *bond;
  int64_t n;
  RZ_TRY(rz_lattice_bonds(in->lattice, 1, &bond, &n));
  for (int64_t k = 0; k < n; k++) {
    const int i = bond[k].reversed ? bond[k].b : bond[k].a, j = bond[k].reversed ? bond[k].a : bond[k].b;
    RZ_TRY(rz_model_add_pair(in, op, d, 'x', i, 'y', j));
    RZ_TRY(rz_model_add_pair(in, op, -d, 'y', i, 'x', j));
  }
  return RZ_OK;
}

/* s_i . (s_j x s_k) = sum over even permutations abc of xyz of a_i b_j c_k, minus the odd ones. */
static rz_err add_chirality(const rz_model_input *in, rz_operator *op, double c, const int32_t t[3]) {
  static const char *const even[3] = {"xyz", "yzx", "zxy"}, *const odd[3] = {"xzy", "zyx", "yxz"};
  for (int p = 0; p < 3; p++)
    for (int s = 0; s < 2; s++) {
      const char *abc = s ? odd[p] : even[p];
      RZ_TRY(rz_operator_add(
          op, s ? -c : c, 3,
          (rz_local[]){{t[0], letter(in, abc[0])}, {t[1], letter(in, abc[1])}, {t[2], letter(in, abc[2])}}));
    }
  return RZ_OK;
}

static rz_err add_chiral(const rz_model_input *in, rz_operator *op, double c) {
  int32_t(*triangle)[3];
  int64_t n;
  rz_err rc = rz_lattice_triangles(in->lattice, &triangle, &n);
  if (rc == RZ_ERR_ARG) {
    rz_config_error(in->config, RZ_GROUP, "chiral", "%s", rz_error_message());
    return RZ_OK;
  }
  RZ_TRY(rc);
  for (int64_t k = 0; k < n; k++) RZ_TRY_DONE(rc, add_chirality(in, op, c, triangle[k]));
done:
  rz_free(&triangle);
  return rc;
}

rz_err rz_model_add_complex(const rz_model_input *in, rz_operator *op) {
  const double d = rz_model_real(in, "dm"), c = rz_model_real(in, "chiral");
  if (d != 0.0) RZ_TRY(add_dm(in, op, d));
  if (c != 0.0) RZ_TRY(add_chiral(in, op, c));
  return RZ_OK;
}

static rz_err add_field(const rz_model_input *in, rz_operator *op, const char *key, char a) {
  const int n = rz_lattice_n_site(in->lattice), count = rz_config_count(in->config, RZ_GROUP, key);
  if (count != 1 && count != n) {
    rz_config_error(in->config, RZ_GROUP, key, "%d values for %d sites; give one value or one per site", count, n);
    return RZ_OK;
  }
  for (int i = 0; i < n; i++)
    RZ_TRY(rz_model_add_one(in, op, -rz_config_real_at(in->config, RZ_GROUP, key, count == 1 ? 0 : i), a, i));
  return RZ_OK;
}

rz_err rz_model_add_fields(const rz_model_input *in, rz_operator *op) {
  RZ_TRY(add_field(in, op, "field_z", 'z'));
  RZ_TRY(add_field(in, op, "field_x", 'x'));
  const double w = rz_model_real(in, "random_field");
  rz_rng rng = rz_rng_stream(in->seed, RZ_RNG_DISORDER, RANDOM_FIELD);
  for (int i = 0; i < rz_lattice_n_site(in->lattice) && w != 0.0; i++)
    RZ_TRY(rz_model_add_one(in, op, -w * (2.0 * rz_rng_uniform(&rng) - 1.0), 'z', i));
  return RZ_OK;
}
