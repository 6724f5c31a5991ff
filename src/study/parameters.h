/* Parameters in a results file: one dataset /parameters/NAME per view. Local; one rank writes. */
#ifndef RITZ_STUDY_PARAMETERS_H
#define RITZ_STUDY_PARAMETERS_H

#include "ritz/linalg/params.h"
#include "ritz/store/results.h"

rz_err rz_parameters_write(rz_results *results, const rz_params *params);
/* Views as the file has them; owner: the caller, who frees them also on failure. */
rz_err rz_parameters_read(const rz_stored *stored, rz_params *out);

#endif
