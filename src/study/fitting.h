/* A law that is linear in its parameters is fitted, not trained: one least-squares problem over the states of all
 * ranks.
 */
#ifndef RITZ_STUDY_FITTING_H
#define RITZ_STUDY_FITTING_H

#include "ritz/core/comm.h"
#include "ritz/core/option.h"
#include "ritz/learn/dataset.h"
#include "ritz/learn/law.h"
#include "ritz/learn/least_squares.h"

extern const rz_option_group rz_fit_group; /* "fit" */

/* Sets the parameters of the law. The bits do not depend on the number of ranks. Collective. Errors: RZ_ERR_NUM for
 * rows that are not finite. */
rz_err rz_fit(const rz_config *config, const rz_comm *comm, rz_law *law, const rz_dataset *data,
              rz_least_squares_info *info);

#endif
