/* NAME.lock: who owns a run's files (host, pid, job, run id). Local; one rank calls. */
#ifndef RITZ_STORE_LOCK_H
#define RITZ_STORE_LOCK_H

#include "ritz/core/error.h"

typedef struct rz_lock rz_lock;

/* Take the lock; RZ_ERR_LOCKED with the owner's host, pid, job and start if another live run holds it. A lock whose
 * owner is known to be dead (same host, no such process) is taken over, and `*note` says so (owner: caller; may come
 * back NULL). */
rz_err rz_lock_take(const char *path, rz_lock **out, char **note);
/* Still ours? RZ_ERR_LOCKED if the file names another run. */
rz_err rz_lock_verify(const rz_lock *lock);
/* Unique id of this run (128 random bits in hex). */
const char *rz_lock_run_id(const rz_lock *lock);
rz_err rz_lock_release(rz_lock **lock);

#endif
