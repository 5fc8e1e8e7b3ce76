/* recipes/recipe.h - a completely resolved configuration: what a run does.
 *
 * Source   Cao et al., NeurIPS 2019, Sec. 4 and their released code; for text, which they hardly state, docs/text.md.
 * Maths    events of an E-epoch run, in integers: drops at (160 E)/200 and (180 E)/200, switch at (160 E)/200,
 *          warm-up over W = max((5 E)/200, min(5, E/4)) epochs. Two drops on one epoch both apply. Epochs count from 0.
 */
#ifndef RECIPES_RECIPE_H
#define RECIPES_RECIPE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"
#include "datasets/dataset.h"
#include "imbalance/deferred.h"
#include "imbalance/profile.h"
#include "imbalance/subset.h"
#include "imbalance/weights.h"
#include "nn/context.h"
#include "nn/model.h"
#include "nn/schedule.h"
#include "recipes/methods.h"
#include "recipes/options.h"
#include "recipes/target_set.h"
#include "results/runs/run_file.h"

/* Which examples train. */
typedef struct {
    const char *data;        /* name or path, as ds_load takes it */
    const char *data_dir;    /* NULL: the default rule */
    const char *data_sha256; /* the digest that a user's data must have; NULL: any */
    ds_view view;            /* what of an example the network sees; settled once the data are known */
    bool whole;              /* --imbalance none: every training example, in file order */
    bool removes;            /* --imbalance remove: `removal`, in file order */
    imb_removal removal;
    imb_profile profile; /* otherwise */
    uint32_t split_seed;
    double validation_frac; /* share of every class that is held out, in [0, 1) */
    char advice[192];       /* for the message about a class with too few examples; marks values that are defaults */
} xp_split_recipe;

/* A file of values that a network begins with. */
typedef struct {
    const char *path;             /* NULL: none */
    char sha256[DS_SHA256_BYTES]; /* of its bytes; "": not known; set before xp_recipe_name */
} xp_initial_file;

typedef struct {
    xp_split_recipe split;
    const xp_method *method;
    imb_weighting weights;                       /* IMB_WEIGHTS_PLAIN without re-balancing */
    double beta, scale, max_margin, focal_gamma; /* scale 1 for a linear head */
    xp_target_set test;                          /* the test set for which margins and weights are made */
    imb_schedule balance;                        /* re-balancing and the epoch from which it holds */
    bool text;                                   /* the examples are text and the network is a biLSTM */
    const char *model, *stem;                    /* names of the network and of a ResNet's stem, which may be "auto" */
    bool v1;                                     /* where a bottleneck has its stride (nn/model.h) */
    int64_t norm_group;                          /* --bn-group, likewise */
    int64_t embedding, hidden;                   /* of the biLSTM */
    double dropout;                              /* likewise */
    xp_initial_file glove, init;                 /* of word vectors, for the biLSTM; of all tensors */
    bool fresh_head;                             /* but for the classifier, which is drawn */
    char data_sha256[DS_SHA256_BYTES];           /* of the data, "": not known; set before xp_recipe_name */
    int64_t epochs, batch, shard, groups, eval_every;
    int64_t length_bucket; /* text: batches that are sorted by length together */
    nn_schedule schedule;
    float momentum, weight_decay;
    bool augment;
    bool keep_features; /* of a run with many classes, in files of their own */
    uint64_t seed;
    nn_isa isa;

    /* These change no bit of the results. */
    const char *out; /* the run file; NULL before xp_recipe_choose_out */
    int threads;
    bool recompute;
    xp_interval save_every;

    /* Set by xp_recipe_name. */
    res_config config;
    core_arena *arena; /* owns the recipe's texts */
} xp_recipe;

/* Whether a run with that many classes keeps features, in its file or, of many classes, beside it. */
static inline bool xp_recipe_keeps_features(const xp_recipe *recipe, int64_t classes)
{
    return recipe->keep_features || classes <= RES_DENSE_CLASSES;
}

/* Resolves the options of `split`, the part that picks examples. `out` borrows from `options`. CORE_BAD_USAGE: --data
 * is missing, or a flag that has no effect here. */
core_status xp_split_resolve(const xp_options *options, xp_split_recipe *out) CORE_MUST_USE;

/* Resolves all of a run's options. `out` borrows from `options`, the rest lives in `arena`. CORE_BAD_USAGE, naming the
 * option: --data or --method missing, --batch below --shard, an explicit event at or after the last epoch, a switch at
 * epoch 0, a flag that has no effect with the others (values from --config may have none). */
core_status xp_recipe_resolve(const xp_options *options, core_arena *arena, xp_recipe *out) CORE_MUST_USE;

/* CORE_BAD_USAGE: --batch is below --shard, or --bn-group does not fit to both. */
core_status xp_check_shard(const xp_options *options) CORE_MUST_USE;

/* --isa, and --threads with its default. */
nn_isa xp_isa_of(const xp_options *options);
int xp_threads_of(const xp_options *options);

/* The steps of a whole run on n training images, where they are so few that a method may not have learned by then
 * (docs/your-own-data.md has the evidence); else 0, as for drawn images, which are easy. */
int64_t xp_recipe_few_steps(const xp_recipe *recipe, int64_t n);
extern const char xp_few_steps_advice[]; /* a sentence about them */

/* The file of initial values that an option names; NULL: it names none. */
xp_initial_file *xp_recipe_initial_file(xp_recipe *recipe, xp_option_id id);

/* The epoch, from 0, on which several learning-rate drops fall; -1: each has its own. */
int64_t xp_recipe_meeting_drops(const xp_recipe *recipe);

/* Whether training wants class margins Delta_j. */
bool xp_recipe_has_margins(const xp_recipe *recipe);

#endif
