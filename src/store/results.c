/* A results file is built in memory (HDF5's core driver) and goes to disk in one piece at commit: HDF5 does not report
 * every failed write of its own (H5Fclose succeeds on a full disk), write(2) and fsync(2) do. */
#include "file.h"
#include "h5.h"
#include "results_impl.h"
#include "ritz/core/memory.h"
#include "seal.h"
#include <stdio.h>
#include <string.h>

rz_err rz_results_check(const char *path, bool overwrite) { return rz_file_check(path, overwrite); }

static rz_err open_in_memory(rz_results *r) {
  char name[RZ_H5_MEMORY_NAME];
  hid_t access = -1;
  const hid_t creation = H5Pcreate(H5P_FILE_CREATE);
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_h5_in_memory(&access, name, r->path));
  RZ_H5_DONE(rc, H5Pset_obj_track_times(creation, false), RZ_ERR_INTERNAL, "prepare", NULL, r->path);
  RZ_H5_DONE(rc, r->file = H5Fcreate(name, H5F_ACC_TRUNC, creation, access), RZ_ERR_MEMORY, "prepare", NULL, r->path);
done:
  rz_h5_close(access);
  rz_h5_close(creation);
  return rc;
}

static void drop(rz_results **r) {
  if (!*r) return;
  if ((*r)->file >= 0) H5Fclose((*r)->file);
  rz_free(&(*r)->path);
  rz_free(r);
}

static rz_err begin(const char *path, const char *format, const char *version, rz_results **out) {
  rz_results *r = NULL;
  rz_err rc = RZ_OK;
  *out = NULL;
  RZ_TRY(RZ_NEW0(1, &r));
  r->file = -1;
  RZ_TRY_DONE(rc, rz_strdup(path, &r->path));
  RZ_TRY_DONE(rc, open_in_memory(r));
  RZ_TRY_DONE(rc, rz_results_attr_text(r, "/", "format", format));
  RZ_TRY_DONE(rc, rz_results_attr_text(r, "/", "format_version", version));
  *out = r;
  return RZ_OK;
done:
  drop(&r);
  return rc;
}

rz_err rz_results_begin(const char *path, const char *format, const char *version, rz_results **out) {
  const rz_h5_quiet quiet = rz_h5_silence();
  return rz_h5_restore(&quiet, begin(path, format, version, out));
}

rz_err rz_results_create(const char *path, bool overwrite, rz_results **out) {
  *out = NULL;
  RZ_TRY(rz_file_check(path, overwrite));
  RZ_TRY(rz_results_begin(path, RZ_H5_FORMAT, RZ_H5_FORMAT_VERSION, out));
  (*out)->overwrite = overwrite;
  return RZ_OK;
}

/* An attribute of `object` (relative to `at`): one value of a type in memory, kept as another in the file. */
static rz_err put_attribute(const rz_results *r, const char *object, const char *name, hid_t memory, hid_t stored,
                            const void *value) {
  hid_t space = -1, attribute = -1, target = -1;
  rz_err rc = RZ_OK;
  RZ_H5_DONE(rc, target = H5Oopen(r->file, object, H5P_DEFAULT), RZ_ERR_ARG, "open", object, r->path);
  RZ_H5_DONE(rc, space = H5Screate(H5S_SCALAR), RZ_ERR_MEMORY, "describe", object, r->path);
  if (H5Aexists(target, name) > 0)
    RZ_H5_DONE(rc, H5Adelete(target, name), RZ_ERR_IO, "replace attribute", name, r->path);
  RZ_H5_DONE(rc, attribute = H5Acreate2(target, name, stored, space, H5P_DEFAULT, H5P_DEFAULT), RZ_ERR_ARG,
             "create attribute", name, r->path);
  RZ_H5_DONE(rc, H5Awrite(attribute, memory, value), RZ_ERR_IO, "write attribute", name, r->path);
done:
  rz_h5_close(attribute);
  rz_h5_close(space);
  rz_h5_close(target);
  return rc;
}

rz_err rz_results_attr_text(rz_results *r, const char *object, const char *name, const char *value) {
  const rz_h5_quiet quiet = rz_h5_silence();
  const hid_t type = rz_h5_string();
  const rz_err rc = put_attribute(r, object, name, type, type, &value);
  rz_h5_close(type);
  return rz_h5_restore(&quiet, rc);
}

