/* An open checkpoint. */
#ifndef RITZ_STORE_CHECKPOINT_IMPL_H
#define RITZ_STORE_CHECKPOINT_IMPL_H

#include "ritz/store/checkpoint.h"
#include "ritz/store/results.h"

struct rz_checkpoint {
  rz_comm comm;
  rz_checkpoint_info info;
  rz_stored *stored; /* rank 0 */
};

#endif
