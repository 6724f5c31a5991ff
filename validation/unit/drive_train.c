/* modules: drive optimise store linalg core */
/* ranks: 1 2 */
/* The training loop on least squares, whose answer is known: convergence, rollback after an injected failure or spike,
 * and the end after too many of them; stopped after any turn and taken up again, the same to the last bit. */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/drive/train.h"
#include "scratch.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 24, P = 6 };

/* Fit out = X theta to y on samples shared out over ranks. `count` stands for walkers and random counters. */
typedef struct fit {
  const rz_comm *comm;
  rz_params params;
  double x[N][P], y[N], solution[P];
  int64_t count, fail_at, spike_at, freeze_at, wrong_at;
  bool always;
  bool by_forces; /* no Jacobian where the loop does not want one */
  int bad_solves; /* so many steps after the failure cannot be found */
  int64_t stop_window;
  const rz_keeper *keeper;
  const char *deck;
} fit;

static void fit_init(const rz_comm *comm, fit *f) {
  *f = (fit){.comm = comm, .fail_at = -1, .spike_at = -1, .freeze_at = -1, .wrong_at = -1};
  rz_rng rng = rz_rng_stream(3, RZ_RNG_TEST, 0);
  for (int k = 0; k < P; k++) f->solution[k] = rz_rng_normal(&rng);
  double mean[P] = {0};
  for (int i = 0; i < N; i++)
    for (int k = 0; k < P; k++) mean[k] += (f->x[i][k] = rz_rng_normal(&rng)) / N;
  /* Centred columns: the loop's optimisers centre the Jacobian. */
  for (int i = 0; i < N; i++) {
    f->y[i] = 0;
    for (int k = 0; k < P; k++) f->y[i] += (f->x[i][k] -= mean[k]) * f->solution[k];
  }
  RZ_EXPECT_OK(rz_params_add(&f->params, "theta", false, 1, (int64_t[]){P}));
  RZ_EXPECT_OK(rz_params_allocate(&f->params));
}

static double off_target(const fit *f, int64_t i) {
  double out = -f->y[i];
  for (int k = 0; k < P; k++) out += f->x[i][k] * f->params.value[k];
  return out;
}

/* Jacobian and residual of this rank's samples. */
static rz_err fit_rows(fit *f, rz_assessment *a) {
  const rz_range mine = rz_share(N, f->comm->rank, f->comm->size);
  rz_layer *layer;
  RZ_TRY(rz_jacobian_create(mine.count, 1, P, &a->jacobian));
  RZ_TRY(rz_jacobian_add(a->jacobian, &(rz_layer){.d_in = P, .d_out = 1, .n_share = 1, .n_x = P}, true, false, &layer));
  RZ_TRY(RZ_NEW(mine.count, &a->residual));
  for (int64_t i = 0; i < mine.count; i++) {
    memcpy(layer->x + i * P, f->x[mine.first + i], sizeof f->x[0]);
    layer->d_re[i] = 1.0;
    rz_jacobian_weights(a->jacobian)[i] = 1.0 / N;
    a->residual[i] = off_target(f, mine.first + i);
  }
  return RZ_OK;
}

/* Every rank knows all samples: nothing is to be summed. */
static void fit_forces(const fit *f, double *forces) {
  memset(forces, 0, P * sizeof *forces);
  for (int i = 0; i < N; i++)
    for (int k = 0; k < P; k++) forces[k] += f->x[i][k] * off_target(f, i) / N;
}

static rz_err fit_assess(void *self, rz_assessment *a) {
  fit *f = self;
  const int64_t call = f->count++;
  if (f->always || call == f->fail_at) {
    f->fail_at = -1;
    RZ_FAIL(RZ_ERR_NUM, "injected");
  }
  const bool by_forces = f->by_forces && a->forces;
  double square = 0;
  for (int i = 0; i < N; i++) square += off_target(f, i) * off_target(f, i) / N;
  if (by_forces)
    fit_forces(f, a->forces);
  else
    RZ_TRY(fit_rows(f, a));
  if (f->fail_at < 0 && f->bad_solves > 0) {
    f->bad_solves--;
    *(by_forces ? a->forces : a->residual) = NAN;
  }
  a->objective = 1.0 + square + (call == f->spike_at ? 1.0 : 0.0);
  if (call == f->wrong_at) a->objective -= 1.0;
  a->error = call == f->spike_at ? 0.5 : 1e-9; /* a spike scatters, too */
  if (call == f->spike_at) f->spike_at = -1;
  /* A frozen state looks better than it is, and is told by its mobility alone, even if that fell in two steps. */
  a->mobility = call == f->freeze_at ? 0.01 : call == f->freeze_at - 1 ? 0.06 : 0.3;
  if (call == f->freeze_at) a->objective = 0.0, f->freeze_at = -1;
  a->field[a->n_field++] = (rz_field){.name = "loss", .type = RZ_FIELD_REAL, .real = square};
  a->field[a->n_field++] = (rz_field){.name = "error", .type = RZ_FIELD_REAL, .real = 1e-9};
  return RZ_OK;
}

