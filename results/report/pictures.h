/* results/report/pictures.h - figures (results/report/picture.h) drawn by gnuplot, and the files of a figure.
 *
 * SVG      no background. A style turns black into currentColor, so that a picture inside a page has the page's text
 *          colour. The root has class "tailbit-figure"; a style of zero specificity (:where) sets the colour of a
 *          picture that is viewed alone.
 * Bits     The same runs and the same gnuplot give the same bytes.
 */
#ifndef RESULTS_REPORT_PICTURES_H
#define RESULTS_REPORT_PICTURES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/memory.h"
#include "core/status.h"
#include "results/report/picture.h"

/* A figure drawn by gnuplot. */
typedef struct {
    const char *svg; /* text */
    const void *pdf;
    size_t pdf_bytes;
} res_drawing;

/* Draws the figure in a temporary folder below $TMPDIR, which it removes. Memory belongs to the arena. CORE_MACHINE:
 * gnuplot is not installed or failed; the message says what to do. */
core_status res_picture_draw(const res_picture *picture, core_arena *arena, res_drawing *out) CORE_MUST_USE;

/* Whether there is a gnuplot on $PATH. */
bool res_gnuplot_is_there(void);

/* Checks, as core_file_check, that the files of the figure `name` can be written into `folder`, which need not exist.
 * They may replace only the files of an older figure. Their names go into the arena. */
core_status res_picture_check(const char *name, const char *folder, core_arena *arena) CORE_MUST_USE;

/* Writes NAME.gp, NAME.csv, NAME.svg and NAME.pdf into `folder`, which is made where missing, each atomically. drawing
 * NULL: writes only the first two and removes the others, which show other data. Their names go into the arena.
 * CORE_MACHINE: it cannot be written. */
core_status res_picture_write(const res_picture *picture, const res_drawing *drawing, const char *folder,
                              core_arena *arena) CORE_MUST_USE;

#endif
