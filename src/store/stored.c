#include "h5.h"
#include "ritz/core/memory.h"
#include "ritz/store/results.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct rz_stored {
  char *path;
  hid_t file;
};

/* Text of a scalar of variable length, from a dataset or an attribute that is already open. */
typedef herr_t read_text(hid_t object, hid_t type, void *out);
static herr_t read_text_dataset(hid_t object, hid_t type, void *out) {
  return H5Dread(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out);
}
static herr_t read_text_attribute(hid_t object, hid_t type, void *out) { return H5Aread(object, type, out); }

static rz_err get_text(const rz_stored *s, const char *name, hid_t object, hid_t stored, hid_t space, read_text *reader,
                       char **text) {
  char *raw = NULL;
  hid_t type = -1;
  rz_err rc = RZ_OK;
  const bool scalar = H5Sget_simple_extent_npoints(space) == 1 && H5Tis_variable_str(stored) > 0;
  RZ_CHECK_DONE(rc, scalar, RZ_ERR_INPUT, "'%s' in '%s' is not one text", name, s->path);
  RZ_H5_DONE(rc, type = H5Tcopy(stored), RZ_ERR_MEMORY, "read", name, s->path);
  RZ_H5_DONE(rc, reader(object, type, &raw), RZ_ERR_INPUT, "read", name, s->path);
  RZ_TRY_DONE(rc, rz_strdup(raw ? raw : "", text));
done:
  if (raw) H5Dvlen_reclaim(type, space, H5P_DEFAULT, &raw);
  rz_h5_close(type);
  return rc;
}

static rz_err attr_text(const rz_stored *s, const char *object, const char *name, char **value) {
  hid_t attribute = -1, type = -1, space = -1;
  rz_err rc = RZ_OK;
  *value = NULL;
  RZ_H5_DONE(rc, attribute = H5Aopen_by_name(s->file, object, name, H5P_DEFAULT, H5P_DEFAULT), RZ_ERR_INPUT,
             "read attribute", name, s->path);
  RZ_H5_DONE(rc, type = H5Aget_type(attribute), RZ_ERR_INPUT, "read attribute", name, s->path);
  RZ_H5_DONE(rc, space = H5Aget_space(attribute), RZ_ERR_INPUT, "read attribute", name, s->path);
  RZ_TRY_DONE(rc, get_text(s, name, attribute, type, space, read_text_attribute, value));
done:
  rz_h5_close(space);
  rz_h5_close(type);
  rz_h5_close(attribute);
  return rc;
}

rz_err rz_stored_attr_text(const rz_stored *s, const char *object, const char *name, char **value) {
  const rz_h5_quiet quiet = rz_h5_silence();
  return rz_h5_restore(&quiet, attr_text(s, object, name, value));
}

static rz_err attr_number(const rz_stored *s, const char *object, const char *name, hid_t memory, void *value) {
  hid_t attribute = -1, space = -1;
  rz_err rc = RZ_OK;
  RZ_H5_DONE(rc, attribute = H5Aopen_by_name(s->file, object, name, H5P_DEFAULT, H5P_DEFAULT), RZ_ERR_INPUT,
             "read attribute", name, s->path);
  RZ_H5_DONE(rc, space = H5Aget_space(attribute), RZ_ERR_INPUT, "read attribute", name, s->path);
  RZ_CHECK_DONE(rc, H5Sget_simple_extent_npoints(space) == 1, RZ_ERR_INPUT, "attribute '%s' in '%s' is not one number",
                name, s->path);
  RZ_H5_DONE(rc, H5Aread(attribute, memory, value), RZ_ERR_INPUT, "read attribute", name, s->path);
done:
  rz_h5_close(space);
  rz_h5_close(attribute);
  return rc;
}

rz_err rz_stored_attr_i64(const rz_stored *s, const char *object, const char *name, int64_t *value) {
  const rz_h5_quiet quiet = rz_h5_silence();
  return rz_h5_restore(&quiet, attr_number(s, object, name, H5T_NATIVE_INT64, value));
}

rz_err rz_stored_attr_f64(const rz_stored *s, const char *object, const char *name, double *value) {
  const rz_h5_quiet quiet = rz_h5_silence();
  return rz_h5_restore(&quiet, attr_number(s, object, name, H5T_NATIVE_DOUBLE, value));
}

