#include "recipes/paper.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define NONE ((double)NAN) /* the paper prints no number */

static const char *const reviews[] = {"imdb/positive", "imdb/negative", "imdb/mean"};
static const char *const reviews_figures[] = {"class-error-1", "class-error-0", "balanced"}; /* 0 is negative */
static const char *const images[] = {
    "cifar10/long-tailed/100",  "cifar10/long-tailed/10",  "cifar10/step/100",  "cifar10/step/10",
    "cifar100/long-tailed/100", "cifar100/long-tailed/10", "cifar100/step/100", "cifar100/step/10",
};

/* clang-format off */
static const char *const rows_1[] = {"ERM", "RS", "RW", "LDAM-DRW"};
static const double errors_1[] = {
    2.86, 70.78, 36.82, /* ERM */
    7.12, 45.88, 26.50, /* RS */
    5.20, 42.12, 23.66, /* RW */
    4.91, 30.77, 17.84, /* LDAM-DRW */
};

static const char *const rows_2[] = {"ERM", "Focal", "LDAM", "CB-RS", "CB-RW", "CB-Focal", "HG-DRS", "LDAM-HG-DRS", "M-DRW", "LDAM-DRW"};
static const double errors_2[] = {
    29.64, 13.61, 36.70, 17.50, 61.68, 44.30, 61.45, 45.37, /* ERM */
    29.62, 13.34, 36.09, 16.36, 61.59, 44.22, 61.43, 46.54, /* Focal */
    26.65, 13.04, 33.42, 15.00, 60.40, 43.09, 60.42, 43.73, /* LDAM */
    29.45, 13.21, 38.14, 15.41, 66.56, 44.94, 66.23, 46.92, /* CB-RS */
    27.63, 13.46, 38.06, 16.20, 66.01, 42.88, 78.69, 47.52, /* CB-RW */
    25.43, 12.90, 39.73, 16.54, 63.98, 42.01, 80.24, 49.98, /* CB-Focal */
    27.16, 14.03, 29.93, 14.85,  NONE,  NONE,  NONE,  NONE, /* HG-DRS */
    24.42, 12.72, 24.53, 12.82,  NONE,  NONE,  NONE,  NONE, /* LDAM-HG-DRS */
    24.94, 13.57, 27.67, 13.17, 59.49, 43.78, 58.91, 44.72, /* M-DRW */
    22.97, 11.84, 23.08, 12.19, 57.96, 41.29, 54.64, 40.54, /* LDAM-DRW */
};

static const char *const rows_5[] = {"ERM", "ERM-DRW", "ERM-DRS"};
static const double errors_5[] = {
    29.64, 13.61, 36.70, 17.50, 61.68, 44.30, 61.05, 45.37, /* ERM */
    25.14, 13.12, 28.40, 14.49, 59.34, 42.68, 58.86, 42.78, /* ERM-DRW */
    25.50, 13.28, 27.97, 14.83, 59.67, 42.74, 58.65, 43.21, /* ERM-DRS */
};

static const char *const known[] = {
    "cifar10/long-tailed/100/a", "cifar10/long-tailed/100/b", "cifar10/long-tailed/10/a", "cifar10/long-tailed/10/b",
    "cifar10/step/100/a",        "cifar10/step/100/b",        "cifar10/step/10/a",        "cifar10/step/10/b",
};
static const char *const rows_6[] = {"ERM", "CB-RW", "LDAM-DRW"};
static const double errors_6[] = {
    30.99, 28.45, 13.08, 13.12, 24.55, 28.63, 10.34, 11.67, /* ERM */
    20.86, 26.19, 10.70, 11.93, 35.76, 31.35,  9.82, 11.02, /* CB-RW */
    14.40, 12.95, 10.12, 10.62, 10.30,  9.54,  7.51,  7.82, /* LDAM-DRW */
};
/* clang-format on */

#define COUNT(array) (int64_t)(sizeof(array) / sizeof *(array))
#define TABLE(number_, orders_, columns_, rows_, errors_)                                                              \
    {.number = number_,                                                                                                \
     .model = "resnet32",                                                                                              \
     .orders = orders_,                                                                                                \
     .column_count = COUNT(columns_),                                                                                  \
     .columns = columns_,                                                                                              \
     .row_count = COUNT(rows_),                                                                                        \
     .rows = rows_,                                                                                                    \
     .errors = errors_}

static const res_paper_table tables[] = {
    {.number = "1",
     .model = "bilstm2",
     .column_count = COUNT(reviews),
     .columns = reviews,
     .row_count = COUNT(rows_1),
     .rows = rows_1,
     .metrics = "class-error,balanced",
     .figures = reviews_figures,
     .errors = errors_1},
    TABLE("2", 0, images, rows_2, errors_2),
    TABLE("5", 0, images, rows_5, errors_5),
    TABLE("6", 2, known, rows_6, errors_6),
};
const char *const res_paper_numbers[] = {"1", "2", "5", "6", NULL};

static_assert(COUNT(errors_1) == COUNT(rows_1) * COUNT(reviews), "Table 1 is whole");
static_assert(COUNT(errors_2) == COUNT(rows_2) * COUNT(images), "Table 2 is whole");
static_assert(COUNT(errors_5) == COUNT(rows_5) * COUNT(images), "Table 5 is whole");
static_assert(COUNT(errors_6) == COUNT(rows_6) * COUNT(known), "Table 6 is whole");

const res_paper_table *res_paper_find(const char *number)
{
    for (int64_t t = 0; t < COUNT(tables); t++) {
        if (strcmp(tables[t].number, number) == 0) {
            return &tables[t];
        }
    }
    return NULL;
}

/* The index of `name` in names (count); -1: it is not there. */
static int64_t place(const char *const *names, int64_t count, const char *name)
{
    for (int64_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

bool res_paper_has_row(const res_paper_table *table, const char *row)
{
    return place(table->rows, table->row_count, row) >= 0;
}

bool res_paper_has_column(const res_paper_table *table, const char *column)
{
    return place(table->columns, table->column_count, column) >= 0;
}

bool res_paper_has_data(const char *column)
{
    const size_t bytes = strcspn(column, "/");
    for (int t = 0; res_paper_numbers[t] != NULL; t++) {
        const res_paper_table *table = res_paper_find(res_paper_numbers[t]);
        for (int64_t c = 0; c < table->column_count; c++) {
            if (strcspn(table->columns[c], "/") == bytes && strncmp(table->columns[c], column, bytes) == 0) {
                return true;
            }
        }
    }
    return false;
}

double res_paper_error(const res_paper_table *table, const char *column, const char *row)
{
    int64_t r = place(table->rows, table->row_count, row), c = place(table->columns, table->column_count, column);
    return r >= 0 && c >= 0 ? table->errors[r * table->column_count + c] : NONE;
}
