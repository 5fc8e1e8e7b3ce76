#include "experiments/grid/predict.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/progress.h"
#include "core/quota.h"
#include "core/text.h"
#include "datasets/dataset.h"
#include "experiments/grid/stand_in.h"
#include "experiments/training/evaluation.h"
#include "experiments/training/network.h"
#include "experiments/training/split.h"
#include "experiments/training/training_pass.h"
#include "recipes/recipe.h"

/* Work is counted in images or, of texts, in words. */
typedef struct {
    double train, validation, test; /* of the parts of a cell's data */
    int64_t examples, others;       /* that train; that are evaluated */
    bool stand_in;                  /* the data are not here */
    double load_s;                  /* to load them; 0 if they are not here */
    int64_t absent;                 /* bytes of them that a training would have in memory */
} amounts;

/* What a network takes. */
typedef struct {
    double create_s;              /* to make it */
    double train, evaluate;       /* work per second */
    int64_t memory, tensor_bytes; /* of this process with everything in it; of all tensors */
    int64_t tensors, features, classes;
} demands;

enum { MAX_KNOWN = 256 };

/* Results that cells share if they agree in every option of `role`. */
typedef struct {
    unsigned role;
    int count;
    const xp_options *cells[MAX_KNOWN]; /* one of the cells that share the result; borrowed */
    union {
        amounts amounts; /* XP_PICKS_EXAMPLES */
        demands demands; /* XP_SETS_PACE */
    } of[MAX_KNOWN];
} results;

struct xp_predictor {
    int threads;
    bool recompute;
    const char *data_dir;
    results sizes, paces;
    core_arena arena;
    const xp_options *data_of; /* NULL: `data` is empty */
    double load_s;             /* to load them */
    ds_dataset data;
};

