/* The reader of HDF5 files, whatever their format. Local. */
#ifndef RITZ_STORE_STORED_IMPL_H
#define RITZ_STORE_STORED_IMPL_H

#include "ritz/store/results.h"
#include <hdf5.h>
#include <stddef.h>

struct rz_stored {
  char *path;
  hid_t file;
};

/* Open the bytes of an HDF5 file, which HDF5 copies, and check its format. path serves messages. */
rz_err rz_stored_open_image(const char *path, const char *format, const char *version, void *bytes, size_t n,
                            rz_stored **out);
/* Paths below a group of all datasets, newline-separated, in the order of their names. Owner: caller. */
rz_err rz_stored_list_all(const rz_stored *s, const char *group, char **paths);

#endif
