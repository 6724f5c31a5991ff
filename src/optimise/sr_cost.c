#include "ritz/optimise/sr_cost.h"

#include "sr_impl.h"
#include <math.h>
#include <string.h>

const char *const rz_sr_solver_name[RZ_SR_N_SOLVER] = {"dense", "kernel", "cg"};

const rz_sr_rates rz_sr_reference_rates = {
    .product = 1.0 / 55e9, .factor = {1.0 / 38e9, 1.0 / 80e9}, .stream = 1.0 / 14e9};

/* The sizes that every formula below is made of. */
typedef struct sizes {
  double n;       /* rows of J over all ranks */
  double n_param; /* P */
  double pair;    /* multiply-adds of one entry of the kernel: per layer Grams of factors or rows, the cheaper */
  double product; /* multiply-adds of one row of J v, or of J^T u */
  double pack;    /* numbers of a sample's factors, or of its rows */
  double samples, n_comp, ranks;
  bool hermitian, mixed;
} sizes;

static double layer_size(const rz_layer *l) { return (double)l->d_in * l->d_out * (l->complex_weights ? 2.0 : 1.0); }

/* Multiply-adds of J v per row; one product serves both rows of a sample. Rows of shared layers are kept where they are
 * few numbers, and a row is one product then. */
static double row_product(const rz_jacobian *j) {
  const int n_comp = rz_jacobian_n_comp(j);
  const bool rows_kept = n_comp * rz_jacobian_n_param(j) <= 3 * rz_jacobian_pack_size(j);
  double product = 0.0;
  for (int k = 0; k < rz_jacobian_n_layer(j); k++) {
    const rz_layer *l = rz_jacobian_layer(j, k);
    product += layer_size(l) * (rows_kept ? 1.0 : l->n_share);
  }
  return product / n_comp;
}

enum { REFINEMENTS = 4 };

bool rz_sr_wants_mixed(const rz_sr_options *o, const rz_jacobian *j, double n) {
  const rz_sr_rates *r = &rz_sr_reference_rates;
  const char *precision = o->precision ? o->precision : "auto";
  if (strcmp(precision, "auto") != 0) return strcmp(precision, "mixed") == 0;
  const double saved = n * n * n / 3.0 * (r->factor[0] - r->factor[1]);
  const double step = 4.0 * n * row_product(j) * r->product + 4.0 * n * n * r->stream;
  return saved > REFINEMENTS * step;
}

static sizes size_up(const rz_sr_options *o, const rz_jacobian *j, int64_t n_sample, int ranks) {
  sizes s = {.n_comp = rz_jacobian_n_comp(j), .n_param = (double)rz_jacobian_n_param(j), .samples = (double)n_sample};
  s.n = s.samples * s.n_comp;
  s.ranks = ranks;
  s.hermitian = rz_sr_holomorphic(j);
  s.mixed = rz_sr_wants_mixed(o, j, s.n);
  s.pack = fmin((double)rz_jacobian_pack_size(j), 1.0 + s.n_comp * s.n_param);
  s.product = row_product(j);
  for (int k = 0; k < rz_jacobian_n_layer(j); k++) {
    const rz_layer *l = rz_jacobian_layer(j, k);
    const double t = l->n_share, size = layer_size(l);
    s.pair += fmin(t * t * (l->d_in + size / l->d_in), size);
  }
  return s;
}

static double sum_over_ranks(const rz_sr_rates *r, const sizes *s, double numbers) {
  return s->ranks > 1.0 ? r->message + 8.0 * numbers * r->sum : 0.0;
}

/* Cholesky of order n; Hermitian of order n / 2: half of it. */
static double cholesky(const rz_sr_rates *r, const sizes *s, double n, bool single) {
  return n * n * n / 3.0 * (s->hermitian ? 0.5 : 1.0) * r->factor[single];
}

/* Entries of a kernel of n rows, lower triangle: n^2 / 2 pairs of 2 flops; Hermitian: half of them. */
static double kernel_entries(const rz_sr_rates *r, const sizes *s, double n) {
  return n * n * s->pair * (s->hermitian ? 0.5 : 1.0) * r->product;
}

