#include "results/report/picture.h"

#include <assert.h>
#include <string.h>

#include "core/builder.h"
#include "core/text.h"
#include "recipes/deviation.h"
#include "recipes/paper.h"
#include "results/report/data_head.h"
#include "results/report/look.h"
#include "results/report/picture_internal.h"

/* ---- a figure's words, and its script: the lines before the parts of results/report/figures/ ------------------------- */

void res_picture_write_quoted(FILE *stream, const char *text, bool is_tic)
{
    const core_text_change changes[] = {{'\'', "\xe2\x80\x99"},
                                        {'"', "\xe2\x80\x9d"},       /* gnuplot pairs them inside ' too */
                                        {is_tic ? '%' : '\0', "%%"}, /* the label of a tic is a format */
                                        {'\0', NULL}};
    core_text_show_in(stream, text, CORE_TEXT_LINE, changes);
}

static void write_variable(FILE *stream, const char *name, const char *text)
{
    fprintf(stream, "%s = '", name);
    res_picture_write_quoted(stream, text, false);
    fputs("'\n", stream);
}

static const char *option_text(const res_options *options, const char *key, char text[256])
{
    const res_option *option = res_options_find(options, key);
    return option != NULL ? res_option_format(option, text, 256) : "";
}

/* Writes "cifar10, long-tailed, rho=100, resnet32, 20 epochs"; with `instead`, on the paper's data, "20 epochs instead of
 * 200" where the paper has others. */
static void write_setting(const res_picture_choice *choice, bool instead, FILE *stream)
{
    const res_finished_run *run = choice->first;
    char model[256], epochs[32];
    const char *paper = xp_deviation_paper_epochs(run->column, run->values[XP_VOCABULARY] != NULL);
    snprintf(epochs, sizeof epochs, "%lld", (long long)run->E);
    res_data_head_write(run->column, false, &res_table_plain, stream);
    fprintf(stream, ", %s, %s", option_text(&run->common, "model", model), CORE_COUNT(run->E, "epoch"));
    if (instead && res_paper_has_data(run->column) && strcmp(epochs, paper) != 0) {
        fprintf(stream, " instead of %s", paper);
    }
}

/* The fewest and the most seeds of a method. */
static void count_seeds(const res_picture_choice *choice, int64_t *least, int64_t *most)
{
    *least = *most = choice->series[0].n;
    for (int64_t i = 1; i < choice->count; i++) {
        const int64_t n = choice->series[i].n;
        *least = n < *least ? n : *least;
        *most = n > *most ? n : *most;
    }
}

static void write_seeds(const res_picture_choice *choice, FILE *stream)
{
    int64_t least, most;
    count_seeds(choice, &least, &most);
    if (most == 1) {
        fputs("one seed", stream);
    } else if (least == most) {
        fprintf(stream, "mean and std of %s", CORE_COUNT(most, "seed"));
    } else {
        fprintf(stream, "mean and std of %lld to %s", (long long)least, CORE_COUNT(most, "seed"));
    }
}

/* "ERM (3 seeds), CB-RS (1 seed: scale 10 instead of 30)": deviations only where they differ among the methods. */
static void write_methods(const res_picture_choice *choice, FILE *stream)
{
    const char *common = choice->first->deviation;
    for (int64_t i = 0; i < choice->count; i++) {
        common = strcmp(choice->series[i].runs[0]->deviation, common) == 0 ? common : NULL;
        if (common == NULL) {
            break;
        }
    }
    for (int64_t i = 0; i < choice->count; i++) {
        const res_picture_series *s = &choice->series[i];
        const char *deviation = common == NULL ? s->runs[0]->deviation : "";
        fprintf(stream, "%s%s (%s%s%s)", i > 0 ? ", " : "", s->method, CORE_COUNT(s->n, "seed"),
                deviation[0] != '\0' ? ": " : "", deviation);
    }
    int64_t least, most;
    count_seeds(choice, &least, &most);
    fputs(most > 1 ? "; mean and standard deviation over the seeds." : ".", stream);
    if (common != NULL && common[0] != '\0') {
        fprintf(stream, " Otherwise than " RES_PAPER_CITATION ": %s.", common);
    }
}

/* Whether there are too many classes to name each on the axis. */
static bool has_many(const res_picture_choice *choice)
{
    return choice->kind->of_many != NULL && choice->first->K > RES_PICTURE_FEW;
}

static void write_caption(const res_picture_choice *choice, FILE *stream)
{
    const res_picture_kind *kind = choice->kind;
    fputs(kind->about, stream);
    if (kind->write_about != NULL) {
        kind->write_about(choice, stream);
    }
    fprintf(stream, "%s Data: ", has_many(choice) ? kind->of_many : "");
    write_setting(choice, false, stream);
    fputs(": ", stream);
    write_methods(choice, stream);
    if (res_data_is_made_up(choice->first->column)) {
        fputs(" The data are made up, " RES_DATA_MADE_UP ".", stream);
    }
    if (kind->of_probes) {
        fprintf(stream, " Probe: %s.", choice->first->probe);
    }
    if (choice->missing[0] != '\0') {
        fprintf(stream, " Missing: %s.", choice->missing);
    }
    fprintf(stream, "%s%s", kind->reading != NULL ? " " : "", kind->reading != NULL ? kind->reading : "");
}

