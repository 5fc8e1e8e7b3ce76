/* `tailbit grid`: a table's cells, listed or run. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/progress.h"
#include "core/text.h"
#include "experiments/cli/verbs.h"
#include "experiments/grid/grid.h"
#include "experiments/grid/grid_probe.h"
#include "experiments/grid/grid_run.h"
#include "experiments/grid/grid_slurm.h"
#include "experiments/grid/plan.h"
#include "experiments/grid/predict.h"
#include "recipes/recipe.h"

enum { HOURS_BYTES = 32 };

/* The predictor, the width of the longest stem, and the sums so far. */
typedef struct {
    xp_predictor *predictor;
    int width, threads;
    int64_t to_run, unpredicted;
    int64_t few, fewest_steps; /* cells of few steps, and the fewest of them */
    int64_t meeting;           /* cells of which several drops fall on one epoch */
    int64_t stand_ins;         /* cells whose data are not here */
    int64_t memory, disk;      /* bytes of the largest job, and of all run files */
    double seconds;
    char why_not[CORE_MESSAGE_BYTES]; /* why the last prediction failed */
    int64_t reasons;                  /* of failed predictions, one after the other */
} listing;

/* Writes the core-hours of a cell that will run. */
static void predict_cell(const xp_planned *planned, listing *l, char hours[HOURS_BYTES])
{
    xp_prediction cell;
    int64_t epochs = xp_integer(&planned->cell->options, XP_EPOCHS);
    epochs -= planned->look.has_run ? planned->look.run.E : 0;
    l->to_run++;
    if (xp_predict(l->predictor, &planned->cell->options, epochs, &cell) != CORE_OK) {
        snprintf(hours, HOURS_BYTES, "?");
        l->reasons += l->unpredicted == 0 || strcmp(l->why_not, core_error_message()) != 0;
        snprintf(l->why_not, sizeof l->why_not, "%s", core_error_message());
        l->unpredicted++;
        return;
    }
    l->seconds += cell.seconds;
    snprintf(hours, HOURS_BYTES, "%.3f", cell.seconds * l->threads / 3600);
    l->meeting += cell.drops_meet;
    l->stand_ins += cell.stand_in;
    l->memory = cell.memory > l->memory ? cell.memory : l->memory;
    l->disk += cell.disk;
    if (cell.few_steps > 0) {
        l->fewest_steps = l->few == 0 || cell.few_steps < l->fewest_steps ? cell.few_steps : l->fewest_steps;
        l->few++;
    }
}

static void print_cell(const xp_planned *planned, listing *l)
{
    char why[1024], hours[HOURS_BYTES] = "-";
    if (xp_plan_runs(planned)) {
        predict_cell(planned, l, hours);
    }
    core_text_print(stdout, "%-*s  %-10s  %10s  %s\n", l->width, planned->cell->stem, xp_plan_state(planned), hours,
                    xp_plan_why(planned, why, sizeof why));
}

enum { SIZE_BYTES = 32 };

/* "2.9 GiB", "412.3 MiB". */
static const char *size_text(int64_t bytes, char text[SIZE_BYTES])
{
    const bool large = bytes >= 1 << 30;
    snprintf(text, SIZE_BYTES, "%.1f %s", (double)bytes / (large ? 1 << 30 : 1 << 20), large ? "GiB" : "MiB");
    return text;
}

/* What a run should know beside the hours. */
static void print_remarks(const listing *l)
{
    char memory[SIZE_BYTES], disk[SIZE_BYTES];
    if (l->memory > 0) {
        printf("memory of a job: %s; disk for the run files: %s, and as much as one again while it is written\n",
               size_text(l->memory, memory), size_text(l->disk, disk));
    }
    if (l->stand_ins > 0) {
        printf("%s measured on noise of the size of the pictures, which are not here: without decoding them\n",
               CORE_COUNT(l->stand_ins, "job"));
    }
    if (l->unpredicted > 0) {
        core_text_print(stdout, "%s without a prediction: %s%s\n", CORE_COUNT(l->unpredicted, "job"), l->why_not,
                        l->reasons > 1 ? " (the last reason; others have other ones)" : "");
    }
    if (l->few > 0) {
        printf("jobs to run with few steps in all: %" PRId64 ", the fewest %" PRId64 "; %s\n", l->few, l->fewest_steps,
               xp_few_steps_advice);
    }
    if (l->meeting > 0) {
        printf("jobs to run whose learning-rate drops fall on one epoch: %" PRId64 "; give more --epochs, or --drops\n",
               l->meeting);
    }
}

