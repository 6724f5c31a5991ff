/* Every type, shape and share of the ranks goes through a checkpoint, from any number of ranks to any other; what does
 * not fit is refused by name, and an error on one rank is an error on all. */
/* modules: store core */
/* ranks: 1 2 3 4 */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/store/checkpoint.h"
#include "scratch.h"
#include <fcntl.h>
#include <stdbool.h>

static char dir[RZ_SCRATCH_SIZE], buffer[RZ_SCRATCH_PATH_SIZE];
static rz_comm world;
static const char *in(const char *name) { return rz_scratch_path(dir, name, buffer); }
static int mentions(const char *word) { return strstr(rz_error_message(), word) != NULL; }

/* The state of a made-up computation: a list whose length only it knows, arrays of every type that are equal on all
 * ranks, and arrays of every type and up to four dimensions of which each rank has its own items. */
enum { ROWS = 11, LAST = 5, WIDTH = 6 * 16 * 24, N_TYPE = RZ_U64 + 1 };

typedef struct state {
  int64_t n_history;
  double *history;
  unsigned char equal[N_TYPE][5][WIDTH];
  unsigned char own[N_TYPE][5][ROWS * WIDTH];
  int64_t first, count; /* own items */
  const char *renamed, *left_out;
  int fail_on, wrong_type, wrong_shape;
} state;

static rz_array shaped(const char *name, int type, int n_dim, void *data) {
  return (rz_array){.name = name, .type = (rz_array_type)type, .n_dim = n_dim, .shape = {2, 3, 4, 1}, .data = data};
}

static rz_err show(const state *s, rz_array a, rz_array_visit *visit, void *ctx) {
  if (s->left_out && strcmp(s->left_out, a.name) == 0) return RZ_OK;
  return visit(&a, ctx);
}

static rz_err walk(void *ctx, rz_array_visit *visit, void *visit_ctx) {
  state *s = ctx;
  char name[64];
  rz_array n = {.name = "history/n", .type = RZ_I64, .data = &s->n_history};
  RZ_TRY(show(s, n, visit, visit_ctx));
  if (!s->history) RZ_TRY(RZ_NEW(s->n_history, &s->history));
  rz_array history = {
      .name = "history/energy", .type = RZ_F64, .n_dim = 1, .shape = {s->n_history}, .data = s->history};
  RZ_TRY(show(s, history, visit, visit_ctx));
  if (s->fail_on == world.rank) RZ_FAIL(RZ_ERR_NUM, "rank %d cannot go on", world.rank);
  for (int t = 0; t < N_TYPE; t++)
    for (int d = 0; d <= 4; d++) {
      snprintf(name, sizeof name, "equal/%d/%d", t, d);
      RZ_TRY(show(s, shaped(name, t, d, s->equal[t][d]), visit, visit_ctx));
      if (d == 0) continue;
      snprintf(name, sizeof name, "own/%d/%d", t, d);
      rz_array own = shaped(name, t, d, s->own[t][d]);
      own.shape[0] = s->count;
      own.distributed = true;
      RZ_TRY(show(s, own, visit, visit_ctx));
    }
  double extra = 0;
  rz_array last = {.name = s->renamed ? s->renamed : "last",
                   .type = s->wrong_type ? RZ_C64 : RZ_F64,
                   .n_dim = 1,
                   .shape = {s->wrong_shape ? 0 : 1},
                   .data = &extra};
  if (s->wrong_type) last.shape[0] = 0;
  return show(s, last, visit, visit_ctx);
}

static size_t row_bytes(int t, int d) {
  static const size_t others[] = {0, 1, 3, 12, 12};
  return others[d] * rz_array_type_size((rz_array_type)t);
}

static unsigned char pattern(int t, int d, size_t i) {
  return (unsigned char)(i % 8 == 7 ? 0x3f : (i * 7 + (size_t)t * 31 + (size_t)d * 5 + i / 11) & 0xff);
}

