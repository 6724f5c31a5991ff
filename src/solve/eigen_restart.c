/* Several levels by Lanczos with thick restarts (K. Wu and H. Simon, SIAM J. Matrix Anal. Appl. 22, 602 (2000)): when
 * the basis is full it is turned to its Ritz vectors and the lowest are kept. Every new vector is orthogonalised
 * against the whole basis and the vectors found before, in complex arithmetic if the problem is paired; the matrix of
 * the projected operator is real in either case. */
#include "eigen_lanczos.h"
#include "ritz/core/memory.h"
#include "ritz/linalg/blas.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { EXAMINE_EVERY = 4, RESTART_DRAW = 2000, TURN_ROWS = 256 };

struct rz_lanczos_basis {
  const rz_eigen_problem *p;
  rz_eigen_search *search; /* of the run in progress */
  int room;                /* vectors at most, one more for what comes next */
  int n;                   /* so far; the vector behind them is the next, times 1 */
  int n_kept;              /* of them from before the last restart */
  int n_random;            /* random vectors drawn by this run */
  double *vector;          /* [room + 1, rows] */
  const double **column;   /* [n_wanted + room + 1]: vectors to be orthogonal to */
  double *t;               /* the projected operator: its upper triangle, packed by columns */
  double *packed;          /* a copy to work on */
  double *s, *value;       /* its eigenvectors [room, room] and values */
  double next;             /* element of T to the next vector: 0 if it was drawn anew */
  double *sums, *c;        /* room for rz_eigen_project; its coefficients */
  double *turned;          /* [room, TURN_ROWS] */
};

int64_t rz_lanczos_n_basis(int64_t n, int n_wanted) {
  const int64_t spare = n <= 100000 ? 40 : 18, krylov = 2 * (int64_t)n_wanted + spare;
  return (krylov < n ? krylov : n) + 1;
}

static int64_t n_packed(int64_t n) { return n * (n + 1) / 2; }

/* Element of T, i <= j. */
static double *t_at(rz_lanczos_basis *b, int64_t i, int64_t j) { return b->t + n_packed(j) + i; }

static double *vector_at(const rz_lanczos_basis *b, int k) { return b->vector + k * b->p->rows.count; }

/* Orthogonalise w against the kept pairs and the first n vectors of the basis; coefficients of the latter in b->c. */
static rz_err orthogonalise(rz_lanczos_basis *b, int n, double *w, double *norm) {
  const rz_eigen_search *const s = b->search;
  int n_column = 0;
  for (int k = 0; k < n; k++) b->column[n_column++] = vector_at(b, k);
  for (int k = 0; k < s->n; k++) b->column[n_column++] = s->vector + k * b->p->rows.count;
  return rz_eigen_project(b->p, n_column, b->column, w, b->sums, b->c, norm);
}

/* A new random direction as vector n: for the start, and where the space is closed under A. */
static rz_err draw_vector(rz_lanczos_basis *b, int draw) {
  double *const x = vector_at(b, b->n);
  double norm = 0.0;
  rz_eigen_fill_random(b->p, draw, x);
  for (int pass = 0; pass < 2; pass++) { /* little may be left of it at first */
    RZ_TRY(orthogonalise(b, b->n, x, &norm));
    RZ_CHECK(norm > 0.0, RZ_ERR_NUM, "a random vector lies in the space that was searched");
    rz_eigen_scale(b->p->rows.count, 1.0 / norm, x);
  }
  b->next = 0.0;
  return RZ_OK;
}

/* Take the next vector into the basis and make the one behind it; `last` if there is no further dimension. */
static rz_err extend(rz_lanczos_basis *b, int draw, bool last) {
  const int j = b->n;
  double *const w = vector_at(b, j + 1);
  double norm = 0.0;
  if (j > b->n_kept) *t_at(b, j - 1, j) = b->next; /* restart has set the row of n_kept */
  RZ_TRY(rz_eigen_apply(b->p, vector_at(b, j), w, b->search->r));
  RZ_TRY(orthogonalise(b, j + 1, w, &norm));
  *t_at(b, j, j) = b->c[2 * (int64_t)j];
  b->n++;
  b->next = norm;
  if (norm > 100 * DBL_EPSILON * b->search->scale) {
    rz_eigen_scale(b->p->rows.count, 1.0 / norm, w);
    return RZ_OK;
  }
  b->next = 0.0;
  return last ? RZ_OK : draw_vector(b, draw + RESTART_DRAW * ++b->n_random);
}

/* Levels of T and the number of the lowest, nev at most, that have converged. */
static rz_err examine(rz_lanczos_basis *b, int nev, int *n_converged) {
  const lapack_int n = b->n, room = b->room;
  memcpy(b->packed, b->t, (size_t)n_packed(b->n) * sizeof *b->packed);
  RZ_LAPACK(LAPACKE_dspevd(LAPACK_COL_MAJOR, 'V', 'U', n, b->packed, b->value, b->s, room));
  *n_converged = 0;
  for (int k = 0; k < nev && k < b->n; k++) {
    const double residual = b->next * fabs(b->s[k * (int64_t)room + b->n - 1]);
    if (residual > b->p->tol * fmax(fabs(b->value[k]), b->search->scale)) break;
    ++*n_converged;
  }
  return RZ_OK;
}

