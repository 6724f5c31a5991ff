/* Can a state of non-negative amplitudes be the ground state?
 *
 * Yes if every off-diagonal element is real and <= 0 (Perron and Frobenius). Otherwise the energy is minimised over
 * non-negative vectors of a sector small enough: accelerated projected gradient on the Rayleigh quotient, from several
 * starts since a local method may end in a local minimum; what it finds is an upper bound on the true minimum. */
#include "ed_rows.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_ITERATION = 20000 };

typedef struct cone {
  const rz_comm *comm;
  rz_ed_rows *rows;
  rz_range share;
  int width;                     /* doubles per amplitude in a product: 2 if H is complex */
  double top;                    /* upper bound of the spectrum */
  double *x, *last, *point, *hx; /* [share]; the kept energy's H x included */
  double *in, *out;              /* [share, width] */
} cone;

/* hx = Re(H) x and the Rayleigh quotient of a non-negative x, normalised first. */
static rz_err measure(cone *c, double *x, double *energy) {
  double sum[2] = {0.0, 0.0};
  for (int64_t i = 0; i < c->share.count; i++) sum[0] += x[i] * x[i];
  RZ_TRY(rz_sum(c->comm, 1, sum));
  RZ_CHECK(sum[0] > 0.0, RZ_ERR_NUM, "the projected iteration lost its vector");
  const double norm = 1.0 / sqrt(sum[0]);
  memset(c->in, 0, (size_t)(c->share.count * c->width) * sizeof *c->in);
  for (int64_t i = 0; i < c->share.count; i++) c->in[i * c->width] = x[i] *= norm;
  RZ_TRY(rz_ed_rows_apply(c->rows, c->in, 0.0, c->out));
  sum[0] = 0.0;
  for (int64_t i = 0; i < c->share.count; i++) {
    c->hx[i] = c->out[i * c->width];
    sum[0] += x[i] * c->hx[i];
  }
  RZ_TRY(rz_sum(c->comm, 1, sum));
  *energy = sum[0];
  return RZ_OK;
}

/* A bound above the spectrum: the largest row sum (Gershgorin) and a tenth of the width more, as a start may be the
 * very highest state. */
static rz_err bound_spectrum(cone *c, double e0) {
  c->top = -INFINITY;
  for (int64_t row = 0; row < c->share.count; row++) {
    int64_t n = 0;
    const int64_t *column = NULL;
    const double *value = NULL;
    rz_ed_rows_get(c->rows, row, &n, &column, &value);
    double sum = rz_ed_rows_diagonal(c->rows)[row];
    for (int64_t k = 0; k < n; k++) sum += c->width == 2 ? hypot(value[2 * k], value[2 * k + 1]) : fabs(value[k]);
    c->top = fmax(c->top, sum);
  }
  RZ_TRY(rz_max(c->comm, 1, &c->top));
  c->top += 0.1 * (c->top - e0);
  return RZ_OK;
}

/* Size of the gradient where it is free to move: the optimality condition of the cone. */
static rz_err optimality(const cone *c, const double *x, double energy, double *size) {
  double sum = 0.0;
  for (int64_t i = 0; i < c->share.count; i++) {
    const double g = c->hx[i] - energy * x[i];
    if (x[i] > 0.0 || g < 0.0) sum += g * g;
  }
  RZ_TRY(rz_sum(c->comm, 1, &sum));
  *size = sqrt(sum);
  return RZ_OK;
}

/* From c->x downhill: x = (p - (H p - E p) / (top - E))_+ from a point p extrapolated along the last step; the momentum
 * is dropped whenever the energy rises (B. O'Donoghue and E. Candes, Found. Comput. Math. 15, 715 (2015)). */
static rz_err descend(cone *c, double *energy) {
  const int64_t n = c->share.count;
  const size_t bytes = (size_t)n * sizeof *c->x;
  double e_point = 0.0, best = INFINITY, size = 0.0;
  int age = 0;
  RZ_TRY(measure(c, c->x, &best));
  memcpy(c->last, c->x, bytes);
  memcpy(c->point, c->x, bytes);
  for (int it = 0; it < MAX_ITERATION; it++) {
    RZ_TRY(measure(c, c->point, &e_point));
    if (e_point > best + 1e-13 * fabs(best) && age > 0) { /* extrapolated too far: step from x itself */
      memcpy(c->point, c->x, bytes);
      age = 0;
      continue;
    }
    if (it % 10 == 0 || age == 0) {
      RZ_TRY(optimality(c, c->point, e_point, &size));
      if (size <= 1e-7 * (c->top - e_point)) break;
    }
    const double step = 1.0 / (c->top - e_point);
    memcpy(c->last, c->x, bytes);
    for (int64_t i = 0; i < n; i++) c->x[i] = fmax(c->point[i] - step * (c->hx[i] - e_point * c->point[i]), 0.0);
    best = fmin(best, e_point);
    const double push = age / (age + 3.0);
    age++;
    for (int64_t i = 0; i < n; i++) c->point[i] = fmax(c->x[i] + push * (c->x[i] - c->last[i]), 0.0);
  }
  return measure(c, c->x, energy);
}

