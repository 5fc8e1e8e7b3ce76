/* The figures one by one: their rows (a line for a method and a class or an epoch, with mean and std over the seeds),
 * the variables of their scripts, and their definitions. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/maths.h"
#include "core/text.h"
#include "recipes/paper.h"
#include "results/report/picture_internal.h"

res_statistic res_picture_over_seeds(const res_picture_series *series, res_picture_value value, int64_t index)
{
    for (int64_t i = 0; i < series->n; i++) {
        series->values[i] = value(series->runs[i], index);
    }
    return res_statistic_of(series->values, series->n);
}

static void write_number(FILE *stream, double number)
{
    if (isfinite(number)) {
        fprintf(stream, ",%.8g", number);
    } else {
        fputc(',', stream);
    }
}

void res_picture_write_statistic(FILE *stream, res_statistic s, double factor)
{
    write_number(stream, factor * s.mean);
    write_number(stream, factor * s.std);
}

static double train_class(const res_finished_run *run, int64_t k) { return run->train_class_error[k]; }
static double test_class(const res_finished_run *run, int64_t k) { return run->test_class_error[k]; }
static double probe_class(const res_finished_run *run, int64_t k) { return run->probe_class_error[k]; }
static double train_epoch(const res_finished_run *run, int64_t e) { return run->train_error[e]; }
static double test_epoch(const res_finished_run *run, int64_t e) { return run->test_error[e]; }
static double final_minimum(const res_finished_run *run, int64_t k) { return run->final_minimum[k]; }
static double final_low(const res_finished_run *run, int64_t k) { return run->final_low[k]; }
/* The index of these two is stage * K + class. */
static double stage_minimum(const res_finished_run *run, int64_t at) { return run->stage_minimum[at]; }
static double stage_low(const res_finished_run *run, int64_t at) { return run->stage_low[at]; }

/* Begins the line of series s and the class at `rank`. */
static int64_t begin_class(const res_picture_choice *choice, int64_t s, int64_t rank, FILE *stream)
{
    const int64_t k = choice->order[rank];
    core_text_csv(stream, choice->series[s].method, CORE_TEXT_LINE);
    fprintf(stream, ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64, k, rank + 1, choice->first->class_counts[k],
            choice->series[s].n);
    return k;
}

/* Ends the header, and the line of class k: its name comes last, where it is known. */
static void end_head(const res_picture_choice *choice, FILE *stream)
{
    fputs(choice->first->class_name != NULL ? ",class_name\n" : "\n", stream);
}

static void end_class(const res_picture_choice *choice, int64_t k, FILE *stream)
{
    if (choice->first->class_name != NULL) {
        fputc(',', stream);
        core_text_csv(stream, choice->first->class_name[k], CORE_TEXT_LINE);
    }
    fputc('\n', stream);
}

static void write_classes(const res_picture_choice *choice, const res_picture_value *values, FILE *stream)
{
    for (int64_t s = 0; s < choice->count; s++) {
        for (int64_t rank = 0; rank < choice->first->K; rank++) {
            const int64_t k = begin_class(choice, s, rank, stream);
            for (const res_picture_value *value = values; *value != NULL; value++) {
                res_picture_write_statistic(stream, res_picture_over_seeds(&choice->series[s], *value, k), 100.0);
            }
            end_class(choice, k, stream);
        }
    }
}

static void write_csv_of_classes(const res_picture_choice *choice, FILE *stream)
{
    fputs("method,class,rank,examples,seeds,train_error_percent,train_std,test_error_percent,test_std", stream);
    end_head(choice, stream);
    write_classes(choice, (const res_picture_value[]){train_class, test_class, NULL}, stream);
}

static void write_csv_of_probes(const res_picture_choice *choice, FILE *stream)
{
    fputs("method,class,rank,examples,seeds,probe_error_percent,probe_std", stream);
    end_head(choice, stream);
    write_classes(choice, (const res_picture_value[]){probe_class, NULL}, stream);
}

