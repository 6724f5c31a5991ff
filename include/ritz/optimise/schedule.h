/* Numbers that change along a run. Local. */
#ifndef RITZ_OPTIMISE_SCHEDULE_H
#define RITZ_OPTIMISE_SCHEDULE_H

#include <stdint.h>

/* From `first` at step 0 to `last` at step n and after it, with f = step / n:
 *   "constant"     first
 *   "linear"       first + (last - first) f
 *   "exponential"  first (last / first)^f; both > 0
 *   "cosine"       last + (first - last) (1 + cos pi f) / 2 */
typedef struct rz_schedule {
  const char *kind;
  double first, last;
  int64_t n;
} rz_schedule;
double rz_schedule_at(const rz_schedule *s, int64_t step);

/* max(first decay^step, last): the shift of Carleo and Troyer, Science 355, 602 (2017), supplement. */
double rz_decay_at(double first, double decay, double last, int64_t step);

#endif
