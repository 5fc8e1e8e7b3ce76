#include "results/runs/run_file.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "core/builder.h"
#include "results/runs/check.h"
#include "results/runs/content.h"
#include "results/runs/run_internal.h"
#include "results/runs/schema.h"

/* clang-format off */
/* ---- what the file holds ----------------------------------------------------------------------------------------------------- */

/* The digest covers neither of them. */
static const res_schema head_schema = {
    .sizes = (const res_size[]){{0, 0}},
    .fields = (const res_field[]){
        RES_ATTRIBUTE("creator", TEXT, res_run, creator),
        RES_ATTRIBUTE("digest", TEXT, res_run, digest),
        RES_FIELDS_END,
    }};

const res_schema res_data_schema = {
    .sizes = (const res_size[]){{0, 0}},
    .fields = (const res_field[]){
        RES_ATTRIBUTE("data/name", TEXT, res_data, name),
        RES_ATTRIBUTE("data/sha256", TEXT, res_data, sha256),
        RES_ATTRIBUTE("data/verified", BOOL, res_data, verified),
        RES_ARRAY("data/class_order", "order of the classes", "1", TEXT, "1", res_data, class_order, .needs = RES_OPTIONAL),
        RES_ARRAY("data/mean", "mean of the channel, which normalises", "1", F32, "3", res_data, mean, .needs = RES_OPTIONAL),
        RES_ARRAY("data/plane", "height and width of an image where they are not 32", "1", I64, "2", res_data, plane, .needs = RES_OPTIONAL),
        RES_ARRAY("data/std", "standard deviation of the channel, which normalises", "1", F32, "3", res_data, std, .needs = RES_OPTIONAL),
        RES_ARRAY("data/planes", "planes of a gray image", "1", I64, "1", res_data, planes, .needs = RES_OPTIONAL),
        RES_FIELDS_END,
    }};

static const res_schema timing_schema = {
    .sizes = (const res_size[]){{'E', offsetof(res_timing, E)}, {0, 0}},
    .fields = (const res_field[]){
        RES_ARRAY("timing/seconds", "wall time of the epoch", "s", F64, "E", res_timing, seconds),
        RES_ARRAY("timing/images_per_s", "training throughput of the epoch", "1/s", F64, "E", res_timing, images_per_s),
        RES_ATTRIBUTE("timing/peak_memory_bytes", I64, res_timing, peak_memory_bytes),
        RES_ATTRIBUTE("timing/begun_s", F64, res_timing, begun_s, .later = true),
        RES_FIELDS_END,
    }};

static const res_schema split_schema = {
    .sizes = (const res_size[]){{'K', offsetof(res_split, K)}, {'n', offsetof(res_split, n)}, {'v', offsetof(res_split, validation_n)}, {0, 0}},
    .fields = (const res_field[]){
        RES_ARRAY("split/class_counts", "training examples of the class", "1", I64, "K", res_split, class_counts),
        RES_ARRAY("split/train_index", "position in the full training set, in the order of the subset", "1", I64, "n", res_split, train_index),
        RES_ATTRIBUTE("split/sha256", TEXT, res_split, sha256),
        RES_ARRAY("split/class_name", "name of the class", "1", TEXT, "K", res_split, class_name, .needs = RES_OPTIONAL),
        RES_ARRAY("split/validation_index", "position in the full training set of a held-out example", "1", I64, "v", res_split, validation_index, .needs = 'v'),
        RES_FIELDS_END,
    }};

