/* A run's part of a report, and its line in the list of runs. */
#include <math.h>
#include <string.h>

#include "core/progress.h"
#include "core/text.h"
#include "datasets/dataset.h"
#include "recipes/class_names.h"
#include "results/report/html.h"
#include "results/report/report_internal.h"

enum { VALUE_BYTES = 1024, SHORT_DIGEST = 12 /* characters, in the list */ };

/* The option as text; "" where the run has none. */
static const char *option_of(const res_run *run, const char *key, char text[VALUE_BYTES])
{
    const res_option *option = res_options_find(&run->config.options, key);
    return option != NULL ? res_option_format(option, text, VALUE_BYTES) : "";
}

/* "cifar10 long-tailed 100" */
static void write_data(FILE *out, const res_run *run)
{
    static const char *const keys[] = {"data", "imbalance", "rho", "remove_frac", NULL};
    const char *blank = "";
    for (int i = 0; keys[i] != NULL; i++) {
        char text[VALUE_BYTES];
        const char *value = option_of(run, keys[i], text);
        if (value[0] != '\0') {
            res_html(out, "%s%s", blank, value);
            blank = " ";
        }
    }
}

double res_report_seconds(const res_run *run)
{
    double sum = 0;
    for (int64_t e = 0; e < run->timing.E; e++) {
        sum += run->timing.seconds[e] > 0 ? run->timing.seconds[e] : 0;
    }
    return fmin(sum, 1e9);
}

/* The error on the test set at the last epoch that was evaluated. */
static double last_error(const res_run *run)
{
    int64_t e = run->epochs.E - 1;
    while (e > 0 && isnan(run->epochs.test_error[e])) {
        e--;
    }
    return 100 * run->epochs.test_error[e];
}

void res_report_write_index(FILE *out, const char *name, const res_run *run)
{
    char method[VALUE_BYTES], seed[VALUE_BYTES], time[16], digest[SHORT_DIGEST + 1];
    snprintf(digest, sizeof digest, "%.12s", run->digest);
    const bool finished = res_run_finished(run);
    fputs("<tr><th scope=\"row\">", out);
    res_report_write_link(out, name, name);
    res_html(out, "</th><td>%s</td><td>", option_of(run, "method", method));
    write_data(out, run);
    res_html(out, "</td><td class=\"n\">%s</td><td class=\"n\">%lld", option_of(run, "seed", seed),
             (long long)run->epochs.E);
    if (!finished) {
        res_html(out, "/%lld", (long long)run->epochs.planned);
    }
    res_html(
        out,
        "</td><td class=\"n\">%.2f</td><td class=\"n\">%.2f</td><td class=\"n\">%s</td><td><code>%s</code></td></tr>\n",
        last_error(run), finished ? 100 * run->final.best.error : (double)NAN,
        core_progress_duration(res_report_seconds(run), time, sizeof time), digest);
}

static void write_score(FILE *out, const char *name, double last, double best)
{
    if (!isnan(last) || !isnan(best)) {
        res_html(out, "<tr><th scope=\"row\">%s</th><td class=\"n\">%.2f</td><td class=\"n\">%.2f</td></tr>\n", name,
                 100 * last, 100 * best);
    }
}

static void write_groups(FILE *out, const res_shot_bounds *bounds, const res_summary *last, const res_summary *best)
{
    static const char *const names[] = {"many: classes with ", "medium: ", "few: "}, *const behind[] = {" examples", "",
                                                                                                        ""};
    const double of_last[] = {last->many_error, last->medium_error, last->few_error};
    const double of_best[] = {best->many_error, best->medium_error, best->few_error};
    for (int g = RES_MANY; g <= RES_FEW; g++) {
        char words[RES_SHOT_BYTES], name[RES_SHOT_BYTES + 32];
        snprintf(name, sizeof name, "%s%s%s", names[g], res_shot_words(bounds, (res_shot_group)g, words), behind[g]);
        write_score(out, name, of_last[g], of_best[g]);
    }
}

