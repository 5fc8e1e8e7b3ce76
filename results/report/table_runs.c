#include "results/report/table_runs.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/text.h"
#include "recipes/configuration.h"
#include "recipes/deviation.h"
#include "recipes/models.h"
#include "recipes/target_set.h"
#include "results/runs/folder.h"

enum { TEXT_BYTES = 4096 };

static core_status copy_text(core_arena *arena, const char *text, const char **out)
{
    char *copy;
    CORE_TRY(core_arena_strdup(arena, text, &copy));
    *out = copy;
    return CORE_OK;
}

/* The options with keys and texts of the arena's own, without `but` (NULL: all). */
static core_status copy_options(core_arena *arena, const res_options *options, const char *but, res_options *out)
{
    res_option *items;
    int64_t count = 0;
    CORE_TRY(CORE_ARENA_NEW(arena, options->count, "a configuration", items));
    for (int64_t i = 0; i < options->count; i++) {
        res_option option = options->items[i];
        if (but != NULL && strcmp(option.key, but) == 0) {
            continue;
        }
        CORE_TRY(copy_text(arena, option.key, &option.key));
        if (option.type == CORE_H5_TEXT) {
            CORE_TRY(copy_text(arena, option.text, &option.text));
        }
        items[count++] = option;
    }
    *out = (res_options){.count = count, .items = items};
    return CORE_OK;
}

/* The configuration but the seed, and the data: what runs of one cell must share. */
static core_status recipe_text(const res_run *run, core_arena *arena, const char **out)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    if (stream == NULL) {
        return core_fail(CORE_MACHINE, "not enough memory for a table");
    }
    const res_options *options = &run->config.options;
    for (int64_t i = 0; i < options->count; i++) {
        char value[TEXT_BYTES];
        if (strcmp(options->items[i].key, "seed") != 0) {
            fprintf(stream, "%s: %s\n", options->items[i].key,
                    res_option_format(&options->items[i], value, sizeof value));
        }
    }
    fprintf(stream, "data_sha256: %s\nsplit_sha256: %s\n", run->data.sha256, run->split.sha256);
    fclose(stream);
    core_status status = copy_text(arena, text, out);
    free(text);
    return status;
}

const char *xp_table_metrics(const xp_table_query *query)
{
    return query->paper != NULL && query->paper->metrics != NULL ? query->paper->metrics : query->metrics;
}

void xp_table_column(const xp_table_query *query, const char *run_column, int64_t c, char text[XP_COLUMN_BYTES])
{
    const bool figures = query->paper != NULL && query->paper->figures != NULL;
    snprintf(text, XP_COLUMN_BYTES, "%.4000s%s", run_column, figures ? strrchr(query->paper->columns[c], '/') : "");
}

/* "cifar10/step/100", "imdb/remove/0.9", "imdb/none". */
static core_status name_column(const xp_table_query *query, core_arena *arena, xp_table_run *out)
{
    char column[XP_COLUMN_BYTES];
    const char *const *values = out->values;
    const char *ratio = values[XP_RHO] != NULL ? values[XP_RHO] : values[XP_REMOVE_FRAC];
    const bool text = query->paper != NULL && xp_model_is_of_text(query->paper->model);
    const bool standard =
        values[XP_REMOVE_FRAC] != NULL && strcmp(values[XP_REMOVE_FRAC], xp_option_standard(XP_REMOVE_FRAC, true)) == 0;
    if (text && standard) { /* the one imbalance of the paper's text, which its columns do not name */
        return copy_text(arena, values[XP_DATA], &out->column);
    }
    snprintf(column, sizeof column, "%.1000s/%.1000s%s%.1000s", values[XP_DATA], values[XP_IMBALANCE],
             ratio != NULL ? "/" : "", ratio != NULL ? ratio : "");
    return copy_text(arena, column, &out->column);
}

