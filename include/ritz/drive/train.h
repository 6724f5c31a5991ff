/* The one training loop. A problem shows, for its current parameters, an objective with an error bar, and a Jacobian
 * with a residual or the forces that they make; the loop knows nothing else of it. A bad step is undone: parameters,
 * walkers and random counters return to the last good state, and the optimiser forgets earlier steps and is made more
 * careful. */
#ifndef RITZ_DRIVE_TRAIN_H
#define RITZ_DRIVE_TRAIN_H

#include "ritz/core/array.h"
#include "ritz/core/comm.h"
#include "ritz/core/error.h"
#include "ritz/core/keeper.h"
#include "ritz/core/log.h"
#include "ritz/drive/plateau.h"
#include "ritz/linalg/jacobian.h"
#include "ritz/linalg/params.h"
#include "ritz/optimise/optimiser.h"
#include "ritz/store/trace.h"
#include <stdbool.h>
#include <stdint.h>

enum { RZ_MAX_FIELDS = 32, RZ_MAX_FIELD_NAME = 32 };

/* What a problem says of its current parameters. */
typedef struct rz_assessment {
  double objective, error; /* what is minimised and its standard error (0: exact) */
  double mobility;         /* how freely the samples move, in [0, 1] (acceptance); 1 where nothing moves */
  rz_jacobian *jacobian;   /* owner: the loop; NULL where `forces` say all */
  double *residual;        /* [rows of the Jacobian]; owner: the loop */
  double *forces;          /* where the optimiser can do without a Jacobian, room for F = J^T W e [n_param] summed over
                              all ranks, equal on each, to be filled instead of making one; else NULL. Of the loop */
  bool healthy;            /* false: these numbers must not steer a step; `reason` says why */
  char reason[160];
  int n_field; /* for the trace */
  rz_field field[RZ_MAX_FIELDS];
} rz_assessment;

typedef struct rz_problem {
  void *self;
  rz_params *params;                                /* the loop changes params->value, then calls update */
  rz_err (*assess)(void *self, rz_assessment *out); /* collective; RZ_ERR_NUM is a bad state, anything else is fatal */
  rz_err (*update)(void *self);
  rz_err (*state)(void *self, rz_array_visit *visit, void *ctx); /* all that assess reads and changes but params */
  bool agrees; /* assess and update fail on every rank or on none: nobody has to ask, which costs a message */
  /* A progress line for people; first and total count steps. May be NULL. */
  void (*describe)(void *self, const rz_assessment *a, char *text, int size);
} rz_problem;

/* One row per accepted step: columns as first seen; kept on every rank. */
typedef struct rz_history {
  int n_column;
  char column[RZ_MAX_FIELDS][RZ_MAX_FIELD_NAME];
  int64_t n_row, capacity;
  double *value; /* [n_row, n_column] */
} rz_history;
void rz_history_free(rz_history *h);
/* Of a column its value in row 0, that of row i being [i * n_column]; NULL if there is no such column, or no row. */
const double *rz_history_column(const rz_history *h, const char *name);
/* The verdict on its column `value` with the errors in column `error`: rz_plateau_judge. Without these columns, or
 * rows, too short. Local. */
rz_plateau rz_history_plateau(const rz_history *h, const char *value, const char *error, int64_t window);

typedef struct rz_train_spec {
  int64_t iterations;
  int max_rejections;     /* in a row; then RZ_ERR_NUM */
  double spike_sigma;     /* a rise of the objective by more than this many sqrt(2) errors of before ... */
  double spike_relative;  /* ... and by more than this fraction of its size is a bad step; without error: any rise */
  double blameless_step;  /* a step shorter than this in the metric cannot have made a noisy objective rise so far: the
                             value before it was wrong, and training goes on from the new one */
  double mobility_drop;   /* a step after which the mobility is smaller than before by more than this factor has frozen
                             the samples; what it was before is forgotten by a tenth in every step */
  int64_t steps_per_turn; /* so many steps, or trials of them, go between two lines of the trace, states to return to
                             and questions of the keeper: more than 1 where a step costs less than these. 0: 1 */
  int64_t stop_window;    /* stop where windows of so many steps find a plateau, after two of them; 0: never */
  const char *objective_name, *error_name; /* fields of the assessment that the plateau is looked for in */
  int64_t report_every;                    /* progress lines in a log file; on a terminal the line is redrawn */
} rz_train_spec;

typedef struct rz_train_result {
  int64_t n_step, n_rejected;
  int64_t n_fell_back;   /* steps whose matrix was not positive definite and went to the eigensolver */
  char last_reason[160]; /* why the last rejected step was undone; empty if none was */
  bool rested;           /* ended at a plateau before its last step, or where the optimiser found nothing to gain */
  double seconds;        /* wall time of the training, that before a stop included */
  double cpu_until_end;  /* CPU time of this process, and of those before a stop, to the end of the training */
  rz_history history;
} rz_train_result;

/* What a run that goes on after its training needs of it. The names begin with "trained/". */
rz_err rz_train_result_state(rz_train_result *r, rz_array_visit *visit, void *ctx);

/* Train. Collective. trace may be NULL (ranks that do not write); it gets a line per turn, of its
 * first step, and for what was undone a line {"event": "undone", "at_step", "in_a_row", "reason"}. keeper may be NULL;
 * it is asked after every turn of stage "train", and a training that it restores goes on as if it had never stopped, to
 * the bit, also within a row of undone steps. Errors: RZ_ERR_NUM after max_rejections rejections in a row, with the
 * parameters restored to the last good state; those of the keeper, RZ_ERR_STOPPED among them. */
rz_err rz_train(const rz_train_spec *spec, const rz_problem *problem, rz_optimiser *optimiser, const rz_comm *comm,
                const rz_keeper *keeper, rz_trace *trace, rz_log *log, rz_train_result *out);

#endif
