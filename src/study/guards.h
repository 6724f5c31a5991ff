/* Checks before a run: can this sampler and this ansatz reach the ground state at all? */
#ifndef RITZ_STUDY_GUARDS_H
#define RITZ_STUDY_GUARDS_H

#include "quantum.h"
#include "ritz/core/log.h"
#include <stdio.h>

/* Stop (RZ_ERR_DECK, explained at the deck's key) when the moves do not connect the sector, or when a positive ansatz
 * provably cannot represent the ground state; warn where neither is known. `force` turns the stops into warnings.
 * Collective. */
rz_err rz_guards_check(rz_quantum *q, rz_log *log);

/* What `ritz check` can say without running: moves that do not connect the sector. Notes go to out. Local. */
rz_err rz_guards_check_deck(rz_quantum *q, FILE *out);

#endif
