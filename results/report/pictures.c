#include "results/report/pictures.h"

#include <string.h>

#include "core/file.h"

enum { PATH_BYTES = 4096 };

/* The files of a figure. */
enum { CSV, SCRIPT, SVG, PDF, ENDS };
static const char *const ends[ENDS] = {"csv", "gp", "svg", "pdf"};
static const char script_mark[] = ", written by tailbit).", svg_mark[] = "class=\"tailbit-figure\"",
                  pdf_mark[] = RES_PDF_MARK;
static const core_file_kind kinds[ENDS] = {
    [CSV] = {.name = "tailbit figure's CSV", .starts = {"method,class,rank,examples,", "method,epochs_done,seeds,"}},
    [SCRIPT] = {.name = "tailbit figure's script",
                .starts = {"# Draws "},
                .mark = script_mark,
                .mark_bytes = sizeof script_mark - 1},
    [SVG] = {.name = "tailbit figure", .starts = {"<?xml"}, .mark = svg_mark, .mark_bytes = sizeof svg_mark - 1},
    [PDF] = {.name = "tailbit figure", .starts = {"%PDF-"}, .mark = pdf_mark, .mark_bytes = sizeof pdf_mark - 1},
};

static void path_of(const char *folder, const char *name, int i, char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%s/%s.%s", folder, name, ends[i]);
}

/* NULL data: removes the file. */
static core_status write_one(const char *folder, const char *name, int i, const void *data, size_t bytes)
{
    char path[PATH_BYTES];
    path_of(folder, name, i, path);
    return data != NULL ? core_file_write(path, &kinds[i], data, bytes) : core_file_remove(path, &kinds[i]);
}

core_status res_picture_check(const char *name, const char *folder)
{
    char path[PATH_BYTES];
    for (int i = 0; i < ENDS; i++) {
        path_of(folder, name, i, path);
        CORE_TRY(core_file_check(path, &kinds[i]));
    }
    return CORE_OK;
}

core_status res_picture_write(const res_picture *picture, const res_drawing *drawing, const char *folder)
{
    const res_drawing none = {0}, *drawn = drawing != NULL ? drawing : &none;
    CORE_TRY(res_picture_check(picture->name, folder)); /* before the first of them is replaced */
    CORE_TRY(core_file_make_folders(folder));
    CORE_TRY(write_one(folder, picture->name, CSV, picture->csv, strlen(picture->csv)));
    CORE_TRY(write_one(folder, picture->name, SCRIPT, picture->script, strlen(picture->script)));
    CORE_TRY(write_one(folder, picture->name, SVG, drawn->svg, drawn->svg_bytes));
    return write_one(folder, picture->name, PDF, drawn->pdf, drawn->pdf_bytes);
}
