/* realpath is part of the X/Open extension. */
#define _XOPEN_SOURCE 700

#include "provenance.h"

#include "ritz/core/isa.h"
#include "ritz/core/parallel.h"
#include "ritz/core/version.h"
#include "ritz/linalg/blas.h"
#include "ritz/solve/session.h"
#include "ritz/study/version.h"
#include <mpi.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct component {
  const char *name;
  char version[192];
} component;

enum { N_COMPONENTS = 7 };

static void list_components(component out[N_COMPONENTS]) {
  char mpi[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(mpi, &length); /* allowed before MPI_Init */
  char *end = strpbrk(mpi, ",\n");
  if (end) *end = '\0';
  const char *const rows[N_COMPONENTS][2] = {
      {"ritz", RITZ_VERSION " (" RITZ_COMMIT ")"},
      {"compiler", RITZ_COMPILER},
      {"mpi", mpi},
      {"petsc", rz_petsc_version()},
      {"slepc", rz_slepc_version()},
      {"hdf5", rz_hdf5_version()},
      {"blas", rz_blas_setup()},
  };
  for (int i = 0; i < N_COMPONENTS; i++) {
    out[i].name = rows[i][0];
    snprintf(out[i].version, sizeof out[i].version, "%s", rows[i][1]);
  }
}

rz_err rz_provenance_versions(FILE *out) {
  component list[N_COMPONENTS];
  list_components(list);
  for (int i = 0; i < N_COMPONENTS; i++) fprintf(out, "%-9s %s\n", list[i].name, list[i].version);
  return RZ_OK;
}

rz_err rz_provenance_write(rz_results *r, const rz_run *run, const rz_lock *lock) {
  component list[N_COMPONENTS];
  list_components(list);
  char path[64];
  for (int i = 0; i < N_COMPONENTS; i++) {
    snprintf(path, sizeof path, "/provenance/%s", list[i].name);
    RZ_TRY(rz_results_text(r, path, list[i].version, "version"));
  }
  char host[256] = "", date[32];
  gethostname(host, sizeof host - 1);
  const time_t now = time(NULL);
  struct tm utc;
  gmtime_r(&now, &utc);
  strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &utc);
  RZ_TRY(rz_results_text(r, "/provenance/host", host, "host of rank 0"));
  RZ_TRY(rz_results_text(r, "/provenance/date", date, "end of the computation, UTC"));
  RZ_TRY(rz_results_text(r, "/provenance/command", run->command, "command line"));
  char *deck = realpath(rz_config_file(run->config), NULL);
  const rz_err rc =
      rz_results_text(r, "/provenance/deck", deck ? deck : rz_config_file(run->config), "path of the deck");
  free(deck);
  RZ_TRY(rc);
  RZ_TRY(rz_results_text(r, "/provenance/run_id", rz_lock_run_id(lock), "unique id of the run"));
  RZ_TRY(rz_results_text(r, "/provenance/instruction_set", rz_isa_name(rz_isa_current()),
                         "instruction set of the inner loops on every rank"));
  RZ_TRY(rz_results_i64(r, "/provenance/threads", rz_threads_current(), "threads of a rank"));
  return rz_results_i64(r, "/provenance/ranks", run->comm->size, "MPI ranks");
}