const res_schema res_epochs_schema = {
    .sizes = (const res_size[]){{'E', offsetof(res_epochs, E)}, {'K', offsetof(res_epochs, K)}, {'P', offsetof(res_epochs, P)}, {0, 0}},
    .fields = (const res_field[]){
        RES_ATTRIBUTE("epochs/planned", I64, res_epochs, planned),
        RES_ARRAY("epochs/lr", "learning rate", "1", F64, "E", res_epochs, lr),
        RES_ARRAY("epochs/train_loss", "mean training loss, as trained", "nat", F64, "E", res_epochs, train_loss),
        RES_ARRAY("epochs/train_error", "training error, as trained", "1", F64, "E", res_epochs, train_error),
        RES_ARRAY("epochs/test_error", "test error", "1", F64, "E", res_epochs, test_error),
        RES_ARRAY("epochs/test_top5_error", "top-5 test error", "1", F64, "E", res_epochs, test_top5_error),
        RES_ARRAY("epochs/train_class_error", "training error of the class, as trained", "1", F64, "EK", res_epochs, train_class_error, .narrows = true),
        RES_ARRAY("epochs/test_class_error", "test error of the class", "1", F64, "EK", res_epochs, test_class_error, .narrows = true),
        RES_ARRAY("epochs/tensor_name", "name of the tensor", "1", TEXT, "P", res_epochs, tensor_name),
        RES_ARRAY("epochs/tensor_digest", "XXH3-64 of the tensor's bytes at the end of the epoch", "1", U64, "EP", res_epochs, tensor_digest),
        RES_ARRAY("epochs/validation_error", "error on the held-out training examples", "1", F64, "E", res_epochs, validation_error, .needs = RES_OPTIONAL),
        RES_ARRAY("epochs/validation_class_error", "error of the class on the held-out training examples", "1", F64, "EK", res_epochs, validation_class_error, .needs = RES_OPTIONAL, .narrows = true),
        RES_ARRAY("epochs/test_calibration_error", "expected calibration error on the test set", "1", F64, "E", res_epochs, test_calibration_error, .later = true),
        RES_FIELDS_END,
    }};

static const res_schema margins_schema = {
    .sizes = (const res_size[]){{'E', offsetof(res_margins, E)}, {'K', offsetof(res_margins, K)}, {'k', offsetof(res_margins, dense_K)}, {'g', offsetof(res_margins, groups)}, {'Q', offsetof(res_margins, Q)}, {'n', offsetof(res_margins, n)}, {0, 0}},
    .fields = (const res_field[]){
        RES_ARRAY("margins/quantile_level", "level", "1", F64, "Q", res_margins, quantile_level),
        RES_ARRAY("margins/class_min", "least margin of the class, as trained", "logit", F64, "EK", res_margins, class_min, .narrows = true),
        RES_ARRAY("margins/class_quantile", "quantiles of the margins of the class, as trained", "logit", F64, "EkQ", res_margins, class_quantile, .needs = 'k'),
        RES_ARRAY("margins/target", "the loss's margin Delta_j", "logit", F64, "K", res_margins, target, .needs = RES_OPTIONAL),
        RES_ARRAY("margins/margin", "final margin of the training example, in the order of the subset", "logit", F32, "n", res_margins, margin, .needs = 'n'),
        RES_ARRAY("margins/label", "class of the training example", "1", I32, "n", res_margins, label, .needs = 'n'),
        RES_ARRAY("margins/final_class_min", "least final margin of the class", "logit", F64, "K", res_margins, final_class_min, .needs = 'n', .later = true),
        RES_ARRAY("margins/group_quantile", "quantiles of the margins of the many, medium and few classes' examples, as trained", "logit", F64, "EgQ", res_margins, group_quantile, .needs = 'g'),
        RES_FIELDS_END,
    }};

const res_schema res_features_schema = {
    .sizes = (const res_size[]){{'n', offsetof(res_feature_sets, n)}, {'N', offsetof(res_feature_sets, N)}, {'D', offsetof(res_feature_sets, at_drop.D)}, {'d', offsetof(res_feature_sets, at_end.D)}, {0, 0}},
    .fields = (const res_field[]){
        RES_ARRAY("features/train_label", "class of the training example", "1", I32, "n", res_feature_sets, train_label, .needs = 'n'),
        RES_ARRAY("features/test_label", "class of the test example", "1", I32, "N", res_feature_sets, test_label, .needs = 'N'),
        RES_ARRAY("features/at_drop/train", "features of the training examples", "1", F32, "nD", res_feature_sets, at_drop.train, .needs = 'D', .packs = true),
        RES_ARRAY("features/at_drop/test", "features of the test examples", "1", F32, "ND", res_feature_sets, at_drop.test, .needs = 'D', .packs = true),
        RES_ATTRIBUTE("features/at_drop/epoch", I64, res_feature_sets, at_drop.epoch, .needs = 'D'),
        RES_ARRAY("features/at_end/train", "features of the training examples", "1", F32, "nd", res_feature_sets, at_end.train, .needs = 'd', .packs = true),
        RES_ARRAY("features/at_end/test", "features of the test examples", "1", F32, "Nd", res_feature_sets, at_end.test, .needs = 'd', .packs = true),
        RES_ATTRIBUTE("features/at_end/epoch", I64, res_feature_sets, at_end.epoch, .needs = 'd'),
        RES_ARRAY("features/at_drop/digest", "digest of the file that has the features", "1", TEXT, "1", res_feature_sets, at_drop.digest, .needs = RES_OPTIONAL),
        RES_ARRAY("features/at_end/digest", "digest of the file that has the features", "1", TEXT, "1", res_feature_sets, at_end.digest, .needs = RES_OPTIONAL),
        RES_FIELDS_END,
    }};

