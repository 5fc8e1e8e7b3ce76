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

static const char *const inaturalist[] = {"inaturalist/none"};
static const char *const rows_3[] = {"ERM", "CB-Focal", "ERM-DRW", "LDAM", "LDAM-DRW"};
static const double errors_3[] = {42.86, 38.88, 36.27, 35.42, 32.00};
static const double top5_errors_3[] = {21.31, 18.97, 16.55, 16.48, 14.82};
static const char *const recipe_3[] = {
    "model", "resnet50", "crop", "resize", "image_size", "224", "short_side", "256", "batch", "256", "epochs", "90",
    "drops", "30,60", "drop_factor", "0.1", "switch", "60", "max_margin", "0.3", "weight_decay", "0.0001", NULL};

static const char *const open_3[] = {"bn_group", "batch", "weight_decay", "warmup", NULL};

static const char *const tiny_imagenet[] = {
    "tiny_imagenet/long-tailed/100", "tiny_imagenet/long-tailed/10", "tiny_imagenet/step/100", "tiny_imagenet/step/10"};
static const char *const rows_4[] = {"ERM", "CB-RW", "ERM-DRW", "LDAM", "LDAM-DRW"};
static const double errors_4[] = {
    66.19, 50.33, 63.82, 50.89, /* ERM */
    72.72, 51.58, 74.90, 54.51, /* CB-RW */
    64.57, 50.03, 62.36, 49.17, /* ERM-DRW */
    64.04, 48.08, 62.54, 49.08, /* LDAM */
    62.53, 47.22, 60.63, 47.43, /* LDAM-DRW */
};
static const double top5_errors_4[] = {
    42.63, 26.68, 44.09, 27.06, /* ERM */
    52.62, 28.91, 59.14, 33.23, /* CB-RW */
    40.79, 26.19, 40.84, 25.91, /* ERM-DRW */
    40.46, 24.80, 39.27, 24.52, /* LDAM */
    39.06, 23.84, 38.12, 23.26, /* LDAM-DRW */
};
static const char *const recipe_4[] = {"model", "resnet18", "crop", "pad8", "epochs", "120", "drops", "90",
                                       "drop_factor", "0.1", "switch", "90", NULL};
static const char *const open_4[] = {"bn_group", "warmup", NULL};

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
    NETWORK_TABLE("resnet32", number_, orders_, columns_, rows_, errors_)
#define NETWORK_TABLE(model_, number_, orders_, columns_, rows_, errors_, ...)                                         \
    {.number = number_,                                                                                                \
     .model = model_,                                                                                                  \
     .orders = orders_,                                                                                                \
     .column_count = COUNT(columns_),                                                                                  \
     .columns = columns_,                                                                                              \
     .row_count = COUNT(rows_),                                                                                        \
     .rows = rows_,                                                                                                    \
     .errors = errors_,                                                                                                \
     __VA_ARGS__}

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
    NETWORK_TABLE("resnet50", "3", 0, inaturalist, rows_3, errors_3, .top5_errors = top5_errors_3, .recipe = recipe_3,
                  .open = open_3, .classes = 8142),
    NETWORK_TABLE("resnet18", "4", 0, tiny_imagenet, rows_4, errors_4, .top5_errors = top5_errors_4, .recipe = recipe_4,
                  .open = open_4, .classes = 200),
    TABLE("5", 0, images, rows_5, errors_5),
    TABLE("6", 2, known, rows_6, errors_6),
};
const char *const res_paper_numbers[] = {"1", "2", "3", "4", "5", "6", NULL};

static_assert(COUNT(errors_1) == COUNT(rows_1) * COUNT(reviews), "Table 1 is whole");
static_assert(COUNT(errors_2) == COUNT(rows_2) * COUNT(images), "Table 2 is whole");
static_assert(COUNT(errors_3) == COUNT(rows_3) * COUNT(inaturalist), "Table 3 is whole");
static_assert(COUNT(top5_errors_3) == COUNT(errors_3), "Table 3 is whole");
static_assert(COUNT(errors_4) == COUNT(rows_4) * COUNT(tiny_imagenet), "Table 4 is whole");
static_assert(COUNT(top5_errors_4) == COUNT(errors_4), "Table 4 is whole");
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

/* Whether a table has columns of that data set, whose name ends at the first '/'. */
static bool has_data(const res_paper_table *table, const char *column)
{
    const size_t bytes = strcspn(column, "/");
    for (int64_t c = 0; c < table->column_count; c++) {
        if (strcspn(table->columns[c], "/") == bytes && strncmp(table->columns[c], column, bytes) == 0) {
            return true;
        }
    }
    return false;
}

const res_paper_table *res_paper_of_data(const char *data)
{
    for (int64_t t = 0; t < COUNT(tables); t++) {
        if (has_data(&tables[t], data)) {
            return &tables[t];
        }
    }
    return NULL;
}

const char *res_paper_recipe_value(const char *data, const char *key)
{
    const res_paper_table *table = res_paper_of_data(data);
    const char *const *pair = table != NULL ? table->recipe : NULL;
    while (pair != NULL && *pair != NULL && strcmp(pair[0], key) != 0) {
        pair += 2;
    }
    return pair != NULL && *pair != NULL ? pair[1] : NULL;
}

bool res_paper_has_data(const char *column) { return res_paper_of_data(column) != NULL; }

/* The place of a cell in errors; -1: the table has no such cell. */
static int64_t place_of_cell(const res_paper_table *table, const char *column, const char *row)
{
    int64_t r = place(table->rows, table->row_count, row), c = place(table->columns, table->column_count, column);
    return r >= 0 && c >= 0 ? r * table->column_count + c : -1;
}

double res_paper_error(const res_paper_table *table, const char *column, const char *row)
{
    const int64_t at = place_of_cell(table, column, row);
    return at >= 0 ? table->errors[at] : NONE;
}

double res_paper_top5_error(const res_paper_table *table, const char *column, const char *row)
{
    const int64_t at = table->top5_errors != NULL ? place_of_cell(table, column, row) : -1;
    return at >= 0 ? table->top5_errors[at] : NONE;
}
