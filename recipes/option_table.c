/* The table itself, and the constants in its rows. */
#include "recipes/options.h"

#include "datasets/dataset.h"
#include "datasets/picture_import.h"
#include "recipes/methods.h"
#include "recipes/models.h"
#include "recipes/paper.h"
#include "results/runs/metric.h"

#define BIT(verb)   (1u << XP_VERB_##verb)
#define TRAINS      (BIT(TRAIN) | BIT(GRID))
#define TAKES_SPLIT (TRAINS | BIT(SPLIT))
#define APPLIES     (BIT(EVALUATE) | BIT(PREDICT))
#define IN(about)   .group = XP_GROUP_##about
#define MANY        9007199254740992.0 /* 2^53: the whole numbers that a double holds */

static const char *const imbalances[] = {"long-tailed", "step", "remove", "none", NULL};
static const char *const test_imbalances[] = {"long-tailed", "step", NULL};
static const char *const weightings[] = {"effective", "inverse", NULL};
static const char *const augmentations[] = {"crop-flip", "none", NULL};
static const char *const stems[] = {"3x3", "7x7", NULL};
static const char *const bottlenecks[] = {"v1.5", "v1", NULL};
static const char *const initial_heads[] = {"file", "fresh", NULL};
static const char *const precisions[] = {"f32", NULL};
static const char *const known_data[] = {"cifar10",     "cifar100", "imdb",    "tiny_imagenet",
                                         "inaturalist", "shapes",   "reviews", NULL};
static const char *const isas[] = {"avx512", "avx2", NULL};
static const char *const feature_sets[] = {"at-drop", "at-end", NULL};
const char *const xp_table_formats[] = {"text", "markdown", "latex", "csv", "json", NULL};
const char *const xp_table_layouts[] = {"long", "wide", NULL};
#define XP_VERB(id, name) name,
const char *const xp_verb_names[XP_VERB_COUNT] = {
#include "recipes/verbs.def"
};
#define XP_GROUP(id, name) [XP_GROUP_##id] = name,
static const char *const group_names[XP_GROUP_COUNT] = {XP_OPTION_GROUPS};
static const char *const protocols[] = {"paper", "usual", NULL};

#define XP_OPTION(id, ...)            [XP_##id] = {__VA_ARGS__},
#define XP_BIT_OPTION(id, needs, ...) XP_OPTION(id, __VA_ARGS__)
static const xp_option table[XP_OPTION_COUNT] = {
#include "recipes/options.def"
};

const xp_option *xp_option_get(xp_option_id id) { return &table[id]; }

const char *xp_option_group(xp_option_id id) { return group_names[table[id].group]; }

xp_option_id xp_option_listed(int place)
{
    int group = -1, id = XP_OPTION_COUNT - 1;
    for (; place >= 0; place -= table[id].group == (xp_group)group) {
        id = (id + 1) % XP_OPTION_COUNT;
        group += id == 0;
    }
    return (xp_option_id)id;
}

const char *xp_option_key(xp_option_id id) { return table[id].key != NULL ? table[id].key : table[id].name; }

bool xp_option_is(xp_option_id id, unsigned roles) { return (table[id].roles & roles) != 0; }

const char *xp_option_default(xp_option_id id, bool text)
{
    return text && table[id].with_text != NULL ? table[id].with_text : table[id].default_text;
}
