/* Drawing: gnuplot, a guest, in a folder of its own, and its SVG made fit for pages of any colour. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/builder.h"
#include "core/file.h"
#include "core/process.h"
#include "core/signals.h"
#include "results/report/pictures.h"

enum { PATH_BYTES = 4096, MAX_VARIABLES = 1024 };

/* Writes where gnuplot is to path; false: nowhere on $PATH. */
static bool find_gnuplot(char path[PATH_BYTES])
{
    static const char name[] = "/gnuplot";
    for (const char *at = getenv("PATH"); at != NULL && *at != '\0';) {
        const size_t length = strcspn(at, ":");
        if (length > 0 && length + sizeof name <= PATH_BYTES) {
            memcpy(path, at, length);
            memcpy(path + length, name, sizeof name);
            if (access(path, X_OK) == 0) {
                return true;
            }
        }
        at += length + (at[length] == ':');
    }
    return false;
}

bool res_gnuplot_is_there(void)
{
    char path[PATH_BYTES];
    return find_gnuplot(path);
}

typedef struct {
    const char *name; /* of the figure */
    char folder[PATH_BYTES];
    char gnuplot[PATH_BYTES];
} workshop;

static char *inside(const workshop *w, const char *end, char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%.3900s/%.80s.%s", w->folder, w->name, end);
    return path;
}

/* In the child: nothing here may allocate or print, and it ends in gnuplot or in _exit. */
static void become(const workshop *w, char *const *words, char *const *variables, const char *log, pid_t parent)
{
    const int empty = open("/dev/null", O_RDONLY), file = open(log, O_WRONLY | O_CREAT, 0600);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() == parent && empty >= 0 && file >= 0 && dup2(empty, STDIN_FILENO) >= 0 &&
        dup2(file, STDOUT_FILENO) >= 0 && dup2(file, STDERR_FILENO) >= 0 && chdir(w->folder) == 0) {
        core_signals_end();
        execve(w->gnuplot, words, variables);
    }
    _exit(CORE_MACHINE);
}

/* The environment without what would reach the picture: language and time. */
static void copy_environment(char *variables[MAX_VARIABLES], char *language, char *date)
{
    int count = 0;
    for (char **variable = environ; *variable != NULL && count < MAX_VARIABLES - 3; variable++) {
        if (strncmp(*variable, "LC_", 3) != 0 && strncmp(*variable, "LANG", 4) != 0 &&
            strncmp(*variable, "GNUTERM", 7) != 0 && strncmp(*variable, "SOURCE_DATE_EPOCH=", 18) != 0) {
            variables[count++] = *variable;
        }
    }
    variables[count++] = language;
    variables[count++] = date;
    variables[count] = NULL;
}

/* The last line of gnuplot's own words that says something, cut to fit. */
static void last_words(const workshop *w, char *text, size_t bytes)
{
    char path[PATH_BYTES], *log = NULL;
    text[0] = '\0';
    if (core_file_read(inside(w, "log", path), &log, NULL) != CORE_OK) {
        return;
    }
    char *rest = log, *line;
    while ((line = strsep(&rest, "\n")) != NULL) {
        if (line[strspn(line, " \t^")] != '\0') {
            snprintf(text, bytes, "%s", line);
        }
    }
    free(log);
}

static core_status run_gnuplot(const workshop *w)
{
    char script[128], log[PATH_BYTES], quiet[] = "-d", program[] = "gnuplot";
    char language[] = "LC_ALL=C", date[] = "SOURCE_DATE_EPOCH=0", *variables[MAX_VARIABLES];
    char *const words[] = {program, quiet, script, NULL};
    snprintf(script, sizeof script, "%s.gp", w->name);
    inside(w, "log", log);
    copy_environment(variables, language, date);
    const pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        become(w, words, variables, log, parent);
    }
    int status = 0;
    pid_t ended = pid;
    do {
        ended = pid > 0 ? waitpid(pid, &status, 0) : -1;
    } while (ended < 0 && pid > 0 && errno == EINTR);
    if (ended < 0) {
        return core_fail(CORE_MACHINE, "a process for gnuplot: %s", strerror(errno));
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ) {
        return core_file_fail("draw", w->name, EFBIG);
    }
    if (status != 0) {
        char end[64], said[256];
        last_words(w, said, sizeof said);
        return core_fail(CORE_MACHINE,
                         "%s: gnuplot failed, %s: %s; version 6 or later is needed, with SVG and PDF by cairo", w->name,
                         core_process_end_text(status, end, sizeof end), said);
    }
    return CORE_OK;
}

static void write_escaped(FILE *stream, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        const char *escape = *c == '&' ? "&amp;" : *c == '<' ? "&lt;" : *c == '>' ? "&gt;" : NULL;
        const char plain = (unsigned char)*c < ' ' ? ' ' : *c; /* XML has no control characters */
        fputs(escape != NULL ? escape : (const char[]){plain, '\0'}, stream);
    }
}

