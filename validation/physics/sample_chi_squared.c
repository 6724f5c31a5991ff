/* modules: sample ansatz model linalg core */
/* Every move, with and without tempering, in every sector, on random positive and complex states of six sites
 * (and of the eight links of a torus): visited
 * states against |psi|^2 by chi squared. Threshold 5 sigma (p = 3e-7) for each of the cases, fixed seeds. */
#include "bare_model.h"
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/sample/sampler.h"
#include "table_state.h"

#include <stdlib.h>

enum { N_SITE = 6, MAX_DIM = 1 << 8 };

static rz_comm comm;

/* Upper tail of chi squared by the regularised incomplete gamma function Q(k/2, x/2) (series, or continued fraction).
 */
static double tail(double dof, double chi2) {
  const double a = 0.5 * dof, x = 0.5 * chi2, scale = exp(a * log(x) - x - lgamma(a));
  if (x < a + 1.0) {
    double term = 1.0 / a, sum = term;
    for (int i = 1; i < 1000; i++) sum += term *= x / (a + i);
    return 1.0 - sum * scale;
  }
  double b = x + 1.0 - a, c = 1e300, d = 1.0 / b, h = d;
  for (int i = 1; i < 1000; i++) {
    const double an = -i * (i - a);
    b += 2.0;
    d = 1.0 / (an * d + b);
    c = b + an / c;
    h *= d * c;
  }
  return h * scale;
}

/* Exact weights of the sector's states; states outside have weight 0. */
static void exact(const rz_ansatz *a, const rz_sector *sector, double *p) {
  double sum = 0.0;
  for (uint64_t s = 0; s >> sector->n_site == 0; s++)
    sum += p[s] = rz_sector_contains(sector, s) ? exp(2.0 * creal(table_of(a)[s])) : 0;
  for (uint64_t s = 0; s >> sector->n_site == 0; s++) p[s] /= sum;
}

/* p-value of counts; states expected less than 5 times are pooled. A state of weight 0 that was seen gives 0. */
static double p_value(int dim, const double *p, const double *count, double n) {
  double chi2 = 0.0, pooled = 0.0, pooled_count = 0.0;
  int cells = 0;
  for (int s = 0; s < dim; s++) {
    if (p[s] == 0.0 && count[s] > 0.0) return 0.0;
    if (n * p[s] < 5.0) {
      pooled += n * p[s];
      pooled_count += count[s];
      continue;
    }
    chi2 += (count[s] - n * p[s]) * (count[s] - n * p[s]) / (n * p[s]);
    cells++;
  }
  if (pooled >= 5.0) {
    chi2 += (pooled_count - pooled) * (pooled_count - pooled) / pooled;
    cells++;
  }
  return cells > 1 ? tail(cells - 1, chi2) : 1.0;
}

typedef struct {
  const char *text;
  int n_move;
  const char *move[3];
  double weight[3];
  bool any_pair;
  int sectors; /* bit 0: all, bit 1: sz = 0, bit 2: two spins up */
} move_case;

static const move_case moves[] = {
    {"auto", 0, {0}, {0}, false, 7},
    {"flip", 1, {"flip"}, {0}, false, 1},
    {"exchange", 1, {"exchange"}, {0}, false, 6},
    {"exchange any", 1, {"exchange"}, {0}, true, 6},
    {"flip + exchange", 2, {"flip", "exchange"}, {1, 3}, false, 1},
    {"flip + global_flip", 2, {"flip", "global_flip"}, {4, 1}, false, 1},
    {"exchange + global_flip", 2, {"exchange", "global_flip"}, {0.7, 0.3}, true, 2},
    {"all three", 3, {"flip", "exchange", "global_flip"}, {0}, false, 1},
};

static const move_case link_moves[] = {
    {"flip + star", 2, {"flip", "star"}, {1, 2}, false, 1},
    {"flip + star + exchange", 3, {"flip", "star", "exchange"}, {0}, true, 1},
};

