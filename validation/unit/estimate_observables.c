/* modules: estimate sample ansatz model linalg core */
/* ranks: 1 2 3 4 */
/* Every registered observable: full sums against exact vectors, definitions written out against both, packed sums
 * against loops over spins, units, the Marshall basis, fixed sz, bits on any number of ranks. */
#include "bare_model.h"
#include "check.h"
#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/estimate/observable.h"
#include "table_state.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_NAME = 32, MAX_SITE = 12 };

static rz_comm world, self;

static int fitting_names(const rz_model *model, const char **names) {
  int n = 0, n_class = 0;
  const rz_observable_class *const *cls = rz_observable_registry(&n_class);
  for (int k = 0; k < n_class; k++)
    if (!cls[k]->unfit || !cls[k]->unfit(model)) names[n++] = cls[k]->name;
  return n;
}

static const rz_measured *named(int n, const rz_measured *m, const char *name) {
  for (int k = 0; k < n; k++)
    if (strcmp(m[k].name, name) == 0) return &m[k];
  (void)rz_expect(0, __FILE__, __LINE__, name);
  return m;
}

/* psi over the sector from the table; dim in all. */
static double complex *vector(const rz_ansatz *a, const rz_sector *sector) {
  double complex *psi = NULL;
  RZ_EXPECT_OK(RZ_NEW(sector->dim, &psi));
  uint64_t state = rz_sector_unrank(sector, 0);
  for (int64_t k = 0; k < sector->dim; k++, state = rz_sector_next(sector, state)) psi[k] = cexp(table_of(a)[state]);
  return psi;
}

/* ---- definitions, written out over the whole space of 2^N states ---- */

typedef struct {
  int n;
  double complex psi[1 << MAX_SITE]; /* normalised, zero outside the sector */
} state_vector;

static state_vector v;

static void expand(const rz_sector *sector, const double complex *psi) {
  double norm = 0.0;
  v.n = sector->n_site;
  memset(v.psi, 0, sizeof v.psi);
  for (int64_t k = 0; k < sector->dim; k++) norm += creal(psi[k] * conj(psi[k]));
  for (int64_t k = 0; k < sector->dim; k++) v.psi[rz_sector_unrank(sector, k)] = psi[k] / sqrt(norm);
}

static int spin_of(uint64_t s, int i) { return s >> i & 1 ? 1 : -1; }

/* sigma^c_i on s: state and factor. */
static double complex act(char c, int i, uint64_t *s) {
  const int z = spin_of(*s, i);
  if (c == 'z') return z;
  *s ^= (uint64_t)1 << i;
  return c == 'x' ? 1.0 : CMPLX(0.0, z);
}

/* <sigma^c_i sigma^c_j>, j < 0: <sigma^c_i>. */
static double expect(char c, int i, int j) {
  double sum = 0.0;
  for (uint64_t s = 0; s < (uint64_t)1 << v.n; s++) {
    uint64_t t = s;
    double complex f = j >= 0 ? act(c, j, &t) : 1.0;
    f *= act(c, i, &t);
    sum += creal(conj(v.psi[t]) * f * v.psi[s]);
  }
  return sum;
}

static double moment(int power, const int8_t *sublattice, int absolute) {
  double sum = 0.0;
  for (uint64_t s = 0; s < (uint64_t)1 << v.n; s++) {
    double m = 0.0;
    for (int i = 0; i < v.n; i++) m += (sublattice && sublattice[i] ? -1.0 : 1.0) * spin_of(s, i) / v.n;
    sum += creal(v.psi[s] * conj(v.psi[s])) * pow(absolute ? fabs(m) : m, power);
  }
  return sum;
}

static double structure(const rz_lattice *l, const double q[2]) {
  double sum = 0.0;
  for (int i = 0; i < v.n; i++)
    for (int j = 0; j < v.n; j++) {
      double ri[2], rj[2];
      rz_lattice_position(l, i, ri);
      rz_lattice_position(l, j, rj);
      sum += cos(q[0] * (ri[0] - rj[0]) + q[1] * (ri[1] - rj[1])) * expect('z', i, j) / v.n;
    }
  return sum;
}

