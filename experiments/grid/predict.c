#include "experiments/grid/predict.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/progress.h"
#include "datasets/dataset.h"
#include "experiments/training/evaluation.h"
#include "experiments/training/network.h"
#include "experiments/training/split.h"
#include "experiments/training/training_pass.h"
#include "recipes/recipe.h"

/* Work is counted in images or, of texts, in words. */
typedef struct {
    double train, validation, test; /* of the parts of a cell's data */
    int64_t examples;               /* that train */
} amounts;

typedef struct {
    double train, evaluate; /* work per second */
} speeds;

enum { MAX_KNOWN = 256 };

/* Results that cells share if they agree in every option of `role`. */
typedef struct {
    unsigned role;
    int count;
    const xp_options *cells[MAX_KNOWN]; /* one of the cells that share the result; borrowed */
    union {
        amounts amounts; /* XP_PICKS_EXAMPLES */
        speeds speeds;   /* XP_SETS_PACE */
    } of[MAX_KNOWN];
} memory;

struct xp_predictor {
    int threads;
    const char *data_dir;
    memory sizes, paces;
    core_arena arena;
    const xp_options *data_of; /* NULL: `data` is empty */
    ds_dataset data;
};

core_status xp_predictor_create(int threads, const char *data_dir, xp_predictor **out)
{
    xp_predictor *predictor;
    CORE_TRY(CORE_NEW(1, "the predictor", predictor));
    predictor->threads = threads;
    predictor->data_dir = data_dir;
    predictor->sizes.role = XP_PICKS_EXAMPLES;
    predictor->paces.role = XP_SETS_PACE;
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

/* Whether two cells agree in every option of that role, so that they share a result. */
static bool agree(const xp_options *a, const xp_options *b, unsigned role)
{
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        if (xp_option_is((xp_option_id)id, role) && strcmp(a->text[id], b->text[id]) != 0) {
            return false;
        }
    }
    return true;
}

static core_status load_data(xp_predictor *p, const xp_options *cell, const xp_split_recipe *recipe)
{
    if (p->data_of != NULL && agree(p->data_of, cell, XP_PICKS_DATA)) {
        return p->data.kind == DS_IMAGES ? ds_dataset_set_view(&p->data, &recipe->view) : CORE_OK;
    }
    ds_destroy(&p->data);
    p->data_of = NULL;
    xp_split_recipe own = *recipe;
    own.data_dir = p->data_dir;
    CORE_TRY(xp_split_load(&own, &p->data));
    p->data_of = cell;
    return CORE_OK;
}

/* The work in n examples of a part; index NULL: the first n. */
static double work_in(const ds_dataset *data, const ds_part *part, const int64_t *index, int64_t n)
{
    int64_t words = 0;
    for (int64_t i = 0; data->kind == DS_TEXT && i < n; i++) {
        int64_t length;
        (void)ds_sequence(part, index != NULL ? index[i] : i, &length);
        words += length;
    }
    return (double)(data->kind == DS_TEXT ? words : n);
}

/* Trains for at least `seconds`, over as many epochs as that takes. */
static core_status time_training(xp_pass *pass, double seconds, double *rate)
{
    const xp_split *split = pass->objective->split;
    const ds_dataset *data = ds_loader_dataset(pass->loader);
    double start_s = core_progress_now_s(), work = 0, elapsed_s = 0;
    while (elapsed_s < seconds) {
        int64_t before = xp_pass_done(pass);
        CORE_TRY(xp_pass_step(pass));
        for (int64_t i = before; i < xp_pass_done(pass); i++) {
            work += work_in(data, &data->train, &split->index[pass->order[i]], 1);
        }
        if (pass->step == pass->steps) {
            CORE_TRY(xp_pass_begin(pass, pass->epoch + 1, 0));
        }
        elapsed_s = core_progress_now_s() - start_s;
    }
    *rate = work / elapsed_s;
    return CORE_OK;
}

/* Evaluates training examples in order, four batches at a time, for at least `seconds`. */
static core_status time_evaluation(const xp_pass *pass, double seconds, double *rate)
{
    const xp_split *split = pass->objective->split;
    const xp_recipe *recipe = pass->objective->recipe;
    const ds_dataset *data = ds_loader_dataset(pass->loader);
    double start_s = core_progress_now_s(), work = 0, elapsed_s = 0;
    xp_evaluation what = {.loader = pass->loader, .part = &data->train, .shard = recipe->shard};
    for (int64_t begin = 0; elapsed_s < seconds; begin = begin + what.n < split->n ? begin + what.n : 0) {
        int64_t left = split->n - begin, at_once = 4 * recipe->batch;
        what.index = split->index + begin;
        what.n = left < at_once ? left : at_once;
        CORE_TRY(xp_evaluate(pass->model, &what));
        work += work_in(data, what.part, what.index, what.n);
        elapsed_s = core_progress_now_s() - start_s;
    }
    *rate = work / elapsed_s;
    return CORE_OK;
}