/* Writes gnuplot's SVG with a class, a style, the figure's own title and caption, and black as the page's colour. */
static void write_svg(FILE *stream, const char *svg, const res_picture *picture)
{
    static const char *const black[] = {"='black'", "=\"black\"", "=\"rgb(0,0,0)\"", "='rgb(  0,   0,   0)'",
                                        "=\"rgb(  0,   0,   0)\""};
    const char *at = strstr(svg, "<svg"), *after = at != NULL ? strstr(at, "</desc>") : NULL;
    if (after == NULL) {
        fputs(svg, stream);
        return;
    }
    const char *end = strchr(at, '>');
    fprintf(stream,
            "%.*s<svg class=\"tailbit-figure\"%.*s>\n<style>:where(.tailbit-figure){color:#222}"
            "@media(prefers-color-scheme:dark){:where(.tailbit-figure){color:#ddd}}</style>\n<title>",
            (int)(at - svg), svg, (int)(end - at) - 4, at + 4);
    write_escaped(stream, picture->title);
    fputs("</title>\n<desc>", stream);
    write_escaped(stream, picture->caption);
    for (at = after; *at != '\0';) {
        size_t length = 0;
        for (int i = 0; i < 5 && length == 0; i++) {
            length = strncmp(at, black[i], strlen(black[i])) == 0 ? strlen(black[i]) : 0;
        }
        fputs(length > 0 ? "=\"currentColor\"" : (const char[]){*at, '\0'}, stream);
        at += length > 0 ? length : 1;
    }
}

static core_status take_svg(const workshop *w, const res_picture *picture, core_arena *arena, res_drawing *out)
{
    char path[PATH_BYTES], *svg;
    core_builder text;
    CORE_TRY(core_file_read(inside(w, "svg", path), &svg, NULL));
    core_status status = core_builder_begin(&text, "a figure");
    if (status == CORE_OK) {
        write_svg(text.stream, svg, picture);
        status = core_builder_end(&text, CORE_OK, arena, &out->svg);
        out->svg_bytes = text.bytes;
    }
    free(svg);
    return status;
}

/* Where the last "startxref" begins, before which a comment moves nothing that an offset in the file leads to. */
static size_t before_end(const char *pdf, size_t bytes)
{
    static const char word[] = "startxref";
    for (size_t at = bytes; at-- > 0;) {
        if (bytes - at >= sizeof word && memcmp(pdf + at, word, sizeof word - 1) == 0) {
            return at;
        }
    }
    return bytes;
}

/* The PDF, with its mark. */
static core_status take_pdf(const workshop *w, core_arena *arena, res_drawing *out)
{
    static const char mark[] = RES_PDF_MARK;
    enum { MARK_BYTES = sizeof mark - 1 };
    char path[PATH_BYTES], *pdf, *copy = NULL;
    size_t bytes;
    CORE_TRY(core_file_read(inside(w, "pdf", path), &pdf, &bytes));
    core_status status = CORE_ARENA_NEW(arena, bytes + MARK_BYTES, "a figure", copy);
    if (status == CORE_OK) {
        const size_t end = before_end(pdf, bytes);
        memcpy(copy, pdf, end);
        memcpy(copy + end, mark, MARK_BYTES);
        memcpy(copy + end + MARK_BYTES, pdf + end, bytes - end);
        out->pdf_bytes = bytes + MARK_BYTES;
    }
    free(pdf);
    out->pdf = copy;
    return status;
}

static core_status draw(const workshop *w, const res_picture *picture, core_arena *arena, res_drawing *out)
{
    char path[PATH_BYTES];
    CORE_TRY(core_file_write(inside(w, "csv", path), &core_file_any, picture->csv, strlen(picture->csv)));
    CORE_TRY(core_file_write(inside(w, "gp", path), &core_file_any, picture->script, strlen(picture->script)));
    CORE_TRY(run_gnuplot(w));
    CORE_TRY(take_svg(w, picture, arena, out));
    return take_pdf(w, arena, out);
}

static void clear(const workshop *w)
{
    static const char *const ends[] = {"csv", "gp", "svg", "pdf", "log"};
    for (int i = 0; i < 5; i++) {
        char path[PATH_BYTES];
        unlink(inside(w, ends[i], path));
    }
    rmdir(w->folder);
}

core_status res_picture_draw(const res_picture *picture, core_arena *arena, res_drawing *out)
{
    workshop w = {.name = picture->name};
    res_drawing drawing = {0};
    const char *temporary = getenv("TMPDIR");
    if (!find_gnuplot(w.gnuplot)) {
        return core_fail(CORE_MACHINE, "gnuplot is not installed: on Debian, apt install gnuplot-nox");
    }
    snprintf(w.folder, sizeof w.folder, "%.3800s/tailbit-figure-XXXXXX",
             temporary != NULL && temporary[0] != '\0' ? temporary : "/tmp");
    if (mkdtemp(w.folder) == NULL) {
        return core_file_fail("make", w.folder, errno);
    }
    core_status status = draw(&w, picture, arena, &drawing);
    clear(&w);
    if (status == CORE_OK) {
        *out = drawing;
    }
    return status;
}
