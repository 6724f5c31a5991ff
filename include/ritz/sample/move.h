/* For authors of a move: what a class says about itself (docs/howto-add-a-move.md).
 *
 * A move is a list of flip sets of equal size, one of which is proposed with equal probability, and a condition for it
 * to apply to a configuration. Flipping twice gives the old configuration back, and the condition must hold after a
 * flip if it held before: then proposals are symmetric, q(s -> s') = q(s' -> s), and need no correction. */
#ifndef RITZ_SAMPLE_MOVE_H
#define RITZ_SAMPLE_MOVE_H

#include "ritz/ansatz/ansatz.h"
#include "ritz/core/error.h"
#include "ritz/model/hamiltonian.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct rz_move rz_move;

typedef struct rz_move_input {
  const rz_model *model;
  bool any_pair; /* exchange of any two sites instead of bonds: &sampler exchange_range = 'any' */
} rz_move_input;

typedef struct rz_move_class {
  const char *name, *about, *cite;
  /* NULL if the move maps the model's sector to itself, else why not: "... leaves a sector of fixed sz". */
  const char *(*unfit)(const rz_model *model);
  /* Set n_flip, n_set and site (rz_move_allocate). */
  rz_err (*init)(rz_move *m, const rz_move_input *in);
  /* possible[lane] = 1 where flipping the n_flip sites is a move of this class, else 0; NULL: everywhere. */
  void (*applies)(const rz_block *b, const int32_t *site, uint8_t *possible);
} rz_move_class;
const rz_move_class *const *rz_move_registry(int *n);

struct rz_move {
  const rz_move_class *cls;
  int n_site;
  int n_flip;    /* sites in each flip set */
  int64_t n_set; /* flip sets, at most 2^32 - 1 */
  int32_t *site; /* [n_set, n_flip] */
};

/* Errors: RZ_ERR_ARG for an unknown name, a move that does not fit the model, or one without flip sets. Owner: caller.
 */
rz_err rz_move_create(const char *name, const rz_move_input *in, rz_move **out);
void rz_move_destroy(rz_move **m);
/* Room for n_set flip sets of n_flip sites. */
rz_err rz_move_allocate(rz_move *m, int64_t n_set, int n_flip);

#endif
