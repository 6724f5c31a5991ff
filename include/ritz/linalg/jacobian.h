/* The Jacobian J[r, k] = d out_r / d theta_k as an operator: the factors of every linear layer, never the whole matrix.
 *
 * A layer with weights W [d_in, d_out], shared by T positions (T = 1 dense), contributes to sample i
 *   dout_i / dW[a, b] = sum_t X_t[i, a] D_t[i, b]
 * with real inputs X and a real or complex back-propagated signal D. Outputs are real (n_comp = 1) or complex
 * (n_comp = 2: rows of Re, then rows of Im). Complex weights are pairs and the output is holomorphic in them:
 * d out/d Re W = X D, d out/d Im W = i X D.
 *
 * Rows. Local row r = c * n + i: component c, sample i. Weights w_i belong to samples; sums over all ranks give 1.
 * Centring. After rz_jacobian_centre every product is that of J - 1 mean^T, mean_c[k] = sum_i w_i J[(c, i), k]; or of J
 * itself, mean = 0, where the rows are about zero, as those of a regression are.
 * Column scales. After rz_jacobian_scale every product is that of J diag(1 / s).
 * Functions are local unless said otherwise. Thread-safe for reading. */
#ifndef RITZ_LINALG_JACOBIAN_H
#define RITZ_LINALG_JACOBIAN_H

#include "ritz/core/comm.h"
#include "ritz/core/error.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct rz_jacobian rz_jacobian;

typedef struct rz_layer {
  int64_t offset; /* first number of W in theta; W[a, b] is number a * d_out + b (times 2 if complex pairs) */
  int d_in, d_out;
  int n_share;           /* T >= 1 */
  bool complex_weights;  /* pairs (Re, Im) */
  int n_x;               /* numbers of input per sample */
  const int32_t *gather; /* [n_share, d_in]: X_t[i, a] = x[i, gather[t * d_in + a]]; NULL: a (needs n_x = d_in, T = 1).
                            Borrowed; must outlive the Jacobian */
  double *x;             /* [n, n_x]; NULL if every input is 1 (a bias: d_in = 1) */
  double *d_re;          /* [n, n_share, d_out] */
  double *d_im;          /* the same, NULL if the signal is real */
} rz_layer;

/* n samples of this rank (may be 0), n_comp 1 or 2, n_param parameters. Weights start as NaN: set them. */
rz_err rz_jacobian_create(int64_t n, int n_comp, int64_t n_param, rz_jacobian **out);
void rz_jacobian_destroy(rz_jacobian **j);
/* Add a layer: description in, arrays x, d_re, d_im out (allocated as `with_x`, `with_im` say; owned by the Jacobian;
 * the caller fills them). */
rz_err rz_jacobian_add(rz_jacobian *j, const rz_layer *shape, bool with_x, bool with_im, rz_layer **layer);
double *rz_jacobian_weights(rz_jacobian *j); /* [n], to be filled by the caller */
int64_t rz_jacobian_n(const rz_jacobian *j);
int64_t rz_jacobian_n_rows(const rz_jacobian *j); /* n * n_comp */
int rz_jacobian_n_comp(const rz_jacobian *j);
int64_t rz_jacobian_n_param(const rz_jacobian *j);
int rz_jacobian_n_layer(const rz_jacobian *j);
const rz_layer *rz_jacobian_layer(const rz_jacobian *j, int i);
int64_t rz_jacobian_bytes(const rz_jacobian *j); /* memory of factors and kept rows */
double rz_jacobian_weight(const rz_jacobian *j, int64_t i);

/* From now on samples go through in blocks of `block` consecutive ones, the last of all possibly shorter, and the sums
 * over all ranks are those of the blocks by a fixed tree (ritz/core/tree.h). A block belongs to one rank; then neither
 * these sums nor J v depend, to the last bit, on which. Products of a block take longer than those of more samples at a
 * time. Before rz_jacobian_centre. Collective. */
