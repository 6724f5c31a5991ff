/* The members of the family of moves: one file each. */
#ifndef RITZ_SAMPLE_MOVE_LIST_H
#define RITZ_SAMPLE_MOVE_LIST_H

#include "ritz/sample/move.h"

extern const rz_move_class rz_move_flip, rz_move_exchange, rz_move_global_flip, rz_move_star;

#endif