static core_status read_axes(const res_run *run, const xp_table_query *query, core_arena *arena, xp_table_run *out)
{
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        char key[32], value[TEXT_BYTES];
        xp_option_key((xp_option_id)id, key);
        const res_option *option = res_options_find(&run->config.options, key);
        if (option != NULL) {
            CORE_TRY(copy_text(arena, res_option_format(option, value, sizeof value), &out->values[id]));
        }
    }
    if (out->values[XP_DATA] == NULL || out->values[XP_IMBALANCE] == NULL || out->values[XP_METHOD] == NULL) {
        return core_fail(CORE_BAD_FILE, "its configuration lacks data, imbalance or method");
    }
    out->row = out->values[XP_METHOD];
    out->verified = run->data.verified;
    CORE_TRY(copy_text(arena, run->data.sha256, &out->data_sha256));
    return name_column(query, arena, out);
}

/* What is said of a run under the table: the recipe, data that stands in, data that nobody verified. */
static core_status deviation_text(const xp_table_query *query, const res_run *run, const char *column,
                                  const char *recipe, core_arena *arena, const char **out)
{
    char text[TEXT_BYTES], first[XP_COLUMN_BYTES];
    xp_table_column(query, column, 0, first);
    const bool stands_in = query->paper != NULL && !res_paper_has_column(query->paper, first);
    const bool unverified = !stands_in && query->paper != NULL && !run->data.verified;
    snprintf(text, sizeof text, "%.3000s%s%s%s", recipe, recipe[0] != '\0' && (stands_in || unverified) ? ", " : "",
             stands_in ? "data that the paper's table has not" : "", unverified ? "data that was not verified" : "");
    return copy_text(arena, text, out);
}

/* The imbalance of the run's training set; false: it has none that a test set could share. */
static bool find_profile(const xp_table_run *run, imb_profile *out)
{
    const char *rho = run->values[XP_RHO], *mu = run->values[XP_MU];
    *out = (imb_profile){.rho = rho != NULL ? strtod(rho, NULL) : 0, .mu = mu != NULL ? strtod(mu, NULL) : 0.5};
    return rho != NULL && imb_profile_parse(run->values[XP_IMBALANCE], &out->kind) == CORE_OK;
}

/* The class counts that top1 is counted for; NULL: the test set as it is. order: of a table's column, -1 in others. */
static core_status find_counts(const xp_table_query *query, const xp_table_run *run, int64_t K, int64_t order,
                               core_arena *arena, int64_t **out)
{
    imb_profile profile;
    const bool has_profile = find_profile(run, &profile);
    xp_target_set set = {.known = order >= 0, .order = order, .profile = profile};
    *out = NULL;
    core_status status = CORE_OK;
    if (query->test != NULL) {
        status = xp_target_set_resolve(query->test, has_profile ? &profile : NULL, &set);
    }
    if (status == CORE_OK && set.known) {
        CORE_TRY(CORE_ARENA_NEW(arena, K, "the test set's class counts", *out));
        status = xp_target_set_counts(&set, K, *out);
    }
    if (status == CORE_BAD_USAGE) { /* for this run; others may go on */
        return core_fail(CORE_BAD_FILE, "%s", core_error_message());
    }
    return status;
}

