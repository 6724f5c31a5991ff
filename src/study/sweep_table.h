/* The one table of a sweep: NAME.sweep.csv for people and spreadsheets, NAME.sweep.h5 for programs. */
#ifndef RITZ_STUDY_SWEEP_TABLE_H
#define RITZ_STUDY_SWEEP_TABLE_H

#include "sweep_point.h"

/* Look at every point and write both files anew, each by rename.
 *   deck   text of the sweep's own deck
 *   count  out, points by status
 * Errors: RZ_ERR_CREATE if NAME.sweep.h5 is something else. Local. */
rz_err rz_sweep_write_table(const rz_sweep *s, const char *deck, int count[3]);

#endif