static rz_err check_format(const rz_stored *s) {
  char *format = NULL, *version = NULL;
  rz_err rc = RZ_OK;
  if (attr_text(s, "/", "format", &format) != RZ_OK || strcmp(format, RZ_H5_FORMAT) != 0) {
    rc = rz_error_set(RZ_ERR_INPUT, __FILE__, __LINE__, __func__, "'%s' is an HDF5 file, but not results of ritz",
                      s->path);
    goto done;
  }
  RZ_TRY_DONE(rc, attr_text(s, "/", "format_version", &version));
  RZ_CHECK_DONE(rc, strncmp(version, RZ_H5_FORMAT_VERSION, strcspn(RZ_H5_FORMAT_VERSION, ".") + 1) == 0, RZ_ERR_INPUT,
                "'%s' has format version %s; this program reads %s", s->path, version, RZ_H5_FORMAT_VERSION);
done:
  rz_free(&version);
  rz_free(&format);
  return rc;
}

static rz_err open_file(rz_stored *s) {
  rz_err rc = RZ_OK;
  hid_t access = -1;
  FILE *file = fopen(s->path, "rb");
  RZ_CHECK(file, RZ_ERR_INPUT, "cannot open '%s': %s", s->path, strerror(errno));
  fclose(file);
  RZ_CHECK(H5Fis_hdf5(s->path) > 0, RZ_ERR_INPUT, "'%s' is not an HDF5 file", s->path);
  RZ_H5_DONE(rc, access = rz_h5_access(), RZ_ERR_MEMORY, "open", NULL, s->path);
  RZ_H5_DONE(rc, s->file = H5Fopen(s->path, H5F_ACC_RDONLY, access), RZ_ERR_INPUT, "open", NULL, s->path);
  RZ_TRY_DONE(rc, check_format(s));
done:
  rz_h5_close(access);
  return rc;
}

static void close_file(rz_stored **s) {
  if ((*s)->file >= 0) H5Fclose((*s)->file);
  rz_free(&(*s)->path);
  rz_free(s);
}

rz_err rz_stored_open(const char *path, rz_stored **out) {
  rz_stored *s = NULL;
  *out = NULL;
  RZ_TRY(RZ_NEW0(1, &s));
  const rz_h5_quiet quiet = rz_h5_silence();
  s->file = -1;
  rz_err rc = rz_strdup(path, &s->path);
  if (rc == RZ_OK) rc = open_file(s);
  if (rc == RZ_OK)
    *out = s;
  else
    close_file(&s);
  return rz_h5_restore(&quiet, rc);
}

void rz_stored_close(rz_stored **s) {
  if (!s || !*s) return;
  const rz_h5_quiet quiet = rz_h5_silence();
  close_file(s);
  rz_h5_restore(&quiet, RZ_OK);
}

/* H5Lexists answers only for the last part of a path, so every prefix is asked in turn. */
bool rz_stored_has(const rz_stored *s, const char *path) {
  char *prefix = NULL;
  if (rz_strdup(path, &prefix) != RZ_OK) return false;
  const rz_h5_quiet quiet = rz_h5_silence();
  bool found = true;
  for (char *p = prefix; found && *p;) {
    p += strspn(p, "/");
    if (!*p) break;
    p += strcspn(p, "/");
    const char kept = *p;
    *p = '\0';
    found = H5Lexists(s->file, prefix, H5P_DEFAULT) > 0;
    *p = kept;
  }
  rz_h5_restore(&quiet, RZ_OK);
  rz_free(&prefix);
  return found;
}

static rz_err get_shape(const rz_stored *s, const char *path, rz_array *out) {
  hid_t set = -1, type = -1, space = -1;
  hsize_t shape[4] = {0};
  rz_err rc = RZ_OK;
  *out = (rz_array){0};
  RZ_H5_DONE(rc, set = H5Dopen2(s->file, path, H5P_DEFAULT), RZ_ERR_INPUT, "read", path, s->path);
  RZ_H5_DONE(rc, type = H5Dget_type(set), RZ_ERR_INPUT, "read", path, s->path);
  RZ_H5_DONE(rc, space = H5Dget_space(set), RZ_ERR_INPUT, "read", path, s->path);
  const int n_dim = H5Sget_simple_extent_ndims(space);
  RZ_CHECK_DONE(rc, n_dim >= 0 && n_dim <= 4, RZ_ERR_INPUT, "'%s' in '%s' has %d dimensions; 0 to 4 are read", path,
                s->path, n_dim);
  RZ_CHECK_DONE(rc, rz_h5_recognise(type, &out->type), RZ_ERR_INPUT, "'%s' in '%s' is not an array of numbers", path,
                s->path);
  H5Sget_simple_extent_dims(space, shape, NULL);
  out->n_dim = n_dim;
  for (int d = 0; d < n_dim; d++) out->shape[d] = (int64_t)shape[d];
done:
  rz_h5_close(space);
  rz_h5_close(type);
  rz_h5_close(set);
  return rc;
}

