#include "results/runs/run_file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "results/runs/check.h"
#include "results/runs/content.h"
#include "results/runs/run_internal.h"

core_status res_load_all(core_h5 *file, core_arena *arena, const res_wanted *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        core_h5_value value = {.shape = list[i].shape};
        CORE_TRY(core_h5_load(file, list[i].path, arena, &value));
        memcpy(list[i].out, &value.data, sizeof value.data);
    }
    return CORE_OK;
}

core_status res_is_there(core_h5 *file, const char *path, bool *out)
{
    core_h5_kind kind = CORE_H5_NOTHING;
    CORE_TRY(core_h5_look(file, path, &kind, NULL));
    *out = kind != CORE_H5_NOTHING;
    return CORE_OK;
}

/* The length of dimension d of the dataset at `path`, of which `rank` dimensions are expected. */
core_status res_get_dim(core_h5 *file, const char *path, int rank, int d, int64_t *out)
{
    core_h5_kind kind = CORE_H5_NOTHING;
    core_h5_shape shape = {0};
    CORE_TRY(core_h5_look(file, path, &kind, &shape));
    if (kind != CORE_H5_DATASET || shape.rank != rank) {
        return core_fail(CORE_BAD_FILE, "%s: /%s is missing or has %d dimensions, expected a dataset with %d",
                         core_h5_name(file), path, shape.rank, rank);
    }
    *out = shape.dims[d];
    return CORE_OK;
}

/* As res_load_all for one dataset of doubles that an older tailbit did not write: NaN where it is absent. */
core_status res_load_or_nan(core_h5 *file, core_arena *arena, const char *path, int64_t count, double **out)
{
    bool there = false;
    CORE_TRY(res_is_there(file, path, &there));
    if (there) {
        const res_wanted known = {path, core_h5_shape1(CORE_H5_F64, count), out};
        return res_load_all(file, arena, &known, 1);
    }
    double *unknown = NULL;
    CORE_TRY(CORE_ARENA_NEW(arena, count, path, unknown));
    for (int64_t i = 0; i < count; i++) {
        unknown[i] = (double)NAN;
    }
    *out = unknown;
    return CORE_OK;
}

static core_status load_options(core_h5 *file, const char *path, core_arena *arena, res_options *out)
{
    core_h5_names names = {0};
    CORE_TRY(core_h5_attributes(file, path, arena, &names));
    res_option *items = NULL;
    CORE_TRY(CORE_ARENA_NEW(arena, names.count, "options", items));
    for (int64_t i = 0; i < names.count; i++) {
        core_h5_value value = {0};
        CORE_TRY(core_h5_get(file, path, names.names[i], arena, &value));
        items[i] = (res_option){.key = names.names[i], .type = value.shape.type};
        switch (value.shape.rank == 0 ? value.shape.type : CORE_H5_FOREIGN) {
        case CORE_H5_TEXT:
            items[i].text = *(char **)value.data;
            break;
        case CORE_H5_I64:
            items[i].integer = *(int64_t *)value.data;
            break;
        case CORE_H5_F64:
            items[i].real = *(double *)value.data;
            break;
        case CORE_H5_BOOL:
            items[i].truth = *(bool *)value.data;
            break;
        default:
            return core_fail(
                CORE_BAD_FILE, "%s: attribute %s of /%s is %s of rank %d, expected one text, i64, f64 or bool",
                core_h5_name(file), names.names[i], path, core_h5_type_name(value.shape.type), value.shape.rank);
        }
    }
    *out = (res_options){.count = names.count, .items = items};
    return CORE_OK;
}

core_status res_load_config(core_h5 *file, core_arena *arena, res_config *out)
{
    core_h5_value yaml = {.shape = core_h5_shape0(CORE_H5_TEXT)};
    CORE_TRY(core_h5_load(file, "config/yaml", arena, &yaml));
    out->yaml = *(char **)yaml.data;
    return load_options(file, "config", arena, &out->options);
}

core_status res_load_data(core_h5 *file, core_arena *arena, res_data *out)
{
    char *name = NULL, *sha256 = NULL;
    CORE_TRY(core_h5_get_text(file, "data", "name", arena, &name));
    CORE_TRY(core_h5_get_text(file, "data", "sha256", arena, &sha256));
    out->name = name;
    out->sha256 = sha256;
    CORE_TRY(core_h5_get_bool(file, "data", "verified", &out->verified));
    bool there = false;
    CORE_TRY(res_is_there(file, "data/mean", &there));
    if (!there) {
        return CORE_OK;
    }
    const core_h5_shape channels = core_h5_shape1(CORE_H5_F32, RES_CHANNELS);
    const res_wanted list[] = {{"data/mean", channels, &out->mean}, {"data/std", channels, &out->std}};
    return RES_LOAD(file, arena, list);
}

static core_status load_config(core_h5 *file, core_arena *arena, res_run *run)
{
    return res_load_config(file, arena, &run->config);
}