static void check_correlations(const rz_lattice *l, double unit, char c, int n, const rz_measured *m) {
  char name[32];
  snprintf(name, sizeof name, "s%cs%c/total", c, c);
  const rz_measured *total = named(n, m, name);
  snprintf(name, sizeof name, "s%cs%c/connected", c, c);
  const rz_measured *connected = named(n, m, name);
  for (int64_t d = 0; d < total->n_value; d++) {
    double sum = 0.0, sum_connected = 0.0;
    int pairs = 0;
    for (int i = 0; i < v.n; i++)
      for (int j = i + 1; j < v.n; j++) {
        if (fabs(rz_lattice_distance(l, i, j) - total->axis[d]) > 1e-9) continue;
        sum += expect(c, i, j);
        sum_connected += expect(c, i, j) - expect(c, i, -1) * expect(c, j, -1);
        pairs++;
      }
    RZ_EXPECT(pairs > 0);
    RZ_EXPECT_NEAR(total->mean[d], unit * unit * sum / pairs, 1e-12);
    RZ_EXPECT_NEAR(connected->mean[d], unit * unit * sum_connected / pairs, 1e-12);
  }
}

static void check_scalars(const rz_model *model, double unit, int n, const rz_measured *m) {
  const int8_t *sub = rz_lattice_sublattice(model->lattice);
  double sx = 0.0, sy = 0.0, s2 = 0.75 * v.n;
  for (int i = 0; i < v.n; i++) {
    sx += unit * expect('x', i, -1) / v.n;
    sy += unit * expect('y', i, -1) / v.n;
    for (int j = i + 1; j < v.n; j++) s2 += 0.5 * (expect('x', i, j) + expect('y', i, j) + expect('z', i, j));
  }
  RZ_EXPECT_NEAR(named(n, m, "sx")->mean[0], sx, 1e-12);
  RZ_EXPECT_NEAR(named(n, m, "sy")->mean[0], sy, 1e-12);
  RZ_EXPECT_NEAR(named(n, m, "s2")->mean[0], s2, 1e-12);
  RZ_EXPECT_NEAR(named(n, m, "sz")->mean[0], unit * moment(1, NULL, 0), 1e-12);
  RZ_EXPECT_NEAR(named(n, m, "abs_sz")->mean[0], unit * moment(1, NULL, 1), 1e-12);
  RZ_EXPECT_NEAR(named(n, m, "sz2")->mean[0], unit * unit * moment(2, NULL, 0), 1e-12);
  if (!model->fixed_sz)
    RZ_EXPECT_NEAR(named(n, m, "binder")->mean[0], 1 - moment(4, NULL, 0) / (3 * pow(moment(2, NULL, 0), 2)), 1e-11);
  if (!rz_lattice_is_bipartite(model->lattice)) return;
  RZ_EXPECT_NEAR(named(n, m, "staggered_sz")->mean[0], unit * moment(1, sub, 0), 1e-12);
  RZ_EXPECT_NEAR(named(n, m, "abs_staggered_sz")->mean[0], unit * moment(1, sub, 1), 1e-12);
  RZ_EXPECT_NEAR(named(n, m, "staggered_sz2")->mean[0], unit * unit * moment(2, sub, 0), 1e-12);
  RZ_EXPECT_NEAR(named(n, m, "binder_staggered")->mean[0], 1 - moment(4, sub, 0) / (3 * pow(moment(2, sub, 0), 2)),
                 1e-11);
}

