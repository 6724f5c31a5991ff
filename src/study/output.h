/* The files of a run, written by rank 0: results, live trace, lock; and the page of text for people. */
#ifndef RITZ_STUDY_OUTPUT_H
#define RITZ_STUDY_OUTPUT_H

#include "ritz/drive/train.h"
#include "ritz/store/checkpoint.h"
#include "ritz/store/lock.h"
#include "ritz/store/results.h"
#include "ritz/store/trace.h"
#include "ritz/study/study.h"

enum { RZ_MAX_SUBJECT = 4 };

/* A column of the trace; units may be RZ_UNIT_OF_OBJECTIVE. */
#define RZ_UNIT_OF_OBJECTIVE "objective"
typedef struct rz_column {
  const char *name, *units, *label;
} rz_column;

/* What a run is about, for readers who lack the deck. All borrowed. */
typedef struct rz_subject {
  int n_field;
  rz_field field[RZ_MAX_SUBJECT]; /* more of the trace's header */
  int n_column;
  const rz_column *column;                                /* what the study adds to the columns of every training */
  const char *unit;                                       /* of the objective of training */
  rz_err (*write)(rz_results *results, const void *self); /* entries below /input; NULL: none */
  const void *self;
} rz_subject;

typedef struct rz_output {
  const rz_run *run;
  char *path, *trace_path, *lock_path, *checkpoint_path; /* NAME.h5, NAME.jsonl, NAME.lock, NAME.ckpt.h5 */
  rz_lock *lock;
  rz_trace *trace;
  rz_subject subject;
  rz_results *results; /* between begin_results and commit */
  double start;
  char *summary; /* closing text, growing */
  int64_t summary_size;
} rz_output;

/* Names from the deck's `output` (default: the deck's own name), checked before anything is computed: nothing is
 * written over without `overwrite`. Only the lock is made. Collective. */
rz_err rz_output_open(const rz_run *run, rz_subject subject, bool with_trace, rz_output *out);
/* Start the live trace with its header, or go on with it, when the guards have let the run pass. Collective. */
rz_err rz_output_begin_trace(rz_output *o);
/* Of a run that goes on: cut the trace back to its length at the checkpoint. Rank 0; nothing elsewhere. */
rz_err rz_output_cut_trace(rz_output *o, int64_t bytes);
/* Release everything; an unfinished results file leaves nothing behind. */
void rz_output_close(rz_output *o);

/* Say something on the terminal and in /provenance/summary. */
rz_err rz_output_say(rz_output *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* On rank 0: start the results file with input and provenance; on other ranks nothing. */
rz_err rz_output_begin_results(rz_output *o);
rz_err rz_output_history(rz_output *o, const rz_train_result *t);
/* /provenance/summary, rename, release the lock. Collective: every rank learns whether it worked. */
rz_err rz_output_commit(rz_output *o, rz_err rc);

#endif