static core_status load_data(core_h5 *file, core_arena *arena, res_run *run)
{
    return res_load_data(file, arena, &run->data);
}

static core_status load_env(core_h5 *file, core_arena *arena, res_run *run)
{
    core_h5_names starts = {0};
    CORE_TRY(core_h5_list(file, "env", arena, &starts));
    res_options *rows = NULL;
    CORE_TRY(CORE_ARENA_NEW(arena, starts.count, "the starts of a run", rows));
    for (int64_t i = 0; i < starts.count; i++) {
        CORE_TRY(load_options(file, starts.names[i], arena, &rows[i]));
    }
    run->env = (res_env){.count = starts.count, .starts = rows};
    return CORE_OK;
}

static core_status load_timing(core_h5 *file, core_arena *arena, res_run *run)
{
    res_timing *t = &run->timing;
    CORE_TRY(res_get_dim(file, "timing/seconds", 1, 0, &t->E));
    const core_h5_shape epochs = core_h5_shape1(CORE_H5_F64, t->E);
    const res_wanted list[] = {{"timing/seconds", epochs, &t->seconds},
                               {"timing/images_per_s", epochs, &t->images_per_s}};
    CORE_TRY(RES_LOAD(file, arena, list));
    return core_h5_get_i64(file, "timing", "peak_memory_bytes", &t->peak_memory_bytes);
}

static core_status load_split(core_h5 *file, core_arena *arena, res_run *run)
{
    res_split *s = &run->split;
    CORE_TRY(res_get_dim(file, "split/class_counts", 1, 0, &s->K));
    CORE_TRY(res_get_dim(file, "split/train_index", 1, 0, &s->n));
    const res_wanted list[] = {
        {"split/class_counts", core_h5_shape1(CORE_H5_I64, s->K), &s->class_counts},
        {"split/train_index", core_h5_shape1(CORE_H5_I64, s->n), &s->train_index},
    };
    CORE_TRY(RES_LOAD(file, arena, list));
    char *sha256 = NULL;
    CORE_TRY(core_h5_get_text(file, "split", "sha256", arena, &sha256));
    s->sha256 = sha256;
    bool there = false;
    CORE_TRY(res_is_there(file, "split/class_name", &there));
    if (there) {
        const res_wanted names = {"split/class_name", core_h5_shape1(CORE_H5_TEXT, s->K), &s->class_name};
        CORE_TRY(res_load_all(file, arena, &names, 1));
    }
    CORE_TRY(res_is_there(file, "split/validation_index", &there));
    if (!there) {
        return CORE_OK;
    }
    CORE_TRY(res_get_dim(file, "split/validation_index", 1, 0, &s->validation_n));
    const res_wanted held_out = {"split/validation_index", core_h5_shape1(CORE_H5_I64, s->validation_n),
                                 &s->validation_index};
    return res_load_all(file, arena, &held_out, 1);
}

static core_status load_validation(core_h5 *file, core_arena *arena, res_epochs *e)
{
    CORE_TRY(res_is_there(file, "epochs/validation_error", &e->has_validation));
    if (!e->has_validation) {
        return CORE_OK;
    }
    const res_wanted list[] = {
        {"epochs/validation_error", core_h5_shape1(CORE_H5_F64, e->E), &e->validation_error},
        {"epochs/validation_class_error", core_h5_shape2(CORE_H5_F64, e->E, e->K), &e->validation_class_error},
    };
    return RES_LOAD(file, arena, list);
}

static core_status load_epochs(core_h5 *file, core_arena *arena, res_run *run)
{
    res_epochs *e = &run->epochs;
    CORE_TRY(core_h5_get_i64(file, "epochs", "planned", &e->planned));
    CORE_TRY(res_get_dim(file, "epochs/test_class_error", 2, 0, &e->E));
    CORE_TRY(res_get_dim(file, "epochs/test_class_error", 2, 1, &e->K));
    CORE_TRY(res_get_dim(file, "epochs/tensor_name", 1, 0, &e->P));
    const core_h5_shape one = core_h5_shape1(CORE_H5_F64, e->E), each = core_h5_shape2(CORE_H5_F64, e->E, e->K);
    const res_wanted list[] = {
        {"epochs/lr", one, &e->lr},
        {"epochs/train_loss", one, &e->train_loss},
        {"epochs/train_error", one, &e->train_error},
        {"epochs/test_error", one, &e->test_error},
        {"epochs/test_top5_error", one, &e->test_top5_error},
        {"epochs/train_class_error", each, &e->train_class_error},
        {"epochs/test_class_error", each, &e->test_class_error},
        {"epochs/tensor_name", core_h5_shape1(CORE_H5_TEXT, e->P), &e->tensor_name},
        {"epochs/tensor_digest", core_h5_shape2(CORE_H5_U64, e->E, e->P), &e->tensor_digest},
    };
    CORE_TRY(RES_LOAD(file, arena, list));
    CORE_TRY(load_validation(file, arena, e));
    return res_load_or_nan(file, arena, "epochs/test_calibration_error", e->E, &e->test_calibration_error);
}

