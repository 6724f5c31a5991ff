/* Sector and rotation: what the deck asks for against what the Hamiltonian and the lattice allow. */
#include "model_impl.h"

#include "ritz/core/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR "sector"

static const rz_option rows[] = {
    RZ_ROW_STRING("sz", "'auto'",
                  "total Sz, each spin counting 1/2: 'auto', 'all' or a value such as '0', '1/2', '-1'; 'auto' is the "
                  "lowest |Sz| if H keeps it, else 'all'"),
    RZ_ROW_CHOICE("marshall", "auto|none|rotate", "'auto'",
                  "rotate the spins of one sublattice by pi about z; 'auto' when that removes all signs"),
    RZ_ROW_INTS("momentum", 2, "", -4096, 4096,
                "momentum sector of exact diagonalisation, one value per direction, in units of 2 pi / length"),
    RZ_ROW_INT("spin_flip", "", 1, 0, "spin-flip sector of exact diagonalisation: 1 or -1"),
    RZ_ROW_INT("reflection", "", 1, 0, "reflection sector of exact diagonalisation: 1 or -1"),
};

const rz_option_group *rz_sector_options(void) {
  static const rz_option_group group = {.name = SECTOR,
                                        .about = "conserved quantities and the sign rotation",
                                        .rows = rows,
                                        .n_rows = sizeof rows / sizeof rows[0]};
  return &group;
}

/* "3", "-1", "1/2", "0.5" as twice the value; false for anything else. */
static bool read_half_integer(const char *s, long *twice) {
  char *end;
  if (!strchr("+-0123456789", s[0])) return false;
  const long n = strtol(s, &end, 10);
  if (end == s || labs(n) > 1000000) return false;
  if (strcmp(end, "/2") == 0) {
    *twice = n;
    return true;
  }
  *twice = 2 * n;
  if (*end == 0 || strcmp(end, ".0") == 0 || strcmp(end, ".") == 0) return true;
  if (strcmp(end, ".5") != 0) return false;
  *twice += s[0] == '-' ? -1 : 1;
  return true;
}

static void choose_sz(rz_config *config, rz_model *m) {
  const char *text = rz_config_string(config, SECTOR, "sz");
  const int n = rz_lattice_n_site(m->lattice);
  const bool keeps = rz_operator_keeps_sz(m->bare);
  long twice;
  if (strcmp(text, "all") == 0) return;
  if (strcmp(text, "auto") == 0) {
    if (!keeps) return;
    m->fixed_sz = true;
    m->n_up = (n + 1) / 2;
    return;
  }
  if (!read_half_integer(text, &twice))
    rz_config_error(config, SECTOR, "sz",
                    "'%s' is not a sector; allowed are 'auto', 'all' or a value such as '0', '1/2', "
                    "'-1'",
                    text);
  else if (!keeps)
    rz_config_error(config, SECTOR, "sz",
                    "the model '%s' with these terms does not keep total Sz; allowed are 'all' and "
                    "'auto'",
                    m->cls->name);
  else if (labs(twice) > n || (twice + n) % 2 != 0)
    rz_config_error(config, SECTOR, "sz", "%d sites have no sector Sz = %s; allowed are %s from -%d%s to %d%s", n, text,
                    n % 2 ? "half-integers" : "integers", n % 2 ? n : n / 2, n % 2 ? "/2" : "", n % 2 ? n : n / 2,
                    n % 2 ? "/2" : "");
  else {
    m->fixed_sz = true;
    m->n_up = (int)((twice + n) / 2);
  }
}

static rz_err record_sz(rz_config *config, const rz_model *m) {
  char text[32];
  const int twice = 2 * m->n_up - rz_lattice_n_site(m->lattice);
  if (!m->fixed_sz)
    snprintf(text, sizeof text, "all");
  else if (twice % 2)
    snprintf(text, sizeof text, "%d/2", twice);
  else
    snprintf(text, sizeof text, "%d", twice / 2);
  if (strcmp(text, rz_config_string(config, SECTOR, "sz")) != 0)
    RZ_TRY(rz_config_set_string(config, SECTOR, "sz", text));
  return RZ_OK;
}

/* rotated: the candidate; kept if asked for, or if it removes the signs that the bare H has. */
static rz_err choose_rotation(rz_config *config, rz_model *m) {
  const char *asked = rz_config_string(config, SECTOR, "marshall");
  const bool bipartite = rz_lattice_is_bipartite(m->lattice), rotate = strcmp(asked, "rotate") == 0;
  m->h = m->bare;
  if (rotate && !bipartite) {
    rz_config_error(
        config, SECTOR, "marshall",
        "a rotation needs two sublattices with all nearest-neighbour bonds between them, which this lattice "
        "(%s, %d sites) does not have; allowed are 'none' and 'auto'",
        rz_lattice_spec_of(m->lattice)->geometry, rz_lattice_n_site(m->lattice));
    return RZ_OK;
  }
  const int8_t *sub = rz_lattice_sublattice(m->lattice);
  for (int i = 0; i < rz_lattice_n_site(m->lattice); i++) m->marshall_mask[i] = bipartite && sub[i] == 0;
  if (rotate || (strcmp(asked, "auto") == 0 && bipartite && !rz_operator_is_stoquastic(m->bare))) {
    rz_operator *rotated;
    RZ_TRY(rz_operator_clone(m->bare, &rotated));
    const rz_err rc = rz_operator_marshall(rotated, m->marshall_mask);
    m->marshall = rc == RZ_OK && (rotate || rz_operator_is_stoquastic(rotated));
    if (m->marshall)
      m->h = rotated;
    else
      rz_operator_destroy(&rotated);
    RZ_TRY(rc);
  }
  const char *done = m->marshall ? "rotate" : "none";
  if (strcmp(done, asked) != 0) RZ_TRY(rz_config_set_string(config, SECTOR, "marshall", done));
  return RZ_OK;
}

static void check_sign(rz_config *config, const char *key) {
  if (!rz_config_has(config, SECTOR, key)) return;
  const int64_t sign = rz_config_int(config, SECTOR, key);
  if (sign != 1 && sign != -1)
    rz_config_error(config, SECTOR, key, "key '%s' is %lld; allowed are 1 and -1", key, (long long)sign);
}

/* A direction left out would silently have momentum 0, and one too many none. */
static void check_momentum(rz_config *config, const rz_lattice *l) {
  int extent[2];
  if (!rz_config_has(config, SECTOR, "momentum")) return;
  rz_lattice_translation_extent(l, extent);
  const int n_dim = rz_lattice_spec_of(l)->n_dim, n = rz_config_count(config, SECTOR, "momentum");
  if (extent[0] == 1 && extent[1] == 1)
    rz_config_no_effect(config, SECTOR, "momentum", "on a lattice without periodic directions");
  else if (n != n_dim)
    rz_config_error(config, SECTOR, "momentum", "%d value%s for %d direction%s; give one value per direction%s", n,
                    n == 1 ? "" : "s", n_dim, n_dim == 1 ? "" : "s",
                    n_dim == 2 && (extent[0] == 1 || extent[1] == 1) ? ", 0 along an open one" : "");
}

rz_err rz_model_resolve_sector(rz_config *config, rz_model *m) {
  choose_sz(config, m);
  RZ_TRY(choose_rotation(config, m));
  check_sign(config, "spin_flip");
  check_sign(config, "reflection");
  check_momentum(config, m->lattice);
  if (rz_config_error_count(config) == 0) RZ_TRY(record_sz(config, m));
  return RZ_OK;
}
