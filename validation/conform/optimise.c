/* modules: optimise solve linalg core */
/* ranks: 1 2 3 */
/* Every optimiser of the registry, by its name alone: it says what it is, descends a least-squares problem, takes the
 * same steps on any number of ranks, also on ranks without samples, resumes to the bit, and becomes careful when
 * rejected. */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/linalg/blas.h"
#include "ritz/optimise/optimiser.h"
#include "ritz/solve/session.h"
#include <stdlib.h>
#include <string.h>

enum { D_IN = 5, D_OUT = 2, P = D_IN * D_OUT, N_STEP = 60 };

/* Minimise sum_i w_i |out_i - target_i|^2 of out_i = sum_ab x_ia theta_ab y_ib: the Jacobian of out, the residual
 * out - target. Samples by global index. */
typedef struct fit {
  const rz_comm *comm;
  int n;
  double theta[P];
  double base[P]; /* of an optimiser that tries its steps: where they start from */
} fit;

static double draw(int what, int i, int k) {
  rz_rng r = rz_rng_stream(21, RZ_RNG_TEST, (uint64_t)((what * 256 + i) * 16 + k));
  return rz_rng_normal(&r);
}

static double output(const double *theta, int i) {
  double s = 0;
  for (int a = 0; a < D_IN; a++)
    for (int b = 0; b < D_OUT; b++) s += draw(1, i, a) * theta[a * D_OUT + b] * draw(2, i, b);
  return s;
}

static double target(int i) {
  double theta[P];
  for (int k = 0; k < P; k++) theta[k] = 0.1 * (double)(k - 3);
  return output(theta, i) + 0.01 * draw(3, i, 0);
}

/* Of centred outputs, as the optimiser sees it. */
static double loss(const fit *f) {
  double mean = 0, s = 0;
  for (int i = 0; i < f->n; i++) mean += (output(f->theta, i) - target(i)) / f->n;
  for (int i = 0; i < f->n; i++) s += pow(output(f->theta, i) - target(i) - mean, 2) / f->n;
  return s;
}

/* Jacobian and residual at theta, in room for e [256]. */
static rz_err slope(const fit *f, double *e, rz_slope *at) {
  const rz_range mine = rz_share(f->n, f->comm->rank, f->comm->size);
  const rz_layer shape = {.d_in = D_IN, .d_out = D_OUT, .n_share = 1, .n_x = D_IN};
  rz_layer *l = NULL;
  rz_jacobian *j = NULL;
  double mean = 0;
  RZ_TRY(rz_jacobian_create(mine.count, 1, P, &j));
  RZ_TRY(rz_jacobian_add(j, &shape, true, false, &l));
  for (int i = 0; i < f->n; i++) mean += (output(f->theta, i) - target(i)) / f->n;
  for (int i = 0; i < (int)mine.count; i++) {
    const int g = (int)mine.first + i;
    rz_jacobian_weights(j)[i] = 1.0 / f->n;
    e[i] = output(f->theta, g) - target(g) - mean;
    for (int a = 0; a < D_IN; a++) l->x[i * D_IN + a] = draw(1, g, a);
    for (int b = 0; b < D_OUT; b++) l->d_re[i * D_OUT + b] = draw(2, g, b);
  }
  *at = (rz_slope){j, e, NULL};
  return RZ_OK;
}

/* From theta, whatever led there. */
static rz_err move(fit *f, rz_optimiser *o, int i_step, rz_step_info *info) {
  double e[256], delta[P];
  rz_slope at;
  RZ_TRY(slope(f, e, &at));
  const rz_err rc = rz_optimiser_step(o, i_step, &at, delta, info);
  rz_jacobian_destroy(&at.jacobian);
  RZ_TRY(rc);
  for (int k = 0; k < P; k++) f->theta[k] += delta[k];
  return RZ_OK;
}

/* A step that was tried is judged first, and taken back if it did not do. */
static rz_err step(fit *f, rz_optimiser *o, int i_step, rz_step_info *info) {
  if (rz_optimiser_tries(o)) {
    double e[256];
    rz_slope at;
    bool good = false;
    RZ_TRY(slope(f, e, &at));
    const rz_err rc = rz_optimiser_judge(o, loss(f), &at, &good);
    rz_jacobian_destroy(&at.jacobian);
    RZ_TRY(rc);
    memcpy(good ? f->base : f->theta, good ? f->theta : f->base, sizeof f->base);
  }
  return move(f, o, i_step, info);
}

static rz_optimiser *make(const rz_comm *comm, const char *method, rz_config **config) {
  static const rz_option run[] = {RZ_ROW_STRING("study", NULL, "kind of run")};
  static const char *const names[] = {"run", "!optimiser", NULL};
  static const rz_study_groups studies[] = {{"train", "only an optimiser", names}};
  static rz_option_group group[2];
  static rz_schema schema;
  char deck[256];
  rz_optimiser *o = NULL;
  group[0] = (rz_option_group){.name = "run", .about = "the run", .rows = run, .n_rows = 1};
  group[1] = *rz_optimiser_options();
  schema = (rz_schema){group, 2, studies, 1};
  const int n =
      snprintf(deck, sizeof deck,
               "&run study = 'train' /\n&optimiser method = '%s', learning_rate = 0.05, max_step = 0 /\n", method);
  RZ_EXPECT_OK(rz_config_parse("deck.nml", deck, n, &schema, config));
  RZ_EXPECT_OK(rz_optimiser_create(*config, P, comm, &o));
  return o;
}

