#include "ritz/core/tree.h"

#include "ritz/core/memory.h"
#include <stdbool.h>
#include <string.h>

/* The sum of the items first .. first + 2^level - 1, as far as there are any. */
typedef struct node {
  int64_t first;
  int level;
  double *sum;
} node;

enum { MAX_NODE = 2 * 64 }; /* of a consecutive range: two of each level */

struct rz_tree {
  const rz_comm *comm;
  int64_t n_item, first, n_local; /* of all ranks; of this one */
  int64_t *n_of;                  /* [size] items of each rank */
  int64_t n, next;                /* numbers of an item; the item to come */
  int64_t capacity;               /* numbers in a buffer */
  int n_node, n_buffer;
  node stack[MAX_NODE];
  double *buffer[MAX_NODE];
};

rz_err rz_tree_create(const rz_comm *comm, int64_t n_local, rz_tree **out) {
  rz_tree *t = NULL;
  rz_err rc = RZ_NEW0(1, &t);
  *out = NULL;
  if (rc == RZ_OK) rc = RZ_NEW(comm->size, &t->n_of);
  RZ_TRY_DONE(rc, rz_agree(comm, rc));
  t->comm = comm;
  t->n_local = n_local;
  RZ_TRY_DONE(rc, rz_allgather(comm, 1, sizeof n_local, &n_local, t->n_of));
  for (int q = 0; q < comm->size; q++) {
    if (q == comm->rank) t->first = t->n_item;
    t->n_item += t->n_of[q];
  }
  *out = t;
done:
  if (rc != RZ_OK) rz_tree_destroy(&t);
  return rc;
}

void rz_tree_destroy(rz_tree **tp) {
  rz_tree *t = *tp;
  if (!t) return;
  for (int i = 0; i < t->n_buffer; i++) rz_free(&t->buffer[i]);
  rz_free(&t->n_of);
  rz_free(tp);
}

int64_t rz_tree_n_local(const rz_tree *t) { return t->n_local; }

static int64_t end_of(const node *a) { return a->first + ((int64_t)1 << a->level); }

/* Are these the two halves of a node? */
static bool are_siblings(const node *a, const node *b) {
  return a->level == b->level && end_of(a) == b->first && (a->first >> a->level) % 2 == 0;
}

/* One more node on a stack of n, without sums: nodes merge as they come, like the digits of a binary counter. Returns
 * how many there are now. */
static int push(node *stack, int n, node new) {
  stack[n++] = new;
  while (n > 1 && are_siblings(&stack[n - 2], &stack[n - 1])) {
    stack[n - 2].level++;
    n--;
  }
  return n;
}

static void add(int64_t n, const double *restrict from, double *restrict to) {
  for (int64_t k = 0; k < n; k++) to[k] += from[k];
}

/* The nodes that a rank is left with after `count` items from `first` on; most: of its stack on the way, or NULL. */
static int plan(int64_t first, int64_t count, node stack[MAX_NODE], int *most) {
  int n = 0;
  for (int64_t i = 0; i < count; i++) {
    if (most && n + 1 > *most) *most = n + 1;
    n = push(stack, n, (node){.first = first + i});
  }
  return n;
}

static rz_err make_room(rz_tree *t, int most) {
  for (int i = 0; i < t->n_buffer && t->n > t->capacity; i++) rz_free(&t->buffer[i]);
  if (t->n > t->capacity) {
    t->n_buffer = 0;
    t->capacity = t->n;
  }
  while (t->n_buffer < most) {
    RZ_TRY(RZ_NEW(t->capacity, &t->buffer[t->n_buffer]));
    t->n_buffer++;
  }
  return RZ_OK;
}

rz_err rz_tree_begin(rz_tree *t, int64_t n) {
  int most = 0;
  (void)plan(t->first, t->n_local, t->stack, &most);
  t->n = n;
  t->next = 0;
  t->n_node = 0;
  return make_room(t, most);
}

/* The last item is complete: merge what it completes. */
static void settle(rz_tree *t) {
  while (t->n_node > 1 && are_siblings(&t->stack[t->n_node - 2], &t->stack[t->n_node - 1])) {
    add(t->n, t->stack[t->n_node - 1].sum, t->stack[t->n_node - 2].sum);
    t->stack[t->n_node - 2].level++;
    t->n_node--;
  }
}

