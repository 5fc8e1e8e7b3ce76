/* The pictures of a run's part: error by epoch, error by class. Small SVGs whose colours the page's style sheet gives.
 */
#include <math.h>

#include "core/text.h"
#include "recipes/class_names.h"
#include "results/report/html.h"
#include "results/report/report_internal.h"

/* The plot's own units: the view box, and in it the rectangle of the axes. */
enum { WIDTH = 360, HEIGHT = 164, LEFT = 30, RIGHT = 352, TOP = 22, BOTTOM = 142 };

/* Up to FEW classes are named on the axis; their turned names need DROP more pixels. */
enum { FEW = 12, DROP = 40 };

/* The x coordinate at the fraction `part` of the axis. */
static double across(double part) { return (double)LEFT + (double)(RIGHT - LEFT) * part; }

typedef struct {
    FILE *out;
    double top; /* the error at the upper end of the axis, a fraction */
} plot;

static double up(const plot *p, double error)
{
    return (double)BOTTOM - (double)(BOTTOM - TOP) * fmin(fmax(error, 0) / p->top, 1);
}

/* The largest of the errors (count) and `least`. */
static double largest(const double *errors, int64_t count, double least)
{
    for (int64_t i = 0; i < count; i++) {
        least = fmax(least, isnan(errors[i]) ? least : errors[i]);
    }
    return fmin(least, 1);
}

/* Draws the axis, from 0 to a round number of percent, with its title and a line at every step. */
static void begin_plot(plot *p, double most)
{
    static const double steps[] = {0.5, 1, 2, 5, 10, 20};
    int i = 0;
    while (i < 5 && 100 * most > 5 * steps[i]) {
        i++;
    }
    const int count = most > 0 ? (int)ceil(100 * most / steps[i] - 1e-9) : 1;
    p->top = count * steps[i] / 100;
    for (int s = 0; s <= count; s++) {
        const double y = up(p, s * steps[i] / 100);
        fprintf(p->out, "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text x=\"%d\" y=\"%.1f\">%g</text>", LEFT, y, RIGHT,
                LEFT - 5, y + 3.5, s * steps[i]);
    }
    fprintf(p->out, "<text class=\"begin\" x=\"0\" y=\"9\">error (%%)</text>");
}

static void write_label(FILE *out, double x, const char *anchor, const char *text)
{
    fprintf(out, "<text class=\"%s\" x=\"%.0f\" y=\"%d\">", anchor, x, HEIGHT - 7);
    res_html(out, "%s</text>", text);
}

/* The line through the epochs that have a value. */
static void write_line(const plot *p, const char *kind, const double *errors, const res_epochs *epochs)
{
    const char *command = "M";
    fprintf(p->out, "<path class=\"%s\" d=\"", kind);
    for (int64_t e = 0; e < epochs->E; e++) {
        if (!isnan(errors[e])) {
            const double x = across((double)(e + 1) / (double)epochs->planned);
            fprintf(p->out, "%s%.0f %.1f", command, x, up(p, errors[e]));
            command = command[0] == 'M' ? "L" : " ";
        }
    }
    fputs("\"/>", p->out);
}

/* A line where each drop of the learning rate begins; returns how many. */
static int64_t write_drops(const plot *p, const res_epochs *epochs)
{
    int64_t drops = 0;
    for (int64_t e = 1; e < epochs->E; e++) {
        if (epochs->lr[e] < epochs->lr[e - 1]) {
            fprintf(p->out, "<path class=\"event\" d=\"M%.0f %dV%d\"/>", across((double)e / (double)epochs->planned),
                    TOP, BOTTOM);
            drops++;
        }
    }
    return drops;
}

