/* The writer of HDF5 files in memory, whatever the format of the file is to be. Local. */
#ifndef RITZ_STORE_RESULTS_IMPL_H
#define RITZ_STORE_RESULTS_IMPL_H

#include "ritz/store/results.h"
#include <hdf5.h>
#include <stddef.h>

struct rz_results {
  char *path;
  bool overwrite;
  hid_t file;
};

/* An empty file in memory with the root attributes format and format_version. path serves messages. */
rz_err rz_results_begin(const char *path, const char *format, const char *version, rz_results **out);
/* The file as bytes after `before` zero bytes; n counts both. Owner: caller. */
rz_err rz_results_image(const rz_results *r, size_t before, char **bytes, size_t *n);

#endif