static const res_schema final_schema = {
    .sizes = (const res_size[]){{'N', offsetof(res_final, N)}, {'K', offsetof(res_final, K)}, {'k', offsetof(res_final, dense_K)}, {'T', offsetof(res_final, T)}, {'p', offsetof(res_final, pair_count)}, {0, 0}},
    .fields = (const res_field[]){
        RES_ARRAY("final/logits", "logits of the test examples, before the scale s", "logit", F32, "Nk", res_final, logits, .needs = 'k'),
        RES_ARRAY("final/label", "class of the test example", "1", I32, "N", res_final, label),
        RES_ARRAY("final/confusion", "test examples by true class (row) and predicted class (column)", "1", I64, "kk", res_final, confusion, .needs = 'k'),
        RES_ARRAY("final/class_error", "test error of the class", "1", F64, "K", res_final, class_error),
        RES_ARRAY("final/top_label", "classes of the largest logits, the largest first", "1", I32, "NT", res_final, top_label, .needs = 'T'),
        RES_ARRAY("final/top_logit", "the largest logits of the test example, before the scale s", "logit", F32, "NT", res_final, top_logit, .needs = 'T'),
        RES_ARRAY("final/own_logit", "logit of the true class, before the scale s", "logit", F32, "N", res_final, own_logit, .needs = 'T'),
        RES_ARRAY("final/rank", "classes that stand before the true one by their logits", "1", I32, "N", res_final, rank, .needs = 'T'),
        RES_ARRAY("final/pairs", "true class, predicted class, test examples", "1", I64, "p3", res_final, pairs, .needs = 'p'),
        RES_FIELDS_END,
    }};

/* Values of the last and of the best epoch, side by side: offsets in res_summary, each of 8 bytes. */
static const res_schema summary_schema = {
    .sizes = (const res_size[]){{0, 0}},
    .fields = (const res_field[]){
        RES_ARRAY("final/epoch", "epoch", "1", I64, "2", res_summary, epoch),
        RES_ARRAY("final/error", "test error", "1", F64, "2", res_summary, error),
        RES_ARRAY("final/balanced_error", "mean of the classes' test errors", "1", F64, "2", res_summary, balanced_error),
        RES_ARRAY("final/many_error", "mean test error of the classes with many examples", "1", F64, "2", res_summary, many_error),
        RES_ARRAY("final/medium_error", "mean test error of the classes between many and few", "1", F64, "2", res_summary, medium_error),
        RES_ARRAY("final/few_error", "mean test error of the classes with few examples", "1", F64, "2", res_summary, few_error),
        RES_ARRAY("final/top5_error", "top-5 test error", "1", F64, "2", res_summary, top5_error, .later = true),
        RES_ARRAY("final/worst_class_error", "largest of the classes' test errors", "1", F64, "2", res_summary, worst_class_error, .later = true),
        RES_ARRAY("final/geometric_mean_recall", "geometric mean of the classes' recalls", "1", F64, "2", res_summary, geometric_mean_recall, .later = true),
        RES_ARRAY("final/calibration_error", "expected calibration error on the test set", "1", F64, "2", res_summary, calibration_error, .later = true),
        RES_ARRAY("final/worst_class", "class with the largest test error", "1", I64, "2", res_summary, worst_class, .later = true),
        RES_FIELDS_END,
    }};

const res_schema *const res_run_schemas[] = {&res_data_schema, &timing_schema, &split_schema,   &res_epochs_schema, &margins_schema,
                                             &res_features_schema, &final_schema,  &summary_schema, NULL};
/* clang-format on */

bool res_run_finished(const res_run *run)
{
    return run->epochs.planned > 0 && run->epochs.E == run->epochs.planned && run->final.N > 0;
}