rz_err rz_stored_shape(const rz_stored *s, const char *path, rz_array *out) {
  const rz_h5_quiet quiet = rz_h5_silence();
  return rz_h5_restore(&quiet, get_shape(s, path, out));
}

static rz_err get_array(const rz_stored *s, const char *path, rz_array *a) {
  rz_array stored;
  hid_t set = -1, type = -1;
  rz_err rc = RZ_OK;
  RZ_TRY(get_shape(s, path, &stored));
  bool same = stored.type == a->type && stored.n_dim == a->n_dim;
  for (int d = 0; same && d < stored.n_dim; d++) same = stored.shape[d] == a->shape[d];
  RZ_CHECK(same, RZ_ERR_INPUT, "'%s' in '%s' has another type or shape than is asked for", path, s->path);
  if (rz_array_length(a) == 0) return RZ_OK;
  RZ_H5_DONE(rc, set = H5Dopen2(s->file, path, H5P_DEFAULT), RZ_ERR_INPUT, "read", path, s->path);
  RZ_H5_DONE(rc, type = rz_h5_type(a->type, false), RZ_ERR_INTERNAL, "read", path, s->path);
  RZ_H5_DONE(rc, H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, a->data), RZ_ERR_INPUT, "read", path, s->path);
done:
  rz_h5_close(type);
  rz_h5_close(set);
  return rc;
}

rz_err rz_stored_read(const rz_stored *s, const char *path, rz_array *array) {
  const rz_h5_quiet quiet = rz_h5_silence();
  return rz_h5_restore(&quiet, get_array(s, path, array));
}

rz_err rz_stored_f64(const rz_stored *s, const char *path, double *value) {
  return rz_stored_read(s, path, &(rz_array){.name = path, .type = RZ_F64, .data = value});
}

rz_err rz_stored_i64(const rz_stored *s, const char *path, int64_t *value) {
  return rz_stored_read(s, path, &(rz_array){.name = path, .type = RZ_I64, .data = value});
}

static rz_err get_text_dataset(const rz_stored *s, const char *path, char **text) {
  hid_t set = -1, type = -1, space = -1;
  rz_err rc = RZ_OK;
  *text = NULL;
  RZ_H5_DONE(rc, set = H5Dopen2(s->file, path, H5P_DEFAULT), RZ_ERR_INPUT, "read", path, s->path);
  RZ_H5_DONE(rc, type = H5Dget_type(set), RZ_ERR_INPUT, "read", path, s->path);
  RZ_H5_DONE(rc, space = H5Dget_space(set), RZ_ERR_INPUT, "read", path, s->path);
  RZ_TRY_DONE(rc, get_text(s, path, set, type, space, read_text_dataset, text));
done:
  rz_h5_close(space);
  rz_h5_close(type);
  rz_h5_close(set);
  return rc;
}

rz_err rz_stored_text(const rz_stored *s, const char *path, char **text) {
  const rz_h5_quiet quiet = rz_h5_silence();
  return rz_h5_restore(&quiet, get_text_dataset(s, path, text));
}

static ssize_t child_name(hid_t group, hsize_t i, char *name, size_t size) {
  return H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, size, H5P_DEFAULT);
}

static rz_err list_children(const rz_stored *s, const char *path, char **names) {
  H5G_info_t info;
  hid_t group = -1;
  size_t room = 1, used = 0;
  rz_err rc = RZ_OK;
  *names = NULL;
  RZ_H5_DONE(rc, group = H5Gopen2(s->file, path, H5P_DEFAULT), RZ_ERR_INPUT, "list", path, s->path);
  RZ_H5_DONE(rc, H5Gget_info(group, &info), RZ_ERR_INPUT, "list", path, s->path);
  for (hsize_t i = 0; i < info.nlinks; i++) {
    ssize_t n = 0;
    RZ_H5_DONE(rc, n = child_name(group, i, NULL, 0), RZ_ERR_INPUT, "list", path, s->path);
    room += (size_t)n + 1;
  }
  RZ_TRY_DONE(rc, RZ_NEW0(room, names));
  for (hsize_t i = 0; i < info.nlinks; i++) {
    if (i > 0) (*names)[used++] = '\n';
    ssize_t n = 0;
    RZ_H5_DONE(rc, n = child_name(group, i, *names + used, room - used), RZ_ERR_INPUT, "list", path, s->path);
    used += (size_t)n;
  }
done:
  if (rc != RZ_OK) rz_free(names);
  rz_h5_close(group);
  return rc;
}

rz_err rz_stored_list(const rz_stored *s, const char *group, char **names) {
  const rz_h5_quiet quiet = rz_h5_silence();
  return rz_h5_restore(&quiet, list_children(s, group, names));
}