static rz_err fit_update(void *self) {
  (void)self;
  return RZ_OK;
}

static rz_err fit_state(void *self, rz_array_visit *visit, void *ctx) {
  fit *f = self;
  return visit(&(rz_array){.name = "count", .type = RZ_I64, .n_dim = 1, .shape = {1}, .data = &f->count}, ctx);
}

static const char deck[] = /* of every fit that names no other */
    "&run study = 'fit' /\n"
    "&optimiser method = 'sr', learning_rate = 0.5, diag_shift = 1e-9, max_step = 0.0, iterations = 40 /\n";

static rz_optimiser *make_optimiser(const rz_comm *comm, const char *text, rz_config **config) {
  static const rz_option run_rows[] = {RZ_ROW_CHOICE("study", NULL, NULL, "study")};
  static const char *const groups[] = {"!run", "optimiser", NULL};
  static const rz_study_groups study = {"fit", "fit", groups};
  static rz_option_group list[2];
  static rz_schema schema;
  list[0] = (rz_option_group){"run", "run", NULL, run_rows, 1, NULL, 0};
  list[1] = *rz_optimiser_options();
  schema = (rz_schema){list, 2, &study, 1};
  rz_optimiser *o = NULL;
  RZ_EXPECT_OK(rz_config_parse("fit.nml", text, (int64_t)strlen(text), &schema, config));
  RZ_EXPECT_OK(rz_optimiser_create(*config, P, comm, &o));
  return o;
}

static rz_err train_traced(fit *f, int64_t iterations, rz_trace *trace, rz_train_result *result) {
  rz_config *config = NULL;
  rz_optimiser *o = make_optimiser(f->comm, f->deck ? f->deck : deck, &config);
  const rz_train_spec spec = {.iterations = iterations,
                              .max_rejections = 12,
                              .spike_sigma = 10,
                              .spike_relative = 1e-3,
                              .blameless_step = 1e-3,
                              .mobility_drop = 10,
                              .stop_window = f->stop_window,
                              .objective_name = "loss",
                              .error_name = "error",
                              .report_every = 1};
  const rz_problem problem = {
      .self = f, .params = &f->params, .assess = fit_assess, .update = fit_update, .state = fit_state};
  const rz_err rc = rz_train(&spec, &problem, o, f->comm, f->keeper, trace, NULL, result);
  rz_optimiser_destroy(&o);
  rz_config_destroy(&config);
  return rc;
}

static rz_err train(fit *f, int64_t iterations, rz_train_result *result) {
  return train_traced(f, iterations, NULL, result);
}

static void expect_solved(const fit *f) {
  for (int k = 0; k < P; k++) RZ_EXPECT_NEAR(f->params.value[k], f->solution[k], 1e-6);
}

static void converges(const rz_comm *comm) {
  fit f;
  rz_train_result r;
  fit_init(comm, &f);
  RZ_EXPECT_OK(train(&f, 40, &r));
  expect_solved(&f);
  RZ_EXPECT(r.n_step == 40 && r.n_rejected == 0 && r.history.n_row == 40 && f.count == 40);
  RZ_EXPECT(r.last_reason[0] == '\0');
  int loss = -1;
  for (int c = 0; c < r.history.n_column; c++)
    if (strcmp(r.history.column[c], "loss") == 0) loss = c;
  RZ_EXPECT(loss >= 0);
  /* A Gauss-Newton step with learning rate 1/2 halves the error. */
  const double *v = r.history.value;
  RZ_EXPECT_NEAR(v[r.history.n_column + loss] / v[loss], 0.25, 1e-6);
  rz_history_free(&r.history);
  rz_params_free(&f.params);
}

