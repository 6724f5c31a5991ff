/* modules: estimate sample ansatz net model linalg core */
/* ranks: 1 2 3 */
/* An RBM that is the classical Ising ring. One hidden unit per bond with weight W on both ends,
 *   psi(s) = prod_i cosh(W (s_i + s_{i+1})),
 * has |psi|^2 = prod_i exp(K s_i s_{i+1}) up to a factor, K = ln cosh 2W, and therefore, t = tanh K, N sites,
 *   <s_0 s_r>  = (t^r + t^(N-r)) / (1 + t^N)
 *   <sigma^x>  = 1 / (cosh^2 K (1 + t^N))
 * (transfer matrices; flipping s_0 takes its two bonds out of psi(s) psi(s')). Signs g_i = +-1 on the weights of site i
 * make it the ring in the gauge s_i -> g_i s_i. Sampled with every kind of move, from weak coupling to weights at which
 * amplitudes differ by e^160, against these values within 5 standard errors. */
#include "bare_model.h"
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/estimate/energy.h"

enum { N_SITE = 12, HALF = N_SITE / 2, N_VALUE = HALF + 1 }; /* <s_0 s_r>, r = 1 .. HALF, and <sigma^x> */

typedef struct {
  const char *spec;
  double w;
  rz_sampler_spec sampler;
} setting;

/* --- the state --- */

static int gauge(const rz_ansatz *a, int i) {
  const bool shared = a->params.view[0].shape[1] == 1;
  return shared || i % 3 != 1 ? 1 : -1;
}

/* W [n_site, n_filter]; filter j is the bond of sites j and j + 1, or every bond where it is shared. */
static void set_bonds(rz_ansatz *a, double w) {
  const rz_view *v = &a->params.view[0];
  const int64_t n_filter = v->shape[1], step = v->is_complex ? 2 : 1;
  double *value = rz_params_real(&a->params, 0);
  for (int64_t k = 0; k < a->params.n; k++) a->params.value[k] = 0.0;
  for (int64_t j = 0; j < n_filter; j++)
    for (int end = 0; end < 2; end++) {
      const int i = (int)(j + end) % N_SITE;
      value[(i * n_filter + j) * step] = gauge(a, i) * w;
    }
  RZ_EXPECT_OK(rz_ansatz_update(a));
}

/* From W = 5 on, states other than the two ordered ones have weights below 1e-16 and no walker is there, though half of
 * <sigma^x> is: what is seen is its local value in an ordered state, 1 / cosh^2 2W. */
static void expected_values(double w, double *value) {
  const double c = cosh(2.0 * w), t = (c - 1.0 / c) / (c + 1.0 / c), cosh_k = 0.5 * (c + 1.0 / c);
  const double norm = 1.0 + pow(t, N_SITE);
  for (int r = 1; r <= HALF; r++) value[r - 1] = (pow(t, r) + pow(t, N_SITE - r)) / norm;
  value[HALF] = w < 5.0 ? 1.0 / (cosh_k * cosh_k * norm) : 1.0 / (c * c);
}

/* --- the estimate --- */

static void measure(const rz_ansatz *a, const rz_operator *sx, const rz_comm *comm, const rz_samples *s, rz_mean *out) {
  double *x = NULL;
  double complex *flips = NULL;
  RZ_EXPECT_OK(RZ_NEW(s->n, &x));
  RZ_EXPECT_OK(RZ_NEW(s->n, &flips));
  RZ_EXPECT_OK(rz_local_values(sx, a, s->n, s->spin, flips, NULL, NULL));
  for (int r = 1; r <= N_VALUE; r++) {
    for (int64_t k = 0; k < s->n; k++) {
      const int8_t *spin = s->spin + k * N_SITE;
      int sum = 0;
      for (int i = 0; i < N_SITE; i++) {
        const int j = (i + r) % N_SITE;
        sum += gauge(a, i) * gauge(a, j) * spin[i] * spin[j];
      }
      x[k] = r <= HALF ? (double)sum / N_SITE : creal(flips[k]);
    }
    RZ_EXPECT_OK(rz_chains_mean(comm, s->n_chain, s->n_draw, s->n_chain_global, x, &out[r - 1]));
  }
  rz_free(&flips);
  rz_free(&x);
}

