#include "dataset_impl.h"

#include "ritz/core/memory.h"
#include <math.h>
#include <string.h>

static const rz_option common[] = {
    RZ_ROW_STRING("source", "'system'", "where the data come from"),
    RZ_ROW_REAL("test_fraction", "0.5", 0, 0.999, "",
                "share of the rows, the last ones, that the law is tested on and does not learn from"),
    RZ_ROW_REAL("step", "", 1e-12, 1e12, "",
                "time between the two states of a pair, for models of a map (default: between the points of a "
                "trajectory)"),
    RZ_ROW_INT("train_states", "0", 0, 1e12,
               "states to learn from, equally spaced over all that are not for the test; 0: all of them"),
    RZ_ROW_INT("batch", "0", 0, 1e12, "states of a training step, drawn anew for each; 0: all"),
};

static const rz_option system_rows[] = {
    RZ_ROW_CHOICE("sampling", "trajectory|uniform", "'trajectory'",
                  "points of trajectories, or `points` independent states within the ranges of the system"),
    RZ_ROW_INT("trajectories", "50", 1, 1000000, "trajectories that begin at states within the ranges of the system"),
    RZ_ROW_INT("points", "30", 1, 10000000, "states on each trajectory, in equal steps of time"),
    RZ_ROW_REAL("duration", "3.0", 1e-12, 1e12, "", "time from the first point of a trajectory to the last"),
    RZ_ROW_REAL("noise", "0.0", 0, 1e12, "", "standard deviation of the normal noise on every coordinate and momentum"),
    RZ_ROW_REAL("noise_targets", "0.0", 0, 1e12, "", "the same on what is to be learned: derivatives or next states"),
};

static const rz_option file_rows[] = {
    RZ_ROW_PATH("file", NULL, "table of states, CSV or HDF5 (docs/data-files.md)"),
    RZ_ROW_STRINGS("ignore_columns", 64, "", "columns or datasets of the file that are left unread"),
};

const rz_option_group *rz_dataset_options(void) {
  static const rz_member_options member[] = {
      {"system", "made from the system of &system", system_rows, RZ_N_ROWS(system_rows)},
      {"file", "read from a file", file_rows, RZ_N_ROWS(file_rows)},
  };
  static const rz_option_group group = {.name = RZ_DATA_GROUP,
                                        .about = "data of motion that a law is learned from",
                                        .selector = "source",
                                        .rows = common,
                                        .n_rows = RZ_N_ROWS(common),
                                        .members = member,
                                        .n_members = RZ_N_ROWS(member)};
  return &group;
}

rz_err rz_dataset_reserve(rz_dataset *d, int n_degree, int64_t n, bool with_clean) {
  d->n_degree = n_degree;
  d->n_train = n;
  RZ_TRY(RZ_NEW(n * 2 * n_degree, &d->x));
  RZ_TRY(RZ_NEW(n * 2 * n_degree, &d->target));
  return with_clean ? RZ_NEW(n * 2 * n_degree, &d->clean) : RZ_OK;
}

/* The last rows are for the test. */
static rz_err split(rz_config *config, rz_dataset *d) {
  const double fraction = rz_config_real(config, RZ_DATA_GROUP, "test_fraction");
  const int64_t n = d->n_train;
  d->n_test = llround((double)n * fraction);
  d->n_train -= d->n_test;
  if (d->n_train >= 1 && (d->n_test >= 1 || fraction == 0.0)) return RZ_OK;
  rz_config_error(config, RZ_DATA_GROUP, "test_fraction",
                  "%lld row%s of data cannot be split by test_fraction = %g: %lld for training, %lld for the test",
                  (long long)n, n == 1 ? "" : "s", fraction, (long long)d->n_train, (long long)d->n_test);
  return rz_config_report(config);
}

static void move_rows(rz_dataset *d, int64_t from, int64_t to, int64_t n) {
  double *const all[] = {d->x, d->target, d->clean};
  const int64_t dim = 2 * d->n_degree;
  for (int k = 0; k < 3 && n > 0; k++)
    if (all[k] && from != to) memmove(all[k] + to * dim, all[k] + from * dim, sizeof(double) * (size_t)(n * dim));
}

/* Some of the rows for training, and those of the test behind them. */
static rz_err thin_out(rz_config *config, rz_dataset *d) {
  const int64_t n = rz_config_int(config, RZ_DATA_GROUP, "train_states"), all = d->n_train;
  if (n == 0) return RZ_OK;
  if (n > all) {
    rz_config_error(config, RZ_DATA_GROUP, "train_states", "train_states is %lld, but there are %lld for training",
                    (long long)n, (long long)all);
    return rz_config_report(config);
  }
  for (int64_t i = 0; i < n; i++) move_rows(d, i * all / n, i, 1);
  move_rows(d, all, n, d->n_test);
  d->n_train = n;
  return RZ_OK;
}

rz_err rz_dataset_create(rz_config *config, const rz_system *system, bool is_map, rz_dataset *out) {
  const bool from_file = strcmp(rz_config_string(config, RZ_DATA_GROUP, "source"), "file") == 0;
  *out = (rz_dataset){.is_map = is_map};
  if (!is_map) rz_config_no_effect(config, RZ_DATA_GROUP, "step", "with a model that learns dx/dt");
  rz_err rc = from_file ? rz_dataset_from_file(config, system, out) : rz_dataset_from_system(config, system, out);
  if (rc == RZ_OK) rc = split(config, out);
  if (rc == RZ_OK) rc = thin_out(config, out);
  if (rc == RZ_OK) rc = rz_config_report(config);
  if (rc != RZ_OK) rz_dataset_free(out);
  return rc;
}

void rz_dataset_free(rz_dataset *d) {
  rz_free(&d->x);
  rz_free(&d->target);
  rz_free(&d->clean);
  *d = (rz_dataset){0};
}
