#include "ed_product.h"
#include "ed_rows.h"
#include "ed_split.h"
#include "ed_stored.h"

#include <string.h>

/* Tables may take as much as a vector, and this much in any case. */
static const double SMALL_BYTES = 64.0 * 1024 * 1024;

static bool without_symmetries(const rz_ed_spec *s) {
  return !s->use_momentum && s->spin_flip == 0 && s->reflection == 0 && s->n_extra == 0;
}

/* Bytes by halves, or a negative number if they are too many. */
static double need_of_halves(const rz_ed_operator *op, bool fixed_sz, double dim, int size) {
  const double need = rz_ed_split_need(op, fixed_sz, size), vector = dim / size * (op->real ? 8.0 : 16.0);
  return need <= SMALL_BYTES || need <= vector ? need : -1.0;
}

static rz_err by_halves(const rz_ed_spec *spec, const rz_ed_operator *op, const rz_comm *comm, rz_ed_product *p) {
  RZ_TRY(rz_ed_split_create(op, spec->fixed_sz, spec->n_up, true, comm, &p->halves));
  p->name = "halves";
  p->dim = rz_ed_split_dim(p->halves);
  p->is_complex = !op->real;
  p->states = rz_ed_split_range(p->halves);
  p->apply = rz_ed_split_apply;
  p->alloc = rz_ed_split_alloc;
  p->release = rz_ed_split_release;
  p->ctx = p->halves;
  return RZ_OK;
}

static rz_err by_rows(const rz_ed_spec *spec, const rz_comm *comm, rz_ed_product *p) {
  RZ_TRY(rz_ed_rows_create(spec, comm, &p->rows));
  p->name = "rows";
  p->dim = rz_ed_rows_basis(p->rows)->dim;
  p->is_complex = rz_ed_rows_is_complex(p->rows);
  p->states = rz_ed_rows_range(p->rows);
  p->apply = rz_ed_rows_apply;
  p->ctx = p->rows;
  return RZ_OK;
}

rz_err rz_ed_product_create(const rz_ed_spec *spec, const rz_comm *comm, rz_ed_product *out) {
  rz_ed_operator *op = NULL;
  rz_sector sector;
  rz_err rc = RZ_OK;
  memset(out, 0, sizeof *out);
  RZ_TRY_DONE(rc, rz_agree(comm, rz_ed_operator_create(spec->op, &op)));
  RZ_TRY_DONE(rc, rz_ed_basis_sector(spec, &sector));
  if (without_symmetries(spec) && need_of_halves(op, spec->fixed_sz, (double)sector.dim, comm->size) >= 0.0)
    RZ_TRY_DONE(rc, by_halves(spec, op, comm, out));
  else
    RZ_TRY_DONE(rc, by_rows(spec, comm, out));
done:
  rz_ed_operator_destroy(&op);
  if (rc != RZ_OK) rz_ed_product_free(out);
  return rc;
}

void rz_ed_product_free(rz_ed_product *p) {
  rz_ed_split_destroy(&p->halves);
  rz_ed_rows_destroy(&p->rows);
  memset(p, 0, sizeof *p);
}

int64_t rz_ed_product_held(const rz_ed_product *p) {
  return p->halves ? rz_ed_split_bytes(p->halves) : rz_ed_rows_bytes(p->rows);
}

double rz_ed_product_bytes(const rz_ed_spec *spec, double dim, int n_element, bool is_complex, int size) {
  const double states = dim / size, vector = states * (is_complex ? 16.0 : 8.0);
  rz_ed_operator *op = NULL;
  double need = -1.0, bytes = states * sizeof(double); /* by rows: their diagonal */
  if (rz_ed_operator_create(spec->op, &op) == RZ_OK) need = need_of_halves(op, spec->fixed_sz, dim, size);
  if (op && n_element > 1)
    bytes = rz_ed_stored_need(spec, op, dim, size);
  else if (need >= 0.0)
    bytes = need + (size > 1 ? vector : 0.0); /* shown to others, or fetched from them */
  rz_ed_operator_destroy(&op);
  return bytes;
}
