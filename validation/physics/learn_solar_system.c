/* modules: learn store dynamics net solve linalg core */
/* Gravity learned from the planets of JPL's ephemeris DE405 (inputs/hamiltonian_network, made by
 * validation/tools/de405.py): the power of the force from accelerations alone, nothing of Kepler's laws going in; then
 * force and masses of all planets at once. Distances in au, times in days. */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/learn/fit.h"
#include "ritz/learn/pair_potential.h"
#include "ritz/linalg/blas.h"
#include "ritz/store/table.h"

#include <math.h>
#include <string.h>

static const double gm_sun = 0.01720209895 * 0.01720209895; /* Gauss's constant squared, au^3 / day^2 */

static rz_law *make(const char *network, int n_degree, const double *mass, int64_t n, const double *x) {
  static const rz_option run[] = {RZ_ROW_STRING("study", NULL, "kind of run")};
  static const char *const names[] = {"run", "!network", NULL};
  static const rz_study_groups studies[] = {{"learn", "only a law", names}};
  const rz_option_group group[2] = {{.name = "run", .about = "the run", .rows = run, .n_rows = 1}, *rz_law_options()};
  const rz_schema schema = {group, 2, studies, 1};
  char deck[256];
  rz_config *config = NULL;
  rz_law *l = NULL;
  const int length = snprintf(deck, sizeof deck, "&run study = 'learn' /\n&network %s /\n", network);
  if (!RZ_EXPECT_OK(rz_config_parse("deck.nml", deck, length, &schema, &config))) return NULL;
  const rz_law_input in = {.config = config, .n_degree = n_degree, .n_space = 3, .mass = mass, .n = n, .x = x};
  RZ_EXPECT_OK(rz_law_create(&in, &l));
  rz_config_destroy(&config);
  return l;
}

/* Rows of the table: state (q, p) and derivative (dq, dp), [6] each, and the number of the body. */
enum { MAX_ROW = 600 };
typedef struct planets {
  int n;
  double x[MAX_ROW * 6], y[MAX_ROW * 6];
  int body[MAX_ROW];
} planets;

static void read_table(const char *name, planets *out) {
  char path[512];
  rz_table t;
  snprintf(path, sizeof path, "%s/inputs/hamiltonian_network/%s", RITZ_SOURCE_DIR, name);
  if (RZ_EXPECT_OK(rz_table_read(path, 0, NULL, &t)) && RZ_EXPECT(t.n_row <= MAX_ROW && t.n_column == 14)) {
    const int first = rz_table_column(&t, "q1");
    out->n = (int)t.n_row;
    for (int i = 0; i < out->n; i++) {
      memcpy(out->x + 6 * i, t.value + 14 * i + first, 6 * sizeof(double));
      memcpy(out->y + 6 * i, t.value + 14 * i + first + 6, 6 * sizeof(double));
      out->body[i] = (int)t.value[14 * i + rz_table_column(&t, "trajectory")];
    }
  }
  rz_table_free(&t);
}

/* ---- one planet at a time about the Sun ---- */
static void check_inner(void) {
  static planets d;
  const rz_fit_spec spec = {.rcond = 1e-14};
  rz_comm comm;
  double power, error, r[2], slope[2];
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_SELF, &comm));
  read_table("inner_planets.csv", &d);
  rz_law *l = make("model = 'pair_potential', centre = .true., n_terms = 12", 3, NULL, d.n, d.x);
  if (!l) return;
  RZ_EXPECT_OK(rz_law_fit(l, &comm, d.n, d.x, d.y, &spec, NULL));
  RZ_EXPECT_OK(rz_pair_potential_power(l, d.n, d.x, &power, &error));
  RZ_EXPECT_OK(rz_pair_potential_range(l, &r[0], &r[1]));
  printf("inner planets: force ~ r^%.6f +- %.1e, %g to %g au\n", power, error, r[0], r[1]);
  RZ_EXPECT_NEAR(power, -2.0, 5e-5);
  RZ_EXPECT(error > 0.0 && error < 5e-5);
  RZ_EXPECT(r[0] > 0.3 && r[0] < 0.31 && r[1] > 1.66 && r[1] < 1.67);
  RZ_EXPECT_OK(rz_pair_potential_slope(l, 2, (const double[]){0.387, 1.0}, slope));
  RZ_EXPECT_NEAR(slope[0], gm_sun / (0.387 * 0.387), 1e-5 * slope[0]);
  RZ_EXPECT_NEAR(slope[1], gm_sun, 1e-5 * gm_sun);
  rz_law_destroy(&l);
}