static void write_csv_of_epochs(const res_picture_choice *choice, FILE *stream)
{
    fputs("method,epochs_done,seeds,train_error_percent,train_std,test_error_percent,test_std\n", stream);
    for (int64_t s = 0; s < choice->count; s++) {
        const res_picture_series *series = &choice->series[s];
        for (int64_t e = 0; e < choice->first->E; e++) {
            core_text_csv(stream, series->method, CORE_TEXT_LINE);
            fprintf(stream, ",%" PRId64 ",%" PRId64, e + 1, series->n);
            res_picture_write_statistic(stream, res_picture_over_seeds(series, train_epoch, e), 100.0);
            res_picture_write_statistic(stream, res_picture_over_seeds(series, test_epoch, e), 100.0);
            fputc('\n', stream);
        }
    }
}

static void write_csv_of_margins(const res_picture_choice *choice, FILE *stream)
{
    const int64_t K = choice->first->K, stages = choice->first->stages;
    fputs("method,class,rank,examples,seeds,network,epochs_done,minimum,minimum_std,low,low_std,target", stream);
    end_head(choice, stream);
    for (int64_t s = 0; s < choice->count; s++) {
        const res_picture_series *series = &choice->series[s];
        const double *target = series->runs[0]->target;
        for (int64_t stage = 0; stage <= stages; stage++) {
            const bool final = stage == stages;
            for (int64_t rank = 0; rank < K; rank++) {
                const int64_t k = begin_class(choice, s, rank, stream), at = final ? k : stage * K + k;
                fprintf(stream, ",%s,%" PRId64, final ? "evaluated" : "training",
                        final ? choice->first->E : choice->first->stage[stage]);
                res_picture_write_statistic(
                    stream, res_picture_over_seeds(series, final ? final_minimum : stage_minimum, at), 1.0);
                res_picture_write_statistic(stream, res_picture_over_seeds(series, final ? final_low : stage_low, at),
                                            1.0);
                write_number(stream, target != NULL ? target[k] : (double)NAN);
                end_class(choice, k, stream);
            }
        }
    }
}

/* The margin's term of the bound with C(F) = 1, 1 / (gamma sqrt n); infinite where the class is not separable. */
static double term(double margin, int64_t n)
{
    return margin > 0.0 ? 1.0 / (margin * sqrt((double)n)) : (double)INFINITY;
}

static double minimum_term(const res_finished_run *run, int64_t k)
{
    return term(run->final_minimum[k], run->class_counts[k]);
}

static double low_term(const res_finished_run *run, int64_t k) { return term(run->final_low[k], run->class_counts[k]); }

/* log n / sqrt(n_k) */
static double sample_term(const res_finished_run *run, int64_t k)
{
    double n = 0.0;
    for (int64_t j = 0; j < run->K; j++) {
        n += (double)run->class_counts[j];
    }
    return core_log(n) / sqrt((double)run->class_counts[k]);
}

static void write_csv_of_bound(const res_picture_choice *choice, FILE *stream)
{
    const res_finished_run *first = choice->first;
    fputs("method,class,rank,examples,seeds,minimum,minimum_std,low,low_std,minimum_term,minimum_term_std,low_term,"
          "low_term_std,sample_term,minimum_bound,low_bound,test_error,test_std",
          stream);
    end_head(choice, stream);
    for (int64_t s = 0; s < choice->count; s++) {
        const res_picture_series *series = &choice->series[s];
        for (int64_t rank = 0; rank < first->K; rank++) {
            const int64_t k = begin_class(choice, s, rank, stream);
            const double sample = sample_term(first, k);
            const res_statistic least = res_picture_over_seeds(series, minimum_term, k);
            const res_statistic low = res_picture_over_seeds(series, low_term, k);
            res_picture_write_statistic(stream, res_picture_over_seeds(series, final_minimum, k), 1.0);
            res_picture_write_statistic(stream, res_picture_over_seeds(series, final_low, k), 1.0);
            res_picture_write_statistic(stream, least, 1.0);
            res_picture_write_statistic(stream, low, 1.0);
            write_number(stream, sample);
            write_number(stream, least.mean + sample);
            write_number(stream, low.mean + sample);
            res_picture_write_statistic(stream, res_picture_over_seeds(series, test_class, k), 1.0);
            end_class(choice, k, stream);
        }
    }
}

