#include "core/progress.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "core/text.h"

double core_progress_now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void core_progress_begin(core_progress *progress, FILE *stream, const char *label, int64_t first, int64_t total)
{
    assert(total >= 1 && first >= 0 && first <= total);
    *progress = (core_progress){.stream = stream,
                                .label = label,
                                .total = total,
                                .first = first,
                                .start_s = core_progress_now_s(),
                                .drawn_s = -1,
                                .terminal = stream != NULL && isatty(fileno(stream))};
}

static int terminal_columns(FILE *stream)
{
    struct winsize size;
    return ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void core_progress_update(core_progress *progress, int64_t done, const char *note)
{
    if (!progress->terminal) {
        return;
    }
    double now_s = core_progress_now_s();
    if (progress->drawn_s >= 0 && now_s - progress->drawn_s < 0.1 && done < progress->total) {
        return;
    }
    char line[512];
    /* One column is left free: a full line would wrap on some terminals. */
    core_progress_line(progress, done, now_s - progress->start_s, note, terminal_columns(progress->stream) - 1, line,
                       sizeof line);
    fputc('\r', progress->stream);
    core_text_show(progress->stream, line, CORE_TEXT_LINE);
    fputs("\033[K", progress->stream);
    fflush(progress->stream);
    progress->drawn_s = now_s;
}

void core_progress_clear(core_progress *progress)
{
    if (progress->terminal && progress->drawn_s >= 0) {
        fputs("\r\033[K", progress->stream);
        fflush(progress->stream);
        progress->drawn_s = -1;
    }
}

char *core_progress_duration(double seconds, char *text, size_t bytes)
{
    assert(seconds >= 0 && bytes >= 16);
    int64_t s = seconds < 1e9 ? (int64_t)(seconds + 0.5) : 1000000000;
    if (s < 60) {
        snprintf(text, bytes, "%" PRId64 "s", s);
    } else if (s < 3600) {
        snprintf(text, bytes, "%" PRId64 "m%02" PRId64 "s", s / 60, s % 60);
    } else if (s < 86400) {
        snprintf(text, bytes, "%" PRId64 "h%02" PRId64 "m", s / 3600, s / 60 % 60);
    } else {
        snprintf(text, bytes, "%" PRId64 "d%02" PRId64 "h", s / 86400, s / 3600 % 24);
    }
    return text;
}

void core_progress_line(const core_progress *progress, int64_t done, double elapsed_s, const char *note, int columns,
                        char *line, size_t bytes)
{
    assert(bytes >= 1);
    char left[16] = "?";
    int64_t made = done - progress->first;
    if (made > 0) {
        core_progress_duration(elapsed_s * (double)(progress->total - done) / (double)made, left, sizeof left);
    }
    snprintf(line, bytes, "%s %3d%% %" PRId64 "/%" PRId64 " ETA %s%s%s", progress->label,
             (int)(100.0 * (double)done / (double)progress->total), done, progress->total, left,
             note != NULL ? " " : "", note != NULL ? note : "");
    if (columns >= 0 && (size_t)columns < strlen(line)) {
        line[columns] = '\0';
    }
}
