/* What the answer should be: a reference energy from a formula, from exact diagonalisation, or given by the user; and
 * how far an estimate is from it. */
#ifndef RITZ_VALIDATE_REFERENCE_H
#define RITZ_VALIDATE_REFERENCE_H

#include "ritz/ansatz/ansatz.h"
#include "ritz/core/comm.h"
#include "ritz/core/config.h"
#include "ritz/core/error.h"
#include "ritz/core/log.h"
#include "ritz/exact/ed.h"
#include "ritz/model/hamiltonian.h"
#include <complex.h>
#include <stdbool.h>

/* Group "reference": method, energy, energy_error, levels, max_dim. */
const rz_option_group *rz_reference_options(void);

typedef struct rz_reference {
  bool known;
  double energy;   /* in the deck's units */
  double error;    /* of a given value; 0 for exact ones */
  char method[64]; /* "free fermions", "Bethe ansatz", "dual Ising model", "exact diagonalisation (slepc)", "given" */
  double gap;      /* to the next level listed by exact diagonalisation; NaN if unknown */
  int n_level;     /* levels of exact diagonalisation, ascending */
  double *level;
  int n_ground;            /* dimension of the ground space found among the levels (within 1e-9 relative) */
  rz_sector sector;        /* of the vectors */
  double complex **ground; /* [n_ground][sector.dim] in the basis of model->h, on every rank; NULL if too large */
  rz_ed_result ed;         /* as solved; empty if not used */
} rz_reference;

/* Checks across keys, reported at their place in the deck. Local. */
void rz_reference_check(rz_config *config);
/* The same for study = 'exact', which diagonalises whatever the method. Local. */
void rz_reference_check_exact(rz_config *config);

/* Find the reference the deck asks for. 'auto': a formula if H is exactly one that has one (checked term by term), else
 * exact diagonalisation up to max_dim states, else none; where both are possible, the formula gives the energy and
 * exact diagonalisation, up to 2^18 states, the vector. Collective. Errors: RZ_ERR_DECK through the config if the asked
 * method does not apply, with the reason. */
rz_err rz_reference_find(rz_config *config, const rz_model *model, const rz_comm *comm, rz_log *log, rz_reference *out);
void rz_reference_free(rz_reference *r);
/* A formula for model's H: true and the energy if it has one. Local. */
rz_err rz_reference_formula(const rz_config *config, const rz_model *model, bool *found, double *energy,
                            const char **method);

/* The same for a gauge theory with a dual (rz_gauge_dual) whose sector has at most max_dim states. Collective. */
rz_err rz_reference_dual(const rz_config *config, const rz_model *model, double max_dim, const rz_comm *comm,
                         bool *found, double *energy);

typedef struct rz_comparison {
  double relative;       /* (estimate - exact) / |exact| */
  double relative_error; /* sigma / |exact| */
  double sigma;          /* (estimate - exact) / sigma; NaN when both are 0 */
  bool below_bound;      /* more than 5 sigma below a variational bound: something is wrong */
} rz_comparison;
rz_comparison rz_compare(double estimate, double error, const rz_reference *reference);

/* Weight of the ansatz in the reference's ground space, sum_k |<k|psi>|^2 / <psi|psi>. NaN if the reference has no
 * vectors. Collective: states are shared out over ranks. */
rz_err rz_reference_fidelity(const rz_reference *r, const rz_ansatz *a, const rz_comm *comm, double *fidelity);

#endif