/* Writes the scores of the last epoch, and of the best one beside them. */
static void write_scores(FILE *out, const res_report_run *shown)
{
    const res_run *run = shown->run;
    const res_summary *last = &run->final.last, *best = &run->final.best;
    const double nan = (double)NAN;
    res_html(
        out,
        "<div class=\"scroll\" role=\"region\" aria-label=\"Scores\" tabindex=\"0\">\n<table>\n<caption><span>On the "
        "test "
        "set, in percent. The best epoch is chosen by the test set itself.</span></caption>\n<thead><tr><td></td>"
        "<th scope=\"col\" class=\"n\">last (%lld)</th><th scope=\"col\" class=\"n\">best (%lld)</th></tr>"
        "</thead>\n<tbody>\n",
        (long long)last->epoch + 1, (long long)best->epoch + 1);
    write_score(out, "error", last->error, best->error);
    write_score(out, "top-5 error", run->final.K > 5 ? last->top5_error : nan,
                run->final.K > 5 ? best->top5_error : nan);
    write_score(out, "balanced error", last->balanced_error, best->balanced_error);
    write_groups(out, shown->bounds, last, best);
    write_score(out, "worst class", last->worst_class_error, best->worst_class_error);
    write_score(out, "geometric mean of the recalls", last->geometric_mean_recall, best->geometric_mean_recall);
    write_score(out, "calibration error", last->calibration_error, best->calibration_error);
    fputs("</tbody>\n</table>\n</div>\n", out);
}

/* Writes the options of `row` that differ from `first`. */
static void write_start_differences(FILE *out, const res_options *first, const res_options *row)
{
    const char *comma = "";
    for (int64_t i = 0; i < row->count; i++) {
        char value[VALUE_BYTES];
        const res_option *option = &row->items[i];
        if (!res_option_same(option, res_options_find(first, option->key))) {
            res_html(out, "%s%s %s", comma, option->key, res_option_format(option, value, sizeof value));
            comma = ", ";
        }
    }
    fputs(comma[0] == '\0' ? "the same" : "", out);
}

static void write_pair(FILE *out, const char *name, const char *value)
{
    res_html(out, "<div><dt>%s</dt><dd>%s</dd></div>\n", name, value);
}

static void write_pairs(FILE *out, const res_options *options)
{
    for (int64_t i = 0; i < options->count; i++) {
        char value[VALUE_BYTES];
        write_pair(out, options->items[i].key, res_option_format(&options->items[i], value, sizeof value));
    }
}

static void write_environment(FILE *out, const res_env *env)
{
    fputs("<h4>Environment</h4>\n<dl class=\"pairs\">\n", out);
    if (env->count > 0) {
        write_pairs(out, &env->starts[0]);
    }
    for (int64_t s = 1; s < env->count; s++) {
        res_html(out, "<div><dt>start %lld</dt><dd>", (long long)s + 1);
        write_start_differences(out, &env->starts[0], &env->starts[s]);
        fputs("</dd></div>\n", out);
    }
    fputs("</dl>\n", out);
}

static void write_configuration(FILE *out, const res_options *options)
{
    fputs("<h4>Configuration</h4>\n<dl class=\"pairs\">\n", out);
    write_pairs(out, options);
    fputs("</dl>\n", out);
}

static void write_provenance(FILE *out, const res_run *run)
{
    char time[16], text[96];
    const double seconds = res_report_seconds(run);
    fputs("<h4>Provenance</h4>\n<dl class=\"pairs long\">\n", out);
    write_pair(out, "digest of the run", run->digest);
    const char *verification = ds_verification(run->data.name, run->data.verified);
    res_html(out, "<div><dt>data</dt><dd>%s, SHA-256 %s%s%s</dd></div>\n", run->data.name, run->data.sha256,
             verification != NULL ? ", " : "", verification != NULL ? verification : "");
    res_html(out, "<div><dt>training subset</dt><dd>%s, SHA-256 of their indices %s</dd></div>\n",
             CORE_COUNT(run->split.n, "example"), res_split_digest(&run->split));
    if (run->split.validation_n > 0) {
        write_pair(out, "held out", CORE_COUNT(run->split.validation_n, "training example"));
    }
    write_pair(out, "written by", run->creator);
    snprintf(text, sizeof text, "%s, %.1f s an epoch", core_progress_duration(seconds, time, sizeof time),
             seconds / (double)run->timing.E);
    write_pair(out, "time", text);
    snprintf(text, sizeof text, "%.0f MiB at most", (double)run->timing.peak_memory_bytes / 1048576.0);
    write_pair(out, "memory", text);
    fputs("</dl>\n", out);
}

