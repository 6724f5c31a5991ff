/* What the solvers of stochastic reconfiguration share. */
#ifndef RITZ_OPTIMISE_SR_IMPL_H
#define RITZ_OPTIMISE_SR_IMPL_H

#include "ritz/optimise/sr.h"
#include "ritz/solve/block_cyclic.h"
#include <stdbool.h>

enum { RZ_SR_BLOCK = 64 }; /* of block-cyclic matrices; even, so that the two rows of a sample stay together */

typedef struct rz_sr_problem {
  const rz_sr_options *o;
  const rz_comm *comm;
  rz_jacobian *j;
  int64_t n_param;
  const double *e, *f;
  double *diagonal; /* [n_param] diag S over all ranks; NULL if nobody needs it */
} rz_sr_problem;

typedef rz_err rz_sr_solver(rz_sr_problem *p, double *d, rz_sr_result *result);
rz_sr_solver rz_sr_dense, rz_sr_kernel, rz_sr_cg;

/* Fill p->diagonal. Collective. */
rz_err rz_sr_diagonal(rz_sr_problem *p);
/* shift + scale S_kk: what is added to column k. */
double rz_sr_added(const rz_sr_problem *p, int64_t k);

/* Fill the lower triangle of m, whatever m holds; m has the scalar and order that the solve below asks for. Collective.
 */
typedef rz_err rz_sr_fill(void *ctx, rz_block_cyclic *m);
/* y = A x of replicated vectors, in double precision from the factors. Collective. */
typedef rz_err rz_sr_apply(void *ctx, const double *x, double *y);

typedef struct rz_sr_system {
  int64_t n;          /* unknowns: real numbers */
  bool hermitian;     /* the unknowns are n / 2 pairs (Re, Im), A is also a Hermitian matrix of order n / 2 */
  rz_sr_fill *fill;   /* makes any of: real double of order n; if apply, real single; if hermitian, both as complex */
  rz_sr_apply *apply; /* NULL: double precision alone */
  void *ctx;
} rz_sr_system;

/* Solve A x = b [n], spread over grid: comm, or a rank by itself when every rank holds all of A. By Cholesky in single
 * precision and refinement, where options and order say so; if that does not converge by Cholesky in double precision;
 * if A is not positive definite by eigenvectors. Collective over comm. */
rz_err rz_sr_factorise(const rz_sr_problem *p, const rz_comm *grid, const rz_sr_system *system, double *b,
                       rz_sr_result *result);
/* Do the options ask for single precision first, for the kernel of n rows of J? "auto": where the factorisation saves
 * more than the products of its refinement cost. */
bool rz_sr_wants_mixed(const rz_sr_options *o, const rz_jacobian *j, double n);
/* x = b / A [n] with a factor in single precision, refined by products with A until the error, in the norm of A, is
 * below 1e-12. RZ_ERR_NUM if a correction is not far smaller than the one before: A is too ill-conditioned. Collective
 * over comm. */
rz_err rz_sr_refine(const rz_comm *comm, const rz_sr_system *system, const rz_block_cyclic *factor, const double *b,
                    double *x, int *refinements);

/* Every rank's n, in rank order; owner: caller. Collective. */
rz_err rz_sr_counts(const rz_comm *comm, int64_t n, int64_t **all);

/* The samples with a weight, counted over all ranks in rank order: rows of the kernel. */
typedef struct rz_sr_active {
  int64_t n, *sample;     /* of this rank: their numbers in the Jacobian */
  int64_t *n_all, *first; /* of each rank, and of the ranks before it */
  int64_t n_total;
} rz_sr_active;
rz_err rz_sr_active_init(rz_sr_active *a, const rz_comm *comm, const rz_jacobian *j); /* collective */
void rz_sr_active_free(rz_sr_active *a);
/* own [n, n_comp] = sqrt(w) rows [n_comp, samples of j], and rows = sqrt(w) own; rows of the other samples are left as
 * they are. Local. */
void rz_sr_active_take(const rz_sr_active *a, const rz_jacobian *j, const double *rows, double *own);
void rz_sr_active_put(const rz_sr_active *a, const rz_jacobian *j, const double *own, double *rows);

/* Complex weights everywhere: log psi is holomorphic, the rows of a sample are Re and Im of one complex row o, and the
 * kernel is the Hermitian matrix o_i . o_k^* written in real numbers. */
