/* Observables with error bars: a registry of classes; adding one is one file and one line (docs/observables.md). */
#ifndef RITZ_ESTIMATE_OBSERVABLE_H
#define RITZ_ESTIMATE_OBSERVABLE_H

#include "ritz/ansatz/ansatz.h"
#include "ritz/core/comm.h"
#include "ritz/core/error.h"
#include "ritz/model/hamiltonian.h"
#include "ritz/sample/sampler.h"
#include <stdbool.h>
#include <stdint.h>

/* One measured quantity: n_value numbers with errors, e.g. 1 magnetisation, or one correlation per distance. */
typedef struct rz_measured {
  const char *name;  /* "szsz/total", path below /observables */
  const char *label; /* what it is, one line */
  const char *unit;  /* "pauli" or "spin", "pauli^2" or "spin^2": spins in the deck's units; "1": a pure number */
  int n_dim;
  int64_t shape[3];
  int64_t n_value;
  double *mean, *error; /* [n_value] */
  double *axis;         /* [n_value] distance or momentum of each value, or NULL */
  const char *axis_label;
} rz_measured;

typedef struct rz_observable rz_observable; /* for authors of a class: src/estimate/observable_impl.h */
typedef struct rz_observables rz_observables;

/* An observable is a function of means of simple things over |psi|^2, its raw values: functions of the total spin of a
 * configuration, single spins, products of two spins summed over classes of pairs, expectation values of operators. */
typedef struct rz_observable_class {
  const char *name, *about, *cite; /* "sx", "szsz", ... as in &evaluate observables */
  int diagonal;                    /* function of the spins alone: needs no ratios of psi */
  /* NULL if it can be measured on this model, else why not: "needs ...". NULL: always. */
  const char *(*unfit)(const rz_model *model);
  /* Declare raw values and quantities. */
  rz_err (*init)(rz_observable *o);
  /* Raw values that are functions of total = sum_i s_i, s_i = +-1, those of the second sublattice with the other sign
   * if `staggered`: raw out [n_total]. NULL if there are none. */
  bool staggered;
  void (*of_total)(const rz_observable *o, int total, double *raw);
  /* Values of all quantities, one after the other, from the means of the raw values. */
  void (*finish)(const rz_observable *o, const double *raw, double *value);
} rz_observable_class;
const rz_observable_class *const *rz_observable_registry(int *n);

/* names: the deck's list. Values are reported in units of the model (pauli or spin). Errors: RZ_ERR_ARG, an unknown
 * name with the nearest one, one listed twice, or one that does not fit the model, with the reason. Borrowed: model.
 * Local. */
rz_err rz_observables_create(const rz_model *model, int n, const char *const *names, rz_observables **out);
void rz_observables_destroy(rz_observables **o);
/* The checks of rz_observables_create without making anything: every fault, one after the other. Local. Errors:
 * RZ_ERR_MEMORY. */
typedef void rz_observables_fault(void *ctx, const char *message);
rz_err rz_observables_check(const rz_model *model, int n, const char *const *names, rz_observables_fault *fault,
                            void *ctx);
/* Ratios of psi that the operators of all of them take per sample, at most, each distinct one counted once; 0: all are
 * functions of the spins. Local. */
int64_t rz_observables_n_ratio(const rz_observables *o);
/* Add samples (any number of times, always of the same chains; samples of weight 0 are left out). A full sum replaces
 * what was added before. Local values of off-diagonal observables use the ansatz. Collective. Errors: RZ_ERR_NUM if a
 * local value is not finite. */
rz_err rz_observables_add(rz_observables *o, const rz_ansatz *a, const rz_comm *comm, const rz_samples *s);
/* All that was added so far, for an exact resume: the sums of every bin, distributed like the chains of the outline
 * (rz_sampler_outline). A full sum shows nothing, for it is added in one piece. */
rz_err rz_observables_state(rz_observables *o, const rz_samples *outline, rz_array_visit *visit, void *ctx);
/* Means and errors over everything added. Errors by the delete-one jackknife over bins, which are whole chains (or, for
 * fewer than 16 chains, their segments), joined to 256 at most: right for non-linear quantities, whose bias
 * of order 1/samples it also removes, and free of assumptions about autocorrelation inside a chain. Full sum: errors 0.
 * Fewer than two bins: NaN. Bits do not depend on the ranks. Borrowed until the next call. Collective. */
rz_err rz_observables_result(rz_observables *o, const rz_comm *comm, int *n, const rz_measured **out);
/* The same quantities, in the same order, from a full vector of amplitudes over a sector (exact diagonalisation): psi
 * [dim] complex, not necessarily normalised, in the basis of model->h. Errors are 0. Borrowed until the next call.
 * Local. */
rz_err rz_observables_exact(rz_observables *o, const rz_sector *sector, const double complex *psi, int *n,
                            const rz_measured **out);

#endif
