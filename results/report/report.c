#include "results/report/report.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/version.h"
#include "recipes/again.h"
#include "recipes/cell_files.h"
#include "recipes/deviation.h"
#include "recipes/models.h"
#include "results/report/page.h"
#include "results/report/pictures.h"
#include "results/report/table_cells.h"
#include "results/report/table_runs.h"
#include "results/runs/folder.h"
#include "results/runs/probe_file.h"

enum { PATH_BYTES = 4096, MOST_TABLES = 8 };

/* A table and the runs that it is made of. */
typedef struct {
    xp_table_query query;
    xp_table_run *runs;  /* (count), room for the rows of every file */
    int64_t count, made; /* made: of the run that is under way, behind the others */
} report_table;

typedef struct {
    const char *folder;
    core_arena arena;
    res_folder files;
    res_report *report;
    xp_picture_runs pictures;         /* finished runs */
    report_table tables[MOST_TABLES]; /* (table_count) the paper's, and last one of all runs */
    int64_t table_count;
} report_job;

/* ---- tables ----------------------------------------------------------------------------------------------- */

static core_status begin_tables(report_job *job)
{
    for (int i = 0; res_paper_numbers[i] != NULL && i < MOST_TABLES - 1; i++) {
        job->tables[job->table_count++].query =
            (xp_table_query){.paper = res_paper_find(res_paper_numbers[i]), .metrics = "top1"};
    }
    job->tables[job->table_count++].query = (xp_table_query){
        .metrics = "top1,top5,balanced,many,medium,few,worst-class,geometric-mean,calibration,validation"};
    for (int64_t t = 0; t < job->table_count; t++) {
        CORE_TRY(
            CORE_ARENA_NEW(&job->arena, job->files.count * XP_TABLE_ROWS, "the runs of a table", job->tables[t].runs));
    }
    return CORE_OK;
}

/* Whether the table's network is of the run's kind. */
static bool is_of_kind(const report_table *table, const res_run *run)
{
    const res_paper_table *paper = table->query.paper;
    return paper == NULL || xp_model_is_of_text(paper->model) == xp_run_is_of_text(run);
}

/* Whether it has a cell for the row. */
static bool has_cell(const report_table *table, const xp_table_run *row)
{
    char column[XP_COLUMN_BYTES];
    const res_paper_table *paper = table->query.paper;
    xp_table_column(&table->query, row->column, 0, column);
    return paper == NULL || !isnan(res_paper_error(paper, column, row->row));
}

/* Makes the run's rows of every table that may have them; count_rows then takes them. */
static core_status make_rows(report_job *job, const char *name, const res_run *run)
{
    for (int64_t t = 0; t < job->table_count; t++) {
        report_table *table = &job->tables[t];
        if (is_of_kind(table, run)) {
            CORE_TRY(xp_table_rows_of(run, name, &table->query, &job->arena, &table->runs[table->count], &table->made));
        }
    }
    return CORE_OK;
}

static void count_rows(report_job *job, const res_run *run)
{
    for (int64_t t = 0; t < job->table_count; t++) {
        report_table *table = &job->tables[t];
        const int64_t first = table->count, made = is_of_kind(table, run) ? table->made : 0;
        for (int64_t i = first; i < first + made; i++) {
            if (has_cell(table, &table->runs[i])) {
                table->runs[table->count++] = table->runs[i];
            }
        }
    }
}

static core_status write_tables(report_job *job)
{
    for (int64_t t = 0; t < job->table_count; t++) {
        const report_table *from = &job->tables[t];
        const res_paper_table *paper = from->query.paper;
        res_table table;
        char what[64], why[128];
        if (from->count > 0) {
            CORE_TRY(xp_table_make(&from->query, NULL, (xp_table_runs){from->count, from->runs}, &job->arena, &table));
            table.title = paper == NULL ? "All finished runs: test errors and other figures, in percent" : table.title;
            CORE_TRY(res_report_add_table(job->report, &table));
        } else if (paper != NULL) {
            snprintf(what, sizeof what, "Table %.20s", paper->number);
            snprintf(why, sizeof why, "no run of its cells; `tailbit grid table%.20s` makes them", paper->number);
            CORE_TRY(res_report_add_missing(job->report, what, why));
        }
    }
    return CORE_OK;
}

/* ---- runs ------------------------------------------------------------------------------------------------- */

/* The last message as it stands beside the name of its subject. */
static const char *message_beside(const char *subject)
{
    const char *rest = core_error_rest();
    return strcmp(core_error_subject(), subject) == 0 ? rest + strspn(rest, ": ") : core_error_message();
}

