/* `tailbit status DIR`: the cells of a folder and their progress, from its files alone. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/progress.h"
#include "core/text.h"
#include "experiments/cli/verbs.h"
#include "recipes/axes.h"
#include "recipes/cell_files.h"

/* "2026-11-25 18:07, in 3h07m", or "-". */
static void finish_text(const xp_cell_look *look, double now_s, char *text, size_t bytes)
{
    const double left_s = xp_cell_left_s(look, now_s);
    snprintf(text, bytes, "-");
    if (look->state != XP_CELL_RUNNING || left_s < 0) {
        return;
    }
    time_t when = (time_t)(now_s + left_s);
    struct tm local;
    char date[32], left[16];
    if (localtime_r(&when, &local) != NULL && strftime(date, sizeof date, "%Y-%m-%d %H:%M", &local) > 0) {
        snprintf(text, bytes, "%s, in %s", date, core_progress_duration(left_s, left, sizeof left));
    }
}

static void print_cell(const xp_folder_cell *cell, int width, double now_s)
{
    const xp_cell_look *look = &cell->look;
    char epochs[48] = "-", pace[32] = "-", error[32] = "-", finish[96];
    if (look->has_run) {
        snprintf(epochs, sizeof epochs, "%lld/%lld", (long long)look->run.E, (long long)look->run.planned);
    }
    if (look->has_run && look->run.E > 0) {
        snprintf(pace, sizeof pace, "%.2f", res_epoch_s(look->run.seconds, look->run.E));
    }
    if (look->has_run && !isnan(look->run.test_error)) {
        snprintf(error, sizeof error, "%.2f%%", 100 * look->run.test_error);
    }
    finish_text(look, now_s, finish, sizeof finish);
    const bool unchecked = look->has_run && !look->run.checked;
    core_text_print(stdout, "%-*s  %-10s  %9s  %9s  %10s  %s%s%s%s%s%s\n", width, cell->stem,
                    xp_cell_state_names[look->state], epochs, pace, error, finish, look->about[0] != '\0' ? "  " : "",
                    look->about, cell->part != NULL ? "  part " : "", cell->part != NULL ? cell->part : "",
                    unchecked ? "  not checked: an older tailbit wrote it; info checks it" : "");
}

static core_status choose(const xp_folder *folder, const char *expression, core_arena *arena, xp_filter **out)
{
    const char *const **items;
    CORE_TRY(CORE_ARENA_NEW(arena, folder->count, "the jobs", items));
    for (int64_t i = 0; i < folder->count; i++) {
        items[i] = folder->cells[i].values;
    }
    return xp_axes_filter(expression, items, folder->count, arena, out);
}

static void print_foreign(const xp_folder *folder)
{
    enum { SHOWN = 5 };
    if (folder->foreign_count == 0) {
        return;
    }
    printf("no job's: ");
    for (int64_t i = 0; i < folder->foreign_count && i < SHOWN; i++) {
        core_text_print(stdout, "%s%s", i > 0 ? ", " : "", folder->foreign[i]);
    }
    if (folder->foreign_count > SHOWN) {
        printf(" and %lld more", (long long)folder->foreign_count - SHOWN);
    }
    putchar('\n');
}

static core_status print_folder(const xp_folder *folder, const xp_filter *filter, const char *expression)
{
    int64_t states[XP_CELL_STATES] = {0}, shown = 0;
    int width = 4;
    double now_s = (double)time(NULL);
    for (int64_t i = 0; i < folder->count; i++) {
        int length = (int)strlen(folder->cells[i].stem);
        if (xp_filter_passes(filter, folder->cells[i].values)) {
            width = length > width ? length : width;
            shown++;
        }
    }
    if (shown == 0 && expression != NULL) {
        return core_fail(CORE_BAD_USAGE, "filter '%s': none of the %s passes it", expression,
                         CORE_COUNT(folder->count, "job"));
    }
    printf("%-*s  %-10s  %9s  %9s  %10s  %s\n", width, "job", "state", "epochs", "s/epoch", "test error", "finish");
    for (int64_t i = 0; i < folder->count; i++) {
        if (xp_filter_passes(filter, folder->cells[i].values)) {
            print_cell(&folder->cells[i], width, now_s);
            states[folder->cells[i].look.state]++;
        }
    }
    fputs(CORE_COUNT(shown, "job"), stdout);
    for (int s = 0, n = 0; s < XP_CELL_STATES; s++) {
        if (states[s] > 0) {
            printf("%s%lld %s", n++ > 0 ? ", " : ": ", (long long)states[s], xp_cell_state_names[s]);
        }
    }
    putchar('\n');
    print_foreign(folder);
    return CORE_OK;
}

core_status xp_verb_status(const xp_options *options)
{
    xp_folder folder;
    xp_filter *filter = NULL;
    const char *expression = options->text[XP_ONLY];
    CORE_TRY(xp_folder_read(options->arguments[0], expression != NULL, &folder));
    core_status status = choose(&folder, expression, options->arena, &filter);
    if (status == CORE_OK) {
        status = print_folder(&folder, filter, expression);
    }
    xp_folder_free(&folder);
    return status;
}