bool res_run_diverged(const res_run *run, char *why, size_t bytes)
{
    for (int64_t e = 0; e < run->epochs.E; e++) {
        if (!isfinite(run->epochs.train_loss[e])) {
            snprintf(why, bytes, "the loss of epoch %" PRId64 " is no number (%s)", e + 1,
                     isnan(run->epochs.train_loss[e]) ? "NaN" : "infinite");
            return true;
        }
    }
    for (int64_t i = 0; i < run->final.N * run->final.dense_K; i++) {
        if (!isfinite(run->final.logits[i])) {
            snprintf(why, bytes, "a logit of its last epoch is no number (%s)",
                     isnan(run->final.logits[i]) ? "NaN" : "infinite");
            return true;
        }
    }
    return false;
}

core_status res_run_reserve(res_run *run, int64_t rows, core_arena *arena)
{
    assert(rows >= run->epochs.E && rows >= run->margins.E && rows >= run->timing.E);
    CORE_TRY(res_schema_reserve(&res_epochs_schema, rows, run->epochs.has_validation, arena, &run->epochs));
    CORE_TRY(res_schema_reserve(&margins_schema, rows, true, arena, &run->margins));
    return res_schema_reserve(&timing_schema, rows, true, arena, &run->timing);
}

const res_array *res_state_find(const res_state *state, const char *name)
{
    for (int64_t i = 0; i < state->count; i++) {
        if (strcmp(state->arrays[i].name, name) == 0) {
            return &state->arrays[i];
        }
    }
    return NULL;
}

/* ---- writing --------------------------------------------------------------------------------------------------------- */

core_status res_write_config(core_h5 *file, const res_config *config)
{
    CORE_TRY(core_h5_write_group(file, "config"));
    const core_h5_shape shape = core_h5_shape0(CORE_H5_TEXT);
    const core_h5_about about = {.long_name = "configuration, resolved with its defaults, as YAML", .units = "1"};
    CORE_TRY(core_h5_write(file, "config/yaml", &shape, &config->yaml, &about));
    return res_options_write(file, "config", &config->options);
}

static core_status write_head(core_h5 *file, const res_run *run)
{
    CORE_TRY(core_h5_set_text(file, "", "format", RES_FORMAT));
    CORE_TRY(core_h5_set_i64(file, "", "schema", RES_SCHEMA));
    CORE_TRY(core_h5_set_text(file, "", "creator", run->creator));
    CORE_TRY(res_write_config(file, &run->config));
    return res_schema_write(file, &res_data_schema, &run->data, false);
}

static core_status write_env(core_h5 *file, const res_env *env)
{
    CORE_TRY(core_h5_write_group(file, "env"));
    for (int64_t i = 0; i < env->count; i++) {
        char path[32];
        snprintf(path, sizeof path, "env/start-%04" PRId64, i);
        CORE_TRY(core_h5_write_group(file, path));
        CORE_TRY(res_options_write(file, path, &env->starts[i]));
    }
    return CORE_OK;
}

static core_status write_final(core_h5 *file, const res_final *f)
{
    static const char *const which[2] = {"last", "best"};
    static const res_field which_field = {.path = "final/which",
                                          .long_name = "which epoch: the last, or the one with the least test error",
                                          .units = "1",
                                          .type = CORE_H5_TEXT,
                                          .shape = "2"};
    CORE_TRY(res_schema_write(file, &final_schema, f, false));
    CORE_TRY(res_field_write(file, &summary_schema, &which_field, NULL, which, false));
    for (const res_field *field = summary_schema.fields; field->path != NULL; field++) {
        int64_t both[2]; /* or doubles */
        memcpy(&both[0], (const char *)&f->last + field->offset, sizeof both[0]);
        memcpy(&both[1], (const char *)&f->best + field->offset, sizeof both[1]);
        CORE_TRY(res_field_write(file, &summary_schema, field, NULL, both, false));
    }
    return CORE_OK;
}

