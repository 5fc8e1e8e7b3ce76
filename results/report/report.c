#include "results/report/report.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/path.h"
#include "core/version.h"
#include "recipes/again.h"
#include "recipes/cell_files.h"
#include "results/report/collection.h"
#include "results/report/page.h"
#include "results/report/pictures.h"
#include "results/report/table_cells.h"

enum { PATH_BYTES = 4096 };

typedef struct {
    core_arena arena;
    res_collection runs;
    res_report *report;
    const res_shot_bounds *bounds; /* of many, medium and few */
} report_job;

/* ---- tables ----------------------------------------------------------------------------------------------- */

/* Keeps the rows that have a cell in the paper's table. */
static core_status keep_cells(const res_table_query *query, core_arena *arena, res_table_rows *rows)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < rows->count; i++) {
        const char *column;
        CORE_TRY(res_table_column(query, rows->items[i].column, 0, arena, &column));
        if (!isnan(res_paper_error(query->paper, column, rows->items[i].method))) {
            rows->items[kept++] = rows->items[i];
        }
    }
    rows->count = kept;
    return CORE_OK;
}

/* Whether a run is on data of the paper, or there is none yet. */
static bool is_about_paper(const report_job *job)
{
    bool is = job->runs.run_count == 0;
    for (int64_t i = 0; i < job->runs.run_count; i++) {
        is = is || res_paper_has_data(job->runs.runs[i].column);
    }
    return is;
}

/* Adds a table of all runs, or of those that have a cell in the paper's table. Where no run has one, but
 * the runs are on the paper's data, adds the command that makes them under "missing". */
static core_status add_table(report_job *job, const res_table_query *query, core_arena *arena)
{
    const res_paper_table *paper = query->paper;
    res_table_rows rows;
    res_table table;
    char what[64], why[128];
    CORE_TRY(res_table_rows_of(query, &job->runs, arena, &rows));
    CORE_TRY(paper != NULL ? keep_cells(query, arena, &rows) : CORE_OK);
    if (rows.count > 0) {
        CORE_TRY(res_table_of_rows(query, NULL, &rows, arena, &table));
        table.title = paper == NULL ? "All finished runs: test errors and other figures, in percent" : table.title;
        return res_report_add_table(job->report, &table);
    }
    if (paper != NULL && is_about_paper(job)) {
        snprintf(what, sizeof what, "Table %.20s", paper->number);
        snprintf(why, sizeof why, "no run of its cells; `tailbit grid table%.20s` makes them", paper->number);
        return res_report_add_missing(job->report, what, why);
    }
    return CORE_OK;
}

/* Adds the paper's tables, and then a table of all runs. */
static core_status add_tables(report_job *job)
{
    bool more = true;
    for (int i = 0; more; i++) {
        const char *number = res_paper_numbers[i];
        const res_table_query query = {
            .bounds = job->bounds,
            .paper = number != NULL ? res_paper_find(number) : NULL,
            .metrics = number != NULL ? "top1"
                                      : "top1,top5,balanced,many,medium,few,worst-class,geometric-mean,calibration,"
                                        "validation"};
        core_arena arena = {0};
        const core_status status = add_table(job, &query, &arena);
        core_arena_free(&arena);
        CORE_TRY(status);
        more = number != NULL;
    }
    return CORE_OK;
}

/* ---- runs ------------------------------------------------------------------------------------------------- */

/* The last message for use beside its subject's name: without the subject at its beginning. */
static const char *message_beside(const char *subject)
{
    const char *rest = core_error_rest();
    return strcmp(core_error_subject(), subject) == 0 ? rest + strspn(rest, ": ") : core_error_message();
}

/* Lists a file that could not be read, with the message of the failure, less the path at its beginning. Returns any
 * other status. */
static core_status add_unreadable(report_job *job, core_status status, const char *path, const char *name)
{
    if (status != CORE_BAD_FILE) {
        return status;
    }
    res_report_add_file(job->report, RES_REPORT_UNREADABLE, name, message_beside(path));
    return CORE_OK;
}

