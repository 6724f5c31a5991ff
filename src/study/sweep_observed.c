#include "sweep_observed.h"

#include "ritz/core/memory.h"
#include <stdio.h>
#include <string.h>

#define ROOT "/observables"

void rz_observed_free(rz_observed_list *list) {
  rz_free(&list->item);
  list->n = 0;
}

const rz_observed *rz_observed_find(const rz_observed_list *list, const char *name) {
  for (int i = 0; i < list->n; i++)
    if (strcmp(list->item[i].name, name) == 0) return &list->item[i];
  return NULL;
}

static rz_err append(rz_observed_list *list, const rz_observed *o) {
  rz_observed *longer;
  RZ_TRY(RZ_NEW(list->n + 1, &longer));
  if (list->n > 0) memcpy(longer, list->item, (size_t)list->n * sizeof *longer);
  longer[list->n] = *o;
  rz_free(&list->item);
  list->item = longer;
  list->n++;
  return RZ_OK;
}

rz_err rz_observed_merge(rz_observed_list *list, const rz_observed_list *with) {
  for (int i = 0; i < with->n; i++)
    if (!rz_observed_find(list, with->item[i].name)) RZ_TRY(append(list, &with->item[i]));
  return RZ_OK;
}

static rz_err read_number(const rz_stored *f, const char *path, rz_array *shape, double *value) {
  shape->data = value;
  return rz_stored_read(f, path, shape);
}

/* /observables/NAME/mean and /error, if they are one number: shape [1]. */
static rz_err read_one(const rz_stored *f, const char *name, rz_observed_list *list) {
  char path[RZ_OBSERVED_NAME + 32];
  char *unit = NULL;
  rz_array shape;
  rz_observed o;
  snprintf(o.name, sizeof o.name, "%s", name);
  snprintf(path, sizeof path, ROOT "/%s/mean", name);
  RZ_TRY(rz_stored_shape(f, path, &shape));
  if (shape.n_dim != 1 || shape.shape[0] != 1) return RZ_OK;
  RZ_TRY(read_number(f, path, &shape, &o.mean));
  RZ_TRY(rz_stored_attr_text(f, path, "units", &unit));
  snprintf(o.unit, sizeof o.unit, "%s", unit);
  rz_free(&unit);
  snprintf(path, sizeof path, ROOT "/%s/error", name);
  RZ_TRY(read_number(f, path, &shape, &o.error));
  return append(list, &o);
}

/* The groups below /observables/GROUP that hold a mean: themselves, or one level deeper ("vison/m2"). */
static rz_err read_group(const rz_stored *f, const char *group, int depth, rz_observed_list *list) {
  char path[RZ_OBSERVED_NAME + 32], *names = NULL, *rest = NULL;
  rz_err rc = RZ_OK;
  snprintf(path, sizeof path, ROOT "/%s/mean", group);
  if (*group && rz_stored_has(f, path)) return strcmp(group, "energy") == 0 ? RZ_OK : read_one(f, group, list);
  if (depth == 2) return RZ_OK;
  snprintf(path, sizeof path, ROOT "%s%s", *group ? "/" : "", group);
  RZ_TRY(rz_stored_list(f, path, &names));
  for (char *name = strtok_r(names, "\n", &rest); name; name = strtok_r(NULL, "\n", &rest)) {
    char child[RZ_OBSERVED_NAME];
    const int n = snprintf(child, sizeof child, "%s%s%s", group, *group ? "/" : "", name);
    if (n < (int)sizeof child) RZ_TRY_DONE(rc, read_group(f, child, depth + 1, list));
  }
done:
  rz_free(&names);
  return rc;
}

rz_err rz_observed_read(const rz_stored *f, rz_observed_list *out) {
  *out = (rz_observed_list){0};
  if (!rz_stored_has(f, ROOT)) return RZ_OK;
  const rz_err rc = read_group(f, "", 0, out);
  if (rc != RZ_OK) rz_observed_free(out);
  return rc;
}