static core_status write_state(core_h5 *file, const res_state *state)
{
    if (state->count == 0) {
        return CORE_OK;
    }
    CORE_TRY(core_h5_write_group(file, "state"));
    CORE_TRY(core_h5_set_i64(file, "state", "epoch", state->epoch));
    CORE_TRY(core_h5_set_i64(file, "state", "step", state->step));
    for (int64_t i = 0; i < state->count; i++) {
        const res_array *array = &state->arrays[i];
        char path[512];
        const int length = snprintf(path, sizeof path, "state/%s", array->name);
        assert(length > 0 && (size_t)length < sizeof path);
        const core_h5_about about = {.long_name = array->name, .units = "1"};
        CORE_TRY(core_h5_write(file, path, &array->shape, array->data, &about));
    }
    return CORE_OK;
}

core_status res_write_checks(core_h5 *file, core_status (*write)(core_h5 *file, core_arena *arena, FILE *lines))
{
    core_builder lines;
    core_arena arena = {0};
    const char *text = NULL;
    CORE_TRY(core_builder_begin(&lines, "checksums"));
    core_status status = core_builder_end(&lines, write(file, &arena, lines.stream), &arena, &text);
    if (status == CORE_OK) {
        status = core_h5_set_text(file, "", RES_CHECK, text);
    }
    core_arena_free(&arena);
    return status;
}

/* Uses the readers of the parts, below. */
static core_status write_run_checks(core_h5 *file, core_arena *arena, FILE *lines);

static bool has_features(const res_features *set) { return set->D > 0 || set->digest != NULL; }

static core_status write_run(core_h5 *file, const res_run *run)
{
    CORE_TRY(write_head(file, run));
    CORE_TRY(write_env(file, &run->env));
    CORE_TRY(res_write_scale(file, RES_EPOCH_SCALE, "epoch", run->epochs.E));
    if (run->split.K > 0) {
        CORE_TRY(res_write_scale(file, RES_CLASS_SCALE, "class", run->split.K));
        CORE_TRY(res_schema_write(file, &split_schema, &run->split, false));
    }
    CORE_TRY(res_schema_write(file, &timing_schema, &run->timing, false));
    CORE_TRY(res_schema_write(file, &res_epochs_schema, &run->epochs, false));
    if (run->margins.K > 0) {
        CORE_TRY(res_schema_write(file, &margins_schema, &run->margins, false));
    }
    if (has_features(&run->features.at_drop) || has_features(&run->features.at_end)) {
        CORE_TRY(res_schema_write(file, &res_features_schema, &run->features, res_run_finished(run)));
    }
    if (run->final.N > 0) {
        CORE_TRY(write_final(file, &run->final));
    }
    CORE_TRY(write_state(file, &run->state));
    char digest[CORE_HASH_HEX_MAX];
    CORE_TRY(res_content_digest(file, digest));
    CORE_TRY(core_h5_set_text(file, "", "digest", digest));
    return res_write_checks(file, write_run_checks);
}

core_status res_run_check(const char *path) { return core_h5_check(path, RES_FORMAT); }

core_status res_run_save(const res_run *run, const char *path)
{
    assert(run->creator != NULL && run->config.yaml != NULL && run->data.name != NULL && run->data.sha256 != NULL);
    assert(run->margins.K == 0 || run->margins.E == run->epochs.E);
    assert(run->split.K == 0 || ((run->epochs.E == 0 || run->epochs.K == run->split.K) &&
                                 (run->margins.K == 0 || run->margins.K == run->split.K) &&
                                 (run->final.N == 0 || run->final.K == run->split.K)));
    core_h5 *file = NULL;
    CORE_TRY(core_h5_create(path, &file));
    core_status status = write_run(file, run);
    if (status == CORE_OK) {
        status = core_h5_save(file, path);
    }
    core_h5_close(file);
    return status;
}

/* ---- reading --------------------------------------------------------------------------------------------------------- */

core_status res_load_config(core_h5 *file, core_arena *arena, res_config *out)
{
    core_h5_value yaml = {.shape = core_h5_shape0(CORE_H5_TEXT)};
    CORE_TRY(core_h5_load(file, "config/yaml", arena, &yaml));
    out->yaml = *(char **)yaml.data;
    return res_options_load(file, "config", arena, &out->options);
}

static core_status load_config(core_h5 *file, core_arena *arena, res_run *run)
{
    return res_load_config(file, arena, &run->config);
}

