/* Text -> untyped tree of a Fortran namelist deck: groups, items (key = values), values, each with its place in the
 * text. No schema here: any key and any shape is accepted that the grammar of docs/decks.md allows. Syntax errors go to
 * the report and parsing goes on behind them, so that one pass finds them all.
 *
 * Time is linear in the text, memory a fixed multiple of it: repeat counts stay counts. Local; no communication. */
#ifndef RITZ_CORE_NAMELIST_H
#define RITZ_CORE_NAMELIST_H

#include "report.h"
#include "ritz/core/error.h"
#include "strbuf.h"
#include <stdbool.h>
#include <stdint.h>

typedef enum rz_nml_kind {
  RZ_NML_NULL,
  RZ_NML_INT,
  RZ_NML_REAL,
  RZ_NML_BOOL,
  RZ_NML_STRING,
  RZ_NML_COMPLEX
} rz_nml_kind;

typedef struct rz_nml_value {
  rz_nml_kind kind;
  bool is_wide;     /* RZ_NML_INT outside int64: only `real` holds it */
  int64_t pos, end; /* bytes of the constant in the text, repeat count included */
  int64_t repeat;   /* r*c; 1 without */
  union {
    int64_t integer;
    double real[2]; /* RZ_NML_REAL (may be non-finite), RZ_NML_COMPLEX, wide integers */
    bool boolean;
    struct {
      int64_t at, n; /* offset in chars, length; NUL-terminated */
    } string;
  };
} rz_nml_value;

/* One subscript: "2" (lo only), "2:4", ":", "1:5:2". */
typedef struct rz_nml_sub {
  int64_t lo, hi, step;
  bool is_range, has_lo, has_hi;
} rz_nml_sub;

/* One component of a designator: a(2)%b has two. Names are lower case. */
typedef struct rz_nml_part {
  int64_t name; /* offset in chars */
  int64_t first_sub;
  int n_subs;
} rz_nml_part;

typedef struct rz_nml_item {
  int64_t pos;
  int64_t first_part, first_value, n_values;
  int n_parts;
  bool has_substring; /* a(1)(2:3): a second pair of parentheses */
  bool is_bad;        /* a syntax error was reported inside */
} rz_nml_item;

typedef struct rz_nml_group {
  int64_t pos;  /* of the & or $ */
  int64_t name; /* offset in chars; lower case */
  int64_t first_item, n_items;
} rz_nml_group;

typedef struct rz_nml {
  rz_nml_group *groups;
  rz_nml_item *items;
  rz_nml_part *parts;
  rz_nml_sub *subs;
  rz_nml_value *values;
  rz_strbuf chars; /* names and strings */
  int64_t n_groups, n_items, n_parts, n_subs, n_values;
  int64_t cap_groups, cap_items, cap_parts, cap_subs, cap_values;
  bool is_fatal; /* the text is not a text (NUL byte); nothing was parsed */
} rz_nml;

/* Parse. The report was made for the same text. Owner of out: caller. Errors: RZ_ERR_MEMORY only; look at the report
 * for errors in the text. */
rz_err rz_nml_parse(const char *text, int64_t n, rz_report *report, rz_nml **out);
void rz_nml_destroy(rz_nml **tree);
/* A name or string of the tree; valid until it is destroyed. */
const char *rz_nml_chars(const rz_nml *tree, int64_t at);

/* -- constants (namelist_value.c) */

typedef enum rz_nml_scan {
  RZ_SCAN_OK,
  RZ_SCAN_NOT,          /* no such constant */
  RZ_SCAN_OVERFLOW,     /* a real beyond the range of double */
  RZ_SCAN_UNDERFLOW,    /* stored, but as zero or with fewer digits */
  RZ_SCAN_BARE_EXPONENT /* stored; "1.5+3" = 1500 */
} rz_nml_scan;

/* Number, infinity or NaN filling s[0..n) exactly. scratch: working memory, kept by the caller. */
rz_err rz_nml_scan_number(const char *s, int64_t n, rz_strbuf *scratch, rz_nml_value *v, rz_nml_scan *result);
/* t, f, true, false with a leading dot, or both dots, or none; any case. */
bool rz_nml_scan_bool(const char *s, int64_t n, bool *value);
/* "%.17g" or shorter, as long as it reads back the same; a point whatever the locale says, never an integer's form. */
#define RZ_REAL_SIZE 40
const char *rz_nml_print_real(double x, char buffer[RZ_REAL_SIZE]);

#endif
