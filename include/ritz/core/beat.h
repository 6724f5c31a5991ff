/* The heartbeat of a long computation: where it is and since when, for whoever watches it from another thread. A stage
 * that does not beat (a long exact diagonalisation) is not watched. Local; safe from any thread. */
#ifndef RITZ_CORE_BEAT_H
#define RITZ_CORE_BEAT_H

#include <stdint.h>

typedef struct rz_beat_state {
  const char *stage; /* NULL: nothing beats now */
  int64_t step;      /* the last one that ended */
  double since;      /* seconds since the last beat */
  double longest;    /* longest time between two beats of this stage, in seconds */
} rz_beat_state;

/* A beat of `stage` (a literal): the first of a stage begins it. */
void rz_beat(const char *stage, int64_t step);
/* The stage is over; what follows does not beat. */
void rz_beat_end(void);
rz_beat_state rz_beat_read(void);

#endif
