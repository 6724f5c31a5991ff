#include "ritz/core/beat.h"

#include "ritz/core/clock.h"
#include <math.h>
#include <stdatomic.h>
#include <stddef.h>

/* One thread beats. A reader that catches it half way sees an old time with a new step, which does no harm. */
static _Atomic(const char *) stage_now;
static _Atomic int64_t step_now;
static _Atomic double last, longest;

void rz_beat(const char *stage, int64_t step) {
  const double now = rz_wall_time();
  const double gap = now - atomic_load(&last);
  atomic_store(&longest, atomic_load(&stage_now) == stage ? fmax(atomic_load(&longest), gap) : 0.0);
  atomic_store(&last, now);
  atomic_store(&step_now, step);
  atomic_store(&stage_now, stage);
}

void rz_beat_end(void) { atomic_store(&stage_now, NULL); }

rz_beat_state rz_beat_read(void) {
  /* The stage first: the time that is read after it is at least as new. */
  rz_beat_state s = {.stage = atomic_load(&stage_now)};
  s.step = atomic_load(&step_now);
  s.longest = atomic_load(&longest);
  s.since = rz_wall_time() - atomic_load(&last);
  return s;
}
