#include "ritz/learn/least_squares.h"

#include "ritz/core/memory.h"
#include "ritz/linalg/blas.h"
#include "triangle.h"
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* The rows of blocks first .. first + 2^level - 1, as far as there are any. */
typedef struct node {
  int64_t first;
  int level;
  rz_triangle rows;
} node;

enum { MAX_NODE = 2 * 64, MAX_PARAM = 32000 }; /* of a consecutive range: two of each level */

struct rz_least_squares {
  const rz_comm *comm;
  int64_t n_param, n_row;
  int64_t *first; /* [size + 1] first block of each rank; their number */
  int64_t next;   /* the block to come */
  int n_node;
  node list[MAX_NODE]; /* of this rank, by first */
  rz_triangle spare;   /* where another rank's rows arrive */
};

static int64_t n_block_of_all(const rz_least_squares *s) { return s->first[s->comm->size]; }

rz_err rz_least_squares_create(const rz_comm *comm, int64_t n_param, int64_t n_block, rz_least_squares **out) {
  rz_least_squares *s = NULL;
  rz_err rc;
  *out = NULL;
  RZ_CHECK(n_param >= 1 && n_param <= MAX_PARAM && n_block >= 0, RZ_ERR_ARG,
           "least squares of %lld parameters (1 to %d), %lld blocks", (long long)n_param, MAX_PARAM,
           (long long)n_block);
  rc = RZ_NEW0(1, &s);
  if (rc == RZ_OK) rc = RZ_NEW0(comm->size + 1, &s->first);
  if (rc == RZ_OK) rc = rz_triangle_create((int)n_param + 1, &s->spare);
  RZ_TRY_DONE(rc, rz_agree(comm, rc));
  s->comm = comm;
  s->n_param = n_param;
  RZ_TRY_DONE(rc, rz_allgather(comm, 1, sizeof n_block, &n_block, s->first + 1));
  for (int q = 0; q < comm->size; q++) s->first[q + 1] += s->first[q];
  s->next = s->first[comm->rank];
  *out = s;
  s = NULL;
done:
  rz_least_squares_destroy(&s);
  return rc;
}

static void drop_last(rz_least_squares *s) { rz_triangle_destroy(&s->list[--s->n_node].rows); }

/* Ready for new blocks. */
static void clear(rz_least_squares *s) {
  while (s->n_node > 0) drop_last(s);
  s->next = s->first[s->comm->rank];
  s->n_row = 0;
}

void rz_least_squares_destroy(rz_least_squares **sp) {
  rz_least_squares *s = *sp;
  if (!s) return;
  while (s->n_node > 0) drop_last(s);
  rz_triangle_destroy(&s->spare);
  rz_free(&s->first);
  rz_free(sp);
}

/* Merge the last two nodes of the list as long as they are the halves of one. */
static rz_err merge_halves(rz_least_squares *s) {
  while (s->n_node >= 2) {
    node *a = &s->list[s->n_node - 2], *b = a + 1;
    if (a->level != b->level || (a->first >> a->level) % 2 != 0) return RZ_OK;
    RZ_TRY(rz_triangle_merge(&a->rows, &b->rows));
    a->level++;
    drop_last(s);
  }
  return RZ_OK;
}

static rz_err check_finite(int64_t n_row, int64_t n, const double *x, const char *what) {
  for (int64_t i = 0; i < n_row; i++)
    for (int64_t k = 0; k < n; k++)
      RZ_CHECK(isfinite(x[i * n + k]), RZ_ERR_NUM, "%s of row %lld, column %lld of a least-squares problem is %g", what,
               (long long)i + 1, (long long)k + 1, x[i * n + k]);
  return RZ_OK;
}

rz_err rz_least_squares_add(rz_least_squares *s, int64_t n_row, const double *a, const double *b) {
  RZ_CHECK(n_row >= 0 && s->next < s->first[s->comm->rank + 1], RZ_ERR_ARG, "%lld rows, %lld blocks to come",
           (long long)n_row, (long long)(s->first[s->comm->rank + 1] - s->next));
  RZ_TRY(check_finite(n_row, s->n_param, a, "the matrix"));
  RZ_TRY(check_finite(n_row, 1, b, "the right-hand side"));
  node *leaf = &s->list[s->n_node];
  *leaf = (node){.first = s->next, .level = 0};
  RZ_TRY(rz_triangle_create((int)s->n_param + 1, &leaf->rows));
  s->n_node++;
  RZ_TRY(rz_triangle_load(&leaf->rows, n_row, a, b));
  s->next++;
  s->n_row += n_row;
  return merge_halves(s);
}

