/* Option tables: one row per key of a namelist group. The rows drive parsing, range checks, `ritz help`, `ritz
 * template`, the generated option reference and the provenance in results files. */
#ifndef RITZ_CORE_OPTION_H
#define RITZ_CORE_OPTION_H

#include <stdbool.h>

typedef enum rz_option_type { RZ_INT, RZ_REAL, RZ_BOOL, RZ_STRING, RZ_CHOICE } rz_option_type;

typedef struct rz_option {
  const char *name;
  rz_option_type type;
  int max_count;        /* 1: scalar; more: array of up to so many values */
  const char *fallback; /* default as namelist text ("1.0", "'auto'", ".true.", "4, 4"); NULL: the key must be given;
                           "" : may stay unset (rz_config_has tells) */
  double min, max;     /* numbers: allowed range, both ends included; min > max: no range. RZ_STRING: length in bytes */
  const char *choices; /* RZ_CHOICE: "flip|exchange|global_flip"; else NULL. May be NULL for a group's selector and for
                          study in &run: then the members or the studies are the choices */
  const char *unit;    /* "1/J", "s", "" ...; RZ_STRING: "path" for a file, taken from the deck's own directory */
  const char *help;    /* one line */
  int min_count;       /* arrays: fewest values when the key is given; 0 is 1 */
} rz_option;

/* Row constructors keep tables readable: */
#define RZ_ROW_INT(name, fallback, min, max, help)                                                                     \
  { name, RZ_INT, 1, fallback, min, max, 0, "", help, 0 }
#define RZ_ROW_INTS(name, n, fallback, min, max, help)                                                                 \
  { name, RZ_INT, n, fallback, min, max, 0, "", help, 0 }
#define RZ_ROW_REAL(name, fallback, min, max, unit, help)                                                              \
  { name, RZ_REAL, 1, fallback, min, max, 0, unit, help, 0 }
#define RZ_ROW_REALS(name, n, fallback, min, max, unit, help)                                                          \
  { name, RZ_REAL, n, fallback, min, max, 0, unit, help, 0 }
/* Exactly n values: */
#define RZ_ROW_INT_VECTOR(name, n, fallback, min, max, help)                                                           \
  { name, RZ_INT, n, fallback, min, max, 0, "", help, n }
#define RZ_ROW_REAL_VECTOR(name, n, fallback, min, max, unit, help)                                                    \
  { name, RZ_REAL, n, fallback, min, max, 0, unit, help, n }
#define RZ_ROW_BOOL(name, fallback, help)                                                                              \
  { name, RZ_BOOL, 1, fallback, 1, 0, 0, "", help, 0 }
#define RZ_ROW_STRING(name, fallback, help)                                                                            \
  { name, RZ_STRING, 1, fallback, 1, 0, 0, "", help, 0 }
#define RZ_ROW_STRINGS(name, n, fallback, help)                                                                        \
  { name, RZ_STRING, n, fallback, 1, 0, 0, "", help, 0 }
#define RZ_ROW_PATH(name, fallback, help)                                                                              \
  { name, RZ_STRING, 1, fallback, 1, 0, 0, "path", help, 0 }
#define RZ_ROW_CHOICE(name, choices, fallback, help)                                                                   \
  { name, RZ_CHOICE, 1, fallback, 1, 0, choices, "", help, 0 }
#define RZ_ROW_CHOICES(name, n, choices, fallback, help)                                                               \
  { name, RZ_CHOICE, n, fallback, 1, 0, choices, "", help, 0 }

/* Of a table that is an array. */
#define RZ_N_ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

/* Rows that only one member of a family understands (kind = 'rbm' reads alpha, kind = 'mean_field' does not). */
typedef struct rz_member_options {
  const char *name, *about; /* the member, as written in the deck */
  const rz_option *rows;
  int n_rows;
} rz_member_options;

/* Fill member[n] from a registry of n class tables, whatever their type: each has these four fields. */
#define RZ_FILL_MEMBERS(member, registry, n)                                                                           \
  do {                                                                                                                 \
    for (int k_ = 0; k_ < (n); k_++)                                                                                   \
      (member)[k_] = (rz_member_options){(registry)[k_]->name, (registry)[k_]->about, (registry)[k_]->options,         \
                                         (registry)[k_]->n_options};                                                   \
  } while (0)

/* One namelist group. With a selector, `rows` hold for every member and each member adds its own; a key used by several
 * members has the same type in each. Groups are assembled from the registries, so a new member brings its rows along.
 */
typedef struct rz_option_group {
  const char *name, *about;
  const char *selector; /* key that chooses the member ("kind"), or NULL; it has a row in `rows` */
  const rz_option *rows;
  int n_rows;
  const rz_member_options *members;
  int n_members;
} rz_option_group;

/* Which groups a study reads, and which of them must be present. */
typedef struct rz_study_groups {
  const char *study, *about;
  const char *const *groups; /* NULL-terminated names; a leading '!' marks a group that must be present. A group that
                                may be absent has its defaults then; its keys without default stay unset */
} rz_study_groups;

/* Everything a deck may say. Group "run" holds the key "study" that selects the row of `studies`. */
typedef struct rz_schema {
  const rz_option_group *groups;
  int n_groups;
  const rz_study_groups *studies;
  int n_studies;
} rz_schema;

#endif