static core_status load_env(core_h5 *file, core_arena *arena, res_run *run)
{
    core_names starts = {0};
    CORE_TRY(core_h5_list(file, "env", arena, &starts));
    res_options *rows = NULL;
    CORE_TRY(CORE_ARENA_NEW(arena, starts.count, "the starts of a run", rows));
    for (int64_t i = 0; i < starts.count; i++) {
        CORE_TRY(res_options_load(file, starts.names[i], arena, &rows[i]));
    }
    run->env = (res_env){.count = starts.count, .starts = rows};
    return CORE_OK;
}

static core_status load_summaries(core_h5 *file, core_arena *arena, res_run *run)
{
    for (const res_field *field = summary_schema.fields; field->path != NULL; field++) {
        void *both = NULL;
        CORE_TRY(res_field_load(file, &summary_schema, field, NULL, arena, &both));
        memcpy((char *)&run->final.last + field->offset, both, sizeof(int64_t));
        memcpy((char *)&run->final.best + field->offset, (const int64_t *)both + 1, sizeof(int64_t));
    }
    return CORE_OK;
}

static core_status load_state(core_h5 *file, core_arena *arena, res_run *run)
{
    res_state *state = &run->state;
    CORE_TRY(core_h5_get_i64(file, "state", "epoch", &state->epoch));
    CORE_TRY(core_h5_get_i64(file, "state", "step", &state->step));
    core_names names = {0};
    CORE_TRY(core_h5_list(file, "state", arena, &names));
    res_array *arrays = NULL;
    CORE_TRY(CORE_ARENA_NEW(arena, names.count, "the state of a run", arrays));
    for (int64_t i = 0; i < names.count; i++) {
        core_h5_kind kind = CORE_H5_NOTHING;
        core_h5_value value = {0};
        CORE_TRY(core_h5_look(file, names.names[i], &kind, &value.shape));
        if (kind == CORE_H5_DATASET) {
            CORE_TRY(core_h5_load(file, names.names[i], arena, &value));
            arrays[state->count++] = (res_array){names.names[i] + strlen("state/"), value.shape, value.data};
        }
    }
    state->arrays = arrays;
    return CORE_OK;
}

/* A part of the file. It is absent where its group is absent; the group is also its name among the checksums. Features
 * and state have no checksum, since only readers of the whole file read them. */
typedef struct {
    int part;
    bool always;     /* it is never absent */
    bool is_checked; /* it has a checksum of its own */
    bool is_content; /* the digest covers it */
    const char *group;
    const res_schema *schema; /* for the struct at `offset` in res_run; NULL: only `load` reads */
    size_t offset;
    core_status (*load)(core_h5 *file, core_arena *arena, res_run *run); /* NULL: only the schema reads */
} loader;

static const loader loaders[] = {
    {RES_CONFIG, true, true, true, "config", NULL, 0, load_config},
    {RES_DATA, true, true, true, "data", &res_data_schema, offsetof(res_run, data), NULL},
    {RES_ENV, true, true, false, "env", NULL, 0, load_env},
    {RES_TIMING, true, true, false, "timing", &timing_schema, offsetof(res_run, timing), NULL},
    {RES_SPLIT, false, true, true, "split", &split_schema, offsetof(res_run, split), NULL},
    {RES_EPOCHS, true, true, true, "epochs", &res_epochs_schema, offsetof(res_run, epochs), NULL},
    {RES_MARGINS, false, true, true, "margins", &margins_schema, offsetof(res_run, margins), NULL},
    {RES_FEATURES, false, false, true, "features", &res_features_schema, offsetof(res_run, features), NULL},
    {RES_FINAL, false, true, true, "final", &final_schema, offsetof(res_run, final), load_summaries},
    {RES_STATE, false, false, true, "state", NULL, 0, load_state},
};
enum { LOADERS = sizeof loaders / sizeof *loaders };
static const loader head = {0, true, true, false, "head", &head_schema, 0, NULL};

/* The argument of load_group: which part to read, and into which run. */
typedef struct {
    const loader *loader;
    res_run *run;
} group;

static core_status load_group(core_h5 *file, core_hash *hash, core_arena *arena, void *part)
{
    (void)hash;
    const group *g = part;
    const loader *l = g->loader;
    if (l->schema != NULL) {
        CORE_TRY(res_schema_load(file, l->schema, arena, (char *)g->run + l->offset));
    }
    return l->load != NULL ? l->load(file, arena, g->run) : CORE_OK;
}