static rz_err minimise(cone *c, const rz_ed_result *ground, double *energy) {
  *energy = INFINITY;
  for (int start = 0; start < 3; start++) {
    double e = 0.0;
    for (int64_t i = 0; i < c->share.count; i++) {
      rz_rng rng = rz_rng_stream(1, RZ_RNG_SOLVER, (uint64_t)(c->share.first + i));
      c->x[i] = start == 0 ? cabs(ground->vector[i]) : start == 1 ? 1.0 : rz_rng_uniform(&rng);
    }
    RZ_TRY(descend(c, &e));
    *energy = fmin(*energy, e);
  }
  return RZ_OK;
}

static rz_err allocate(cone *c) {
  const int64_t n = c->share.count;
  RZ_TRY(RZ_NEW(n, &c->x));
  RZ_TRY(RZ_NEW(n, &c->last));
  RZ_TRY(RZ_NEW(n, &c->point));
  RZ_TRY(RZ_NEW(n, &c->hx));
  RZ_TRY(RZ_NEW(n * c->width, &c->in));
  return RZ_NEW(n * c->width, &c->out);
}

static void release(cone *c) {
  rz_free(&c->x);
  rz_free(&c->last);
  rz_free(&c->point);
  rz_free(&c->hx);
  rz_free(&c->in);
  rz_free(&c->out);
  rz_ed_rows_destroy(&c->rows);
}

static rz_ed_spec ground_spec(const rz_model *model) {
  return (rz_ed_spec){.op = model->h,
                      .lattice = model->lattice,
                      .fixed_sz = model->fixed_sz,
                      .n_up = model->n_up,
                      .n_levels = 1,
                      .solver = "auto",
                      .tol = 1e-11,
                      .with_vectors = true,
                      .seed = 1};
}

/* Are all elements within the sector real and <= 0, whatever they are outside it? */
static rz_err sector_is_negative(cone *c, bool *negative) {
  double worst = 0.0;
  for (int64_t row = 0; row < c->share.count; row++) {
    int64_t n = 0;
    const int64_t *column = NULL;
    const double *value = NULL;
    rz_ed_rows_get(c->rows, row, &n, &column, &value);
    for (int64_t k = 0; k < n; k++) {
      worst = fmax(worst, value[c->width * k]);
      if (c->width == 2) worst = fmax(worst, fabs(value[2 * k + 1]));
    }
  }
  RZ_TRY(rz_max(c->comm, 1, &worst));
  *negative = worst <= 0.0;
  return RZ_OK;
}

/* The best positive state of a model's sector: *ceiling its relative error, 0 if every element is <= 0 in the sector.
 */
static rz_err best_positive(const rz_model *model, const rz_comm *comm, bool *negative, double *ceiling) {
  const rz_ed_spec spec = ground_spec(model);
  cone c = {.comm = comm};
  rz_ed_result ground = {0};
  double energy = 0.0;
  rz_err rc = RZ_OK;
  RZ_TRY(rz_ed_rows_create(&spec, comm, &c.rows));
  c.share = rz_share(rz_ed_rows_basis(c.rows)->dim, comm->rank, comm->size);
  c.width = rz_ed_rows_is_complex(c.rows) ? 2 : 1;
  *ceiling = 0.0;
  RZ_TRY_DONE(rc, sector_is_negative(&c, negative));
  if (*negative) goto done;
  RZ_TRY_DONE(rc, rz_agree(comm, allocate(&c)));
  RZ_TRY_DONE(rc, rz_ed_solve(&spec, comm, &ground));
  RZ_TRY_DONE(rc, bound_spectrum(&c, ground.energy[0]));
  RZ_TRY_DONE(rc, minimise(&c, &ground, &energy));
  const double infinite = creal(rz_operator_trace_per_dim(model->h)), e0 = ground.energy[0];
  const double size = fabs(infinite - e0);
  *ceiling = size > 0.0 ? fmax(energy - e0, 0.0) / size : 0.0;
done:
  rz_ed_result_free(&ground);
  release(&c);
  return rc;
}

/* Found by rank 0 alone: small, and then the same on any number of ranks. */
static rz_err on_one_rank(const rz_model *model, const rz_comm *comm, bool *negative, double *ceiling) {
  rz_comm self;
  rz_err rc = rz_comm_wrap(MPI_COMM_SELF, &self);
  if (rc == RZ_OK && comm->rank == 0) rc = best_positive(model, &self, negative, ceiling);
  RZ_TRY(rz_agree(comm, rc));
  RZ_TRY(rz_bcast(comm, 0, sizeof *negative, negative));
  return rz_bcast(comm, 0, sizeof *ceiling, ceiling);
}

/* --- A rotation by a set of sites: one linear equation over two elements for each flip set --- */