/* First-order methods go the same way by forces alone. */
static void converges_by_forces(const rz_comm *comm) {
  fit f, g;
  rz_train_result r, q;
  fit_init(comm, &f);
  fit_init(comm, &g);
  f.deck = g.deck =
      "&run study = 'fit' /\n&optimiser method = 'momentum', learning_rate = 0.1, momentum = 0.3, max_step = 0.0 /\n";
  g.by_forces = true;
  RZ_EXPECT_OK(train(&f, 300, &r));
  RZ_EXPECT_OK(train(&g, 300, &q));
  expect_solved(&g);
  for (int k = 0; k < P; k++) RZ_EXPECT_NEAR(f.params.value[k], g.params.value[k], 1e-12);
  RZ_EXPECT(q.n_step == 300 && q.n_rejected == 0 && q.history.n_row == 300);
  rz_history_free(&r.history), rz_history_free(&q.history);
  rz_params_free(&f.params), rz_params_free(&g.params);
}

/* A failure at the seventh assessment returns to the sixth, counters and all, and the history shows each step once. */
static void rolls_back(const rz_comm *comm, int64_t fail_at, int64_t spike_at, int64_t freeze_at) {
  fit f;
  rz_train_result r;
  fit_init(comm, &f);
  f.fail_at = fail_at;
  f.spike_at = spike_at;
  f.freeze_at = freeze_at;
  RZ_EXPECT_OK(train(&f, 40, &r));
  RZ_EXPECT(r.n_step == 40 && r.n_rejected == 1 && r.history.n_row == 40 && f.count == 40);
  expect_solved(&f);
  rz_history_free(&r.history);
  rz_params_free(&f.params);
}

/* The step that is walked again after a failure cannot be found at first: it is still recorded once. */
static void rolls_back_twice(const rz_comm *comm) {
  fit f;
  rz_train_result r;
  fit_init(comm, &f);
  f.fail_at = 7;
  f.bad_solves = 2;
  RZ_EXPECT_OK(train(&f, 40, &r));
  RZ_EXPECT(r.n_step == 40 && r.n_rejected == 3 && r.history.n_row == 40 && f.count == 40);
  RZ_EXPECT(strstr(r.last_reason, "the force is not finite") != NULL);
  for (int64_t i = 0; i < r.history.n_row; i++) RZ_EXPECT(r.history.value[i * r.history.n_column] == (double)i);
  expect_solved(&f);
  rz_history_free(&r.history);
  rz_params_free(&f.params);
}

/* Lines of the file that hold `word`; `line` gets the last of them. */
static int lines_with(const char *path, const char *word, char line[1024]) {
  char text[1024];
  int n = 0;
  FILE *file = fopen(path, "r");
  if (!RZ_EXPECT(file != NULL)) return -1;
  while (fgets(text, sizeof text, file))
    if (strstr(text, word)) n++, memcpy(line, text, sizeof text);
  fclose(file);
  return n;
}

/* The trace tells what was undone and why, and of a run without trouble nothing of the kind. */
static void traces_what_was_undone(const rz_comm *comm, int64_t fail_at) {
  char dir[RZ_SCRATCH_SIZE], buffer[RZ_SCRATCH_PATH_SIZE], line[1024] = "";
  fit f;
  rz_train_result r;
  rz_trace *trace = NULL;
  fit_init(comm, &f);
  f.fail_at = fail_at;
  if (comm->rank == 0) {
    rz_scratch_make(dir);
    RZ_EXPECT_OK(rz_trace_create(rz_scratch_path(dir, "t.jsonl", buffer), false, &trace));
  }
  RZ_EXPECT_OK(train_traced(&f, 20, trace, &r));
  if (trace) {
    RZ_EXPECT_OK(rz_trace_close(&trace));
    RZ_EXPECT(lines_with(buffer, "\"step\": ", line) == 20);
    RZ_EXPECT(lines_with(buffer, "\"event\": \"undone\"", line) == (fail_at >= 0));
    if (fail_at >= 0) RZ_EXPECT(strstr(line, "\"at_step\": 7, \"in_a_row\": 1, \"reason\": \"injected\"") != NULL);
    rz_scratch_remove(dir);
  }
  rz_history_free(&r.history);
  rz_params_free(&f.params);
}

/* An assessment that is too good, however often it is repeated: shorter and shorter steps from it are undone until one
 * cannot be to blame, and training goes on. */
static void outgrows_a_wrong_value(const rz_comm *comm) {
  fit f;
  rz_train_result r;
  fit_init(comm, &f);
  f.wrong_at = 3;
  RZ_EXPECT_OK(train(&f, 80, &r));
  RZ_EXPECT(r.n_step == 80 && r.n_rejected > 0 && r.n_rejected <= 12 && r.history.n_row == 80);
  expect_solved(&f);
  rz_history_free(&r.history);
  rz_params_free(&f.params);
}

