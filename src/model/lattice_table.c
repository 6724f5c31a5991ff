/* Displacements, distances and shells of all pairs, from one table over cell differences; and the bonds. */
#include "lattice_impl.h"

#include "ritz/core/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NEAR 1e-8 /* equal lengths, in nearest-neighbour distances */

static int64_t width(const rz_lattice *l, int k) { return 2 * (int64_t)l->cells[k] - 1; }

static rz_relative *entry(const rz_lattice *l, int ba, int bb, int dx, int dy) {
  const int64_t row = ((int64_t)ba * l->n_basis + bb) * width(l, 1) + dy + l->cells[1] - 1;
  return &l->relative[row * width(l, 0) + dx + l->cells[0] - 1];
}

const rz_relative *rz_lattice_relative(const rz_lattice *l, int a, int b) {
  int ca[2], cb[2], ba, bb;
  rz_lattice_cell(l, a, ca, &ba);
  rz_lattice_cell(l, b, cb, &bb);
  return entry(l, ba, bb, cb[0] - ca[0], cb[1] - ca[1]);
}

static double dot(const double a[2], const double b[2]) { return a[0] * b[0] + a[1] * b[1]; }

/* Period vectors, reduced (Lagrange and Gauss) if there are two, so that the shortest image of a displacement lies
 * within one step of the rounded one however skew the cell is. Returns their number. */
static int periods(const rz_lattice *l, double t[2][2]) {
  int n = 0;
  for (int k = 0; k < 2; k++)
    if (l->wraps[k]) {
      t[n][0] = l->cells[k] * l->cell_vector[k][0];
      t[n][1] = l->cells[k] * l->cell_vector[k][1];
      n++;
    }
  while (n == 2) {
    if (dot(t[1], t[1]) < dot(t[0], t[0]))
      for (int k = 0; k < 2; k++) {
        const double swap = t[0][k];
        t[0][k] = t[1][k];
        t[1][k] = swap;
      }
    const double m = rint(dot(t[0], t[1]) / dot(t[0], t[0]));
    if (m == 0.0) break;
    for (int k = 0; k < 2; k++) t[1][k] -= m * t[0][k];
    if (dot(t[1], t[1]) >= dot(t[0], t[0]) * (1.0 - NEAR)) break;
  }
  return n;
}

/* Move d to the cell around zero. */
static void centre(int n, double t[2][2], double d[2]) {
  if (n == 0) return;
  double m[2] = {0, 0};
  if (n == 1) {
    m[0] = rint(dot(d, t[0]) / dot(t[0], t[0]));
  } else {
    const double det = t[0][0] * t[1][1] - t[0][1] * t[1][0];
    m[0] = rint((d[0] * t[1][1] - d[1] * t[1][0]) / det);
    m[1] = rint((t[0][0] * d[1] - t[0][1] * d[0]) / det);
  }
  for (int i = 0; i < n; i++)
    for (int k = 0; k < 2; k++) d[k] -= m[i] * t[i][k];
}

static int8_t axis_of(const rz_lattice *l, const double d[2], double length) {
  for (int k = 0; k < l->n_axis; k++)
    if (fabs(d[0] * l->axis[k][1] - d[1] * l->axis[k][0]) < NEAR * length) return (int8_t)k;
  return -1;
}

static bool better_axis(int8_t a, int8_t than) { return a >= 0 && (than < 0 || a < than); }

static void relate(const rz_lattice *l, int n, double t[2][2], const double difference[2], rz_relative *r) {
  double d0[2] = {difference[0], difference[1]};
  centre(n, t, d0);
  *r = (rz_relative){.distance = INFINITY, .axis = -1};
  const int reach0 = n > 0 ? 1 : 0, reach1 = n > 1 ? 1 : 0;
  for (int pass = 0; pass < 2; pass++) /* the least length first, then its displacements */
    for (int i = -reach0; i <= reach0; i++)
      for (int j = -reach1; j <= reach1; j++) {
        const double d[2] = {d0[0] + i * t[0][0] + j * t[1][0], d0[1] + i * t[0][1] + j * t[1][1]};
        const double length = sqrt(dot(d, d));
        if (pass == 0) {
          r->distance = fmin(r->distance, length);
          continue;
        }
        if (length > r->distance + NEAR) continue;
        const bool forward = d[1] > NEAR || (d[1] > -NEAR && d[0] > NEAR);
        const int8_t axis = axis_of(l, d, length);
        const bool first = r->d[0] == 0.0 && r->d[1] == 0.0;
        if (first || (forward && !r->forward) || (forward == r->forward && better_axis(axis, r->axis))) {
          memcpy(r->d, d, sizeof r->d);
          r->axis = axis;
        }
        r->forward |= forward;
      }
}

