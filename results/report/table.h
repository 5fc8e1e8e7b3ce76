/* results/report/table.h - many runs as a table: a cell is a method on a data set, over seeds, with the paper's number.
 *
 * Maths    over the n seeds of a cell: mean = sum x / n; std = sqrt(sum (x - mean)^2 / (n - 1)), none
 *          for n = 1; difference = mean - paper, for top1 and top5, and runs that are comparable with the
 *          paper's (recipes/deviation.h). Sums run in the order of the seeds.
 *          Half width of the P % confidence interval of the mean: t std / sqrt(n), t Student's with n - 1 degrees of
 *          freedom and P(|T| < t) = P / 100 (results/report/student.h).
 * Groups   Runs of a cell whose configurations differ in anything but the seed, or whose data differ, are never
 *          averaged. The table shows the group that differs from the paper's recipe in the fewest options; then the one
 *          with the most seeds; then the most epochs; then the first by its configuration. The others are listed under
 *          the table.
 * Order    The result depends on the runs, not on the order in which they come.
 */
#ifndef RESULTS_REPORT_TABLE_H
#define RESULTS_REPORT_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/memory.h"
#include "core/status.h"
#include "results/report/collection.h"

typedef struct {
    const char *name, *unit;
    const char *label, *class_name, *head, *of_class; /* as in res_figure (results/runs/metric.h) */
    double mean, std;                                 /* NAN: not known */
    double half_width;        /* of the mean's confidence interval; NAN: not known, or not asked for */
    double paper, difference; /* difference: only of runs that are comparable with the paper's */
    res_direction direction;
} res_table_figure;

/* A cell of the table. */
typedef struct {
    const char *column, *row;            /* "cifar10/long-tailed/100", "LDAM-DRW" */
    double paper;                        /* error in percent; NAN: the paper prints none */
    const char *figure;                  /* the metric of `paper`: "top1" */
    double paper_top5;                   /* as `paper`, of the metric top5 */
    int64_t n;                           /* runs; 0: the cell is missing */
    const res_finished_run *const *runs; /* (n) in the order of their seeds */
    int64_t figure_count;
    const res_table_figure *figures;
    int64_t note;      /* index in the table's notes; -1: the paper's recipe */
    bool is_pair;      /* no method, but the difference of two, run by run of one seed (results/report/table_pair.h) */
    int64_t row_order; /* the rows of every column are in this order */
} res_table_cell;

/* A sentence under the table, under a heading. */
typedef enum {
    RES_TABLE_MADE_UP,      /* data that stand in for others */
    RES_TABLE_OPEN,         /* an option that the paper leaves open, with its values on the paper's data */
    RES_TABLE_TUNED,        /* what was tried on held-out training examples, and the errors */
    RES_TABLE_MISSING,      /* the cells of a column without a run */
    RES_TABLE_NOT_SHOWN,    /* runs of a cell with another recipe than those shown */
    RES_TABLE_TWICE,        /* a run with the recipe and the seed of another */
    RES_TABLE_NOT_PAIRED,   /* why a paired difference, or a part of its seeds, is missing */
    RES_TABLE_PAIRED_ONCE,  /* a paired difference of one seed alone */
    RES_TABLE_NOT_COMPARED, /* why there is no difference to the paper's number */
    RES_TABLE_LEFT_OUT      /* runs that belong to no cell */
} res_table_kind;

typedef struct {
    res_table_kind kind;
    const char *text;
} res_table_remark;

typedef struct {
    const char *title;
    const char *number; /* of the paper's table; NULL: none */
    bool best;          /* the best epoch on the test set, not the last */
    bool of_known_test; /* errors are counted on a known test set, for which some methods train */
    const char *pair;   /* the row of a paired difference; NULL: none */
    double interval;    /* percent of the confidence intervals that stand in place of std; 0: std */
    int64_t cell_count;
    res_table_cell *cells; /* (cell_count) */
    int64_t note_count;
    const char *const *notes; /* deviations: note i has the letter that res_table_letter gives */
    int64_t remark_count;
    const res_table_remark *remarks; /* (remark_count) in order within a kind; kinds are mixed */
} res_table;

/* Fills a table from runs (count), whose place and figures are set. The caller has set title, number, best, interval,
 * its own remarks (tuned, left out) and the cells: column, row, row_order, paper, figure and note -1, with the cells of
 * one column together. Runs and texts are borrowed, the rest lives in the arena; do not use the table after a failure.
 * Two runs of one recipe and seed count once: the first by path. */
core_status res_table_fill(res_table *table, const res_finished_run *runs, int64_t count,
                           core_arena *arena) CORE_MUST_USE;

/* Writes "a", ..., "z", "aa", ... for note 0, 1, ... */
void res_table_letter(int64_t note, char letter[4]);

/* The heading of a kind of remark: "missing". */
const char *res_table_heading(res_table_kind kind);

/* Writes the table; `layout` and `format` are of xp_table_layouts and xp_table_formats (recipes/options.h): a line for
 * each figure of a cell; wide: a line for each method, a column for each data set and figure, where the best value of a
 * column is marked. JSON has no layout. The same table gives the same bytes. CORE_MACHINE: memory. */
core_status res_table_write(const res_table *table, const char *layout, const char *format, FILE *stream) CORE_MUST_USE;

#endif
