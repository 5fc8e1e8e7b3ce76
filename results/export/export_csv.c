/* A run file as a folder of CSV files: the names are those of the run file's datasets. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/builder.h"
#include "core/file.h"
#include "core/path.h"
#include "core/text.h"
#include "results/export/export.h"
#include "results/export/predictions.h"

static void print_real(FILE *file, double value)
{
    char text[CORE_REAL_BYTES];
    fprintf(file, ",%s", core_text_real(value, text));
}

static void print_float(FILE *file, float value)
{
    char text[CORE_REAL_BYTES];
    fprintf(file, ",%s", core_text_float(value, text));
}

static bool print_config(FILE *file, const res_run *run)
{
    const size_t length = strlen(run->config.yaml);
    fputs(RES_EXPORTED_CONFIG, file);
    fputs(run->config.yaml, file);
    fputs(length > 0 && run->config.yaml[length - 1] != '\n' ? "\n" : "", file);
    return true;
}

/* Columns of reals. */
enum { ALONE = -1 };
typedef struct {
    const char *name;
    const double *values; /* (rows, width); NULL: not there */
    int64_t width;        /* ALONE: one column, which has the name without a number */
} column;

/* Appends the columns' names to the line; columns end with name NULL. */
static void print_heads(FILE *file, const column *columns)
{
    for (; columns->name != NULL; columns++) {
        if (columns->values != NULL && columns->width == ALONE) {
            fprintf(file, ",%s", columns->name);
        } else if (columns->values != NULL) {
            res_csv_names(file, columns->name, columns->width);
        }
    }
}

static void print_reals(FILE *file, const column *columns, int64_t row)
{
    for (; columns->name != NULL; columns++) {
        const int64_t width = columns->width == ALONE ? 1 : columns->width;
        for (int64_t i = 0; columns->values != NULL && i < width; i++) {
            print_real(file, columns->values[row * width + i]);
        }
    }
}

static bool print_classes(FILE *file, const res_run *run)
{
    const char *const *names = run->split.class_name;
    const column columns[] = {{"target", run->margins.target, ALONE},
                              {"final_class_min", run->margins.final_class_min, ALONE},
                              {"class_error", run->final.class_error, ALONE},
                              {NULL, NULL, 0}};
    fprintf(file, "class%s,class_count", names != NULL ? ",class_name" : "");
    print_heads(file, columns);
    for (int64_t k = 0; k < run->split.K; k++) {
        fprintf(file, "\n%" PRId64 "%s", k, names != NULL ? "," : "");
        core_text_csv(file, names != NULL ? names[k] : "", CORE_TEXT_LINES);
        fprintf(file, ",%" PRId64, run->split.class_counts[k]);
        print_reals(file, columns, k);
    }
    fputc('\n', file);
    return run->split.K > 0;
}

static bool print_epochs(FILE *file, const res_run *run)
{
    const res_epochs *e = &run->epochs;
    const column columns[] = {{"lr", e->lr, ALONE},
                              {"train_loss", e->train_loss, ALONE},
                              {"train_error", e->train_error, ALONE},
                              {"test_error", e->test_error, ALONE},
                              {"test_top5_error", e->test_top5_error, ALONE},
                              {"test_calibration_error", e->test_calibration_error, ALONE},
                              {"validation_error", e->validation_error, ALONE},
                              {"train_class_error", e->train_class_error, e->K},
                              {"test_class_error", e->test_class_error, e->K},
                              {"validation_class_error", e->validation_class_error, e->K},
                              {NULL, NULL, 0}};
    fputs("epoch", file);
    print_heads(file, columns);
    for (int64_t row = 0; row < e->E; row++) {
        fprintf(file, "\n%" PRId64, row);
        print_reals(file, columns, row);
    }
    fputc('\n', file);
    return e->E > 0;
}

static bool print_class_margins(FILE *file, const res_run *run)
{
    const res_margins *m = &run->margins;
    const int64_t Q = m->dense_K > 0 ? m->Q : 0;
    char level[CORE_REAL_BYTES];
    fputs("epoch,class,class_min", file);
    for (int64_t q = 0; q < Q; q++) {
        fprintf(file, ",quantile_%s", core_text_real(m->quantile_level[q], level));
    }
    for (int64_t row = 0; row < m->E * m->K; row++) {
        fprintf(file, "\n%" PRId64 ",%" PRId64, row / m->K, row % m->K);
        print_real(file, m->class_min[row]);
        for (int64_t q = 0; q < Q; q++) {
            print_real(file, m->class_quantile[row * Q + q]);
        }
    }
    fputc('\n', file);
    return m->E > 0;
}

static bool print_margins(FILE *file, const res_run *run)
{
    const res_margins *m = &run->margins;
    fputs("train_index,label,margin\n", file);
    for (int64_t i = 0; i < m->n; i++) {
        fprintf(file, "%" PRId64 ",%d", run->split.train_index[i], (int)m->label[i]);
        print_float(file, m->margin[i]);
        fputc('\n', file);
    }
    return m->n > 0;
}

/* Of many classes: the rank of the true class, its logit, and the largest logits. */
static bool print_predictions(FILE *file, const res_run *run)
{
    const res_final *f = &run->final;
    const bool many = f->T > 0;
    const res_predictions predictions = {.N = f->N,
                                         .K = f->K,
                                         .T = f->T,
                                         .label = f->label,
                                         .rank = many ? f->rank : NULL,
                                         .own_logit = many ? f->own_logit : NULL,
                                         .logits = many ? NULL : f->logits,
                                         .top_label = f->top_label,
                                         .top_logit = f->top_logit};
    if (f->N > 0) {
        res_predictions_print(&predictions, file);
    }
    return f->N > 0;
}