static int compare_double(const void *p, const void *q) {
  const double a = *(const double *)p, b = *(const double *)q;
  return (a > b) - (a < b);
}

/* Number the distinct distances. */
static rz_err number_shells(rz_lattice *l, int64_t n) {
  double *length;
  RZ_TRY(RZ_NEW(n, &length));
  for (int64_t k = 0; k < n; k++) length[k] = l->relative[k].distance;
  qsort(length, (size_t)n, sizeof *length, compare_double);
  int64_t m = 0; /* length[0] = 0 is a site itself */
  for (int64_t k = 1; k < n; k++)
    if (length[k] > length[m] + NEAR) length[++m] = length[k];
  l->n_shell = (int)m;
  for (int64_t k = 0; k < n; k++) {
    int64_t low = 0, high = m;
    while (low < high) {
      const int64_t mid = (low + high + 1) / 2;
      if (length[mid] <= l->relative[k].distance + NEAR)
        low = mid;
      else
        high = mid - 1;
    }
    l->relative[k].shell = (int32_t)low - 1;
  }
  rz_free(&length);
  return RZ_OK;
}

rz_err rz_lattice_tabulate(rz_lattice *l) {
  double t[2][2] = {{0}};
  const int n_period = periods(l, t);
  const int64_t n = (int64_t)l->n_basis * l->n_basis * width(l, 0) * width(l, 1);
  RZ_TRY(RZ_NEW(n, &l->relative));
  for (int ba = 0; ba < l->n_basis; ba++)
    for (int bb = 0; bb < l->n_basis; bb++)
      for (int dy = 1 - l->cells[1]; dy < l->cells[1]; dy++)
        for (int dx = 1 - l->cells[0]; dx < l->cells[0]; dx++) {
          double d[2];
          for (int k = 0; k < 2; k++)
            d[k] = l->basis[bb][k] - l->basis[ba][k] + dx * l->cell_vector[0][k] + dy * l->cell_vector[1][k];
          relate(l, n_period, t, d, entry(l, ba, bb, dx, dy));
        }
  RZ_TRY(number_shells(l, n));
  return RZ_OK;
}

/* One step of a shell from a basis site. */
typedef struct step {
  int dx, dy, bb;
  const rz_relative *r;
} step;

static int compare_steps(const void *p, const void *q) {
  const step *a = p, *b = q;
  const int ia = a->r->axis < 0 ? RZ_MAX_AXIS : a->r->axis, ib = b->r->axis < 0 ? RZ_MAX_AXIS : b->r->axis;
  if (ia != ib) return ia - ib;
  const double ta = atan2(a->r->d[1], a->r->d[0]), tb = atan2(b->r->d[1], b->r->d[0]);
  if (fabs(ta - tb) > NEAR) return ta < tb ? -1 : 1;
  if (a->bb != b->bb) return a->bb - b->bb;
  return a->dy != b->dy ? a->dy - b->dy : a->dx - b->dx;
}

/* The forward steps of a shell from basis site ba, in order of direction. */
static int64_t list_steps(const rz_lattice *l, int shell, int ba, step *out) {
  int64_t n = 0;
  for (int bb = 0; bb < l->n_basis; bb++)
    for (int dy = 1 - l->cells[1]; dy < l->cells[1]; dy++)
      for (int dx = 1 - l->cells[0]; dx < l->cells[0]; dx++) {
        const rz_relative *r = entry(l, ba, bb, dx, dy);
        if (r->shell != shell || !r->forward) continue;
        if (out) out[n] = (step){dx, dy, bb, r};
        n++;
      }
  if (out) qsort(out, (size_t)n, sizeof *out, compare_steps);
  return n;
}

