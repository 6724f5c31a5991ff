/* Data of motion: made from systems as the deck says, read from files, and refused with a message that says where the
 * fault is. */
/* modules: learn dynamics net solve store linalg core */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/learn/dataset.h"
#include "ritz/store/results.h"
#include "scratch.h"

static char dir[RZ_SCRATCH_SIZE], buffer[RZ_SCRATCH_PATH_SIZE];
static const char *in(const char *name) { return rz_scratch_path(dir, name, buffer); }

/* A deck in the scratch directory, the system that it names (if any), and its data. */
typedef struct fixture {
  rz_config *config;
  rz_system *system;
  rz_dataset data;
} fixture;

static rz_err open_deck(const char *groups, bool is_map, fixture *f) {
  static const rz_option run[] = {RZ_ROW_STRING("study", NULL, "kind of run"),
                                  RZ_ROW_INT("seed", "3", 0, 1000, "seed")};
  static const char *const names[] = {"run", "system", "data", NULL};
  static const rz_study_groups study = {"data", "data alone", names};
  static rz_option_group group[3];
  static rz_schema schema = {group, 3, &study, 1};
  char deck[2048];
  *f = (fixture){0};
  group[0] = (rz_option_group){.name = "run", .about = "the run", .rows = run, .n_rows = 2};
  group[1] = *rz_system_options();
  group[2] = *rz_dataset_options();
  const int n = snprintf(deck, sizeof deck, "%s%s\n", strstr(groups, "&run") ? "" : "&run study = 'data' /\n", groups);
  RZ_TRY(rz_config_parse(in("deck.nml"), deck, n, &schema, &f->config));
  if (strstr(groups, "&system")) RZ_TRY(rz_system_create(f->config, &f->system));
  return rz_dataset_create(f->config, f->system, is_map, &f->data);
}

static void close_deck(fixture *f) {
  rz_dataset_free(&f->data);
  rz_system_destroy(&f->system);
  rz_config_destroy(&f->config);
}

static void expect_fault(const char *groups, bool is_map, rz_err expected, const char *key, const char *words) {
  fixture f;
  const rz_err rc = open_deck(groups, is_map, &f);
  const char *message = rc == RZ_OK ? "" : rz_error_message();
  if (!RZ_EXPECT(rc == expected && strstr(message, words) && strstr(message, key) && strstr(message, "deck.nml")))
    fprintf(stderr, "  %s instead of '%s': %s\n", rz_err_text(rc), words, message);
  RZ_EXPECT(rc == RZ_OK || !f.data.x);
  close_deck(&f);
}

static void write_text(const char *name, const char *text) {
  FILE *file = fopen(in(name), "w");
  if (!RZ_EXPECT(file)) return;
  fputs(text, file);
  RZ_EXPECT(fclose(file) == 0);
}

/* --- made from a system ------------------------------------------------------------------------------------------- */

/* H = (p^2 + q^2) / 2: the plane turns. */
static void turn(double time, const double *x, double *out) {
  out[0] = cos(time) * x[0] + sin(time) * x[1];
  out[1] = cos(time) * x[1] - sin(time) * x[0];
}

static const char spring[] = "&system name = 'mass_spring' /\n";

static void check_trajectories(void) {
  enum { N = 5, POINTS = 4 };
  fixture f;
  double exact[2];
  char deck[256];
  snprintf(deck, sizeof deck, "%s&data trajectories = 5, points = 4, duration = 6.0, test_fraction = 0.4 /", spring);
  if (!RZ_EXPECT_OK(open_deck(deck, false, &f))) return close_deck(&f);
  const rz_dataset *d = &f.data;
  RZ_EXPECT(d->n_degree == 1 && d->n_train == 12 && d->n_test == 8 && !d->is_map && d->step == 0.0 && d->noise == 0.0);
  for (int i = 0; i < N * POINTS; i++) {
    turn(2.0 * (i % POINTS), d->clean + i / POINTS * POINTS * 2, exact);
    for (int k = 0; k < 2; k++) {
      RZ_EXPECT_NEAR(d->x[2 * i + k], exact[k], 1e-11);
      RZ_EXPECT(d->x[2 * i + k] == d->clean[2 * i + k]);
    }
    RZ_EXPECT(d->target[2 * i] == d->clean[2 * i + 1] && d->target[2 * i + 1] == -d->clean[2 * i]);
  }
  close_deck(&f);
}

