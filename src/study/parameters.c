#include "parameters.h"

#include "ritz/core/memory.h"
#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 128 };

static rz_err write_view(const rz_array *array, void *ctx) {
  char path[PATH_SIZE];
  snprintf(path, sizeof path, "/parameters/%s", array->name);
  return rz_results_array(ctx, path, array, "1", "trained parameters");
}

rz_err rz_parameters_write(rz_results *results, const rz_params *params) {
  return rz_params_each(params, write_view, results);
}

static rz_err declare_views(const rz_stored *s, char *list, rz_params *out) {
  for (char *save = NULL, *name = strtok_r(list, "\n", &save); name; name = strtok_r(NULL, "\n", &save)) {
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "/parameters/%s", name);
    rz_array shape;
    RZ_TRY(rz_stored_shape(s, path, &shape));
    RZ_TRY(rz_params_add(out, name, shape.type == RZ_C64, shape.n_dim, shape.shape));
  }
  return rz_params_allocate(out);
}

static rz_err read_view(const rz_array *array, void *ctx) {
  char path[PATH_SIZE];
  snprintf(path, sizeof path, "/parameters/%s", array->name);
  rz_array into = *array;
  return rz_stored_read(ctx, path, &into);
}

rz_err rz_parameters_read(const rz_stored *stored, rz_params *out) {
  char *list = NULL;
  *out = (rz_params){0};
  RZ_TRY(rz_stored_list(stored, "/parameters", &list));
  rz_err rc = declare_views(stored, list, out);
  if (rc == RZ_OK) rc = rz_params_each(out, read_view, (void *)stored);
  rz_free(&list);
  return rc;
}
