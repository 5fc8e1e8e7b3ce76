#include "results/runs/features_file.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/path.h"
#include "core/text.h"
#include "results/runs/content.h"
#include "results/runs/run_internal.h"

#define WHAT   "features"
#define FORMAT "tailbit-" WHAT
enum { NAMED_DIGITS = 12 };

/* The digest that the run file has of a set; NULL: none. */
static const char *digest_of(const res_run *run, bool at_end)
{
    const char *const *digest = at_end ? run->features.at_end.digest : run->features.at_drop.digest;
    return digest != NULL ? digest[0] : NULL;
}

static core_status make_name(const char *path, bool at_end, const char *digest, core_arena *arena, const char **out)
{
    return core_text_format(arena, out, "%.*s.at-%s-%.*s" RES_FEATURES_END, (int)core_path_stem_bytes(path, ".h5"),
                            path, at_end ? "end" : "drop", NAMED_DIGITS, digest);
}

core_status res_features_check(const char *path)
{
    core_arena arena = {0};
    const char *example;
    core_status status = make_name(path, false, "000000000000", &arena, &example);
    if (status == CORE_OK) {
        status = core_h5_check(example, FORMAT);
    }
    core_arena_free(&arena);
    return status;
}

static core_status write_features(core_h5 *file, const res_run *run, const res_feature_sets *sets,
                                  char digest[CORE_HASH_HEX_MAX])
{
    CORE_TRY(core_h5_set_text(file, "", "format", FORMAT));
    CORE_TRY(core_h5_set_i64(file, "", "schema", RES_FEATURES_SCHEMA));
    CORE_TRY(core_h5_set_text(file, "", "creator", run->creator));
    CORE_TRY(res_write_config(file, &run->config));
    CORE_TRY(res_schema_write(file, &res_data_schema, &run->data, false));
    CORE_TRY(res_schema_write(file, &res_features_schema, sets, false));
    CORE_TRY(res_content_digest(file, digest));
    return core_h5_set_text(file, "", "digest", digest);
}

core_status res_features_save(const res_run *run, const res_feature_sets *sets, const char *path, core_arena *arena,
                              const char **digest)
{
    core_h5 *file = NULL;
    char hex[CORE_HASH_HEX_MAX];
    const char *name;
    CORE_TRY(core_h5_create(path, &file));
    core_status status = write_features(file, run, sets, hex);
    if (status == CORE_OK) {
        status = make_name(path, sets->at_end.D > 0, hex, arena, &name);
    }
    if (status == CORE_OK) {
        status = core_h5_save(file, name);
    }
    core_h5_close(file);
    return status == CORE_OK ? core_arena_copy_text(arena, hex, digest) : status;
}

static core_status check_digest(core_h5 *file, const char *name, const char *expected, core_arena *arena)
{
    const char *digest;
    CORE_TRY(res_content_verify(file, name));
    CORE_TRY(core_h5_get_text(file, "", "digest", arena, &digest));
    return strcmp(digest, expected) == 0
               ? CORE_OK
               : core_fail_about(CORE_BAD_FILE, name, ": its digest is %s, expected %s of its run file", digest,
                                 expected);
}

core_status res_features_find(const char *path, bool at_end, const res_run *run, core_arena *arena, const char **name,
                              bool *there)
{
    const char *digest = digest_of(run, at_end);
    *name = NULL;
    if (digest != NULL) {
        CORE_TRY(make_name(path, at_end, digest, arena, name));
    }
    *there = digest != NULL && access(*name, F_OK) == 0;
    return CORE_OK;
}

static core_status open_features(const char *path, bool at_end, const res_run *run, core_arena *arena, core_h5 **out)
{
    const char *name;
    bool there;
    core_h5 *file = NULL;
    CORE_TRY(res_features_find(path, at_end, run, arena, &name, &there));
    assert(name != NULL);
    if (!there) {
        return core_fail_about(CORE_BAD_FILE, path,
                               ": its features at the %s are in %s, which is missing; put it beside the run file",
                               at_end ? "end" : "drop", name);
    }
    CORE_TRY(res_content_open_as(name, WHAT, RES_FEATURES_SCHEMA, &file));
    const core_status status = check_digest(file, name, digest_of(run, at_end), arena);
    if (status != CORE_OK) {
        core_h5_close(file);
        return status;
    }
    *out = file;
    return CORE_OK;
}

core_status res_features_open(const char *path, bool at_end, const res_run *run, core_h5 **out)
{
    core_arena arena = {0};
    const core_status status = open_features(path, at_end, run, &arena, out);
    core_arena_free(&arena);
    return status;
}

core_status res_features_fetch(const char *path, bool at_end, core_arena *arena, res_run *run)
{
    core_h5 *file = NULL;
    res_run fetched = *run;
    if (digest_of(run, at_end) == NULL) {
        return CORE_OK;
    }
    CORE_TRY(res_features_open(path, at_end, run, &file));
    fetched.features = (res_feature_sets){0};
    core_status status = res_schema_load(file, &res_features_schema, arena, &fetched.features);
    if (status == CORE_OK) {
        status = res_check_run(core_h5_name(file), &fetched, RES_SPLIT | RES_FINAL);
    }
    core_h5_close(file);
    CORE_TRY(status);
    run->features = fetched.features;
    return CORE_OK;
}