/* Two triangular solves with a factor in single precision. */
static double substitution(const rz_sr_rates *r, const sizes *s, double n) {
  return 4.0 * n * n * (s->hermitian ? 0.5 : 1.0) * r->stream;
}

/* One product with J and one with J^T: 2 flops per multiply-add. */
static double both_products(const rz_sr_rates *r, const sizes *s, double n) {
  return 4.0 * n * s->product * r->product;
}

static double dense(const rz_sr_options *o, const rz_sr_rates *r, const sizes *s) {
  const double p = s->n_param;
  const bool whole = p <= (double)o->replicate;
  const double rows = s->n * p * p * r->product / s->ranks;
  const double factor = p * p * p / 3.0 * r->factor[0] / (whole ? 1.0 : s->ranks);
  return rows + factor + sum_over_ranks(r, s, whole ? p * p : s->n * p / sqrt(s->ranks));
}

static double kernel(const rz_sr_rates *r, const sizes *s) {
  const double steps = s->mixed ? REFINEMENTS : 1.0;
  const double once = kernel_entries(r, s, s->n) / s->ranks + cholesky(r, s, s->n, s->mixed) / s->ranks +
                      sum_over_ranks(r, s, s->samples * s->pack);
  const double step = substitution(r, s, s->n) + both_products(r, s, s->n) / s->ranks +
                      sum_over_ranks(r, s, s->n_param) + sum_over_ranks(r, s, s->n);
  return once + steps * step;
}

/* Iterations, as seen for Ising and Heisenberg rings in the middle of their training at a shift of 1e-3: to a residual
 * of 1e-6 some 300 with the diagonal, 70 with a subset of 1,024 samples, half with twice as many; in proportion to the
 * digits asked for. */
static double cg(const rz_sr_options *o, const rz_sr_rates *r, const sizes *s) {
  const bool subset = o->preconditioner && strcmp(o->preconditioner, "subset") == 0;
  const double digits = -log10(o->cg_tol > 0.0 ? o->cg_tol : 1e-6) / 6.0;
  const double samples = fmin((double)o->subset_size, s->samples), n0 = subset ? samples * s->n_comp : 0.0;
  const double iterations = digits * (subset ? fmax(8.0, fmin(300.0, 70.0 * 1024.0 / fmax(samples, 1.0))) : 300.0);
  const double once = (kernel_entries(r, s, n0) + cholesky(r, s, n0, true)) / s->ranks +
                      (subset ? sum_over_ranks(r, s, samples * s->pack) : 0.0);
  const double step = (both_products(r, s, s->n + n0) + substitution(r, s, n0)) / s->ranks +
                      (subset ? 2.0 : 1.0) * sum_over_ranks(r, s, s->n_param) +
                      (subset ? 2.0 : 0.0) * sum_over_ranks(r, s, n0) +
                      2.0 * n0 / RZ_SR_BLOCK * sum_over_ranks(r, s, RZ_SR_BLOCK);
  return once + iterations * step;
}

void rz_sr_costs(const rz_sr_options *o, const rz_sr_rates *rates, const rz_jacobian *j, int64_t n_sample, int size,
                 double seconds[RZ_SR_N_SOLVER]) {
  const sizes s = size_up(o, j, n_sample, size);
  seconds[RZ_SR_DENSE] = dense(o, rates, &s);
  seconds[RZ_SR_KERNEL] = kernel(rates, &s);
  seconds[RZ_SR_CG] = cg(o, rates, &s);
  if (!rz_jacobian_in_blocks(j)) return;
  if (rz_jacobian_n_param(j) > RZ_SR_ALIKE_ORDER) seconds[RZ_SR_DENSE] = INFINITY;
  if (n_sample * rz_jacobian_n_comp(j) > RZ_SR_ALIKE_ORDER) seconds[RZ_SR_KERNEL] = INFINITY;
}

int rz_sr_cheapest(const double seconds[RZ_SR_N_SOLVER]) {
  int best = 0;
  for (int i = 1; i < RZ_SR_N_SOLVER; i++)
    if (seconds[i] < seconds[best]) best = i;
  return best;
}
