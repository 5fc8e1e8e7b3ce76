#include "results/runs/probe_file.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "core/path.h"
#include "results/runs/check.h"
#include "results/runs/content.h"
#include "results/runs/run_internal.h"

/* The name of the group of options, and of the format. */
#define PROBE "probe"
/* The name of the checksum over what res_probe_look reads. */
#define HEAD "head"

/* clang-format off */
/* What the head has besides configuration and data. */
static const res_schema head_schema = {
    .sizes = (const res_size[]){{0, 0}},
    .fields = (const res_field[]){
        RES_ATTRIBUTE("probe/features", TEXT, res_probe, options.features),
        RES_ATTRIBUTE("probe/epoch", I64, res_probe, options.epoch),
        RES_ATTRIBUTE("probe/protocol", TEXT, res_probe, options.protocol),
        RES_ATTRIBUTE("probe/frac", F64, res_probe, options.frac),
        RES_ATTRIBUTE("probe/regularisation", F64, res_probe, options.regularisation),
        RES_ATTRIBUTE("probe/seed", I64, res_probe, options.seed),
        RES_ATTRIBUTE("split/fit_part", TEXT, res_probe, fit_part),
        RES_ATTRIBUTE("split/test_part", TEXT, res_probe, test_part),
        RES_FIELDS_END,
    }};

static const res_schema probe_schema = {
    .sizes = (const res_size[]){{'K', offsetof(res_probe, K)}, {'D', offsetof(res_probe, D)}, {'n', offsetof(res_probe, n)}, {'N', offsetof(res_probe, N)}, {'M', offsetof(res_probe, M)}, {0, 0}},
    .fields = (const res_field[]){
        RES_ARRAY("split/fit_index", "position of an example that is fitted on", "1", I64, "n", res_probe, fit_index),
        RES_ARRAY("split/fit_label", "class of an example that is fitted on", "1", I32, "n", res_probe, fit_label),
        RES_ARRAY("split/test_index", "position of an example that is tested on", "1", I64, "N", res_probe, test_index),
        RES_ARRAY("split/test_label", "class of an example that is tested on", "1", I32, "N", res_probe, test_label),
        RES_ARRAY("classifiers/name", "classifier", "1", TEXT, "M", res_probe, name),
        RES_ARRAY("classifiers/fit_error", "error on the examples that it is fitted on", "1", F64, "M", res_probe, fit_error),
        RES_ARRAY("classifiers/error", "error on the examples that it is tested on", "1", F64, "M", res_probe, error),
        RES_ARRAY("classifiers/class_error", "error of the class on the examples that it is tested on", "1", F64, "MK", res_probe, class_error),
        RES_ARRAY("classifiers/confusion", "examples of a class (row) that are predicted as a class (column)", "1", I64, "MKK", res_probe, confusion, .needs = RES_OPTIONAL),
        RES_ARRAY("logistic/weight", "weights of the standardised features", "1", F64, "KD", res_probe, logistic.weight),
        RES_ARRAY("logistic/intercept", "intercept", "1", F64, "K", res_probe, logistic.intercept),
        RES_ARRAY("logistic/mean", "mean of the feature, which standardises", "1", F64, "D", res_probe, logistic.mean),
        RES_ARRAY("logistic/deviation", "deviation of the feature, which standardises", "1", F64, "D", res_probe, logistic.deviation),
        RES_ATTRIBUTE("logistic/objective", F64, res_probe, logistic.objective),
        RES_ATTRIBUTE("logistic/gradient_norm", F64, res_probe, logistic.gradient_norm),
        RES_ATTRIBUTE("logistic/iterations", I64, res_probe, logistic.iterations),
        RES_ATTRIBUTE("logistic/converged", BOOL, res_probe, logistic.converged),
        RES_FIELDS_END,
    }};

static const res_schema tau_schema = {
    .sizes = (const res_size[]){{'T', offsetof(res_probe_tau, T)}, {0, 0}},
    .fields = (const res_field[]){
        RES_ARRAY("tau/tau", "power of the norm", "1", F64, "T", res_probe_tau, tau, .needs = 'T'),
        RES_ARRAY("tau/fit_error", "error on the examples that tau is chosen on", "1", F64, "T", res_probe_tau, fit_error, .needs = 'T'),
        RES_ARRAY("tau/test_error", "error on the examples that it is tested on", "1", F64, "T", res_probe_tau, test_error, .needs = 'T'),
        RES_ATTRIBUTE("tau/chosen", F64, res_probe_tau, chosen, .needs = 'T'),
        RES_FIELDS_END,
    }};
/* clang-format on */

const res_schema *const res_probe_schemas[] = {&head_schema, &probe_schema, &tau_schema, NULL};

static core_status write_head(core_h5 *file, const res_probe *probe)
{
    CORE_TRY(core_h5_set_text(file, "", "format", "tailbit-" PROBE));
    CORE_TRY(core_h5_set_i64(file, "", "schema", RES_PROBE_SCHEMA));
    CORE_TRY(core_h5_set_text(file, "", "creator", probe->creator));
    CORE_TRY(core_h5_set_text(file, "", "run_digest", probe->run_digest));
    CORE_TRY(res_write_config(file, &probe->config));
    CORE_TRY(res_schema_write(file, &res_data_schema, &probe->data, false));
    return res_schema_write(file, &head_schema, probe, false);
}

