#include "h5.h"
#include "ritz/core/memory.h"
#include "seal.h"
#include "stored_impl.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

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

/* Readers of version 1.x read every 1.y. */
static rz_err check_format(const rz_stored *s, const char *format, const char *version) {
  char *found = NULL, *found_version = NULL;
  rz_err rc = RZ_OK;
  if (attr_text(s, "/", "format", &found) != RZ_OK || strcmp(found, format) != 0) {
    rc = rz_error_set(RZ_ERR_INPUT, __FILE__, __LINE__, __func__, "'%s' is an HDF5 file, but not of the format %s",
                      s->path, format);
    goto done;
  }
  RZ_TRY_DONE(rc, attr_text(s, "/", "format_version", &found_version));
  RZ_CHECK_DONE(rc, strncmp(found_version, version, strcspn(version, ".") + 1) == 0, RZ_ERR_INPUT,
                "'%s' has format version %s; this program reads %s", s->path, found_version, version);
done:
  rz_free(&found_version);
  rz_free(&found);
  return rc;
}

static rz_err open_image(rz_stored *s, const char *format, const char *version, void *bytes, size_t n) {
  rz_err rc = RZ_OK;
  hid_t access = -1;
  char name[RZ_H5_MEMORY_NAME];
  RZ_TRY_DONE(rc, rz_h5_in_memory(&access, name, s->path));
  RZ_H5_DONE(rc, H5Pset_file_image(access, bytes, n), RZ_ERR_MEMORY, "open", NULL, s->path);
  RZ_H5_DONE(rc, s->file = H5Fopen(name, H5F_ACC_RDONLY, access), RZ_ERR_INPUT, "open", NULL, s->path);
  RZ_TRY_DONE(rc, check_format(s, format, version));
done:
  rz_h5_close(access);
  return rc;
}

static void close_file(rz_stored **s) {
  if ((*s)->file >= 0) H5Fclose((*s)->file);
  rz_free(&(*s)->path);
  rz_free(s);
}

static rz_err make(const char *path, rz_stored **out) {
  RZ_TRY(RZ_NEW0(1, out));
  (*out)->file = -1;
  const rz_err rc = rz_strdup(path, &(*out)->path);
  if (rc != RZ_OK) rz_free(out);
  return rc;
}

rz_err rz_stored_open_image(const char *path, const char *format, const char *version, void *bytes, size_t n,
                            rz_stored **out) {
  *out = NULL;
  RZ_TRY(make(path, out));
  const rz_h5_quiet quiet = rz_h5_silence();
  const rz_err rc = open_image(*out, format, version, bytes, n);
  if (rc != RZ_OK) close_file(out);
  return rz_h5_restore(&quiet, rc);
}

rz_err rz_stored_open(const char *path, rz_stored **out) {
  char *bytes = NULL;
  rz_seal seal;
  *out = NULL;
  rz_err rc = rz_seal_open(&rz_seal_results, path, &bytes, &seal);
  if (rc == RZ_OK)
    rc = rz_stored_open_image(path, RZ_H5_FORMAT, RZ_H5_FORMAT_VERSION, bytes + RZ_SEAL_SIZE,
                              (size_t)seal.size - RZ_SEAL_SIZE, out);
  rz_free(&bytes);
  return rc == RZ_ERR_IO ? RZ_ERR_INPUT : rc; /* a damaged file is an unreadable input like a missing one */
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

enum { SHAPE_TEXT = 128 };

/* "[3, 4]" */
static const char *print_shape(const rz_array *a, char text[SHAPE_TEXT]) {
  int n = snprintf(text, SHAPE_TEXT, "[");
  for (int d = 0; d < a->n_dim && d < 4; d++)
    n += snprintf(text + n, SHAPE_TEXT - (size_t)n, "%s%lld", d > 0 ? ", " : "", (long long)a->shape[d]);
  snprintf(text + n, SHAPE_TEXT - (size_t)n, "]");
  return text;
}

static const char *const type_name[] = {
    [RZ_F64] = "real",           [RZ_C64] = "complex",        [RZ_I8] = "8-bit integer",
    [RZ_I32] = "32-bit integer", [RZ_I64] = "64-bit integer", [RZ_U64] = "unsigned 64-bit integer"};

static rz_err get_array(const rz_stored *s, const char *path, rz_array *a) {
  rz_array stored;
  hid_t set = -1, type = -1;
  rz_err rc = RZ_OK;
  RZ_TRY(get_shape(s, path, &stored));
  RZ_CHECK(stored.type == a->type, RZ_ERR_INPUT, "'%s' in '%s' is of type %s, and %s is asked for", path, s->path,
           type_name[stored.type], type_name[a->type]);
  bool same = stored.n_dim == a->n_dim;
  for (int d = 0; same && d < stored.n_dim; d++) same = stored.shape[d] == a->shape[d];
  char has[SHAPE_TEXT], wanted[SHAPE_TEXT];
  RZ_CHECK(same, RZ_ERR_INPUT, "'%s' in '%s' has the shape %s, and %s is asked for", path, s->path,
           print_shape(&stored, has), print_shape(a, wanted));
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

typedef struct found_paths {
  char *text; /* NULL: only count */
  size_t used;
} found_paths;

static herr_t add_dataset(hid_t group, const char *path, const H5L_info_t *link, void *ctx) {
  (void)link;
  found_paths *found = ctx;
  H5O_info_t object;
  if (H5Oget_info_by_name(group, path, &object, H5P_DEFAULT) < 0) return -1;
  if (object.type != H5O_TYPE_DATASET) return 0;
  const size_t n = strlen(path);
  if (found->text) {
    memcpy(found->text + found->used, path, n);
    found->text[found->used + n] = '\n';
  }
  found->used += n + 1;
  return 0;
}

static rz_err list_all(const rz_stored *s, const char *path, char **paths) {
  hid_t group = -1;
  rz_err rc = RZ_OK;
  found_paths found = {0};
  RZ_H5_DONE(rc, group = H5Gopen2(s->file, path, H5P_DEFAULT), RZ_ERR_INPUT, "list", path, s->path);
  RZ_H5_DONE(rc, H5Lvisit(group, H5_INDEX_NAME, H5_ITER_INC, add_dataset, &found), RZ_ERR_INPUT, "list", path, s->path);
  RZ_TRY_DONE(rc, RZ_NEW0(found.used + 1, paths));
  found = (found_paths){.text = *paths};
  RZ_H5_DONE(rc, H5Lvisit(group, H5_INDEX_NAME, H5_ITER_INC, add_dataset, &found), RZ_ERR_INPUT, "list", path, s->path);
done:
  if (rc != RZ_OK) rz_free(paths);
  rz_h5_close(group);
  return rc;
}

rz_err rz_stored_list_all(const rz_stored *s, const char *group, char **paths) {
  const rz_h5_quiet quiet = rz_h5_silence();
  *paths = NULL;
  return rz_h5_restore(&quiet, list_all(s, group, paths));
}
