/* NAME.lock: who owns a run's files (host, pid, job, run id). Local; one rank calls. */
#ifndef RITZ_STORE_LOCK_H
#define RITZ_STORE_LOCK_H

#include "ritz/core/error.h"

typedef struct rz_lock rz_lock;

/* Take the lock; RZ_ERR_LOCKED with the owner's host, pid, job and start if another live run holds it. A lock whose
 * owner is dead for certain (same host: rebooted since, or no such process, or its number belongs to a newer one), or
 * belongs to an earlier start of the same Slurm job (SLURM_RESTART_COUNT), is taken over, and `*note` says so (owner:
 * caller; may come back NULL; note may be NULL). RZ_ERR_CREATE if the directory is missing or not writable. */
rz_err rz_lock_take(const char *path, rz_lock **out, char **note);
/* Still ours? RZ_ERR_LOCKED if the file names another run or is gone. */
rz_err rz_lock_verify(const rz_lock *lock);
/* Unique id of this run (128 random bits in hex). */
const char *rz_lock_run_id(const rz_lock *lock);
/* Remove it if it is still ours, else RZ_ERR_LOCKED; the handle is gone either way. NULL-safe. */
rz_err rz_lock_release(rz_lock **lock);

#endif