void res_report_write_curve(FILE *out, const res_run *run)
{
    const res_epochs *epochs = &run->epochs;
    const int64_t last = epochs->E - 1;
    char planned[32];
    plot p = {.out = out};
    res_html(
        out,
        "<figure class=\"plot\">\n<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Error by epoch. After epoch "
        "%lld: test %.1f %%, training %.1f %%.\">",
        (int)WIDTH, (int)HEIGHT, (long long)epochs->E, 100 * epochs->test_error[last], 100 * epochs->train_error[last]);
    double most = largest(epochs->test_error, epochs->E, largest(epochs->train_error, epochs->E, 0));
    begin_plot(&p, epochs->has_validation ? largest(epochs->validation_error, epochs->E, most) : most);
    const int64_t drops = write_drops(&p, epochs);
    write_line(&p, "train", epochs->train_error, epochs);
    if (epochs->has_validation) {
        write_line(&p, "held", epochs->validation_error, epochs);
    }
    write_line(&p, "test", epochs->test_error, epochs);
    snprintf(planned, sizeof planned, "epoch %lld", (long long)epochs->planned);
    write_label(out, LEFT, "begin", "0");
    write_label(out, RIGHT, "end", planned);
    fputs("</svg>\n<figcaption>Error in percent by epoch: <span class=\"key test\">test</span>, ", out);
    fputs(epochs->has_validation ? "<span class=\"key held\">held-out</span>, " : "", out);
    fputs("<span class=\"key train\">training, as trained</span>", out);
    fputs(drops > 0 ? "; <span class=\"key event\">the learning rate drops</span>" : "", out);
    fputs(".</figcaption>\n</figure>\n", out);
}

/* Writes the first characters of a name. */
static void write_short_name(FILE *out, const char *name)
{
    int count;
    const size_t bytes = core_text_first(name, 14, &count);
    res_html_bytes(out, name, bytes);
    fputs(name[bytes] != '\0' ? "\xe2\x80\xa6" : "", out);
}

/* Writes the name or number of every class, turned, below its place where there are few; else those of the first and last. */
static void write_class_labels(FILE *out, const char *const *names, int64_t K)
{
    const double pitch = (double)(RIGHT - LEFT) / (double)K;
    for (int64_t k = 0; k < K && K <= FEW; k++) {
        const double x = (double)LEFT + pitch * ((double)k + 0.5) + 4;
        char number[32];
        snprintf(number, sizeof number, "%lld", (long long)k);
        fprintf(out, "<text transform=\"translate(%.1f %d) rotate(-%d)\">", x, BOTTOM + 12, names != NULL ? 40 : 0);
        write_short_name(out, names != NULL ? names[k] : number);
        fputs("</text>", out);
    }
    if (K > FEW) {
        char class[32];
        snprintf(class, sizeof class, "class %lld", (long long)K - 1);
        write_label(out, LEFT, "begin", names != NULL ? names[0] : "class 0");
        write_label(out, RIGHT, "end", names != NULL ? names[K - 1] : class);
    }
}

void res_report_write_classes(FILE *out, const res_run *run)
{
    const int64_t K = run->split.K, last = run->epochs.E - 1;
    const double *test = run->epochs.test_class_error + last * K, *train = run->epochs.train_class_error + last * K;
    const double pitch = (double)(RIGHT - LEFT) / (double)K;
    const char *const *names = xp_class_names(run);
    plot p = {.out = out};
    res_html(out,
             "<figure class=\"plot\">\n<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Error by class after epoch "
             "%lld, from class 0 to class %lld.\">",
             (int)WIDTH, HEIGHT + (names != NULL && K <= FEW ? (int)DROP : 0), (long long)run->epochs.E,
             (long long)K - 1);
    begin_plot(&p, largest(test, K, largest(train, K, 0)));
    fprintf(out, "<path class=\"bars\" style=\"stroke-width:%.2f\" d=\"", 0.7 * pitch);
    for (int64_t k = 0; k < K; k++) {
        if (!isnan(test[k])) {
            fprintf(out, "M%.1f %dV%.1f", (double)LEFT + pitch * ((double)k + 0.5), BOTTOM, up(&p, test[k]));
        }
    }
    fputs("\"/><path class=\"train\" d=\"", out);
    for (int64_t k = 0; k < K; k++) {
        if (!isnan(train[k])) {
            fprintf(out, "M%.1f %.1fh%.1f", (double)LEFT + pitch * ((double)k + 0.15), up(&p, train[k]), 0.7 * pitch);
        }
    }
    fputs("\"/>", out);
    write_class_labels(out, names, K);
    fputs("</svg>\n<figcaption>Error in percent by class, last epoch: <span class=\"key bars\">test</span>, "
          "<span class=\"key train\">training, as trained</span>.</figcaption>\n</figure>\n",
          out);
}