static void check_chain_momenta(const rz_model *model, double unit, int n, const rz_measured *m) {
  const rz_measured *sq = named(n, m, "sq");
  RZ_EXPECT(sq->n_value == v.n && sq->n_dim == 1);
  for (int k = 0; k < v.n; k++) {
    const double q[2] = {2.0 * RZ_PI * k / v.n, 0.0};
    RZ_EXPECT_NEAR(sq->axis[k], q[0], 1e-14);
    RZ_EXPECT_NEAR(sq->mean[k], unit * unit * structure(model->lattice, q), 1e-12);
  }
  const double q0[2] = {0, 0}, q1[2] = {2.0 * RZ_PI / v.n, 0};
  const double ratio = structure(model->lattice, q0) / structure(model->lattice, q1) - 1.0;
  const double p0[2] = {RZ_PI, 0}, p1[2] = {RZ_PI + 2.0 * RZ_PI / v.n, 0};
  const double peak = structure(model->lattice, p0) / structure(model->lattice, p1) - 1.0;
  RZ_EXPECT_NEAR(named(n, m, "xi_staggered")->mean[0], sqrt(fmax(peak, 0)) / (2 * sin(RZ_PI / v.n)), 1e-10);
  if (model->fixed_sz) return;
  RZ_EXPECT_NEAR(named(n, m, "xi")->mean[0], sqrt(fmax(ratio, 0)) / (2 * sin(RZ_PI / v.n)), 1e-10);
}

/* Full sum against the vector, the vector against the definitions. */
static void every_observable(rz_model *model, const rz_ansatz *a, int chain) {
  const char *names[MAX_NAME];
  const int n_name = fitting_names(model, names);
  rz_observables *o = NULL, *p = NULL;
  rz_sampler *sampler = NULL;
  rz_samples s = {0};
  rz_sector sector;
  int n = 0, n_exact = 0;
  const rz_measured *m = NULL, *exact = NULL;
  const rz_sampler_spec spec = {.method = "full_sum"};
  RZ_EXPECT_OK(rz_sector_init(a->n_site, model->fixed_sz, model->n_up, &sector));
  double complex *psi = vector(a, &sector);
  RZ_EXPECT_OK(rz_observables_create(model, n_name, names, &o));
  RZ_EXPECT_OK(rz_observables_create(model, n_name, names, &p));
  RZ_EXPECT_OK(rz_sampler_create_from(&spec, model, a, 1, &world, &sampler));
  RZ_EXPECT_OK(rz_sampler_draw(sampler, a, 0, &s));
  RZ_EXPECT_OK(rz_observables_add(o, a, &world, &s));
  RZ_EXPECT_OK(rz_observables_result(o, &world, &n, &m));
  RZ_EXPECT_OK(rz_observables_exact(p, &sector, psi, &n_exact, &exact));
  RZ_EXPECT(n == n_exact && n >= n_name);
  for (int k = 0; k < n; k++) {
    RZ_EXPECT(strcmp(m[k].name, exact[k].name) == 0 && m[k].n_value == exact[k].n_value);
    for (int64_t i = 0; i < m[k].n_value; i++) {
      if (!RZ_EXPECT_NEAR(m[k].mean[i], exact[k].mean[i], 1e-12 * (1.0 + fabs(exact[k].mean[i]))))
        fprintf(stderr, "  %s[%lld]\n", m[k].name, (long long)i);
      RZ_EXPECT(m[k].error[i] == 0.0);
    }
  }
  expand(&sector, psi);
  const double unit = model->pauli ? 1.0 : 0.5;
  if (!model->marshall) {
    check_scalars(model, unit, n, exact);
    for (const char *c = "xyz"; *c; c++) check_correlations(model->lattice, unit, *c, n, exact);
    if (chain) check_chain_momenta(model, unit, n, exact);
    const rz_measured *pairs = named(n, exact, "szsz_pairs/connected");
    for (int i = 0; i < v.n; i++)
      for (int j = 0; j < v.n; j++)
        RZ_EXPECT_NEAR(pairs->mean[i * v.n + j],
                       unit * unit * (expect('z', i, j) - expect('z', i, -1) * expect('z', j, -1)), 1e-12);
  }
  rz_free(&psi);
  rz_samples_free(&s);
  rz_sampler_destroy(&sampler);
  rz_observables_destroy(&o);
  rz_observables_destroy(&p);
}

