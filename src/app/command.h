/* The sub-commands. Each takes the arguments after its name and returns the exit code of the program. */
#ifndef RITZ_APP_COMMAND_H
#define RITZ_APP_COMMAND_H

#include "ritz/core/config.h"
#include "ritz/core/error.h"

int rz_command_run(int argc, char **argv);
int rz_command_resume(int argc, char **argv);
int rz_command_check(int argc, char **argv);
int rz_command_job(int argc, char **argv);
int rz_command_sweep(int argc, char **argv);
int rz_command_info(int argc, char **argv);
int rz_command_template(int argc, char **argv);
int rz_command_help(int argc, char **argv);
int rz_command_list(int argc, char **argv);
int rz_command_version(int argc, char **argv);

/* Print the recorded failure on standard error and return the exit code of rc. */
int rz_command_fail(rz_err rc);
/* The end of a command that prints: flushes, and does the same if anything failed. */
int rz_command_finish(rz_err rc);

#endif