/* ---- all bodies: v(r) and the masses, in units of the Sun's ----
 * The acceleration of planet i relative to the Sun is g_i - g_0, g_i = sum_j m_j v'(r_ij) e_ij. Gauss-Newton steps in
 * (theta, m), residuals relative to the acceleration. */
enum { N_PLANET = 9, N_BODY = N_PLANET + 1, N_TERM = 24, N_COLUMN = N_TERM + N_PLANET };

typedef struct many {
  int n_epoch;
  double x[MAX_ROW * 6 * N_BODY]; /* [n_epoch, q p]: the Sun at the origin, momenta not used */
  double a[MAX_ROW * 3];          /* [n_epoch, planet, 3] */
} many;

static void arrange(const planets *d, many *m) {
  m->n_epoch = d->n / N_PLANET;
  RZ_EXPECT(m->n_epoch * N_PLANET == d->n);
  for (int i = 0; i < m->n_epoch; i++)
    for (int b = 0; b < N_PLANET; b++) {
      const int from = b * m->n_epoch + i;
      RZ_EXPECT(d->body[from] == b + 1);
      memcpy(m->x + i * 6 * N_BODY + 3 * (b + 1), d->x + 6 * from, 3 * sizeof(double));
      memcpy(m->a + 3 * (i * N_PLANET + b), d->y + 6 * from + 3, 3 * sizeof(double));
    }
}

/* d g_i / d m_j = v'(r) e, from i to j. */
static void pull_of(const rz_law *l, const double *q, int i, int j, double *out) {
  double square = 0.0, slope;
  for (int s = 0; s < 3; s++) {
    out[s] = q[3 * j + s] - q[3 * i + s];
    square += out[s] * out[s];
  }
  const double r = sqrt(square);
  RZ_EXPECT_OK(rz_pair_potential_slope(l, 1, &r, &slope));
  for (int s = 0; s < 3; s++) out[s] *= slope / r;
}

/* Rows of one epoch: [9, 3, N_COLUMN] and what is missing [9, 3], relative. law's masses are mass. */
static void epoch_rows(rz_law *l, const double *mass, const double *x, const double *a, double *rows, double *b) {
  static double all[6 * N_BODY * N_TERM], dp[6 * N_BODY];
  double e[3], to_sun[3];
  RZ_EXPECT_OK(rz_law_rows(l, 1, x, all));
  RZ_EXPECT_OK(l->cls->apply(l, 1, x, dp));
  for (int i = 1; i < N_BODY; i++) {
    const double *aim = a + 3 * (i - 1);
    const double scale = 1.0 / sqrt(aim[0] * aim[0] + aim[1] * aim[1] + aim[2] * aim[2]);
    for (int s = 0; s < 3; s++) {
      double *row = rows + (3 * (i - 1) + s) * N_COLUMN;
      const int mine = 3 * N_BODY + 3 * i + s, sun = 3 * N_BODY + s;
      b[3 * (i - 1) + s] = scale * (aim[s] - (dp[mine] / mass[i] - dp[sun]));
      for (int k = 0; k < N_TERM; k++) row[k] = scale * (all[mine * N_TERM + k] / mass[i] - all[sun * N_TERM + k]);
    }
    for (int j = 1; j < N_BODY; j++) {
      memset(e, 0, sizeof e);
      if (j != i) pull_of(l, x, i, j, e);
      pull_of(l, x, 0, j, to_sun);
      for (int s = 0; s < 3; s++) rows[(3 * (i - 1) + s) * N_COLUMN + N_TERM + j - 1] = scale * (e[s] - to_sun[s]);
    }
  }
}

static rz_law *law_of(const many *m, const double *mass, const double *theta) {
  double by_axis[3 * N_BODY];
  for (int k = 0; k < 3 * N_BODY; k++) by_axis[k] = mass[k / 3];
  rz_law *l =
      make("model = 'pair_potential', coupling = 'masses', n_terms = 24", 3 * N_BODY, by_axis, m->n_epoch, m->x);
  if (!l) return NULL;
  memcpy(l->params.value, theta, N_TERM * sizeof(double));
  RZ_EXPECT_OK(rz_law_update(l));
  return l;
}

