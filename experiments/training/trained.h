/* experiments/training/trained.h - the network of a finished run, made again from its run file. */
#ifndef EXPERIMENTS_TRAINING_TRAINED_H
#define EXPERIMENTS_TRAINING_TRAINED_H

#include "core/memory.h"
#include "core/status.h"
#include "datasets/dataset.h"
#include "datasets/loader.h"
#include "nn/model.h"
#include "recipes/recipe.h"
#include "results/runs/run_file.h"

/* The network, and the data that it is to see, which need not be those of its training. */
typedef struct {
    xp_recipe recipe; /* the run's; recompute is on, because a network that only evaluates wants no gradients */
    ds_dataset data;
    ds_loader *loader; /* of data */
    nn_model *model;
} xp_trained;

/* Reads the recipe of `run` (RES_CONFIG) from its file at `path`, its view settled as the run's was, and pins the
 * arithmetic to the run's instruction set. CORE_BAD_FILE: this tailbit does not know the configuration. CORE_MACHINE: the
 * CPU lacks the instruction set. */
core_status xp_trained_read(const char *path, const res_run *run, int threads, core_arena *arena,
                            xp_trained *out) CORE_MUST_USE;

/* Loads the data that the run was trained on. `name`: as ds_load takes it; NULL: where the run file says that they lie.
 * Owned by the caller. CORE_BAD_FILE: they are others than the run's, by their SHA-256. Errors as ds_load. */
core_status xp_trained_load(const char *path, const res_run *run, const char *name, const char *data_dir,
                            const ds_view *view, ds_dataset *out) CORE_MUST_USE;

/* Makes network and loader for the data, which are set, with the run's weights (RES_STATE). */
core_status xp_trained_build(const char *path, const res_run *run, xp_trained *trained) CORE_MUST_USE;

/* Frees everything but the recipe; a zeroed one is allowed. */
void xp_trained_free(xp_trained *trained);

#endif