rz_err rz_jacobian_set_blocks(rz_jacobian *j, const rz_comm *comm, int64_t block);
bool rz_jacobian_in_blocks(const rz_jacobian *j);
/* Nothing is to be subtracted: the mean counts as 0. Before rz_jacobian_centre. */
void rz_jacobian_about_zero(rz_jacobian *j);
/* Subtract the mean over all ranks' samples from now on, unless the rows are about zero. The factors are complete and
 * stay as they are from here on; those of samples with weight 0 are cleared first, so that a dropped sample may hold
 * anything. Rows of shared layers are kept from then on where they are not many more numbers than the factors.
 * Collective: one sum of n_comp * n_param; about zero an agreement. Errors: RZ_ERR_ARG for a weight that is not a
 * number >= 0, on every rank. */
rz_err rz_jacobian_centre(rz_jacobian *j, const rz_comm *comm);
/* Borrowed [n_comp, n_param], zero before centring and about zero. */
const double *rz_jacobian_mean(const rz_jacobian *j);
/* Divide column k by s[k] from now on; copied. NULL: no scales. */
rz_err rz_jacobian_scale(rz_jacobian *j, const double *s);

/* y = J v. v [n_param], y out [n_rows]. */
rz_err rz_jacobian_apply(const rz_jacobian *j, const double *v, double *y);
/* g = J^T u over this rank's rows (no weights, no communication). u [n_rows], g out [n_param]. The centred product
 * subtracts mean_c * sum_i u_(c,i), local part. */
rz_err rz_jacobian_apply_t(const rz_jacobian *j, const double *u, double *g);
/* g = J^T W J v over this rank's rows, in one pass through the factors. v, g [n_param]. */
rz_err rz_jacobian_metric(const rz_jacobian *j, const double *v, double *g);
/* Diagonal of J^T W J over this rank's rows: out [n_param]. */
rz_err rz_jacobian_diagonal(const rz_jacobian *j, double *out);
/* The same over the samples of all ranks, equal on every rank. rc: what went wrong on this rank before, in the making
 * of u or t. Collective: one agreement and one sum; of the metric the sum alone, for which g has room for n_param + 1
 * numbers. */
rz_err rz_jacobian_sum_t(const rz_jacobian *j, const rz_comm *comm, rz_err rc, const double *u, double *g);
rz_err rz_jacobian_sum_metric(const rz_jacobian *j, const rz_comm *comm, const double *v, double *g);
rz_err rz_jacobian_sum_diagonal(const rz_jacobian *j, const rz_comm *comm, rz_err rc, double *out);
/* out = sum_r w_r t_r^2. t [n_rows]. */
rz_err rz_jacobian_sum_squares(const rz_jacobian *j, const rz_comm *comm, rz_err rc, const double *t, double *out);
/* Dense rows: samples first .. first + count - 1 of component c; out shape [count, n_param]. */
rz_err rz_jacobian_rows(const rz_jacobian *j, int c, int64_t first, int64_t count, double *out);
/* Gram block G[r, s] = row r of component ca of a . row s of component cb of b, for sample ranges of either; out shape
 * [na, nb], leading dimension ld >= nb. By Grams of factors or by row panels, whichever costs less. a and b have the
 * same layers and the same mean and scales. */
rz_err rz_jacobian_gram(const rz_jacobian *a, int ca, int64_t first_a, int64_t na, const rz_jacobian *b, int cb,
                        int64_t first_b, int64_t nb, double *out, int64_t ld);
/* Before many Gram blocks: keep the products with the mean that every block needs (n_comp^2 n numbers), and the factors
 * in the order that suits Grams, until factors, mean or scales change. Inputs that are integers of at most
 * sqrt(2^24 / d_in), as spins are, are multiplied in single precision: that is exact, and changes no bit of a block. */
rz_err rz_jacobian_prepare_gram(rz_jacobian *j);

/* Exchange of samples between ranks: numbers per sample, and copying n listed samples to and from a buffer
 * [n, pack_size]. unpack fills samples 0 .. n - 1 of a Jacobian made by rz_jacobian_like (same layers, mean and
 * scales). */
int64_t rz_jacobian_pack_size(const rz_jacobian *j);
rz_err rz_jacobian_pack(const rz_jacobian *j, int64_t n, const int64_t *sample, double *buffer);
rz_err rz_jacobian_like(const rz_jacobian *j, int64_t n, rz_jacobian **out);
rz_err rz_jacobian_unpack(rz_jacobian *j, int64_t n, const double *buffer);

#endif
