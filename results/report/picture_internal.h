/* results/report/picture_internal.h - shared by the rooms of a figure: kinds, and the runs that were chosen.
 * Internal to results/. */
#ifndef RESULTS_REPORT_PICTURE_INTERNAL_H
#define RESULTS_REPORT_PICTURE_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/memory.h"
#include "core/status.h"
#include "results/report/picture.h"
#include "results/report/series.h"

/* Up to this many classes each have a name on an axis. */
enum { RES_PICTURE_FEW = 12 };

/* The runs of a method that are averaged. */
typedef struct {
    const char *method;
    int64_t n;                     /* seeds */
    const res_finished_run **runs; /* (n) by their seeds */
    double *values;                /* (n) scratch: a number of each */
} res_picture_series;

typedef struct res_picture_kind res_picture_kind;

/* What is drawn. */
typedef struct {
    const res_picture_kind *kind;
    const res_shot_bounds *bounds; /* as in res_picture_query */
    int64_t count;
    res_picture_series *series;    /* (count) in the order of the legend */
    const res_finished_run *first; /* one of the runs, for values that all share */
    const int64_t *order;          /* (K) classes, the most frequent first */
    const char *missing;           /* methods of the paper's figure without runs: "CB-RS, CB-RW"; "": none */
    const char *not_drawn;         /* as in res_picture, like the next two */
    int64_t other_count;
    const char **others;
} res_picture_choice;

/* A figure's definition. */
struct res_picture_kind {
    const char *name, *title;
    const char *body;                                                    /* its script in results/report/figures/ */
    const char *about;                                                   /* the caption's first sentences */
    void (*write_about)(const res_picture_choice *choice, FILE *stream); /* and the next ones; NULL: none */
    const char *of_many;        /* the caption's sentence for over RES_PICTURE_FEW classes; NULL: no axis of classes */
    const char *reading;        /* the caption's sentence on how to read it; NULL: none */
    const char *column;         /* of a figure of the paper, which shows no others: its data; NULL: any */
    const char *const *methods; /* and its methods, NULL-terminated; without a column, those it draws before others */
    int64_t most;               /* methods that are drawn at once */
    const char *command;        /* makes its runs in the folder DIR */
    bool (*shows)(const res_finished_run *run); /* whether the run has the values to draw */
    const char *lacks;                          /* what is missing where no run does: "no finished run" */
    bool of_probes;                             /* it draws probe_class_error */
    int legend_rows;                            /* -1: as many as the names of the methods need */
    int width, height;                          /* of the SVG with two rows, in pixels; width is a minimum */
    int panel_width;                            /* width of the panel of each method; 0: a legend names the methods */
    void (*write_csv)(const res_picture_choice *choice, FILE *stream);
    void (*write_parameters)(const res_picture_choice *choice, FILE *stream); /* variables for the script's body */
};

/* A value of a run at an index: a class, an epoch, ... */
typedef double (*res_picture_value)(const res_finished_run *run, int64_t index);

res_statistic res_picture_over_seeds(const res_picture_series *series, res_picture_value value, int64_t index);

/* Writes ",mean,std" times `factor`, with eight digits; an unknown or infinite value is an empty field. */
void res_picture_write_statistic(FILE *stream, res_statistic s, double factor);

typedef struct {
    double least, most; /* INFINITY, -INFINITY: nothing is known */
} res_picture_extent;

/* Extends `of` to the means less and plus their std, over all series and the indices [begin, end). */
void res_picture_add_extent(const res_picture_choice *choice, res_picture_value value, int64_t begin, int64_t end,
                            res_picture_extent *of);

/* Writes "NAME = 'LOW HIGH STEP'", an axis in percent that fits those fractions: from 0 where they come near it, with at
 * most five steps of 1, 2 or 5 times a power of ten. */
void res_picture_write_axis(const char *name, res_picture_extent of, FILE *stream);

/* The parts of the figure that compares methods (picture_methods.c). */
void res_picture_write_csv_of_methods(const res_picture_choice *choice, FILE *stream);
void res_picture_write_parameters_of_methods(const res_picture_choice *choice, FILE *stream);
void res_picture_write_about_panels(const res_picture_choice *choice, FILE *stream);

/* The definition of a figure; NULL: none of that name. */
const res_picture_kind *res_picture_kind_find(const char *name);

/* Writes a text that stands in single quotes, in which gnuplot expands neither commands nor macros. An apostrophe becomes
 * a typographic one: gnuplot misreads two doubled ones in a row. */
void res_picture_write_quoted(FILE *stream, const char *text, bool is_tic);

/* Whether the classes have an order, by which lines may lead from one to the next: they fall in size, not in a step. */
bool res_picture_classes_are_ordered(const res_picture_choice *choice);

/* Chooses what is drawn; errors as res_picture_make. */
core_status res_picture_choose(const res_picture_kind *kind, const res_picture_query *query,
                               const res_finished_run *runs, int64_t count, core_arena *arena,
                               res_picture_choice *out) CORE_MUST_USE;

/* The scripts of results/report/figures/: a list of name and text that ends with name NULL. */
typedef struct {
    const char *name, *text;
} res_picture_part;
extern const res_picture_part res_picture_parts[];

#endif
