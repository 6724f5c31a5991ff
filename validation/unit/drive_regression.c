/* modules: drive optimise solve store linalg core */
/* ranks: 1 2 3 4 */
/* Levenberg-Marquardt and L-BFGS in the training loop, on least-squares problems whose minima are known: certified
 * digits, the linear fit that LAPACK finds, states that cannot be assessed, noise that is refused; stopped after any
 * turn, within searches too, and taken up again, the same to the last bit. */
#include "regression_fit.h"
#include "ritz/linalg/blas.h"
#include "ritz/solve/session.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static double worst_digit(const fit *f) {
  double worst = 0.0;
  for (int k = 0; k < f->problem->n_param; k++)
    worst = fmax(worst, fabs(f->params.value[k] / f->problem->solution[k] - 1.0));
  return worst;
}

/* To the minimum, which is as far as rounding allows, and there to rest. */
static void finds(const rz_comm *comm, const reg_problem *p, const char *method, double tol, int64_t most_calls) {
  fit f;
  rz_train_result r;
  fit_init(comm, p, &f);
  RZ_EXPECT_OK(train(&f, method, 100000, &r));
  const double *v = f.params.value;
  const int ok = RZ_EXPECT_NEAR(worst_digit(&f), 0.0, tol) & RZ_EXPECT(f.calls <= most_calls) &
                 RZ_EXPECT_NEAR(reg_square(p, v), p->square, 1e-10 * p->square + 1e-20) & RZ_EXPECT(r.rested);
  if (!ok)
    fprintf(stderr, "  %s by %s: %lld steps, %lld calls, %.3e\n", p->name, method, (long long)r.n_step,
            (long long)f.calls, worst_digit(&f));
  RZ_EXPECT(r.n_rejected == 0);
  rz_history_free(&r.history);
  rz_params_free(&f.params);
}

#define LM_DENSE "'lm', damping_matrix = 'diagonal', solver = 'dense'"
#define LM_KERNEL "'lm', solver = 'kernel'"

/* Certified parameters have eleven digits. L-BFGS sees gradients of a sum alone, and finds fewer. The kernel wants no
 * more rows than parameters: Rosenbrock has as many. */
static void finds_minima(const rz_comm *comm) {
  finds(comm, &reg_rosenbrock, LM_DENSE, 1e-14, 60);
  finds(comm, &reg_rosenbrock, LM_KERNEL, 1e-14, 60);
  finds(comm, &reg_rosenbrock, "'lbfgs'", 1e-14, 100);
  finds(comm, &reg_long_rosenbrock, LM_DENSE, 1e-14, 300);
  finds(comm, &reg_long_rosenbrock, "'lm', damping_matrix = 'diagonal', solver = 'cg', cg_tol = 1e-12", 1e-14, 300);
  finds(comm, &reg_long_rosenbrock, "'lbfgs'", 1e-14, 400);
  finds(comm, &reg_misra1a, LM_DENSE, 1e-10, 100);
  finds(comm, &reg_misra1a, "'lm', solver = 'dense'", 1e-10, 200);
  finds(comm, &reg_misra1a, "'lbfgs'", 1e-7, 400);
  finds(comm, &reg_lanczos3, LM_DENSE, 1e-10, 200);
  finds(comm, &reg_lanczos3, "'lm', solver = 'dense'", 1e-10, 300);
  finds(comm, &reg_lanczos3, "'lbfgs'", 1e-6, 1500);
  finds(comm, &reg_thurber, LM_DENSE, 1e-10, 200);
  finds(comm, &reg_thurber, "'lbfgs'", 1e-8, 800);
}

/* With lambda next to nothing the first step leads to the solution of a linear problem: that of LAPACK's QR. */
static void solves_a_linear_problem(const rz_comm *comm) {
  reg_problem p = reg_straight();
  double a[REG_MAX_ROW * REG_MAX_PARAM], b[REG_MAX_ROW];
  static const char *const solver[] = {"dense", "cg"};
  memcpy(b, p.y, sizeof b);
  for (int i = 0; i < p.n; i++) (void)p.residual(&p, i, p.start, a + i * p.n_param);
  RZ_EXPECT(LAPACKE_dgels(LAPACK_ROW_MAJOR, 'N', p.n, p.n_param, 1, a, p.n_param, b, 1) == 0);
  memcpy(p.solution, b, (size_t)p.n_param * sizeof *b);
  for (int i = 0; i < 2; i++) {
    char method[160];
    fit f;
    rz_train_result r;
    snprintf(method, sizeof method, "'lm', damping = 1e-15, solver = '%s'%s", solver[i],
             i == 1 ? ", cg_tol = 1e-14, preconditioner = 'diagonal'" : "");
    fit_init(comm, &p, &f);
    RZ_EXPECT_OK(train(&f, method, 1, &r));
    RZ_EXPECT_NEAR(worst_digit(&f), 0.0, 1e-5);
    RZ_EXPECT(r.n_step == 1 && f.calls == 2);
    rz_history_free(&r.history);
    rz_params_free(&f.params);
  }
}

