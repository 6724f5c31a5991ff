/* One axis of a sweep from its text: "group.key = point, point, ...", blanks between the values of a point. */
#ifndef RITZ_STUDY_SWEEP_AXES_H
#define RITZ_STUDY_SWEEP_AXES_H

#include "sweep_plan.h"

/* Parse and look the key up in the tables. The values themselves are judged with the decks they make.
 *   why  out, owner caller: what is wrong with the text, or NULL
 * Errors: RZ_ERR_MEMORY. */
rz_err rz_sweep_axis_parse(const rz_schema *schema, const char *text, rz_sweep_axis *out, char **why);
void rz_sweep_axis_free(rz_sweep_axis *a);

#endif
