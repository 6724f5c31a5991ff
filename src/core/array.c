#include "ritz/core/array.h"

size_t rz_array_type_size(rz_array_type type) {
  static const size_t size[] = {[RZ_F64] = 8, [RZ_C64] = 16, [RZ_I8] = 1, [RZ_I32] = 4, [RZ_I64] = 8, [RZ_U64] = 8};
  return size[type];
}

int64_t rz_array_length(const rz_array *a) {
  int64_t n = 1;
  for (int d = 0; d < a->n_dim; d++) n *= a->shape[d];
  return n;
}

static rz_err visit_one(const char *name, rz_array_type type, void *x, rz_array_visit *visit, void *ctx) {
  return visit(&(rz_array){.name = name, .type = type, .n_dim = 1, .shape = {1}, .data = x}, ctx);
}

rz_err rz_visit_f64(const char *name, double *x, rz_array_visit *visit, void *ctx) {
  return visit_one(name, RZ_F64, x, visit, ctx);
}

rz_err rz_visit_i64(const char *name, int64_t *x, rz_array_visit *visit, void *ctx) {
  return visit_one(name, RZ_I64, x, visit, ctx);
}
