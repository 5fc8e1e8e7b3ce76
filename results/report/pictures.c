#include "results/report/pictures.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/builder.h"
#include "core/file.h"
#include "core/path.h"
#include "core/process.h"
#include "core/signals.h"
#include "results/report/html.h"

/* The files of a figure, and what gnuplot says while it draws. */
enum { CSV, SCRIPT, SVG, PDF, FILES, LOG = FILES, ENDS };
static const char *const ends[ENDS] = {".csv", ".gp", ".svg", ".pdf", ".log"};
static const char script_mark[] = ", written by tailbit).", svg_mark[] = "class=\"tailbit-figure\"",
                  pdf_mark[] = "% tailbit-figure\n";
static const core_file_kind kinds[FILES] = {
    [CSV] = {.name = "tailbit figure's CSV",
             .starts = {"method,class,rank,examples,", "method,epochs_done,seeds,", "method,seeds,error_percent,"}},
    [SCRIPT] = {.name = "tailbit figure's script",
                .starts = {"# Draws "},
                .mark = script_mark,
                .mark_bytes = sizeof script_mark - 1},
    [SVG] = {.name = "tailbit figure", .starts = {"<?xml"}, .mark = svg_mark, .mark_bytes = sizeof svg_mark - 1},
    [PDF] = {.name = "tailbit figure", .starts = {"%PDF-"}, .mark = pdf_mark, .mark_bytes = sizeof pdf_mark - 1},
};

static core_status name_files(const char *folder, const char *name, core_arena *arena, char *paths[ENDS])
{
    for (int i = 0; i < ENDS; i++) {
        CORE_TRY(core_path_join(folder, name, ends[i], arena, &paths[i]));
    }
    return CORE_OK;
}

/* ---- drawing: gnuplot, a guest, in a folder of its own -------------------------------------------------------------- */

static bool is_program(const char *path)
{
    struct stat file;
    return stat(path, &file) == 0 && S_ISREG(file.st_mode) && access(path, X_OK) == 0;
}

/* Writes the path of the first gnuplot in PATH to path (PATH_MAX). false: there is none. It is started in another folder,
 * so a folder of PATH that is not whole is passed over. */
static bool find_gnuplot(char *path)
{
    for (const char *at = getenv("PATH"); at != NULL && *at != '\0';) {
        const int length = (int)strcspn(at, ":");
        if (*at == '/' && snprintf(path, PATH_MAX, "%.*s/gnuplot", length, at) < PATH_MAX && is_program(path)) {
            return true;
        }
        at += length + (at[length] == ':');
    }
    return false;
}

bool res_gnuplot_is_there(void)
{
    char path[PATH_MAX];
    return find_gnuplot(path);
}

/* The last line of gnuplot's output that has any text, cut to fit. */
static void read_last_words(const char *log, char *text, size_t bytes)
{
    char *said = NULL;
    text[0] = '\0';
    if (core_file_read(log, &said, NULL) != CORE_OK) {
        return;
    }
    char *rest = said, *line;
    while ((line = strsep(&rest, "\n")) != NULL) {
        if (line[strspn(line, " \t^")] != '\0') {
            snprintf(text, bytes, "%s", line);
        }
    }
    free(said);
}

/* Sets the locale, the time and the terminal, so that the environment does not change the picture; nothing else here asks
 * for them. */
static core_status run_gnuplot(const char *name, const char *folder, char *const paths[ENDS])
{
    char program[PATH_MAX];
    const char *const words[] = {"gnuplot", "-d", core_path_name(paths[SCRIPT]), NULL};
    const core_process process = {
        .what = "gnuplot", .program = program, .words = words, .log = paths[LOG], .folder = folder};
    if (!find_gnuplot(program)) {
        return core_fail(CORE_MACHINE, "gnuplot is not installed: on Debian, apt install gnuplot-nox");
    }
    setenv("LC_ALL", "C", 1);
    setenv("SOURCE_DATE_EPOCH", "0", 1);
    unsetenv("GNUTERM");
    pid_t pid;
    int status;
    CORE_TRY(core_process_start(&process, &pid));
    CORE_TRY(core_process_wait(pid, &status));
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ) {
        return core_file_fail("plot", name, EFBIG);
    }
    if (status != 0) {
        char end[64], said[256];
        read_last_words(paths[LOG], said, sizeof said);
        return core_fail(CORE_MACHINE,
                         "%s: gnuplot failed, %s: %s; version 6 or later is needed, with SVG and PDF by cairo", name,
                         core_process_end_text(status, end, sizeof end), said);
    }
    return CORE_OK;
}

/* What gnuplot draws black gets the colour of the text around the picture; in an SVG that is viewed alone, a dark or a
 * light colour by the viewer's colour scheme. */
static const char style[] =
    "<style>:where(.tailbit-figure){color:#222}"
    "@media(prefers-color-scheme:dark){:where(.tailbit-figure){color:#ddd}}\n"
    ".tailbit-figure :is([color=black],[color=\"rgb(0,0,0)\"],[color=\"rgb(  0,   0,   0)\"]){color:inherit}\n"
    ".tailbit-figure :is([stroke=black],[stroke=\"rgb(0,0,0)\"],[stroke=\"rgb(  0,   0,   0)\"]){stroke:currentColor}\n"
    ".tailbit-figure :is([fill=black],[fill=\"rgb(0,0,0)\"],[fill=\"rgb(  0,   0,   "
    "0)\"]){fill:currentColor}</style>\n";

