/* realpath is part of the X/Open extension. */
#define _XOPEN_SOURCE 700

#include "sweep_plan.h"

#include "ritz/core/deck.h"
#include "ritz/core/memory.h"
#include "sweep_axes.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const rz_option rows[] = {
    RZ_ROW_STRINGS("axes", RZ_SWEEP_AXES, NULL,
                   "'group.key = point, point, ...' each, blanks between the values of one point; last axis fastest"),
    RZ_ROW_INT("ranks_per_point", "1", 1, 1000000, "ranks that compute one point when the sweep is one MPI job"),
    RZ_ROW_STRING("warm_start", "", "axis along which a point starts from its finished neighbour: 'group.key'"),
    RZ_ROW_STRING("output", "",
                  "NAME of the folder NAME/ of the points and of the table NAME.h5, NAME.csv (default: output of &run, "
                  "or the deck's name, with .sweep)"),
};
const rz_option_group rz_sweep_group = {
    "sweep", "the same deck for many values", NULL, rows, sizeof rows / sizeof *rows, NULL, 0};

/* --- names -------------------------------------------------------------------------------------------------------- */

int rz_sweep_position(const rz_sweep *s, int point, int axis) {
  for (int i = s->n_axis - 1; i > axis; i--) point /= s->axis[i].n;
  return point % s->axis[axis].n;
}

int rz_sweep_neighbour(const rz_sweep *s, int point) {
  if (s->warm_axis < 0 || rz_sweep_position(s, point, s->warm_axis) == 0) return -1;
  int stride = 1;
  for (int i = s->n_axis - 1; i > s->warm_axis; i--) stride *= s->axis[i].n;
  return point - stride;
}

rz_err rz_sweep_path(const rz_sweep *s, int point, const char *suffix, char **path) {
  const size_t size = strlen(s->stem) + strlen(suffix) + 16;
  RZ_TRY(rz_malloc((int64_t)size, 1, (void **)path));
  snprintf(*path, size, "%s/%04d%s", s->stem, point + 1, suffix);
  return RZ_OK;
}

rz_err rz_sweep_label(const rz_sweep *s, int point, char **label) {
  size_t size = 1;
  for (int i = 0; i < s->n_axis; i++) {
    const rz_sweep_axis *a = &s->axis[i];
    size += strlen(a->group) + strlen(a->key) + strlen(a->value[rz_sweep_position(s, point, i)]) + 8;
  }
  RZ_TRY(rz_malloc((int64_t)size, 1, (void **)label));
  char *to = *label;
  for (int i = 0; i < s->n_axis; i++) {
    const rz_sweep_axis *a = &s->axis[i];
    to += sprintf(to, "%s%s.%s = %s", i ? ", " : "", a->group, a->key, a->value[rz_sweep_position(s, point, i)]);
  }
  return RZ_OK;
}

/* "out/name.h5" and "dir/name.nml" give "out/name.sweep" and "name.sweep". */
static rz_err choose_stem(const rz_config *c, char **stem) {
  if (rz_config_has(c, "sweep", "output")) return rz_strdup(rz_config_string(c, "sweep", "output"), stem);
  const bool given = rz_config_has(c, "run", "output");
  const char *name = given ? rz_config_string(c, "run", "output") : rz_config_file(c);
  const char *suffix = given ? ".h5" : ".nml";
  if (!given && strrchr(name, '/')) name = strrchr(name, '/') + 1;
  size_t n = strlen(name);
  if (n > strlen(suffix) && strcmp(name + n - strlen(suffix), suffix) == 0) n -= strlen(suffix);
  RZ_TRY(rz_malloc((int64_t)n + 8, 1, (void **)stem));
  snprintf(*stem, n + 8, "%.*s.sweep", (int)n, name);
  return RZ_OK;
}

/* --- axes --------------------------------------------------------------------------------------------------------- */

static bool same_axis(const rz_sweep_axis *a, const rz_sweep_axis *b) {
  return a->group && b->group && strcasecmp(a->group, b->group) == 0 && strcasecmp(a->key, b->key) == 0;
}