/* Sign shared by every element of a flip set: -1, +1, or 0 if they differ or the set is too large to look at. */
static int common_sign(const rz_ed_operator *op, const rz_ed_set *set) {
  uint64_t support = 0;
  int sign = 0;
  for (int64_t k = 0; k < set->n_term; k++) support |= op->term[set->first + k].z;
  if (__builtin_popcountll(support) > 16) return 0;
  uint64_t state = 0;
  do { /* all subsets of the support */
    const double complex v = rz_ed_set_element(op, set, state);
    if (cimag(v) != 0.0) return 0;
    const int s = (creal(v) > 0.0) - (creal(v) < 0.0);
    if (s && sign && s != sign) return 0;
    if (s) sign = s;
    state = (state - support) & support;
  } while (state);
  return sign;
}

/* Sites A with |F and A| odd exactly for the sets of positive sign, by elimination; false if there is no such A. */
static bool find_rotation(const rz_ed_operator *op, uint64_t *sites) {
  uint64_t row[64] = {0};
  bool odd[64] = {false};
  for (int64_t k = 0; k < op->n_set; k++) {
    const int sign = common_sign(op, &op->set[k]);
    uint64_t mask = op->set[k].flip;
    bool right = sign > 0;
    if (sign == 0) return false;
    for (int i = op->n_site - 1; i >= 0 && mask; i--) {
      if (!(mask >> i & 1)) continue;
      if (row[i] == 0) {
        row[i] = mask;
        odd[i] = right;
        mask = 0;
        right = false;
      } else {
        mask ^= row[i];
        right ^= odd[i];
      }
    }
    if (right) return false; /* 0 = 1 */
  }
  *sites = 0;
  for (int i = 0; i < op->n_site; i++) /* row i has its highest site at i: lower sites are known */
    if (row[i] && (__builtin_popcountll(row[i] & *sites) % 2 == 1) != odd[i]) *sites |= (uint64_t)1 << i;
  return true;
}

/* A sentence for people about a rotation that would help; empty if there is none or the system is too large. */
static rz_err describe_rotation(const rz_model *model, char text[256]) {
  rz_ed_operator *op = NULL;
  uint64_t sites = 0;
  int at = 0;
  text[0] = '\0';
  if (rz_operator_n_site(model->h) > 62) return RZ_OK;
  RZ_TRY(rz_ed_operator_create(model->h, &op));
  if (find_rotation(op, &sites)) {
    at = snprintf(text, 256, " A sign rotation by the product of sz over the sites");
    for (int i = 0; i < op->n_site && at < 220; i++)
      if (sites >> i & 1) at += snprintf(text + at, 256 - (size_t)at, " %d", i);
    snprintf(text + at, 256 - (size_t)at, "%s makes them <= 0.", at < 220 ? "" : " ...");
  }
  rz_ed_operator_destroy(&op);
  return RZ_OK;
}

static rz_err conclude(const rz_model *model, const rz_model *on, bool negative, double ceiling,
                       rz_positive_report *out) {
  char rotation[256];
  out->n_site = rz_lattice_n_site(on->lattice);
  out->ceiling = ceiling;
  if (negative && on == model) {
    out->verdict = RZ_POSITIVE_PROVEN;
    snprintf(out->text, sizeof out->text, "every off-diagonal element of H is <= 0 within the sector");
    return RZ_OK;
  }
  RZ_TRY(describe_rotation(model, rotation));
  out->verdict = ceiling > 1e-3 ? RZ_POSITIVE_REFUTED : RZ_POSITIVE_UNKNOWN;
  snprintf(
      out->text, sizeof out->text,
      "H has positive or complex off-diagonal elements; on %d sites the best state of non-negative amplitudes misses "
      "the ground-state energy by %.1e relative.%s",
      out->n_site, ceiling, rotation);
  return RZ_OK;
}

static bool fits(const rz_model *m, int64_t max_dim) {
  const int n = rz_operator_n_site(m->h);
  return n <= 62 && rz_sector_dimension(n, m->fixed_sz, m->n_up) <= (double)max_dim;
}

rz_err rz_positive_check(const rz_model *model, const rz_model *small, int64_t max_dim, const rz_comm *comm,
                         rz_positive_report *out) {
  bool negative = false;
  *out = (rz_positive_report){.verdict = RZ_POSITIVE_PROVEN, .n_site = rz_lattice_n_site(model->lattice)};
  if (rz_operator_is_stoquastic(model->h)) {
    snprintf(out->text, sizeof out->text, "every off-diagonal element of H is <= 0");
    return RZ_OK;
  }
  const rz_model *const on = fits(model, max_dim) ? model : small && fits(small, max_dim) ? small : NULL;
  if (!on) {
    char rotation[256];
    RZ_TRY(describe_rotation(model, rotation));
    out->verdict = RZ_POSITIVE_UNKNOWN;
    out->ceiling = NAN;
    snprintf(
        out->text, sizeof out->text,
        "H has positive or complex off-diagonal elements, and its sector is too large to look for the best positive "
        "state.%s",
        rotation);
    return RZ_OK;
  }
  RZ_TRY(on_one_rank(on, comm, &negative, &out->ceiling));
  return conclude(model, on, negative, out->ceiling, out);
}
