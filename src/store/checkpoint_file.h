/* The two generations of a checkpoint as files. Local. */
#ifndef RITZ_STORE_CHECKPOINT_FILE_H
#define RITZ_STORE_CHECKPOINT_FILE_H

#include "ritz/core/error.h"
#include "ritz/store/lock.h"

#define RZ_CHECKPOINT_FORMAT "ritz-checkpoint"
#define RZ_CHECKPOINT_FORMAT_VERSION "1.0"

/* NAME.ckpt.prev.h5 of NAME.ckpt.h5. Owner: caller. */
rz_err rz_checkpoint_previous(const char *path, char **previous);
/* Give `temporary`, a good file, the name `path`; what has that name, if good, becomes the previous generation. The
 * lock (may be NULL) is asked right before. At every moment one of the two names holds a good file, if one did before.
 */
rz_err rz_checkpoint_rotate(const char *path, const char *temporary, const rz_lock *lock);

#endif