static rz_err read_axes(rz_config *c, rz_sweep *s) {
  double n_point = 1.0;
  for (int i = 0; i < rz_config_count(c, "sweep", "axes"); i++) {
    const char *text = rz_config_string_at(c, "sweep", "axes", i);
    rz_sweep_axis *a = &s->axis[s->n_axis++];
    char *why = NULL;
    RZ_TRY(rz_sweep_axis_parse(rz_study_schema(), text, a, &why));
    if (why) rz_config_error(c, "sweep", "axes", "axis '%s': %s", text, why);
    rz_free(&why);
    for (int k = 0; k < i; k++)
      if (same_axis(a, &s->axis[k]))
        rz_config_error(c, "sweep", "axes", "axis '%s': that key has an axis already", text);
    n_point *= a->n;
  }
  if (n_point > RZ_SWEEP_MAX_POINTS)
    rz_config_error(c, "sweep", "axes", "the axes make %.0f points; at most %d are allowed", n_point,
                    RZ_SWEEP_MAX_POINTS);
  RZ_TRY(rz_config_report(c));
  s->n_point = (int)n_point;
  return RZ_OK;
}

static rz_err read_warm_start(rz_config *c, rz_sweep *s) {
  s->warm_axis = -1;
  if (!rz_config_has(c, "sweep", "warm_start")) return RZ_OK;
  const char *name = rz_config_string(c, "sweep", "warm_start");
  for (int i = 0; i < s->n_axis; i++) {
    const size_t n = strlen(s->axis[i].group);
    if (strncasecmp(name, s->axis[i].group, n) == 0 && name[n] == '.' && strcasecmp(name + n + 1, s->axis[i].key) == 0)
      s->warm_axis = i;
  }
  if (s->warm_axis < 0) rz_config_error(c, "sweep", "warm_start", "'%s' is not the group.key of an axis", name);
  if (!rz_config_uses_group(c, "ansatz"))
    rz_config_error(c, "sweep", "warm_start", "study '%s' trains no state to start from",
                    rz_config_string(c, "run", "study"));
  return rz_config_report(c);
}

/* --- decks -------------------------------------------------------------------------------------------------------- */

enum { MAX_PATHS = 16 };

/* Files the deck names are looked for beside it; the points' decks stand elsewhere. */
typedef struct moved_paths {
  const rz_config *config;
  rz_deck_change change[MAX_PATHS];
  char *value[MAX_PATHS];
  int n;
  rz_err rc;
} moved_paths;

static void move_path(const char *group, const rz_option *row, const char *text, const char *source, void *ctx) {
  moved_paths *m = ctx;
  (void)text;
  if (m->rc != RZ_OK || m->n == MAX_PATHS || row->type != RZ_STRING || strcmp(row->unit, "path") != 0 ||
      strcmp(source, "deck") != 0)
    return;
  char *path = NULL;
  m->rc = rz_config_path(m->config, rz_config_string(m->config, group, row->name), &path);
  if (m->rc != RZ_OK) return;
  char *real = realpath(path, NULL);
  const char *name = real ? real : path;
  m->rc = rz_malloc((int64_t)(2 * strlen(name) + 3), 1, (void **)&m->value[m->n]);
  if (m->rc == RZ_OK) {
    char *to = m->value[m->n];
    *to++ = '\'';
    for (const char *c = name; *c; c++) {
      if (*c == '\'') *to++ = '\'';
      *to++ = *c;
    }
    strcpy(to, "'");
    m->change[m->n] = (rz_deck_change){group, row->name, m->value[m->n]};
    m->n++;
  }
  free(real);
  rz_free(&path);
}