/* Rank r has the items from share[r] to share[r + 1]. */
static void fill(state *s, const rz_comm *comm, const int *share) {
  s->first = share[comm->rank];
  s->count = share[comm->rank + 1] - s->first;
  s->n_history = 17;
  RZ_EXPECT_OK(RZ_NEW(s->n_history, &s->history));
  for (int64_t i = 0; i < s->n_history; i++) s->history[i] = 1.0 / (double)(i + 1);
  for (int t = 0; t < N_TYPE; t++)
    for (int d = 0; d <= 4; d++) {
      for (size_t i = 0; i < WIDTH; i++) s->equal[t][d][i] = pattern(t, d + 7, i);
      const size_t row = row_bytes(t, d);
      for (size_t i = 0; i < (size_t)s->count * row; i++) s->own[t][d][i] = pattern(t, d, (size_t)s->first * row + i);
    }
}

static void compare(const state *s) {
  size_t wrong = 0;
  RZ_EXPECT(s->n_history == 17);
  for (int64_t i = 0; i < 17; i++) wrong += s->history[i] != 1.0 / (double)(i + 1);
  for (int t = 0; t < N_TYPE; t++)
    for (int d = 0; d <= 4; d++) {
      const rz_array a = shaped("", t, d, NULL);
      const size_t bytes = (size_t)rz_array_length(&a) * rz_array_type_size(a.type), row = row_bytes(t, d);
      for (size_t i = 0; i < bytes; i++) wrong += s->equal[t][d][i] != pattern(t, d + 7, i);
      for (size_t i = 0; i < (size_t)s->count * row; i++)
        wrong += s->own[t][d][i] != pattern(t, d, (size_t)s->first * row + i);
    }
  RZ_EXPECT(wrong == 0);
}

static void share_evenly(int size, int *share) {
  for (int r = 0; r <= size; r++) share[r] = (int)(ROWS * (int64_t)r / size);
}

/* All on the last rank, and none on the others. */
static void share_to_one(int size, int *share) {
  for (int r = 0; r <= size; r++) share[r] = r == size ? ROWS : 0;
}

static state *new_state(void) {
  state *s = NULL;
  RZ_EXPECT_OK(RZ_NEW0(1, &s));
  if (s) s->fail_on = -1;
  return s;
}

static void drop(state **s) {
  if (*s) rz_free(&(*s)->history);
  rz_free(s);
}

static rz_checkpoint_spec spec_of(const rz_comm *comm, int64_t step) {
  return (rz_checkpoint_spec){.comm = comm,
                              .path = in("run.ckpt.h5"),
                              .deck = "&run seed = 1 /\n",
                              .deck_path = "a deck.nml",
                              .instruction_set = "portable",
                              .stage = "train",
                              .step = step};
}

static rz_err write_by(const rz_comm *comm, int64_t step, const int *share) {
  state *s = new_state();
  fill(s, comm, share);
  int64_t bytes = 0;
  const rz_checkpoint_spec spec = spec_of(comm, step);
  const rz_err rc = rz_checkpoint_write(&spec, walk, s, &bytes);
  RZ_EXPECT(rc != RZ_OK || bytes > 1000);
  drop(&s);
  return rc;
}

static void read_by(const rz_comm *comm, int64_t step, const int *share) {
  rz_checkpoint *c = NULL;
  char *note = NULL;
  state *s = new_state();
  s->first = share[comm->rank];
  s->count = share[comm->rank + 1] - s->first;
  if (RZ_EXPECT_OK(rz_checkpoint_open(in("run.ckpt.h5"), comm, &c, &note))) {
    const rz_checkpoint_info *info = rz_checkpoint_about(c);
    RZ_EXPECT(info->step == step && strcmp(info->stage, "train") == 0);
    RZ_EXPECT(strcmp(info->deck, "&run seed = 1 /\n") == 0 && strcmp(info->deck_path, "a deck.nml") == 0);
    RZ_EXPECT(strcmp(info->instruction_set, "portable") == 0);
    RZ_EXPECT(note == NULL && info->bytes > 1000 && strlen(info->run_id) == 32);
    RZ_EXPECT(strcmp(info->path, in("run.ckpt.h5")) == 0);
    if (RZ_EXPECT_OK(rz_checkpoint_restore(c, walk, s))) compare(s);
  }
  rz_free(&note);
  rz_checkpoint_close(&c);
  drop(&s);
}

/* A communicator of the first n ranks; the others get NULL. */
static MPI_Comm first_ranks(int n, rz_comm *out) {
  MPI_Comm some = MPI_COMM_NULL;
  MPI_Comm_split(MPI_COMM_WORLD, world.rank < n ? 0 : MPI_UNDEFINED, world.rank, &some);
  if (some != MPI_COMM_NULL) RZ_EXPECT_OK(rz_comm_wrap(some, out));
  return some;
}

