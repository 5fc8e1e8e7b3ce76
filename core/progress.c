#include "core/progress.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
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

void core_foot_begin(core_foot *foot, FILE *stream)
{
    const char *kind = getenv("TERM");
    const bool moves = kind == NULL || strcmp(kind, "dumb") != 0; /* a dumb one has no cursor that could go back */
    *foot = (core_foot){.stream = stream, .terminal = moves && stream != NULL && isatty(fileno(stream))};
}

/* Puts the cursor at the beginning of the first line that stands there. */
static void go_to_first_line(core_foot *foot)
{
    for (; foot->drawn > 1; foot->drawn--) {
        fputs("\033[A", foot->stream);
    }
    foot->drawn = 0;
    fputc('\r', foot->stream);
}

void core_foot_clear(core_foot *foot)
{
    if (foot->drawn > 0) {
        go_to_first_line(foot);
        fputs("\033[J", foot->stream);
        fflush(foot->stream);
    }
}

void core_foot_draw(core_foot *foot, const char *text)
{
    if (!foot->terminal) {
        return;
    }
    struct winsize size;
    const bool known = ioctl(fileno(foot->stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
    /* One column and one row are left free: a full line would wrap on some terminals, a full screen scroll. */
    const int columns = known ? size.ws_col - 1 : 79, rows = known ? size.ws_row - 1 : 23;
    go_to_first_line(foot);
    while (*text != '\0' && foot->drawn < rows) {
        fputs(foot->drawn > 0 ? "\r\n" : "", foot->stream);
        for (int left = columns; *text != '\0' && *text != '\n';) {
            char shown[CORE_CHARACTER_BYTES];
            text += core_text_character(text, CORE_TEXT_LINE, shown);
            left -= shown[0] >= 0 ? (int)strlen(shown) : 1; /* an escape, or one character of several bytes */
            fputs(left >= 0 ? shown : "", foot->stream);
        }
        fputs("\033[K", foot->stream);
        foot->drawn++;
        text += *text == '\n';
    }
    fputs("\033[J", foot->stream);
    fflush(foot->stream);
}

void core_progress_begin(core_progress *progress, FILE *stream, const char *label, int64_t first, int64_t total)
{
    assert(total >= 1 && first >= 0 && first <= total);
    *progress = (core_progress){
        .label = label, .total = total, .first = first, .start_s = core_progress_now_s(), .drawn_s = -1};
    core_foot_begin(&progress->foot, stream);
}

void core_progress_update(core_progress *progress, int64_t done, const char *note)
{
    const double now_s = core_progress_now_s();
    if (!progress->foot.terminal ||
        (progress->foot.drawn > 0 && now_s - progress->drawn_s < 0.1 && done < progress->total)) {
        return;
    }
    char line[512];
    core_progress_line(progress, done, now_s - progress->start_s, note, line, sizeof line);
    core_foot_draw(&progress->foot, line);
    progress->drawn_s = now_s;
}

void core_progress_clear(core_progress *progress) { core_foot_clear(&progress->foot); }

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

void core_progress_line(const core_progress *progress, int64_t done, double elapsed_s, const char *note, char *line,
                        size_t bytes)
{
    assert(bytes >= 1);
    static const char full[] = "####################", empty[] = "....................";
    const int width = sizeof full - 1, filled = (int)(done * width / progress->total);
    char left[16] = "?";
    int64_t made = done - progress->first;
    if (made > 0) {
        core_progress_duration(elapsed_s * (double)(progress->total - done) / (double)made, left, sizeof left);
    }
    snprintf(line, bytes, "%s [%.*s%.*s] %3d%% %" PRId64 "/%" PRId64 " ETA %s%s%s", progress->label, filled, full,
             width - filled, empty, (int)(100.0 * (double)done / (double)progress->total), done, progress->total, left,
             note != NULL ? " " : "", note != NULL ? note : "");
}
