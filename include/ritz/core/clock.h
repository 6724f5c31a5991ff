/* Monotonic wall clock and CPU clock, in seconds. Local. */
#ifndef RITZ_CORE_CLOCK_H
#define RITZ_CORE_CLOCK_H

double rz_wall_time(void);
double rz_cpu_time(void);

#endif