/* The number of different class sizes. */
static int64_t count_sizes(const res_picture_choice *choice)
{
    const int64_t *counts = choice->first->class_counts, *order = choice->order;
    int64_t sizes = 1;
    for (int64_t rank = 1; rank < choice->first->K; rank++) {
        sizes += counts[order[rank]] != counts[order[rank - 1]];
    }
    return sizes;
}

bool res_picture_classes_are_ordered(const res_picture_choice *choice)
{
    enum { SOME = 8 }; /* sizes: a fall that is no step, however many classes share one */
    const int64_t sizes = count_sizes(choice);
    return sizes >= SOME || (sizes > 2 && 2 * sizes > choice->first->K);
}

/* ---- axes ----------------------------------------------------------------------------------------------------------- */

void res_picture_add_extent(const res_picture_choice *choice, res_picture_value value, int64_t begin, int64_t end,
                            res_picture_extent *of)
{
    for (int64_t s = 0; s < choice->count; s++) {
        for (int64_t i = begin; i < end; i++) {
            const res_statistic at = res_picture_over_seeds(&choice->series[s], value, i);
            const double std = isnan(at.std) ? 0.0 : at.std;
            of->least = fmin(of->least, at.mean - std);
            of->most = fmax(of->most, at.mean + std);
        }
    }
}

void res_picture_write_axis(const char *name, res_picture_extent of, FILE *stream)
{
    static const double steps[] = {0.1, 0.2, 0.5, 1, 2, 5, 10, 20};
    double least = fmax(100.0 * of.least, 0.0), most = fmin(100.0 * of.most, 100.0);
    if (!isfinite(of.least) || least < 0.4 * most) {
        least = 0.0;
    }
    most = isfinite(of.most) ? fmax(most, least + 0.5) : 100.0;
    int i = 0;
    while (i < 7 && most - least > 5.0 * steps[i]) {
        i++;
    }
    const double begin = fmax(0.0, steps[i] * floor(least / steps[i] - 0.1)); /* no marker on the line of the axis */
    fprintf(stream, "%s = '%g %g %g'\n", name, begin, steps[i] * ceil(most / steps[i]), steps[i]);
}

static void write_axis_of(const res_picture_choice *choice, const char *name, res_picture_value value, int64_t count,
                          FILE *stream)
{
    res_picture_extent of = {(double)INFINITY, -(double)INFINITY};
    res_picture_add_extent(choice, value, 0, count, &of);
    res_picture_write_axis(name, of, stream);
}

/* Writes the first characters of a name, and returns their number. */
static int write_short_name(const char *name, FILE *stream)
{
    enum { MOST = 14 };
    char text[4 * MOST + 1];
    int count;
    const size_t bytes = core_text_first(name, MOST, &count);
    snprintf(text, sizeof text, "%.*s", (int)bytes, name);
    res_picture_write_quoted(stream, text, true);
    fputs(name[bytes] != '\0' ? "\xe2\x80\xa6" : "", stream);
    return count;
}

/* Writes the labels of an axis of classes: few classes have their names, where they are known, and their examples as
 * labels, many their rank. Names are turned, and need height: class_drop. */
