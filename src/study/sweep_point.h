/* How far a point has come, as its files tell. */
#ifndef RITZ_STUDY_SWEEP_POINT_H
#define RITZ_STUDY_SWEEP_POINT_H

#include "sweep_observed.h"
#include "sweep_plan.h"

typedef enum rz_point_status { RZ_POINT_NOT_RUN, RZ_POINT_FINISHED, RZ_POINT_FAILED } rz_point_status;

/* NAN: not known. */
typedef struct rz_point {
  rz_point_status status;
  bool is_other; /* the results are of another deck */
  double energy, error, exact, sigma, v_score;
  rz_observed_list observed; /* what else is one number; owned */
  char *warnings, *reason;   /* owned; NULL: none */
} rz_point;

const char *rz_point_status_text(rz_point_status status);
/* Finished: the results file is there, of this very deck, and holds an energy. Local. */
rz_err rz_point_look(const rz_sweep *s, int point, rz_point *out);
void rz_point_free(rz_point *p);
/* Leave word of a failure beside the point's files. Local. */
rz_err rz_point_set_failed(const rz_sweep *s, int point, const char *reason);
/* Take away what would keep the point from being run again: word of a failure and its results; results of another deck;
 * a trace without checkpoint. Local. */
rz_err rz_point_clear(const rz_sweep *s, int point);

#endif