/* Adds the probes in the folder of the run, which was added last; lists a file that is no probe of this run. */
static core_status add_probes(report_job *job, const res_collected_file *file, core_arena *arena, res_report_run *shown)
{
    res_probe *probes;
    CORE_TRY(CORE_ARENA_NEW(arena, 4, "the probes of a run", probes));
    for (int i = 0; i < 4; i++) {
        const char *path;
        res_probe *probe = &probes[shown->probe_count];
        const core_status status =
            res_load_probe_beside(file->path, shown->run, (i & 2) != 0, (i & 1) != 0, arena, &path, probe);
        if (path == NULL) {
            CORE_TRY(status);
            continue;
        }
        CORE_TRY(add_unreadable(job, status, path, path + strlen(job->runs.folder) + 1));
        if (status == CORE_OK) {
            CORE_TRY(res_collection_add_probe(&job->runs, probe));
            shown->probe_count++;
        }
    }
    shown->probes = probes;
    return CORE_OK;
}

/* Makes many, medium and few of a finished run's results anew by the report's bounds. */
static core_status regroup(const report_job *job, res_run *run)
{
    for (int best = 0; best < 2; best++) {
        res_scores scores;
        CORE_TRY(res_scores_of(run, best, &scores));
        res_scores_regroup(job->bounds, &scores);
        *(best ? &run->final.best : &run->final.last) = scores.summary;
    }
    return CORE_OK;
}

static core_status show_run(report_job *job, res_collected_file *file, res_run *run, core_arena *arena)
{
    res_report_run shown = {.name = file->name, .run = run, .bounds = job->bounds};
    char why[128] = "no epoch is finished";
    const bool diverged = run->epochs.E > 0 && res_run_diverged(run, why, sizeof why);
    if (run->epochs.E == 0 || diverged) {
        res_report_add_file(job->report, diverged ? RES_REPORT_DIVERGED : RES_REPORT_UNFINISHED, file->name, why);
        return CORE_OK;
    }
    CORE_TRY(xp_command_again(run, file->name, arena, &shown.command));
    if (res_run_finished(run)) {
        CORE_TRY(res_collection_add(&job->runs, file, run));
        CORE_TRY(add_probes(job, file, arena, &shown));
        CORE_TRY(regroup(job, run));
    }
    return res_report_add_run(job->report, &shown);
}

static core_status add_file(report_job *job, res_collected_file *file)
{
    core_arena arena = {0};
    res_run run;
    core_status status = res_run_load(file->path, RES_REPORT_PARTS, &arena, &run);
    if (status == CORE_OK) {
        status = show_run(job, file, &run, &arena);
    }
    core_arena_free(&arena);
    return add_unreadable(job, status, file->path, file->name);
}

/* Lists the cells of a folder that failed or were never run; `below`: "table2/", or "" for the report's own folder. */
static core_status add_cells(report_job *job, const char *below)
{
    char path[PATH_BYTES], name[PATH_BYTES];
    xp_folder cells;
    CORE_TRY(core_path_write(path, "%s/%s", job->runs.folder, below));
    const core_status read = xp_folder_read(path, false, &cells);
    if (read == CORE_BAD_FILE && below[0] != '\0') { /* it went meanwhile, or is a gap that the report names */
        return CORE_OK;
    }
    CORE_TRY(read);
    core_status status = CORE_OK;
    for (int64_t i = 0; i < cells.count && status == CORE_OK; i++) {
        const xp_folder_cell *cell = &cells.cells[i];
        status = core_path_write(name, "%s%s", below, cell->stem);
        if (cell->look.state == XP_CELL_FAILED) {
            res_report_add_file(job->report, RES_REPORT_FAILED, name, cell->look.about);
        } else if (cell->look.state == XP_CELL_WAITING) {
            res_report_add_file(job->report, RES_REPORT_WAITING, name, "configured, and not run yet");
        } else if (!cell->look.has_file) { /* running, or the state of its lock is not known */
            res_report_add_file(job->report, RES_REPORT_WAITING, name, cell->look.about);
        }
    }
    xp_folder_free(&cells);
    return status;
}