static void sample(const setting *c, const rz_model *model, const rz_comm *comm, rz_mean *out) {
  rz_ansatz *a = NULL;
  rz_sampler *sampler = NULL;
  rz_samples s = {0};
  RZ_EXPECT_OK(rz_ansatz_create_spec(model->lattice, 1, c->spec, &a));
  set_bonds(a, c->w);
  RZ_EXPECT_OK(rz_sampler_create_from(&c->sampler, model, a, 11, comm, &sampler));
  RZ_EXPECT_OK(rz_sampler_start(sampler, a));
  RZ_EXPECT_OK(rz_sampler_draw(sampler, a, 0, &s));
  measure(a, model->h, comm, &s, out);
  rz_samples_free(&s);
  rz_sampler_destroy(&sampler);
  rz_ansatz_destroy(&a);
}

/* --- the comparison --- */

/* Where no walker ever left a value its error is 0; rounding is then all that may differ. */
static void compare(const setting *c, const rz_mean *m) {
  double exact[N_VALUE];
  expected_values(c->w, exact);
  for (int k = 0; k < N_VALUE; k++)
    if (!RZ_EXPECT_NEAR(m[k].mean, exact[k], 5.0 * m[k].error + 1e-12 * exact[k]))
      fprintf(stderr, "  W = %g, %s, %s, value %d, tau %.3g\n", c->w, c->spec, c->sampler.move[0], k, m[k].tau_int);
}

/* Several ranks only have to give the same numbers, for which fewer samples do. */
static void check(setting c, const rz_model *model, const rz_comm *world, const rz_comm *self) {
  rz_mean together[N_VALUE], alone[N_VALUE];
  if (world->size > 1) c.sampler.samples /= 8;
  sample(&c, model, world, together);
  compare(&c, together);
  if (world->size == 1) return;
  sample(&c, model, self, alone);
  for (int k = 0; k < N_VALUE; k++) RZ_EXPECT(together[k].mean == alone[k].mean && together[k].error == alone[k].error);
}

/* sum_i sigma^x_i / N */
static rz_err transverse(rz_model *model) {
  RZ_TRY(rz_operator_create(N_SITE, &model->h));
  for (int32_t i = 0; i < N_SITE; i++) RZ_TRY(rz_operator_add(model->h, 1.0 / N_SITE, 1, &(rz_local){i, 'X'}));
  return rz_operator_finish(model->h);
}

#define CHAINS .method = "metropolis", .chains = 64
#define FLIP .n_move = 1, .move = {"flip"}, .replicas = 1
#define GLOBAL .n_move = 2, .move = {"flip", "global_flip"}, .move_weight = {4, 1}, .replicas = 1
#define EXCHANGE .n_move = 2, .move = {"flip", "exchange"}, .move_weight = {1, 2}, .replicas = 1
#define TEMPERED .n_move = 1, .move = {"flip"}, .replicas = 4, .beta_min = 0.1

static const setting settings[] = {
    {"kind=rbm", 0.3, {CHAINS, FLIP, .samples = 65536, .discard = 50}},
    {"kind=rbm symmetry=translation", 0.6, {CHAINS, FLIP, .samples = 65536, .discard = 100}},
    {"kind=rbm weights=complex", 0.6, {CHAINS, EXCHANGE, .samples = 65536, .discard = 100}},
    {"kind=rbm", 1.0, {CHAINS, GLOBAL, .samples = 65536, .discard = 200}},
    {"kind=rbm", 1.3, {CHAINS, TEMPERED, .samples = 65536, .discard = 200}},
    {"kind=rbm weights=complex symmetry=translation", 1.3, {CHAINS, TEMPERED, .samples = 32768, .discard = 200}},
    {"kind=rbm", 5.0, {CHAINS, FLIP, .samples = 16384, .discard = 1000}},
    {"kind=rbm weights=complex", 9.0, {CHAINS, FLIP, .samples = 16384, .discard = 1000}},
    {"kind=rbm", 10.0, {CHAINS, EXCHANGE, .samples = 16384, .discard = 1000}},
    {"kind=rbm symmetry=translation", 15.0, {CHAINS, GLOBAL, .samples = 16384, .discard = 1000}},
    {"kind=rbm", 20.0, {CHAINS, GLOBAL, .samples = 16384, .discard = 1000}},
    {"kind=rbm weights=complex symmetry=translation", 20.0, {CHAINS, TEMPERED, .samples = 16384, .discard = 1000}},
};

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  rz_comm world, self;
  rz_model model;
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &world));
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_SELF, &self));
  if (RZ_EXPECT_OK(bare_chain(N_SITE, true, &model)) && RZ_EXPECT_OK(transverse(&model))) {
    for (size_t k = 0; k < sizeof settings / sizeof *settings; k++) check(settings[k], &model, &world, &self);
    model.bare = model.h;
    bare_free(&model);
  }
  return rz_check_finish();
}
