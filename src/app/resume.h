/* The deck of a run that goes on. Local. */
#ifndef RITZ_APP_RESUME_H
#define RITZ_APP_RESUME_H

#include "ritz/core/config.h"
#include "ritz/store/checkpoint.h"

/* RZ_ERR_USAGE if it is not called NAME.ckpt.h5, for the other files of the run are named after it. */
rz_err rz_resume_check_name(const char *checkpoint);
/* The deck inside a checkpoint with n options "GROUP.KEY=VALUE" set anew; the instruction set is the one the run began
 * with. RZ_ERR_USAGE for an option that may not change now, with those that may; RZ_ERR_DECK for a bad value. */
rz_err rz_resume_deck(const rz_checkpoint_info *from, int n, char **change, rz_config **config);

#endif
