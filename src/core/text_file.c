#include "ritz/core/text_file.h"

#include "ritz/core/memory.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FILE = 1 << 28, SHOWN = 100, MAX_NUMBER = 64 };

static rz_err read_all(FILE *in, rz_text *t) {
  int64_t cap = 0;
  for (;;) {
    if (t->size == cap) {
      char *larger;
      const int64_t wanted = cap ? 2 * cap : 4096;
      RZ_CHECK(wanted <= MAX_FILE, RZ_ERR_INPUT, "'%s' is larger than %d MiB", t->path, MAX_FILE >> 20);
      RZ_TRY(RZ_NEW(wanted, &larger));
      if (t->size) memcpy(larger, t->data, (size_t)t->size);
      rz_free(&t->data);
      t->data = larger;
      cap = wanted;
    }
    const size_t got = fread(t->data + t->size, 1, (size_t)(cap - t->size), in);
    t->size += (int64_t)got;
    if (got == 0) break;
  }
  RZ_CHECK(!ferror(in), RZ_ERR_INPUT, "cannot read '%s': %s", t->path, strerror(errno));
  return RZ_OK;
}

rz_err rz_text_open(const char *path, rz_text *t) {
  memset(t, 0, sizeof *t);
  FILE *in = fopen(path, "rb");
  RZ_CHECK(in, RZ_ERR_INPUT, "cannot open '%s': %s", path, strerror(errno));
  rz_err rc = rz_strdup(path, &t->path);
  if (rc == RZ_OK) rc = read_all(in, t);
  fclose(in);
  if (rc != RZ_OK) rz_text_close(t);
  return rc;
}

void rz_text_close(rz_text *t) {
  rz_free(&t->path);
  rz_free(&t->data);
}

static bool blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

bool rz_text_line(rz_text *t) {
  while (t->next < t->size) {
    t->line++;
    t->begin = t->at = t->next;
    const char *newline = memchr(t->data + t->at, '\n', (size_t)(t->size - t->at));
    const int64_t stop = newline ? newline - t->data : t->size;
    t->next = newline ? stop + 1 : t->size;
    t->end = t->at;
    while (t->end < stop && t->data[t->end] != '!' && t->data[t->end] != '#') t->end++;
    int64_t i = t->at;
    while (i < t->end && blank(t->data[i])) i++;
    if (i < t->end) return true;
  }
  return false;
}

bool rz_text_word(rz_text *t, rz_word *w) {
  while (t->at < t->end && blank(t->data[t->at])) t->at++;
  const int64_t first = t->at;
  *w = (rz_word){.s = t->data + first, .column = (int)(first - t->begin) + 1};
  if (first == t->end) return false;
  bool inside = t->data[first] == '(';
  while (t->at < t->end && (inside || !blank(t->data[t->at]))) {
    if (t->data[t->at] == ')') inside = false;
    t->at++;
  }
  w->n = (int)(t->at - first);
  return true;
}

bool rz_text_field(rz_text *t, rz_word *w) {
  *w = (rz_word){.s = t->data + t->at, .column = (int)(t->at - t->begin) + 1};
  if (t->at > t->end) return false;
  int64_t first = t->at, last = t->at;
  while (last < t->end && t->data[last] != ',') last++;
  t->at = last + 1; /* beyond the end of the line once its last field is read */
  while (first < last && blank(t->data[first])) first++;
  while (last > first && blank(t->data[last - 1])) last--;
  *w = (rz_word){.s = t->data + first, .n = (int)(last - first), .column = (int)(first - t->begin) + 1};
  return true;
}

rz_err rz_text_fail(const rz_text *t, int column, const char *fmt, ...) {
  char message[512], shown[SHOWN + 1];
  va_list args;
  va_start(args, fmt);
  vsnprintf(message, sizeof message, fmt, args);
  va_end(args);
  /* a window of the line around the column, with control characters masked */
  const int from = column > SHOWN - 20 ? column - (SHOWN - 20) : 0;
  int n = 0;
  for (int64_t i = t->begin + from; i < t->size && t->data[i] != '\n' && n < SHOWN; i++) {
    const char c = t->data[i];
    if (c == '\r' && (i + 1 == t->size || t->data[i + 1] == '\n')) break;
    shown[n++] = (char)((unsigned char)c < 32 || c == 127 ? '?' : c);
  }
  shown[n] = 0;
  RZ_FAIL(RZ_ERR_DECK, "%s:%d:%d: %s\n  %s\n  %*s^", t->path, t->line, column, message, shown, column - 1 - from, "");
}

static bool number_text(const rz_word *w, char text[MAX_NUMBER]) {
  if (w->n < 1 || w->n >= MAX_NUMBER) return false;
  memcpy(text, w->s, (size_t)w->n);
  text[w->n] = 0;
  return strlen(text) == (size_t)w->n;
}

bool rz_word_int(const rz_word *w, int64_t min, int64_t max, int64_t *out) {
  char text[MAX_NUMBER], *end;
  if (!number_text(w, text)) return false;
  errno = 0;
  const long long v = strtoll(text, &end, 10);
  if (*end || end == text || errno || isspace((unsigned char)text[0]) || v < min || v > max) return false;
  *out = v;
  return true;
}

bool rz_word_real(const rz_word *w, double *out) {
  char text[MAX_NUMBER], *end;
  if (!number_text(w, text)) return false;
  if (strspn(text, "0123456789+-.eEdD") != (size_t)w->n) return false; /* no hexadecimal, inf or nan */
  for (int i = 0; i < w->n; i++)
    if (text[i] == 'd' || text[i] == 'D') text[i] = 'e';
  const double v = strtod(text, &end);
  if (*end || end == text || !isfinite(v)) return false;
  *out = v;
  return true;
}
