#include "ritz/linalg/params.h"

#include "ritz/core/memory.h"
#include <string.h>

static int64_t view_numbers(const rz_view *v) { return rz_view_length(v) * (v->is_complex ? 2 : 1); }

int64_t rz_view_length(const rz_view *v) {
  int64_t n = 1;
  for (int d = 0; d < v->n_dim; d++) n *= v->shape[d];
  return n;
}

rz_err rz_params_add(rz_params *p, const char *name, bool is_complex, int n_dim, const int64_t *shape) {
  RZ_CHECK(!p->value, RZ_ERR_ARG, "view %s: the parameters are allocated already", name);
  RZ_CHECK(p->n_view < RZ_MAX_VIEW, RZ_ERR_ARG, "view %s: more than %d views", name, RZ_MAX_VIEW);
  RZ_CHECK(strlen(name) < RZ_VIEW_NAME_SIZE, RZ_ERR_ARG, "view %s: a name of %d characters or more", name,
           RZ_VIEW_NAME_SIZE);
  RZ_CHECK(n_dim >= 0 && n_dim <= 3, RZ_ERR_ARG, "view %s: %d dimensions", name, n_dim);
  RZ_CHECK(rz_params_find(p, name) < 0, RZ_ERR_ARG, "two views named %s", name);
  rz_view v = {.n_dim = n_dim, .is_complex = is_complex, .offset = p->n};
  for (int d = 0; d < n_dim; d++) {
    RZ_CHECK(shape[d] >= 0, RZ_ERR_ARG, "view %s: extent %lld", name, (long long)shape[d]);
    v.shape[d] = shape[d];
  }
  strcpy(v.name, name);
  p->view[p->n_view++] = v;
  p->n += view_numbers(&v);
  return RZ_OK;
}

rz_err rz_params_allocate(rz_params *p) {
  RZ_CHECK(!p->value, RZ_ERR_ARG, "the parameters are allocated already");
  RZ_TRY(RZ_NEW0(p->n, &p->value));
  return RZ_OK;
}

void rz_params_free(rz_params *p) {
  rz_free(&p->value);
  memset(p, 0, sizeof *p);
}

int rz_params_find(const rz_params *p, const char *name) {
  for (int i = 0; i < p->n_view; i++)
    if (strcmp(p->view[i].name, name) == 0) return i;
  return -1;
}

double *rz_params_real(const rz_params *p, int view) { return p->value + p->view[view].offset; }

rz_err rz_params_each(const rz_params *p, rz_array_visit *visit, void *ctx) {
  for (int i = 0; i < p->n_view; i++) {
    const rz_view *v = &p->view[i];
    rz_array a = {.name = v->name,
                  .type = v->is_complex ? RZ_C64 : RZ_F64,
                  .n_dim = v->n_dim,
                  .shape = {v->shape[0], v->shape[1], v->shape[2], 0},
                  .distributed = false,
                  .data = rz_params_real(p, i)};
    RZ_TRY(visit(&a, ctx));
  }
  return RZ_OK;
}
