/* The files of a sweep before and after its points are run. */
#include "ritz/study/sweep.h"

#include "ritz/core/memory.h"
#include "sweep_files.h"
#include "sweep_table.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool rz_sweep_asked(const rz_config *config) { return rz_config_has(config, "sweep", "axes"); }

rz_err rz_sweep_check(rz_config *config, FILE *out) {
  rz_sweep s;
  RZ_TRY(rz_sweep_create(config, &s));
  fprintf(out, "! sweep of %d points in %s/, %d rank%s each\n", s.n_point, s.stem, s.ranks_per_point,
          s.ranks_per_point > 1 ? "s" : "");
  rz_sweep_free(&s);
  return RZ_OK;
}

/* --- decks -------------------------------------------------------------------------------------------------------- */

static bool holds(const char *path, const char *text) {
  FILE *f = fopen(path, "r");
  if (!f) return false;
  bool same = true;
  for (const char *c = text; same && *c; c++) same = fgetc(f) == (unsigned char)*c;
  same = same && fgetc(f) == EOF;
  fclose(f);
  return same;
}

static rz_err write_deck(const char *path, const char *text) {
  if (holds(path, text)) return RZ_OK;
  FILE *f = fopen(path, "w");
  RZ_CHECK(f, RZ_ERR_CREATE, "cannot create '%s': %s", path, strerror(errno));
  const bool written = fputs(text, f) != EOF;
  const bool closed = fclose(f) == 0;
  RZ_CHECK(closed && written, RZ_ERR_IO, "cannot write '%s': %s", path, strerror(errno));
  return RZ_OK;
}

/* Results of another deck are not ours to lose. */
static rz_err check_free(const rz_config *config, const rz_sweep *s, int point) {
  rz_point p;
  RZ_TRY(rz_point_look(s, point, &p));
  const bool in_the_way = p.is_other && !rz_config_bool(config, "run", "overwrite");
  rz_point_free(&p);
  RZ_CHECK(!in_the_way, RZ_ERR_CREATE,
           "'%s/%04d.h5' holds something else than results of this point's deck: choose another `output` in &sweep, or "
           "overwrite = .true. in &run",
           s->stem, point + 1);
  return RZ_OK;
}

rz_err rz_sweep_write_decks(const rz_config *config, const rz_sweep *s) {
  for (int i = 0; i < s->n_point; i++) RZ_TRY(check_free(config, s, i));
  RZ_CHECK(mkdir(s->stem, 0777) == 0 || errno == EEXIST, RZ_ERR_CREATE, "cannot create the folder '%s': %s", s->stem,
           strerror(errno));
  for (int i = 0; i < s->n_point; i++) {
    char *path = NULL;
    RZ_TRY(rz_sweep_path(s, i, ".nml", &path));
    const rz_err rc = write_deck(path, s->deck[i]);
    rz_free(&path);
    RZ_TRY(rc);
  }
  return RZ_OK;
}

/* --- `ritz sweep` ------------------------------------------------------------------------------------------------- */

/* Along the axis of a warm start one array follows the other: each task needs the one before it. */
static rz_err print_stage(const rz_sweep *s, int stage, FILE *out) {
  bool first = true;
  for (int i = 0; i < s->n_point; i++) {
    rz_point p;
    if (s->warm_axis >= 0 && rz_sweep_position(s, i, s->warm_axis) != stage) continue;
    RZ_TRY(rz_point_look(s, i, &p));
    if (p.status != RZ_POINT_FINISHED) {
      fprintf(out, "%s%d", first ? "sbatch --array=" : ",", i + 1);
      first = false;
    }
    rz_point_free(&p);
  }
  if (first) return RZ_OK;
  if (stage > 0) fprintf(out, " --dependency=afterany:JOB_ABOVE");
  fprintf(out, " jobscripts/slurm_array_chain_lengths.sh %s\n", s->stem);
  return RZ_OK;
}

static rz_err report(const rz_sweep *s, const int count[3], FILE *out) {
  fprintf(out, "%d points in %s/: %d finished, %d failed, %d not run\ntable in %s.csv and %s.h5\n", s->n_point, s->stem,
          count[RZ_POINT_FINISHED], count[RZ_POINT_FAILED], count[RZ_POINT_NOT_RUN], s->stem, s->stem);
  const int n_stage = s->warm_axis >= 0 ? s->axis[s->warm_axis].n : 1;
  if (count[RZ_POINT_FINISHED] < s->n_point) fprintf(out, "to run what is not finished, from this folder:\n");
  for (int stage = 0; stage < n_stage; stage++) RZ_TRY(print_stage(s, stage, out));
  return RZ_OK;
}

rz_err rz_sweep_prepare(rz_config *config, FILE *out) {
  rz_sweep s;
  int count[3];
  rz_err rc = RZ_OK;
  RZ_TRY(rz_sweep_create(config, &s));
  RZ_TRY_DONE(rc, rz_sweep_write_decks(config, &s));
  RZ_TRY_DONE(rc, rz_sweep_write_table(&s, rz_config_text(config), count));
  rc = report(&s, count, out);
done:
  rz_sweep_free(&s);
  return rc;
}
