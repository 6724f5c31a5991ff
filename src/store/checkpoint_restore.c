#include "checkpoint_impl.h"
#include "ritz/core/memory.h"
#include "spread.h"
#include "stored_impl.h"
#include <stdio.h>
#include <string.h>

/* Agreement as in the writer: at the start of every visit and once after the walk. */
typedef struct reader {
  const rz_checkpoint *c;
  char *unused; /* rank 0: names of the arrays not yet visited, one a line, each line begun by '\n' */
  bool agreed;
} reader;

static rz_err list_unused(reader *r) {
  char *names = NULL;
  RZ_TRY(rz_stored_list_all(r->c->stored, "/state", &names));
  const size_t size = strlen(names) + 2;
  const rz_err rc = RZ_NEW(size, &r->unused);
  if (rc == RZ_OK) snprintf(r->unused, size, "\n%s", names);
  rz_free(&names);
  return rc;
}

/* Take a name from the list. */
static rz_err strike(reader *r, const char *name) {
  const size_t size = strlen(name) + 3;
  char *line = NULL;
  RZ_TRY(RZ_NEW(size, &line));
  snprintf(line, size, "\n%s\n", name);
  char *found = strstr(r->unused, line);
  rz_free(&line);
  RZ_CHECK(found, RZ_ERR_INPUT, "checkpoint '%s' has no array '%s'", r->c->info.path, name);
  memmove(found, found + size - 2, strlen(found + size - 2) + 1);
  return RZ_OK;
}

static rz_err check_unused(const reader *r) {
  const char *name = r->unused + 1;
  RZ_CHECK(!*name, RZ_ERR_INPUT, "checkpoint '%s' has an array '%.*s' that this run does not", r->c->info.path,
           (int)strcspn(name, "\n"), name);
  return RZ_OK;
}

static rz_err get(reader *r, const rz_array *whole) {
  char *path = NULL;
  RZ_TRY(strike(r, whole->name));
  const size_t size = strlen(whole->name) + 16;
  RZ_TRY(RZ_NEW(size, &path));
  snprintf(path, size, "/state/%s", whole->name);
  const rz_err rc =
      rz_stored_read(r->c->stored, path,
                     &(rz_array){.name = whole->name,
                                 .type = whole->type,
                                 .n_dim = whole->n_dim,
                                 .shape = {whole->shape[0], whole->shape[1], whole->shape[2], whole->shape[3]},
                                 .data = whole->data});
  rz_free(&path);
  return rc;
}

static rz_err fill_distributed(reader *r, const rz_array *part, rz_spread *plan) {
  const rz_comm *comm = &r->c->comm;
  rz_array *whole = &plan->whole;
  rz_err rc = RZ_OK;
  if (comm->rank == 0) {
    rc = rz_malloc(rz_array_length(whole), rz_array_type_size(whole->type), &whole->data);
    if (rc == RZ_OK) rc = get(r, whole);
  }
  rc = rz_agree(comm, rc);
  if (rc == RZ_OK) rc = rz_spread_scatter(comm, plan, whole->data, part->data);
  rz_free(&whole->data);
  return rc;
}

static rz_err fill_replicated(reader *r, const rz_array *array) {
  const rz_comm *comm = &r->c->comm;
  rz_err rc = RZ_OK;
  if (comm->rank == 0) rc = get(r, array);
  RZ_TRY(rz_agree(comm, rc));
  return rz_bcast(comm, 0, rz_array_length(array) * (int64_t)rz_array_type_size(array->type), array->data);
}

static rz_err fill(const rz_array *array, void *ctx) {
  reader *r = ctx;
  rz_spread plan;
  rz_err rc = rz_agree(&r->c->comm, RZ_OK);
  if (rc == RZ_OK) rc = rz_spread_plan(&r->c->comm, array, &plan);
  if (rc == RZ_OK) rc = array->distributed ? fill_distributed(r, array, &plan) : fill_replicated(r, array);
  if (rc != RZ_OK) r->agreed = true;
  return rc;
}

rz_err rz_checkpoint_restore(const rz_checkpoint *c, rz_state_walk *walk, void *ctx) {
  reader r = {.c = c};
  const bool root = c->comm.rank == 0;
  rz_err rc = rz_agree(&c->comm, root ? list_unused(&r) : RZ_OK);
  if (rc == RZ_OK) {
    rc = walk(ctx, fill, &r);
    if (!r.agreed) rc = rz_agree(&c->comm, rc == RZ_OK && root ? check_unused(&r) : rc);
  }
  rz_free(&r.unused);
  return rc;
}