/* Where a trial cannot be assessed the next one is shorter; the first state has to be. */
static void survives_failures(const rz_comm *comm, const char *method) {
  for (int64_t fail_at = 0; fail_at<8; fail_at += comm->size> 1 ? 3 : 1) {
    fit f;
    rz_train_result r;
    fit_init(comm, &reg_rosenbrock, &f);
    f.fail_at = fail_at;
    const rz_err rc = train(&f, method, 1000, &r);
    RZ_EXPECT(rc == (fail_at == 0 ? RZ_ERR_NUM : RZ_OK));
    if (fail_at == 0) RZ_EXPECT(strstr(rz_error_message(), "the initial state cannot be used: injected") != NULL);
    if (fail_at > 0) RZ_EXPECT_NEAR(worst_digit(&f), 0.0, 1e-14);
    rz_error_clear();
    rz_history_free(&r.history);
    rz_params_free(&f.params);
  }
}

static void refuses_noise(const rz_comm *comm, const char *method) {
  fit f;
  rz_train_result r;
  fit_init(comm, &reg_rosenbrock, &f);
  f.noise = 0.1;
  RZ_EXPECT(train(&f, method, 10, &r) == RZ_ERR_DECK);
  RZ_EXPECT(strstr(rz_error_message(), "wants them without noise") != NULL);
  rz_error_clear();
  rz_history_free(&r.history);
  rz_params_free(&f.params);
}

/* The best state is the last, wherever the training ends: also between two trials. */
static void ends_at_the_best(const rz_comm *comm, const char *method) {
  double before = INFINITY;
  for (int64_t n = 0; n<25; n += comm->size> 1 ? 6 : 1) {
    fit f;
    rz_train_result r;
    fit_init(comm, &reg_rosenbrock, &f);
    RZ_EXPECT_OK(train(&f, method, n, &r));
    const double now = reg_square(&reg_rosenbrock, f.params.value), *loss = rz_history_column(&r.history, "loss");
    RZ_EXPECT(now <= before && (n == 0 || now <= loss[(r.history.n_row - 1) * r.history.n_column] * 2));
    before = now;
    rz_history_free(&r.history);
    rz_params_free(&f.params);
  }
}

/* --- Several steps in a turn -------------------------------------------------------------------------------------- */

/* The same way, of which every seventh step is told; of first-order methods to the last bit. */
static void takes_many_steps_a_turn(const rz_comm *comm, const char *method) {
  enum { STEPS = 40, EACH = 7 };
  char often[256];
  fit f, g;
  rz_train_result r, q;
  fit_init(comm, &reg_lanczos3, &f);
  fit_init(comm, &reg_lanczos3, &g);
  snprintf(often, sizeof often, "%s, steps_per_turn = %d", method, EACH);
  RZ_EXPECT_OK(train(&f, method, STEPS, &r));
  RZ_EXPECT_OK(train(&g, often, STEPS, &q));
  RZ_EXPECT(memcmp(f.params.value, g.params.value, (size_t)f.params.n * sizeof(double)) == 0 && f.calls == g.calls);
  RZ_EXPECT(r.n_step == STEPS && q.n_step == STEPS && r.history.n_row == STEPS);
  RZ_EXPECT(q.history.n_row >= STEPS / EACH && q.history.n_row <= STEPS / EACH + 1 + (int64_t)(g.calls - STEPS));
  const double *step = rz_history_column(&q.history, "step"), *loss = rz_history_column(&q.history, "loss"),
               *all = rz_history_column(&r.history, "loss");
  for (int64_t i = 0; step && i < q.history.n_row; i++) {
    const int64_t k = (int64_t)step[i * q.history.n_column];
    RZ_EXPECT(loss[i * q.history.n_column] == all[k * r.history.n_column]);
  }
  rz_history_free(&r.history), rz_history_free(&q.history);
  rz_params_free(&f.params), rz_params_free(&g.params);
}

