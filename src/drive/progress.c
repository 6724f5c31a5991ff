#include "progress.h"

#include "ritz/core/clock.h"
#include <string.h>

static const double REDRAW_SECONDS = 0.1;

rz_progress rz_progress_begin(rz_log *log, int64_t first, int64_t total, int64_t every) {
  return (rz_progress){
      .log = log, .first = first, .total = total, .every = every > 0 ? every : 1, .start = rz_wall_time()};
}

static void format_left(double seconds, char text[32]) {
  if (seconds < 100)
    snprintf(text, 32, "%.0f s", seconds);
  else if (seconds < 6000)
    snprintf(text, 32, "%.0f min", seconds / 60);
  else
    snprintf(text, 32, "%.1f h", seconds / 3600);
}

static void draw_bar(rz_progress *p, int64_t done, const char *text, const char *left) {
  enum { WIDTH = 20 };
  char bar[WIDTH + 1];
  const int64_t filled = WIDTH * done / p->total;
  memset(bar, ' ', WIDTH);
  memset(bar, '=', (size_t)filled);
  bar[WIDTH] = '\0';
  rz_log_print(p->log, RZ_LOG_STEPS, "\r[%s] %lld/%lld %s, %s left\033[K", bar, (long long)done, (long long)p->total,
               text, left);
}

void rz_progress_show(rz_progress *p, int64_t done, const char *text) {
  if (!p->log || !p->log->out) return;
  const double now = rz_wall_time();
  char left[32];
  format_left((now - p->start) / (double)(done - p->first) * (double)(p->total - done), left);
  const int last = done == p->total;
  if (p->log->is_tty) {
    if (!last && now - p->last < REDRAW_SECONDS) return;
    p->last = now;
    draw_bar(p, done, text, left);
  } else if (last || done == p->first + 1 || done % p->every == 0) {
    rz_log_print(p->log, RZ_LOG_STEPS, "  %6lld/%lld  %s  %s left\n", (long long)done, (long long)p->total, text, left);
  }
}

void rz_progress_end(rz_progress *p) {
  if (p->log && p->log->is_tty) rz_log_print(p->log, RZ_LOG_STEPS, "\n");
}
