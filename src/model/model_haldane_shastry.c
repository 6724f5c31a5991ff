/* Exchange 1 / (chord distance)^2 on a ring; E0 = -j pi^2/24 (N + 5/N) in spin units for even N. */
#include "model_impl.h"

#include "ritz/core/math.h"

#include <math.h>

static const rz_option rows[] = {RZ_ROW_COUPLING("j", "1.0", "", "exchange J")};

static rz_err build(const rz_model_input *in, rz_operator *op) {
  const rz_lattice_spec *spec = rz_lattice_spec_of(in->lattice);
  if (spec->n_dim != 1 || rz_lattice_n_basis(in->lattice) != 1 || !spec->periodic[0]) {
    rz_config_error(in->config, RZ_GROUP, "model",
                    "'haldane_shastry' lives on a ring: geometry = 'chain', "
                    "boundary = 'periodic'");
    return RZ_OK;
  }
  const int n = rz_lattice_n_site(in->lattice);
  for (int a = 0; a < n; a++)
    for (int b = a + 1; b < n; b++) {
      const int r = b - a < n - (b - a) ? b - a : n - (b - a); /* the shorter way: equal pairs get equal bits */
      const double chord = sin(RZ_PI * r / n) * n / RZ_PI;
      const double c = rz_model_real(in, "j") / (chord * chord);
      for (const char *s = "xyz"; *s; s++) RZ_TRY(rz_model_add_pair(in, op, c, *s, a, *s, b));
    }
  return RZ_OK;
}

const rz_model_class rz_model_haldane_shastry = {
    .name = "haldane_shastry",
    .about = "exchange 1 / (chord distance)^2 on a ring",
    .cite = "Haldane, Phys. Rev. Lett. 60, 635 (1988); Shastry, ibid. 639",
    .units = "spin",
    .formula = "H = j sum_pairs (pi/N)^2 / sin^2(pi (a - b)/N) (sx_a sx_b + sy_a sy_b + sz_a sz_b)",
    .options = rows,
    .n_options = RZ_N_ROWS(rows),
    .build = build};
