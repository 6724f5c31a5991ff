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

void rz_activation_values(rz_activation a, int64_t n, const double *x, double *const y[4]) {
  enum { PIECE = 64 };
  static const double zero[PIECE];
  const rz_mlp_kernels *kernels = RZ_ISA_PICK(rz_mlp_double);
  memmove(y[0], x, sizeof *x * (size_t)n);
  for (int64_t i = 0; i < n; i += PIECE) {
    void *const d[3] = {y[1] + i, y[2] + i, y[3] + i};
    kernels->activate[a](3, 1, n - i < PIECE ? n - i : PIECE, zero, y[0] + i, d);
  }
}

void rz_activation_slopes(rz_activation a, int64_t n, const double *x, double *y, double *slope) {
  enum { PIECE = 64 };
  static const double zero[PIECE];
  double curve[PIECE];
  const rz_mlp_kernels *kernels = RZ_ISA_PICK(rz_mlp_double);
  memmove(y, x, sizeof *x * (size_t)n);
  for (int64_t i = 0; i < n; i += PIECE) {
    void *const d[3] = {slope + i, curve, NULL};
    kernels->activate[a](2, 1, n - i < PIECE ? n - i : PIECE, zero, y + i, d);
  }
}