static double run_case(const move_case *m, int replicas, const rz_model *model, const rz_ansatz *a, uint64_t seed) {
  const rz_sampler_spec spec = {.method = "metropolis",
                                .n_move = m->n_move,
                                .move = {m->move[0], m->move[1], m->move[2]},
                                .move_weight = {m->weight[0], m->weight[1], m->weight[2]},
                                .any_pair = m->any_pair,
                                .chains = 64,
                                .samples = 64 * 120,
                                .sweep_size = 20 * a->n_site, /* thinned: draws are all but independent */
                                .discard = 30,
                                .discard_step = 1,
                                .replicas = replicas,
                                .beta_min = 0.1};
  rz_sampler *s = NULL;
  rz_samples x = {0};
  double p[MAX_DIM], count[MAX_DIM] = {0}, p_found = 0.0;
  rz_sector sector;
  RZ_EXPECT_OK(rz_sector_init(a->n_site, model->fixed_sz, model->n_up, &sector));
  exact(a, &sector, p);
  if (!RZ_EXPECT_OK(rz_sampler_create_from(&spec, model, a, seed, &comm, &s))) return 0.0;
  int connected = 0;
  char text[256];
  RZ_EXPECT_OK(rz_sampler_ergodic(s, model, &connected, text));
  RZ_EXPECT(connected == 1);
  RZ_EXPECT_OK(rz_sampler_start(s, a));
  if (RZ_EXPECT_OK(rz_sampler_draw(s, a, 0, &x))) {
    RZ_EXPECT(x.n == spec.samples && x.n_draw == 120 && x.n_chain == 64);
    for (int64_t i = 0; i < x.n; i++) count[rz_spins_to_bits(a->n_site, x.spin + i * a->n_site)] += 1.0;
    p_found = p_value(1 << a->n_site, p, count, (double)x.n);
    const rz_sampler_info info = rz_sampler_info_last(s);
    RZ_EXPECT(info.acceptance > 0.0 && info.acceptance < 1.0);
    RZ_EXPECT(replicas == 1 ? isnan(info.swap_acceptance) : info.swap_acceptance > 0.1 && info.swap_acceptance < 1.0);
  }
  rz_samples_free(&x);
  rz_sampler_destroy(&s);
  return p_found;
}

static void check_case(const move_case *m, int replicas, const rz_model *model, const rz_ansatz *a, uint64_t seed) {
  const double p = run_case(m, replicas, model, a, seed);
  if (!RZ_EXPECT(p > 3e-7))
    fprintf(stderr, "  %s, %d up, %d replica(s), seed %d: p = %g\n", m->text, model->fixed_sz ? model->n_up : -1,
            replicas, (int)seed, p);
}

static void check_chain(void) {
  rz_model model;
  rz_ansatz a;
  RZ_EXPECT_OK(bare_chain(N_SITE, true, &model));
  RZ_EXPECT_OK(table_init(N_SITE, model.lattice, &a));
  uint64_t seed = 1;
  for (int state = 0; state < 2; state++) {
    table_randomise(&a, 3 + (uint64_t)state, 0.9, state == 0 ? 0.0 : 2.0);
    for (int sector = 0; sector < 3; sector++)
      for (int m = 0; m < (int)(sizeof moves / sizeof moves[0]); m++)
        for (int replicas = 1; replicas <= 4; replicas *= 4) {
          if (!(moves[m].sectors >> sector & 1)) continue;
          model.fixed_sz = sector > 0;
          model.n_up = sector == 0 ? 0 : sector == 1 ? 3 : 2;
          check_case(&moves[m], replicas, &model, &a, seed++);
        }
  }
  table_free(&a);
  bare_free(&model);
}

static void check_links(void) {
  rz_model model = {.pauli = true};
  rz_ansatz a;
  RZ_EXPECT_OK(rz_lattice_create(&(rz_lattice_spec){"square_links", 2, {2, 2}, {true, true}, 0, NULL}, &model.lattice));
  RZ_EXPECT_OK(table_init(8, model.lattice, &a));
  table_randomise(&a, 5, 0.9, 2.0);
  for (int m = 0; m < 2; m++)
    for (int replicas = 1; replicas <= 4; replicas *= 4)
      check_case(&link_moves[m], replicas, &model, &a, 70 + (uint64_t)(2 * m + replicas));
  table_free(&a);
  bare_free(&model);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  check_chain();
  check_links();
  RZ_EXPECT_NEAR(tail(10.0, 18.307038053275147), 0.05, 1e-9); /* the yardstick itself */
  return rz_check_finish();
}
