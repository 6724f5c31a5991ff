/* The Jacobian's inside, shared by its files. Every layer is treated as real: complex weights only widen the signal
 * to d_eff = 2 d_out columns, E_re = (Re D, -Im D) and E_im = (Im D, Re D) interleaved, so that in all cases
 *   J[(c, i), offset + a d_eff + e] = sum_t X_t[i, a] E_ct[i, e]. */
#ifndef RITZ_LINALG_JACOBIAN_IMPL_H
#define RITZ_LINALG_JACOBIAN_IMPL_H

#include "ritz/core/tree.h"
#include "ritz/linalg/jacobian.h"

struct rz_jacobian {
  int64_t n, n_param;
  int n_comp, n_layer;
  rz_layer **layer; /* [n_layer] */
  double *weight;   /* [n] */
  double *mean;     /* [n_comp, n_param] */
  double *scale;    /* [n_param] or NULL */
  double *dots;     /* [n_comp (of the mean), n_comp, n]: J_(c,i) . mean / scale^2 for Gram blocks, or NULL; */
  double mean2[4];  /* and with them [n_comp, n_comp]: mean . mean / scale^2 */
  double *panel;    /* [n_comp, panel_n, n_param]: the rows themselves, uncentred and unscaled, or NULL */
  int64_t panel_n;  /* n, or more where this is a view of some of the samples */
  double *
      *factors;   /* [n_layer] inputs and signals of layers with their samples side by side, for Gram blocks; or NULL */
  float **inputs; /* [n_layer] the inputs of these, where single precision multiplies them exactly; or NULL */
  bool about_zero; /* no mean is ever subtracted */
  bool centred;    /* the mean is subtracted */
  int64_t block;   /* samples that go through together */
  rz_tree *tree;   /* over the blocks of all ranks; NULL: all samples of a rank are one block, and MPI sums */
};

/* Numbers in a temporary block: 1 MiB, so that a few of them stay in the second-level cache. */
enum { RZ_JACOBIAN_BLOCK = 1 << 17 };
/* Multiply-adds of a product that OpenBLAS computes without packing its factors first: up to 1.5 times faster. */
enum { RZ_SMALL_PRODUCT = 1000000 };

static inline int rz_layer_width(const rz_layer *l) { return l->d_out * (l->complex_weights ? 2 : 1); }
static inline int64_t rz_layer_size(const rz_layer *l) { return (int64_t)l->d_in * rz_layer_width(l); }

/* Samples whose inputs and signals of this layer fit one block, at most `most`. */
int64_t rz_layer_block(const rz_layer *l, int64_t most);
/* Room that the two functions below need for `count` samples (0 when they point into the factors). */
int64_t rz_layer_input_room(const rz_layer *l, int64_t count);
int64_t rz_layer_signal_room(const rz_layer *l, int64_t count);
/* Inputs X [count * n_share, d_in] of samples from `first` on: inside the layer or gathered into tmp; NULL: all 1. */
const double *rz_layer_input(const rz_layer *l, int64_t first, int64_t count, double *tmp);
/* Signals E_c [count * n_share, d_eff]: inside the layer or interleaved into tmp; NULL: all 0. */
const double *rz_layer_signal(const rz_layer *l, int c, int64_t first, int64_t count, double *tmp);

/* Temporaries of one layer for `block` samples: gathered inputs, interleaved signals, a product of the signals' shape.
 */
typedef struct rz_layer_work {
  double *x, *e, *y;
} rz_layer_work;
rz_err rz_layer_work_init(rz_layer_work *w, const rz_layer *l, int64_t block);
void rz_layer_work_free(rz_layer_work *w);
/* Y [rows, width] = X V; without inputs every row is V. */
void rz_layer_times(const rz_layer *l, const double *x, int64_t rows, const double *v, double *y);
/* G [d_in, width] += X^T U; without inputs the sum of U's rows. */
void rz_layer_t_times(const rz_layer *l, const double *x, int64_t rows, const double *u, double *g);

/* y[(c - c0) * ld + i] = row (c, first + i) of the uncentred, unscaled J times v, for n_c components from c0 on. */
rz_err rz_jacobian_apply_raw(const rz_jacobian *j, int c0, int n_c, int64_t first, int64_t count, const double *v,
                             double *y, int64_t ld);

/* Columns a0 <= a < a0 + n_a of W (all d_eff entries of each) for `count` samples of component c, uncentred, into
 * out[i * ld + (a - a0) * d_eff + e]. x_tmp and e_tmp hold one sample. */
void rz_layer_panel(const rz_layer *l, int c, int64_t first, int64_t count, int a0, int n_a, double *x_tmp,
                    double *e_tmp, double *out, int64_t ld);
rz_err rz_jacobian_check_range(const rz_jacobian *j, int c, int64_t first, int64_t count);

/* g = J^T u of the uncentred, unscaled J. */
rz_err rz_jacobian_apply_t_raw(const rz_jacobian *j, const double *u, double *g);

/* Keep the rows of J of shared layers, when they are not many more numbers than the factors: one pass over them then
 * costs far less than T multiply-adds per entry. */
rz_err rz_jacobian_keep_panel(rz_jacobian *j);
/* Does a Gram block of this layer cost less by Grams of its factors than by its rows? */
bool rz_layer_by_factors(const rz_layer *l);
enum { RZ_JACOBIAN_TILE = 128 }; /* samples */
/* Inputs (unless with_x is false), then the signals of n_c components from c0 on, of samples first .. first + n - 1:
 * numbers (t, a) down, samples across, to[row * ld + sample]; and how many rows these are. x_tmp and e_tmp hold n
 * samples. */
int64_t rz_layer_factor_height(const rz_layer *l, bool with_x, int n_comp);
void rz_layer_transpose(const rz_layer *l, bool with_x, int c0, int n_c, int64_t first, int64_t n, double *x_tmp,
                        double *e_tmp, double *to, int64_t ld);
/* Keep these of all samples and layers that are multiplied by factors; inputs in single precision where that multiplies
 * them exactly. */
rz_err rz_jacobian_keep_factors(rz_jacobian *j);
/* A sum over samples of n numbers each: out = that of the samples of j, which is `all` or a view of it from sample
 * `first` on. */
typedef rz_err rz_jacobian_term(const rz_jacobian *j, const rz_jacobian *all, int64_t first, const void *ctx,
                                double *out);
/* The sum over the blocks of all ranks, equal on every rank; rc: what went wrong on this rank before. Collective: an
 * agreement, and the sum. */
rz_err rz_jacobian_sum(const rz_jacobian *j, const rz_comm *comm, rz_err rc, int64_t n, rz_jacobian_term *term,
                       const void *ctx, double *out);
/* Forget what was computed from factors, mean or scales. */
void rz_jacobian_forget(rz_jacobian *j);

#endif
