/* Exact diagonalisation of an operator in a sector, matrix-free, over any number of ranks.
 *
 * Sectors: all or fixed Sz, and within it translation momentum, reflection and spin flip where the operator commutes
 * with them (checked, an error otherwise). A real operator in momentum 0 or pi stays real; a complex Hermitian problem
 * H = A + iB is solved as the real [[A, -B], [B, A]], whose every level is doubled: vectors are turned into x + iy,
 * orthogonalised in complex arithmetic, dependent ones dropped, and more asked for until the wanted number is
 * independent; the list is never halved by value. Collective unless said otherwise.
 *
 * Sectors without symmetries are multiplied "by halves": the sites are cut in two, the states with equal high half are
 * a block, and what acts on the low half is one small table for all blocks. Nothing is kept per state; with the two
 * vectors of "lanczos" a level takes 16 bytes per state (32 if complex). They lie in shared memory where /dev/shm has
 * room for them, and ranks of one machine read them there; up to 8 (16) bytes more are taken by blocks of other
 * machines, or by a copy to be read where a vector lies elsewhere, as those of other solvers do. The tables may take 64
 * MiB, or as much as a vector if that is more; an operator of many long strings, or a sector that is small for its
 * sites, is multiplied "by rows" instead, as sectors with symmetries are. */
#ifndef RITZ_EXACT_ED_H
#define RITZ_EXACT_ED_H

#include "ritz/core/comm.h"
#include "ritz/core/error.h"
#include "ritz/model/hamiltonian.h"
#include "ritz/model/sector.h"
#include <complex.h>
#include <stdbool.h>
#include <stdint.h>

/* A further symmetry: a permutation of the sites that H commutes with, and the sign of the states under it. */
typedef struct rz_ed_symmetry {
  const int32_t *perm; /* [n_site]: site i moves to perm[i]; borrowed */
  int character;       /* +1 or -1 */
  const char *name;    /* for messages */
} rz_ed_symmetry;

typedef struct rz_ed_spec {
  const rz_operator *op;     /* borrowed */
  const rz_lattice *lattice; /* for the symmetries; may be NULL if none is used */
  bool fixed_sz;
  int n_up;
  bool use_momentum;
  int momentum[2];    /* 0 .. extent - 1 per direction, in units of 2 pi / extent: T psi = exp(-i k) psi */
  int spin_flip;      /* +1, -1, or 0: not used */
  int reflection;     /* +1, -1, or 0 */
  int n_levels;       /* lowest k; all levels of a sector that has fewer */
  const char *solver; /* of rz_eigensolver_registry, or "auto": dense up to 256 states (4,000 if more than an eighth of
                         the levels is wanted), else lanczos for one level and slepc for several */
  double tol;         /* as in rz_eigen_problem */
  bool with_vectors;  /* a level alone costs "lanczos" half the products and a vector less */
  uint64_t seed;
  bool on_one_rank; /* rank 0 solves by itself, in its own memory: the same bits on any number of ranks */
  int n_extra;      /* further symmetries, e.g. rotations of a square */
  const rz_ed_symmetry *extra;
} rz_ed_spec;

typedef struct rz_ed_result {
  int64_t dim; /* of the sector */
  int n_level;
  double *energy;   /* [n_level] ascending; copies of a degenerate level are all listed */
  double *residual; /* [n_level] */
  bool is_complex;
  double complex *vector; /* [n_level, local rows of rz_share(dim)]: in the symmetrised basis if symmetries are used */
  int n_products;
  double seconds_per_product;
  int64_t bytes;       /* peak bytes of this rank for the solve */
  const char *solver;  /* actually used */
  const char *product; /* "halves" or "rows" */
} rz_ed_result;

/* Is there such a sector: the symmetries exist, H has them, and their quantum numbers do not contradict each other.
 * Nothing is diagonalised. Local.
 *   n_element  out, size of the symmetry group: the sector's dimension is about that of its Sz sector over this
 *   real       out, real arithmetic will do
 * Errors: RZ_ERR_ARG, with the reason. */
rz_err rz_ed_check(const rz_ed_spec *spec, int *n_element, bool *real);
rz_err rz_ed_solve(const rz_ed_spec *spec, const rz_comm *comm, rz_ed_result *out);
void rz_ed_result_free(rz_ed_result *r);
/* Whole spectrum of a small sector (dense): energies [dim] ascending; owner: caller. */
rz_err rz_ed_spectrum(const rz_ed_spec *spec, const rz_comm *comm, int64_t *dim, double **energy);
/* A level's vector over the plain basis of the sector (all or fixed Sz), gathered on every rank: psi [sector dim];
 * symmetry-adapted vectors are expanded. Owner: caller. RZ_ERR_MEMORY beyond max_bytes. */
rz_err rz_ed_expand(const rz_ed_spec *spec, const rz_comm *comm, const rz_ed_result *r, int level, int64_t max_bytes,
                    rz_sector *sector, double complex **psi);
/* About the bytes one of `size` ranks needs for the levels of a spec in a sector of dim states, with a symmetry group
 * of n_element (1: none), as rz_ed_check tells; for `ritz check`. Local. */
double rz_ed_memory(const rz_ed_spec *spec, double dim, int n_element, bool is_complex, int size);

/* Can a positive state represent the ground state? */
typedef enum rz_positive_verdict {
  RZ_POSITIVE_PROVEN,  /* every off-diagonal element of H is real and <= 0, everywhere or within the sector */
  RZ_POSITIVE_REFUTED, /* the best positive state misses the ground state's energy by more than 1e-3 relative */
  RZ_POSITIVE_UNKNOWN
} rz_positive_verdict;
typedef struct rz_positive_report {
  rz_positive_verdict verdict;
  double ceiling; /* (E - E0) / (Tr H / dim - E0) of the best positive state found; NaN when not computed */
  int n_site;     /* of the cluster it was computed on */
  char text[512]; /* the explanation for people */
} rz_positive_report;
/* Minimise over non-negative amplitudes by projected iteration on the deck's lattice if its sector has at most max_dim
 * states, else on the small cluster `small` (may be NULL). A local method, from three starts: the ceiling is an upper
 * bound on the true one. The text also names the sites of a sign rotation U = prod sz that would make H's elements <=
 * 0, where there is one. Collective. */
rz_err rz_positive_check(const rz_model *model, const rz_model *small, int64_t max_dim, const rz_comm *comm,
                         rz_positive_report *out);

#endif
