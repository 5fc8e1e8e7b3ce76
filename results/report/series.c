#include "results/report/series.h"

#include <math.h>
#include <string.h>

res_statistic res_statistic_of(const double *values, int64_t n)
{
    double sum = 0.0, squares = 0.0;
    for (int64_t i = 0; i < n; i++) {
        sum += values[i];
    }
    const double mean = sum / (double)n;
    for (int64_t i = 0; i < n; i++) {
        squares += (values[i] - mean) * (values[i] - mean);
    }
    return (res_statistic){mean, n > 1 ? sqrt(squares / (double)(n - 1)) : (double)NAN};
}

int res_run_order(const res_finished_run *a, const res_finished_run *b)
{
    int order = strcmp(a->recipe, b->recipe);
    order = order != 0 ? order : (a->seed > b->seed) - (a->seed < b->seed);
    return order != 0 ? order : strcmp(a->path, b->path);
}

res_recipe_group res_group_at(const res_finished_run *const *runs, int64_t begin, int64_t end)
{
    res_recipe_group group = {begin, begin + 1, 1};
    while (group.end < end && strcmp(runs[begin]->recipe, runs[group.end]->recipe) == 0) {
        group.seeds += runs[group.end]->seed != runs[group.end - 1]->seed;
        group.end++;
    }
    return group;
}

res_recipe_group res_group_choose(const res_finished_run *const *runs, int64_t begin, int64_t end)
{
    res_recipe_group best = res_group_at(runs, begin, end);
    for (int64_t at = best.end; at < end;) {
        const res_recipe_group group = res_group_at(runs, at, end);
        const res_finished_run *run = runs[at], *chosen = runs[best.begin];
        const bool better = run->distance != chosen->distance ? run->distance < chosen->distance
                            : group.seeds != best.seeds       ? group.seeds > best.seeds
                                                              : run->E > chosen->E;
        best = better ? group : best;
        at = group.end;
    }
    return best;
}

void res_group_series(const res_finished_run *const *runs, const res_recipe_group *group,
                      const res_finished_run **series)
{
    int64_t n = 0;
    for (int64_t i = group->begin; i < group->end; i++) {
        if (n == 0 || series[n - 1]->seed != runs[i]->seed) {
            series[n++] = runs[i];
        }
    }
}
