/* A file that says what it must be: an HDF5 file behind a user block of one line with size and hash of the rest. HDF5
 * checks too little of what it reads, and can crash on it; a sealed file is checked before HDF5 sees it. Local. */
#ifndef RITZ_STORE_SEAL_H
#define RITZ_STORE_SEAL_H

#include "ritz/core/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A kind of sealed files: the first word of its line, and its name for people. */
typedef struct rz_seal_kind {
  const char *magic, *text;
} rz_seal_kind;
extern const rz_seal_kind rz_seal_checkpoint, rz_seal_results;

enum { RZ_SEAL_SIZE = 512, RZ_SEAL_VERSION = 1, RZ_SHA256_TEXT = 65, RZ_SEAL_RUN = 64 };

typedef struct rz_seal {
  int64_t size; /* of the file, this block included */
  int64_t step;
  char sha256[RZ_SHA256_TEXT]; /* of the bytes after this block, in hex */
  char run_id[RZ_SEAL_RUN];
} rz_seal;

/* Seal a file in memory: fill the first RZ_SEAL_SIZE of its n bytes. run_id: "-" for none. RZ_ERR_ENV if
 * libcrypto gives no SHA-256. */
rz_err rz_seal_close(const rz_seal_kind *kind, int64_t step, const char *run_id, char *bytes, size_t n);
/* Read a file whole and check it. bytes: owner caller. Errors: RZ_ERR_INPUT (missing, not of this kind, of a newer
 * format), RZ_ERR_IO (damaged), RZ_ERR_MEMORY. */
rz_err rz_seal_open(const rz_seal_kind *kind, const char *path, char **bytes, rz_seal *seal);
/* Does the file begin as one of this kind does? */
bool rz_seal_recognise(const rz_seal_kind *kind, const char *path);

#endif