double *rz_tree_item(rz_tree *t) {
  settle(t);
  t->stack[t->n_node] = (node){.first = t->first + t->next++, .sum = t->buffer[t->n_node]};
  return t->stack[t->n_node++].sum;
}

/* Merge the nodes that cover all items, n numbers each, level by level into the first. */
static void finish(int64_t n_item, int64_t n, int n_node, node *list) {
  for (int level = 0; n_node > 1; level++) {
    int kept = 0;
    for (int i = 0; i < n_node; i++) {
      node a = list[i];
      if (a.level == level && i + 1 < n_node && are_siblings(&a, &list[i + 1])) {
        add(n, list[++i].sum, a.sum);
        a.level++;
      } else if (a.level == level && end_of(&a) >= n_item) {
        a.level++; /* the last of its level, and alone */
      }
      list[kept++] = a;
    }
    n_node = kept;
  }
}

/* What the exchange of slices needs: rank q gets slice q of every node of every rank. */
typedef struct slices {
  int n_node;                               /* of all ranks */
  node *list;                               /* [n_node] */
  double *send, *receive;                   /* receive [n_node, slice of this rank] */
  int *n_out, *first_out, *n_in, *first_in; /* [size] */
} slices;

static void slices_free(slices *s) {
  rz_free(&s->list);
  rz_free(&s->send);
  rz_free(&s->receive);
  rz_free(&s->n_out);
}

/* Every rank's nodes follow from the numbers of items. */
static rz_err slices_init(const rz_tree *t, slices *s) {
  const int size = t->comm->size;
  const rz_range mine = rz_share(t->n, t->comm->rank, size);
  int64_t first = 0, out = 0, in = 0;
  RZ_TRY(RZ_NEW((int64_t)4 * size, &s->n_out));
  s->first_out = s->n_out + size;
  s->n_in = s->n_out + 2 * size;
  s->first_in = s->n_out + 3 * size;
  RZ_TRY(RZ_NEW((int64_t)MAX_NODE * size, &s->list));
  for (int q = 0; q < size; q++) {
    const int n = plan(first, t->n_of[q], s->list + s->n_node, NULL);
    first += t->n_of[q];
    s->n_node += n;
    RZ_TRY(rz_int(t->n_node * rz_share(t->n, q, size).count, &s->n_out[q]));
    RZ_TRY(rz_int(out, &s->first_out[q]));
    RZ_TRY(rz_int(n * mine.count, &s->n_in[q]));
    RZ_TRY(rz_int(in, &s->first_in[q]));
    out += s->n_out[q];
    in += s->n_in[q];
  }
  RZ_TRY(RZ_NEW(out, &s->send));
  RZ_TRY(RZ_NEW(in, &s->receive));
  for (int k = 0; k < s->n_node; k++) s->list[k].sum = s->receive + k * mine.count;
  double *to = s->send;
  for (int q = 0; q < size; q++) {
    const rz_range share = rz_share(t->n, q, size);
    for (int k = 0; k < t->n_node; k++, to += share.count)
      if (share.count > 0) memcpy(to, t->stack[k].sum + share.first, (size_t)share.count * sizeof *to);
  }
  return RZ_OK;
}

static rz_err finish_together(rz_tree *t, double *sum) {
  const int64_t n = rz_share(t->n, t->comm->rank, t->comm->size).count;
  slices s = {0};
  rz_err rc = slices_init(t, &s);
  RZ_TRY_DONE(rc, rz_agree(t->comm, rc));
  RZ_TRY_DONE(rc, rz_exchange(t->comm, sizeof *s.send, s.send, s.n_out, s.first_out, s.receive, s.n_in, s.first_in));
  finish(t->n_item, n, s.n_node, s.list);
  RZ_TRY_DONE(rc, rz_allgather(t->comm, n, sizeof *sum, s.list[0].sum, sum));
done:
  slices_free(&s);
  return rc;
}

rz_err rz_tree_end(rz_tree *t, double *sum) {
  settle(t);
  if (t->n_item == 0) {
    memset(sum, 0, (size_t)t->n * sizeof *sum);
    return RZ_OK;
  }
  if (t->comm->size > 1) return finish_together(t, sum);
  finish(t->n_item, t->n, t->n_node, t->stack);
  memcpy(sum, t->stack[0].sum, (size_t)t->n * sizeof *sum);
  return RZ_OK;
}
