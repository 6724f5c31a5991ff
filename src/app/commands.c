#include "command.h"
#include "ritz/study/study.h"
#include "ritz/study/sweep.h"
#include "ritz/study/version.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int rz_command_fail(rz_err rc) {
  const char *message = rz_error_message();
  /* A deck's report carries its own headings. */
  const bool is_report = rc == RZ_ERR_DECK || (rc == RZ_ERR_INPUT && strstr(message, ": error: "));
  if (is_report)
    fprintf(stderr, "%s%s", message, *message && message[strlen(message) - 1] == '\n' ? "" : "\n");
  else
    fprintf(stderr, "ritz: %s: %s\n", rz_err_text(rc), message);
  if (rz_err_exit_code(rc) == 70) fprintf(stderr, "%s", rz_error_traceback());
  return rz_err_exit_code(rc);
}

/* What a full disk or a closed pipe swallowed is no success. */
static rz_err flush_output(void) {
  RZ_CHECK(fflush(stdout) == 0 && !ferror(stdout), RZ_ERR_IO, "cannot write to the standard output: %s",
           strerror(errno));
  return RZ_OK;
}

int rz_command_finish(rz_err rc) {
  if (rc == RZ_OK) rc = flush_output();
  return rc == RZ_OK ? 0 : rz_command_fail(rc);
}

static rz_err check_deck(const char *file, int n_rank) {
  rz_config *config = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_config_read(file, rz_study_schema(), &config));
  const rz_study_class *study = rz_study_find(rz_config_string(config, "run", "study"));
  RZ_TRY_DONE(rc, study->check(config, n_rank, stdout));
  if (rz_sweep_asked(config)) RZ_TRY_DONE(rc, rz_sweep_check(config, stdout));
  fputs(rz_config_warnings(config), stderr);
  rc = rz_config_print(config, stdout);
done:
  rz_config_destroy(&config);
  return rc;
}

int rz_command_check(int argc, char **argv) {
  int n_rank = 1;
  if (argc == 2) {
    char *end;
    const long value = strtol(argv[1], &end, 10);
    if (*end != '\0' || value < 1 || value > 10000000) {
      fprintf(stderr, "ritz: RANKS = '%s' must be a whole number from 1 to 10000000\n", argv[1]);
      return rz_err_exit_code(RZ_ERR_USAGE);
    }
    n_rank = (int)value;
  }
  return rz_command_finish(check_deck(argv[0], n_rank));
}

static rz_err sweep_deck(const char *file) {
  rz_config *config = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_config_read(file, rz_study_schema(), &config));
  RZ_CHECK_DONE(rc, rz_sweep_asked(config), RZ_ERR_USAGE, "%s has no &sweep with axes", file);
  rc = rz_sweep_prepare(config, stdout);
done:
  rz_config_destroy(&config);
  return rc;
}

int rz_command_sweep(int argc, char **argv) {
  (void)argc;
  return rz_command_finish(sweep_deck(argv[0]));
}

int rz_command_info(int argc, char **argv) {
  (void)argc;
  return rz_command_finish(rz_study_info(argv[0], stdout));
}

int rz_command_template(int argc, char **argv) {
  (void)argc;
  return rz_command_finish(rz_schema_template(rz_study_schema(), argv[0], stdout));
}

int rz_command_help(int argc, char **argv) {
  if (argc == 1 && strcmp(argv[0], "--markdown") == 0)
    return rz_command_finish(rz_schema_markdown(rz_study_schema(), stdout));
  return rz_command_finish(rz_schema_help(rz_study_schema(), argc == 1 ? argv[0] : NULL, stdout));
}

int rz_command_list(int argc, char **argv) {
  (void)argc, (void)argv;
  return rz_command_finish(rz_study_list(stdout));
}

int rz_command_version(int argc, char **argv) {
  (void)argc, (void)argv;
  return rz_command_finish(rz_provenance_versions(stdout));
}
