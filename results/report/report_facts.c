/* What a reproducibility checklist asks for, as sentences from the run files. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/progress.h"
#include "core/text.h"
#include "datasets/dataset.h"
#include "results/report/html.h"
#include "results/report/report_internal.h"

enum { VALUE_BYTES = 2048, MOST_LISTED = 24 };

/* Keys that are no options. */
static const char data_key[] = "#data", split_key[] = "#split", test_key[] = "#test", held_key[] = "#held",
                  machine_key[] = "#machine", software_key[] = "#software";

static core_status count_fact(res_facts *facts, const char *key, const char *value)
{
    for (int64_t i = 0; i < facts->count; i++) {
        if (strcmp(facts->items[i].key, key) == 0 && strcmp(facts->items[i].value, value) == 0) {
            facts->items[i].count++;
            return CORE_OK;
        }
    }
    CORE_TRY(CORE_ARENA_GROW(&facts->arena, facts->count, &facts->capacity, "the facts of a report", facts->items));
    res_fact *fact = &facts->items[facts->count];
    CORE_TRY(core_arena_copy_text(&facts->arena, key, &fact->key));
    CORE_TRY(core_arena_copy_text(&facts->arena, value, &fact->value));
    fact->count = 1;
    facts->count++;
    return CORE_OK;
}

/* Joins "KEY VALUE" of those keys of `row` that are there with commas. */
static void join(const res_options *row, const char *const *keys, char text[VALUE_BYTES])
{
    size_t used = 0;
    text[0] = '\0';
    for (; *keys != NULL; keys++) {
        char value[512];
        const res_option *option = res_options_find(row, *keys);
        if (option != NULL && used < VALUE_BYTES - 600) {
            used += (size_t)snprintf(text + used, VALUE_BYTES - used, "%s%s %s", used > 0 ? ", " : "", *keys,
                                     res_option_format(option, value, sizeof value));
        }
    }
}

static core_status count_starts(res_facts *facts, const res_env *env)
{
    static const char *const machine[] = {"cpu", "cpus", "threads", "ranks", "isa", "kernel", NULL};
    static const char *const software[] = {"tailbit", "commit", "onednn", "glibc", "compiler", "flags", NULL};
    for (int64_t s = 0; s < env->count; s++) {
        char text[VALUE_BYTES];
        join(&env->starts[s], machine, text);
        CORE_TRY(count_fact(facts, machine_key, text));
        join(&env->starts[s], software, text);
        CORE_TRY(count_fact(facts, software_key, text));
    }
    return CORE_OK;
}

static core_status count_data(res_facts *facts, const res_run *run)
{
    char text[VALUE_BYTES], imbalance[VALUE_BYTES];
    const res_split *split = &run->split;
    static const char *const kind[] = {"imbalance", "rho", "mu", "remove_frac", "removed_class", NULL};
    join(&run->config.options, kind, imbalance);
    const char *verification = ds_verification(run->data.name, run->data.verified);
    snprintf(text, sizeof text, "%.500s (SHA-256 of the decoded examples and labels %.100s%s%s)", run->data.name,
             run->data.sha256, verification != NULL ? ", " : "", verification != NULL ? verification : "");
    CORE_TRY(count_fact(facts, data_key, text));
    snprintf(text, sizeof text, "%.500s, %.500s: %s of %s, SHA-256 of their indices %.100s", run->data.name, imbalance,
             CORE_COUNT(split->n, "example"), CORE_COUNT(split->K, "class"), res_split_digest(split));
    CORE_TRY(count_fact(facts, split_key, text));
    snprintf(text, sizeof text, "%lld", (long long)run->final.N);
    CORE_TRY(count_fact(facts, test_key, text));
    snprintf(text, sizeof text, "%lld", (long long)split->validation_n);
    return split->validation_n > 0 ? count_fact(facts, held_key, text) : CORE_OK;
}

