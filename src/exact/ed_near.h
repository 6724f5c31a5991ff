/* Vectors of the ranks of one machine in shared memory, where each can read the others' without a message. Private to
 * this folder.
 *
 * Used where /dev/shm has room for them and MPI has shared windows; elsewhere no two ranks are near each other, and
 * blocks go by messages. */
#ifndef RITZ_EXACT_ED_NEAR_H
#define RITZ_EXACT_ED_NEAR_H

#include "ritz/core/comm.h"
#include <stdbool.h>

typedef struct rz_ed_near rz_ed_near;

/* For vectors of n doubles on this rank; `share` = false: no two ranks are near. Collective. */
rz_err rz_ed_near_create(const rz_comm *comm, int64_t n, bool share, rz_ed_near **out);
/* Collective. */
void rz_ed_near_destroy(rz_ed_near **near);
/* Of vectors that had to be copied; those of rz_ed_near_alloc are the caller's. */
int64_t rz_ed_near_bytes(const rz_ed_near *near);
/* Can the two ranks read each other's vectors? A rank is not near itself. Local. */
bool rz_ed_near_are(const rz_ed_near *near, int a, int b);

/* Vectors [count, n] that others can read where they are, if there is room for that, else any. To be released before
 * `near` is destroyed. Collective; errors are agreed. */
rz_err rz_ed_near_alloc(rz_ed_near *near, int64_t count, double **vectors);
/* NULL: nothing is done. Collective. */
void rz_ed_near_release(rz_ed_near *near, double **vectors);

/* Let near ranks read x and wait until theirs can be read: one of rz_ed_near_alloc on all ranks, the same by its
 * number, or a copy is made. x must stay as it is until rz_ed_near_hide. Collective. */
rz_err rz_ed_near_show(rz_ed_near *near, const double *x);
/* What a rank that is near this one shows. */
const double *rz_ed_near_vector(const rz_ed_near *near, int rank);
/* Wait until no one reads any more. Collective. */
rz_err rz_ed_near_hide(rz_ed_near *near);

#endif