/* Of ten states for training every other one is kept, and all of the test. */
static void check_fewer(void) {
  static const char data[] = "&data trajectories = 1, points = 14, duration = 13.0, noise = 0.1, test_fraction = 0.285";
  fixture all, few;
  char deck[256];
  snprintf(deck, sizeof deck, "%s%s /", spring, data);
  RZ_EXPECT_OK(open_deck(deck, false, &all));
  snprintf(deck, sizeof deck, "%s%s, train_states = 5 /", spring, data);
  RZ_EXPECT_OK(open_deck(deck, false, &few));
  if (RZ_EXPECT(all.data.n_train == 10 && few.data.n_train == 5 && few.data.n_test == 4))
    for (int i = 0; i < 9; i++)
      for (int k = 0; k < 2; k++) {
        const int from = 2 * (i < 5 ? 2 * i : i + 5) + k, to = 2 * i + k;
        RZ_EXPECT(few.data.x[to] == all.data.x[from] && few.data.target[to] == all.data.target[from] &&
                  few.data.clean[to] == all.data.clean[from]);
      }
  close_deck(&all);
  close_deck(&few);
}

static void check_pairs(const char *data, double step) {
  fixture f;
  double exact[2];
  char deck[256];
  snprintf(deck, sizeof deck, "%s&data %s /", spring, data);
  if (!RZ_EXPECT_OK(open_deck(deck, true, &f))) return close_deck(&f);
  const rz_dataset *d = &f.data;
  RZ_EXPECT(d->is_map && fabs(d->step - step) < 1e-15);
  for (int64_t i = 0; i < d->n_train + d->n_test; i++) {
    turn(step, d->clean + 2 * i, exact);
    for (int k = 0; k < 2; k++) RZ_EXPECT_NEAR(d->target[2 * i + k], exact[k], 1e-12);
  }
  close_deck(&f);
}

static void check_uniform(void) {
  enum { N = 7 };
  fixture f;
  double drawn[2 * N];
  char deck[256];
  snprintf(deck, sizeof deck, "%s&data sampling = 'uniform', points = 7, test_fraction = 0 /", spring);
  if (!RZ_EXPECT_OK(open_deck(deck, false, &f))) return close_deck(&f);
  rz_system_draw(f.system, 3, 0, N, drawn);
  RZ_EXPECT(f.data.n_train == N && f.data.n_test == 0 && memcmp(drawn, f.data.x, sizeof drawn) == 0);
  close_deck(&f);
}

