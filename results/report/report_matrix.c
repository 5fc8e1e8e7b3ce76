/* The tables of a run's part with a column per class: examples and results of each class, and the confusion matrix.
 * With many classes a column is a band of consecutive classes, of similar frequency where classes are ordered by it. */
#include <math.h>

#include "recipes/class_names.h"
#include "results/report/html.h"
#include "results/report/report_internal.h"

enum { BANDS = 10, SHADES = 9 };

typedef struct {
    int64_t K, count;         /* classes, and columns for them */
    const char *const *names; /* (K), or NULL */
} bands;

static bands bands_of(const res_run *run)
{
    const int64_t K = run->split.K;
    return (bands){K, K <= RES_REPORT_SINGLE_CLASSES ? K : BANDS, xp_class_names(run)};
}

/* The first class of band b; the band ends before the first class of band b + 1. */
static int64_t first_of(const bands *all, int64_t b) { return b * all->K / all->count; }

static void write_name(FILE *out, const bands *all, int64_t b)
{
    const int64_t first = first_of(all, b), last = first_of(all, b + 1) - 1;
    if (last == first && all->names != NULL) {
        res_html(out, "%s", all->names[first]);
        return;
    }
    fprintf(out, "%lld", (long long)first);
    if (last > first) {
        fprintf(out, "\xe2\x80\x93%lld", (long long)last);
    }
}

static void begin_table(FILE *out, const bands *all, const char *about, const char *caption, const char *corner)
{
    res_html(out,
             "<div class=\"scroll\" role=\"region\" aria-label=\"%s\" tabindex=\"0\">\n<table class=\"classes\">\n"
             "<caption><span>%s</span></caption>\n<thead><tr><th scope=\"col\">%s</th>",
             about, caption, corner);
    for (int64_t b = 0; b < all->count; b++) {
        fputs("<th scope=\"col\" class=\"n\">", out);
        write_name(out, all, b);
        fputs("</th>", out);
    }
    fputs("</tr></thead>\n<tbody>\n", out);
}

static void end_table(FILE *out) { fputs("</tbody>\n</table>\n</div>\n", out); }

static void write_counts(FILE *out, const bands *all, const int64_t *counts)
{
    fputs("<tr><th scope=\"row\">training examples</th>", out);
    for (int64_t b = 0; b < all->count; b++) {
        uint64_t sum = 0; /* unsigned: a damaged file may hold anything */
        for (int64_t k = first_of(all, b); k < first_of(all, b + 1); k++) {
            sum += (uint64_t)counts[k];
        }
        fprintf(out, "<td class=\"n\">%llu</td>", (unsigned long long)sum);
    }
    fputs("</tr>\n", out);
}

typedef enum { MEAN, LEAST } summary;

/* The mean or the least of the known values of a band. */
static double summarise(const bands *all, int64_t b, const double *values, summary what)
{
    double sum = 0, n = 0, least = (double)NAN;
    for (int64_t k = first_of(all, b); k < first_of(all, b + 1); k++) {
        sum += isnan(values[k]) ? 0 : values[k];
        n += isnan(values[k]) ? 0 : 1;
        least = fmin(least, values[k]);
    }
    return what == LEAST ? least : sum / n;
}

static void write_values(FILE *out, const bands *all, const char *name, const double *values, summary what)
{
    const double factor = what == MEAN ? 100 : 1;
    int64_t k = 0;
    while (k < all->K && isnan(values[k])) {
        k++;
    }
    if (k == all->K) {
        return; /* no value is known */
    }
    res_html(out, "<tr><th scope=\"row\">%s</th>", name);
    for (int64_t b = 0; b < all->count; b++) {
        res_html(out, "<td class=\"n\">%.*f</td>", what == MEAN ? 1 : 2, factor * summarise(all, b, values, what));
    }
    fputs("</tr>\n", out);
}

void res_report_write_class_table(FILE *out, const res_run *run)
{
    const bands all = bands_of(run);
    const int64_t last = (run->epochs.E - 1) * all.K;
    begin_table(out, &all, "Classes",
                all.count == all.K
                    ? "Classes after the last epoch: errors in percent, margins in logits."
                    : "Bands of classes after the last epoch: sums, mean errors in percent, least margins in "
                      "logits.",
                "class");
    write_counts(out, &all, run->split.class_counts);
    write_values(out, &all, "training error", run->epochs.train_class_error + last, MEAN);
    if (run->epochs.has_validation) {
        write_values(out, &all, "held-out error", run->epochs.validation_class_error + last, MEAN);
    }
    write_values(out, &all, "test error", run->epochs.test_class_error + last, MEAN);
    if (run->margins.final_class_min != NULL) {
        write_values(out, &all, "least margin", run->margins.final_class_min, LEAST);
    }
    if (run->margins.target != NULL) {
        write_values(out, &all, "margin asked for", run->margins.target, LEAST);
    }
    end_table(out);
}

/* Examples of row band r that were classified as column band c. */
static uint64_t taken_for(const res_final *final, const bands *all, int64_t r, int64_t c)
{
    uint64_t sum = 0;
    for (int64_t p = 0; p < final->pair_count; p++) {
        const int64_t *pair = final->pairs + 3 * p;
        const bool is_in_row = pair[0] >= first_of(all, r) && pair[0] < first_of(all, r + 1);
        sum += is_in_row && pair[1] >= first_of(all, c) && pair[1] < first_of(all, c + 1) ? (uint64_t)pair[2] : 0;
    }
    for (int64_t k = first_of(all, r); final->dense_K > 0 && k < first_of(all, r + 1); k++) {
        for (int64_t j = first_of(all, c); j < first_of(all, c + 1); j++) {
            sum += (uint64_t) final->confusion[k * all->K + j];
        }
    }
    return sum;
}

/* A cell's shade is the square root of its share of the row, so that rare confusions are visible. Where a row is of several
 * classes, its own column has confusions among them too, and is not marked as right. */
static void write_confusion_row(FILE *out, const res_final *final, const bands *all, int64_t r)
{
    uint64_t row = 0;
    for (int64_t c = 0; c < all->count; c++) {
        row += taken_for(final, all, r, c);
    }
    fputs("<tr><th scope=\"row\">", out);
    write_name(out, all, r);
    fputs("</th>", out);
    for (int64_t c = 0; c < all->count; c++) {
        const uint64_t n = taken_for(final, all, r, c);
        const double share = row > 0 ? fmin(fmax((double)n / (double)row, 0), 1) : 0;
        fprintf(out, "<td class=\"n s%d%s\">%llu</td>", (int)((double)SHADES * sqrt(share) + 0.5),
                r == c && first_of(all, r + 1) - first_of(all, r) == 1 ? " right" : "", (unsigned long long)n);
    }
    fputs("</tr>\n", out);
}

void res_report_write_confusion(FILE *out, const res_run *run)
{
    const bands all = bands_of(run);
    begin_table(out, &all, "Confusion matrix",
                "Test examples by their true class (rows) and the class that they were taken for (columns).", "true");
    for (int64_t r = 0; r < all.count; r++) {
        write_confusion_row(out, &run->final, &all, r);
    }
    end_table(out);
}