/* One step; returns the root mean square of the relative residual before it. */
static double improve(const many *m, double *mass, double *theta) {
  static double rows[3 * N_PLANET * N_COLUMN], b[3 * N_PLANET];
  double step[N_COLUMN], sum = 0.0;
  rz_comm comm;
  rz_least_squares *s = NULL;
  rz_law *l = law_of(m, mass, theta);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_SELF, &comm));
  if (!l || !RZ_EXPECT_OK(rz_least_squares_create(&comm, N_COLUMN, m->n_epoch, &s))) return NAN;
  for (int i = 0; i < m->n_epoch; i++) {
    epoch_rows(l, mass, m->x + i * 6 * N_BODY, m->a + i * 3 * N_PLANET, rows, b);
    for (int k = 0; k < 3 * N_PLANET; k++) sum += b[k] * b[k] / (3 * N_PLANET * m->n_epoch);
    RZ_EXPECT_OK(rz_least_squares_add(s, 3 * N_PLANET, rows, b));
  }
  RZ_EXPECT_OK(rz_least_squares_solve(s, RZ_OK, 1e-13, 0.0, step, NULL));
  for (int k = 0; k < N_TERM; k++) theta[k] += step[k];
  for (int j = 1; j < N_BODY; j++) mass[j] = fmax(1e-10, mass[j] + step[N_TERM + j - 1]);
  rz_least_squares_destroy(&s);
  rz_law_destroy(&l);
  return sqrt(sum);
}

/* The power of the force near r. */
static double local_power(const rz_law *l, double r) {
  const double at[2] = {0.97 * r, 1.03 * r};
  double slope[2];
  RZ_EXPECT_OK(rz_pair_potential_slope(l, 2, at, slope));
  return log(slope[1] / slope[0]) / log(at[1] / at[0]);
}

static void check_force(const rz_law *l, const many *m) {
  double power, error, slope;
  RZ_EXPECT_OK(rz_pair_potential_power(l, m->n_epoch, m->x, &power, &error));
  RZ_EXPECT_OK(rz_pair_potential_slope(l, 1, (const double[]){1.0}, &slope));
  printf("all planets: force ~ r^%.7f +- %.0e; at Jupiter %.7f, at Saturn %.7f; G m_Sun / k^2 - 1 = %.1e\n", power,
         error, local_power(l, 5.2), local_power(l, 9.55), slope / gm_sun - 1.0);
  RZ_EXPECT_NEAR(power, -2.0, 1e-5);
  RZ_EXPECT_NEAR(local_power(l, 5.2), -2.0, 1e-5);
  RZ_EXPECT_NEAR(local_power(l, 9.55), -2.0, 1e-4);
  RZ_EXPECT_NEAR(slope, gm_sun, 1e-6 * gm_sun);
}

static void check_all(void) {
  static const char *const name[] = {"Mercury", "Venus",  "Earth + Moon", "Mars", "Jupiter",
                                     "Saturn",  "Uranus", "Neptune",      "Pluto"};
  /* the Sun's mass over theirs: IAU 1976 and JPL values that DE405 uses */
  static const double inverse[] = {6023600.0, 408523.71, 328900.561, 3098708.0, 1047.3486,
                                   3497.898,  22902.98,  19412.24,   1.35e8};
  static const double within[] = {1e-4, 1e-5, 1e-5, 1e-4, 1e-6, 1e-5, 1e-4, 1e-3, 1.0};
  static planets d;
  static many m;
  double mass[N_BODY] = {1.0}, theta[N_TERM] = {0.0};
  read_table("planets.csv", &d);
  arrange(&d, &m);
  for (int j = 1; j < N_BODY; j++) mass[j] = 1e-9; /* nothing is known of them */
  for (int i = 0; i < 6; i++) improve(&m, mass, theta);
  RZ_EXPECT(improve(&m, mass, theta) < 1e-7);
  for (int j = 0; j < N_PLANET; j++) {
    const double off = mass[j + 1] * inverse[j] - 1.0;
    printf("%-12s %.6e of the Sun's mass, off by %+.0e\n", name[j], mass[j + 1], off);
    RZ_EXPECT_NEAR(off, 0.0, within[j]);
  }
  rz_law *l = law_of(&m, mass, theta);
  if (l) check_force(l, &m);
  rz_law_destroy(&l);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  rz_blas_setup();
  check_inner();
  check_all();
  return rz_check_finish();
}
