/* Z2 lattice gauge theory: plaquettes B_p of sz and a field along x, which commute with the stars A_v of sx. */
#include "model_impl.h"

#include "ritz/model/links.h"

static const rz_option rows[] = {RZ_ROW_COUPLING("k", "1.0", "", "plaquette coupling K"),
                                 RZ_ROW_COUPLING("h", "0.3", "k", "electric field h"),
                                 RZ_ROW_COUPLING("j", "0.0", "k",
                                                 "star coupling J, a constant -J per vertex on gauge-invariant states; "
                                                 "k = j, h = 0: the toric code")};

static rz_err add_four(const rz_model_input *in, rz_operator *op, double coef, char component, const int32_t link[4]) {
  const char s = in->pauli ? (char)(component - 'x' + 'X') : component;
  if (coef == 0.0) return RZ_OK;
  RZ_TRY(rz_operator_add(op, coef, 4, (rz_local[]){{link[0], s}, {link[1], s}, {link[2], s}, {link[3], s}}));
  return RZ_OK;
}

/* What no gauge transformation leaves alone. */
static bool breaks_gauge(const rz_model_input *in, const char *key) {
  for (int i = 0; i < rz_config_count(in->config, RZ_GROUP, key); i++)
    if (rz_config_real_at(in->config, RZ_GROUP, key, i) != 0.0) return true;
  return false;
}

static rz_err build(const rz_model_input *in, rz_operator *op) {
  const char *why = rz_links_unfit(in->lattice), *const along_z[] = {"field_z", "random_field"};
  if (why) {
    rz_config_error(in->config, RZ_GROUP, "model", "'z2_gauge' %s", why);
    return RZ_OK;
  }
  for (int k = 0; k < 2; k++)
    if (breaks_gauge(in, along_z[k]))
      rz_config_error(in->config, RZ_GROUP, along_z[k],
                      "a field along z breaks the gauge symmetry of 'z2_gauge'; allowed is 0 (along x: h or field_x)");
  int n[2];
  int32_t link[4];
  rz_links_extent(in->lattice, n);
  for (int y = 0; y < n[1]; y++)
    for (int x = 0; x < n[0]; x++) {
      rz_links_rectangle(in->lattice, x, y, 1, 1, link);
      RZ_TRY(add_four(in, op, -rz_model_real(in, "k"), 'z', link));
      rz_links_star(in->lattice, x, y, link);
      RZ_TRY(add_four(in, op, -rz_model_real(in, "j"), 'x', link));
    }
  for (int i = 0; i < rz_lattice_n_site(in->lattice); i++)
    RZ_TRY(rz_model_add_one(in, op, -rz_model_real(in, "h"), 'x', i));
  return RZ_OK;
}

#define GAUGE "H = -k sum_plaquettes sz sz sz sz - h sum_links sx"

static const char *formula_for(const rz_model_input *in) {
  return rz_model_real(in, "j") != 0.0 ? GAUGE " - j sum_stars sx sx sx sx" : GAUGE;
}

const rz_model_class rz_model_z2_gauge = {
    .name = "z2_gauge",
    .about = "Z2 lattice gauge theory on the links of a torus; the toric code",
    .cite = "Wegner, J. Math. Phys. 12, 2259 (1971); Kitaev, Ann. Phys. 303, 2 (2003)",
    .units = "pauli",
    .formula = GAUGE " - j sum_stars sx sx sx sx",
    .options = rows,
    .n_options = RZ_N_ROWS(rows),
    .build = build,
    .formula_for = formula_for};