static void check_ranks(void) {
  int share[16];
  void (*const shares[])(int, int *) = {share_evenly, share_to_one};
  for (int from = 1; from <= world.size; from++)
    for (int to = 1; to <= world.size; to++)
      for (int k = 0; k < 4; k++) {
        const int64_t step = 100 * from + 10 * to + k;
        rz_comm some;
        MPI_Comm mpi = first_ranks(from, &some);
        shares[k % 2](from, share);
        if (mpi != MPI_COMM_NULL) {
          RZ_EXPECT_OK(write_by(&some, step, share));
          MPI_Comm_free(&mpi);
        }
        MPI_Barrier(MPI_COMM_WORLD);
        mpi = first_ranks(to, &some);
        shares[k / 2](to, share);
        if (mpi != MPI_COMM_NULL) {
          read_by(&some, step, share);
          MPI_Comm_free(&mpi);
        }
        MPI_Barrier(MPI_COMM_WORLD);
      }
}

/* The same state gives the same bytes after the user block, whoever held which part of it. */
static void check_bytes(void) {
  static char text[2][1 << 20];
  size_t n[2] = {0};
  int share[16];
  for (int k = 0; k < 2; k++) {
    (k == 0 ? share_evenly : share_to_one)(world.size, share);
    RZ_EXPECT_OK(write_by(&world, 7, share));
    FILE *file = world.rank == 0 ? fopen(in("run.ckpt.h5"), "rb") : NULL;
    if (file) n[k] = fread(text[k], 1, sizeof text[k], file);
    if (file) fclose(file);
  }
  if (world.rank != 0) return;
  RZ_EXPECT(n[0] > 1000 && n[0] < sizeof text[0] && n[0] == n[1] &&
            memcmp(text[0] + 512, text[1] + 512, n[0] - 512) == 0);
  RZ_EXPECT(strncmp(text[0], "RITZCKPT 1 size=", 16) == 0 && strstr(text[0], " step=7 run=") != NULL);
  RZ_EXPECT(text[0][511] == '\0');
}

static void refuse(state *s, rz_err err, const char *word) {
  rz_checkpoint *c = NULL;
  int share[16];
  share_evenly(world.size, share);
  s->first = share[world.rank];
  s->count = share[world.rank + 1] - s->first;
  if (RZ_EXPECT_OK(rz_checkpoint_open(in("run.ckpt.h5"), &world, &c, NULL))) {
    RZ_EXPECT(rz_checkpoint_restore(c, walk, s) == err);
    if (!RZ_EXPECT(mentions(word))) fprintf(stderr, "'%s' is not in: %s\n", word, rz_error_message());
  }
  rz_checkpoint_close(&c);
  drop(&s);
}

static state *with(const state *changes) {
  state *s = new_state();
  s->renamed = changes->renamed;
  s->left_out = changes->left_out;
  s->wrong_type = changes->wrong_type;
  s->wrong_shape = changes->wrong_shape;
  s->fail_on = changes->fail_on;
  return s;
}

static void check_refusals(void) {
  refuse(with(&(state){.fail_on = -1, .renamed = "other"}), RZ_ERR_INPUT, "has no array 'other'");
  refuse(with(&(state){.fail_on = -1, .renamed = "las"}), RZ_ERR_INPUT, "has no array 'las'");
  refuse(with(&(state){.fail_on = -1, .left_out = "own/2/3"}), RZ_ERR_INPUT, "has an array 'own/2/3' that");
  refuse(with(&(state){.fail_on = -1, .left_out = "last"}), RZ_ERR_INPUT, "has an array 'last' that");
  refuse(with(&(state){.fail_on = -1, .wrong_type = 1}), RZ_ERR_INPUT, "/state/last' in");
  refuse(with(&(state){.fail_on = -1, .wrong_shape = 1}), RZ_ERR_INPUT, "[1], and [0] is asked for");
  refuse(with(&(state){.fail_on = world.size - 1}), RZ_ERR_NUM, "cannot go on");
  refuse(with(&(state){.fail_on = 0}), RZ_ERR_NUM, "cannot go on");
}

