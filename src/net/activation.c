#include "ritz/net/activation.h"

#include "mlp_numbers.h"

#include <string.h>

static const struct {
  const char *name;
  bool is_holomorphic;
} list[] = {
#define ROW(NAME, name, holomorphic, formula) {#name, holomorphic},
    RZ_ACTIVATION_LIST(ROW)
#undef ROW
};

const char *rz_activation_name(rz_activation a) { return list[a].name; }
bool rz_activation_is_holomorphic(rz_activation a) { return list[a].is_holomorphic; }

rz_err rz_activation_find(const char *name, rz_activation *out) {
  for (int a = 0; a < RZ_N_ACTIVATION; ++a)
    if (strcmp(name, list[a].name) == 0) {
      *out = (rz_activation)a;
      return RZ_OK;
    }
  RZ_FAIL(RZ_ERR_ARG, "activation '%s': choose from %s", name, RZ_ACTIVATION_CHOICES);
}

enum { PIECE = 64 };
static const double zero[2 * PIECE]; /* biases */

void rz_activation_values(rz_activation a, int64_t n, const double *x, double *const y[4]) {
  const rz_mlp_kernels *kernels = RZ_ISA_PICK(rz_mlp_double);
  memmove(y[0], x, sizeof *x * (size_t)n);
  for (int64_t i = 0; i < n; i += PIECE) {
    void *const d[3] = {y[1] + i, y[2] + i, y[3] + i};
    kernels->activate[a](3, 1, n - i < PIECE ? n - i : PIECE, zero, y[0] + i, d);
  }
}

static void apply_real(rz_activation a, int64_t n, double *x, double *slope) {
  double curve[PIECE];
  void *const d[2] = {slope, curve};
  RZ_ISA_PICK(rz_mlp_double)->activate[a](slope ? 2 : 0, 1, n, zero, x, d);
}

static void split(int64_t n, const double *pair, double *re, double *im) {
  for (int64_t k = 0; k < n; ++k) {
    re[k] = pair[2 * k];
    im[k] = pair[2 * k + 1];
  }
}

static void apply_complex(rz_activation a, int64_t n, double *re, double *im, double *slope_re, double *slope_im) {
  double z[2 * PIECE], slope[2 * PIECE], curve[2 * PIECE];
  void *const d[2] = {slope, curve};
  for (int64_t k = 0; k < n; ++k) {
    z[2 * k] = re[k];
    z[2 * k + 1] = im[k];
  }
  RZ_ISA_PICK(rz_mlp_complex)->activate[a](slope_re ? 2 : 0, 1, n, zero, z, d);
  split(n, z, re, im);
  if (slope_re) split(n, slope, slope_re, slope_im);
}

void rz_activation_apply(rz_activation a, int64_t n, double *re, double *im, double *slope_re, double *slope_im) {
  for (int64_t i = 0; i < n; i += PIECE) {
    const int64_t m = n - i < PIECE ? n - i : PIECE;
    if (im)
      apply_complex(a, m, re + i, im + i, slope_re ? slope_re + i : NULL, slope_re ? slope_im + i : NULL);
    else
      apply_real(a, m, re + i, slope_re ? slope_re + i : NULL);
  }
}

void rz_activation_slopes(rz_activation a, int64_t n, const double *x, double *y, double *slope) {
  memmove(y, x, sizeof *x * (size_t)n);
  rz_activation_apply(a, n, y, NULL, slope, NULL);
}
