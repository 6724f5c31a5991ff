/* A learned law followed over a long time: what it conserves and what drifts, how symplectic and reversible its steps
 * are, how its phase and its neighbours part from those of the truth. Kept with the law as its certificate.
 *
 * Trajectories are shared by the ranks, which changes no bit of any. */
#ifndef RITZ_STUDY_ROLLOUT_H
#define RITZ_STUDY_ROLLOUT_H

#include "motion.h"
#include "ritz/core/keeper.h"
#include "ritz/core/option.h"

extern const rz_option_group rz_rollout_group; /* "rollout" */

typedef struct rz_rollout {
  int n_degree, n_quantity, n_column;
  const char *quantity[RZ_MAX_INVARIANT + 1]; /* invariants of the true system, then "learned_energy" */
  const char *method;                         /* how a field is followed; a map: "map" */
  bool has_truth;
  double duration;  /* of each trajectory */
  int64_t n;        /* trajectories */
  int64_t n_done;   /* of them, from the first on */
  int64_t n_point;  /* of a section, for each trajectory at most */
  double *table;    /* [n, n_column] */
  double *point[2]; /* [n, n_point, 1 + 2 d]: time and state where the law, and the truth, pass the section; else NaN */
} rz_rollout;

/* Errors across keys, at their place. */
rz_err rz_rollout_check(rz_config *config, const rz_motion *m);
/* n is 0 where the deck asks for no trajectories. Stage "rollout" of the keeper. Collective. */
rz_err rz_rollout_run(rz_config *config, const rz_comm *comm, rz_motion *m, const rz_keeper *keeper, rz_rollout *out);
void rz_rollout_free(rz_rollout *r);

/* The worst of all trajectories on the page; everything in the results; flags for what is doubtful. */
rz_err rz_rollout_say(rz_output *o, const rz_rollout *r);
rz_err rz_rollout_write(rz_output *o, const rz_rollout *r);

#endif