/* A failure within a turn returns to its start. */
static void returns_to_the_start_of_a_turn(const rz_comm *comm) {
  for (int64_t fail_at = 1; fail_at < 12; fail_at++) {
    fit f;
    rz_train_result r;
    fit_init(comm, &reg_rosenbrock, &f);
    f.fail_at = fail_at;
    RZ_EXPECT_OK(train(&f, "'gradient', learning_rate = 1e-4, max_step = 0, steps_per_turn = 4", 20, &r));
    const int64_t lost = fail_at % 4 == 0 ? 4 : fail_at % 4; /* steps that were good, and are taken again */
    RZ_EXPECT(r.n_step == 20 && r.n_rejected == 1 && f.calls == 21 + lost && r.history.n_row == 5);
    const double *step = rz_history_column(&r.history, "step");
    for (int64_t i = 0; step && i < r.history.n_row; i++) RZ_EXPECT(step[i * r.history.n_column] == 4.0 * (double)i);
    rz_history_free(&r.history);
    rz_params_free(&f.params);
  }
}

/* --- A training that is stopped and goes on ----------------------------------------------------------------------- */

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
  (void)stage;
  *restored = s->filled;
  return s->filled ? walk(ctx, take_back, s) : RZ_OK;
}

static rz_err shelf_between(void *self, const char *stage, int64_t step, rz_state_walk *walk, void *ctx) {
  shelf *s = self;
  (void)stage, (void)step;
  if (s->filled || s->turns-- > 0) return RZ_OK;
  RZ_TRY(walk(ctx, put_aside, s));
  s->filled = true;
  RZ_FAIL(RZ_ERR_STOPPED, "stopped");
}

static void expect_same_history(const rz_history *h, const rz_history *k) {
  if (!RZ_EXPECT(h->n_row == k->n_row && h->n_column == k->n_column)) return;
  for (int c = 0; c < h->n_column; c++) {
    if (strcmp(h->column[c], "step_seconds") == 0 || strncmp(h->column[c], "comm_", 5) == 0) continue;
    for (int64_t i = 0; i < h->n_row; i++)
      RZ_EXPECT(memcmp(h->value + i * h->n_column + c, k->value + i * h->n_column + c, sizeof(double)) == 0);
  }
}

/* Stopped after so many turns, within a search or a row of refused trials too; false: it was over before. */
static bool goes_on(const rz_comm *comm, const char *method, int turns) {
  shelf s = {.turns = turns};
  const rz_keeper keeper = {&s, shelf_restore, shelf_between};
  fit f[3];
  rz_train_result r[3];
  for (int i = 0; i < 3; i++) {
    fit_init(comm, &reg_rosenbrock, &f[i]);
    f[i].keeper = i > 0 ? &keeper : NULL;
    const rz_err rc = train(&f[i], method, 1000, &r[i]);
    RZ_EXPECT(rc == (i == 1 && s.filled ? RZ_ERR_STOPPED : RZ_OK));
    if (i == 1 && !s.filled) s.turns = INT_MAX; /* the third is not stopped instead */
  }
  RZ_EXPECT(memcmp(f[0].params.value, f[2].params.value, (size_t)f[0].params.n * sizeof(double)) == 0);
  RZ_EXPECT(r[0].n_step == r[2].n_step && r[0].rested == r[2].rested);
  expect_same_history(&r[0].history, &r[2].history);
  for (int i = 0; i < 3; i++) rz_history_free(&r[i].history), rz_params_free(&f[i].params);
  free(s.bytes);
  return s.filled;
}

/* More ranks than cores wait for each other: on several ranks fewer of the places. */
static void goes_on_from_anywhere(const rz_comm *comm, const char *method) {
  int turns = 0;
  while (goes_on(comm, method, turns)) turns += comm->size > 1 ? 9 : 1;
  RZ_EXPECT(turns > 3);
}

int main(int argc, char **argv) {
  static const char *const methods[] = {LM_DENSE, "'lm', solver = 'kernel', damping_fall = 10", "'lbfgs'",
                                        "'lbfgs', memory = 2, first_step = 2.0"};
  MPI_Init(&argc, &argv);
  rz_comm comm;
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  (void)rz_blas_setup();
  finds_minima(&comm);
  solves_a_linear_problem(&comm);
  for (int i = 0; i < 4; i++) {
    survives_failures(&comm, methods[i]);
    ends_at_the_best(&comm, methods[i]);
    takes_many_steps_a_turn(&comm, methods[i]);
    goes_on_from_anywhere(&comm, methods[i]);
  }
  refuses_noise(&comm, LM_DENSE);
  refuses_noise(&comm, "'lbfgs'");
  takes_many_steps_a_turn(&comm, "'adam', learning_rate = 0.01");
  goes_on_from_anywhere(&comm, "'lm', steps_per_turn = 3");
  goes_on_from_anywhere(&comm, "'lm', acceleration = .true.");
  goes_on_from_anywhere(&comm, "'lm', acceleration = .true., steps_per_turn = 3");
  goes_on_from_anywhere(&comm, "'lbfgs', steps_per_turn = 3");
  returns_to_the_start_of_a_turn(&comm);
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  RZ_EXPECT_OK(rz_petsc_stop());
  return rz_check_finish();
}