static bool print_pairs(FILE *file, const res_final *f)
{
    fputs("label,predicted,examples", file);
    for (int64_t p = 0; p < f->pair_count; p++) {
        fprintf(file, "\n%" PRId64 ",%" PRId64 ",%" PRId64, f->pairs[3 * p], f->pairs[3 * p + 1], f->pairs[3 * p + 2]);
    }
    fputc('\n', file);
    return true;
}

static bool print_confusion(FILE *file, const res_run *run)
{
    const res_final *f = &run->final;
    if (f->pair_count > 0) {
        return print_pairs(file, f);
    }
    const char *const *names = run->split.class_name; /* of the rows */
    fputs("label", file);
    res_csv_names(file, "predicted", f->K);
    fputs(names != NULL ? ",class_name" : "", file);
    for (int64_t row = 0; row < f->K; row++) {
        fprintf(file, "\n%" PRId64, row);
        for (int64_t k = 0; k < f->K; k++) {
            fprintf(file, ",%" PRId64, f->confusion[row * f->K + k]);
        }
        if (names != NULL) {
            fputc(',', file);
            core_text_csv(file, names[row], CORE_TEXT_LINES);
        }
    }
    fputc('\n', file);
    return f->N > 0;
}

/* The files of the folder, how each begins, and the function that prints it; false: the run has no data for it. */
static const struct {
    const char *name, *start, *other_start; /* the last where it begins otherwise with names or many classes */
    bool (*print)(FILE *file, const res_run *run);
} files[] = {
    {"config.yaml", RES_EXPORTED_CONFIG, NULL, print_config},
    {"classes.csv", "class,class_count", "class,class_name,class_count", print_classes},
    {"epochs.csv", "epoch,lr,train_loss,train_error,test_error,test_top5_error,", NULL, print_epochs},
    {"class_margins.csv", "epoch,class,class_min,", "epoch,class,class_min\n", print_class_margins},
    {"margins.csv", "train_index,label,margin\n", NULL, print_margins},
    {"predictions.csv", "example,label,predicted,logit_0,", "example,label,predicted,rank,", print_predictions},
    {"confusion.csv", "label,predicted_0,", "label,predicted,examples\n", print_confusion},
};
enum { FILES = sizeof files / sizeof *files };

static core_file_kind kind_of(int i)
{
    return (core_file_kind){.name = "tailbit CSV export", .starts = {files[i].start, files[i].other_start}};
}

/* Writes file i beside `path`; *out stays NULL where the run has no data for it. */
static core_status begin_file(const char *path, int i, const res_run *run, core_file_replacement **out)
{
    char *text;
    core_builder builder;
    CORE_TRY(core_builder_begin(&builder, "a CSV file"));
    const bool there = files[i].print(builder.stream, run);
    CORE_TRY(core_builder_take(&builder, CORE_OK, &text));
    const core_file_kind kind = kind_of(i);
    const core_status status = there ? core_file_begin_with(path, &kind, text, builder.bytes, out) : CORE_OK;
    free(text);
    return status;
}

static core_status path_of(const char *folder, int i, char path[CORE_PATH_BYTES])
{
    return core_path_write(path, "%s/%s", folder, files[i].name);
}

core_status res_export_csv_check(const char *folder)
{
    char path[CORE_PATH_BYTES];
    for (int i = 0; i < FILES; i++) {
        const core_file_kind kind = kind_of(i);
        CORE_TRY(path_of(folder, i, path));
        CORE_TRY(core_file_check(path, &kind));
    }
    return CORE_OK;
}

/* Whether parts printed side by side have the same numbers of classes and examples. */
static bool fits_together(const res_run *run)
{
    const int64_t K = run->split.K;
    return (run->margins.K == 0 || run->margins.K == K) && (run->final.N == 0 || run->final.K == K) &&
           (run->margins.n == 0 || run->margins.n == run->split.n);
}

/* Puts the files in their places, and removes those for which the run has no data. */
static core_status commit_files(const char *folder, core_file_replacement *begun[FILES])
{
    char path[CORE_PATH_BYTES];
    for (int i = 0; i < FILES; i++) {
        core_file_replacement *file = begun[i];
        const core_file_kind kind = kind_of(i);
        CORE_TRY(path_of(folder, i, path));
        begun[i] = NULL;
        CORE_TRY(file != NULL ? core_file_commit(file) : core_file_remove(path, &kind));
    }
    return CORE_OK;
}

/* Every file is written beside its place before the first one is put there: a full disk leaves the old export whole. */
static core_status write_files(const res_run *run, const char *folder)
{
    core_file_replacement *begun[FILES] = {NULL};
    char path[CORE_PATH_BYTES];
    core_status status = CORE_OK;
    for (int i = 0; i < FILES && status == CORE_OK; i++) {
        status = path_of(folder, i, path);
        status = status == CORE_OK ? begin_file(path, i, run, &begun[i]) : status;
    }
    status = status == CORE_OK ? commit_files(folder, begun) : status;
    for (int i = 0; i < FILES; i++) {
        core_file_abandon(begun[i]);
    }
    return status;
}

core_status res_export_csv(const res_run *run, const char *path, const char *folder)
{
    if (!fits_together(run)) {
        return core_fail_about(CORE_BAD_FILE, path, ": its parts are not of the same classes and examples");
    }
    CORE_TRY(res_export_csv_check(folder)); /* before the first file is replaced */
    const bool is_new = access(folder, F_OK) != 0;
    CORE_TRY(core_file_make_folders(folder));
    const core_status status = write_files(run, folder);
    if (status != CORE_OK && is_new) {
        rmdir(folder);
    }
    return status;
}
