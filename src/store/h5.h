/* HDF5 as the store uses it: quiet, its failures as rz_err, one type for each of ours. Local.
 * A public function of the store is a pair: rz_h5_silence, the work, rz_h5_restore; so a caller's own HDF5 settings
 * come back as they were. */
#ifndef RITZ_STORE_H5_H
#define RITZ_STORE_H5_H

#include "ritz/core/array.h"
#include "ritz/core/error.h"
#include <hdf5.h>
#include <stdbool.h>

#define RZ_H5_FORMAT "ritz-results"
#define RZ_H5_FORMAT_VERSION "1.0" /* readers of 1.x read every 1.y */

typedef struct rz_h5_quiet {
  H5E_auto2_t print;
  void *data;
} rz_h5_quiet;
rz_h5_quiet rz_h5_silence(void);
/* Returns rc, so that it can end a function. */
rz_err rz_h5_restore(const rz_h5_quiet *quiet, rz_err rc);

/* Record err: "cannot <verb> '<object>' in '<file>': <HDF5's own innermost message>". */
rz_err rz_h5_error(rz_err err, const char *file, int line, const char *func, const char *verb, const char *object,
                   const char *path);
/* For functions with a `done:` that closes what they opened. */
#define RZ_H5_DONE(rc, call, err, verb, object, path)                                                                  \
  do {                                                                                                                 \
    if ((call) < 0) {                                                                                                  \
      (rc) = rz_h5_error((err), __FILE__, __LINE__, __func__, (verb), (object), (path));                               \
      goto done;                                                                                                       \
    }                                                                                                                  \
  } while (0)

/* File access: no locking by HDF5, since some cluster file systems have none and our own lock file governs. */
hid_t rz_h5_access(void);
/* Access to a file in memory alone, and the name that HDF5 wants for it all the same: one that no file has, for it
 * looks. Caller closes. */
enum { RZ_H5_MEMORY_NAME = 64 };
rz_err rz_h5_in_memory(hid_t *access, char name[RZ_H5_MEMORY_NAME], const char *path);
/* Type of an element in memory or, little-endian, in the file. Caller closes. */
hid_t rz_h5_type(rz_array_type type, bool in_file);
/* UTF-8 string of variable length. Caller closes. */
hid_t rz_h5_string(void);
/* Our type for a stored one; false if there is none. */
bool rz_h5_recognise(hid_t type, rz_array_type *out);
/* Close whatever kind of handle it is; negative ones are ignored. */
void rz_h5_close(hid_t id);

#endif
