#include "state_file.h"

#include "parameters.h"
#include "ritz/core/memory.h"

rz_err rz_state_file_write(rz_results *results, const rz_ansatz *ansatz) {
  RZ_TRY(rz_parameters_write(results, &ansatz->params));
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

rz_err rz_state_file_read(const char *path, rz_state_file *f) {
  *f = (rz_state_file){0};
  rz_stored *s = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_stored_open(path, &s));
  RZ_CHECK_DONE(rc, rz_stored_has(s, "/parameters"), RZ_ERR_INPUT, "%s holds no variational state", path);
  RZ_TRY_DONE(rc, read_geometry(s, f));
  RZ_TRY_DONE(rc, rz_parameters_read(s, &f->params));
  RZ_TRY_DONE(rc, rz_stored_text(s, "/input/deck", &f->deck));
  RZ_TRY_DONE(rc, rz_stored_text(s, "/provenance/deck", &f->deck_path));
done:
  rz_stored_close(&s);
  if (rc != RZ_OK) rz_state_file_free(f);
  return rc;
}

void rz_state_file_free(rz_state_file *f) {
  rz_free(&f->kind);
  rz_free(&f->deck);
  rz_free(&f->deck_path);
  rz_params_free(&f->params);
  *f = (rz_state_file){0};
}
