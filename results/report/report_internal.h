/* results/report/report_internal.h - shared by the rooms that write the parts of a report. Internal to results/. */
#ifndef RESULTS_REPORT_REPORT_INTERNAL_H
#define RESULTS_REPORT_REPORT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/builder.h"
#include "core/memory.h"
#include "results/report/page.h"

/* The parts of the page, in its order. */
enum { RES_METHODS, RES_TABLES, RES_FIGURES, RES_FACTS, RES_MISSING, RES_FILES, RES_INDEX, RES_RUNS, RES_PARTS };

/* The count of each value of a key, in the order of first appearance. */
typedef struct {
    const char *key, *value;
    int64_t count;
} res_fact;

typedef struct {
    core_arena arena;
    res_fact *items; /* (count) */
    int64_t count, capacity;
    double seconds, least_seconds, most_seconds; /* training time: of all runs, of the fastest and the slowest run */
    int64_t peak_memory_bytes;
    int64_t runs; /* number of finished runs */
} res_facts;

struct res_report {
    const char *title, *creator;
    core_builder parts[RES_PARTS];
    bool left_out[RES_PARTS];
    const char *missing_what; /* the name of the last entry of RES_MISSING */
    int64_t run_count;
    bool made_up; /* a run is on data that stand in for others */
    res_facts facts;
};

/* The style sheet (results/report/page.css). */
extern const char res_report_style[];

/* More classes than this are shown in bands. */
enum { RES_REPORT_SINGLE_CLASSES = 20 };

/* Write the part of a run, and its sub-parts: error by epoch and by class as pictures, the classes and the confusion
 * matrix as tables. */
void res_report_write_run(FILE *out, const res_report_run *shown);
void res_report_write_curve(FILE *out, const res_run *run);
void res_report_write_classes(FILE *out, const res_run *run);
void res_report_write_class_table(FILE *out, const res_run *run);
void res_report_write_confusion(FILE *out, const res_run *run); /* of a finished run */

/* A run's line of the list of runs. */
void res_report_write_index(FILE *out, const char *name, const res_run *run);

/* "<a href=...>" to the run's part. */
void res_report_write_link(FILE *out, const char *name, const char *text);

/* Wall time of the run's epochs. */
double res_report_seconds(const res_run *run);

/* Counts a finished run; writes what the runs have in common. */
core_status res_facts_add(res_facts *facts, const res_run *run) CORE_MUST_USE;
void res_facts_write(FILE *out, const res_facts *facts, bool has_runs);

#endif
