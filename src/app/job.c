/* `ritz job`: a Slurm script for one deck. */
#include "command.h"
#include "lifecycle.h" /* LIFECYCLE: jobscripts/lifecycle.sh as text */
#include "ritz/study/study.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Options that a job of ours needs; each may be given otherwise. */
static const char *const defaults[] = {
    "--nodes=1", "--ntasks-per-node=16", "--cpus-per-task=1",   "--hint=nomultithread", "--time=01:00:00",
    "--requeue", "--open-mode=append",   "--signal=B:USR1@120", "--output=%x-%j.log",
};

static bool is_given(const char *option, int argc, char **argv) {
  const size_t n = strcspn(option, "=");
  for (int i = 0; i < argc; i++)
    if (strncmp(argv[i], option, n) == 0 && (argv[i][n] == '=' || argv[i][n] == '\0')) return true;
  return false;
}

/* The name without folder and ".nml". */
static void print_name(const char *deck, FILE *out) {
  const char *slash = strrchr(deck, '/'), *name = slash ? slash + 1 : deck;
  const size_t n = strlen(name);
  fprintf(out, "#SBATCH \"--job-name=%.*s\"\n", (int)(n > 4 && strcmp(name + n - 4, ".nml") == 0 ? n - 4 : n), name);
}

/* For the shell: inside single quotes. */
static void print_quoted(const char *text, FILE *out) {
  fputc('\'', out);
  for (; *text; text++)
    if (*text == '\'')
      fputs("'\\''", out);
    else
      fputc(*text, out);
  fputc('\'', out);
}

static void print_job(const char *deck, const char *program, int argc, char **argv, FILE *out) {
  fprintf(out,
          "#!/bin/bash\n# Made by `ritz job`. Submit it from the folder in which the run shall live:  sbatch SCRIPT\n");
  if (!is_given("--job-name", argc, argv)) print_name(deck, out);
  for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
    if (!is_given(defaults[i], argc, argv)) fprintf(out, "#SBATCH %s\n", defaults[i]);
  for (int i = 0; i < argc; i++) fprintf(out, "#SBATCH \"%s\"\n", argv[i]); /* a blank ends an option */
  fprintf(out, "\n# Load the modules here that Ritz was built with.\n\nritz=");
  print_quoted(program, out);
  fprintf(out, "\nRITZ=${RITZ:-$ritz}\nDECK=");
  print_quoted(deck, out);
  fprintf(out, "\nexport OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 OMP_NUM_THREADS=${SLURM_CPUS_PER_TASK:-1}\n\n%s\n",
          LIFECYCLE);
  fprintf(out, "ritz_live \"$DECK\" \"${ritz_mpirun[@]}\" -n \"$SLURM_NTASKS\" \"$RITZ\"\n");
}

static rz_err write_job(const char *deck, int argc, char **argv) {
  rz_config *config = NULL;
  char program[4096] = "ritz";
  rz_err rc = RZ_OK;
  for (int i = 0; i < argc; i++)
    RZ_CHECK(strncmp(argv[i], "--", 2) == 0 && argv[i][2], RZ_ERR_USAGE,
             "'%s' is not an option of sbatch such as --time=12:00:00", argv[i]);
  RZ_TRY_DONE(rc, rz_config_read(deck, rz_study_schema(), &config));
  const ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
  if (n > 0) program[n] = '\0';
  print_job(deck, program, argc, argv, stdout);
done:
  rz_config_destroy(&config);
  return rc;
}

int rz_command_job(int argc, char **argv) { return rz_command_finish(write_job(argv[0], argc - 1, argv + 1)); }