static void count_time(res_facts *facts, const res_run *run)
{
    const double seconds = res_report_seconds(run);
    facts->seconds += seconds;
    facts->least_seconds = facts->runs == 0 ? seconds : fmin(facts->least_seconds, seconds);
    facts->most_seconds = fmax(facts->most_seconds, seconds);
    if (run->timing.peak_memory_bytes > facts->peak_memory_bytes) {
        facts->peak_memory_bytes = run->timing.peak_memory_bytes;
    }
}

core_status res_facts_add(res_facts *facts, const res_run *run)
{
    for (int64_t i = 0; i < run->config.options.count; i++) {
        char value[VALUE_BYTES];
        const res_option *option = &run->config.options.items[i];
        CORE_TRY(count_fact(facts, option->key, res_option_format(option, value, sizeof value)));
    }
    CORE_TRY(count_starts(facts, &run->env));
    CORE_TRY(count_data(facts, run));
    count_time(facts, run);
    facts->runs++;
    return CORE_OK;
}

/* ---- sentences ----------------------------------------------------------------------------------------------------
 */

/* The number of values of a key; *runs: the number of runs that have the key. */
static int64_t values_of(const res_facts *facts, const char *key, int64_t *runs)
{
    int64_t values = 0;
    *runs = 0;
    for (int64_t i = 0; i < facts->count; i++) {
        if (strcmp(facts->items[i].key, key) == 0) {
            values++;
            *runs += facts->items[i].count;
        }
    }
    return values;
}

/* Numbers by value, then text. */
static int by_value(const void *a, const void *b)
{
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    char *x_end, *y_end;
    const double p = strtod(x, &x_end), q = strtod(y, &y_end);
    if (x_end != x && y_end != y && (p < q || p > q)) {
        return p < q ? -1 : 1;
    }
    return strcmp(x, y);
}

/* "ERM, LDAM and LDAM-DRW", in order; of a long list the values that the first runs have. */
static void write_values(FILE *out, const res_facts *facts, const char *key)
{
    const char *values[2 * MOST_LISTED] = {NULL};
    int64_t count = 0, runs = 0;
    const int64_t all = values_of(facts, key, &runs);
    for (int64_t i = 0; i < facts->count && count < MOST_LISTED; i++) {
        if (strcmp(facts->items[i].key, key) == 0) {
            values[count++] = facts->items[i].value;
        }
    }
    qsort(values, (size_t)count, sizeof *values, by_value);
    for (int64_t i = 0; i < count; i++) {
        const bool last = i == count - 1 && all == count;
        res_html(out, "%s%s", i == 0 ? "" : last ? " and " : ", ", values[i]);
    }
    if (all > count) {
        res_html(out, " and %lld more", (long long)(all - count));
    }
}

static void write_runs(FILE *out, const res_facts *facts)
{
    int64_t runs = 0;
    const int64_t methods = values_of(facts, "method", &runs), seeds = values_of(facts, "seed", &runs);
    res_html(out, "<p>%s: %s (", CORE_COUNT(facts->runs, "finished run"), CORE_COUNT(methods, "method"));
    write_values(out, facts, "method");
    res_html(out, ") with %s (", CORE_COUNT(seeds, "seed"));
    write_values(out, facts, "seed");
    fputs(
        "). A seed decides the initial weights, the order of the examples and their augmentation; never the training "
        "subset. \xc2\xb1 is the sample standard deviation (divisor n \xe2\x88\x92 1) over the n seeds of a cell; with "
        "one seed there is none.</p>\n",
        out);
}

static void write_choice(FILE *out, const res_facts *facts, bool has_runs)
{
    int64_t held = 0;
    values_of(facts, held_key, &held);
    fputs("<p>No epoch was chosen: every figure is that of a run\xe2\x80\x99s last epoch, on a test set of ", out);
    write_values(out, facts, test_key);
    fputs(" examples. ", out);
    if (has_runs) {
        fputs("The epoch with the lowest test error, which the test set itself chooses, stands beside it in the list "
              "of runs and in the part of each run, and in no other table. ",
              out);
    }
    if (held == 0) {
        fputs("No run held out training examples for validation.</p>\n", out);
    } else {
        res_html(out, "%lld of the runs held out training examples for validation (", (long long)held);
        write_values(out, facts, held_key);
        fputs(" examples).</p>\n", out);
    }
}