static void write_class_axis(const res_picture_choice *choice, FILE *stream)
{
    enum { FEW = RES_PICTURE_FEW, TICKS = 5, PIXELS = 5 };
    const res_finished_run *run = choice->first;
    const int64_t K = run->K, step = K <= FEW ? 1 : K / TICKS;
    const bool named = K <= FEW && run->class_name != NULL;
    int longest = 0;
    fprintf(stream, "K = %" PRId64 "\nordered = %d\nclass_label = '%s'\nclass_tics = '(", K,
            res_picture_classes_are_ordered(choice),
            named      ? "class and its training examples"
            : K <= FEW ? "training examples of the class"
                       : "class, the most frequent first");
    for (int64_t rank = 0; rank < K; rank += rank == 0 && step > 1 ? step - 1 : step) {
        const int64_t k = choice->order[rank];
        fputs(rank > 0 ? ", ''" : "''", stream);
        if (named) {
            const int length = write_short_name(run->class_name[k], stream);
            longest = length > longest ? length : longest;
        }
        fprintf(stream, "%s%" PRId64 "%s'' %" PRId64, named ? " (" : "", K <= FEW ? run->class_counts[k] : rank + 1,
                named ? ")" : "", rank + 1);
    }
    fprintf(stream, ")'\nclass_drop = %d\nheight = height + class_drop\n", named ? PIXELS * (longest + 5) : 0);
}

/* Writes the block of data "$levels": of many classes without an order, the mean of each value over those of one size. */
static void write_levels(const res_picture_choice *choice, const char *names, const res_picture_value *values,
                         FILE *stream)
{
    const int64_t *counts = choice->first->class_counts, *order = choice->order, K = choice->first->K;
    fprintf(stream, "$levels << EOD\nmethod,begin,end,%s\n", names);
    const bool drawn = K > RES_PICTURE_FEW && !res_picture_classes_are_ordered(choice);
    for (int64_t s = 0; drawn && s < choice->count; s++) {
        for (int64_t begin = 0, end; begin < K; begin = end) {
            for (end = begin + 1; end < K && counts[order[end]] == counts[order[begin]]; end++) {
            }
            core_text_csv(stream, choice->series[s].method, CORE_TEXT_LINE);
            fprintf(stream, ",%.1f,%.1f", (double)begin + 0.5, (double)end + 0.5);
            for (const res_picture_value *value = values; *value != NULL; value++) {
                double sum = 0.0;
                for (int64_t rank = begin; rank < end; rank++) {
                    sum += res_picture_over_seeds(&choice->series[s], *value, order[rank]).mean;
                }
                write_number(stream, 100.0 * sum / (double)(end - begin));
            }
            fputc('\n', stream);
        }
    }
    fputs("EOD\n", stream);
}

static void write_parameters_of_classes(const res_picture_choice *choice, FILE *stream)
{
    const int64_t K = choice->first->K;
    write_class_axis(choice, stream);
    fputs("parts = 'train test'\n", stream);
    write_axis_of(choice, "train_axis", train_class, K, stream);
    write_axis_of(choice, "test_axis", test_class, K, stream);
    write_levels(choice, "train,test", (const res_picture_value[]){train_class, test_class, NULL}, stream);
}

static void write_parameters_of_probes(const res_picture_choice *choice, FILE *stream)
{
    write_class_axis(choice, stream);
    fputs("parts = 'probe'\n", stream);
    write_axis_of(choice, "probe_axis", probe_class, choice->first->K, stream);
    write_levels(choice, "probe", (const res_picture_value[]){probe_class, NULL}, stream);
}

static void write_parameters_of_epochs(const res_picture_choice *choice, FILE *stream)
{
    const int64_t E = choice->first->E;
    const res_option *drops = res_options_find(&choice->first->common, "drops");
    fprintf(stream, "ordered = 1\nepochs = %" PRId64 "\ndrops = '", E);
    if (drops != NULL && drops->type == CORE_H5_TEXT && strspn(drops->text, "0123456789,") == strlen(drops->text)) {
        for (const char *c = drops->text; *c != '\0'; c++) {
            fputc(*c == ',' ? ' ' : *c, stream);
        }
    }
    fputs("'\n", stream);
    write_axis_of(choice, "train_axis", train_epoch, E, stream);
    write_axis_of(choice, "test_axis", test_epoch, E, stream);
}

