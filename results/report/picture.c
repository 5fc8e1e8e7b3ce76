#include "results/report/picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/builder.h"
#include "core/text.h"
#include "results/report/picture_internal.h"

const char *const res_picture_names[] = {"figure2", "figure3", "figure6", "margins", "bound", NULL};

static bool is_finished(const res_finished_run *run) { return run->E > 0 && run->K > 0; }
static bool has_probe(const res_finished_run *run) { return run->probe_class_error != NULL && run->probe != NULL; }

/* Margins that were never known (a run that diverged) draw nothing. */
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

static const char *const any_run = "`tailbit train` and `tailbit grid table2` make some";

static const res_picture_kind kinds[] = {
    {.name = "figure2",
     .title = "Error by class",
     .about = "Error by class. Left: on the training examples, as the last epoch saw them (augmented, as often as they "
              "were drawn, the network still learning). Right: on the test set after it.",
     .of_many = " Points are classes, lines Bezier curves over them, without the deviation.",
     .reading = "",
     .column = "cifar10/step/100",
     .methods = of_figure2,
     .command = "`tailbit grid figure2 --out DIR` makes those of the paper's figure",
     .shows = is_finished,
     .lacks = "no finished run",
     .most = 6,
     .width = 720,
     .height = 330,
     .write_csv = res_picture_csv_classes,
     .write_parameters = res_picture_parameters_classes},
    {.name = "figure3",
     .title = "Error by epoch",
     .about = "Error by epoch. Left: on the imbalanced training examples, as the epoch saw them. Right: on the "
              "balanced test set. Dotted: the learning rate drops.",
     .reading = "",
     .column = "cifar10/long-tailed/100",
     .methods = of_figure3,
     .command = "`tailbit grid figure3 --out DIR` makes those of the paper's figure",
     .shows = is_finished,
     .lacks = "no finished run",
     .most = 6,
     .width = 720,
     .height = 330,
     .write_csv = res_picture_csv_epochs,
     .write_parameters = res_picture_parameters_epochs},
    {.name = "figure6",
     .title = "Error of a linear probe by class",
     .about = "Error by class of a linear classifier on the network's last-but-one layer before the learning rate "
              "first drops, fitted on a part of the balanced test set and tested on the rest.",
     .of_many = " Points are classes, lines Bezier curves over them, without the deviation.",
     .reading = "",
     .column = "cifar10/step/100",
     .methods = of_figure6,
     .command = "`tailbit grid figure6 --out DIR` trains and probes those of the paper's figure",
     .of_probes = true,
     .shows = has_probe,
     .lacks = "no probe of a finished run's features before the drop, by the paper's protocol",
     .most = 6,
     .width = 480,
     .height = 330,
     .write_csv = res_picture_csv_probes,
     .write_parameters = res_picture_parameters_probes},
    {.name = "margins",
     .title = "Class margins and class sizes",
     .about = "Margins of the training examples by the size of their class: the least of the class, which is the class "
              "margin gamma_j, and the 5 % quantile. Grey: as trained, at a quarter, a half, three quarters and all of "
              "the epochs, the later the darker. Filled: the trained network in evaluation mode. Dashed: the target "
              "C n_j^(-1/4) of a loss that has one.",
     .of_many = " Lines are Bezier curves over the classes.",
     .reading = "Logits are before the scale s. A class whose least margin is not above 0 is not separated. Linear and "
                "cosine heads have logits on other scales: compare classes within a panel, not panels.",
     .methods = of_margins,
     .command = any_run,
     .shows = has_margins,
     .lacks = "no finished run with margins",
     .most = 3,
     .width = 480,
     .panel_width = 232,
     .height = 540,
     .write_csv = res_picture_csv_margins,
     .write_parameters = res_picture_parameters_margins},
    {.name = "bound",
     .title = "The bound of Theorem 1, up to its constants",
     .about =
         "Theorem 1 of Cao et al. 2019 bounds a class's error L_j by about (1/gamma_j) sqrt(C(F)/n_j) + "
         "log n / sqrt(n_j). Triangles: the first term with the measured class margin gamma_j and C(F) = 1; squares: "
         "with the class's 5 % margin quantile in the place of gamma_j. Line: the second term. Circles: the measured "
         "test error. At the top, not separable: the margin is not above 0 (in one of the seeds), and the bound says "
         "nothing.",
     .of_many = "",
     .reading =
         "C(F) and the constants of the theorem are unknown, so only the shape over the classes of one panel means "
         "something: not a height, not whether a point lies above the measured error, and nothing between panels, "
         "whose logits have other scales. The theorem is about the least margin; the quantile, which leaves out 5 % "
         "of the class, is no bound.",
     .methods = of_margins,
     .command = any_run,
     .shows = has_margins,
     .lacks = "no finished run with margins",
     .most = 3,
     .width = 480,
     .panel_width = 232,
     .height = 380,
     .write_csv = res_picture_csv_bound,
     .write_parameters = res_picture_parameters_bound},
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

/* The caption as one line that may stand anywhere: names of data sets are in it. */
static core_status show_caption(core_arena *arena, const char **caption)
{
    char *shown = core_text_escaped(*caption, CORE_TEXT_LINE), *copy;
    core_status status = shown != NULL ? core_arena_strdup(arena, shown, &copy)
                                       : core_fail(CORE_MACHINE, "not enough memory for a figure");
    free(shown);
    CORE_TRY(status);
    *caption = copy;
    return CORE_OK;
}

static core_status write_texts(const res_picture_choice *choice, core_arena *arena, res_picture *picture)
{
    core_builder text;
    CORE_TRY(core_builder_begin(&text, "a figure"));
    res_picture_write_caption(choice, text.stream);
    CORE_TRY(core_builder_end(&text, CORE_OK, arena, &picture->caption));
    CORE_TRY(show_caption(arena, &picture->caption));
    CORE_TRY(core_builder_begin(&text, "a figure"));
    choice->kind->write_csv(choice, text.stream);
    CORE_TRY(core_builder_end(&text, CORE_OK, arena, &picture->csv));
    CORE_TRY(core_builder_begin(&text, "a figure"));
    res_picture_write_script(choice, picture->caption, text.stream);
    return core_builder_end(&text, CORE_OK, arena, &picture->script);
}

static core_status list_paths(const res_picture_choice *choice, core_arena *arena, res_picture *picture)
{
    const char **paths;
    int64_t count = 0;
    for (int64_t s = 0; s < choice->count; s++) {
        count += choice->series[s].n;
    }
    CORE_TRY(CORE_ARENA_NEW(arena, count, "the runs of a figure", paths));
    for (int64_t s = 0; s < choice->count; s++) {
        for (int64_t i = 0; i < choice->series[s].n; i++) {
            paths[picture->run_count++] = choice->series[s].runs[i]->path;
        }
    }
    picture->paths = paths;
    return CORE_OK;
}

core_status res_picture_make(const char *name, const res_finished_run *runs, int64_t count, bool all, core_arena *arena,
                             res_picture *out)
{
    const res_picture_kind *kind = res_picture_kind_find(name);
    if (kind == NULL) {
        return core_fail(CORE_BAD_USAGE, "'%s' is no figure; expected figure2, figure3, figure6, margins or bound",
                         name);
    }
    res_picture_choice choice;
    res_picture picture = {.name = kind->name, .title = kind->title};
    CORE_TRY(res_picture_choose(kind, runs, count, all, arena, &choice));
    CORE_TRY(write_texts(&choice, arena, &picture));
    CORE_TRY(list_paths(&choice, arena, &picture));
    *out = picture;
    return CORE_OK;
}
