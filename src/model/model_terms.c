/* Any Hamiltonian, from a text file with one term per line (docs/terms.md). */
#include "model_impl.h"
#include "ritz/core/text_file.h"

#include "ritz/core/memory.h"

#include "ritz/core/math.h"
#include <string.h>

static const rz_option rows[] = {
    RZ_ROW_PATH("file", NULL, "file of terms, one a line: coefficient op site op site ...")};

enum { MAX_FACTOR = 256, MAX_BAD = 20 };

/* A real number or (re,im). */
static bool read_coefficient(const rz_word *w, double complex *coef) {
  double re = 0.0, im = 0.0;
  if (w->n > 0 && w->s[0] == '(') {
    const char *comma = memchr(w->s, ',', (size_t)w->n);
    if (!comma || w->s[w->n - 1] != ')') return false;
    rz_word part[2] = {{w->s + 1, (int)(comma - w->s) - 1, 0}, {comma + 1, (int)(w->s + w->n - comma) - 2, 0}};
    for (int k = 0; k < 2; k++) {
      while (part[k].n > 0 && *part[k].s == ' ') part[k].s++, part[k].n--;
      while (part[k].n > 0 && part[k].s[part[k].n - 1] == ' ') part[k].n--;
    }
    if (!rz_word_real(&part[0], &re) || !rz_word_real(&part[1], &im)) return false;
  } else if (!rz_word_real(w, &re)) {
    return false;
  }
  *coef = CMPLX(re, im);
  return true;
}

static rz_err read_term(rz_text *t, rz_operator *op) {
  rz_local factor[MAX_FACTOR];
  double complex coef;
  rz_word w;
  int n = 0;
  rz_text_word(t, &w);
  if (!read_coefficient(&w, &coef))
    return rz_text_fail(t, w.column, "a term begins with its coefficient, a finite number or (re,im), not '%.*s'", w.n,
                        w.s);
  while (rz_text_word(t, &w)) {
    if (w.n != 1 || !strchr("IXYZxyz+-", w.s[0]))
      return rz_text_fail(
          t, w.column,
          "unknown operator '%.*s'; allowed are X Y Z (Pauli matrices), x y z (spin-1/2 operators), + - "
          "(raising and lowering), I",
          w.n, w.s);
    if (n == MAX_FACTOR) return rz_text_fail(t, w.column, "more than %d operators in one term", (int)MAX_FACTOR);
    factor[n].op = w.s[0];
    const int last = rz_operator_n_site(op) - 1;
    int64_t site;
    if (!rz_text_word(t, &w)) return rz_text_fail(t, w.column, "the site of operator '%c' is missing", factor[n].op);
    if (!rz_word_int(&w, 0, last, &site))
      return rz_text_fail(t, w.column, "a site is an integer from 0 to %d on this lattice, not '%.*s'", last, w.n, w.s);
    factor[n++].site = (int32_t)site;
  }
  const rz_err rc = rz_operator_add(op, coef, n, factor);
  if (rc != RZ_ERR_ARG) return rc;
  char reason[256]; /* the record is about to be overwritten */
  snprintf(reason, sizeof reason, "%s", rz_error_message());
  return rz_text_fail(t, 1, "%s", reason);
}

/* Read every line; those that are no terms are collected, up to MAX_BAD of them, in text. */
static rz_err read_terms(rz_text *t, rz_operator *op, int64_t *n_term, int64_t *n_bad, char *text) {
  size_t used = 0;
  for (*n_bad = 0; rz_text_line(t); ++*n_term) {
    const rz_err rc = read_term(t, op);
    if (rc == RZ_OK) continue;
    if (rc != RZ_ERR_DECK) return rz_error_trace(rc, __FILE__, __LINE__, __func__);
    if ((*n_bad)++ >= MAX_BAD || used >= RZ_MESSAGE_SIZE - 1) continue;
    const int n = snprintf(text + used, RZ_MESSAGE_SIZE - used, "%s%s", used ? "\n" : "", rz_error_message());
    used += n > 0 ? (size_t)n : 0;
  }
  return RZ_OK;
}

/* Faults of the file are the deck's error at the key. */
static rz_err build(const rz_model_input *in, rz_operator *op) {
  char *path = NULL, *text = NULL;
  rz_text t = {0};
  int64_t n_bad = 0;
  rz_err rc = RZ_OK;
  *in->n_term = 0;
  RZ_TRY(rz_config_path(in->config, rz_config_string(in->config, RZ_GROUP, "file"), &path));
  rc = rz_text_open(path, &t);
  rz_free(&path);
  if (rc == RZ_ERR_INPUT) return rz_config_file_error(in->config, RZ_GROUP, "file");
  if (rc != RZ_OK) return rz_error_trace(rc, __FILE__, __LINE__, __func__);
  RZ_TRY_DONE(rc, RZ_NEW(RZ_MESSAGE_SIZE, &text));
  RZ_TRY_DONE(rc, read_terms(&t, op, in->n_term, &n_bad, text));
  if (*in->n_term == 0)
    rz_config_error(in->config, RZ_GROUP, "file",
                    "%s: no terms in the file; a line is 'coefficient op site op site ...'", t.path);
  else if (n_bad > MAX_BAD)
    rz_config_error(in->config, RZ_GROUP, "file", "%s\n%lld more lines of the file are wrong", text,
                    (long long)(n_bad - MAX_BAD));
  else if (n_bad > 0)
    rz_config_error(in->config, RZ_GROUP, "file", "%s", text);
done:
  rz_free(&text);
  rz_text_close(&t);
  return rc;
}

const rz_model_class rz_model_terms = {.name = "terms",
                                       .about = "any Hamiltonian, from a file of terms",
                                       .cite = "docs/terms.md",
                                       .units = "pauli",
                                       .formula = "H = sum of n_term terms of file",
                                       .options = rows,
                                       .n_options = RZ_N_ROWS(rows),
                                       .build = build};