static void chains_and_sectors(void) {
  rz_model model;
  rz_ansatz a;
  RZ_EXPECT_OK(bare_chain(6, true, &model));
  RZ_EXPECT_OK(table_init(6, model.lattice, &a));
  for (int k = 0; k < 4; k++) {
    table_randomise(&a, 20 + (uint64_t)k, 0.6, k % 2 ? 1.5 : 0.0);
    model.pauli = k < 2;
    model.fixed_sz = k == 1 || k == 3;
    model.n_up = 2 + k % 3;
    every_observable(&model, &a, 1);
  }
  table_free(&a);
  bare_free(&model);
}

/* Observables of the rotated state in the rotated basis are those of the bare state. */
static void marshall_basis(void) {
  rz_model bare, rotated;
  rz_ansatz a, b;
  rz_sector sector;
  const char *names[MAX_NAME];
  RZ_EXPECT_OK(bare_chain(6, true, &bare));
  RZ_EXPECT_OK(bare_chain(6, true, &rotated));
  RZ_EXPECT_OK(table_init(6, bare.lattice, &a));
  RZ_EXPECT_OK(table_init(6, bare.lattice, &b));
  int8_t mask[6] = {1, 0, 1, 0, 1, 0};
  rotated.marshall = true;
  rotated.marshall_mask = mask;
  table_randomise(&a, 31, 0.6, 1.5);
  for (uint64_t s = 0; s < 64; s++) {
    int sign = 1;
    for (int i = 0; i < 6; i += 2) sign *= spin_of(s, i);
    ((double complex *)b.data)[s] = table_of(&a)[s] + (sign < 0 ? CMPLX(0.0, RZ_PI) : 0.0);
  }
  every_observable(&rotated, &b, 1);
  RZ_EXPECT_OK(rz_sector_init(6, false, 0, &sector));
  double complex *psi = vector(&a, &sector), *phi = vector(&b, &sector);
  rz_observables *o = NULL, *p = NULL;
  const rz_measured *m = NULL, *q = NULL;
  const int n_name = fitting_names(&bare, names);
  int n = 0;
  RZ_EXPECT_OK(rz_observables_create(&bare, n_name, names, &o));
  RZ_EXPECT_OK(rz_observables_create(&rotated, n_name, names, &p));
  RZ_EXPECT_OK(rz_observables_exact(o, &sector, psi, &n, &m));
  RZ_EXPECT_OK(rz_observables_exact(p, &sector, phi, &n, &q));
  for (int k = 0; k < n; k++)
    for (int64_t i = 0; i < m[k].n_value; i++) RZ_EXPECT_NEAR(m[k].mean[i], q[k].mean[i], 1e-12);
  rz_free(&psi);
  rz_free(&phi);
  rz_observables_destroy(&o);
  rz_observables_destroy(&p);
  table_free(&a);
  table_free(&b);
  bare_free(&bare);
  bare_free(&rotated);
}