/* Writes a list of the values of a key; where there are several, each with the number of runs (or other `unit`) that
 * have it. */
static void write_list(FILE *out, const res_facts *facts, const char *key, const char *lead, const char *unit)
{
    int64_t runs = 0;
    const int64_t values = values_of(facts, key, &runs);
    res_html(out, "<p>%s</p>\n<ul>\n", lead);
    for (int64_t i = 0; i < facts->count; i++) {
        if (strcmp(facts->items[i].key, key) == 0) {
            res_html(out, "<li>%s", facts->items[i].value);
            if (values > 1) {
                res_html(out, " (%s)", CORE_COUNT(facts->items[i].count, unit));
            }
            fputs("</li>\n", out);
        }
    }
    fputs("</ul>\n", out);
}

static bool is_option(const res_facts *facts, int64_t i)
{
    for (int64_t j = 0; j < i; j++) {
        if (strcmp(facts->items[j].key, facts->items[i].key) == 0) {
            return false; /* not the first value of its key */
        }
    }
    return facts->items[i].key[0] != '#';
}

/* Writes the options that all runs share, or those in which they differ. */
static int64_t write_options(FILE *out, const res_facts *facts, bool shared)
{
    int64_t written = 0;
    for (int64_t i = 0; i < facts->count; i++) {
        int64_t runs = 0;
        const int64_t values = is_option(facts, i) ? values_of(facts, facts->items[i].key, &runs) : 0;
        const bool same = values == 1 && runs == facts->runs;
        if (values == 0 || same != shared) {
            continue;
        }
        res_html(out, "%s%s ", written++ > 0 ? (shared ? ", " : "; ") : "", facts->items[i].key);
        write_values(out, facts, facts->items[i].key);
        if (runs < facts->runs) {
            res_html(out, " (%s)", CORE_COUNT(runs, "run"));
        }
    }
    return written;
}

static void write_configuration(FILE *out, const res_facts *facts)
{
    fputs("<p>Every run has: ", out);
    write_options(out, facts, true);
    fputs(".</p>\n<p>Runs differ in: ", out);
    fputs(write_options(out, facts, false) == 0 ? "nothing.</p>\n" : ".</p>\n", out);
}

static void write_cost(FILE *out, const res_facts *facts)
{
    char total[16], least[16], most[16];
    core_progress_duration(facts->seconds, total, sizeof total);
    core_progress_duration(facts->least_seconds, least, sizeof least);
    core_progress_duration(facts->most_seconds, most, sizeof most);
    res_html(out,
             "<p>The epochs of these runs, with their evaluations, took %s of wall time in all, a run from %s to %s, "
             "and at most %.0f MiB of memory.</p>\n",
             total, least, most, (double)facts->peak_memory_bytes / 1048576.0);
}

void res_facts_write(FILE *out, const res_facts *facts, bool has_runs)
{
    write_runs(out, facts);
    write_choice(out, facts, has_runs);
    write_list(out, facts, data_key, "Data:", "run");
    write_list(out, facts, split_key, "Training subsets:", "run");
    write_configuration(out, facts);
    write_list(out, facts, machine_key, "Machines:", "start");
    write_list(out, facts, software_key, "Programs and libraries:", "start");
    write_cost(out, facts);
    fputs("<p>A run\xe2\x80\x99s command, given again on the same instruction set with the same library versions, "
          "gives the same bits for any number of threads",
          out);
    fputs(has_runs ? "; its digest then is the one that stands in its part.</p>\n" : ".</p>\n", out);
}
