/* results/report/series.h - runs of one recipe over seeds: the choice of a cell or a figure, their mean and std.
 *
 * Maths    mean = sum x / n; std = sqrt(sum (x - mean)^2 / (n - 1)), none for n = 1. Sums run in the order of the seeds.
 * Choice   among the recipes of a cell: the one that differs from the paper's in the fewest options; then the one with
 *          the most seeds; then the most epochs; then the first by its text. Two runs of one recipe and
 *          seed count once: the first by path.
 */
#ifndef RESULTS_REPORT_SERIES_H
#define RESULTS_REPORT_SERIES_H

#include <stdint.h>

#include "results/report/collection.h"

typedef struct {
    double mean, std; /* NAN: not known */
} res_statistic;

/* Mean and std of values (n), n > 0. */
res_statistic res_statistic_of(const double *values, int64_t n);

/* The order of runs by recipe, seed and path: negative, 0 or positive. */
int res_run_order(const res_finished_run *a, const res_finished_run *b);

/* The runs [begin, end) of a cell that share a recipe. */
typedef struct {
    int64_t begin, end;
    int64_t seeds;
} res_recipe_group;

/* The group that begins at runs[begin], of the runs [begin, end) of a cell in their order. */
res_recipe_group res_group_at(const res_finished_run *const *runs, int64_t begin, int64_t end);

/* The group of the runs [begin, end) that is shown: that of the least distance; of several, that with the most seeds,
 * then the most epochs, then the first. */
res_recipe_group res_group_choose(const res_finished_run *const *runs, int64_t begin, int64_t end);

/* Writes the group's runs, each seed once, in the order of their seeds to series (group->seeds). */
void res_group_series(const res_finished_run *const *runs, const res_recipe_group *group,
                      const res_finished_run **series);

#endif
