/* One process without a launcher needs none of what Open MPI prepares for company. */
#ifndef RITZ_APP_ALONE_H
#define RITZ_APP_ALONE_H

/* Without a launcher, spare MPI its daemon and its search for networks: a third of a second. What the environment says
 * already stays; a launched process and other MPI libraries are not affected. Call before MPI_Init. */
void rz_start_alone_quickly(void);

#endif
