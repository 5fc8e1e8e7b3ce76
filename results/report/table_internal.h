/* results/report/table_internal.h - what the rooms of tables share: table.c and table_pair.c, which fill them, and
 * table_write.c, table_wide.c and table_words.c, which write them. Internal to results/report/. */
#ifndef RESULTS_REPORT_TABLE_INTERNAL_H
#define RESULTS_REPORT_TABLE_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/text.h"
#include "results/report/table.h"

/* Computes the figures of the cell from its runs (n); with `less` (n) from the differences to those. */
core_status res_table_fill_figures(const res_table *table, const res_finished_run *const *less, core_arena *arena,
                                   res_table_cell *cell) CORE_MUST_USE;

/* Whether the best epochs of both were chosen among the same number of evaluations. */
bool res_table_same_choice(const res_finished_run *a, const res_finished_run *b);

/* Whether the methods of two runs are compared: their settings are the same, and for best epochs the choice. On a known
 * test set a method that has no use for it is compared with one that trains for it. */
bool res_table_compares(const res_table *table, const res_finished_run *a, const res_finished_run *b);

/* Prints the options in which a and b differ: "epochs 20 instead of 200"; "other data" where none does. */
void res_table_print_differences(FILE *stream, const res_options *a, const res_options *b);

/* How a format writes what is more than words. */
typedef struct {
    const char *plus_minus, *minus;
    const char *best_begin, *best_end; /* around the best value of a column, and what they are called: */
    const char *best;
    const char *note_begin, *note_end; /* around the letter of a note */
    const char *unknown;               /* in place of a value, in a wide table */
    const char *rho_begin, *rho_end;   /* around the ratio of an imbalance, in the heads of a wide table */
    const char *bullet;                /* before a note below the table */
    const char *paragraph;             /* what ends the legend */
    const core_text_change *changes;   /* characters that have a meaning in the format */
} res_table_language;
extern const res_table_language res_table_plain, res_table_markdown, res_table_latex;

enum { RES_TABLE_FIELD_BYTES = 64, RES_TABLE_REMARK_KINDS = RES_TABLE_LEFT_OUT + 1 };

/* Writes the number; "" for NAN. */
void res_table_number(char text[RES_TABLE_FIELD_BYTES], int decimals, double value);

/* Writes "12.38 +- 0.18", in the table's measure of spread; "" where the mean is not known. */
void res_table_value(const res_table *table, const res_table_cell *cell, int64_t f, const res_table_language *language,
                     char text[RES_TABLE_FIELD_BYTES]);

/* Writes what a value is: "mean +- standard deviation over 3 seeds"; `seeds`: how many, if not one each. */
void res_table_write_spread(const res_table *table, const char *seeds, FILE *stream,
                            const res_table_language *language);

/* Writes what the row of a paired difference is, behind the same of the others; nothing without such a row. */
void res_table_write_pair(const res_table *table, FILE *stream, const res_table_language *language);

/* Writes a text from people in the language. */
void res_table_field(FILE *stream, const char *text, const core_text_change *changes);

/* Writes the notes by letter, then the remarks by kind. wide: the paper's numbers are no part of the table. common: the one
 * note is that of every cell, and has no letter. */
void res_table_below(const res_table *table, bool wide, bool common, FILE *stream, const res_table_language *language);

/* The epoch of the figures, in words. */
const char *res_table_epoch(const res_table *table);

/* Whether cell c begins a column. */
bool res_table_begins_column(const res_table *table, int64_t c);

/* Whether figures need their names: a cell has more than one, or the paper's numbers beside them are of another. */
bool res_table_has_names(const res_table *table);

/* The columns of a terminal that UTF-8 text takes, a character being one; and the larger of that and `width`. */
int res_table_characters(const char *text);
int res_table_widest(int width, const char *text);

/* What people call a figure. */
const char *res_table_label(const res_table_figure *figure);

/* Whether the paper has a number for a cell, and whether a cell has the difference to it; without one there is no column. */
bool res_table_has_paper(const res_table *table);
bool res_table_has_difference(const res_table *table);

/* The wide layout in text, markdown, latex or csv. */
core_status res_table_write_wide(const res_table *table, const char *format, FILE *stream) CORE_MUST_USE;

/* Begins a LaTeX tabular; its column specification follows. */
void res_table_begin_latex(FILE *stream);

/* Ends it and begins the macro of the notes, so that \input sets the tabular alone; legend and notes follow, then "}". */
void res_table_end_latex(const res_table *table, FILE *stream);

#endif