/* A flat copy of all state, or the way back. */
typedef struct copy {
  char data[8192];
  size_t n;
  bool restore;
} copy;

static rz_err walk(const rz_array *a, void *ctx) {
  copy *c = ctx;
  const size_t n = (size_t)rz_array_length(a) * rz_array_type_size(a->type);
  RZ_EXPECT(strncmp(a->name, "optimiser/", 10) == 0 && c->n + n <= sizeof c->data);
  memcpy(c->restore ? a->data : c->data + c->n, c->restore ? c->data + c->n : a->data, n);
  c->n += n;
  return RZ_OK;
}

static void check_training(const rz_comm *comm, const char *name) {
  rz_comm self;
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_SELF, &self));
  rz_config *config[3] = {0};
  fit f = {.comm = comm, .n = 60}, alone = {.comm = &self, .n = 60}, again;
  rz_optimiser *o = make(comm, name, &config[0]), *o1 = make(&self, name, &config[1]),
               *o2 = make(comm, name, &config[2]);
  rz_step_info info;
  copy c = {.n = 0};
  const double start = loss(&f);
  for (int i = 0; i < N_STEP; i++) {
    RZ_EXPECT_OK(step(&f, o, i, &info));
    RZ_EXPECT_OK(step(&alone, o1, i, &info));
  }
  RZ_EXPECT(loss(&f) < 0.2 * start);
  for (int k = 0; k < P; k++) RZ_EXPECT_NEAR(f.theta[k], alone.theta[k], 1e-10);
  RZ_EXPECT_OK(rz_optimiser_state(o, walk, &c));
  c.restore = true;
  c.n = 0;
  RZ_EXPECT_OK(rz_optimiser_state(o2, walk, &c));
  again = f;
  for (int i = N_STEP; i < N_STEP + 3; i++) {
    RZ_EXPECT_OK(step(&f, o, i, &info));
    RZ_EXPECT_OK(step(&again, o2, i, &info));
  }
  RZ_EXPECT(memcmp(f.theta, again.theta, sizeof f.theta) == 0);
  rz_optimiser_destroy(&o), rz_optimiser_destroy(&o1), rz_optimiser_destroy(&o2);
  for (int i = 0; i < 3; i++) rz_config_destroy(&config[i]);
}

static void check_rejection(const rz_comm *comm, const char *name) {
  rz_config *config = NULL;
  rz_optimiser *o = make(comm, name, &config);
  fit f = {.comm = comm, .n = 30};
  rz_step_info first, second;
  RZ_EXPECT_OK(step(&f, o, 0, &first));
  RZ_EXPECT_OK(rz_optimiser_reject(o));
  RZ_EXPECT_OK(rz_optimiser_reject(o));
  memset(f.theta, 0, sizeof f.theta);
  RZ_EXPECT_OK(move(&f, o, 0, &second));
  RZ_EXPECT(second.step_norm < first.step_norm);
  rz_optimiser_destroy(&o);
  rz_config_destroy(&config);
}

static void check_few_samples(const rz_comm *comm, const char *name) {
  rz_config *config = NULL;
  rz_optimiser *o = make(comm, name, &config);
  fit f = {.comm = comm, .n = 2};
  rz_step_info info;
  RZ_EXPECT_OK(step(&f, o, 0, &info));
  RZ_EXPECT(isfinite(info.step_norm) && info.step_norm > 0.0);
  rz_optimiser_destroy(&o);
  rz_config_destroy(&config);
  o = make(comm, name, &config);
  f.n = 1; /* centred, nothing is left to learn */
  memset(f.theta, 0, sizeof f.theta);
  RZ_EXPECT_OK(step(&f, o, 0, &info));
  RZ_EXPECT(info.step_norm < 1e-12);
  rz_optimiser_destroy(&o);
  rz_config_destroy(&config);
}

int main(int argc, char **argv) {
  rz_comm comm;
  int n = 0;
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  (void)rz_blas_setup();
  const rz_optimiser_class *const *all = rz_optimiser_registry(&n);
  RZ_EXPECT(n >= 4);
  for (int i = 0; i < n; i++) {
    const int before = rz_n_failed;
    RZ_EXPECT(all[i]->name && all[i]->about && strlen(all[i]->about) > 3);
    check_training(&comm, all[i]->name);
    check_rejection(&comm, all[i]->name);
    check_few_samples(&comm, all[i]->name);
    if (rz_n_failed > before) fprintf(stderr, "in optimiser '%s'\n", all[i]->name);
  }
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  RZ_EXPECT_OK(rz_petsc_stop());
  return rz_check_finish();
}
