/* Files replaced whole: the one place where a name on disk is made, synced and renamed. Local. */
#ifndef RITZ_STORE_FILE_H
#define RITZ_STORE_FILE_H

#include "ritz/core/error.h"
#include <stdbool.h>
#include <stddef.h>

enum { RZ_RUN_ID_SIZE = 33 }; /* 128 bits in hex and the closing zero */

/* Fill id with 128 random bits in hex from the system. RZ_ERR_ENV if it has none. */
rz_err rz_random_id(char id[RZ_RUN_ID_SIZE]);
/* Directory part of a path ("." if none). Owner: caller. */
rz_err rz_path_directory(const char *path, char **directory);
/* RZ_ERR_CREATE if path exists and overwrite is false, is a directory, or its directory is missing or not writable. */
rz_err rz_file_check(const char *path, bool overwrite);
/* Make n bytes the content of path: temporary name beside it, fsync, read back and compare, rename (or link, when an
 * existing file must stay), fsync of the directory. RZ_ERR_IO, or RZ_ERR_CREATE; on failure the old file is untouched
 * and the temporary one is gone. */
rz_err rz_file_replace(const char *path, bool overwrite, const void *bytes, size_t n);
/* The steps of it, for files that change their names otherwise: the temporary name for an id; n bytes in a new file,
 * synced, read back and compared, or no file; the directory of path synced. */
rz_err rz_file_temporary(const char *path, const char *id, char **temporary);
rz_err rz_file_make(const char *temporary, const void *bytes, size_t n);
rz_err rz_file_sync_directory(const char *path);
/* write(2) until all is out; errno tells why not. */
bool rz_write_all(int fd, const void *bytes, size_t n);
/* Whole content of a small text file with a closing zero. Owner: caller. RZ_ERR_INPUT, errno kept. */
rz_err rz_file_text(const char *path, char **text);

#endif