rz_err rz_results_attr_f64(rz_results *r, const char *object, const char *name, double value) {
  const rz_h5_quiet quiet = rz_h5_silence();
  return rz_h5_restore(&quiet, put_attribute(r, object, name, H5T_NATIVE_DOUBLE, H5T_IEEE_F64LE, &value));
}

rz_err rz_results_attr_i64(rz_results *r, const char *object, const char *name, int64_t value) {
  const rz_h5_quiet quiet = rz_h5_silence();
  return rz_h5_restore(&quiet, put_attribute(r, object, name, H5T_NATIVE_INT64, H5T_STD_I64LE, &value));
}

/* Chunks of at most 1 MiB, cut along the first indices, so that Fletcher-32 guards each: without it a flipped bit on
 * disk reads as data. */
static rz_err guard(hid_t creation, const rz_array *a) {
  hsize_t chunk[4], bytes = rz_array_type_size(a->type);
  for (int d = 0; d < a->n_dim; d++) bytes *= chunk[d] = (hsize_t)a->shape[d];
  for (int d = 0; d < a->n_dim && bytes > 1 << 20; d++) {
    const hsize_t row = bytes / chunk[d], rows = ((hsize_t)1 << 20) / row;
    chunk[d] = rows > 0 ? rows : 1;
    bytes = row * chunk[d];
  }
  const bool ok = H5Pset_chunk(creation, a->n_dim, chunk) >= 0 && H5Pset_fletcher32(creation) >= 0;
  RZ_CHECK(ok, RZ_ERR_INTERNAL, "cannot lay out dataset '%s'", a->name ? a->name : "");
  return RZ_OK;
}

/* A dataset of `stored` elements with `creation` properties, filled from `memory` elements, and its two attributes. */
static rz_err put_dataset(rz_results *r, const char *path, hid_t memory, hid_t stored, hid_t space, hid_t creation,
                          const void *data, const char *units, const char *label) {
  hid_t links = -1, set = -1;
  rz_err rc = RZ_OK;
  RZ_H5_DONE(rc, links = H5Pcreate(H5P_LINK_CREATE), RZ_ERR_MEMORY, "describe", path, r->path);
  RZ_H5_DONE(rc, H5Pset_create_intermediate_group(links, 1), RZ_ERR_INTERNAL, "describe", path, r->path);
  RZ_H5_DONE(rc, H5Pset_char_encoding(links, H5T_CSET_UTF8), RZ_ERR_INTERNAL, "describe", path, r->path);
  RZ_H5_DONE(rc, H5Pset_obj_track_times(creation, false), RZ_ERR_INTERNAL, "describe", path, r->path);
  RZ_H5_DONE(rc, set = H5Dcreate2(r->file, path, stored, space, links, creation, H5P_DEFAULT), RZ_ERR_ARG, "create",
             path, r->path);
  if (data)
    RZ_H5_DONE(rc, H5Dwrite(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data), RZ_ERR_IO, "write", path, r->path);
  if (units) RZ_TRY_DONE(rc, rz_results_attr_text(r, path, "units", units));
  if (label) RZ_TRY_DONE(rc, rz_results_attr_text(r, path, "long_name", label));
done:
  rz_h5_close(set);
  rz_h5_close(links);
  return rc;
}

static rz_err put_array(rz_results *r, const char *path, const rz_array *a, const char *units, const char *label) {
  RZ_CHECK(a->n_dim >= 0 && a->n_dim <= 4, RZ_ERR_ARG, "dataset '%s' has %d dimensions; 0 to 4 are stored", path,
           a->n_dim);
  hsize_t shape[4] = {0};
  for (int d = 0; d < a->n_dim; d++) {
    RZ_CHECK(a->shape[d] >= 0, RZ_ERR_ARG, "dataset '%s' has extent %lld", path, (long long)a->shape[d]);
    shape[d] = (hsize_t)a->shape[d];
  }
  const int64_t n = rz_array_length(a);
  RZ_CHECK(a->data || n == 0, RZ_ERR_ARG, "dataset '%s' has no data", path);
  const hid_t memory = rz_h5_type(a->type, false), stored = rz_h5_type(a->type, true);
  const hid_t space = a->n_dim > 0 ? H5Screate_simple(a->n_dim, shape, NULL) : H5Screate(H5S_SCALAR);
  const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  rz_err rc = RZ_OK;
  if (a->n_dim > 0 && n > 0) RZ_TRY_DONE(rc, guard(creation, a));
  RZ_TRY_DONE(rc, put_dataset(r, path, memory, stored, space, creation, n > 0 ? a->data : NULL, units, label));
done:
  rz_h5_close(creation);
  rz_h5_close(space);
  rz_h5_close(stored);
  rz_h5_close(memory);
  return rc;
}

