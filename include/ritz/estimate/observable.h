/* Observables with error bars: a registry of classes; adding one is one file and one line. */
#ifndef RITZ_ESTIMATE_OBSERVABLE_H
#define RITZ_ESTIMATE_OBSERVABLE_H

#include "ritz/ansatz/ansatz.h"
#include "ritz/core/comm.h"
#include "ritz/core/error.h"
#include "ritz/model/hamiltonian.h"
#include "ritz/sample/sampler.h"
#include <stdint.h>

/* One measured quantity: n_value numbers with errors, e.g. 1 magnetisation, or one correlation per distance. */
typedef struct rz_measured {
  const char *name;  /* "szsz/x", path below /observables */
  const char *label; /* what it is, one line */
  const char *unit;  /* "1" in Pauli units, "1/4"... says the scale of a spin: as the deck's units */
  int n_dim;
  int64_t shape[3];
  int64_t n_value;
  double *mean, *error; /* [n_value] */
  double *axis;         /* [n_value] distance or momentum of each value, or NULL */
  const char *axis_label;
} rz_measured;

typedef struct rz_observables rz_observables;

typedef struct rz_observable_class {
  const char *name, *about, *cite; /* "sx", "szsz", ... as in &evaluate observables */
  int diagonal;                    /* function of the spins alone: from bit-packed samples */
  int n_quantity;                  /* see src/estimate/observable.c for the methods of a class */
} rz_observable_class;
const rz_observable_class *const *rz_observable_registry(int *n);

/* names: the deck's list. pauli: report in Pauli units or in units of spin 1/2. Errors: RZ_ERR_ARG, an unknown name
 * with the nearest one, or one that does not fit the lattice, with the reason. Borrowed: model. */
rz_err rz_observables_create(const rz_model *model, int n, const char *const *names, rz_observables **out);
void rz_observables_destroy(rz_observables **o);
/* Add samples (any number of times). Local values of off-diagonal ones use the ansatz. Collective. */
rz_err rz_observables_add(rz_observables *o, const rz_ansatz *a, const rz_comm *comm, const rz_samples *s);
/* Means and errors over everything added: errors from the spread over chains with autocorrelation or by jackknife over
 * bins for non-linear ones. Borrowed until the next call. Collective. */
rz_err rz_observables_result(rz_observables *o, const rz_comm *comm, int *n, const rz_measured **out);
/* The same quantities from a full vector of amplitudes over a sector (exact diagonalisation): psi [dim] complex,
 * in the rotated or bare basis (diagonal ones are blind to it; off-diagonal ones use model->h's basis). Local. */
rz_err rz_observables_exact(rz_observables *o, const rz_sector *sector, const double complex *psi, int *n,
                            const rz_measured **out);

#endif
