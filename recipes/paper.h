/* recipes/paper.h - the numbers that the paper prints.
 *
 * Source   Cao, Wei, Gaidon, Arechiga, Ma: Learning Imbalanced Datasets with Label-Distribution-Aware Margin Loss,
 *          NeurIPS 2019, arXiv 1906.07413v2: Tables 1 to 6. Single numbers, without a spread. ERM on
 *          cifar100/step/100 is 61.45 in Table 2 and 61.05 in Table 5.
 * Names    a row is a method; a column is DATA/IMBALANCE/RHO, in Table 1 imdb/positive, imdb/negative and imdb/mean,
 *          in Table 3 inaturalist/none, in Table 6 with /a or /b behind it: a known test set of that imbalance, in one of two random class orders.
 */
#ifndef RECIPES_PAPER_H
#define RECIPES_PAPER_H

#include <stdbool.h>
#include <stdint.h>

/* How texts cite it. */
#define RES_PAPER_CITATION "Cao et al. (2019)"

typedef struct {
    const char *number; /* "2" */
    const char *model;  /* "resnet32" */
    int64_t column_count;
    const char *const *columns; /* (column_count) */
    int64_t row_count;
    const char *const *rows; /* (row_count) */
    const char *metrics;     /* metrics that the columns print (results/runs/metric.h); NULL: every column has its own
                              * runs, and prints top1 */
    const char *const *figures; /* (column_count) with metrics: the metric of every column */
    int orders;                 /* of the classes of a known test set: the columns end in /a, /b, ...; 0: none */
    const double *errors;       /* (row_count, column_count) top-1 test error in percent; NAN: the paper prints none */
    const double *top5_errors;  /* likewise; NULL: the table has none */
    int64_t classes; /* of the whole data set, where data of that name may be a slice of it; 0: they cannot */
    /* Options of the table's recipe that are not the defaults of train: key, value, key, value, ..., NULL. What the
     * paper does not state is as the field does it (docs/grids.md). NULL: none. */
    const char *const *recipe;
    /* The keys of options that the paper does not state for this table, beside those that it states nowhere. NULL: none. */
    const char *const *open;
} res_paper_table;

/* The numbers of the tables that this file has, NULL-terminated. */
extern const char *const res_paper_numbers[];

/* The table of that number; NULL if this file does not have it. */
const res_paper_table *res_paper_find(const char *number);

bool res_paper_has_row(const res_paper_table *table, const char *row);
bool res_paper_has_column(const res_paper_table *table, const char *column);

/* Whether the paper has numbers on the data set of a column ("cifar10/step/10", or the data's name alone), in whichever
 * table and of whichever imbalance. A user's file, whose name has an ending, is none of its data sets. */
bool res_paper_has_data(const char *column);

/* The first table that has that data set, whose recipe it is; NULL: none. */
const res_paper_table *res_paper_of_data(const char *data);

/* The value of a key in that table's recipe; NULL: the default of train. */
const char *res_paper_recipe_value(const char *data, const char *key);

/* The top-5 error in percent; NAN where the table has no such cell or no number in it. */
double res_paper_top5_error(const res_paper_table *table, const char *column, const char *row);

/* The error in percent; NAN where the table has no such cell or no number in it. */
double res_paper_error(const res_paper_table *table, const char *column, const char *row);

#endif