static core_status load_state(core_h5 *file, core_arena *arena, res_run *run)
{
    res_state *state = &run->state;
    CORE_TRY(core_h5_get_i64(file, "state", "epoch", &state->epoch));
    CORE_TRY(core_h5_get_i64(file, "state", "step", &state->step));
    core_h5_names names = {0};
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

static core_status load_head(core_h5 *file, core_arena *arena, res_run *run)
{
    char *creator = NULL, *digest = NULL;
    CORE_TRY(core_h5_get_text(file, "", "creator", arena, &creator));
    CORE_TRY(core_h5_get_text(file, "", "digest", arena, &digest));
    run->creator = creator;
    run->digest = digest;
    return CORE_OK;
}

/* Each part and the group without which it is absent, which is its name among the checksums too. The two that only
 * readers of the whole file read have none there. */
typedef struct {
    int part;
    bool always;     /* it is never absent */
    bool is_checked; /* by a line of its own */
    bool is_content; /* of the digest */
    const char *group;
    core_status (*load)(core_h5 *file, core_arena *arena, res_run *run);
} loader;

static const loader loaders[] = {
    {RES_CONFIG, true, true, true, "config", load_config},
    {RES_DATA, true, true, true, "data", load_data},
    {RES_ENV, true, true, false, "env", load_env},
    {RES_TIMING, true, true, false, "timing", load_timing},
    {RES_SPLIT, false, true, true, "split", load_split},
    {RES_EPOCHS, true, true, true, "epochs", load_epochs},
    {RES_MARGINS, false, true, true, "margins", res_load_margins},
    {RES_FEATURES, false, false, true, "features", res_load_features},
    {RES_FINAL, false, true, true, "final", res_load_final},
    {RES_STATE, false, false, true, "state", load_state},
};
enum { LOADERS = sizeof loaders / sizeof *loaders };
/* The digest covers neither itself nor the creator. */
static const loader head = {0, true, true, false, "head", load_head};

static core_status is_part_there(core_h5 *file, const loader *l, bool *out)
{
    *out = true;
    return l->always ? CORE_OK : res_is_there(file, l->group, out);
}

/* A file under way, and how much of it is known to be as tailbit wrote it. */
typedef struct {
    core_h5 *file;
    const char *path;
    const char *lines; /* results/runs/check.h; NULL: none */
    bool trusts;       /* nothing is to be checked */
    bool is_verified;  /* by its digest */
} reading;

/* Checks the digest once: what a checksum does not vouch for may still be right, if the checksum itself was damaged. */
static core_status verify(reading *r)
{
    if (!r->is_verified) {
        CORE_TRY(res_content_verify(r->file, r->path));
        r->is_verified = true;
    }
    return CORE_OK;
}

/* hex: of what was read, "" where the part is absent. */
static core_status check_part(reading *r, const loader *l, const char *hex)
{
    const bool right = r->lines != NULL &&
                       (hex[0] != '\0' ? res_check_holds(r->lines, l->group, hex) : !res_check_has(r->lines, l->group));
    if (right || r->trusts) {
        return CORE_OK;
    }
    if (!l->is_content) { /* of an older file nothing vouches for it */
        return r->lines != NULL ? res_check_fail(r->file, l->group) : CORE_OK;
    }
    return verify(r);
}

static core_status hash_load(core_h5 *file, const loader *l, core_arena *arena, res_run *run,
                             char hex[CORE_HASH_HEX_MAX])
{
    core_hash *hash = NULL;
    CORE_TRY(res_check_begin(file, &hash));
    const core_status status = l->load(file, arena, run);
    res_check_end(file, hash, hex);
    return status;
}

static core_status load_part(reading *r, const loader *l, core_arena *arena, res_run *run)
{
    bool there = true;
    char hex[CORE_HASH_HEX_MAX] = "";
    CORE_TRY(is_part_there(r->file, l, &there));
    if (!l->is_checked) {
        return there ? l->load(r->file, arena, run) : CORE_OK;
    }
    if (there) {
        CORE_TRY(hash_load(r->file, l, arena, run, hex));
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
    char hex[CORE_HASH_HEX_MAX];
    res_run run = {0};
    CORE_TRY(is_part_there(file, l, &there));
    if (there && l->is_checked) {
        CORE_TRY(hash_load(file, l, arena, &run, hex));
        res_check_write(lines, l->group, hex);
    }
    return CORE_OK;
}

core_status res_run_write_checks(core_h5 *file, core_arena *arena, FILE *lines)
{
    CORE_TRY(write_check(file, &head, arena, lines));
    for (int i = 0; i < LOADERS; i++) {
        CORE_TRY(write_check(file, &loaders[i], arena, lines));
    }
    return res_glance_write_check(file, arena, lines);
}