static void write_summary(FILE *out, const char *name, const res_run *run)
{
    char method[VALUE_BYTES], seed[VALUE_BYTES];
    res_html(out, "<summary><h3>%s</h3> <span>%s, ", name, option_of(run, "method", method));
    write_data(out, run);
    res_html(out, ", seed %s: ", option_of(run, "seed", seed));
    if (!res_run_finished(run)) {
        res_html(out, "%lld of %s, ", (long long)run->epochs.E, CORE_COUNT(run->epochs.planned, "epoch"));
    }
    res_html(out, "error %.2f %%</span></summary>\n", last_error(run));
}

/* Writes the counts of all classes, with their names; in the tables many classes are bands. */
static void write_all_counts(FILE *out, const res_run *run)
{
    const res_split *split = &run->split;
    const char *const *names = xp_class_names(run);
    fputs("<h4>Training examples by class</h4>\n<p class=\"numbers\">", out);
    for (int64_t k = 0; k < split->K; k++) {
        res_html(out, "%s%s%s%lld",
                 k == 0          ? ""
                 : names != NULL ? ", "
                                 : " ",
                 names != NULL ? names[k] : "", names != NULL ? " " : "", (long long)split->class_counts[k]);
    }
    fputs("</p>\n", out);
}

/* Writes a line for each classifier of every probe. */
static void write_probes(FILE *out, const res_report_run *shown)
{
    if (shown->probe_count == 0) {
        return;
    }
    fputs("<div class=\"scroll\" role=\"region\" aria-label=\"Probes\" "
          "tabindex=\"0\">\n<table>\n<caption><span>Classifiers "
          "on the frozen features of the last-but-one layer, errors in percent.</span></caption>\n<thead><tr>"
          "<th scope=\"col\">features</th><th scope=\"col\">protocol</th><th scope=\"col\">classifier</th>"
          "<th scope=\"col\" class=\"n\">fitted</th><th scope=\"col\" class=\"n\">error</th>"
          "<th scope=\"col\" class=\"n\">tested</th><th scope=\"col\" class=\"n\">error</th></tr></thead>\n<tbody>\n",
          out);
    for (int64_t i = 0; i < shown->probe_count; i++) {
        const res_probe *probe = &shown->probes[i];
        for (int64_t m = 0; m < probe->M; m++) {
            res_html(out, "<tr><td>%s</td><td>%s</td><th scope=\"row\">%s</th><td class=\"n\">%lld</td>",
                     probe->options.features, probe->options.protocol, probe->name[m], (long long)probe->n);
            res_html(out, "<td class=\"n\">%.2f</td><td class=\"n\">%lld</td><td class=\"n\">%.2f</td></tr>\n",
                     100 * probe->fit_error[m], (long long)probe->N, 100 * probe->error[m]);
        }
    }
    fputs("</tbody>\n</table>\n</div>\n", out);
}

void res_report_write_run(FILE *out, const res_report_run *shown)
{
    const res_run *run = shown->run;
    fputs("<details class=\"run\" id=\"run-", out);
    res_html_id(out, shown->name);
    fputs("\">\n", out);
    write_summary(out, shown->name, run);
    fputs("<div class=\"side\">\n", out);
    res_report_write_curve(out, run);
    res_report_write_classes(out, run);
    fputs("</div>\n<div class=\"tables\">\n", out);
    res_report_write_class_table(out, run);
    if (run->final.N > 0) {
        write_scores(out, shown);
        res_report_write_confusion(out, run);
    }
    write_probes(out, shown);
    fputs("</div>\n", out);
    if (run->split.K > RES_REPORT_SINGLE_CLASSES) {
        write_all_counts(out, run);
    }
    res_html(out, "<h4>The command that makes it again</h4>\n<pre><code>%s</code></pre>\n", shown->command);
    write_configuration(out, &run->config.options);
    write_provenance(out, run);
    write_environment(out, &run->env);
    fputs("</details>\n", out);
}