static void list_cells(const xp_plan *plan, listing *l)
{
    l->width = 4;
    for (int64_t i = 0; i < plan->count; i++) {
        int length = (int)strlen(plan->cells[i].cell->stem);
        l->width = length > l->width ? length : l->width;
    }
    printf("%-*s  %-10s  %10s  %s\n", l->width, "job", "state", "core-hours", "why");
    fflush(stdout);
    for (int64_t i = 0; i < plan->count; i++) {
        print_cell(&plan->cells[i], l);
        fflush(stdout);
    }
    char duration[16];
    printf("%s, %lld to run: %.3f core-hours, %s on %s\n", CORE_COUNT(plan->count, "job"), (long long)l->to_run,
           l->seconds * l->threads / 3600, core_progress_duration(l->seconds, duration, sizeof duration),
           CORE_COUNT(l->threads, "CPU"));
    print_remarks(l);
}

static core_status dry_run(const xp_plan *plan, const char *probe, xp_predictor *predictor, int threads)
{
    listing l = {.predictor = predictor, .threads = threads};
    xp_plan_tell_part(plan, stdout);
    list_cells(plan, &l);
    xp_plan_tell_changed(plan, stdout);
    if (probe != NULL) {
        int64_t there = 0;
        CORE_TRY(xp_grid_count_probes(plan, probe, &there));
        printf("%lld of %s probed (features %s)\n", (long long)there, CORE_COUNT(plan->count, "job"), probe);
    }
    return CORE_OK;
}

static core_status run_plan(xp_plan *plan, const char *probe, const xp_options *options, int threads)
{
    int jobs = (int)xp_integer(options, XP_JOBS);
    xp_plan_tell_part(plan, stdout);
    xp_plan_tell_changed(plan, stdout);
    if (jobs > threads) {
        printf("--jobs %d: only %d at once, a CPU each\n", jobs, threads);
        jobs = threads;
    }
    xp_grid_work work = {.options = options, .threads = threads, .jobs = jobs, .lines = stdout};
    const core_status trained = xp_grid_run(plan, &work);
    if (probe == NULL || (trained != CORE_OK && trained != CORE_DIFFERS)) {
        return trained;
    }
    char message[CORE_MESSAGE_BYTES]; /* the final message: failed cells come before failed probes */
    snprintf(message, sizeof message, "%s", core_error_message());
    const xp_grid_probing probing = {.features = probe, .threads = threads, .lines = stdout};
    const core_status probed = xp_grid_probe(plan, &probing);
    return trained == CORE_OK || (probed != CORE_OK && probed != CORE_DIFFERS) ? probed
                                                                               : core_fail(trained, "%s", message);
}

/* Checks the jobs that would run, before any is trained, and lists them with --dry-run: both look at the data. */
static core_status check_jobs(const xp_plan *plan, const char *probe, const xp_options *options, int threads)
{
    xp_predictor *predictor;
    CORE_TRY(xp_predictor_create(threads, xp_is_on(options, XP_RECOMPUTE), options->text[XP_DATA_DIR], &predictor));
    core_status status = xp_predictor_check(predictor, plan, probe);
    if (status == CORE_OK && xp_is_on(options, XP_DRY_RUN)) {
        status = dry_run(plan, probe, predictor, threads);
    }
    xp_predictor_destroy(predictor);
    return status;
}

static core_status go(const xp_grid *grid, const xp_options *options)
{
    char folder[512];
    xp_plan plan;
    snprintf(folder, sizeof folder, "runs/%s", grid->name);
    const char *out = options->text[XP_OUT] != NULL ? options->text[XP_OUT] : folder;
    CORE_TRY(nn_start(xp_isa_of(options)));
    CORE_TRY(xp_plan_make(grid, options, out, &plan));
    const int threads = xp_threads_of(options);
    const bool slurm = xp_is_on(options, XP_SLURM), listed = xp_is_on(options, XP_DRY_RUN);
    FILE *lines = slurm ? stderr : stdout;
    xp_plan_tell_unknown_data(&plan, lines);
    if (grid->twins > 0) {
        fprintf(lines, "left out: %s, of the same runs as others, since a value of an axis has no effect on them\n",
                CORE_COUNT(grid->twins, "job"));
    }
    core_status status = check_jobs(&plan, grid->probe, options, threads);
    if (status == CORE_OK && !listed) {
        status =
            slurm ? xp_grid_slurm(&plan, options, threads, stdout) : run_plan(&plan, grid->probe, options, threads);
    }
    xp_plan_free(&plan);
    CORE_TRY(status);
    return slurm || listed ? CORE_OK : xp_print_next(out, options->arena);
}

core_status xp_verb_grid(const xp_options *options)
{
    xp_grid grid;
    if (xp_is_on(options, XP_SLURM) && xp_is_on(options, XP_DRY_RUN)) {
        return core_fail(CORE_BAD_USAGE, "grid: got --slurm and --dry-run, which print different things; give one");
    }
    CORE_TRY(xp_grid_load(options->arguments[0], options, &grid));
    core_status status = go(&grid, options);
    xp_grid_free(&grid);
    return status;
}
