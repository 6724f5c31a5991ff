/* The two generations of a checkpoint as files. Local. */
#ifndef RITZ_STORE_CHECKPOINT_FILE_H
#define RITZ_STORE_CHECKPOINT_FILE_H

#include "checkpoint_head.h"
#include "ritz/store/lock.h"
#include <stddef.h>

/* NAME.ckpt.prev.h5 of NAME.ckpt.h5. Owner: caller. */
rz_err rz_checkpoint_previous(const char *path, char **previous);
/* Read a file whole and check it. bytes: owner caller. Errors: RZ_ERR_INPUT (missing, not a checkpoint, newer format),
 * RZ_ERR_IO (damaged), RZ_ERR_MEMORY. */
rz_err rz_checkpoint_load(const char *path, char **bytes, rz_checkpoint_head *head);
/* Give `temporary`, a good file, the name `path`; what has that name, if good, becomes the previous generation. The
 * lock (may be NULL) is asked right before. At every moment one of the two names holds a good file, if one did before.
 */
rz_err rz_checkpoint_rotate(const char *path, const char *temporary, const rz_lock *lock);

#endif