/* Momenta in two dimensions and with several sites in the cell. */
static void other_lattices(const char *geometry, int lx, int ly) {
  rz_model model = {.pauli = true};
  const rz_lattice_spec spec = {
      .geometry = geometry, .n_dim = 2, .length = {lx, ly}, .periodic = {true, true}, .legs = 1};
  if (!RZ_EXPECT_OK(rz_lattice_create(&spec, &model.lattice))) return;
  const int n_site = rz_lattice_n_site(model.lattice), n_basis = rz_lattice_n_basis(model.lattice);
  rz_ansatz a;
  RZ_EXPECT_OK(table_init(n_site, model.lattice, &a));
  table_randomise(&a, 41, 0.6, 0.8);
  every_observable(&model, &a, 0);
  rz_sector sector;
  RZ_EXPECT_OK(rz_sector_init(n_site, false, 0, &sector));
  double complex *psi = vector(&a, &sector);
  rz_observables *o = NULL;
  int n = 0;
  const rz_measured *m = NULL;
  RZ_EXPECT_OK(rz_observables_create(&model, 1, (const char *const[]){"sq"}, &o));
  RZ_EXPECT_OK(rz_observables_exact(o, &sector, psi, &n, &m));
  RZ_EXPECT(m->n_dim == 2 && m->shape[0] == ly && m->shape[1] == lx);
  expand(&sector, psi);
  double a1[2], a2[2];
  rz_lattice_position(model.lattice, n_basis, a1);
  rz_lattice_position(model.lattice, n_basis * lx, a2);
  double origin[2];
  rz_lattice_position(model.lattice, 0, origin);
  for (int d = 0; d < 2; d++) a1[d] -= origin[d], a2[d] -= origin[d];
  const double volume = a1[0] * a2[1] - a1[1] * a2[0];
  for (int ky = 0; ky < ly; ky++)
    for (int kx = 0; kx < lx; kx++) { /* q a1 = 2 pi kx / lx, q a2 = 2 pi ky / ly */
      const double u = 2 * RZ_PI * kx / lx, w = 2 * RZ_PI * ky / ly;
      const double q[2] = {(u * a2[1] - w * a1[1]) / volume, (w * a1[0] - u * a2[0]) / volume};
      RZ_EXPECT_NEAR(m->mean[ky * lx + kx], structure(model.lattice, q), 1e-11);
    }
  rz_observables_destroy(&o);
  rz_free(&psi);
  table_free(&a);
  bare_free(&model);
}

/* Mean over the places of a 2 x 2 torus of <prod sigma^c> over n links, listed for each as (dx, dy, up) from it. */
static double loop(char c, int n, const int (*link)[3]) {
  double sum = 0.0;
  for (int place = 0; place < 4; place++)
    for (uint64_t s = 0; s < (uint64_t)1 << v.n; s++) {
      uint64_t t = s;
      double complex f = 1.0;
      for (int k = 0; k < n; k++)
        f *= act(c, 2 * ((place % 2 + link[k][0]) % 2 + 2 * ((place / 2 + link[k][1]) % 2)) + link[k][2], &t);
      sum += 0.25 * creal(conj(v.psi[t]) * f * v.psi[s]);
    }
  return sum;
}

/* Stars, plaquettes and paths of the 2 x 2 torus: link 2 (x + 2 y) to the right, + 1 up. */
static void gauge_theory(bool pauli) {
  rz_model model = {.pauli = pauli};
  const rz_lattice_spec spec = {
      .geometry = "square_links", .n_dim = 2, .length = {2, 2}, .periodic = {true, true}, .legs = 1};
  RZ_EXPECT_OK(rz_lattice_create(&spec, &model.lattice));
  rz_ansatz a;
  rz_sector sector;
  rz_observables *o = NULL;
  const rz_measured *m = NULL;
  int n = 0;
  RZ_EXPECT_OK(table_init(8, model.lattice, &a));
  table_randomise(&a, 43, 0.6, 0.8);
  RZ_EXPECT_OK(rz_sector_init(8, false, 0, &sector));
  double complex *psi = vector(&a, &sector);
  const char *const names[] = {"star", "plaquette", "wilson", "vison"};
  RZ_EXPECT_OK(rz_observables_create(&model, 4, names, &o));
  RZ_EXPECT_OK(rz_observables_exact(o, &sector, psi, &n, &m));
  expand(&sector, psi);
  const double plaquette = loop('z', 4, (const int[][3]){{0, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 0, 1}});
  const double right = loop('x', 1, (const int[][3]){{1, 0, 1}}), up = loop('x', 1, (const int[][3]){{0, 1, 0}});
  const double both = loop('x', 2, (const int[][3]){{1, 0, 1}, {1, 1, 0}});
  RZ_EXPECT_NEAR(named(n, m, "star")->mean[0],
                 loop('x', 4, (const int[][3]){{0, 0, 0}, {1, 0, 0}, {0, 0, 1}, {0, 1, 1}}), 1e-12);
  RZ_EXPECT_NEAR(named(n, m, "plaquette")->mean[0], plaquette, 1e-12);
  RZ_EXPECT(named(n, m, "wilson")->n_value == 1);
  RZ_EXPECT_NEAR(named(n, m, "wilson")->mean[0], plaquette, 1e-12);
  const double c[4] = {1.0, right, up, both};
  for (int d = 0; d < 4; d++) RZ_EXPECT_NEAR(named(n, m, "vison/correlation")->mean[d], c[d], 1e-12);
  RZ_EXPECT_NEAR(named(n, m, "vison/m2")->mean[0], (1.0 + right + up + both) / 4.0, 1e-12);
  RZ_EXPECT_NEAR(named(n, m, "vison/ratio")->mean[0], 1.0 - (1.0 - right + up - both) / (1.0 + right + up + both),
                 1e-12);
  rz_observables_destroy(&o);
  model.fixed_sz = true;
  model.n_up = 4;
  RZ_EXPECT(rz_observables_create(&model, 1, names, &o) == RZ_ERR_ARG && strstr(rz_error_message(), "sz = 'all'"));
  rz_free(&psi);
  table_free(&a);
  bare_free(&model);
}