rz_err rz_results_array(rz_results *r, const char *path, const rz_array *array, const char *units, const char *label) {
  const rz_h5_quiet quiet = rz_h5_silence();
  return rz_h5_restore(&quiet, put_array(r, path, array, units, label));
}

rz_err rz_results_f64(rz_results *r, const char *path, double value, const char *units, const char *label) {
  return rz_results_array(r, path, &(rz_array){.name = path, .type = RZ_F64, .data = &value}, units, label);
}

rz_err rz_results_vector(rz_results *r, const char *path, int64_t n, const double *x, const char *units,
                         const char *label) {
  const rz_array array = {.name = path, .type = RZ_F64, .n_dim = 1, .shape = {n}, .data = (void *)x};
  return rz_results_array(r, path, &array, units, label);
}

rz_err rz_results_i64(rz_results *r, const char *path, int64_t value, const char *label) {
  return rz_results_array(r, path, &(rz_array){.name = path, .type = RZ_I64, .data = &value}, NULL, label);
}

rz_err rz_results_text(rz_results *r, const char *path, const char *text, const char *label) {
  const rz_h5_quiet quiet = rz_h5_silence();
  const hid_t type = rz_h5_string(), space = H5Screate(H5S_SCALAR), creation = H5Pcreate(H5P_DATASET_CREATE);
  const rz_err rc = put_dataset(r, path, type, type, space, creation, &text, NULL, label);
  rz_h5_close(creation);
  rz_h5_close(space);
  rz_h5_close(type);
  return rz_h5_restore(&quiet, rc);
}

static rz_err image(const rz_results *r, size_t before, char **bytes, size_t *n) {
  rz_err rc = RZ_OK;
  ssize_t size = 0;
  RZ_H5_DONE(rc, H5Fflush(r->file, H5F_SCOPE_GLOBAL), RZ_ERR_IO, "complete", NULL, r->path);
  RZ_H5_DONE(rc, size = H5Fget_file_image(r->file, NULL, 0), RZ_ERR_IO, "complete", NULL, r->path);
  *n = before + (size_t)size;
  RZ_TRY_DONE(rc, RZ_NEW(*n, bytes));
  memset(*bytes, 0, before);
  RZ_H5_DONE(rc, H5Fget_file_image(r->file, *bytes + before, (size_t)size), RZ_ERR_IO, "complete", NULL, r->path);
done:
  if (rc != RZ_OK) rz_free(bytes);
  return rc;
}

rz_err rz_results_image(const rz_results *r, size_t before, char **bytes, size_t *n) {
  const rz_h5_quiet quiet = rz_h5_silence();
  *bytes = NULL;
  return rz_h5_restore(&quiet, image(r, before, bytes, n));
}

rz_err rz_results_commit(rz_results **r) {
  char *bytes = NULL;
  size_t n = 0;
  rz_err rc = rz_results_image(*r, RZ_SEAL_SIZE, &bytes, &n);
  if (rc == RZ_OK) rc = rz_seal_close(&rz_seal_results, 0, "-", bytes, n);
  if (rc == RZ_OK) rc = rz_file_replace((*r)->path, (*r)->overwrite, bytes, n);
  rz_free(&bytes);
  rz_results_abandon(r);
  return rc;
}

void rz_results_abandon(rz_results **r) {
  if (!r) return;
  const rz_h5_quiet quiet = rz_h5_silence();
  drop(r);
  rz_h5_restore(&quiet, RZ_OK);
}