static void gives_up(const rz_comm *comm) {
  fit f;
  rz_train_result r;
  fit_init(comm, &f);
  RZ_EXPECT_OK(train(&f, 3, &r));
  rz_history_free(&r.history);
  f.always = true;
  RZ_EXPECT(train(&f, 5, &r) == RZ_ERR_NUM);
  RZ_EXPECT(strstr(rz_error_message(), "injected") != NULL);
  rz_history_free(&r.history);
  rz_params_free(&f.params);
}

/* --- A training that is stopped and goes on ------------------------------------------------------------------------
 */

/* A keeper in memory: stops the training after so many turns, and restores it later. */
typedef struct shelf {
  char *bytes;
  int64_t size, at;
  int turns;
  bool filled;
} shelf;

static int64_t bytes_of(const rz_array *a) { return rz_array_length(a) * (int64_t)rz_array_type_size(a->type); }

static rz_err put_aside(const rz_array *a, void *ctx) {
  shelf *s = ctx;
  char *longer = realloc(s->bytes, (size_t)(s->size + bytes_of(a) + 1));
  RZ_CHECK(longer, RZ_ERR_MEMORY, "no room for %s", a->name);
  s->bytes = longer;
  memcpy(s->bytes + s->size, a->data, (size_t)bytes_of(a));
  s->size += bytes_of(a);
  return RZ_OK;
}

static rz_err take_back(const rz_array *a, void *ctx) {
  shelf *s = ctx;
  RZ_CHECK(s->at + bytes_of(a) <= s->size, RZ_ERR_INTERNAL, "nothing is left for %s", a->name);
  memcpy(a->data, s->bytes + s->at, (size_t)bytes_of(a));
  s->at += bytes_of(a);
  return RZ_OK;
}

static rz_err shelf_restore(void *self, const char *stage, rz_state_walk *walk, void *ctx, bool *restored) {
  shelf *s = self;
  RZ_EXPECT(strcmp(stage, "train") == 0);
  *restored = s->filled;
  if (!s->filled) return RZ_OK;
  RZ_TRY(walk(ctx, take_back, s));
  RZ_EXPECT(s->at == s->size);
  return RZ_OK;
}

static rz_err shelf_between(void *self, const char *stage, int64_t step, rz_state_walk *walk, void *ctx) {
  shelf *s = self;
  (void)stage, (void)step;
  if (s->filled || s->turns-- > 0) return RZ_OK;
  RZ_TRY(walk(ctx, put_aside, s));
  s->filled = true;
  RZ_FAIL(RZ_ERR_STOPPED, "stopped");
}

static void expect_same(const rz_train_result *a, const rz_train_result *b) {
  RZ_EXPECT(a->n_step == b->n_step && a->n_rejected == b->n_rejected && a->n_fell_back == b->n_fell_back);
  RZ_EXPECT(strcmp(a->last_reason, b->last_reason) == 0);
  const rz_history *h = &a->history, *k = &b->history;
  if (!RZ_EXPECT(h->n_row == k->n_row && h->n_column == k->n_column)) return;
  for (int c = 0; c < h->n_column; c++) {
    RZ_EXPECT(strcmp(h->column[c], k->column[c]) == 0);
    if (strcmp(h->column[c], "step_seconds") == 0 || strncmp(h->column[c], "comm_", 5) == 0) continue;
    for (int64_t i = 0; i < h->n_row; i++)
      RZ_EXPECT(memcmp(h->value + i * h->n_column + c, k->value + i * h->n_column + c, sizeof(double)) == 0);
  }
}

/* A training ends where its objective no longer falls, also when it was stopped before and taken up again. */
static void comes_to_rest(const rz_comm *comm) {
  enum { ITERATIONS = 200, WINDOW = 20 };
  shelf s = {.turns = 45};
  const rz_keeper keeper = {&s, shelf_restore, shelf_between};
  fit f;
  rz_train_result undisturbed, resumed;
  fit_init(comm, &f);
  f.stop_window = WINDOW;
  RZ_EXPECT_OK(train(&f, ITERATIONS, &undisturbed));
  RZ_EXPECT(undisturbed.rested && undisturbed.n_step > 2 * WINDOW && undisturbed.n_step < 4 * WINDOW);
  for (int i = 0; i < 2; i++) {
    rz_params_free(&f.params);
    fit_init(comm, &f);
    f.stop_window = WINDOW;
    f.keeper = &keeper;
    RZ_EXPECT(train(&f, ITERATIONS, &resumed) == (i == 0 ? RZ_ERR_STOPPED : RZ_OK));
    RZ_EXPECT(resumed.rested == (i == 1));
    if (i == 0) rz_history_free(&resumed.history);
  }
  expect_same(&undisturbed, &resumed);
  rz_history_free(&undisturbed.history);
  rz_history_free(&resumed.history);
  free(s.bytes);
  rz_params_free(&f.params);
}

