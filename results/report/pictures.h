/* results/report/pictures.h - figures (results/report/picture.h) drawn by gnuplot, and the files of a figure.
 *
 * SVG      no background; a style makes what is black currentColor, so that a page's own colour holds where the picture
 *          stands in it; the root has class "tailbit-figure", and a style of no weight (:where) for where it stands alone.
 * Bits     The same runs and the same gnuplot give the same bytes.
 */
#ifndef RESULTS_REPORT_PICTURES_H
#define RESULTS_REPORT_PICTURES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/memory.h"
#include "core/status.h"
#include "results/report/picture.h"

/* What gnuplot made of a figure. */
typedef struct {
    const char *svg; /* text */
    const void *pdf;
    size_t pdf_bytes;
} res_drawing;

/* Draws, in a folder of its own below $TMPDIR that is gone afterwards. Memory belongs to the arena. CORE_MACHINE:
 * gnuplot is not installed or failed; the sentence says what to do. */
core_status res_picture_draw(const res_picture *picture, core_arena *arena, res_drawing *out) CORE_MUST_USE;

/* Whether there is a gnuplot on $PATH. */
bool res_gnuplot_is_there(void);

/* Whether the files of the figure `name` can be written into `folder`, made or not, as core_file_check: replaced are
 * only those of an older figure. Their names go into the arena. */
core_status res_picture_check(const char *name, const char *folder, core_arena *arena) CORE_MUST_USE;

/* Writes NAME.gp, NAME.csv, NAME.svg and NAME.pdf into `folder`, which is made if need be, each atomically. drawing
 * NULL: only the first two, and pictures of other data that are there are removed. Their names go into the arena.
 * CORE_MACHINE: it cannot be written. */
core_status res_picture_write(const res_picture *picture, const res_drawing *drawing, const char *folder,
                              core_arena *arena) CORE_MUST_USE;

#endif