/* Names a file that could not be read, in the words of the failure, without the path that they may begin with. Hands
 * on any other status. */
static core_status add_unreadable(report_job *job, core_status status, const char *path, const char *name)
{
    char why[PATH_BYTES];
    if (status != CORE_BAD_FILE) {
        return status;
    }
    snprintf(why, sizeof why, "%s", message_beside(path));
    return res_report_add_file(job->report, RES_REPORT_UNREADABLE, name, why);
}

/* The probes that lie beside the run; what is no probe of it is named among the files. */
static core_status load_probes(report_job *job, const char *path, const res_run *run, core_arena *arena,
                               res_report_run *shown)
{
    res_probe *probes;
    CORE_TRY(CORE_ARENA_NEW(arena, 4, "the probes of a run", probes));
    for (int i = 0; i < 4; i++) {
        const char *probe_path;
        CORE_TRY(res_probe_path(path, (i & 2) != 0, (i & 1) != 0, arena, &probe_path));
        if (access(probe_path, F_OK) != 0) {
            continue;
        }
        core_status status = res_probe_load(probe_path, arena, &probes[shown->probe_count]);
        if (status == CORE_OK && strcmp(probes[shown->probe_count].run_digest, run->digest) != 0) {
            status = core_fail_about(CORE_BAD_FILE, probe_path,
                                     ": is a probe of other bits than those of the run beside it");
        }
        if (status == CORE_OK) {
            shown->probe_count++;
        } else {
            CORE_TRY(add_unreadable(job, status, probe_path, probe_path + strlen(job->folder) + 1));
        }
    }
    shown->probes = probes;
    return CORE_OK;
}

/* After its probes are loaded. */
static core_status add_picture_run(report_job *job, const res_run *run, const res_report_run *shown)
{
    const report_table *all = &job->tables[job->table_count - 1]; /* of no paper's */
    xp_picture_run *picture = &job->pictures.items[job->pictures.count];
    CORE_TRY(xp_picture_run_of(run, &all->runs[all->count], &job->arena, picture));
    for (int64_t i = 0; i < shown->probe_count; i++) {
        CORE_TRY(xp_picture_add_probe(&shown->probes[i], &job->arena, picture));
    }
    return CORE_OK;
}

static core_status show_run(report_job *job, const char *path, const char *name, const res_run *run, core_arena *arena)
{
    res_report_run shown = {.name = name, .run = run};
    if (run->epochs.E == 0) {
        return res_report_add_file(job->report, RES_REPORT_UNFINISHED, name, "no epoch is finished");
    }
    char why[128];
    if (res_run_diverged(run, why, sizeof why)) {
        return res_report_add_file(job->report, RES_REPORT_DIVERGED, name, why);
    }
    CORE_TRY(xp_command_again(run, name, arena, &shown.command));
    if (!res_run_finished(run)) {
        return res_report_add_run(job->report, &shown);
    }
    CORE_TRY(make_rows(job, name, run));
    CORE_TRY(load_probes(job, path, run, arena, &shown));
    CORE_TRY(add_picture_run(job, run, &shown));
    CORE_TRY(res_report_add_run(job->report, &shown));
    count_rows(job, run);
    job->pictures.count++;
    return CORE_OK;
}

static core_status add_file(report_job *job, const char *name)
{
    char path[PATH_BYTES];
    core_arena arena = {0};
    res_run run;
    snprintf(path, sizeof path, "%s/%s", job->folder, name);
    core_status status = res_run_load(path, RES_REPORT_PARTS, &arena, &run);
    if (status == CORE_OK) {
        status = show_run(job, path, name, &run, &arena);
    }
    core_arena_free(&arena);
    return add_unreadable(job, status, path, name);
}

/* The cells of a folder that failed or were never run; `below`: "table2/", or "" for the report's own folder. */
static core_status add_cells(report_job *job, const char *below)
{
    char path[PATH_BYTES], name[PATH_BYTES];
    xp_folder cells;
    snprintf(path, sizeof path, "%s/%s", job->folder, below);
    CORE_TRY(xp_folder_read(path, false, &cells));
    core_status status = CORE_OK;
    for (int64_t i = 0; i < cells.count && status == CORE_OK; i++) {
        const xp_folder_cell *cell = &cells.cells[i];
        snprintf(name, sizeof name, "%s%s", below, cell->stem);
        if (cell->look.state == XP_CELL_FAILED) {
            status = res_report_add_file(job->report, RES_REPORT_FAILED, name, cell->look.about);
        } else if (cell->look.written_s == 0) {
            status = res_report_add_file(job->report, RES_REPORT_WAITING, name, "configured, and not run yet");
        }
    }
    xp_folder_free(&cells);
    return status;
}