/* What a run is in a column of that order. */
static core_status row_of(const res_run *run, const char *path, const xp_table_query *query, int64_t order,
                          core_arena *arena, xp_table_run *out)
{
    const bool text = xp_run_is_of_text(run);
    const char *model = query->paper != NULL ? query->paper->model : xp_option_standard(XP_MODEL, text);
    xp_deviation deviation;
    xp_table_run kept = *out;
    res_figures figures;
    int64_t *counts;
    CORE_TRY(xp_deviation_of(run, model, order, arena, &deviation));
    CORE_TRY(find_counts(query, &kept, run->epochs.K, order, arena, &counts));
    CORE_TRY(res_figures_of(run, xp_table_metrics(query), query->best, counts, arena, &figures));
    const res_option *seed = res_options_find(&run->config.options, "seed");
    kept.run = (res_table_run){.seed = seed != NULL && seed->type == CORE_H5_I64 ? seed->integer : 0,
                               .distance = deviation.distance,
                               .figures = figures};
    CORE_TRY(copy_text(arena, path, &kept.run.path));
    CORE_TRY(copy_text(arena, run->digest, &kept.run.digest));
    CORE_TRY(recipe_text(run, arena, &kept.run.recipe));
    CORE_TRY(copy_options(arena, &run->config.options, "seed", &kept.run.config));
    CORE_TRY(copy_options(arena, &deviation.open, NULL, &kept.run.open));
    CORE_TRY(deviation_text(query, run, kept.column, deviation.text, arena, &kept.run.deviation));
    *out = kept;
    return CORE_OK;
}

/* What is the same in every column. */
static core_status begin_row(const res_run *run, const xp_table_query *query, core_arena *arena, xp_table_run *out)
{
    const bool text = xp_run_is_of_text(run);
    *out = (xp_table_run){.validation = res_validation_error(run, run->epochs.E - 1)};
    if (query->paper != NULL && xp_model_is_of_text(query->paper->model) != text) {
        return core_fail(CORE_BAD_FILE, "is about %s, Table %s about %s", text ? "text" : "images",
                         query->paper->number, text ? "images" : "text");
    }
    return read_axes(run, query, arena, out);
}

/* The run with a complete configuration, which others may be compared with. */
static core_status complete(const res_run *run, core_arena *arena, res_run *out)
{
    *out = *run;
    return xp_configuration_complete(&run->config.options, NULL, arena, &out->config.options);
}

static core_status only_row_of(const res_run *run, const char *path, const xp_table_query *query, core_arena *arena,
                               xp_table_run *out)
{
    xp_table_run row;
    CORE_TRY(begin_row(run, query, arena, &row));
    CORE_TRY(row_of(run, path, query, -1, arena, &row));
    *out = row;
    return CORE_OK;
}

core_status xp_table_run_of(const res_run *run, const char *path, const xp_table_query *query, core_arena *arena,
                            xp_table_run *out)
{
    res_run whole;
    CORE_TRY(complete(run, arena, &whole));
    return only_row_of(&whole, path, query, arena, out);
}

/* Whether a run may stand in a column of that order: it was trained for its test set, or for none. */
static bool fits_order(const xp_table_run *run, int64_t order)
{
    const char *own = run->values[XP_TEST_ORDER];
    return own == NULL ||
           (strtoll(own, NULL, 10) == order && strcmp(run->values[XP_TEST_IMBALANCE], run->values[XP_IMBALANCE]) == 0 &&
            strcmp(run->values[XP_TEST_RHO], run->values[XP_RHO]) == 0);
}

core_status xp_table_rows_of(const res_run *file, const char *path, const xp_table_query *query, core_arena *arena,
                             xp_table_run rows[XP_TABLE_ROWS], int64_t *count)
{
    const int orders = query->paper != NULL ? query->paper->orders : 0;
    xp_table_run all;
    imb_profile profile;
    res_run whole;
    const res_run *run = &whole;
    int64_t n = 0;
    CORE_TRY(complete(file, arena, &whole));
    if (orders == 0) {
        CORE_TRY(only_row_of(run, path, query, arena, &rows[0]));
        *count = 1;
        return CORE_OK;
    }
    assert(orders <= XP_TABLE_ROWS);
    CORE_TRY(begin_row(run, query, arena, &all));
    for (int64_t order = 1; order <= orders && find_profile(&all, &profile); order++) {
        char column[XP_COLUMN_BYTES];
        if (fits_order(&all, order)) {
            rows[n] = all;
            snprintf(column, sizeof column, "%.4000s/%c", all.column, (int)('a' + order - 1));
            CORE_TRY(copy_text(arena, column, &rows[n].column));
            const core_status status = row_of(run, path, query, order, arena, &rows[n]);
            if (status == CORE_BAD_FILE) { /* the test data have no such test set */
                continue;
            }
            CORE_TRY(status);
            rows[n].validation = n == 0 ? all.validation : (double)NAN; /* what was tuned is said once */
            n++;
        }
    }
    *count = n;
    return CORE_OK;
}

