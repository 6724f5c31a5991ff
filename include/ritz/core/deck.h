/* New decks from old ones, as text. Local; no communication. */
#ifndef RITZ_CORE_DECK_H
#define RITZ_CORE_DECK_H

#include "ritz/core/error.h"
#include "ritz/core/option.h"

/* One key with its new values as namelist text: "lattice", "length", "4, 6". */
typedef struct rz_deck_change {
  const char *group, *key, *value;
} rz_deck_change;

/* A valid deck with n keys set anew and the group `without` (NULL: none) left out. What is not changed is copied as it
 * was written, one key a line; comments between keys are dropped; a changed key comes last in its group, and a group
 * that the deck lacks is added. Of several changes of one key the last is in force.
 *   out  owner: caller
 * Errors: RZ_ERR_ARG if the text is not a deck; RZ_ERR_MEMORY. */
rz_err rz_deck_rewrite(const rz_schema *schema, const char *text, const char *without, int n,
                       const rz_deck_change *change, char **out);

#endif
