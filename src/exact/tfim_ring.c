#include "tfim_ring.h"

#include "ritz/core/math.h"
#include "ritz/exact/free_fermion.h"

#include <float.h>
#include <math.h>

tfim_mode tfim_mode_at(int n, double j, double h, int parity, int m) {
  /* q in 0 ... 2 n - 1; the partner of q is 2 n - q */
  const int q = 2 * m + (parity > 0);
  /* sin(k/2) and cos(k/2) of the angle folded into 0 ... pi, exact at both ends */
  const int folded = q <= n ? q : 2 * n - q;
  const double s = sin(0.5 * RZ_PI * folded / n), c = sin(0.5 * RZ_PI * (n - folded) / n);
  tfim_mode mode = {.self = folded == 0 || folded == n};
  /* h - j cos k without cancellation where h and j are close, from the nearer end */
  mode.xi = j * h >= 0.0 ? 2.0 * ((h - j) + 2.0 * j * s * s) : 2.0 * ((h + j) - 2.0 * j * c * c);
  mode.delta = mode.self ? 0.0 : 4.0 * j * s * c * (q <= n ? 1.0 : -1.0);
  mode.energy = mode.self
                    ? fabs(mode.xi)
                    : 2.0 * (j * h >= 0.0 ? hypot(h - j, 2.0 * sqrt(j * h) * s) : hypot(h + j, 2.0 * sqrt(-j * h) * c));
  return mode;
}

/* Neumaier's compensated sum. */
static void add(double *sum, double *lost, double x) {
  const double t = *sum + x;
  *lost += fabs(*sum) >= fabs(x) ? (*sum - t) + x : (x - t) + *sum;
  *sum = t;
}

static void note_cost(tfim_sector *s, int m, const tfim_mode *mode) {
  double c = mode->energy;
  /* rounding must not hide a tie with k = 0 or pi: such a mode counts as the cheapest */
  const int first = mode->self ? c <= s->cost[0] : c < s->cost[0];
  if (first) s->cheapest = m;
  for (int i = 0; i < 2; ++i) {
    if (c >= s->cost[i]) continue;
    const double next = s->cost[i];
    s->cost[i] = c;
    c = next;
  }
}

tfim_sector tfim_sector_of(int n, double j, double h, int parity) {
  tfim_sector s = {.cost = {INFINITY, INFINITY}};
  double sum = 0.0, lost = 0.0;
  int n_occupied = 0;
  for (int m = 0; m < n; ++m) {
    const tfim_mode mode = tfim_mode_at(n, j, h, parity, m);
    add(&sum, &lost, mode.energy);
    /* pairs (k, -k) hold an even number of fermions in their lowest state */
    n_occupied += mode.self && mode.xi < 0.0;
    note_cost(&s, m, &mode);
  }
  s.vacuum = -0.5 * (sum + lost);
  s.n_excited = (n_occupied % 2 == 0) != (parity > 0);
  return s;
}

/* The two lowest levels: an even number of quasi-particles above the vacuum, or an odd one. */
static void sector_levels(const tfim_sector *s, double *levels) {
  levels[0] = s->vacuum + (s->n_excited ? s->cost[0] : 0.0);
  levels[1] = s->vacuum + (s->n_excited ? s->cost[1] : s->cost[0] + s->cost[1]);
}

/* For j, h >= 0 the lowest levels of the sectors differ by max(0, 2 (h - j)) plus the difference of two trapezoidal
 * sums of one periodic function. With l = min/max of j and h, Poisson's formula turns it into
 *   (4 n max / pi) l^n int_0^1 t^(n - 3/2) sqrt((1 - t)(1 - l^2 t)) / (1 - (l t)^(2n)) dt,
 * positive, so that a gap of 1e-300 keeps its digits. Double-exponential quadrature of t = 1/(1 + exp(-pi sinh u)). */
static double sector_splitting(int n, double j, double h) {
  const double big = fmax(j, h), small = fmin(j, h);
  if (!(small > 0.0)) return 2.0 * (big - j);
  const double l = small / big, one_minus_l = (big - small) / big, log_l = log1p(-one_minus_l);
  const double du = 1.0 / 64.0;
  double sum = 0.0, lost = 0.0;
  for (int i = -4 * 64; i <= 4 * 64; ++i) {
    const double u = i * du, e = RZ_PI * sinh(u);
    /* log t and 1 - t, each without cancellation; dt = t (1 - t) pi cosh(u) du */
    const double log_t = e > 0.0 ? -log1p(exp(-e)) : e - log1p(exp(e));
    const double rest = e > 0.0 ? exp(-e) / (1.0 + exp(-e)) : 1.0 / (1.0 + exp(e));
    /* 1 - l^2 t = (1 - l)(1 + l) + l^2 (1 - t) */
    const double root = sqrt(rest * (one_minus_l * (1.0 + l) + l * l * rest));
    const double below = -expm1(2.0 * n * (log_l + log_t));
    if (below > 0.0) add(&sum, &lost, exp((n - 0.5) * log_t) * root / below * rest * RZ_PI * cosh(u));
  }
  return fmax(0.0, 2.0 * (h - j)) + 4.0 * n * big / RZ_PI * exp(n * log_l) * (sum + lost) * du;
}

rz_err rz_tfim_ring_levels(int n, double j, double h, rz_tfim_levels *out) {
  RZ_CHECK(out != NULL, RZ_ERR_ARG, "out must not be NULL");
  RZ_CHECK(n >= 2, RZ_ERR_ARG, "n = %d must be >= 2", n);
  RZ_CHECK(isfinite(j) && isfinite(h), RZ_ERR_ARG, "j = %g and h = %g must be finite", j, h);
  const tfim_sector even = tfim_sector_of(n, j, h, +1), odd = tfim_sector_of(n, j, h, -1);
  sector_levels(&even, out->even);
  sector_levels(&odd, out->odd);
  if (j >= 0.0 || n % 2 == 0) {
    /* A rotation of all spins takes h to -h and P to (-1)^n P; one of every second spin takes j to -j on even rings.
     * So the ground state is that of |j|, |h|, in P = +1 or (-1)^n, and the next level is in the other sector. */
    out->parity = h < 0.0 && n % 2 != 0 ? -1 : +1;
    out->gap = sector_splitting(n, fabs(j), fabs(h));
    if (out->gap == 0.0) out->parity = +1;
  } else {
    const double scale = 16.0 * DBL_EPSILON * (fabs(j) + fabs(h)) * n;
    out->parity = out->even[0] <= out->odd[0] + scale ? +1 : -1;
    const double *const low = out->parity > 0 ? out->even : out->odd, *const other =
                                                                          out->parity > 0 ? out->odd : out->even;
    out->gap = fmax(0.0, fmin(low[1], other[0]) - low[0]);
  }
  out->e0 = out->parity > 0 ? out->even[0] : out->odd[0];
  return RZ_OK;
}