static core_status time_pass(xp_pass *pass, speeds *out)
{
    const double warm_s = 0.5, train_s = 2.5, evaluate_s = 1.0;
    double ignored;
    CORE_TRY(xp_pass_begin(pass, 0, 0));
    CORE_TRY(time_training(pass, warm_s, &ignored));
    CORE_TRY(time_training(pass, train_s, &out->train));
    return time_evaluation(pass, evaluate_s, &out->evaluate);
}

static core_status measure(const xp_recipe *recipe, const xp_split *split, const ds_dataset *data, core_arena *room,
                           speeds *out)
{
    xp_objective objective;
    xp_pass pass;
    ds_loader *loader = NULL;
    nn_model *model = NULL;
    CORE_TRY(xp_objective_create(recipe, split, room, &objective));
    core_status status = ds_loader_create(data, recipe->threads, &loader);
    if (status == CORE_OK) {
        status = xp_network_create(recipe, data, &model);
    }
    if (status == CORE_OK) {
        status = xp_pass_create(&objective, loader, model, room, &pass);
    }
    if (status == CORE_OK) {
        status = time_pass(&pass, out);
    }
    nn_model_destroy(model);
    ds_loader_destroy(loader);
    return status;
}

/* The index of the cell's result in `known`; known->count if there is none. */
static int find(const memory *known, const xp_options *cell)
{
    int i = 0;
    while (i < known->count && !agree(known->cells[i], cell, known->role)) {
        i++;
    }
    return i;
}

/* Adds the amounts of the cell's data and the speeds of its network, where they are not known yet. */
static core_status learn(xp_predictor *p, const xp_options *cell, const xp_recipe *recipe, core_arena *room)
{
    xp_split split;
    CORE_TRY(load_data(p, cell, &recipe->split));
    const ds_dataset *data = &p->data;
    CORE_TRY(xp_split_draw(&recipe->split, data, room, &split));
    const amounts found = {.train = work_in(data, &data->train, split.index, split.n),
                           .validation = work_in(data, &data->train, split.validation_index, split.validation_n),
                           .test = work_in(data, &data->test, NULL, data->test.count),
                           .examples = split.n};
    const int pace = find(&p->paces, cell), size = find(&p->sizes, cell);
    if (pace == p->paces.count) {
        speeds measured;
        CORE_TRY(measure(recipe, &split, data, room, &measured));
        p->paces.cells[p->paces.count] = cell;
        p->paces.of[p->paces.count++].speeds = measured;
    }
    if (size == p->sizes.count) {
        p->sizes.cells[p->sizes.count] = cell;
        p->sizes.of[p->sizes.count++].amounts = found;
    }
    return CORE_OK;
}

static core_status predict(xp_predictor *p, const xp_options *cell, const xp_recipe *recipe, int64_t epochs,
                           xp_prediction *out)
{
    if (find(&p->sizes, cell) == p->sizes.count || find(&p->paces, cell) == p->paces.count) {
        if (p->sizes.count == MAX_KNOWN || p->paces.count == MAX_KNOWN) { /* forget all: rare, and only slower */
            p->sizes.count = p->paces.count = 0;
        }
        core_arena room = {0};
        core_status status = learn(p, cell, recipe, &room);
        core_arena_free(&room);
        CORE_TRY(status);
    }
    const amounts *of = &p->sizes.of[find(&p->sizes, cell)].amounts;
    const speeds *at = &p->paces.of[find(&p->paces, cell)].speeds;
    double every = (double)recipe->eval_every, sets = recipe->schedule.drop_count > 0 ? 2 : 1;
    double epoch_s = of->train / at->train + (of->test + of->validation) / every / at->evaluate;
    *out = (xp_prediction){.seconds = (double)epochs * epoch_s + sets * of->train / at->evaluate,
                           .few_steps = xp_recipe_few_steps(recipe, of->examples),
                           .drops_meet = xp_recipe_meeting_drops(recipe) >= 0};
    return CORE_OK;
}

core_status xp_predict(xp_predictor *predictor, const xp_options *cell, int64_t epochs, xp_prediction *out)
{
    xp_recipe recipe;
    CORE_TRY(xp_recipe_resolve(cell, &predictor->arena, &recipe));
    recipe.threads = predictor->threads;
    return predict(predictor, cell, &recipe, epochs, out);
}