static double deviation(const double *a, const double *b, int64_t n) {
  double sum = 0.0;
  for (int64_t i = 0; i < n; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sqrt(sum / (double)n);
}

/* The standard deviation of n normal numbers scatters by 1 / sqrt(2 n) of itself: 5 sigma. */
static void check_noise(void) {
  enum { N = 3000 };
  const double wide = 5.0 / sqrt(2.0 * 2 * N);
  static const char keys[] = "sampling = 'uniform', points = 3000";
  fixture none, noisy, again, other;
  char deck[512];
  snprintf(deck, sizeof deck, "%s&data %s /", spring, keys);
  RZ_EXPECT_OK(open_deck(deck, false, &none));
  snprintf(deck, sizeof deck, "%s&data %s, noise = 0.1, noise_targets = 0.3 /", spring, keys);
  RZ_EXPECT_OK(open_deck(deck, false, &noisy));
  RZ_EXPECT_OK(open_deck(deck, false, &again));
  snprintf(deck, sizeof deck, "&run study = 'data', seed = 4 /\n%s&data %s, noise = 0.1 /", spring, keys);
  RZ_EXPECT_OK(open_deck(deck, false, &other));
  if (none.data.x && noisy.data.x && again.data.x && other.data.x) {
    RZ_EXPECT(noisy.data.noise == 0.1 && deviation(none.data.clean, noisy.data.clean, 2 * N) == 0.0);
    RZ_EXPECT_NEAR(deviation(noisy.data.x, noisy.data.clean, 2 * N), 0.1, 0.1 * wide);
    RZ_EXPECT_NEAR(deviation(noisy.data.target, none.data.target, 2 * N), 0.3, 0.3 * wide);
    RZ_EXPECT(memcmp(noisy.data.x, again.data.x, sizeof(double) * 2 * N) == 0);
    RZ_EXPECT(memcmp(noisy.data.target, again.data.target, sizeof(double) * 2 * N) == 0);
    RZ_EXPECT(deviation(noisy.data.x, other.data.x, 2 * N) > 0.1);
    for (int i = 0; i < N; i++) RZ_EXPECT(other.data.target[2 * i] == other.data.clean[2 * i + 1]);
  }
  close_deck(&none);
  close_deck(&noisy);
  close_deck(&again);
  close_deck(&other);
}

static void check_keys(void) {
  char deck[256];
  static const struct {
    const char *data;
    bool is_map;
    const char *key, *words;
  } fault[] = {
      {"step = 0.1", false, "step", "key 'step' has no effect with a model that learns dx/dt"},
      {"sampling = 'uniform', trajectories = 3", false, "trajectories", "has no effect with sampling = 'uniform'"},
      {"sampling = 'uniform', duration = 2.0", false, "duration", "has no effect with sampling = 'uniform'"},
      {"points = 1, duration = 2.0", false, "duration", "has no effect with points = 1"},
      {"points = 1", true, "step", "key 'step' is missing"},
      {"sampling = 'uniform'", true, "step", "key 'step' is missing"},
      {"trajectories = 1, points = 2, test_fraction = 0.9", false, "test_fraction",
       "2 rows of data cannot be split by test_fraction = 0.9: 0 for training, 2 for the test"},
      {"trajectories = 1, points = 4, train_states = 3", false, "train_states",
       "train_states is 3, but there are 2 for training"},
      {"trajectories = 1, points = 4, test_fraction = 0.1", false, "test_fraction", "4 for training, 0 for the test"},
      {"file = 'a.csv'", false, "file", "file"},
  };
  for (size_t k = 0; k < sizeof fault / sizeof *fault; k++) {
    snprintf(deck, sizeof deck, "%s&data %s /", spring, fault[k].data);
    expect_fault(deck, fault[k].is_map, RZ_ERR_DECK, fault[k].key, fault[k].words);
  }
  expect_fault("&data points = 3 /", false, RZ_ERR_DECK, "source", "source = 'system' needs the group &system");
}

/* --- read from a file --------------------------------------------------------------------------------------------- */

static const char from_csv[] = "&data source = 'file', file = 'a.csv', test_fraction = 0 /";

static void expect_numbers(const double *found, int64_t n, const double *expected) {
  for (int64_t k = 0; found && k < n; k++) RZ_EXPECT(found[k] == expected[k]);
}

static void check_field_file(void) {
  static const double x[] = {1, 2, 3, 4, 9, 10, 11, 12}, target[] = {5, 6, 7, 8, 13, 14, 15, 16};
  fixture f;
  write_text("a.csv", "dp2,dp1,dq2,dq1,p2,p1,q2,q1,t\n8,7,6,5,4,3,2,1,0\n16,15,14,13,12,11,10,9,0\n");
  if (RZ_EXPECT_OK(open_deck(from_csv, false, &f))) {
    const rz_dataset *d = &f.data;
    RZ_EXPECT(d->n_degree == 2 && d->n_train == 2 && d->n_test == 0 && !d->clean && isnan(d->noise));
    expect_numbers(d->x, 8, x);
    expect_numbers(d->target, 8, target);
  }
  close_deck(&f);
}

/* By the times, from row to row within a trajectory; or row by row, if the next states are there. */
static void check_map_files(void) {
  static const double x[] = {1, 2, 3, 4, 7, 8}, target[] = {3, 4, 5, 6, 9, 10}, clean[] = {0, 0, 1, 1, 3, 3};
  static const double next[] = {3, 4, 7, 8};
  fixture f;
  write_text("a.csv", "trajectory,t,q,p,clean_q,clean_p\n"
                      "1,0,1,2,0,0\n1,0.1,3,4,1,1\n1,0.2,5,6,2,2\n2,5,7,8,3,3\n2,5.1,9,10,4,4\n3,0,0,0,0,0\n");
  if (RZ_EXPECT_OK(open_deck(from_csv, true, &f))) {
    RZ_EXPECT(f.data.n_train == 3 && fabs(f.data.step - 0.1) < 1e-14);
    expect_numbers(f.data.x, 6, x);
    expect_numbers(f.data.target, 6, target);
    RZ_EXPECT(f.data.clean);
    expect_numbers(f.data.clean, 6, clean);
  }
  close_deck(&f);
  write_text("a.csv", "q1,p1,next_q1,next_p1\n1,2,3,4\n5,6,7,8\n");
  if (RZ_EXPECT_OK(open_deck("&data source = 'file', file = 'a.csv', step = 0.5 /", true, &f))) {
    RZ_EXPECT(f.data.n_train == 1 && f.data.n_test == 1 && f.data.step == 0.5);
    expect_numbers(f.data.target, 4, next);
  }
  close_deck(&f);
}

static void check_hdf5_file(void) {
  static const double state[] = {1, 2, 3, 4}, x[] = {1, 2, 1, 2, 3, 4, 3, 4};
  static const char *const name[] = {"q", "p", "dq", "dp", "clean_q", "clean_p", "weight"};
  const rz_array array = {.type = RZ_F64, .n_dim = 2, .shape = {2, 2}, .data = (void *)(uintptr_t)state};
  rz_results *r = NULL;
  fixture f;
  RZ_EXPECT_OK(rz_results_create(in("a.h5"), false, &r));
  for (int k = 0; k < 7; k++) RZ_EXPECT_OK(rz_results_array(r, name[k], &array, NULL, NULL));
  RZ_EXPECT_OK(rz_results_commit(&r));
  if (RZ_EXPECT_OK(open_deck("&data source = 'file', file = 'a.h5', ignore_columns = 'weight' /", false, &f))) {
    RZ_EXPECT(f.data.n_degree == 2 && f.data.n_train == 1 && f.data.n_test == 1);
    expect_numbers(f.data.x, 8, x);
    expect_numbers(f.data.target, 8, x);
    expect_numbers(f.data.clean, 8, x);
  }
  close_deck(&f);
  expect_fault("&data source = 'file', file = 'a.h5' /", false, RZ_ERR_DECK, "file", "column 'weight1' is not known");
}

static void check_file_faults(void) {
  static const struct {
    const char *text;
    bool is_map;
    const char *words;
  } fault[] = {
      {"q1,p1,dq1,dp1,energy\n1,2,3,4,5\n", false, "a.csv: column 'energy' is not known"},
      {"q01,p1\n1,2\n", false, "column 'q01' is not known"},
      {"p1,dq1,dp1\n1,2,3\n", false, "no coordinates: columns q1, q2, ... are missing"},
      {"q1,dq1,dp1\n1,2,3\n", false, "column 'p1' is missing"},
      {"q1,q3,p1,p2,dq1,dq2,dp1,dp2\n1,2,3,4,5,6,7,8\n", false, "column 'q2' is missing"},
      {"q1,p1,dq1\n1,2,3\n", false, "column 'dp1' is missing"},
      {"q1,p1,p2,dq1,dp1\n1,2,3,4,5\n", false, "2 columns 'p' for 1 degree of freedom"},
      {"q,q1,p,dq,dp\n1,2,3,4,5\n", false, "column 'q2' is missing"},
      {"q,p\n1,2\n", false, "time derivatives, columns dq1 .. dp1 .., are missing"},
      {"t,q,p\n0,1,2\n1,1,2\n", false, "what the file has can teach a model of a map"},
      {"q,p\n1,2\n", true, "columns next_q1 .. next_p1 .., or times t, are missing"},
      {"q,p,next_q,next_p\n1,2,3,4\n", true, "give it as step"},
      {"t,q,p\n0,1,2\n1,1,2\n1,1,2\n", true, "a.csv:4: column 't': 1 does not come after 1; a column 'trajectory'"},
      {"t,q,p\n0,1,2\n1,1,2\n3,1,2\n", true, "a.csv:4: column 't': a step of 2, where the first is 1"},
      {"t,trajectory,q,p\n0,1,1,2\n1,1,1,2\n0,2,1,2\n1.01,2,3,4\n", true, "a.csv:5: column 't': a step of 1.01"},
      {"t,trajectory,q,p\n0,1,1,2\n1,2,1,2\n", true, "no two rows in succession belong to one trajectory"},
      {"t,q,p\n0,1,2\n", true, "no two rows in succession"},
      {"t,q,p\n0,1,2\n1,1,nan\n", true, "a.csv:3:5: column 'p': 'nan' is no finite number"},
  };
  for (size_t k = 0; k < sizeof fault / sizeof *fault; k++) {
    write_text("a.csv", fault[k].text);
    expect_fault(from_csv, fault[k].is_map, RZ_ERR_DECK, "file", fault[k].words);
  }
  write_text("a.csv", "t,q,p\n0,1,2\n1,1,2\n");
  expect_fault("&data source = 'file', file = 'a.csv', step = 0.5 /", true, RZ_ERR_DECK, "file",
               "the times t are 1 apart, but step = 0.5");
  expect_fault("&data source = 'file', file = 'a.csv' /", true, RZ_ERR_DECK, "test_fraction",
               "1 row of data cannot be");
  write_text("a.csv", "q,p,dq,dp\n1,2,3,4\n");
  expect_fault("&system name = 'kepler' /\n&data source = 'file', file = 'a.csv' /", false, RZ_ERR_DECK, "file",
               "1 coordinates q, but the system 'kepler' has");
  expect_fault("&data source = 'file', file = 'none.csv' /", false, RZ_ERR_INPUT, "file", "No such file");
  expect_fault("&data source = 'file', file = 'a.csv', points = 3 /", false, RZ_ERR_DECK, "points", "points");
}

int main(void) {
  if (!RZ_EXPECT(rz_scratch_make(dir) == 0)) return rz_check_finish();
  check_trajectories();
  check_fewer();
  check_pairs("trajectories = 3, points = 5, duration = 2.0", 0.5);
  check_pairs("trajectories = 2, points = 3, step = 0.3", 0.3);
  check_pairs("sampling = 'uniform', points = 6, step = 0.7", 0.7);
  check_uniform();
  check_noise();
  check_keys();
  check_field_file();
  check_map_files();
  check_hdf5_file();
  check_file_faults();
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  rz_scratch_remove(dir);
  return rz_check_finish();
}
