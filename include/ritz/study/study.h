/* Studies: what a deck can ask for. A study is one file with a const class and one line in src/study/registry.c; it
 * brings the names of the groups it reads, so its decks are parsed, checked, listed and documented without more code.
 */
#ifndef RITZ_STUDY_STUDY_H
#define RITZ_STUDY_STUDY_H

#include "ritz/core/comm.h"
#include "ritz/core/config.h"
#include "ritz/core/error.h"
#include "ritz/core/log.h"
#include "ritz/core/option.h"
#include "ritz/store/checkpoint.h"
#include <stdio.h>
#include <time.h>

/* One run of a resolved deck. All borrowed. */
typedef struct rz_run {
  rz_config *config;
  const rz_comm *comm;
  rz_log *log;
  const char *command;          /* the command line, for the provenance */
  struct timespec started;      /* of the process: files that ask for a stop and are older are of an earlier one */
  const char *checkpoint;       /* the run goes on from this file, NAME.ckpt.h5; NULL: it begins */
  const rz_checkpoint *resumed; /* open; NULL: the run begins */
} rz_run;

typedef struct rz_study_class {
  const char *name, *about;
  const char *const *groups; /* NULL-terminated; a leading '!' marks one that must be in the deck */
  /* Build what can be built without running, record semantic errors in the config, and print sizes and memory for
   * n_rank ranks. Local, no MPI. */
  rz_err (*check)(rz_config *config, int n_rank, FILE *out);
  /* Collective. */
  rz_err (*run)(const rz_run *run);
} rz_study_class;

const rz_study_class *const *rz_study_registry(int *n);
const rz_study_class *rz_study_find(const char *name);
/* Everything a deck may say: every group of every family. Borrowed, static. */
const rz_schema *rz_study_schema(void);
/* Names of the members of the families, for `ritz list`. */
rz_err rz_study_list(FILE *out);

/* Where a run of this deck keeps its checkpoint: NAME.ckpt.h5 beside its results. Owner: caller. Local. */
rz_err rz_study_checkpoint(const rz_config *config, char **path);
/* Print the summary and the provenance of a results file, or what a checkpoint is. RZ_ERR_INPUT if it is neither,
 * RZ_ERR_IO for a damaged checkpoint. Local. */
rz_err rz_study_info(const char *path, FILE *out);

#endif