/* Reads gnuplot's SVG and adds a class, the style, and the figure's title and caption. */
static core_status take_svg(const char *path, const res_picture *picture, core_arena *arena, res_drawing *out)
{
    char *svg;
    core_builder text;
    CORE_TRY(core_file_read(path, &svg, NULL));
    char *tag = strstr(svg, "<svg"), *title = strstr(svg, "<title>"), *rest = strstr(svg, "</desc>");
    core_status status =
        tag != NULL && title != NULL && rest != NULL
            ? core_builder_begin(&text, "a figure")
            : core_fail(CORE_MACHINE, "%s: gnuplot's SVG has no title or no description", picture->name);
    if (status == CORE_OK) {
        fprintf(text.stream, "%.*s<svg class=\"tailbit-figure\"%.*s%s", (int)(tag - svg), svg, (int)(title - tag) - 4,
                tag + 4, style);
        res_html(text.stream, "<title>%s</title>\n<desc>%s", picture->title, picture->caption);
        fputs(rest, text.stream);
        status = core_builder_end(&text, CORE_OK, arena, &out->svg);
    }
    free(svg);
    return status;
}

/* Reads the PDF and adds a comment, the mark, before its last "startxref": no offset in the file points behind it. */
static core_status take_pdf(const char *path, core_arena *arena, res_drawing *out)
{
    enum { MARK_BYTES = sizeof pdf_mark - 1 };
    char *pdf, *copy = NULL;
    size_t bytes;
    CORE_TRY(core_file_read(path, &pdf, &bytes));
    size_t before = bytes;
    for (const char *at = pdf; (at = memmem(at, bytes - (size_t)(at - pdf), "startxref", 9)) != NULL; at++) {
        before = (size_t)(at - pdf);
    }
    core_status status = CORE_ARENA_NEW(arena, bytes + MARK_BYTES, "a figure", copy);
    if (status == CORE_OK) {
        memcpy(copy, pdf, before);
        memcpy(copy + before, pdf_mark, MARK_BYTES);
        memcpy(copy + before + MARK_BYTES, pdf + before, bytes - before);
        out->pdf_bytes = bytes + MARK_BYTES;
    }
    free(pdf);
    out->pdf = copy;
    return status;
}

static core_status draw(const res_picture *picture, const char *folder, char *const paths[ENDS], core_arena *arena,
                        res_drawing *out)
{
    CORE_TRY(core_file_write(paths[CSV], &core_file_any, picture->csv, strlen(picture->csv)));
    CORE_TRY(core_file_write(paths[SCRIPT], &core_file_any, picture->script, strlen(picture->script)));
    CORE_TRY(run_gnuplot(picture->name, folder, paths));
    CORE_TRY(take_svg(paths[SVG], picture, arena, out));
    return take_pdf(paths[PDF], arena, out);
}

/* Draws in a folder of its own, which it makes from a name for mkdtemp and removes. */
static core_status draw_aside(const res_picture *picture, char *folder, core_arena *arena, res_drawing *out)
{
    char *paths[ENDS];
    if (mkdtemp(folder) == NULL) {
        return core_file_fail("make", folder, errno);
    }
    core_status status = name_files(folder, picture->name, arena, paths);
    if (status == CORE_OK) {
        status = draw(picture, folder, paths, arena, out);
        for (int i = 0; i < ENDS; i++) {
            unlink(paths[i]);
        }
    }
    rmdir(folder);
    return status;
}

/* A signal that ends the program waits, also in gnuplot, until the folder is gone: a second at most. */
core_status res_picture_draw(const res_picture *picture, core_arena *arena, res_drawing *out)
{
    res_drawing drawing = {0};
    char *folder;
    sigset_t ending, before;
    const char *temporary = getenv("TMPDIR");
    CORE_TRY(core_path_join(temporary != NULL && temporary[0] != '\0' ? temporary : "/tmp", "tailbit-figure-XXXXXX", "",
                            arena, &folder));
    sigemptyset(&ending);
    for (const core_signal *signal = core_signals; signal->number != 0; signal++) {
        if (signal->answer == CORE_STOPS || signal->answer == CORE_STOPS_IF_HEARD) {
            sigaddset(&ending, signal->number);
        }
    }
    sigprocmask(SIG_BLOCK, &ending, &before);
    const core_status status = draw_aside(picture, folder, arena, &drawing);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (status == CORE_OK) {
        *out = drawing;
    }
    return status;
}

/* ---- the files of a figure ------------------------------------------------------------------------------------------ */

core_status res_picture_check(const char *name, const char *folder, core_arena *arena)
{
    char *paths[ENDS];
    CORE_TRY(name_files(folder, name, arena, paths));
    for (int i = 0; i < FILES; i++) {
        CORE_TRY(core_file_check(paths[i], &kinds[i]));
    }
    return CORE_OK;
}

core_status res_picture_write(const res_picture *picture, const res_drawing *drawing, const char *folder,
                              core_arena *arena)
{
    const res_drawing none = {0}, *drawn = drawing != NULL ? drawing : &none;
    const struct {
        const void *data; /* NULL: the file is removed */
        size_t bytes;
    } files[FILES] = {[CSV] = {picture->csv, strlen(picture->csv)},
                      [SCRIPT] = {picture->script, strlen(picture->script)},
                      [SVG] = {drawn->svg, drawn->svg != NULL ? strlen(drawn->svg) : 0},
                      [PDF] = {drawn->pdf, drawn->pdf_bytes}};
    char *paths[ENDS];
    CORE_TRY(res_picture_check(picture->name, folder, arena)); /* before the first file is replaced */
    CORE_TRY(core_file_make_folders(folder));
    CORE_TRY(name_files(folder, picture->name, arena, paths));
    for (int i = 0; i < FILES; i++) {
        CORE_TRY(files[i].data != NULL ? core_file_write(paths[i], &kinds[i], files[i].data, files[i].bytes)
                                       : core_file_remove(paths[i], &kinds[i]));
    }
    return CORE_OK;
}
