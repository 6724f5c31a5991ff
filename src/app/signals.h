/* What the program does when it is asked to stop: the handlers, the time that is left, and the watch on its progress.
 */
#ifndef RITZ_APP_SIGNALS_H
#define RITZ_APP_SIGNALS_H

/* SIGTERM, SIGINT, SIGUSR1 and SIGXCPU stop a stage of steps at its next step (ritz/core/stop.h), SIGUSR2 asks for a
 * checkpoint. A second SIGINT, a SIGTERM that is repeated after two seconds, and either of them outside such a stage,
 * where nothing could be kept, end the program at once. SIGXFSZ and SIGPIPE become errors of the write. */
void rz_signals_install(void);

#endif