/* Tics of a logarithmic axis: its ends, and the powers of ten that are not too near them. */
static void write_size_tics(int64_t least, int64_t most, FILE *stream)
{
    fprintf(stream, "size_tics = '(%" PRId64, least);
    for (int64_t tic = 1; tic < most; tic *= 10) {
        if (2 * tic >= 5 * least && 2 * most >= 5 * tic) {
            fprintf(stream, ", %" PRId64, tic);
        }
    }
    fprintf(stream, ", %" PRId64 ")'\n", most);
}

/* Tics of an axis of many classes, the most frequent first: each size stands at the middle of the classes of that size. */
static void write_group_tics(const res_picture_choice *choice, FILE *stream)
{
    const int64_t K = choice->first->K, *counts = choice->first->class_counts, *order = choice->order;
    fputs("size_tics = '(", stream);
    for (int64_t begin = 0, end; begin < K; begin = end) {
        for (end = begin + 1; end < K && counts[order[end]] == counts[order[begin]]; end++) {
        }
        fprintf(stream, "%s\"%" PRId64 "\" %.1f", begin > 0 ? ", " : "", counts[order[begin]],
                0.5 * (double)(begin + end + 1));
    }
    fputs(")'\n", stream);
}

/* The axis shows class sizes; where these do not order the classes, the classes one by one. */
static void write_sizes(const res_picture_choice *choice, FILE *stream)
{
    const int64_t *counts = choice->first->class_counts, *order = choice->order, K = choice->first->K;
    const int64_t last = counts[order[K - 1]], least = last > 0 ? last : 1, most = counts[order[0]];
    const bool ordered = res_picture_classes_are_ordered(choice);
    fprintf(stream, "smallest = %" PRId64 "\nlargest = %" PRId64 "\n", least, most);
    if (!ordered && K <= RES_PICTURE_FEW) {
        write_class_axis(choice, stream);
        fputs("size_tics = class_tics\n", stream);
        return;
    }
    fprintf(stream, "K = %" PRId64 "\nordered = %d\nclass_drop = 0\nclass_label = 'training examples of the class'\n",
            K, ordered);
    if (ordered) {
        write_size_tics(least, most, stream);
    } else {
        write_group_tics(choice, stream);
    }
}

static void write_parameters_of_margins(const res_picture_choice *choice, FILE *stream)
{
    write_sizes(choice, stream);
    fputs("stages = '", stream);
    for (int64_t stage = 0; stage < choice->first->stages; stage++) {
        fprintf(stream, "%s%" PRId64, stage > 0 ? " " : "", choice->first->stage[stage]);
    }
    fputs("'\n", stream);
}

static void write_parameters_of_bound(const res_picture_choice *choice, FILE *stream)
{
    const int64_t K = choice->first->K;
    double least = 1.0, most = 1.0;
    write_sizes(choice, stream);
    for (int64_t s = 0; s < choice->count; s++) {
        for (int64_t k = 0; k < K; k++) {
            const double values[] = {res_picture_over_seeds(&choice->series[s], minimum_term, k).mean,
                                     res_picture_over_seeds(&choice->series[s], low_term, k).mean,
                                     res_picture_over_seeds(&choice->series[s], test_class, k).mean,
                                     sample_term(choice->first, k)};
            for (int i = 0; i < 4; i++) {
                const bool drawn = isfinite(values[i]) && values[i] > 0.0;
                least = drawn && values[i] < least ? values[i] : least;
                most = drawn && values[i] > most ? values[i] : most;
            }
        }
    }
    fprintf(stream, "least = %.8g\nmost = %.8g\n", least, most);
}

/* ---- what they are ------------------------------------------------------------------------------------------------- */

const char *const res_picture_names[] = {"methods", "classes", "epochs",  "probe",   "margins",
                                         "bound",   "figure2", "figure3", "figure6", NULL};

