/* The figure that compares methods: its rows, its panels, and what its caption says of them. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/text.h"
#include "results/report/picture_internal.h"

enum { ALL, BALANCED, SHOTS, GROUPS = SHOTS + 3 }; /* SHOTS + RES_MANY, ... */
static const char *const group_names[GROUPS] = {"error", "balanced", "many", "medium", "few"};

static double group_error(const res_finished_run *run, int64_t group)
{
    const res_summary *last = &run->last.summary;
    const double errors[GROUPS] = {last->error, last->balanced_error, last->many_error, last->medium_error,
                                   last->few_error};
    return errors[group];
}

void res_picture_write_csv_of_methods(const res_picture_choice *choice, FILE *stream)
{
    fputs("method,seeds", stream);
    for (int g = 0; g < GROUPS; g++) {
        fprintf(stream, ",%s_percent,%s_std", group_names[g], group_names[g]);
    }
    for (int64_t s = 0; s < choice->count; s++) {
        fputc('\n', stream);
        core_text_csv(stream, choice->series[s].method, CORE_TEXT_LINE);
        fprintf(stream, ",%" PRId64, choice->series[s].n);
        for (int g = 0; g < GROUPS; g++) {
            res_picture_write_statistic(stream, res_picture_over_seeds(&choice->series[s], group_error, g), 100.0);
        }
    }
    fputc('\n', stream);
}

/* Whether a test set is not balanced, so that its error and the mean of the class errors differ. With many classes the latter
 * are f32. */
static bool is_unbalanced(const res_picture_choice *choice)
{
    for (int64_t s = 0; s < choice->count; s++) {
        for (int64_t i = 0; i < choice->series[s].n; i++) {
            const res_finished_run *run = choice->series[s].runs[i];
            if (fabs(group_error(run, ALL) - group_error(run, BALANCED)) > 1e-6) {
                return true;
            }
        }
    }
    return false;
}

/* "many: over 100" */
static void write_group_head(const res_picture_choice *choice, int g, FILE *stream)
{
    char words[RES_SHOT_BYTES];
    if (g < SHOTS) {
        fputs(g == ALL ? "test error" : "mean of classes", stream);
    } else {
        fprintf(stream, "%s: %s", group_names[g], res_shot_words(choice->bounds, (res_shot_group)(g - SHOTS), words));
    }
}

/* The panels of the figure. */
typedef struct {
    res_picture_extent of[GROUPS];
    bool drawn[GROUPS];
} panels;

/* A panel for all classes, for the mean of theirs where that is another, and for each group, where more than one of these
 * has classes. */
static panels find_panels(const res_picture_choice *choice)
{
    panels p = {.drawn[ALL] = true, .drawn[BALANCED] = is_unbalanced(choice)};
    int shots = 0;
    for (int g = 0; g < GROUPS; g++) {
        p.of[g] = (res_picture_extent){(double)INFINITY, -(double)INFINITY};
        res_picture_add_extent(choice, group_error, g, g + 1, &p.of[g]);
        shots += g >= SHOTS && isfinite(p.of[g].least);
    }
    for (int g = SHOTS; g < GROUPS; g++) {
        p.drawn[g] = shots > 1 && isfinite(p.of[g].least);
    }
    return p;
}

void res_picture_write_parameters_of_methods(const res_picture_choice *choice, FILE *stream)
{
    const panels p = find_panels(choice);
    int count = 0;
    size_t longest = 0;
    for (int g = 0; g < GROUPS; g++) {
        if (p.drawn[g]) {
            char name[16];
            snprintf(name, sizeof name, "axis_%d", ++count);
            res_picture_write_axis(name, p.of[g], stream);
            fprintf(stream, "group_%d = '%s'\nhead_%d = '", count, group_names[g], count);
            write_group_head(choice, g, stream);
            fputs("'\n", stream);
        }
    }
    for (int64_t s = 0; s < choice->count; s++) {
        const size_t length = strlen(choice->series[s].method);
        longest = length > longest ? length : longest;
    }
    fprintf(stream,
            "ordered = 0\npanels = %d\nname_width = %zu\nwidth = 24 + name_width + 160 * panels\nheight = height + 22 "
            "* %" PRId64 "\n",
            count, 8 * longest, choice->count);
}

void res_picture_write_about_panels(const res_picture_choice *choice, FILE *stream)
{
    const panels p = find_panels(choice);
    const char *before = " The panels of groups have the mean over their classes, by training examples of a class: ";
    fputs(p.drawn[BALANCED] ? " In the mean of classes each class counts the same, in the test error each example."
                            : "",
          stream);
    for (int g = SHOTS; g < GROUPS; g++) {
        if (p.drawn[g]) {
            fputs(before, stream);
            write_group_head(choice, g, stream);
            before = ", ";
        }
    }
    fputs(before[0] == ',' ? "." : "", stream);
}
