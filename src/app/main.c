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
    {"check", "check DECK [RANKS]",
     "print every resolved option, sizes and memory per rank, and all errors; run nothing", 1, 2, rz_command_check},
    {"info", "info FILE", "print the summary and provenance of a results file", 1, 1, rz_command_info},
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

static int usage_error(const char *problem, const char *word) {
  fprintf(stderr, "ritz: %s%s%s%s\n", problem, word ? " '" : "", word ? word : "", word ? "'" : "");
  const char *names[N_COMMAND];
  for (int i = 0; i < N_COMMAND; i++) names[i] = commands[i].name;
  const char *near = word ? rz_nearest(word, names, N_COMMAND) : NULL;
  if (near) fprintf(stderr, "did you mean '%s'?\n", near);
  print_usage(stderr);
  return rz_err_exit_code(RZ_ERR_USAGE);
}

int main(int argc, char **argv) {
  if (argc < 2) return usage_error("a command is needed", NULL);
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
    print_usage(stdout);
    return 0;
  }
  for (int i = 0; i < N_COMMAND; i++) {
    const command *c = &commands[i];
    if (strcmp(argv[1], c->name) != 0) continue;
    const int n = argc - 2;
    if (c->run == rz_command_run) rz_use_best_blas_kernels(argv);
    if (n < c->min_args || n > c->max_args) return usage_error("wrong number of arguments; usage: ritz", c->usage);
    return c->run(n, argv + 2);
  }
  return usage_error("unknown command", argv[1]);
}
