/* Ising coupling that falls off as a power of the minimum-image distance; J > 0 is ferromagnetic. */
#include "model_impl.h"

#include <math.h>

static const rz_option rows[] = {RZ_ROW_COUPLING("j", "1.0", "", "Ising coupling J of nearest neighbours"),
                                 RZ_ROW_COUPLING("h", "1.0", "", "transverse field h"),
                                 RZ_ROW_REAL("power", "3.0", 0, 1000, "", "the coupling falls off as 1 / r^power")};

static rz_err build(const rz_model_input *in, rz_operator *op) {
  const double j = rz_model_real(in, "j"), power = rz_model_real(in, "power");
  const int n = rz_lattice_n_site(in->lattice);
  for (int a = 0; a < n; a++)
    for (int b = a + 1; b < n; b++) {
      const double r = rz_lattice_distance(in->lattice, a, b);
      if (isfinite(r)) RZ_TRY(rz_model_add_pair(in, op, -j * pow(r, -power), 'z', a, 'z', b));
    }
  for (int i = 0; i < n; i++) RZ_TRY(rz_model_add_one(in, op, -rz_model_real(in, "h"), 'x', i));
  return RZ_OK;
}

const rz_model_class rz_model_long_range_ising = {
    .name = "long_range_ising",
    .about = "Ising model in a transverse field, coupling 1 / r^power between all pairs",
    .cite = "Koffel, Lewenstein and Tagliacozzo, Phys. Rev. Lett. 109, 267203 (2012)",
    .units = "pauli",
    .formula = "H = -j sum_pairs r^(-power) sz_a sz_b - h sum_i sx_i",
    .options = rows,
    .n_options = RZ_N_ROWS(rows),
    .build = build};
