/* The decks of a sweep's points on disk. */
#ifndef RITZ_STUDY_SWEEP_FILES_H
#define RITZ_STUDY_SWEEP_FILES_H

#include "sweep_plan.h"

/* Write NAME.sweep/0001.nml ... where they are not there as they should be. RZ_ERR_CREATE if results of other decks lie
 * there and `overwrite` is not set. One rank. */
rz_err rz_sweep_write_decks(const rz_config *config, const rz_sweep *s);

#endif
