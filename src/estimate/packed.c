#include "packed.h"

#include "ritz/core/memory.h"
#include <string.h>

static rz_err allocate(const rz_lattice *lattice, int64_t n, rz_packed *p) {
  p->kernel = RZ_ISA_PICK(rz_bits);
  p->n_site = rz_lattice_n_site(lattice);
  p->stride = rz_packed_stride(p->n_site);
  const int64_t chunks = p->stride / RZ_WORD, n_word = (n + RZ_WORD - 1) / RZ_WORD;
  RZ_TRY(RZ_NEW(n_word * RZ_WORD * chunks, &p->row));
  RZ_TRY(RZ_NEW(n_word * p->stride, &p->column));
  RZ_TRY(RZ_NEW0(2 * chunks, &p->mask));
  for (int k = 0; k < 2; k++) RZ_TRY(RZ_NEW(p->n_site + 1, &p->total[k]));
  RZ_TRY(RZ_NEW(p->stride, &p->up));
  return RZ_NEW((int64_t)p->n_site * p->stride, &p->unequal);
}

rz_err rz_packed_create(const rz_lattice *lattice, int64_t n, rz_packed **out) {
  RZ_TRY(RZ_NEW0(1, out));
  const rz_err rc = allocate(lattice, n, *out);
  if (rc != RZ_OK) {
    rz_packed_destroy(out);
    return rc;
  }
  const int8_t *sublattice = rz_lattice_sublattice(lattice);
  uint64_t *mask = (*out)->mask + (*out)->stride / RZ_WORD;
  for (int i = 0; sublattice && i < (*out)->n_site; i++)
    if (sublattice[i]) mask[i / RZ_WORD] |= UINT64_C(1) << i % RZ_WORD;
  return RZ_OK;
}

void rz_packed_destroy(rz_packed **p) {
  if (!*p) return;
  rz_free(&(*p)->row);
  rz_free(&(*p)->column);
  rz_free(&(*p)->mask);
  for (int k = 0; k < 2; k++) rz_free(&(*p)->total[k]);
  rz_free(&(*p)->up);
  rz_free(&(*p)->unequal);
  rz_free(p);
}

void rz_packed_fill(rz_packed *p, const rz_samples *s, int64_t first, int64_t n) {
  const int chunks = p->stride / RZ_WORD;
  p->n = 0;
  for (int64_t i = first; i < first + n; i++)
    if (s->weight[i] != 0.0) p->kernel->of_spins(p->n_site, s->spin + i * s->n_site, p->row + p->n++ * chunks);
  p->n_word = (p->n + RZ_WORD - 1) / RZ_WORD;
  memset(p->row + p->n * chunks, 0, (size_t)((p->n_word * RZ_WORD - p->n) * chunks) * sizeof *p->row);
  p->has_column = p->has_total[0] = p->has_total[1] = p->has_up = p->has_unequal = false;
}

static const uint64_t *columns(rz_packed *p) {
  const int chunks = p->stride / RZ_WORD;
  for (int64_t w = 0; w < p->n_word && !p->has_column; w++)
    for (int c = 0; c < chunks; c++)
      p->kernel->transpose(chunks, p->row + w * RZ_WORD * chunks + c, p->column + w * p->stride + c * RZ_WORD);
  p->has_column = true;
  return p->column;
}

const int64_t *rz_packed_totals(rz_packed *p, bool staggered) {
  const int chunks = p->stride / RZ_WORD;
  int64_t *total = p->total[staggered];
  if (p->has_total[staggered]) return total;
  memset(total, 0, (size_t)(p->n_site + 1) * sizeof *total);
  p->kernel->totals(p->n, chunks, p->row, p->mask + (staggered ? chunks : 0), total);
  p->has_total[staggered] = true;
  return total;
}

const int64_t *rz_packed_up(rz_packed *p) {
  if (!p->has_up) p->kernel->up(p->n_word, p->stride, columns(p), p->up);
  p->has_up = true;
  return p->up;
}

const int32_t *rz_packed_unequal(rz_packed *p) {
  if (!p->has_unequal) p->kernel->unequal(p->n_site, p->n_word, p->stride, columns(p), p->unequal);
  p->has_unequal = true;
  return p->unequal;
}