/* Lists the cells of the report's folder and of every folder below it. */
static core_status add_all_cells(report_job *job)
{
    const core_names *folders = &job->runs.folders;
    for (int64_t i = 0; i < folders->count; i++) {
        char below[PATH_BYTES];
        snprintf(below, PATH_BYTES, "%s%s", folders->names[i], folders->names[i][0] != '\0' ? "/" : "");
        CORE_TRY(add_cells(job, below));
    }
    return CORE_OK;
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

static core_status add_figure(report_job *job, const res_picture *picture, int64_t number)
{
    res_drawing drawing;
    if (!res_gnuplot_is_there()) {
        return number > 1
                   ? CORE_OK
                   : res_report_add_missing(job->report, picture->title, "gnuplot, which plots it, is not installed");
    }
    if (res_picture_draw(picture, &job->arena, &drawing) != CORE_OK) {
        return res_report_add_missing(job->report, picture->title, "gnuplot failed; `tailbit figure` says why");
    }
    res_report_add_figure(job->report, picture, number, drawing.svg);
    return CORE_OK;
}

/* Adds every figure that the runs allow, and for each of the others the reason why it is missing: the message
 * "probe: no probe of ..." without its beginning. */
static core_status add_figures(report_job *job)
{
    for (int i = 0; res_picture_names[i] != NULL; i++) {
        const char *name = res_picture_names[i];
        const res_picture_query query = {.name = name, .bounds = job->bounds};
        res_picture picture;
        if (strcmp(name, "methods") == 0 || !res_picture_concerns(name, job->runs.runs, job->runs.run_count)) {
            continue;
        }
        const core_status status = res_picture_make(&query, job->runs.runs, job->runs.run_count, &job->arena, &picture);
        if (status == CORE_BAD_FILE) {
            CORE_TRY(res_report_add_missing(job->report, res_picture_title(name), message_beside(name)));
        } else {
            CORE_TRY(status);
            CORE_TRY(res_report_shows(job->report, "figures") ? add_figure(job, &picture, 1) : CORE_OK);
        }
    }
    return CORE_OK;
}

/* Adds a comparison of the methods for each setting, the most important ones first. */
static core_status add_comparisons(report_job *job)
{
    enum { MOST = 6 };
    res_picture_query query = {.name = "methods", .alone = true, .bounds = job->bounds};
    for (; query.rank <= MOST; query.rank++) {
        res_picture picture;
        const core_status status = res_picture_make(&query, job->runs.runs, job->runs.run_count, &job->arena, &picture);
        if (status == CORE_BAD_FILE && query.rank == 0) {
            return res_report_add_missing(job->report, res_picture_title(query.name), message_beside(query.name));
        }
        if (status == CORE_BAD_FILE) {
            return CORE_OK;
        }
        CORE_TRY(status);
        if (query.rank < MOST && res_report_shows(job->report, "methods")) {
            CORE_TRY(add_figure(job, &picture, query.rank + 1));
        }
    }
    return res_report_add_missing(job->report, res_picture_title(query.name),
                                  "more than six settings; `tailbit figure DIR --only EXPR` plots another");
}

/* ---- the report -------------------------------------------------------------------------------------------------- */

static core_status fill(report_job *job)
{
    for (int64_t i = 0; i < job->runs.file_count; i++) {
        CORE_TRY(add_file(job, &job->runs.files[i]));
    }
    CORE_TRY(add_all_cells(job));
    for (int64_t i = 0; i < job->runs.gap_count; i++) {
        const res_folder_gap *gap = &job->runs.gaps[i];
        res_report_add_file(job->report, RES_REPORT_UNREADABLE, gap->name, gap->why);
    }
    /* What is missing is found where tables and figures are made. */
    const bool missing = res_report_shows(job->report, "missing");
    CORE_TRY(missing || res_report_shows(job->report, "methods") ? add_comparisons(job) : CORE_OK);
    CORE_TRY(missing || res_report_shows(job->report, "tables") ? add_tables(job) : CORE_OK);
    return missing || res_report_shows(job->report, "figures") ? add_figures(job) : CORE_OK;
}

static core_status write_report(report_job *job, const char *folder, const char *without, const char *path)
{
    char real[PATH_MAX]; /* its last part is the title, also where `folder` is "." or a link */
    const char *title = realpath(folder, real) != NULL ? core_path_name(real) : "";
    CORE_TRY(res_collection_list(folder, true, &job->arena, &job->runs));
    CORE_TRY(res_report_create(title[0] != '\0' ? title : folder, core_creator, &job->report));
    CORE_TRY(without != NULL ? res_report_leave_out(job->report, without) : CORE_OK);
    CORE_TRY(fill(job));
    CORE_TRY(core_file_make_parent(path));
    return res_report_write(job->report, path);
}

core_status res_report_of_folder(const char *folder, const res_shot_bounds *bounds, const char *without,
                                 const char *path, int64_t *shown)
{
    report_job job = {.bounds = bounds};
    const core_status status = write_report(&job, folder, without, path);
    if (status == CORE_OK) {
        *shown = res_report_runs(job.report);
    }
    res_report_destroy(job.report);
    core_arena_free(&job.arena);
    return status;
}