static bool is_finished(const res_finished_run *run) { return run->E > 0 && run->K > 0; }
static bool has_probe(const res_finished_run *run) { return run->probe_class_error != NULL && run->probe != NULL; }

/* Whether a final margin is known; without one there is nothing to draw. */
static bool has_margins(const res_finished_run *run)
{
    for (int64_t k = 0; k < run->K; k++) {
        if (isfinite(run->final_minimum[k])) {
            return true;
        }
    }
    return false;
}

static const char *const of_figure2[] = {"LDAM-DRW", "CB-RS", "CB-RW", NULL};
static const char *const of_figure3[] = {"ERM-DRW", "CB-RS", "CB-RW", NULL};
static const char *const of_figure6[] = {"ERM", "RW", "RS", NULL};

static const char *const of_margins[] = {"ERM", "LDAM", "LDAM-DRW", NULL};

static const char *const any_run = "`tailbit train` makes some";

#define MANY_CLASSES                                                                                                   \
    " Of many classes points and no deviations are plotted: with Bezier curves over them where their sizes order "     \
    "them, "                                                                                                           \
    "else with lines at the means of the classes of one size."

/* A body that two figures share: one of any runs, one of the paper's. */
#define CLASSES                                                                                                        \
    .body = "classes", .of_many = MANY_CLASSES, .most = 6, .legend_rows = -1, .width = 720, .height = 330,             \
    .about = "Error by class. Left: on the training examples, as the last epoch saw them (augmented, as often as "     \
             "they were sampled, the network still learning). Right: on the test set after it.",                       \
    .shows = is_finished, .write_csv = write_csv_of_classes, .write_parameters = write_parameters_of_classes
#define EPOCHS                                                                                                         \
    .body = "epochs", .most = 6, .legend_rows = -1, .width = 720, .height = 330,                                       \
    .about = "Error by epoch. Left: on the training examples, as the epoch saw them. Right: on the test set. Dotted: " \
             "the learning rate drops.",                                                                               \
    .shows = is_finished, .write_csv = write_csv_of_epochs, .write_parameters = write_parameters_of_epochs
#define PROBES                                                                                                         \
    .body = "classes", .of_many = MANY_CLASSES, .most = 6, .legend_rows = -1, .width = 480, .height = 330,             \
    .of_probes = true,                                                                                                 \
    .about = "Error by class of a linear classifier on the network's last-but-one layer before the learning rate "     \
             "first drops, fitted on a part of the test set and tested on the rest.",                                  \
    .shows = has_probe, .write_csv = write_csv_of_probes, .write_parameters = write_parameters_of_probes

