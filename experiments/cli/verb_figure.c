/* `tailbit figure NAME DIR`: figures of a folder's runs. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/builder.h"
#include "core/path.h"
#include "core/text.h"
#include "experiments/cli/verbs.h"
#include "recipes/shot_bounds.h"
#include "results/report/pictures.h"

typedef struct {
    res_collection runs;
    const char *only; /* NULL: all runs */
    bool plain;
    const res_shot_bounds *bounds;
    const char *folder, *out;
    const xp_options *options;
    core_arena *arena;
    int64_t made;
    bool drawn; /* gnuplot is installed */
} figure_job;

/* Writes the command that draws another setting, into a folder of its own: "figures/imbalance-step". */
static core_status write_command(const figure_job *job, const char *name, const char *filter, FILE *stream)
{
    const char *only = filter;
    char *out;
    CORE_TRY(job->only != NULL ? core_text_format(job->arena, &only, "(%s) & %s", job->only, filter) : CORE_OK);
    CORE_TRY(core_path_join(job->out, filter, "", job->arena, &out));
    char *end = out + strlen(job->out) + 1;
    for (const char *at = end; *at != '\0'; at++) {
        const char written = isalnum((unsigned char)*at) || strchr("._,", *at) != NULL ? *at : '-';
        *end = written;
        end += written != '-' || end[-1] != '-';
    }
    *end = '\0';
    fprintf(stream, "tailbit figure %s ", name);
    core_text_word(stream, job->folder);
    fputs(" --only ", stream);
    core_text_word(stream, only);
    fputs(" --out ", stream);
    core_text_word(stream, out);
    fputs(job->plain ? " --plain" : "", stream);
    const xp_option_id bounds[] = {XP_MANY_OVER, XP_FEW_UNDER};
    for (int i = 0; i < 2; i++) {
        if (job->options->source[bounds[i]] == XP_BY_FLAG) {
            fprintf(stream, " --%s %s", xp_option_get(bounds[i])->name, job->options->text[bounds[i]]);
        }
    }
    return CORE_OK;
}

/* Prints what is not drawn, and the command that draws each other setting. */
static core_status print_left_out(const figure_job *job, const res_picture *picture)
{
    enum { MOST = 6 };
    if (picture->not_drawn[0] != '\0') {
        core_text_print(stdout, "%s: not plotted: %s\n", picture->name, picture->not_drawn);
    }
    for (int64_t i = 0; i < picture->other_count && i < MOST; i++) {
        core_builder text;
        const char *command;
        CORE_TRY(core_builder_begin(&text, "a command"));
        const core_status status = write_command(job, picture->name, picture->others[i], text.stream);
        CORE_TRY(core_builder_end(&text, status, job->arena, &command));
        core_text_print(stdout, "%s: another setting: %s\n", picture->name, command);
    }
    if (picture->other_count > MOST) {
        core_text_print(stdout, "%s: and %s; --only chooses one\n", picture->name,
                        CORE_COUNT(picture->other_count - MOST, "more setting"));
    }
    return CORE_OK;
}

static core_status make(figure_job *job, const char *name)
{
    res_picture picture;
    res_drawing drawing;
    const res_picture_query query = {
        .name = name, .chosen = job->only != NULL, .plain = job->plain, .bounds = job->bounds};
    CORE_TRY(res_picture_make(&query, job->runs.runs, job->runs.run_count, job->arena, &picture));
    core_status status = job->drawn ? res_picture_draw(&picture, job->arena, &drawing) : CORE_OK;
    CORE_TRY(res_picture_write(&picture, job->drawn && status == CORE_OK ? &drawing : NULL, job->out, job->arena));
    CORE_TRY(status);
    CORE_TRY(print_left_out(job, &picture));
    core_text_print(stdout, "%s/%s.%s: %s. %s\n", job->out, name, job->drawn ? "svg" : "gp",
                    CORE_COUNT(picture.run_count, "run"), picture.caption);
    job->made++;
    return CORE_OK;
}