/* Samples made up: packed sums against loops; zero weights left out; two batches; bits on any number of ranks. */
static void made_up(const rz_comm *comm, int n_draw, int batch, rz_samples *s) {
  enum { N_CHAIN = 20 };
  memset(s, 0, sizeof *s);
  const rz_range mine = rz_share(N_CHAIN, comm->rank, comm->size);
  s->n_chain = s->n_unit = mine.count;
  s->n_chain_global = s->n_unit_global = N_CHAIN;
  s->n_draw = s->unit = n_draw;
  s->n = mine.count * n_draw;
  s->n_site = 10;
  RZ_EXPECT_OK(RZ_NEW(s->n * 10, &s->spin));
  RZ_EXPECT_OK(RZ_NEW(s->n, &s->weight));
  for (int64_t i = 0; i < s->n; i++) {
    rz_rng rng = rz_rng_stream(9, RZ_RNG_TEST, (uint64_t)(1000 * batch + mine.first * n_draw + i));
    for (int site = 0; site < 10; site++) s->spin[i * 10 + site] = rz_rng_below(&rng, 10 + (uint32_t)site) < 6 ? 1 : -1;
    s->weight[i] = rz_rng_below(&rng, 7) == 0 ? 0.0 : 1.0;
  }
}

static void packed_sums(void) {
  rz_model model;
  rz_ansatz a = {.cls = &table_class, .n_site = 10};
  RZ_EXPECT_OK(bare_chain(10, false, &model));
  const char *names[] = {"szsz_pairs", "sz", "szsz"};
  rz_observables *o = NULL, *p = NULL;
  rz_samples s[2], all[2];
  int n = 0;
  const rz_measured *m = NULL, *alone = NULL;
  RZ_EXPECT_OK(rz_observables_create(&model, 3, names, &o));
  RZ_EXPECT_OK(rz_observables_create(&model, 3, names, &p));
  double pair[100] = {0}, count = 0.0;
  for (int k = 0; k < 2; k++) {
    made_up(&world, k ? 67 : 130, k, &s[k]);
    made_up(&self, k ? 67 : 130, k, &all[k]);
    RZ_EXPECT_OK(rz_observables_add(o, &a, &world, &s[k]));
    RZ_EXPECT_OK(rz_observables_add(p, &a, &self, &all[k]));
    for (int64_t i = 0; i < all[k].n; i++) {
      if (all[k].weight[i] == 0.0) continue;
      count += 1.0;
      for (int x = 0; x < 100; x++) pair[x] += all[k].spin[i * 10 + x / 10] * all[k].spin[i * 10 + x % 10];
    }
  }
  RZ_EXPECT_OK(rz_observables_result(o, &world, &n, &m));
  RZ_EXPECT_OK(rz_observables_result(p, &self, &n, &alone));
  for (int x = 0; x < 100; x++) RZ_EXPECT_NEAR(m[0].mean[x], pair[x] / count, 1e-13);
  for (int k = 0; k < n; k++) {
    RZ_EXPECT(memcmp(m[k].mean, alone[k].mean, (size_t)m[k].n_value * sizeof(double)) == 0);
    RZ_EXPECT(memcmp(m[k].error, alone[k].error, (size_t)m[k].n_value * sizeof(double)) == 0);
  }
  /* the jackknife of a mean over equal bins is their standard error; independent draws: sigma / sqrt(count) */
  for (int x = 1; x < 10; x++) {
    const double sigma = sqrt((1.0 - pair[x] / count * pair[x] / count) / count);
    RZ_EXPECT(m[0].error[x] > 0.4 * sigma && m[0].error[x] < 1.9 * sigma); /* 20 bins: 5 sigma is 80 % */
  }
  rz_samples other = s[0];
  other.n_chain_global = 3;
  RZ_EXPECT(rz_observables_add(o, &a, &world, &other) == RZ_ERR_ARG);
  for (int k = 0; k < 2; k++) {
    rz_samples_free(&s[k]);
    rz_samples_free(&all[k]);
  }
  rz_observables_destroy(&o);
  rz_observables_destroy(&p);
  bare_free(&model);
}