static int owner(const rz_least_squares *s, int64_t block) {
  int q = 0;
  while (s->first[q + 1] <= block) q++;
  return q;
}

/* A node belongs to the owner of its first block. Rows go as they lie; a message of their number goes ahead. */
static rz_err send_first(rz_least_squares *s, int to) {
  const rz_triangle *t = &s->list[0].rows;
  const int head[2] = {t->n_row, t->is_upper};
  int n;
  RZ_TRY(rz_int((int64_t)t->n_column * t->n_column, &n));
  RZ_MPI(MPI_Send(head, 2, MPI_INT, to, 0, s->comm->mpi));
  RZ_MPI(MPI_Send(t->r, n, MPI_DOUBLE, to, 0, s->comm->mpi));
  rz_comm_count(s->comm, RZ_EXCHANGE, (int64_t)n * (int64_t)sizeof(double));
  rz_triangle_destroy(&s->list[0].rows);
  memmove(&s->list[0], &s->list[1], sizeof(node) * (size_t)--s->n_node);
  return RZ_OK;
}

static rz_err receive(rz_least_squares *s, int from) {
  rz_triangle *t = &s->spare;
  int head[2], n;
  RZ_TRY(rz_int((int64_t)t->n_column * t->n_column, &n));
  RZ_MPI(MPI_Recv(head, 2, MPI_INT, from, 0, s->comm->mpi, MPI_STATUS_IGNORE));
  RZ_MPI(MPI_Recv(t->r, n, MPI_DOUBLE, from, 0, s->comm->mpi, MPI_STATUS_IGNORE));
  t->n_row = head[0];
  t->is_upper = head[1];
  return RZ_OK;
}

/* One level of the tree over all ranks: the halves of a node that lie on two ranks meet where the first one is. A
 * failed merge is told in merged and all messages are still sent. */
static rz_err climb(rz_least_squares *s, int level, rz_err *merged) {
  const node *head = &s->list[0];
  const int64_t width = (int64_t)1 << level;
  if (s->n_node > 0 && head->level == level && (head->first >> level) % 2 != 0)
    RZ_TRY(send_first(s, owner(s, head->first - width)));
  if (s->n_node == 0) return RZ_OK;
  node *last = &s->list[s->n_node - 1];
  if (last->level != level || (last->first >> level) % 2 != 0) return RZ_OK;
  if (last->first + width < n_block_of_all(s)) {
    RZ_TRY(receive(s, owner(s, last->first + width)));
    if (*merged == RZ_OK) *merged = rz_triangle_merge(&last->rows, &s->spare);
  }
  last->level++;
  if (*merged == RZ_OK) *merged = merge_halves(s);
  return RZ_OK;
}