/* Stopped after `turns` turns and taken up by another loop, the training is the undisturbed one to the last bit, within
 * rows of undone steps too. */
static void goes_on(const rz_comm *comm, const fit *trouble, int turns) {
  enum { ITERATIONS = 10 };
  shelf s = {.turns = turns};
  const rz_keeper keeper = {&s, shelf_restore, shelf_between};
  fit whole, first, second;
  rz_train_result undisturbed, stopped, resumed;
  fit *const all[] = {&whole, &first, &second};
  for (int i = 0; i < 3; i++) {
    fit_init(comm, all[i]);
    all[i]->fail_at = trouble->fail_at;
    all[i]->spike_at = trouble->spike_at;
    all[i]->freeze_at = trouble->freeze_at;
    all[i]->wrong_at = trouble->wrong_at;
    all[i]->bad_solves = trouble->bad_solves;
    all[i]->deck = trouble->deck;
    all[i]->by_forces = trouble->by_forces;
    all[i]->keeper = i > 0 ? &keeper : NULL;
  }
  RZ_EXPECT_OK(train(&whole, ITERATIONS, &undisturbed));
  if (train(&first, ITERATIONS, &stopped) == RZ_ERR_STOPPED) {
    /* What is injected once has happened. */
    second.fail_at = first.fail_at;
    second.spike_at = first.spike_at;
    second.freeze_at = first.freeze_at;
    second.bad_solves = first.bad_solves;
    RZ_EXPECT_OK(train(&second, ITERATIONS, &resumed));
    expect_same(&undisturbed, &resumed);
    RZ_EXPECT(memcmp(whole.params.value, second.params.value, P * sizeof(double)) == 0);
    RZ_EXPECT(whole.count == second.count);
    rz_history_free(&resumed.history);
  } else {
    RZ_EXPECT(!s.filled && turns >= ITERATIONS);
  }
  rz_history_free(&undisturbed.history);
  rz_history_free(&stopped.history);
  free(s.bytes);
  for (int i = 0; i < 3; i++) rz_params_free(&all[i]->params);
}

static void goes_on_from_anywhere(const rz_comm *comm) {
  static const char *const optimisers[] = {
      "method = 'sr', learning_rate = 0.5, diag_shift = 1e-4, momentum = 0.5",
      "method = 'sr', learning_rate = 0.5, diag_shift = 1e-2, diag_shift_decay = 0.9, solver = 'cg', cg_tol = 1e-3",
      "method = 'adam', learning_rate = 0.1, schedule = 'cosine', learning_rate_end = 0.01, schedule_steps = 10",
      "method = 'momentum', learning_rate = 0.05, momentum = 0.5"};
  const fit troubles[] = {
      {.fail_at = -1, .spike_at = -1, .freeze_at = -1, .wrong_at = -1},
      {.fail_at = 5, .spike_at = -1, .freeze_at = -1, .wrong_at = -1, .bad_solves = 2},
      {.fail_at = -1, .spike_at = 5, .freeze_at = 8, .wrong_at = -1},
      {.fail_at = 5, .spike_at = 8, .freeze_at = -1, .wrong_at = -1, .bad_solves = 2, .by_forces = true}};
  for (size_t o = 0; o < sizeof optimisers / sizeof *optimisers; o++)
    for (size_t t = 0; t < sizeof troubles / sizeof *troubles; t++) {
      char text[512];
      snprintf(text, sizeof text, "&run study = 'fit' /\n&optimiser max_step = 0.0, iterations = 10, %s /\n",
               optimisers[o]);
      fit trouble = troubles[t];
      trouble.deck = text;
      for (int turns = 0; turns < 14; turns++) goes_on(comm, &trouble, turns);
    }
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  rz_comm comm;
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  converges(&comm);
  converges_by_forces(&comm);
  rolls_back(&comm, 7, -1, -1);
  rolls_back(&comm, -1, 7, -1);
  rolls_back(&comm, -1, -1, 7);
  rolls_back_twice(&comm);
  traces_what_was_undone(&comm, 7);
  traces_what_was_undone(&comm, -1);
  outgrows_a_wrong_value(&comm);
  gives_up(&comm);
  comes_to_rest(&comm);
  goes_on_from_anywhere(&comm);
  return rz_check_finish();
}