static const res_picture_kind kinds[] = {
    {.name = "methods",
     .title = "Methods compared",
     .body = "methods",
     .about = "Error of each method on the test set after the last epoch. Every panel has its own axis.",
     .write_about = res_picture_write_about_panels,
     .most = INT64_MAX,
     .command = any_run,
     .shows = is_finished,
     .lacks = "no finished run",
     .width = 480,
     .height = 154,
     .write_csv = res_picture_write_csv_of_methods,
     .write_parameters = res_picture_write_parameters_of_methods},
    {.name = "classes", .title = "Error by class", CLASSES, .command = any_run, .lacks = "no finished run"},
    {.name = "epochs", .title = "Error by epoch", EPOCHS, .command = any_run, .lacks = "no finished run"},
    {.name = "probe",
     .title = "Error of a linear probe by class",
     PROBES,
     .command = "`tailbit probe RUN.h5` makes one",
     .lacks = "no probe of a finished run's features before the drop, by the paper's protocol"},
    {.name = "figure2",
     .title = "Error by class, as in Figure 2 of " RES_PAPER_CITATION,
     CLASSES,
     .column = "cifar10/step/100",
     .methods = of_figure2,
     .command = "`tailbit grid figure2 --out DIR` makes them, `tailbit figure classes` plots any",
     .lacks = "no finished run of LDAM-DRW, CB-RS or CB-RW on cifar10/step/100"},
    {.name = "figure3",
     .title = "Error by epoch, as in Figure 3 of " RES_PAPER_CITATION,
     EPOCHS,
     .column = "cifar10/long-tailed/100",
     .methods = of_figure3,
     .command = "`tailbit grid figure3 --out DIR` makes them, `tailbit figure epochs` plots any",
     .lacks = "no finished run of ERM-DRW, CB-RS or CB-RW on cifar10/long-tailed/100"},
    {.name = "figure6",
     .title = "Error of a linear probe by class, as in Figure 6 of " RES_PAPER_CITATION,
     PROBES,
     .column = "cifar10/step/100",
     .methods = of_figure6,
     .command = "`tailbit grid figure6 --out DIR` trains and probes them, `tailbit figure probe` plots any",
     .lacks =
         "no probe of a finished run of ERM, RW or RS on cifar10/step/100, of the features before the drop and by the "
         "paper's protocol"},
    {.name = "margins",
     .title = "Class margins and class sizes",
     .body = "margins",
     .methods = of_margins,
     .most = 3,
     .legend_rows = 2,
     .about = "Margins of the training examples by the size of their class: the least of the class, which is the class "
              "margin gamma_j, and the 5 % quantile. Grey: as trained, at a quarter, a half, three quarters and all of "
              "the epochs, the later the darker. In the method's colour: the trained network in evaluation mode. "
              "Dashed: the target of a loss that has one, C n_j^(-1/4), or the same for all classes.",
     .of_many = " Lines are Bezier curves over the classes, where their sizes order them.",
     .reading = "Logits are before the scale s. A class whose least margin is not above 0 is not separated. Linear and "
                "cosine heads have logits on other scales: compare classes within a panel, not panels.",
     .command = any_run,
     .shows = has_margins,
     .lacks = "no finished run with margins",
     .width = 480,
     .panel_width = 232,
     .height = 540,
     .write_csv = write_csv_of_margins,
     .write_parameters = write_parameters_of_margins},
    {.name = "bound",
     .title = "The bound of Theorem 1, up to its constants",
     .body = "bound",
     .methods = of_margins,
     .most = 3,
     .legend_rows = 2,
     .about =
         "Theorem 1 of Cao et al. 2019 bounds a class's error L_j by about (1/gamma_j) sqrt(C(F)/n_j) + "
         "log n / sqrt(n_j). Triangles: the first term with the measured class margin gamma_j and C(F) = 1; squares: "
         "with the class's 5 % margin quantile in the place of gamma_j. Line: the second term. In the method's colour: "
         "the "
         "measured test error, where it is above 0: the axis is logarithmic. At the top, not separable: the margin is "
         "not above 0 (in one of the seeds), and the "
         "bound says "
         "nothing.",
     .of_many = "",
     .reading =
         "C(F) and the constants of the theorem are unknown, so only the shape over the classes of one panel means "
         "something: not a height, not whether a point lies above the measured error, and nothing between panels, "
         "whose logits have other scales. The theorem is about the least margin; the quantile, which leaves out 5 % "
         "of the class, is no bound.",
     .command = any_run,
     .shows = has_margins,
     .lacks = "no finished run with margins",
     .width = 480,
     .panel_width = 232,
     .height = 380,
     .write_csv = write_csv_of_bound,
     .write_parameters = write_parameters_of_bound},
};

const res_picture_kind *res_picture_kind_find(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            return &kinds[i];
        }
    }
    return NULL;
}

const char *res_picture_title(const char *name) { return res_picture_kind_find(name)->title; }

bool res_picture_concerns(const char *name, const res_finished_run *runs, int64_t count)
{
    const char *column = res_picture_kind_find(name)->column;
    bool is = column == NULL;
    for (int64_t i = 0; i < count; i++) {
        is = is || strcmp(runs[i].column, column) == 0;
    }
    return is;
}