/* The first `keep` vectors become the lowest Ritz vectors: V S in place, some rows at a time. */
static void turn(rz_lanczos_basis *b, int keep) {
  const int64_t n_row = b->p->rows.count;
  for (int64_t at = 0; at < n_row; at += TURN_ROWS) {
    const int64_t rows = at + TURN_ROWS < n_row ? TURN_ROWS : n_row - at;
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, (int)rows, keep, b->n, 1.0, b->vector + at, (int)n_row, b->s,
                b->room, 0.0, b->turned, TURN_ROWS);
    for (int k = 0; k < keep; k++)
      memcpy(vector_at(b, k) + at, b->turned + k * (int64_t)TURN_ROWS, (size_t)rows * sizeof *b->turned);
  }
}

/* T of the kept vectors is diagonal, with one row of couplings to the next vector. */
static void restart(rz_lanczos_basis *b, int keep) {
  const int last = b->n - 1;
  turn(b, keep);
  memcpy(vector_at(b, keep), vector_at(b, b->n), (size_t)b->p->rows.count * sizeof *b->vector);
  memset(b->t, 0, (size_t)n_packed(b->room) * sizeof *b->t);
  for (int k = 0; k < keep; k++) {
    *t_at(b, k, k) = b->value[k];
    *t_at(b, k, keep) = b->next * b->s[k * (int64_t)b->room + last];
  }
  b->n = b->n_kept = keep;
}

/* Hand the converged Ritz vectors to the search. */
static rz_err deliver(rz_lanczos_basis *b, int n) {
  turn(b, n);
  for (int k = 0; k < n; k++) {
    memcpy(b->search->work, vector_at(b, k), (size_t)b->p->rows.count * sizeof *b->vector);
    RZ_TRY(rz_eigen_keep(b->search, b->value[k]));
  }
  return RZ_OK;
}

rz_err rz_lanczos_restart(void *ctx, rz_eigen_search *search, int nev, int draw) {
  rz_lanczos_basis *const b = ctx;
  const rz_eigen_problem *const p = b->p;
  const int64_t left = (p->paired ? p->n / 2 : p->n) - search->n;
  const int room = left < b->room ? (int)left : b->room, limit = p->max_products > 0 ? p->max_products : 20000;
  b->search = search;
  b->n = b->n_kept = b->n_random = 0;
  memset(b->t, 0, (size_t)n_packed(b->room) * sizeof *b->t);
  RZ_TRY(draw_vector(b, draw));
  for (;;) {
    int n_converged = 0;
    RZ_TRY(extend(b, draw, b->n + 1 == left));
    const bool full = b->n == room;
    if (!full && b->n % EXAMINE_EVERY > 0) continue;
    RZ_TRY(examine(b, nev, &n_converged));
    if (n_converged == nev || b->n == left) return deliver(b, n_converged);
    RZ_CHECK(search->r->n_products < limit, RZ_ERR_NUM,
             "%d of %d levels converged to %.1e within %d products: raise the limit or the tolerance", n_converged, nev,
             p->tol, search->r->n_products);
    if (full) restart(b, nev + (room - nev) / 2);
  }
}

rz_err rz_lanczos_basis_create(const rz_eigen_problem *p, rz_lanczos_basis **out) {
  int rows = 0;
  rz_err rc = RZ_NEW0(1, out);
  RZ_TRY_DONE(rc, rz_agree(p->comm, rc));
  rz_lanczos_basis *const b = *out;
  RZ_TRY_DONE(rc, rz_int(rz_lanczos_n_basis(p->n, p->n_wanted) - 1, &b->room));
  RZ_TRY_DONE(rc, rz_agree(p->comm, rz_int(p->rows.count, &rows))); /* for BLAS */
  b->p = p;
  const int64_t room = b->room, n_column = room + 1 + p->n_wanted;
  rc = RZ_NEW(n_column, &b->column);
  if (rc == RZ_OK) rc = RZ_NEW(n_packed(room), &b->t);
  if (rc == RZ_OK) rc = RZ_NEW(n_packed(room), &b->packed);
  if (rc == RZ_OK) rc = RZ_NEW(room * room, &b->s);
  if (rc == RZ_OK) rc = RZ_NEW(room, &b->value);
  if (rc == RZ_OK) rc = RZ_NEW(6 * n_column + 3, &b->sums);
  if (rc == RZ_OK) rc = RZ_NEW(2 * n_column, &b->c);
  if (rc == RZ_OK) rc = RZ_NEW(room * TURN_ROWS, &b->turned);
  RZ_TRY_DONE(rc, rz_agree(p->comm, rc));
  RZ_TRY_DONE(rc, rz_eigen_vectors_create(p, room + 1, &b->vector));
  return RZ_OK;
done:
  rz_lanczos_basis_destroy(out);
  return rc;
}

void rz_lanczos_basis_destroy(rz_lanczos_basis **basis) {
  rz_lanczos_basis *const b = *basis;
  if (!b) return;
  if (b->p) rz_eigen_vectors_destroy(b->p, &b->vector);
  rz_free(&b->column);
  rz_free(&b->t);
  rz_free(&b->packed);
  rz_free(&b->s);
  rz_free(&b->value);
  rz_free(&b->sums);
  rz_free(&b->c);
  rz_free(&b->turned);
  rz_free(basis);
}
