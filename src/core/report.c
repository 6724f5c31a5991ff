#include "report.h"

#include "ritz/core/memory.h"
#include "strbuf.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE_SHOWN = 100, EXCERPT_MAX = 48 };

typedef struct message {
  int64_t pos;
  char *text;
} message;

typedef struct message_list {
  message *messages; /* [RZ_REPORT_MAX], made with the first one */
  int n;
  int64_t n_dropped;
} message_list;

struct rz_report {
  const char *file, *text;
  int64_t n;
  message_list lists[RZ_N_SEVERITIES];
};

rz_err rz_report_create(const char *file, const char *text, int64_t n, rz_report **out) {
  RZ_TRY(RZ_NEW0(1, out));
  **out = (rz_report){.file = file, .text = text, .n = n};
  return RZ_OK;
}

void rz_report_destroy(rz_report **report) {
  if (!report || !*report) return;
  for (int k = 0; k < RZ_N_SEVERITIES; k++) {
    message_list *list = &(*report)->lists[k];
    for (int i = 0; i < list->n; i++) rz_free(&list->messages[i].text);
    rz_free(&list->messages);
  }
  rz_free(report);
}

bool rz_report_full(const rz_report *report, rz_severity severity) {
  return report->lists[severity].n == RZ_REPORT_MAX;
}

int64_t rz_report_count(const rz_report *report, rz_severity severity) {
  return report->lists[severity].n + report->lists[severity].n_dropped;
}

rz_err rz_report_add_va(rz_report *report, rz_severity severity, int64_t pos, const char *fmt, va_list args) {
  message_list *list = &report->lists[severity];
  if (list->n == RZ_REPORT_MAX) {
    list->n_dropped++;
    return RZ_OK;
  }
  if (!list->messages) RZ_TRY(RZ_NEW0(RZ_REPORT_MAX, &list->messages));
  va_list again;
  va_copy(again, args);
  const int n = vsnprintf(NULL, 0, fmt, args);
  char *text = NULL;
  rz_err rc = RZ_OK;
  RZ_CHECK_DONE(rc, n >= 0, RZ_ERR_INTERNAL, "message cannot be formatted: '%s'", fmt);
  RZ_TRY_DONE(rc, RZ_NEW(n + 1, &text));
  (void)vsnprintf(text, (size_t)n + 1, fmt, again);
  list->messages[list->n++] = (message){.pos = pos, .text = text};
done:
  va_end(again);
  return rc;
}

rz_err rz_report_add(rz_report *report, rz_severity severity, int64_t pos, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  const rz_err rc = rz_report_add_va(report, severity, pos, fmt, args);
  va_end(args);
  return rc;
}

int64_t rz_report_line(const rz_report *report, int64_t pos) {
  int64_t line = 1;
  const char *at = report->text, *end = report->text + (pos < report->n ? pos : report->n);
  while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
    line++;
    at++;
  }
  return line;
}

static bool is_control(char c) { return ((unsigned char)c < 0x20) || c == 0x7f; }

/* Does a UTF-8 sequence go on here? */
static bool is_continuation(char c) { return ((unsigned char)c & 0xc0) == 0x80; }

const char *rz_excerpt(const char *s, int64_t n, char buffer[RZ_EXCERPT_SIZE]) {
  int64_t keep = n < EXCERPT_MAX ? n : EXCERPT_MAX;
  while (keep < n && keep > EXCERPT_MAX - 4 && is_continuation(s[keep])) keep--;
  for (int64_t i = 0; i < keep; i++) buffer[i] = is_control(s[i]) ? '?' : s[i];
  memcpy(buffer + keep, keep < n ? "..." : "", keep < n ? 4 : 1);
  return buffer;
}

/* Where the walk over the text is: messages are sorted, so that one pass finds all lines and columns. */
typedef struct cursor {
  int64_t at, line, column, line_start;
} cursor;

static void advance(const rz_report *report, cursor *c, int64_t pos) {
  for (; c->at < pos && c->at < report->n; c->at++) {
    if (report->text[c->at] == '\n') {
      c->line++;
      c->column = 1;
      c->line_start = c->at + 1;
    } else if (!is_continuation(report->text[c->at])) {
      c->column++;
    }
  }
}