static void write_subtitle(const res_picture_choice *choice, FILE *stream)
{
    write_setting(choice, true, stream);
    fputs("; ", stream);
    write_seeds(choice, stream);
}

/* Comment lines of at most 118 characters. */
static void write_comment(FILE *stream, const char *text)
{
    enum { WIDTH = 116 };
    while (*text != '\0') {
        int length = (int)strcspn(text, "\n");
        if (length > WIDTH) {
            for (length = WIDTH; length > 0 && text[length] != ' ';) {
                length--;
            }
            length = length > 0 ? length : (int)strcspn(text, " \n");
        }
        fprintf(stream, "# %.*s\n", length, text);
        text += length;
        text += *text == ' ' || *text == '\n';
    }
}

static const char *part(const char *name)
{
    const res_picture_part *p = res_picture_parts;
    while (p->name != NULL && strcmp(p->name, name) != 0) {
        p++;
    }
    assert(p->name != NULL);
    return p->text;
}

/* Writes what stands for each method in the script: its name, colour, marker and dash. */
static void write_looks(const res_picture_choice *choice, FILE *stream)
{
    static const char *const names[] = {"methods", "colours", "markers", "dashes"};
    for (int what = 0; what < 4; what++) {
        fprintf(stream, "%s = '", names[what]);
        for (int64_t i = 0; i < choice->count; i++) {
            const res_look *look = res_look_of(choice->series[i].method);
            fputs(i > 0 ? " " : "", stream);
            if (what < 2) {
                fputs(what == 0 ? look->method : look->colour, stream);
            } else {
                fprintf(stream, "%d", what == 2 ? look->marker : look->dash);
            }
        }
        fputs("'\n", stream);
    }
}

static void write_script(const res_picture_choice *choice, bool plain, const char *caption, const char *subtitle,
                         FILE *stream)
{
    const res_picture_kind *kind = choice->kind;
    fprintf(stream, "# Draws %s.svg and %s.pdf from %s.csv beside it: gnuplot %s.gp (gnuplot 6, written by tailbit).\n",
            kind->name, kind->name, kind->name, kind->name);
    write_comment(stream, caption);
    write_variable(stream, "name", kind->name);
    write_variable(stream, "title", kind->title);
    write_variable(stream, "subtitle", subtitle);
    write_looks(choice, stream);
    const int64_t panels = 24 + kind->panel_width * choice->count;
    fprintf(stream, "width = %lld\nheight = %d\n", (long long)(panels > kind->width ? panels : kind->width),
            kind->height);
    fprintf(stream, "many = %d\nplain = %d\nlegend_rows = %d\n", has_many(choice), plain, kind->legend_rows);
    kind->write_parameters(choice, stream);
    fprintf(stream, "\n%s\n%s\n%s%s", part("style"), kind->legend_rows < 0 ? part("legend") : "", part(kind->body),
            part("end"));
}

/* ---- a figure ------------------------------------------------------------------------------------------------------- */

typedef void (*text_writer)(const res_picture_choice *choice, FILE *stream);

static core_status write_text(const res_picture_choice *choice, text_writer write, core_arena *arena, const char **out)
{
    core_builder text;
    CORE_TRY(core_builder_begin(&text, "a figure"));
    write(choice, text.stream);
    return core_builder_end(&text, CORE_OK, arena, out);
}

static core_status write_texts(const res_picture_choice *choice, bool plain, core_arena *arena, res_picture *picture)
{
    core_builder script;
    const char *caption, *subtitle;
    CORE_TRY(write_text(choice, write_caption, arena, &caption));
    CORE_TRY(write_text(choice, write_subtitle, arena, &subtitle));
    CORE_TRY(write_text(choice, choice->kind->write_csv, arena, &picture->csv));
    CORE_TRY(core_text_escaped(caption, CORE_TEXT_LINE, arena, &picture->caption)); /* it contains names of data sets */
    CORE_TRY(core_text_escaped(choice->not_drawn, CORE_TEXT_LINE, arena, &picture->not_drawn));
    picture->other_count = choice->other_count;
    picture->others = choice->others;
    CORE_TRY(core_builder_begin(&script, "a figure"));
    write_script(choice, plain, picture->caption, subtitle, script.stream);
    return core_builder_end(&script, CORE_OK, arena, &picture->script);
}

core_status res_picture_make(const res_picture_query *query, const res_finished_run *runs, int64_t count,
                             core_arena *arena, res_picture *out)
{
    const res_picture_kind *kind = res_picture_kind_find(query->name);
    if (kind == NULL) {
        return core_fail(CORE_BAD_USAGE, "'%s' is no figure; expected one that `tailbit figure --help` lists",
                         query->name);
    }
    res_picture_choice choice;
    res_picture picture = {.name = kind->name, .title = kind->title};
    CORE_TRY(res_picture_choose(kind, query, runs, count, arena, &choice));
    CORE_TRY(write_texts(&choice, query->plain, arena, &picture));
    for (int64_t s = 0; s < choice.count; s++) {
        picture.run_count += choice.series[s].n;
    }
    *out = picture;
    return CORE_OK;
}