static rz_err write_point(rz_sweep *s, const rz_config *c, const moved_paths *m, int point) {
  rz_deck_change change[MAX_PATHS + RZ_SWEEP_AXES + 2];
  char *label = NULL, *text = NULL, output[PATH_MAX], start[32];
  rz_err rc = RZ_OK;
  int n = 0;
  for (int i = 0; i < m->n; i++) change[n++] = m->change[i];
  for (int i = 0; i < s->n_axis; i++)
    change[n++] = (rz_deck_change){s->axis[i].group, s->axis[i].key, s->axis[i].value[rz_sweep_position(s, point, i)]};
  const int from = rz_sweep_neighbour(s, point);
  snprintf(start, sizeof start, "'%04d.h5'", from + 1);
  if (from >= 0) change[n++] = (rz_deck_change){"ansatz", "init_from", start};
  snprintf(output, sizeof output, "'%s/%04d.h5'", s->stem, point + 1);
  change[n++] = (rz_deck_change){"run", "output", output};
  RZ_TRY_DONE(rc, rz_sweep_label(s, point, &label));
  RZ_TRY_DONE(rc, rz_deck_rewrite(rz_study_schema(), rz_config_text(c), "sweep", n, change, &text));
  const size_t size = strlen(label) + strlen(text) + 4;
  RZ_TRY_DONE(rc, rz_malloc((int64_t)size, 1, (void **)&s->deck[point]));
  snprintf(s->deck[point], size, "! %s\n%s", label, text);
done:
  rz_free(&label);
  rz_free(&text);
  return rc;
}

/* The first line of a report, without place. */
static void first_message(const char *report, char *out, size_t size) {
  const char *s = strstr(report, "error: ");
  s = s ? s + strlen("error: ") : report;
  snprintf(out, size, "%.*s", (int)strcspn(s, "\n"), s);
}

/* A deck that is not valid is the axes' fault: the deck as it stands is. One message, of the first such point. */
static rz_err check_points(rz_config *c, const rz_sweep *s) {
  bool valid = true;
  for (int i = 0; valid && i < s->n_point; i++) {
    rz_config *point = NULL;
    char *label = NULL, message[1024];
    const rz_err rc = rz_config_parse("point", s->deck[i], (int64_t)strlen(s->deck[i]), rz_study_schema(), &point);
    valid = rc == RZ_OK;
    if (rc == RZ_ERR_DECK) {
      first_message(rz_config_errors(point), message, sizeof message);
      RZ_TRY(rz_sweep_label(s, i, &label));
      rz_config_error(c, "sweep", "axes", "point %d (%s): %s", i + 1, label, message);
      rz_free(&label);
    }
    rz_config_destroy(&point);
    if (!valid && rc != RZ_ERR_DECK) return rc;
  }
  return rz_config_report(c);
}

static rz_err write_decks(rz_config *c, rz_sweep *s) {
  moved_paths moved = {.config = c};
  rz_err rc = RZ_OK;
  rz_config_each(c, move_path, &moved);
  RZ_TRY_DONE(rc, moved.rc);
  RZ_TRY_DONE(rc, RZ_NEW0(s->n_point, &s->deck));
  for (int i = 0; i < s->n_point; i++) RZ_TRY_DONE(rc, write_point(s, c, &moved, i));
done:
  for (int i = 0; i < moved.n; i++) rz_free(&moved.value[i]);
  return rc;
}

rz_err rz_sweep_create(rz_config *config, rz_sweep *out) {
  *out = (rz_sweep){.ranks_per_point = (int)rz_config_int(config, "sweep", "ranks_per_point")};
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, choose_stem(config, &out->stem));
  RZ_TRY_DONE(rc, read_axes(config, out));
  RZ_TRY_DONE(rc, read_warm_start(config, out));
  RZ_TRY_DONE(rc, write_decks(config, out));
  rc = check_points(config, out);
done:
  if (rc != RZ_OK) rz_sweep_free(out);
  return rc;
}

void rz_sweep_free(rz_sweep *s) {
  for (int i = 0; s->deck && i < s->n_point; i++) rz_free(&s->deck[i]);
  for (int i = 0; i < s->n_axis; i++) rz_sweep_axis_free(&s->axis[i]);
  rz_free(&s->deck);
  rz_free(&s->stem);
  *s = (rz_sweep){0};
}
