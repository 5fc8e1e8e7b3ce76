#include "experiments/predict.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "datasets/dataset.h"
#include "experiments/bench.h"
#include "experiments/models.h"
#include "experiments/split.h"

/* What a network does on this machine. */
typedef struct {
    xp_bench_config config;
    double train, evaluate; /* images per second */
} speed;

/* How many examples a choice of options has. */
typedef struct {
    const char *options[5]; /* data, imbalance, rho, mu, validation_frac; borrowed from cells */
    int64_t train, validation, test;
} size;

enum { MAX_SPEEDS = 64, MAX_SIZES = 256 };
static const xp_option_id size_options[5] = {XP_DATA, XP_IMBALANCE, XP_RHO, XP_MU, XP_VALIDATION_FRAC};

struct xp_predictor {
    int threads;
    const char *data_dir;
    speed speeds[MAX_SPEEDS];
    int speed_count;
    size sizes[MAX_SIZES];
    int size_count;
    char *data_name; /* of `data`; NULL: none is loaded */
    ds_dataset data;
    core_arena arena;
};

core_status xp_predictor_create(int threads, const char *data_dir, xp_predictor **out)
{
    xp_predictor *predictor;
    CORE_TRY(CORE_NEW(1, "the predictor", predictor));
    predictor->threads = threads;
    predictor->data_dir = data_dir;
    *out = predictor;
    return CORE_OK;
}

void xp_predictor_destroy(xp_predictor *predictor)
{
    if (predictor != NULL) {
        ds_destroy(&predictor->data);
        core_arena_free(&predictor->arena);
        free(predictor);
    }
}

static core_status measure(const xp_bench_config *config, speed *out)
{
    const double warm_s = 0.5, train_s = 2.5, evaluate_s = 1.0;
    xp_bench *bench;
    double ignored;
    speed found = {.config = *config};
    CORE_TRY(xp_bench_create(config, &bench));
    core_status status = xp_bench_train(bench, warm_s, &ignored);
    status = status == CORE_OK ? xp_bench_train(bench, train_s, &found.train) : status;
    status = status == CORE_OK ? xp_bench_evaluate(bench, evaluate_s, &found.evaluate) : status;
    xp_bench_destroy(bench);
    CORE_TRY(status);
    *out = found;
    return CORE_OK;
}

static bool same_config(const xp_bench_config *a, const xp_bench_config *b)
{
    return a->depth == b->depth && a->batch == b->batch && a->shard == b->shard && a->groups == b->groups;
}

static core_status find_speed(xp_predictor *p, const xp_options *cell, speed *out)
{
    xp_bench_config config = {.threads = p->threads,
                              .batch = xp_integer(cell, XP_BATCH),
                              .shard = xp_integer(cell, XP_SHARD),
                              .groups = xp_integer(cell, XP_GROUPS),
                              .depth = xp_model_depth(cell->text[XP_MODEL])};
    for (int i = 0; i < p->speed_count; i++) {
        if (same_config(&p->speeds[i].config, &config)) {
            *out = p->speeds[i];
            return CORE_OK;
        }
    }
    CORE_TRY(measure(&config, out));
    if (p->speed_count < MAX_SPEEDS) {
        p->speeds[p->speed_count++] = *out;
    }
    return CORE_OK;
}

static core_status load_data(xp_predictor *p, const char *name)
{
    if (p->data_name != NULL && strcmp(p->data_name, name) == 0) {
        return CORE_OK;
    }
    ds_destroy(&p->data);
    p->data_name = NULL;
    CORE_TRY(ds_load(name, p->data_dir, NULL, &p->data));
    return core_arena_strdup(&p->arena, name, &p->data_name);
}

static core_status find_size(xp_predictor *p, const xp_options *cell, size *out)
{
    for (int i = 0; i < p->size_count; i++) {
        bool same = true;
        for (int o = 0; o < 5; o++) {
            same = same && strcmp(p->sizes[i].options[o], cell->text[size_options[o]]) == 0;
        }
        if (same) {
            *out = p->sizes[i];
            return CORE_OK;
        }
    }
    xp_split_recipe recipe;
    xp_split split;
    CORE_TRY(load_data(p, cell->text[XP_DATA]));
    CORE_TRY(xp_split_resolve(cell, &recipe));
    CORE_TRY(xp_split_draw(&recipe, &p->data, &split));
    size found = {.train = split.n, .validation = split.validation_n, .test = p->data.test.count};
    for (int o = 0; o < 5; o++) {
        found.options[o] = cell->text[size_options[o]];
    }
    xp_split_free(&split);
    if (p->size_count < MAX_SIZES) {
        p->sizes[p->size_count++] = found;
    }
    *out = found;
    return CORE_OK;
}

core_status xp_predict(xp_predictor *predictor, const xp_options *cell, int64_t epochs, double *out_s)
{
    size examples;
    speed images;
    CORE_TRY(find_size(predictor, cell, &examples));
    CORE_TRY(find_speed(predictor, cell, &images));
    double n = (double)examples.train, N = (double)examples.test, V = (double)examples.validation;
    double every = (double)xp_integer(cell, XP_EVAL_EVERY);
    double epoch_s = n / images.train + (N + V) / every / images.evaluate;
    *out_s = (double)epochs * epoch_s + 2 * n / images.evaluate;
    return CORE_OK;
}
