/* What &sweep asks for: axes, their product, and the deck of every point. */
#ifndef RITZ_STUDY_SWEEP_PLAN_H
#define RITZ_STUDY_SWEEP_PLAN_H

#include "ritz/study/study.h"

enum { RZ_SWEEP_AXES = 8, RZ_SWEEP_MAX_POINTS = 100000 };

/* One key and the values it takes. */
typedef struct rz_sweep_axis {
  char *group, *key;
  const rz_option *row;
  int n;
  char **value; /* [n] namelist text: "4, 6" */
} rz_sweep_axis;

typedef struct rz_sweep {
  char *stem; /* "NAME.sweep": folder of the points and first part of the table's names */
  int n_axis, n_point, ranks_per_point;
  int warm_axis; /* a point starts from its neighbour below along this axis; -1: from the deck's state */
  rz_sweep_axis axis[RZ_SWEEP_AXES];
  char **deck; /* [n_point] text */
} rz_sweep;

extern const rz_option_group rz_sweep_group;

/* Read &sweep and make all decks. What does not fit is the deck's error, at the key. Local. */
rz_err rz_sweep_create(rz_config *config, rz_sweep *out);
void rz_sweep_free(rz_sweep *s);

/* Which value of the axis a point has; points count from 0, the last axis fastest. */
int rz_sweep_position(const rz_sweep *s, int point, int axis);
/* The point that this one starts from, or -1. */
int rz_sweep_neighbour(const rz_sweep *s, int point);
/* "NAME.sweep/0001" + suffix for point 0. Owner: caller. */
rz_err rz_sweep_path(const rz_sweep *s, int point, const char *suffix, char **path);
/* "lattice.length = 8, hamiltonian.h = 1.0". Owner: caller. */
rz_err rz_sweep_label(const rz_sweep *s, int point, char **label);

#endif