/* Makes every figure that the runs allow, and prints a line for each that they do not allow. */
static core_status make_all(figure_job *job)
{
    for (int i = 0; res_picture_names[i] != NULL; i++) {
        const char *name = res_picture_names[i];
        const core_status status =
            res_picture_concerns(name, job->runs.runs, job->runs.run_count) ? make(job, name) : CORE_OK;
        if (status == CORE_BAD_FILE) {
            printf("%s\n", core_error_message());
        } else if (status != CORE_OK) {
            return status;
        }
    }
    return job->made > 0 ? CORE_OK : core_fail(CORE_BAD_FILE, "nothing could be plotted");
}

/* One argument alone is the folder; the name of a figure then lacks one. */
static core_status check_name(const xp_options *options, const char *name)
{
    const char *const *names = xp_verb_get(XP_VERB_FIGURE)->words;
    const bool alone = options->argument_count == 1;
    int64_t n = 0;
    for (; names[n] != NULL; n++) {
        if (alone && strcmp(names[n], options->arguments[0]) == 0) {
            return core_fail(CORE_BAD_USAGE, "figure: %s of which folder? expected: tailbit figure %s", names[n],
                             xp_verb_get(XP_VERB_FIGURE)->arguments);
        }
        if (!alone && strcmp(names[n], name) == 0) {
            return CORE_OK;
        }
    }
    if (alone) {
        return CORE_OK;
    }
    char expected[CORE_EXPECTED_BYTES];
    return core_fail(CORE_BAD_USAGE, "'%s' is no figure%s", name, core_text_expected(name, names, n, expected));
}

/* The bounds of many, medium and few have an effect on one figure. */
static core_status check_bounds(const xp_options *options, const char *name)
{
    const xp_option_id ids[] = {XP_MANY_OVER, XP_FEW_UNDER};
    for (int i = 0; i < 2; i++) {
        if (options->source[ids[i]] == XP_BY_FLAG && strcmp(name, "methods") != 0 && strcmp(name, "all") != 0) {
            return core_fail(CORE_BAD_USAGE, "--%s has no effect on figure %s; expected methods or all",
                             xp_option_get(ids[i])->name, name);
        }
    }
    return CORE_OK;
}

/* Checks, before the runs are read, that the figure, or every figure, can be written. */
static core_status check_out(const char *name, const char *folder, core_arena *arena)
{
    for (int i = 0; res_picture_names[i] != NULL; i++) {
        if (strcmp(name, "all") == 0 || strcmp(name, res_picture_names[i]) == 0) {
            CORE_TRY(res_picture_check(res_picture_names[i], folder, arena));
        }
    }
    return CORE_OK;
}

core_status xp_verb_figure(const xp_options *options)
{
    core_arena *arena = options->arena;
    const bool named = options->argument_count == 2;
    const char *name = named ? options->arguments[0] : "methods", *folder = options->arguments[named ? 1 : 0];
    res_shot_bounds bounds;
    figure_job job = {.only = options->text[XP_ONLY],
                      .plain = xp_is_on(options, XP_PLAIN),
                      .bounds = &bounds,
                      .folder = folder,
                      .out = options->text[XP_OUT],
                      .options = options,
                      .arena = arena,
                      .drawn = res_gnuplot_is_there()};
    CORE_TRY(job.out == NULL ? core_text_format(arena, &job.out, "%s/figures", folder) : CORE_OK);
    CORE_TRY(check_name(options, name));
    CORE_TRY(check_bounds(options, name));
    CORE_TRY(xp_shot_bounds_of(options, &bounds));
    CORE_TRY(xp_check_folder(folder));
    CORE_TRY(check_out(name, job.out, arena));
    CORE_TRY(res_collection_load(folder, true, arena, &job.runs));
    res_collection_complain(&job.runs, stderr);
    CORE_TRY(res_collection_check_finished(&job.runs, folder));
    CORE_TRY(res_collection_filter(&job.runs, job.only));
    CORE_TRY(strcmp(name, "all") == 0 ? make_all(&job) : make(&job, name));
    return job.drawn ? CORE_OK
                     : core_fail(CORE_MACHINE, "scripts and data are written; gnuplot, which plots them, is not "
                                               "installed: on Debian, apt install gnuplot-nox");
}
