#include "state_file.h"

#include "ritz/core/memory.h"
#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 128 };

static rz_err write_view(const rz_array *array, void *ctx) {
  char path[PATH_SIZE];
  snprintf(path, sizeof path, "/parameters/%s", array->name);
  return rz_results_array(ctx, path, array, "1", "variational parameters");
}

rz_err rz_state_file_write(rz_results *results, const rz_ansatz *ansatz) {
  RZ_TRY(rz_params_each(&ansatz->params, write_view, results));
  int extent[2];
  rz_lattice_translation_extent(ansatz->lattice, extent);
  RZ_TRY(rz_results_attr_text(results, "/parameters", "kind", ansatz->cls->name));
  RZ_TRY(rz_results_attr_i64(results, "/parameters", "n_site", ansatz->n_site));
  RZ_TRY(rz_results_attr_i64(results, "/parameters", "extent_x", extent[0]));
  return rz_results_attr_i64(results, "/parameters", "extent_y", extent[1]);
}

static rz_err read_geometry(const rz_stored *s, rz_state_file *f) {
  int64_t n_site, x, y;
  RZ_TRY(rz_stored_attr_text(s, "/parameters", "kind", &f->kind));
  RZ_TRY(rz_stored_attr_i64(s, "/parameters", "n_site", &n_site));
  RZ_TRY(rz_stored_attr_i64(s, "/parameters", "extent_x", &x));
  RZ_TRY(rz_stored_attr_i64(s, "/parameters", "extent_y", &y));
  f->n_site = (int)n_site;
  f->extent[0] = (int)x;
  f->extent[1] = (int)y;
  return RZ_OK;
}

static rz_err declare_views(const rz_stored *s, char *list, rz_state_file *f) {
  RZ_TRY(RZ_NEW0(8, &f->names));
  int n = 0;
  for (char *save = NULL, *name = strtok_r(list, "\n", &save); name; name = strtok_r(NULL, "\n", &save)) {
    RZ_CHECK(n < 8, RZ_ERR_INPUT, "too many parameter arrays");
    RZ_TRY(rz_strdup(name, &f->names[n]));
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "/parameters/%s", name);
    rz_array shape;
    RZ_TRY(rz_stored_shape(s, path, &shape));
    RZ_TRY(rz_params_add(&f->params, f->names[n], shape.type == RZ_C64, shape.n_dim, shape.shape));
    n++;
  }
  return rz_params_allocate(&f->params);
}

static rz_err read_view(const rz_array *array, void *ctx) {
  char path[PATH_SIZE];
  snprintf(path, sizeof path, "/parameters/%s", array->name);
  rz_array into = *array;
  return rz_stored_read(ctx, path, &into);
}

rz_err rz_state_file_read(const char *path, rz_state_file *f) {
  *f = (rz_state_file){0};
  rz_stored *s = NULL;
  char *list = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_stored_open(path, &s));
  RZ_CHECK_DONE(rc, rz_stored_has(s, "/parameters"), RZ_ERR_INPUT, "%s holds no variational state", path);
  RZ_TRY_DONE(rc, read_geometry(s, f));
  RZ_TRY_DONE(rc, rz_stored_list(s, "/parameters", &list));
  RZ_TRY_DONE(rc, declare_views(s, list, f));
  RZ_TRY_DONE(rc, rz_params_each(&f->params, read_view, s));
  RZ_TRY_DONE(rc, rz_stored_text(s, "/input/deck", &f->deck));
  RZ_TRY_DONE(rc, rz_stored_text(s, "/provenance/deck", &f->deck_path));
done:
  rz_free(&list);
  rz_stored_close(&s);
  if (rc != RZ_OK) rz_state_file_free(f);
  return rc;
}

void rz_state_file_free(rz_state_file *f) {
  for (int i = 0; f->names && i < 8; i++) rz_free(&f->names[i]);
  rz_free(&f->names);
  rz_free(&f->kind);
  rz_free(&f->deck);
  rz_free(&f->deck_path);
  rz_params_free(&f->params);
  *f = (rz_state_file){0};
}
