/* A model for tests without a deck: a chain (or any lattice), an operator and a sector, filled in by hand. */
#ifndef RITZ_VALIDATION_BARE_MODEL_H
#define RITZ_VALIDATION_BARE_MODEL_H

#include "ritz/model/hamiltonian.h"
#include <string.h>

static inline rz_err bare_chain(int n_site, bool periodic, rz_model *m) {
  memset(m, 0, sizeof *m);
  m->pauli = true;
  const rz_lattice_spec spec = {
      .geometry = "chain", .n_dim = 1, .length = {n_site, 1}, .periodic = {periodic, false}, .legs = 1};
  return rz_lattice_create(&spec, &m->lattice);
}

static inline rz_err bare_square(int lx, int ly, rz_model *m) {
  memset(m, 0, sizeof *m);
  m->pauli = true;
  const rz_lattice_spec spec = {
      .geometry = "square", .n_dim = 2, .length = {lx, ly}, .periodic = {true, true}, .legs = 1};
  return rz_lattice_create(&spec, &m->lattice);
}

/* Transverse-field Ising ring, H = - sum sz_i sz_(i+1) - h sum sx_i in Pauli matrices. */
static inline rz_err bare_ising_ring(int n_site, double h, rz_model *m) {
  RZ_TRY(bare_chain(n_site, true, m));
  RZ_TRY(rz_operator_create(n_site, &m->h));
  for (int32_t i = 0; i < n_site; i++) {
    RZ_TRY(rz_operator_add(m->h, -h, 1, &(rz_local){i, 'X'}));
    RZ_TRY(rz_operator_add(m->h, -1.0, 2, (rz_local[2]){{i, 'Z'}, {(i + 1) % n_site, 'Z'}}));
  }
  return rz_operator_finish(m->h);
}

static inline void bare_free(rz_model *m) {
  if (m->h != m->bare) rz_operator_destroy(&m->h);
  rz_operator_destroy(&m->bare);
  rz_lattice_destroy(&m->lattice);
}

#endif
