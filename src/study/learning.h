/* A law of motion and its data as a problem for the training loop: the mean squared error of what the law predicts, per
 * component. Rows are summed by one fixed tree over blocks of states, so that losses and forces have the same bits on
 * any number of ranks. */
#ifndef RITZ_STUDY_LEARNING_H
#define RITZ_STUDY_LEARNING_H

#include "ritz/core/comm.h"
#include "ritz/core/tree.h"
#include "ritz/drive/train.h"
#include "ritz/learn/dataset.h"
#include "ritz/learn/law.h"

typedef struct rz_learning {
  const rz_comm *comm;
  rz_law *law;            /* borrowed, as the data */
  const rz_dataset *data; /* the same on every rank */
  bool in_blocks;         /* the Jacobian, too, goes block by block */
  uint64_t seed;
  int64_t n_batch; /* states of a step: all, or drawn without repetition for each step */
  int64_t n_drawn; /* batches drawn so far */
  int64_t *order;  /* [n_train]; the batch are its first n_batch entries; NULL: all states in their order */
  rz_range share;  /* of this rank, in the batch */
  rz_tree *tree;   /* over the blocks of all ranks */
  double *x, *target, *residual; /* [share.count, 2 d] */
} rz_learning;

/* batch: states of a step, 0 or more than there are: all. Collective. */
rz_err rz_learning_create(const rz_comm *comm, rz_law *law, const rz_dataset *data, uint64_t seed, int64_t batch,
                          bool in_blocks, rz_learning *out);
void rz_learning_free(rz_learning *l);
rz_problem rz_learning_problem(rz_learning *l);

/* Mean squared error per component of n states. Local. */
rz_err rz_learning_error(rz_law *law, int64_t n, const double *x, const double *target, double *out);

#endif