bool rz_sr_holomorphic(const rz_jacobian *j);

/* The samples of some rows (or columns) of a kernel: as a Jacobian, or as dense rows. */
typedef struct rz_sr_side {
  int64_t n;
  int n_comp;
  const rz_jacobian *j; /* their factors, or NULL */
  rz_jacobian *own;     /* j, if it was made for this side */
  double *dense;        /* without factors: [n, size] weight and n_comp rows of n_param */
  int64_t size, n_param;
  double *root; /* [n] sqrt(w) */
} rz_sr_side;
/* All samples of a Jacobian, which is borrowed. Local. */
rz_err rz_sr_side_of(rz_jacobian *j, rz_sr_side *s);
/* Those of this rank's rows of m (or columns: by_column) from the ranks that own them: as factors or as dense rows,
 * whichever are fewer numbers. Collective. */
rz_err rz_sr_side_receive(const rz_comm *comm, const rz_jacobian *j, const rz_sr_active *active,
                          const rz_block_cyclic *m, bool by_column, rz_sr_side *s);
void rz_sr_side_free(rz_sr_side *s);
/* Every of-th piece of work from `number` on. */
typedef struct rz_sr_part {
  int64_t number, of;
} rz_sr_part;
/* Lower triangle of W^(1/2) J J^T W^(1/2) for this rank's rows and columns of m, a part of its tiles: n_comp real rows
 * per sample, or one complex row. Local. */
rz_err rz_sr_fill_tiles(const rz_sr_side *rows, const rz_sr_side *cols, rz_sr_part part, rz_block_cyclic *m);

/* All of it: m has n_comp rows per active sample of j, or one if it is complex. Collective. */
rz_err rz_sr_fill_kernel(const rz_comm *comm, rz_jacobian *j, const rz_sr_active *active, double shift,
                         rz_block_cyclic *m);

/* --- The same bits on any number of ranks, for a Jacobian in blocks (sr_alike.c) ---
 * Every rank gets the samples, computes every size-th piece of the matrix, pieces being the same whoever computes them,
 * and gets the other pieces from the other ranks; then it solves by itself. */

/* n listed samples of each rank on every rank, in rank order. Collective. */
rz_err rz_sr_gather(const rz_comm *comm, const rz_jacobian *j, int64_t n, const int64_t *sample, rz_jacobian **out);
/* As rz_sr_fill_kernel, m being whole on every rank. Collective over comm. */
rz_err rz_sr_fill_kernel_alike(const rz_comm *comm, rz_jacobian *j, const rz_sr_active *active, double shift,
                               rz_block_cyclic *m);
/* Lower triangle of J^T W J, m being whole and zero on every rank. Collective. */
rz_err rz_sr_fill_dense_alike(const rz_sr_problem *p, rz_block_cyclic *m);
/* rows sqrt(w) J of samples first .. first + n - 1, out [n_comp, n, n_param]. Local. */
rz_err rz_sr_weighted_rows(const rz_jacobian *j, int64_t first, int64_t n, double *out);

/* y = M^-1 x with M = c A + J0^T W0 J0, A = diag(added), of at most `size` samples whose weights sum to 1: by
 * Woodbury's identity M^-1 = (1 - O^T (O O^T + 1)^-1 O) in the columns O = W0^(1/2) J0 (c A)^(-1/2), and back. An
 * rz_product. added > 0. Errors of _create: RZ_ERR_NUM if the kernel is not positive definite to rounding.
 * Collective. */
typedef struct rz_sr_subset rz_sr_subset;
/* Sample t of the n in a subset is this one of the n_total samples with a weight. */
int64_t rz_sr_subset_place(int64_t t, int64_t n, int64_t n_total);
rz_err rz_sr_subset_create(const rz_sr_problem *p, int64_t size, rz_sr_subset **out);
rz_err rz_sr_subset_apply(void *subset, const double *x, double *y);
void rz_sr_subset_destroy(rz_sr_subset **s);

/* Numbers in an exchange buffer: 8 MiB. */
enum { RZ_SR_BUFFER = 1 << 20 };
/* dense: samples of a rank in one exchange, of at most `most`, when a row of J becomes `volume` numbers. */
int64_t rz_sr_batch(int n_comp, int64_t volume, int64_t most);

#endif