/* The folder that file i lies in, with its slash; "" for the report's own. */
static void folder_of(const report_job *job, int64_t i, char below[PATH_BYTES])
{
    const char *name = job->files.names[i], *slash = strrchr(name, '/');
    snprintf(below, PATH_BYTES, "%.*s", slash != NULL ? (int)(slash - name) + 1 : 0, name);
}

/* Those of the report's folder, and of every one below it that a run file lies in. */
static core_status add_all_cells(report_job *job)
{
    CORE_TRY(add_cells(job, ""));
    for (int64_t i = 0; i < job->files.count; i++) {
        char below[PATH_BYTES], other[PATH_BYTES];
        folder_of(job, i, below);
        bool seen = below[0] == '\0';
        for (int64_t j = 0; j < i && !seen; j++) {
            folder_of(job, j, other);
            seen = strcmp(below, other) == 0;
        }
        if (!seen) {
            CORE_TRY(add_cells(job, below));
        }
    }
    return CORE_OK;
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

static core_status add_figure(report_job *job, const res_picture *picture)
{
    xp_drawing drawing;
    if (xp_picture_draw(picture, &job->arena, &drawing) != CORE_OK) {
        return res_report_add_missing(job->report, picture->title, "gnuplot failed; tailbit figure says why");
    }
    const res_report_figure figure = {
        .name = picture->name, .title = picture->title, .caption = picture->caption, .svg = drawing.svg};
    return res_report_add_figure(job->report, &figure);
}

/* "figure6: no probe of ..." of "figure6" is why Figure 6 is missing. */
static core_status add_missing_figure(report_job *job, const char *name)
{
    char what[64];
    snprintf(what, sizeof what, "Figure %.40s", strncmp(name, "figure", 6) == 0 ? name + 6 : name);
    return res_report_add_missing(job->report, what, message_beside(name));
}

/* Every figure that the runs allow; the others are missing, and say why. */
static core_status add_figures(report_job *job)
{
    const bool can_draw = xp_gnuplot_is_there();
    for (int i = 0; res_picture_names[i] != NULL; i++) {
        res_picture picture;
        const core_status status = xp_picture_make(res_picture_names[i], &job->pictures, false, &job->arena, &picture);
        if (status == CORE_OK && can_draw) {
            CORE_TRY(add_figure(job, &picture));
        } else if (status == CORE_OK) {
            CORE_TRY(res_report_add_missing(job->report, picture.title, "gnuplot, which draws it, is not installed"));
        } else if (status == CORE_BAD_FILE) {
            CORE_TRY(add_missing_figure(job, res_picture_names[i]));
        } else {
            return status;
        }
    }
    return CORE_OK;
}

/* ---- the report -------------------------------------------------------------------------------------------------- */

static core_status fill(report_job *job)
{
    CORE_TRY(begin_tables(job));
    CORE_TRY(CORE_ARENA_NEW(&job->arena, job->files.count, "the runs of the figures", job->pictures.items));
    for (int64_t i = 0; i < job->files.count; i++) {
        CORE_TRY(add_file(job, job->files.names[i]));
    }
    CORE_TRY(add_all_cells(job));
    for (int64_t i = 0; i < job->files.gap_count; i++) {
        CORE_TRY(
            res_report_add_file(job->report, RES_REPORT_UNREADABLE, job->files.gaps[i].name, job->files.gaps[i].why));
    }
    CORE_TRY(write_tables(job));
    return add_figures(job);
}

/* The last part of the folder's path, whatever it is called by. */
static core_status begin(report_job *job)
{
    char *path = realpath(job->folder, NULL);
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    core_status status =
        res_report_create(slash != NULL && slash[1] != '\0' ? slash + 1 : job->folder, core_creator, &job->report);
    free(path);
    return status;
}

core_status xp_report_write(const char *folder, const char *path, int64_t *shown)
{
    report_job job = {.folder = folder};
    core_status status = res_folder_list(folder, &job.arena, &job.files);
    if (status == CORE_OK) {
        status = begin(&job);
    }
    if (status == CORE_OK) {
        status = fill(&job);
    }
    if (status == CORE_OK) {
        status = core_file_make_parent(path);
    }
    if (status == CORE_OK) {
        status = res_report_write(job.report, path);
    }
    if (status == CORE_OK) {
        *shown = res_report_runs(job.report);
    }
    res_report_destroy(job.report);
    core_arena_free(&job.arena);
    return status;
}