/* Least squares of the upper triangle [R b; 0 rho] by singular values of R, its columns scaled to length 1. */
static rz_err solve_triangle(const rz_triangle *t, double rcond, double ridge, double *theta,
                             rz_least_squares_info *info) {
  const int n = t->n_column - 1, ld = t->n_column;
  double *a = NULL, *b = NULL, *scale = NULL, *singular = NULL;
  lapack_int rank = 0;
  rz_err rc;
  RZ_TRY_DONE(rc, RZ_NEW((int64_t)n * n, &a));
  RZ_TRY_DONE(rc, RZ_NEW(n, &b));
  RZ_TRY_DONE(rc, RZ_NEW(n, &scale));
  RZ_TRY_DONE(rc, RZ_NEW(n, &singular));
  for (int k = 0; k < n; k++) {
    const double length = cblas_dnrm2(n, t->r + (int64_t)k * ld, 1);
    scale[k] = length > 0.0 ? length : 1.0;
    for (int i = 0; i < n; i++) a[(int64_t)k * n + i] = t->r[(int64_t)k * ld + i] / scale[k];
  }
  memcpy(b, t->r + (int64_t)n * ld, sizeof(double) * (size_t)n);
  const lapack_int failed = LAPACKE_dgelsd(LAPACK_COL_MAJOR, n, n, 1, a, n, b, n, singular, rcond, &rank);
  RZ_CHECK_DONE(rc, failed == 0, RZ_ERR_NUM, "singular values of a least-squares problem: info = %d", (int)failed);
  for (int k = 0; k < n; k++) theta[k] = b[k] / scale[k];

  memcpy(b, theta, sizeof(double) * (size_t)n);
  cblas_dtrmv(CblasColMajor, CblasUpper, CblasNoTrans, CblasNonUnit, n, t->r, ld, b, 1);
  cblas_daxpy(n, -1.0, t->r + (int64_t)n * ld, 1, b, 1);
  const double rho = t->r[(int64_t)n * ld + n], all = cblas_ddot(n, b, 1, b, 1) + rho * rho;
  info->residual = fmax(0.0, all - ridge * cblas_ddot(n, theta, 1, theta, 1));
  info->rank = rank;
  info->condition = singular[0] / singular[n - 1];
done:
  rz_free(&a);
  rz_free(&b);
  rz_free(&scale);
  rz_free(&singular);
  return rc;
}

/* sqrt(ridge) times the identity, as further rows. */
static rz_err add_ridge(rz_least_squares *s, rz_triangle *t, double ridge) {
  const int64_t n = t->n_column;
  if (ridge == 0.0) return RZ_OK;
  memset(s->spare.r, 0, sizeof(double) * (size_t)(n * n));
  for (int64_t k = 0; k < n - 1; k++) s->spare.r[k * n + k] = sqrt(ridge);
  s->spare.n_row = (int)n;
  s->spare.is_upper = true;
  return rz_triangle_merge(t, &s->spare);
}

static rz_err finish(rz_least_squares *s, double rcond, double ridge, double *theta, rz_least_squares_info *info) {
  rz_triangle *t = &s->list[0].rows;
  RZ_TRY(rz_triangle_complete(t));
  RZ_TRY(add_ridge(s, t, ridge));
  return solve_triangle(t, rcond, ridge, theta, info);
}

static rz_err check_ready(const rz_least_squares *s, double rcond, double ridge) {
  RZ_CHECK(s->next == s->first[s->comm->rank + 1], RZ_ERR_ARG, "%lld blocks of rows are missing",
           (long long)(s->first[s->comm->rank + 1] - s->next));
  RZ_CHECK(n_block_of_all(s) > 0, RZ_ERR_ARG, "least squares without rows");
  RZ_CHECK(rcond >= 0.0 && rcond < 1.0 && ridge >= 0.0 && isfinite(ridge), RZ_ERR_ARG, "rcond = %g, ridge = %g", rcond,
           ridge);
  return RZ_OK;
}

rz_err rz_least_squares_solve(rz_least_squares *s, rz_err rc, double rcond, double ridge, double *theta,
                              rz_least_squares_info *info) {
  const rz_comm *comm = s->comm;
  rz_least_squares_info found = {0};
  rz_err merged = RZ_OK;
  int64_t n_row = s->n_row;
  if (rc == RZ_OK) rc = check_ready(s, rcond, ridge);
  RZ_TRY_DONE(rc, rz_agree(comm, rc));
  for (int level = 0; (int64_t)1 << level < n_block_of_all(s); level++) RZ_TRY_DONE(rc, climb(s, level, &merged));
  const int root = owner(s, 0);
  if (merged == RZ_OK && comm->rank == root) merged = finish(s, rcond, ridge, theta, &found);
  RZ_TRY_DONE(rc, rz_agree(comm, merged));
  RZ_TRY_DONE(rc, rz_bcast(comm, root, s->n_param * (int64_t)sizeof *theta, theta));
  RZ_TRY_DONE(rc, rz_bcast(comm, root, sizeof found, &found));
  RZ_TRY_DONE(rc, rz_sum_i64(comm, 1, &n_row));
  found.n_row = n_row;
  if (info) *info = found;
done:
  clear(s);
  return rc;
}
