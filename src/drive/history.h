/* Private to drive: filling the history. */
#ifndef RITZ_DRIVE_HISTORY_H
#define RITZ_DRIVE_HISTORY_H

#include "ritz/drive/train.h"

/* Append the fields of one step; the first row fixes the columns. Text fields are left to the live trace. */
rz_err rz_history_add(rz_history *h, int n_field, const rz_field *field);
/* Its arrays, under "trained/history". */
rz_err rz_history_state(rz_history *h, rz_array_visit *visit, void *ctx);

#endif