/* A walk that fails on one rank alone, and states no file can hold, end everywhere and change nothing. */
static void refuse_to_write(state *s, rz_err err, const char *word) {
  const rz_checkpoint_spec spec = spec_of(&world, 9);
  RZ_EXPECT(rz_checkpoint_write(&spec, walk, s, NULL) == err);
  if (!RZ_EXPECT(mentions(word))) fprintf(stderr, "'%s' is not in: %s\n", word, rz_error_message());
  drop(&s);
}

static rz_err one_array(void *ctx, rz_array_visit *visit, void *visit_ctx) { return visit(ctx, visit_ctx); }

static void refuse_array(rz_array a, const char *word) {
  const rz_checkpoint_spec spec = spec_of(&world, 9);
  RZ_EXPECT(rz_checkpoint_write(&spec, one_array, &a, NULL) == RZ_ERR_ARG);
  if (!RZ_EXPECT(mentions(word))) fprintf(stderr, "'%s' is not in: %s\n", word, rz_error_message());
}

static void check_refused_states(void) {
  for (int r = 0; r < world.size; r++) refuse_to_write(with(&(state){.fail_on = r}), RZ_ERR_NUM, "cannot go on");
  refuse_to_write(with(&(state){.fail_on = -1, .renamed = "history/n"}), RZ_ERR_ARG, "/state/history/n");
  double x[2] = {0};
  refuse_array((rz_array){.name = "odd", .type = RZ_F64, .n_dim = 5, .data = x}, "'odd' has 5 dimensions; 0 to 4");
  refuse_array((rz_array){.name = "odd", .type = RZ_F64, .distributed = true, .data = x},
               "'odd' has 0 dimensions; 1 to");
  refuse_array((rz_array){.name = "odd", .type = RZ_F64, .n_dim = 1, .shape = {-1}, .data = x}, "'odd' has extent -1");
  refuse_array((rz_array){.name = "odd", .type = RZ_F64, .n_dim = 1, .shape = {2}}, "'odd' has no data");
  if (world.size > 1)
    refuse_array((rz_array){.name = "odd", .type = RZ_F64, .n_dim = 1, .shape = {1 + world.rank % 2}, .data = x},
                 "'odd' has other extents on rank");
  int share[16];
  share_evenly(world.size, share);
  read_by(&world, 7, share);
}

static void check_removal(void) {
  const char *const litter[] = {"run.ckpt.h5.0123abcd.tmp", "run.ckpt.h5.0123abcd.tmp.old"};
  const char *const others[] = {"run.ckpt.h5.0123abcd.tmpx", "run.ckpt.h5.0123abcx.tmp", "other.ckpt.h5"};
  MPI_Barrier(MPI_COMM_WORLD);
  if (world.rank == 0) {
    for (size_t i = 0; i < 5; i++) {
      const int fd = open(in(i < 2 ? litter[i] : others[i - 2]), O_CREAT | O_WRONLY, 0666);
      RZ_EXPECT(fd >= 0 && close(fd) == 0);
    }
    RZ_EXPECT(rz_scratch_count(dir) == 7);
    RZ_EXPECT_OK(rz_checkpoint_remove(in("run.ckpt.h5")));
    RZ_EXPECT(rz_scratch_count(dir) == 3);
    RZ_EXPECT_OK(rz_checkpoint_remove(in("run.ckpt.h5")));
    RZ_EXPECT(mkdir(in("run.ckpt.h5"), 0777) == 0);
    RZ_EXPECT(rz_checkpoint_remove(in("run.ckpt.h5")) == RZ_ERR_IO && mentions("cannot remove"));
    RZ_EXPECT(rmdir(in("run.ckpt.h5")) == 0);
    RZ_EXPECT(rz_checkpoint_remove(in("gone/run.ckpt.h5")) == RZ_ERR_IO && mentions("cannot list directory"));
  }
  MPI_Barrier(MPI_COMM_WORLD);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &world));
  int made = 1;
  if (world.rank == 0) made = RZ_EXPECT(rz_scratch_make(dir) == 0);
  MPI_Bcast(&made, 1, MPI_INT, 0, MPI_COMM_WORLD);
  MPI_Bcast(dir, sizeof dir, MPI_CHAR, 0, MPI_COMM_WORLD);
  if (!made) return rz_check_finish();
  check_ranks();
  check_bytes();
  check_refusals();
  check_refused_states();
  check_removal();
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  if (world.rank == 0) rz_scratch_remove(dir);
  return rz_check_finish();
}
