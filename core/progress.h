/* core/progress.h - lines at the foot of a terminal with the progress and the time left; nothing on a pipe.
 *
 * Times here are for people and never reach a result.
 */
#ifndef CORE_PROGRESS_H
#define CORE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Lines that are drawn again in place, below what else the command prints. In the caller's memory. */
typedef struct {
    FILE *stream;  /* borrowed; NULL: draw nothing */
    bool terminal; /* the stream is a terminal: draw */
    int drawn;     /* lines that stand there */
} core_foot;

void core_foot_begin(core_foot *foot, FILE *stream);

/* Draws the lines of `text` (joined by '\n') in place of those that stand there; each is cut to the terminal's width, and
 * lines that the terminal has no rows for are left out. */
void core_foot_draw(core_foot *foot, const char *text);

/* Wipes the lines, so that ordinary output can follow. */
void core_foot_clear(core_foot *foot);

/* One task's line, in the caller's memory. */
typedef struct {
    core_foot foot;
    const char *label; /* borrowed */
    int64_t total;     /* units of work, >= 1 */
    int64_t first;     /* units done before this process began (a resumed run) */
    double start_s, drawn_s;
} core_progress;

/* Begins a task of `total` units, of which `first` are done. */
void core_progress_begin(core_progress *progress, FILE *stream, const char *label, int64_t first, int64_t total);

/* Redraws the line, at most ten times a second; `note` (NULL: none) is its last part. */
void core_progress_update(core_progress *progress, int64_t done, const char *note);

/* Wipes the line, so that ordinary output can follow; update draws it again. */
void core_progress_clear(core_progress *progress);

/* Seconds of a clock that never goes back. */
double core_progress_now_s(void);

/* Writes "45s", "12m05s", "3h07m" or "2d04h" to text (at least 16 bytes); returns it. seconds >= 0. */
char *core_progress_duration(double seconds, char *text, size_t bytes);

/* Writes "LDAM [##########..........]  50% 100/200 ETA 1m00s note" for `done` of `total` after elapsed_s seconds in which
 * done - first were made. */
void core_progress_line(const core_progress *progress, int64_t done, double elapsed_s, const char *note, char *line,
                        size_t bytes);

#endif
