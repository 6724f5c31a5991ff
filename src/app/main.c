/* The program: sub-commands, MPI, the terminal and exit codes. Everything else is the library's. */
#include "blas_kernels.h"
#include "command.h"

#include <stdio.h>
#include <string.h>

typedef struct command {
  const char *name, *usage, *about;
  int min_args, max_args;
  int (*run)(int argc, char **argv); /* arguments after the name; returns the exit code */
} command;

static const command commands[] = {
    {"run", "run DECK", "compute what the deck asks for; start it under mpirun or srun for several ranks", 1, 1,
     rz_command_run},
    {"resume", "resume FILE [GROUP.KEY=VALUE ...]",
     "go on with a stopped run, on any number of ranks, from NAME.ckpt.h5; of a deck NAME.nml: or begin it", 1, 64,
     rz_command_resume},
    {"check", "check DECK [RANKS]",
     "print every resolved option, sizes and memory per rank, and all errors; run nothing", 1, 2, rz_command_check},
    {"sweep", "sweep DECK", "write the decks of the points of &sweep and collect their results in one table", 1, 1,
     rz_command_sweep},
    {"job", "job DECK [SBATCH OPTIONS]",
     "print a Slurm script that runs the deck, and goes on with it until it is done", 1, 64, rz_command_job},
    {"info", "info FILE", "print the summary and provenance of a results file, or what a checkpoint is", 1, 1,
     rz_command_info},
    {"template", "template STUDY", "print a deck of that study with every option at its default", 1, 1,
     rz_command_template},
    {"help", "help [GROUP | --markdown]", "explain the options of a group of the deck", 0, 1, rz_command_help},
    {"list", "list", "list studies, lattices, Hamiltonians, ansatz, moves, optimisers and observables", 0, 0,
     rz_command_list},
    {"--version", "--version", "versions of Ritz and of the libraries it runs with", 0, 0, rz_command_version},
};
enum { N_COMMAND = sizeof commands / sizeof *commands };

static void print_usage(FILE *out) {
  fprintf(out, "usage: [mpirun -n RANKS] ritz COMMAND ...\n");
  for (int i = 0; i < N_COMMAND; i++) fprintf(out, "  %-27s %s\n", commands[i].usage, commands[i].about);
}

static int usage_error(const char *problem) {
  fprintf(stderr, "ritz: %s\n", problem);
  print_usage(stderr);
  return rz_err_exit_code(RZ_ERR_USAGE);
}

static int unknown_command(const char *word) {
  const char *names[N_COMMAND];
  for (int i = 0; i < N_COMMAND; i++) names[i] = commands[i].name;
  const char *near = rz_nearest(word, names, N_COMMAND);
  char problem[256];
  snprintf(problem, sizeof problem, "unknown command '%.100s'%s%s%s", word, near ? "; did you mean '" : "",
           near ? near : "", near ? "'?" : "");
  return usage_error(problem);
}

static int wrong_count(const command *c, int n) {
  char wanted[32] = "none";
  if (c->max_args > c->min_args + 1)
    snprintf(wanted, sizeof wanted, "%d to %d", c->min_args, c->max_args);
  else if (c->max_args > c->min_args)
    snprintf(wanted, sizeof wanted, "%d or %d", c->min_args, c->max_args);
  else if (c->max_args > 0)
    snprintf(wanted, sizeof wanted, "%d", c->max_args);
  fprintf(stderr, "ritz: wrong number of arguments: '%s' takes %s, not %d\nusage: ritz %s\n", c->name, wanted, n,
          c->usage);
  return rz_err_exit_code(RZ_ERR_USAGE);
}

int main(int argc, char **argv) {
  if (argc < 2) return usage_error("a command is needed");
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
    print_usage(stdout);
    return 0;
  }
  for (int i = 0; i < N_COMMAND; i++) {
    const command *c = &commands[i];
    if (strcmp(argv[1], c->name) != 0) continue;
    const int n = argc - 2;
    if (c->run == rz_command_run || c->run == rz_command_resume) rz_use_best_blas_kernels(argv);
    if (n < c->min_args || n > c->max_args) return wrong_count(c, n);
    return c->run(n, argv + 2);
  }
  return unknown_command(argv[1]);
}
