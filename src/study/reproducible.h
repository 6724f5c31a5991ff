/* What reproducible = .true. in &run cannot keep its promise with. */
#ifndef RITZ_STUDY_REPRODUCIBLE_H
#define RITZ_STUDY_REPRODUCIBLE_H

#include "quantum.h"

/* Of a training: each fault is reported at its key, and returned by rz_config_report. Local. */
rz_err rz_reproducible_check(rz_quantum *q);

#endif