core_status xp_predictor_create(int threads, bool recompute, const char *data_dir, xp_predictor **out)
{
    xp_predictor *predictor;
    CORE_TRY(CORE_NEW(1, "the predictor", predictor));
    predictor->threads = threads;
    predictor->recompute = recompute;
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
    const double start_s = core_progress_now_s();
    CORE_TRY(xp_split_load(recipe, &p->data));
    p->load_s = core_progress_now_s() - start_s;
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

/* Evaluates training examples in order, four batches at a time or as many as train in two seconds, for at least `seconds`. */
static core_status time_evaluation(const xp_pass *pass, double seconds, double trained, double *rate)
{
    const xp_split *split = pass->objective->split;
    const xp_recipe *recipe = pass->objective->recipe;
    const ds_dataset *data = ds_loader_dataset(pass->loader);
    double start_s = core_progress_now_s(), work = 0, elapsed_s = 0;
    const int64_t most = 4 * recipe->batch, two_s = (int64_t)(2 * trained), least = 4 * recipe->shard * recipe->threads;
    const int64_t at_once = data->kind == DS_TEXT || two_s > most ? most : two_s > least ? two_s : least;
    xp_evaluation what = {.loader = pass->loader, .part = &data->train, .shard = recipe->shard};
    for (int64_t begin = 0; elapsed_s < seconds; begin = begin + what.n < split->n ? begin + what.n : 0) {
        int64_t left = split->n - begin;
        what.index = split->index + begin;
        what.n = left < at_once ? left : at_once;
        CORE_TRY(xp_evaluate(pass->model, &what));
        work += work_in(data, what.part, what.index, what.n);
        elapsed_s = core_progress_now_s() - start_s;
    }
    *rate = work / elapsed_s;
    return CORE_OK;
}

static core_status time_pass(xp_pass *pass, demands *out)
{
    const double warm_s = 0.5, train_s = 2.5, evaluate_s = 1.0;
    double ignored;
    CORE_TRY(xp_pass_begin(pass, 0, 0));
    CORE_TRY(time_training(pass, warm_s, &ignored));
    CORE_TRY(time_training(pass, train_s, &out->train));
    return time_evaluation(pass, evaluate_s, out->train, &out->evaluate);
}

/* With the copy of all tensors that a check-point is written from. */
static void count_memory(const nn_model *model, demands *out)
{
    out->tensors = nn_model_tensor_count(model);
    out->features = nn_model_feature_count(model);
    out->classes = nn_model_class_count(model);
    for (int64_t t = 0; t < out->tensors; t++) {
        out->tensor_bytes += nn_model_tensor(model, t).count * (int64_t)sizeof(float);
    }
    out->memory = core_quota_held("VmRSS") + out->tensor_bytes;
}

static core_status measure(const xp_recipe *recipe, const xp_split *split, const ds_dataset *data, core_arena *room,
                           demands *out)
{
    xp_objective objective;
    xp_pass pass;
    ds_loader *loader = NULL;
    nn_model *model = NULL;
    CORE_TRY(xp_objective_create(recipe, split, room, &objective));
    const double start_s = core_progress_now_s();
    core_status status = ds_loader_create(data, recipe->threads, &loader);
    if (status == CORE_OK) {
        status = xp_network_create(recipe, data, split, &model);
    }
    if (status == CORE_OK) {
        status = xp_pass_create(&objective, loader, model, room, &pass);
    }
    if (status == CORE_OK) {
        *out = (demands){.create_s = core_progress_now_s() - start_s};
        status = time_pass(&pass, out);
        count_memory(model, out);
    }
    nn_model_destroy(model);
    ds_loader_destroy(loader);
    return status;
}

/* The index of the cell's result in `known`; known->count if there is none. */
static int find(const results *known, const xp_options *cell)
{
    int i = 0;
    while (i < known->count && !agree(known->cells[i], cell, known->role)) {
        i++;
    }
    return i;
}

static void keep_amounts(xp_predictor *p, const xp_options *cell, amounts found)
{
    if (find(&p->sizes, cell) == p->sizes.count) {
        p->sizes.cells[p->sizes.count] = cell;
        p->sizes.of[p->sizes.count++].amounts = found;
    }
}

static core_status keep_demands(xp_predictor *p, const xp_options *cell, const xp_recipe *recipe, const xp_split *split,
                                const ds_dataset *data, core_arena *room)
{
    if (find(&p->paces, cell) == p->paces.count) {
        demands measured;
        CORE_TRY(measure(recipe, split, data, room, &measured));
        p->paces.cells[p->paces.count] = cell;
        p->paces.of[p->paces.count++].demands = measured;
    }
    return CORE_OK;
}

static core_status learn_from_noise(xp_predictor *p, const xp_options *cell, const xp_recipe *recipe, core_arena *room)
{
    xp_stand_in noise;
    CORE_TRY(xp_stand_in_make(recipe, room, &noise));
    const core_status status = keep_demands(p, cell, &noise.recipe, &noise.split, &noise.data, room);
    ds_destroy(&noise.data);
    CORE_TRY(status);
    keep_amounts(p, cell,
                 (amounts){.train = (double)noise.train,
                           .validation = (double)noise.held_out,
                           .test = (double)noise.test,
                           .examples = noise.train,
                           .others = noise.held_out + noise.test,
                           .stand_in = true,
                           .absent = noise.absent_bytes});
    return CORE_OK;
}

/* Adds the amounts of the cell's data and what its network takes, where they are not known yet. */
static core_status learn(xp_predictor *p, const xp_options *cell, const xp_recipe *recipe, core_arena *room)
{
    xp_split split;
    if (xp_stand_in_is_wanted(&recipe->split)) {
        return learn_from_noise(p, cell, recipe, room);
    }
    CORE_TRY(load_data(p, cell, &recipe->split));
    const ds_dataset *data = &p->data;
    CORE_TRY(xp_split_draw(&recipe->split, data, room, &split));
    CORE_TRY(keep_demands(p, cell, recipe, &split, data, room));
    keep_amounts(p, cell,
                 (amounts){.train = work_in(data, &data->train, split.index, split.n),
                           .validation = work_in(data, &data->train, split.validation_index, split.validation_n),
                           .test = work_in(data, &data->test, NULL, data->test.count),
                           .examples = split.n,
                           .others = split.validation_n + data->test.count,
                           .load_s = p->load_s});
    return CORE_OK;
}

/* How many sets of features a cell's run takes: before the first drop and at the end. */
static int64_t feature_sets(const xp_recipe *recipe, const demands *at)
{
    return xp_recipe_keeps_features(recipe, at->classes) && recipe->schedule.drop_count > 0 ? 2 : 1;
}

/* Bytes of a set of features; 0 where none is kept. */
static int64_t set_bytes(const xp_recipe *recipe, const amounts *of, const demands *at)
{
    return xp_recipe_keeps_features(recipe, at->classes) ? 4 * (of->examples + of->others) * at->features : 0;
}

/* Bytes of a finished run file and its features: tensors, features, logits and the numbers of every epoch (docs/file-format.md); to some per
 * cent, because features are compressed. */
static int64_t file_bytes(const xp_recipe *recipe, const amounts *of, const demands *at)
{
    const bool dense = at->classes <= RES_DENSE_CLASSES;
    const int64_t features = feature_sets(recipe, at) * set_bytes(recipe, of, at);
    const int64_t outputs = of->others * (dense ? 4 * at->classes : 8 * RES_TOP_LOGITS + 20);
    const int64_t epoch = 8 * at->tensors + at->classes * (dense ? 64 : 12);
    const int64_t objects = at->tensors + 60, object = 2800; /* what HDF5 takes beside the numbers */
    return at->tensor_bytes + features + outputs + 16 * of->examples + recipe->epochs * epoch + objects * object;
}

/* Seconds in which run files are written: of all tensors after each epoch, and of everything at the end. */
static double saving_s(const demands *at, int64_t epochs, int64_t disk)
{
    const double bytes_per_s = 80e6;
    return (double)(epochs * at->tensor_bytes + disk) / bytes_per_s;
}

/* Bytes of memory at the end of a run, where it takes most: what stands in the file is there as numbers and as HDF5 writes it, and
 * HDF5 takes some itself (tests/bench/memory.py measures it). */
static int64_t peak_bytes(const amounts *of, const demands *at, int64_t disk)
{
    const int64_t hdf5 = 32 << 20;
    return at->memory + of->absent + 2 * disk + hdf5;
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
    const demands *at = &p->paces.of[find(&p->paces, cell)].demands;
    const double every = (double)recipe->eval_every, sets = (double)feature_sets(recipe, at);
    const int64_t disk = file_bytes(recipe, of, at);
    double epoch_s = of->train / at->train + (of->test + of->validation) / every / at->evaluate;
    *out = (xp_prediction){.seconds = of->load_s + at->create_s + (double)epochs * epoch_s +
                                      sets * of->train / at->evaluate + saving_s(at, epochs, disk),
                           .few_steps = xp_recipe_few_steps(recipe, of->examples),
                           .drops_meet = xp_recipe_meeting_drops(recipe) >= 0,
                           .memory = peak_bytes(of, at, disk),
                           .disk = disk,
                           .stand_in = of->stand_in};
    return CORE_OK;
}

static core_status check(xp_predictor *p, const xp_options *cell, const char *probe, core_arena *room)
{
    xp_recipe recipe;
    xp_split split;
    xp_objective objective;
    CORE_TRY(xp_recipe_resolve(cell, room, &recipe));
    recipe.split.data_dir = p->data_dir;
    if (probe != NULL && strcmp(probe, "at-drop") == 0 && recipe.schedule.drop_count == 0) {
        return core_fail(CORE_BAD_USAGE,
                         "its learning rate never drops, and probe: at-drop asks for the features before a "
                         "drop; expected drops, or probe: at-end");
    }
    if (xp_stand_in_is_wanted(&recipe.split) || ds_find(recipe.split.data, p->data_dir) != CORE_OK) {
        return CORE_OK; /* the job itself says what is missing: others may have their data */
    }
    CORE_TRY(load_data(p, cell, &recipe.split));
    CORE_TRY(xp_split_draw(&recipe.split, &p->data, room, &split));
    CORE_TRY(xp_objective_create(&recipe, &split, room, &objective));
    return probe == NULL || xp_recipe_keeps_features(&recipe, split.K)
               ? CORE_OK
               : core_fail(CORE_BAD_USAGE,
                           "its run file has no features to probe, because it has %s; expected keep_features: true, or "
                           "no probe",
                           CORE_COUNT(split.K, "class"));
}

core_status xp_predictor_check(xp_predictor *predictor, const xp_plan *plan, const char *probe)
{
    bool *checked;
    CORE_TRY(CORE_ARENA_NEW(&predictor->arena, plan->count, "the checked jobs", checked));
    for (int64_t i = 0; i < plan->count; i++) {
        for (int64_t j = i; j < plan->count; j++) { /* with all that have its data, which are then loaded once */
            const xp_cell *cell = plan->cells[j].cell;
            if (checked[j] || !xp_plan_runs(&plan->cells[j]) ||
                !agree(&plan->cells[i].cell->options, &cell->options, XP_PICKS_DATA)) {
                continue;
            }
            core_arena room = {0};
            checked[j] = true;
            const core_status status = check(predictor, &cell->options, probe, &room);
            core_arena_free(&room);
            if (status == CORE_BAD_USAGE) {
                return core_fail(status, "%s: %s; --only and except leave jobs out", cell->stem, core_error_message());
            }
            CORE_TRY(status == CORE_BAD_FILE ? CORE_OK : status);
        }
    }
    return CORE_OK;
}

core_status xp_predict(xp_predictor *predictor, const xp_options *cell, int64_t epochs, xp_prediction *out)
{
    xp_recipe recipe;
    CORE_TRY(xp_recipe_resolve(cell, &predictor->arena, &recipe));
    recipe.threads = predictor->threads;
    recipe.split.data_dir = predictor->data_dir;
    recipe.recompute = predictor->recompute && !recipe.text;
    return predict(predictor, cell, &recipe, epochs, out);
}