/* The source line, or a window of a long one, and a caret below pos. */
static rz_err add_source_line(const rz_report *report, const cursor *c, rz_strbuf *out) {
  const char *t = report->text;
  int64_t from = c->line_start;
  while (from < c->at && (t[from] == ' ' || t[from] == '\t')) from++;
  int64_t to = from;
  while (to < report->n && to < from + LINE_SHOWN && t[to] != '\n') to++;
  const bool fits = to == report->n || t[to] == '\n';
  const bool cut_left = !fits && c->at - from > LINE_SHOWN / 2;
  if (cut_left) {
    from = c->at - LINE_SHOWN / 2;
    while (from < c->at && is_continuation(t[from])) from++;
    for (to = c->at; to < report->n && to < from + LINE_SHOWN && t[to] != '\n';) to++;
  }
  const bool cut_right = to < report->n && t[to] != '\n';
  while (cut_right && to > c->at && is_continuation(t[to])) to--;
  while (!cut_right && to > c->at && (t[to - 1] == '\r' || t[to - 1] == ' ' || t[to - 1] == '\t')) to--;
  RZ_TRY(rz_strbuf_printf(out, "    %s", cut_left ? "..." : ""));
  const int64_t shown_from = out->n;
  RZ_TRY(rz_strbuf_add(out, t + from, to - from));
  for (int64_t i = shown_from; i < out->n; i++)
    if (is_control(out->s[i]) && out->s[i] != '\t') out->s[i] = '?';
  RZ_TRY(rz_strbuf_printf(out, "%s\n    %s", cut_right ? "..." : "", cut_left ? "   " : ""));
  for (int64_t i = from; i < c->at; i++)
    if (!is_continuation(t[i])) RZ_TRY(rz_strbuf_add(out, t[i] == '\t' ? "\t" : " ", 1));
  return rz_strbuf_add(out, "^\n", 2);
}

static rz_err add_message(const rz_report *report, rz_severity severity, const message *m, cursor *c, rz_strbuf *out) {
  static const char *const kinds[RZ_N_SEVERITIES] = {"error", "warning", "note"};
  if (m->pos < 0) return rz_strbuf_printf(out, "%s: %s: %s\n", report->file, kinds[severity], m->text);
  advance(report, c, m->pos);
  RZ_TRY(rz_strbuf_printf(out, "%s:%lld:%lld: %s: %s\n", report->file, (long long)c->line, (long long)c->column,
                          kinds[severity], m->text));
  return add_source_line(report, c, out);
}

/* a before b? Messages about the whole file come last. */
static bool is_before(const message *a, const message *b) { return a->pos >= 0 && (b->pos < 0 || a->pos < b->pos); }

rz_err rz_report_render(const rz_report *report, rz_severity severity, char **out) {
  const message_list *list = &report->lists[severity];
  int order[RZ_REPORT_MAX];
  for (int i = 0; i < list->n; i++) { /* insertion sort: stable, and short */
    int k = i;
    for (; k > 0 && is_before(&list->messages[i], &list->messages[order[k - 1]]); k--) order[k] = order[k - 1];
    order[k] = i;
  }
  rz_err rc = RZ_OK;
  rz_strbuf b = {0};
  cursor c = {.line = 1, .column = 1};
  RZ_TRY_DONE(rc, rz_strbuf_reserve(&b, 0));
  for (int i = 0; i < list->n; i++) RZ_TRY_DONE(rc, add_message(report, severity, &list->messages[order[i]], &c, &b));
  if (list->n_dropped)
    RZ_TRY_DONE(rc, rz_strbuf_printf(&b, "%s: ... and %lld more\n", report->file, (long long)list->n_dropped));
  while (b.n > 0 && b.s[b.n - 1] == '\n') b.s[--b.n] = '\0'; /* the caller's log adds the last newline */
  *out = b.s;
  return RZ_OK;
done:
  rz_strbuf_free(&b);
  return rc;
}