/* CORE_BAD_FILE, with the file's name, for what is no finished run or has no place in the table. */
static core_status load_run(const char *path, const char *name, const xp_table_query *query, core_arena *arena,
                            xp_table_run rows[XP_TABLE_ROWS], int64_t *count)
{
    core_arena own = {0};
    char why[128];
    res_run run;
    core_status status = res_run_load(path, XP_TABLE_PARTS, &own, &run);
    if (status == CORE_OK && !res_run_finished(&run)) {
        status = core_fail_about(CORE_BAD_FILE, path, ": is unfinished, %lld of %lld epochs", (long long)run.epochs.E,
                                 (long long)run.epochs.planned);
    } else if (status == CORE_OK && res_run_diverged(&run, why, sizeof why)) {
        status = core_fail_about(CORE_BAD_FILE, path, ": diverged: %s", why);
    } else if (status == CORE_OK) {
        status = xp_table_rows_of(&run, name, query, arena, rows, count);
        if (status == CORE_OK && *count == 0) {
            status =
                core_fail(CORE_BAD_FILE, "is of no imbalance and test set that Table %s has", query->paper->number);
        }
        if (status == CORE_BAD_FILE) {
            status = core_fail_about(CORE_BAD_FILE, path, ": %s", core_error_message());
        }
    }
    core_arena_free(&own);
    return status;
}

/* The run files below a folder; of a file that file alone, "" before its name. */
static core_status list_files(const char *path, core_arena *arena, const char **folder, res_folder *out)
{
    struct stat status;
    *folder = path;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode)) {
        return res_folder_list(path, arena, out);
    }
    const char *slash = strrchr(path, '/');
    char *before;
    CORE_TRY(core_arena_strdup(arena, path, &before));
    before[slash != NULL ? slash - path : 0] = '\0';
    *folder = slash == NULL ? "." : before[0] == '\0' ? "/" : before;
    *out = (res_folder){.count = 1};
    CORE_TRY(CORE_ARENA_NEW(arena, 1, "a run of a table", out->names));
    return core_arena_strdup(arena, slash != NULL ? slash + 1 : path, &out->names[0]);
}

core_status xp_table_runs_load(const char *path, const xp_table_query *query, core_arena *arena, xp_table_run **out,
                               int64_t *count)
{
    const char *folder;
    res_folder files;
    xp_table_run *runs;
    int64_t kept = 0;
    CORE_TRY(list_files(path, arena, &folder, &files));
    for (int64_t i = 0; i < files.gap_count; i++) {
        core_text_print(query->complaints, "tailbit: left out: %s/%s: %s\n", folder, files.gaps[i].name,
                        files.gaps[i].why);
    }
    CORE_TRY(CORE_ARENA_NEW(arena, files.count * XP_TABLE_ROWS, "the runs of a table", runs));
    for (int64_t i = 0; i < files.count; i++) {
        char file[TEXT_BYTES];
        int64_t rows = 0;
        snprintf(file, sizeof file, "%s/%s", folder, files.names[i]);
        const core_status status = load_run(file, files.names[i], query, arena, &runs[kept], &rows);
        if (status == CORE_BAD_FILE) {
            fprintf(query->complaints, "tailbit: left out: %s\n", core_error_message());
        } else if (status != CORE_OK) {
            return status;
        }
        kept += status == CORE_OK ? rows : 0;
    }
    *out = runs;
    *count = kept;
    return CORE_OK;
}
