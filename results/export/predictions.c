#include "results/export/predictions.h"

#include <errno.h>
#include <inttypes.h>

#include "core/file.h"
#include "core/text.h"

/* A user's table of examples has no confidence. */
static const char mark[] = ",confidence";
static const core_file_kind kind = {.name = "tailbit predictions",
                                    .starts = {"example,file,", "example,label,", "example,predicted,"},
                                    .mark = mark,
                                    .mark_bytes = sizeof mark - 1};

void res_csv_names(FILE *stream, const char *name, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        fprintf(stream, ",%s_%" PRId64, name, i);
    }
}

/* Row i of values (N, width); NULL: nothing. */
static void print_row(FILE *stream, const float *values, int64_t i, int64_t width)
{
    char text[CORE_REAL_BYTES];
    for (int64_t j = 0; values != NULL && j < width; j++) {
        fprintf(stream, ",%s", core_text_float(values[i * width + j], text));
    }
}

static void print_text(FILE *stream, const char *text)
{
    fputc(',', stream);
    core_text_csv(stream, text, CORE_TEXT_LINES);
}

static void print_head(const res_predictions *p, FILE *stream)
{
    const struct {
        const char *name;
        bool there;
    } columns[] = {{"file", p->file != NULL},
                   {"label", p->label != NULL},
                   {"label_name", p->label != NULL && p->class_name != NULL},
                   {"predicted", true},
                   {"predicted_name", p->class_name != NULL},
                   {"confidence", p->confidence != NULL},
                   {"rank", p->rank != NULL},
                   {"own_logit", p->own_logit != NULL}};
    fputs("example", stream);
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
        fprintf(stream, "%s%s", columns[c].there ? "," : "", columns[c].there ? columns[c].name : "");
    }
    res_csv_names(stream, "logit", p->logits != NULL ? p->K : 0);
    res_csv_names(stream, "top_label", p->T);
    res_csv_names(stream, "top_logit", p->T);
    res_csv_names(stream, "feature", p->features != NULL ? p->D : 0);
    fputc('\n', stream);
}

/* Of equal logits the first, as everywhere. */
static int32_t prediction_of(const res_predictions *p, int64_t i)
{
    const float *logits = p->logits != NULL ? p->logits + i * p->K : NULL;
    int32_t largest = logits == NULL ? p->top_label[i * p->T] : 0;
    for (int32_t k = 1; logits != NULL && k < p->K; k++) {
        largest = logits[k] > logits[largest] ? k : largest;
    }
    return largest;
}

/* A class by its number, and by its name where there is one. */
static void print_class(const res_predictions *p, int32_t class, FILE *stream)
{
    fprintf(stream, ",%" PRId32, class);
    if (p->class_name != NULL) {
        print_text(stream, p->class_name[class]);
    }
}

static void print_example(const res_predictions *p, int64_t i, FILE *stream)
{
    char text[CORE_REAL_BYTES];
    fprintf(stream, "%" PRId64, i);
    if (p->file != NULL) {
        print_text(stream, p->file[i]);
    }
    if (p->label != NULL) {
        print_class(p, p->label[i], stream);
    }
    print_class(p, prediction_of(p, i), stream);
    if (p->confidence != NULL) {
        fprintf(stream, ",%s", core_text_real(p->confidence[i], text));
    }
    if (p->rank != NULL) {
        fprintf(stream, ",%" PRId32, p->rank[i]);
    }
    print_row(stream, p->own_logit, i, 1);
    print_row(stream, p->logits, i, p->K);
    for (int64_t t = 0; t < p->T; t++) {
        fprintf(stream, ",%" PRId32, p->top_label[i * p->T + t]);
    }
    print_row(stream, p->top_logit, i, p->T);
    print_row(stream, p->features, i, p->D);
    fputc('\n', stream);
}

void res_predictions_print(const res_predictions *predictions, FILE *stream)
{
    print_head(predictions, stream);
    for (int64_t i = 0; i < predictions->N; i++) {
        print_example(predictions, i, stream);
    }
}

core_status res_predictions_check(const char *out) { return core_file_check(out, &kind); }

/* 0, or the errno of what failed. */
static int write_file(const res_predictions *predictions, const char *path)
{
    errno = 0;
    FILE *stream = fopen(path, "w");
    if (stream == NULL) {
        return errno;
    }
    res_predictions_print(predictions, stream);
    const bool lost = ferror(stream) != 0;
    const int error = lost ? errno : 0;
    return fclose(stream) != 0 ? errno : lost && error == 0 ? EIO : error;
}

core_status res_predictions_save(const res_predictions *predictions, const char *out)
{
    core_file_replacement *replacement;
    CORE_TRY(core_file_begin(out, &kind, &replacement));
    const int error = write_file(predictions, core_file_temporary(replacement));
    if (error != 0) {
        core_file_abandon(replacement);
        return core_file_fail("write", out, error);
    }
    return core_file_commit(replacement);
}