static void ratios(void) {
  rz_model model;
  rz_observables *o = NULL;
  RZ_EXPECT_OK(bare_chain(6, true, &model));
  RZ_EXPECT_OK(rz_observables_create(&model, 3, (const char *const[]){"sz", "szsz", "xi"}, &o));
  RZ_EXPECT(rz_observables_n_ratio(o) == 0);
  rz_observables_destroy(&o);
  RZ_EXPECT_OK(rz_observables_create(&model, 2, (const char *const[]){"sx", "sxsx"}, &o));
  RZ_EXPECT(rz_observables_n_ratio(o) == 6 + 15); /* sites, of both; pairs */
  rz_observables_destroy(&o);
  bare_free(&model);
}

static void refusals(void) {
  rz_model model;
  rz_observables *o = NULL;
  const rz_measured *m = NULL;
  int n = 0;
  RZ_EXPECT_OK(bare_chain(5, true, &model)); /* odd ring: one sublattice */
  RZ_EXPECT(rz_observables_create(&model, 1, (const char *const[]){"staggered_sz"}, &o) == RZ_ERR_ARG && !o);
  RZ_EXPECT(strstr(rz_error_message(), "two sublattices") != NULL);
  RZ_EXPECT(rz_observables_create(&model, 1, (const char *const[]){"szz"}, &o) == RZ_ERR_ARG && !o);
  RZ_EXPECT(strstr(rz_error_message(), "did you mean") != NULL);
  RZ_EXPECT(rz_observables_create(&model, 3, (const char *const[]){"sz", "sx", "sz"}, &o) == RZ_ERR_ARG && !o);
  RZ_EXPECT(strstr(rz_error_message(), "'sz' is listed twice") != NULL);
  RZ_EXPECT(rz_observables_create(&model, 1, (const char *const[]){"wilson"}, &o) == RZ_ERR_ARG && !o);
  RZ_EXPECT(strstr(rz_error_message(), "needs the links of a torus") != NULL);
  RZ_EXPECT_OK(rz_observables_create(&model, 1, (const char *const[]){"sz"}, &o));
  RZ_EXPECT(rz_observables_result(o, &world, &n, &m) == RZ_ERR_ARG);
  rz_observables_destroy(&o);
  RZ_EXPECT_OK(rz_observables_create(&model, 0, NULL, &o));
  RZ_EXPECT_OK(rz_observables_result(o, &world, &n, &m));
  RZ_EXPECT(n == 0);
  rz_observables_destroy(&o);
  bare_free(&model);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &world));
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_SELF, &self));
  chains_and_sectors();
  marshall_basis();
  other_lattices("square", 4, 2);
  other_lattices("honeycomb", 2, 2);
  other_lattices("kagome", 2, 2);
  other_lattices("square_links", 2, 2);
  gauge_theory(true);
  gauge_theory(false);
  packed_sums();
  ratios();
  refusals();
  return rz_check_finish();
}
