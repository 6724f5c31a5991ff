/* The variational state inside a results file: parameters with the lattice they belong to, and the deck that made it.
 */
#ifndef RITZ_STUDY_STATE_FILE_H
#define RITZ_STUDY_STATE_FILE_H

#include "ritz/ansatz/ansatz.h"
#include "ritz/store/results.h"

typedef struct rz_state_file {
  char *kind; /* of the ansatz */
  int n_site;
  int extent[2]; /* translations per direction */
  rz_params params;
  char *deck;      /* text */
  char *deck_path; /* where it was; files it names are looked for beside it */
} rz_state_file;

rz_err rz_state_file_write(rz_results *results, const rz_ansatz *ansatz);
rz_err rz_state_file_read(const char *path, rz_state_file *out);
void rz_state_file_free(rz_state_file *f);

#endif