core_status res_probe_check(const char *path) { return core_h5_check(path, "tailbit-" PROBE); }

static core_status load_head(core_h5 *file, core_hash *hash, core_arena *arena, void *part)
{
    (void)hash;
    res_probe *probe = part;
    CORE_TRY(core_h5_get_text(file, "", "creator", arena, &probe->creator));
    CORE_TRY(core_h5_get_text(file, "", "digest", arena, &probe->digest));
    CORE_TRY(core_h5_get_text(file, "", "run_digest", arena, &probe->run_digest));
    CORE_TRY(res_load_config(file, arena, &probe->config));
    CORE_TRY(res_schema_load(file, &res_data_schema, arena, &probe->data));
    return res_schema_load(file, &head_schema, arena, probe);
}

static core_status write_head_check(core_h5 *file, core_arena *arena, FILE *lines)
{
    res_probe probe = {0};
    return res_check_write(file, HEAD, load_head, arena, &probe, lines);
}

static core_status write_probe(core_h5 *file, const res_probe *probe)
{
    char digest[CORE_HASH_HEX_MAX];
    CORE_TRY(write_head(file, probe));
    CORE_TRY(res_write_scale(file, RES_CLASS_SCALE, "class", probe->K));
    CORE_TRY(res_schema_write(file, &probe_schema, probe, false));
    CORE_TRY(res_schema_write(file, &tau_schema, &probe->tau, false));
    CORE_TRY(res_content_digest(file, digest));
    CORE_TRY(core_h5_set_text(file, "", "digest", digest));
    return res_write_checks(file, write_head_check);
}

core_status res_probe_save(const res_probe *probe, const char *path)
{
    assert(probe->creator != NULL && probe->run_digest != NULL && probe->config.yaml != NULL);
    core_h5 *file = NULL;
    CORE_TRY(core_h5_create(path, &file));
    core_status status = write_probe(file, probe);
    status = status == CORE_OK ? core_h5_save(file, path) : status;
    core_h5_close(file);
    return status;
}

/* Checks that labels are in [0, K) and errors in [0, 1]. */
static core_status check(const char *path, const res_probe *p)
{
    CORE_TRY(res_check_labels(path, "/split/fit_label has", p->fit_label, p->n, p->K));
    CORE_TRY(res_check_labels(path, "/split/test_label has", p->test_label, p->N, p->K));
    CORE_TRY(res_schema_check_errors(path, &tau_schema, &p->tau));
    return res_schema_check_errors(path, &probe_schema, p);
}

static core_status load_probe(core_h5 *file, const char *path, core_arena *arena, res_probe *probe)
{
    CORE_TRY(res_content_verify(file, path));
    CORE_TRY(load_head(file, NULL, arena, probe));
    CORE_TRY(res_schema_load(file, &probe_schema, arena, probe));
    CORE_TRY(res_schema_load(file, &tau_schema, arena, &probe->tau));
    return check(path, probe);
}

static core_status look_at_head(core_h5 *file, const char *path, core_arena *arena, res_probe *probe)
{
    char hex[CORE_HASH_HEX_MAX];
    const char *lines;
    CORE_TRY(res_check_read(file, load_head, arena, probe, hex));
    CORE_TRY(res_check_lines(file, arena, &lines));
    return lines != NULL && res_check_holds(lines, HEAD, hex) ? CORE_OK : res_content_verify(file, path);
}

static core_status
read_file(const char *path, core_status (*reader)(core_h5 *file, const char *path, core_arena *arena, res_probe *probe),
          core_arena *arena, res_probe *out)
{
    core_h5 *file = NULL;
    res_probe probe = {0};
    CORE_TRY(res_content_open_as(path, PROBE, RES_PROBE_SCHEMA, &file));
    core_status status = reader(file, path, arena, &probe);
    core_h5_close(file);
    CORE_TRY(status);
    *out = probe;
    return CORE_OK;
}

core_status res_probe_load(const char *path, core_arena *arena, res_probe *out)
{
    return read_file(path, load_probe, arena, out);
}

core_status res_probe_look(const char *path, core_arena *arena, const char **run_digest, res_probe_options *out)
{
    res_probe probe;
    CORE_TRY(read_file(path, look_at_head, arena, &probe));
    *run_digest = probe.run_digest;
    *out = probe.options;
    return CORE_OK;
}

int64_t res_probe_find(const res_probe *probe, const char *name)
{
    for (int64_t m = 0; m < probe->M; m++) {
        if (strcmp(probe->name[m], name) == 0) {
            return m;
        }
    }
    return -1;
}

core_status res_probe_path(const char *run, bool at_end, bool usual, const char *options, core_arena *arena,
                           const char **out)
{
    const size_t bytes = strlen(run) + strlen(options) + 32;
    char *path;
    CORE_TRY(CORE_ARENA_NEW(arena, bytes, "a path", path));
    snprintf(path, bytes, "%.*s.%s-%s%s" RES_PROBE_END, (int)core_path_stem_bytes(run, ".h5"), run,
             at_end ? "at-end" : "at-drop", usual ? "usual" : "paper", options);
    *out = path;
    return CORE_OK;
}

bool res_probe_is_name(const char *name) { return core_path_ends_in(name, RES_PROBE_END); }
