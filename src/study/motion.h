/* What the studies of classical motion share: the system of a deck, its data, and the law that is learned from them. */
#ifndef RITZ_STUDY_MOTION_H
#define RITZ_STUDY_MOTION_H

#include "output.h"
#include "ritz/dynamics/system.h"
#include "ritz/learn/dataset.h"
#include "ritz/learn/law.h"
#include "ritz/study/study.h"

typedef struct rz_motion {
  rz_config *config;
  rz_system *system; /* NULL: the deck names none, and the truth is not known */
  rz_dataset data;
  rz_law *law;
} rz_motion;

/* Everything in the deck's words, its errors among them. Local; the same on every rank. */
rz_err rz_motion_create(rz_config *config, rz_motion *out);
void rz_motion_free(rz_motion *m);
rz_subject rz_motion_subject(const rz_motion *m);
/* Mean squared error per component against the true field, without noise: at the clean states of the test, or where
 * those are not known at the states of the data. NaN where the truth is not known, and for maps. */
rz_err rz_motion_field_error(const rz_motion *m, double *out);

#endif
