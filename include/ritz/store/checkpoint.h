/* Checkpoints: the whole state of a long computation in one file that is either good or refused.
 *
 * The file is an HDF5 file behind a user block of 512 bytes, whose one line says what the rest must be:
 *
 *     RITZCKPT 1 size=<bytes> sha256=<of bytes 512 and on> step=<step> run=<run id> head=<checksum of this line>
 *
 * (`tail -c +513 FILE | sha256sum` repeats the check.) Inside are /stage, /step, /instruction_set, /input/{deck,path}
 * and /state/<name> for every array. The HDF5 part has no times and no run id: the same state gives the same bytes.
 *
 * NAME.ckpt.h5 is the newest generation, NAME.ckpt.prev.h5 the one before. A new one is built in memory, written to a
 * temporary name, synced, read back and compared; then the lock is asked once more, and only then the names change, so
 * that at every moment one good generation has a name. A reader checks the line and the hash before HDF5 sees a byte,
 * and HDF5 sees only the bytes that were checked. */
#ifndef RITZ_STORE_CHECKPOINT_H
#define RITZ_STORE_CHECKPOINT_H

#include "ritz/core/array.h"
#include "ritz/core/comm.h"
#include "ritz/core/error.h"
#include "ritz/store/lock.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct rz_checkpoint_spec {
  const rz_comm *comm;
  const char *path;    /* NAME.ckpt.h5 */
  const rz_lock *lock; /* of rank 0, NULL elsewhere; NULL on rank 0 too: no lock governs this file */
  const char *deck;    /* text of the deck */
  const char *deck_path;
  const char *instruction_set; /* of the inner loops, which the run must keep to give the same bits */
  const char *stage;           /* what the computation was doing: "train" */
  int64_t step;                /* and how far it was */
} rz_checkpoint_spec;

/* Write the arrays of the walk as the newest generation and keep the one before, if that one is still good.
 * Collective; the walk visits the same arrays in the same order on every rank. Distributed arrays are gathered on
 * rank 0, which alone touches the file system. bytes: size of the file; may be NULL. Libc's signals are the caller's:
 * ignore SIGXFSZ to have a size limit reported instead of ending the process.
 * Errors, the same on every rank: those of the walk; RZ_ERR_IO, RZ_ERR_CREATE, RZ_ERR_MEMORY; RZ_ERR_LOCKED if the lock
 * is no longer ours. After any of them a generation that was good before is still there. */
rz_err rz_checkpoint_write(const rz_checkpoint_spec *spec, rz_state_walk *walk, void *ctx, int64_t *bytes);

/* What a checkpoint says of itself. */
typedef struct rz_checkpoint_info {
  char *path; /* the generation */
  char *run_id, *stage, *deck, *deck_path, *instruction_set;
  int64_t step, bytes;
} rz_checkpoint_info;

typedef struct rz_checkpoint rz_checkpoint;

/* Open the newest generation that is good. `*note` says why a newer one was refused (owner: caller; NULL if none was;
 * note may be NULL). Collective; rank 0 reads. Errors: RZ_ERR_INPUT if there is none, not a checkpoint, or one of a
 * newer format; RZ_ERR_IO if damaged: with the reasons for both generations. */
rz_err rz_checkpoint_open(const char *path, const rz_comm *comm, rz_checkpoint **out, char **note);
/* Valid until closed, equal on every rank. */
const rz_checkpoint_info *rz_checkpoint_about(const rz_checkpoint *c);
/* Fill every array of the walk; distributed ones by the local shapes of the ranks there are now. Collective.
 * Errors: those of the walk; RZ_ERR_INPUT, naming the array, if the checkpoint has none of that name, one of another
 * type or shape, or one that the walk does not visit; the arrays visited so far are then filled. */
rz_err rz_checkpoint_restore(const rz_checkpoint *c, rz_state_walk *walk, void *ctx);
void rz_checkpoint_close(rz_checkpoint **c);

/* Does the file begin as a checkpoint does? Local. */
bool rz_checkpoint_recognise(const char *path);
/* Check this one file, without its other generation, and say what it is. Local. Errors: as rz_checkpoint_open. */
rz_err rz_checkpoint_inspect(const char *path, rz_checkpoint_info *out);
void rz_checkpoint_info_free(rz_checkpoint_info *info);
/* Remove both generations, and temporary files of writers that were killed; none there is no error. Local: one rank
 * calls, and holds the lock. RZ_ERR_IO. */
rz_err rz_checkpoint_remove(const char *path);

#endif
