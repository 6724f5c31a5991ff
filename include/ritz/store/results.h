/* Results files: HDF5, self-describing, replaced whole by rename, never reopened for append. One rank writes; the
 * others do not call. Local; no communication.
 *
 * Until rz_results_commit the data stand in memory and nothing is on disk; commit writes them to a temporary name
 * beside the target, checks every return value, syncs, reads back and compares, renames and syncs the directory, so
 * that a reader sees the old file or the whole new one. The first 512 bytes, HDF5's user block, hold a line with the
 * SHA-256 of the rest, which is checked before HDF5 reads the file. Arrays carry Fletcher-32 checksums; the same
 * content gives the same bytes (no times). The root has the attributes format = "ritz-results" and format_version =
 * "1.0". HDF5 prints nothing meanwhile and its own error settings come back as they were. */
#ifndef RITZ_STORE_RESULTS_H
#define RITZ_STORE_RESULTS_H

#include "ritz/core/array.h"
#include "ritz/core/error.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct rz_results rz_results;

/* Can `path` be made? RZ_ERR_CREATE if it exists and overwrite is false, or its directory is missing or not writable,
 * saying which. Creates nothing. */
rz_err rz_results_check(const char *path, bool overwrite);

/* Errors: as rz_results_check; RZ_ERR_MEMORY. */
rz_err rz_results_create(const char *path, bool overwrite, rz_results **out);
/* Datasets; parent groups are made as needed. units ("J", "1", "s", ...) and label become the attributes `units` and
 * `long_name`; NULL leaves them out. Complex numbers are stored as the compound {r, i} that h5py reads. shape as in the
 * array, n_dim = 0 is a scalar. Errors: RZ_ERR_ARG if the name is taken or the array is not valid. */
rz_err rz_results_array(rz_results *r, const char *path, const rz_array *array, const char *units, const char *label);
rz_err rz_results_f64(rz_results *r, const char *path, double value, const char *units, const char *label);
rz_err rz_results_vector(rz_results *r, const char *path, int64_t n, const double *x, const char *units,
                         const char *label); /* x [n] */
rz_err rz_results_i64(rz_results *r, const char *path, int64_t value, const char *label);
rz_err rz_results_text(rz_results *r, const char *path, const char *text,
                       const char *label); /* UTF-8, variable length */
/* Set an attribute of an existing object ("/" is the root). */
rz_err rz_results_attr_text(rz_results *r, const char *object, const char *name, const char *value);
rz_err rz_results_attr_f64(rz_results *r, const char *object, const char *name, double value);
rz_err rz_results_attr_i64(rz_results *r, const char *object, const char *name, int64_t value);
/* Finish under the final name. Either way the handle is gone. Errors: RZ_ERR_IO, or RZ_ERR_CREATE if the file has
 * appeared since and overwrite is false; the old file, if any, is untouched. */
rz_err rz_results_commit(rz_results **r);
void rz_results_abandon(rz_results **r);

/* Reading, by us or by later runs. */
typedef struct rz_stored rz_stored;
/* RZ_ERR_INPUT: missing, damaged, or not a results file, for which it is taken only as commit left it. */
rz_err rz_stored_open(const char *path, rz_stored **out);
void rz_stored_close(rz_stored **s);
bool rz_stored_has(const rz_stored *s, const char *path);
/* Shape and type of a dataset; data is NULL. Names of the children of a group, newline-separated: owner caller. */
rz_err rz_stored_shape(const rz_stored *s, const char *path, rz_array *out);
rz_err rz_stored_list(const rz_stored *s, const char *group, char **names);
/* Read into an array whose type and shape match (checked). */
rz_err rz_stored_read(const rz_stored *s, const char *path, rz_array *array);
rz_err rz_stored_f64(const rz_stored *s, const char *path, double *value);
rz_err rz_stored_i64(const rz_stored *s, const char *path, int64_t *value);
rz_err rz_stored_text(const rz_stored *s, const char *path, char **text); /* owner: caller */
rz_err rz_stored_attr_text(const rz_stored *s, const char *object, const char *name, char **value);
rz_err rz_stored_attr_i64(const rz_stored *s, const char *object, const char *name, int64_t *value);
rz_err rz_stored_attr_f64(const rz_stored *s, const char *object, const char *name, double *value);

/* Version of the HDF5 library: "1.10.8 (parallel)". */
const char *rz_hdf5_version(void);

#endif
