/* results/runs/difference.h - compares two run files object by object. Internal to results/. */
#ifndef RESULTS_RUNS_DIFFERENCE_H
#define RESULTS_RUNS_DIFFERENCE_H

#include <stdint.h>
#include <stdio.h>

#include "core/h5.h"
#include "core/status.h"

typedef struct {
    core_h5 *a, *b;
    int64_t common_epochs; /* -1: compare everything; else these rows of arrays with a row per epoch, and no results */
    FILE *report;          /* a line for each difference, the first RES_DIFFERENCE_LINES only */
    int64_t objects;       /* out: groups and datasets compared */
    int64_t found;         /* out: datasets, groups and attributes that differ */
} res_difference;

enum { RES_DIFFERENCE_LINES = 20 };

/* Compares all content in the order of the paths. CORE_BAD_FILE if one of the files cannot be read. */
core_status res_difference_walk(res_difference *walk) CORE_MUST_USE;

#endif
