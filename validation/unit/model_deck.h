/* A model from the text of a deck, by a schema that holds only what a model needs. */
#ifndef RITZ_VALIDATION_MODEL_DECK_H
#define RITZ_VALIDATION_MODEL_DECK_H

#include "ritz/core/config.h"
#include "ritz/model/hamiltonian.h"

#include <stdio.h>
#include <string.h>

typedef struct model_deck {
  rz_option_group group[4];
  rz_schema schema;
  rz_config *config;
  rz_model *model;
} model_deck;

/* Parse `text` behind "&run study = 'model' /" and create the model; returns the first failure. */
static inline rz_err model_deck_open(const char *text, model_deck *d) {
  static const rz_option run[] = {RZ_ROW_STRING("study", NULL, "kind of run"),
                                  RZ_ROW_INT("seed", "7", 0, 1000000, "seed")};
  static const char *const names[] = {"run", "!lattice", "!hamiltonian", "sector", NULL};
  static const rz_study_groups studies[] = {{"model", "only a model", names}};
  memset(d, 0, sizeof *d);
  d->group[0] = (rz_option_group){.name = "run", .about = "the run", .selector = NULL, .rows = run, .n_rows = 2};
  d->group[1] = *rz_lattice_options();
  d->group[2] = *rz_hamiltonian_options();
  d->group[3] = *rz_sector_options();
  d->schema = (rz_schema){d->group, 4, studies, 1};
  char deck[8192];
  const int n = snprintf(deck, sizeof deck, "%s%s\n", strstr(text, "&run") ? "" : "&run study = 'model' /\n", text);
  const rz_err rc = rz_config_parse("deck.nml", deck, n, &d->schema, &d->config);
  return rc == RZ_OK ? rz_model_create(d->config, &d->model) : rc;
}

static inline void model_deck_close(model_deck *d) {
  rz_model_destroy(&d->model);
  rz_config_destroy(&d->config);
}

#endif
