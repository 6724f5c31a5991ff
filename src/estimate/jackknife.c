/* Values and errors from the sums by bin: delete-one jackknife (Efron 1982) over groups of bins. */
#include "observable_set.h"

#include "ritz/core/memory.h"
#include <math.h>

enum { MAX_GROUP = 256, CHUNK = 4096 };

typedef struct {
  int64_t n_bin; /* of all ranks */
  int64_t n_group;
  double *count;              /* [n_group] */
  double *sum;                /* [n_group, n_raw] */
  double total_count, *total; /* [n_raw] */
  double *all;                /* scratch */
} groups;

static void groups_free(groups *g) {
  rz_free(&g->count);
  rz_free(&g->sum);
  rz_free(&g->total);
  rz_free(&g->all);
}

/* Columns first .. first + width - 1 of every rank's [n_bin, n_raw] into the groups, in the order of the bins. */
static rz_err gather(const rz_comm *comm, const rz_observable *o, const double *local, int64_t n_column, int64_t first,
                     int64_t width, double *mine, groups *g, double *to) {
  for (int64_t b = 0; b < o->n_bin; b++)
    for (int64_t k = 0; k < width; k++) mine[b * width + k] = local[b * n_column + first + k];
  RZ_TRY(rz_allgather(comm, o->n_bin, (size_t)width * sizeof *mine, mine, g->all));
  for (int64_t b = 0; b < g->n_bin; b++) {
    double *row = to + b * g->n_group / g->n_bin * n_column + first;
    for (int64_t k = 0; k < width; k++) row[k] += g->all[b * width + k];
  }
  return RZ_OK;
}

static void add_up(const rz_observable *o, groups *g) {
  for (int64_t i = 0; i < g->n_group; i++) {
    g->total_count += g->count[i];
    for (int64_t k = 0; k < o->n_raw; k++) g->total[k] += g->sum[i * o->n_raw + k];
  }
}

static rz_err groups_init(const rz_comm *comm, const rz_observable *o, int64_t n_bin, groups *g) {
  *g = (groups){.n_bin = n_bin, .n_group = n_bin < MAX_GROUP ? n_bin : MAX_GROUP};
  const int64_t widest = o->n_raw < CHUNK ? o->n_raw + 1 : CHUNK;
  double *mine = NULL;
  rz_err rc = RZ_NEW0(g->n_group, &g->count);
  if (rc == RZ_OK) rc = RZ_NEW0(g->n_group * o->n_raw, &g->sum);
  if (rc == RZ_OK) rc = RZ_NEW0(o->n_raw, &g->total);
  if (rc == RZ_OK) rc = RZ_NEW(n_bin * widest, &g->all);
  if (rc == RZ_OK) rc = RZ_NEW(o->n_bin * widest, &mine);
  RZ_TRY_DONE(rc, rz_agree(comm, rc));
  RZ_TRY_DONE(rc, gather(comm, o, o->count, 1, 0, 1, mine, g, g->count));
  for (int64_t first = 0; first < o->n_raw; first += CHUNK) {
    const int64_t width = o->n_raw - first < CHUNK ? o->n_raw - first : CHUNK;
    RZ_TRY_DONE(rc, gather(comm, o, o->sum, o->n_raw, first, width, mine, g, g->sum));
  }
  add_up(o, g);
done:
  rz_free(&mine);
  return rc;
}

/* Means of the raw values without group `without` (-1: of all). */
static void means(const rz_observable *o, const groups *g, int64_t without, double *raw) {
  const double *sum = without < 0 ? NULL : g->sum + without * o->n_raw;
  const double count = g->total_count - (without < 0 ? 0.0 : g->count[without]);
  for (int64_t k = 0; k < o->n_raw; k++) raw[k] = (g->total[k] - (sum ? sum[k] : 0.0)) / count;
}

/* error^2 = (G - 1)/G sum_g (v_g - mean_g v)^2, and the bias of order 1/n taken off: v - sum_g (1 - n_g/n)(v_g - v),
 * which leaves a mean what it is also when groups differ in size (Busing, Meijer, van der Leeden,
 * doi:10.1023/A:1008800423698). v holds the values from all bins. */
static void jackknife(const rz_observable *o, const groups *g, double *raw, double *v, double *scratch, double *error) {
  const int64_t n = o->n_value;
  const double m = (double)g->n_group;
  double *one_out = scratch, *sum = scratch + n, *square = scratch + 2 * n, *bias = scratch + 3 * n;
  for (int64_t k = 0; k < n; k++) sum[k] = square[k] = bias[k] = 0.0;
  for (int64_t i = 0; i < g->n_group; i++) {
    means(o, g, i, raw);
    o->cls->finish(o, raw, one_out);
    const double share = 1.0 - g->count[i] / g->total_count;
    for (int64_t k = 0; k < n; k++) {
      sum[k] += one_out[k] - v[k];
      bias[k] += share * (one_out[k] - v[k]);
      square[k] += (one_out[k] - v[k]) * (one_out[k] - v[k]);
    }
  }
  for (int64_t k = 0; k < n; k++) {
    error[k] = g->n_group < 2 ? NAN : sqrt((m - 1.0) / m * fmax(square[k] - sum[k] * sum[k] / m, 0.0));
    if (g->n_group >= 2 && isfinite(bias[k])) v[k] -= bias[k];
  }
}

static rz_err chain_result(rz_observable *o, const rz_comm *comm, int64_t n_bin) {
  groups g = {0};
  double *raw = NULL, *value = NULL, *scratch = NULL;
  const int64_t n = o->n_value;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, groups_init(comm, o, n_bin, &g));
  RZ_TRY_DONE(rc, RZ_NEW(o->n_raw, &raw));
  RZ_TRY_DONE(rc, RZ_NEW(2 * n, &value));
  RZ_TRY_DONE(rc, RZ_NEW(4 * n, &scratch));
  means(o, &g, -1, raw);
  o->cls->finish(o, raw, value);
  jackknife(o, &g, raw, value, scratch, value + n);
  rz_observable_store(o, value, value + n);
done:
  rz_free(&scratch);
  rz_free(&value);
  rz_free(&raw);
  groups_free(&g);
  return rc;
}

static rz_err exact_result(rz_observable *o) {
  double *value = NULL;
  RZ_TRY(RZ_NEW0(2 * o->n_value, &value));
  o->cls->finish(o, o->exact, value);
  rz_observable_store(o, value, value + o->n_value);
  rz_free(&value);
  return RZ_OK;
}

rz_err rz_observables_result(rz_observables *set, const rz_comm *comm, int *n, const rz_measured **out) {
  for (int i = 0; i < set->n; i++) {
    rz_observable *o = &set->item[i];
    RZ_CHECK(o->is_exact || set->bins_per_chain > 0, RZ_ERR_ARG, "no samples were added");
    const int64_t n_bin = set->n_chain_global * set->bins_per_chain;
    RZ_TRY(rz_agree(comm, o->is_exact ? exact_result(o) : chain_result(o, comm, n_bin)));
  }
  rz_observables_collect(set, n, out);
  return RZ_OK;
}
