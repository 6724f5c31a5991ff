#include "keeping.h"

#include "ritz/core/clock.h"
#include "ritz/core/isa.h"
#include "ritz/core/memory.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* What is kept besides the arrays of the stage. */
typedef struct whole {
  const rz_keeping *k;
  int64_t trace_bytes;
  rz_state_walk *stage;
  void *ctx;
} whole;

static rz_err walk_whole(void *ctx, rz_array_visit *visit, void *visit_ctx) {
  whole *w = ctx;
  RZ_TRY(rz_visit_i64("trace/bytes", &w->trace_bytes, visit, visit_ctx));
  if (w->k->base) RZ_TRY(w->k->base(w->k->base_ctx, visit, visit_ctx));
  return w->stage(w->ctx, visit, visit_ctx);
}

static const rz_comm *comm_of(const rz_keeping *k) { return k->output->run->comm; }

static rz_err write_checkpoint(const rz_keeping *k, const char *stage, int64_t step, rz_state_walk *walk, void *ctx) {
  const rz_output *o = k->output;
  const rz_checkpoint_spec spec = {.comm = comm_of(k),
                                   .path = o->checkpoint_path,
                                   .lock = o->lock,
                                   .deck = rz_config_text(o->run->config),
                                   .deck_path = rz_config_file(o->run->config),
                                   .instruction_set = rz_isa_name(rz_isa_current()),
                                   .stage = stage,
                                   .step = step};
  whole w = {.k = k, .stage = walk, .ctx = ctx};
  RZ_TRY(rz_agree(comm_of(k), o->trace ? rz_trace_length(o->trace, &w.trace_bytes) : RZ_OK));
  return rz_checkpoint_write(&spec, walk_whole, &w, NULL);
}

/* Failures of the file system alone are not the run's. */
static bool is_of_the_disk(rz_err rc) { return rc == RZ_ERR_IO || rc == RZ_ERR_CREATE; }

static rz_err save(rz_keeping *k, const char *stage, int64_t step, rz_state_walk *walk, void *ctx) {
  const double start = rz_wall_time();
  const rz_err rc = write_checkpoint(k, stage, step, walk, ctx);
  rz_stop_saved(&k->rule, rz_wall_time() - start);
  if (is_of_the_disk(rc)) {
    k->n_failed++;
    rz_log_warn(k->output->run->log, "no checkpoint at step %lld: %s", (long long)step, rz_error_message());
    return RZ_OK;
  }
  k->n_failed = 0;
  return rc;
}

static rz_err between(void *self, const char *stage, int64_t step, rz_state_walk *walk, void *ctx) {
  rz_keeping *k = self;
  rz_stop what = RZ_GO;
  const char *why = NULL;
  RZ_TRY(rz_stop_agree(comm_of(k), &k->rule, step, &what, &why));
  if (what != RZ_GO) RZ_TRY(save(k, stage, step, walk, ctx));
  if (what != RZ_STOP) return RZ_OK;
  RZ_CHECK(k->n_failed == 0, RZ_ERR_IO, "stopped by %s after step %lld (%s), and no checkpoint could be written", why,
           (long long)step, stage);
  RZ_FAIL(RZ_ERR_STOPPED, "by %s after step %lld (%s); `ritz resume %s` goes on", why, (long long)step, stage,
          k->output->checkpoint_path);
}

bool rz_keeping_resumes(const rz_keeping *k, const char *stage) {
  const rz_checkpoint *from = k->output->run->resumed;
  return from && strcmp(rz_checkpoint_about(from)->stage, stage) == 0;
}

static rz_err restore(void *self, const char *stage, rz_state_walk *walk, void *ctx, bool *restored) {
  rz_keeping *k = self;
  whole w = {.k = k, .stage = walk, .ctx = ctx};
  *restored = rz_keeping_resumes(k, stage);
  if (*restored) {
    RZ_TRY(rz_checkpoint_restore(k->output->run->resumed, walk_whole, &w));
    RZ_TRY(rz_agree(comm_of(k), rz_output_cut_trace(k->output, w.trace_bytes)));
    if (k->taken_up) RZ_TRY(k->taken_up(k->base_ctx));
  }
  rz_stop_begin(&k->rule, stage);
  /* A stage that has begun can be gone on with from its first moment. */
  return *restored ? RZ_OK : save(k, stage, 0, walk, ctx);
}

static rz_err name_stop_files(rz_keeping *k) {
  const char *path = k->output->path, *slash = strrchr(path, '/');
  const int directory = slash ? (int)(slash - path) + 1 : 0, stem = (int)strlen(path) - 3; /* without ".h5" */
  const size_t size = strlen(path) + 8;
  for (int i = 0; i < 2; i++) RZ_TRY(RZ_NEW(size, &k->stop_file[i]));
  snprintf(k->stop_file[0], size, "%.*s.stop", stem, path);
  snprintf(k->stop_file[1], size, "%.*sSTOP", directory, path);
  for (int i = 0; i < 2; i++) k->rule.file[i] = k->stop_file[i];
  return comm_of(k)->rank == 0 ? rz_stop_clear(&k->rule) : RZ_OK;
}

rz_err rz_keeping_begin(rz_output *output, rz_keeping *k) {
  *k = (rz_keeping){
      .keeper = {.restore = restore, .between = between}, .output = output, .rule = rz_stop_rule_default()};
  k->rule.since = output->run->started;
  k->rule.interval = 60.0 * rz_config_real(output->run->config, "run", "checkpoint_minutes");
  k->keeper.self = k;
  return rz_agree(comm_of(k), name_stop_files(k));
}

void rz_keeping_pause(rz_keeping *k) { rz_stop_end(&k->rule); }

void rz_keeping_end(rz_keeping *k) {
  rz_stop_end(&k->rule);
  for (int i = 0; i < 2; i++) rz_free(&k->stop_file[i]);
}