/* Bonds of one shell; out NULL counts. When shortest displacements point both ways, the lower site starts. */
static int64_t list_bonds(const rz_lattice *l, int shell, const step *steps, const int64_t *first, rz_bond *out) {
  int64_t n = 0;
  for (int a = 0; a < l->n_site; a++) {
    int cell[2], ba;
    rz_lattice_cell(l, a, cell, &ba);
    for (int64_t k = first[ba]; k < first[ba + 1]; k++) {
      const int x = cell[0] + steps[k].dx, y = cell[1] + steps[k].dy;
      if (x < 0 || x >= l->cells[0] || y < 0 || y >= l->cells[1]) continue;
      const int b = steps[k].bb + l->n_basis * (x + l->cells[0] * y);
      if (b < a && rz_lattice_relative(l, b, a)->forward) continue;
      if (out)
        out[n] = (rz_bond){
            .a = a < b ? a : b, .b = a < b ? b : a, .shell = shell, .axis = steps[k].r->axis, .reversed = b < a};
      n++;
    }
  }
  return n;
}

static rz_err bonds_of_shell(const rz_lattice *l, int shell, rz_bond **out, int64_t *n) {
  step *steps = NULL;
  int64_t *first = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW0(l->n_basis + 1, &first));
  for (int ba = 0; ba < l->n_basis; ba++) first[ba + 1] = first[ba] + list_steps(l, shell, ba, NULL);
  RZ_TRY_DONE(rc, RZ_NEW(first[l->n_basis], &steps));
  for (int ba = 0; ba < l->n_basis; ba++) list_steps(l, shell, ba, steps + first[ba]);
  *n = list_bonds(l, shell, steps, first, NULL);
  RZ_TRY_DONE(rc, RZ_NEW(*n, out));
  list_bonds(l, shell, steps, first, *out);
done:
  rz_free(&first);
  rz_free(&steps);
  return rc;
}

static rz_err make_bonds(rz_lattice *l, int n_shell) {
  if (l->graph) {
    int64_t n = 0;
    while (n < l->n_edge && l->edge[n].shell < n_shell) n++;
    RZ_TRY(RZ_NEW(n, &l->bonds[n_shell]));
    memcpy(l->bonds[n_shell], l->edge, (size_t)n * sizeof *l->edge);
    l->n_bonds[n_shell] = n;
    return RZ_OK;
  }
  rz_bond *all = NULL, *shell = NULL, *longer = NULL;
  int64_t n = 0, n_shell_bonds = 0;
  rz_err rc = RZ_OK;
  for (int s = 0; s < n_shell; s++) {
    RZ_TRY_DONE(rc, bonds_of_shell(l, s, &shell, &n_shell_bonds));
    RZ_TRY_DONE(rc, RZ_NEW(n + n_shell_bonds, &longer));
    if (n) memcpy(longer, all, (size_t)n * sizeof *all);
    memcpy(longer + n, shell, (size_t)n_shell_bonds * sizeof *shell);
    n += n_shell_bonds;
    rz_free(&all);
    rz_free(&shell);
    all = longer;
  }
  l->bonds[n_shell] = all;
  l->n_bonds[n_shell] = n;
  return RZ_OK;
done:
  rz_free(&all);
  rz_free(&shell);
  return rc;
}

rz_err rz_lattice_bonds(rz_lattice *l, int n_shell, const rz_bond **bonds, int64_t *n) {
  RZ_CHECK(n_shell >= 0 && n_shell <= l->n_shell, RZ_ERR_ARG, "%d neighbour shells asked for; the lattice has %d",
           n_shell, l->n_shell);
  if (!l->bonds[n_shell]) RZ_TRY(n_shell ? make_bonds(l, n_shell) : RZ_NEW(0, &l->bonds[0]));
  *bonds = l->bonds[n_shell];
  *n = l->n_bonds[n_shell];
  return RZ_OK;
}
