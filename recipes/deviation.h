/* recipes/deviation.h - the differences of a run from the paper, and the options that the paper leaves open.
 *
 * Source   the paper's recipe is the one that `tailbit train` has without options (recipes/recipe.h), with the
 *          table's network; for the data of Tables 3 and 4 with the table's own options (recipes/paper.h). For text the paper states the network, Adam, and which examples train, and leaves all the
 *          rest of that recipe open.
 */
#ifndef RECIPES_DEVIATION_H
#define RECIPES_DEVIATION_H

#include <stdbool.h>

#include "core/memory.h"
#include "core/status.h"
#include "results/runs/run_file.h"

typedef struct {
    /* "epochs 20 instead of 200, learning-rate drops and switch in proportion, model resnet8 instead of resnet32";
     * "": none */
    const char *text;
    int64_t distance; /* number of options in `text`; learning-rate drops and switch in proportion do not count */
    /* epochs, model, classes, mu, the removed class and the test set in mind are the paper's: a difference to its errors
     * says something of the methods */
    bool comparable;
    /* Those in effect: weights (deferred), beta, scale, max_margin (one for all), focal_gamma, switch, test_order, stem (3x3
     * or 7x7), bottleneck, class_order, what a table of the paper has beside (recipes/paper.c), and for text what a run has
     * of vocabulary, max_length, embedding, hidden, dropout, epochs, batch, lr. */
    res_options open;
} xp_deviation;

/* The epochs of the paper's recipe for data of that name; without one, the default of train. */
const char *xp_deviation_paper_epochs(const char *data, bool text);

/* Compares a run (RES_CONFIG | RES_DATA, and RES_SPLIT for the number of its classes) with the paper's recipe for its
 * data, imbalance, rho and method with `model`.
 * test_order: the class order of a table's known test set, for methods that it changes; -1: none is known.
 * Options that change bits but no recipe (isa, shard, gradient_groups, eval_every, keep_features) do not count. Memory
 * belongs to the
 * arena, but the values of `open` to the run. CORE_BAD_FILE: a configuration that this tailbit does not know. */
core_status xp_deviation_of(const res_run *run, const char *model, int64_t test_order, core_arena *arena,
                            xp_deviation *out) CORE_MUST_USE;

#endif
