/* Has a training come to rest? A verdict from its own record, with an error. */
#ifndef RITZ_DRIVE_PLATEAU_H
#define RITZ_DRIVE_PLATEAU_H

#include <stdint.h>

/* Windows are divided into this many blocks of steps; a window is a multiple of it. */
enum { RZ_PLATEAU_BLOCKS = 10 };

typedef enum rz_plateau_verdict {
  RZ_PLATEAU_SHORT,   /* fewer than two windows of two blocks' steps: nothing can be said */
  RZ_PLATEAU_FALLING, /* the last window falls by two errors, and by a tenth of the resolution */
  RZ_PLATEAU_UNCLEAR, /* no fall is seen, but one that matters could hide; or so a window ago; or it rises */
  RZ_PLATEAU_FLAT     /* no fall that matters, in two windows, and none that could hide in the last */
} rz_plateau_verdict;

typedef struct rz_plateau {
  rz_plateau_verdict verdict;
  int64_t window;            /* steps of a window, as used */
  double slope, slope_error; /* of the last window, per step; NaN if too short */
  double resolution;         /* a fall over a window that matters: the mean error of a step, at least 1e-10 |value| */
} rz_plateau;

/* Judge the last two windows of a series of n values and their errors (0: exact), value[i * stride], error[i * stride].
 * A straight line is fitted to the means of a window's blocks; the error of its slope comes from their scatter about
 * it, so that values which are correlated over less than a block's steps, or curved, are not taken for certain. A
 * series is flat if, in each of the two windows, 2 errors - slope comes to less than the resolution over a window, and
 * no such rise is seen. A series of fewer than two windows is judged by halves of it. Local. */
rz_plateau rz_plateau_judge(int64_t n, int64_t stride, const double *value, const double *error, int64_t window);

#endif