static core_status is_part_there(core_h5 *file, const loader *l, bool *out)
{
    *out = true;
    return l->always ? CORE_OK : res_is_there(file, l->group, out);
}

/* An open run file, and what is verified of it. */
typedef struct {
    core_h5 *file;
    const char *path;
    const char *lines; /* results/runs/check.h; NULL: none */
    bool trusts;       /* check nothing */
    bool is_verified;  /* the digest was right */
} reading;

/* Checks the digest, once. Where a checksum is wrong, the part may be right and the checksum damaged. */
static core_status verify(reading *r)
{
    if (!r->is_verified) {
        CORE_TRY(res_content_verify(r->file, r->path));
        r->is_verified = true;
    }
    return CORE_OK;
}

/* hex: the checksum of what was read, "" where the part is absent. */
static core_status check_part(reading *r, const loader *l, const char *hex)
{
    const bool right = r->lines != NULL &&
                       (hex[0] != '\0' ? res_check_holds(r->lines, l->group, hex) : !res_check_has(r->lines, l->group));
    if (right || r->trusts) {
        return CORE_OK;
    }
    if (!l->is_content) { /* the digest does not cover it, so in an older file nothing does */
        return r->lines != NULL ? res_check_fail(r->file, l->group) : CORE_OK;
    }
    return verify(r);
}

static core_status load_part(reading *r, const loader *l, core_arena *arena, res_run *run)
{
    bool there = true;
    char hex[CORE_HASH_HEX_MAX] = "";
    group g = {l, run};
    CORE_TRY(is_part_there(r->file, l, &there));
    if (!l->is_checked) {
        return there ? load_group(r->file, NULL, arena, &g) : CORE_OK;
    }
    if (there) {
        CORE_TRY(res_check_read(r->file, load_group, arena, &g, hex));
    }
    return check_part(r, l, hex);
}

static core_status load_parts(reading *r, int parts, core_arena *arena, res_run *run)
{
    CORE_TRY(res_check_lines(r->file, arena, &r->lines));
    if ((parts & (RES_FEATURES | RES_STATE)) != 0 && !r->trusts) {
        CORE_TRY(verify(r));
    }
    CORE_TRY(load_part(r, &head, arena, run));
    for (int i = 0; i < LOADERS; i++) {
        if ((parts & loaders[i].part) != 0) {
            CORE_TRY(load_part(r, &loaders[i], arena, run));
        }
    }
    return CORE_OK;
}

static core_status load_run(const char *path, int parts, bool trusts, core_arena *arena, res_run *out)
{
    core_h5 *file = NULL;
    CORE_TRY(res_content_open(path, &file));
    res_run run = {0};
    reading r = {.file = file, .path = path, .trusts = trusts};
    core_status status = load_parts(&r, parts, arena, &run);
    run.epochs.has_validation = run.epochs.validation_error != NULL;
    if (status == CORE_OK) {
        status = res_check_run(path, &run, parts);
    }
    core_h5_close(file);
    if (status == CORE_OK) {
        *out = run;
    }
    return status;
}

core_status res_run_load(const char *path, int parts, core_arena *arena, res_run *out)
{
    return load_run(path, parts, false, arena, out);
}

core_status res_run_load_as_it_is(const char *path, int parts, core_arena *arena, res_run *out)
{
    return load_run(path, parts, true, arena, out);
}

core_status res_run_verify(const char *path)
{
    core_h5 *file = NULL;
    CORE_TRY(res_content_open(path, &file));
    core_status status = res_content_verify(file, path);
    core_h5_close(file);
    return status;
}

static core_status write_check(core_h5 *file, const loader *l, core_arena *arena, FILE *lines)
{
    bool there = false;
    res_run run = {0};
    group g = {l, &run};
    CORE_TRY(is_part_there(file, l, &there));
    return there && l->is_checked ? res_check_write(file, l->group, load_group, arena, &g, lines) : CORE_OK;
}

static core_status write_run_checks(core_h5 *file, core_arena *arena, FILE *lines)
{
    CORE_TRY(write_check(file, &head, arena, lines));
    for (int i = 0; i < LOADERS; i++) {
        CORE_TRY(write_check(file, &loaders[i], arena, lines));
    }
    return res_glance_write_check(file, arena, lines);
}
