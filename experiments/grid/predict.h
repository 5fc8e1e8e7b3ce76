/* experiments/grid/predict.h - how long cells will take on this machine, from a few seconds of training.
 *
 * Maths    seconds = load + create + E (n / train + (N + V) / every / evaluate) + s n / evaluate + (E tensors + file) / 80 MB;
 *          load, create: seconds to load the data and to make the network; E epochs that are left, n training examples
 *          of the subset, V held out, N test examples, `every` of --eval-every, s sets of features of the subset: at the
 *          end, and at the first drop of the learning rate where there is one; bytes of all tensors, which are saved
 *          after each epoch, and of the finished run file. train and evaluate: examples per second, measured once for
 *          each data set, network, batch, shard and number of groups. Of texts, whose lengths differ, words are counted
 *          and not examples. Core-seconds = seconds x threads.
 * Saving   80 MB a second, with digest and fsync, is what a Zen 5 server with a virtual disk did.
 */
#ifndef EXPERIMENTS_GRID_PREDICT_H
#define EXPERIMENTS_GRID_PREDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"
#include "experiments/grid/plan.h"
#include "recipes/options.h"

typedef struct xp_predictor xp_predictor;

/* Speeds are measured with `threads`, and of images with or without `recompute`; data_dir as ds_load. Needs nn_start. Owned by the caller: xp_predictor_destroy.
 */
core_status xp_predictor_create(int threads, bool recompute, const char *data_dir, xp_predictor **out) CORE_MUST_USE;
void xp_predictor_destroy(xp_predictor *predictor);

typedef struct {
    double seconds;    /* from its start, or its resumption, to its end */
    int64_t few_steps; /* of the whole run (xp_recipe_few_steps) */
    bool drops_meet;   /* several drops fall on one epoch (xp_recipe_meeting_drops) */
    int64_t memory;    /* bytes of the process that trains it, at its end: as measured, and twice its run file */
    int64_t disk;      /* bytes of its run file, and of its files of features */
    bool stand_in;     /* its data are not here: measured on noise of their size (experiments/grid/stand_in.h) */
} xp_prediction;

/* Whether the cells that would run can be trained on their data, and then probed (`probe`: at-drop, at-end, or NULL).
 * CORE_BAD_USAGE: which cannot, and why. Data that are not here, or damaged, are no reason: the cell itself says so. Each data set
 * is loaded once. */
core_status xp_predictor_check(xp_predictor *predictor, const xp_plan *plan, const char *probe) CORE_MUST_USE;

/* Predicts what a cell takes of which `epochs` epochs are left. Loads the data that the cell needs, if the last cell had
 * others. Fails as ds_load if they are missing and have no stand-in. */
core_status xp_predict(xp_predictor *predictor, const xp_options *cell, int64_t epochs,
                       xp_prediction *out) CORE_MUST_USE;

#endif
