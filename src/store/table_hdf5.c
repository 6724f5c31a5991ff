#include "h5.h"
#include "table_impl.h"

#include "ritz/core/memory.h"
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MAX_NAME = 256, MAX_WIDTH = 1 << 14 };

typedef struct dataset {
  hid_t id;
  const char *name;
  int64_t n_row;
  int first, width; /* its columns in the table */
} dataset;

static rz_err find_shape(const rz_table *t, dataset *d) {
  hsize_t shape[2] = {0, 1};
  const hid_t space = H5Dget_space(d->id), type = H5Dget_type(d->id);
  const int n_dim = H5Sget_simple_extent_ndims(space);
  const H5T_class_t kind = H5Tget_class(type);
  if (n_dim == 1 || n_dim == 2) H5Sget_simple_extent_dims(space, shape, NULL);
  rz_h5_close(space);
  rz_h5_close(type);
  if (kind != H5T_INTEGER && kind != H5T_FLOAT)
    return rz_table_fail(t, -1, "dataset '%s' holds neither integers nor reals", d->name);
  if (n_dim != 1 && n_dim != 2)
    return rz_table_fail(t, -1, "dataset '%s' has %d dimensions; allowed are [rows] and [rows, columns]", d->name,
                         n_dim);
  if (shape[0] < 1 || shape[0] > INT32_MAX || shape[1] < 1 || shape[1] > MAX_WIDTH)
    return rz_table_fail(
        t, -1, "dataset '%s' has %" PRIuHSIZE " rows and %" PRIuHSIZE " columns; allowed are 1 to %d and 1 to %d",
        d->name, shape[0], shape[1], INT32_MAX, MAX_WIDTH);
  d->n_row = (int64_t)shape[0];
  d->width = (int)shape[1];
  return RZ_OK;
}

/* A dataset of one column gives it its own name; q of several names them q1, q2, ... */
static rz_err add_columns(rz_table *t, const dataset *d) {
  char name[MAX_NAME + 16];
  if (t->n_column > 0 && d->n_row != t->n_row)
    return rz_table_fail(t, -1, "dataset '%s' has %" PRId64 " rows, '%s' has %" PRId64, d->name, d->n_row, t->name[0],
                         t->n_row);
  t->n_row = d->n_row;
  for (int k = 0; k < d->width; k++) {
    const int n = d->width == 1 ? snprintf(name, sizeof name, "%s", d->name)
                                : snprintf(name, sizeof name, "%s%d", d->name, k + 1);
    RZ_TRY(rz_table_add_column(t, name, n));
  }
  return RZ_OK;
}

/* Into its columns of the table, which has room for all. */
static rz_err read_values(rz_table *t, const dataset *d) {
  const hsize_t shape[2] = {(hsize_t)t->n_row, (hsize_t)t->n_column}, start[2] = {0, (hsize_t)d->first},
                count[2] = {shape[0], (hsize_t)d->width};
  hid_t memory = -1;
  rz_err rc = RZ_OK;
  RZ_H5_DONE(rc, memory = H5Screate_simple(2, shape, NULL), RZ_ERR_MEMORY, "read", d->name, t->path);
  RZ_H5_DONE(rc, H5Sselect_hyperslab(memory, H5S_SELECT_SET, start, NULL, count, NULL), RZ_ERR_INTERNAL, "read",
             d->name, t->path);
  RZ_H5_DONE(rc, H5Dread(d->id, H5T_NATIVE_DOUBLE, memory, H5S_ALL, H5P_DEFAULT, t->value), RZ_ERR_INPUT, "read",
             d->name, t->path);
done:
  rz_h5_close(memory);
  return rc;
}

static rz_err check_finite(const rz_table *t) {
  for (int64_t i = 0; i < t->n_row; i++)
    for (int k = 0; k < t->n_column; k++)
      if (!isfinite(t->value[i * t->n_column + k]))
        return rz_table_fail(t, i, "column '%s': %g is no finite number", t->name[k], t->value[i * t->n_column + k]);
  return RZ_OK;
}

/* The first walk over the datasets of the root group names the columns, the second reads them. */
static rz_err take_dataset(rz_table *t, hid_t file, const char *name, int *first) {
  dataset d = {.name = name, .first = *first};
  const bool reading = t->value != NULL;
  rz_err rc = RZ_OK;
  RZ_H5_DONE(rc, d.id = H5Oopen(file, name, H5P_DEFAULT), RZ_ERR_INPUT, "open", name, t->path);
  if (H5Iget_type(d.id) != H5I_DATASET) {
    rc = rz_table_fail(t, -1, "'%s' is no dataset; what else the file holds must be ignored by name", name);
    goto done;
  }
  RZ_TRY_DONE(rc, find_shape(t, &d));
  RZ_TRY_DONE(rc, reading ? read_values(t, &d) : add_columns(t, &d));
  *first += d.width;
done:
  rz_h5_close(d.id);
  return rc;
}

static rz_err walk(rz_table *t, hid_t file, rz_table_ignore *ignore) {
  H5G_info_t root;
  char name[MAX_NAME];
  rz_err rc = RZ_OK;
  int first = 0;
  RZ_H5_DONE(rc, H5Gget_info(file, &root), RZ_ERR_INPUT, "read", NULL, t->path);
  for (hsize_t i = 0; i < root.nlinks; i++) {
    const ssize_t n = H5Lget_name_by_idx(file, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT);
    RZ_CHECK(n >= 0 && n < MAX_NAME, RZ_ERR_INPUT, "cannot read the names of the datasets in '%s'", t->path);
    if (!rz_table_ignored(ignore, name, (int)n)) RZ_TRY(take_dataset(t, file, name, &first));
  }
done:
  return rc;
}

static rz_err read_file(rz_table *t, rz_table_ignore *ignore) {
  hid_t access_list = -1, file = -1;
  rz_err rc = RZ_OK;
  RZ_CHECK(access(t->path, R_OK) == 0, RZ_ERR_INPUT, "cannot open '%s': %s", t->path, strerror(errno));
  RZ_CHECK(H5Fis_hdf5(t->path) > 0, RZ_ERR_INPUT, "'%s' is no HDF5 file", t->path);
  RZ_H5_DONE(rc, access_list = rz_h5_access(), RZ_ERR_MEMORY, "open", NULL, t->path);
  RZ_H5_DONE(rc, file = H5Fopen(t->path, H5F_ACC_RDONLY, access_list), RZ_ERR_INPUT, "open", NULL, t->path);
  RZ_TRY_DONE(rc, walk(t, file, ignore));
  if (t->n_column == 0) {
    rc = rz_table_fail(t, -1, "the file holds no dataset in its root group");
    goto done;
  }
  RZ_TRY_DONE(rc, RZ_NEW(t->n_row * t->n_column, &t->value));
  RZ_TRY_DONE(rc, walk(t, file, ignore));
  RZ_TRY_DONE(rc, check_finite(t));
done:
  rz_h5_close(file);
  rz_h5_close(access_list);
  return rc;
}

rz_err rz_table_read_hdf5(rz_table *t, rz_table_ignore *ignore) {
  const rz_h5_quiet quiet = rz_h5_silence();
  return rz_h5_restore(&quiet, read_file(t, ignore));
}
