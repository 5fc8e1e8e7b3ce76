#include "results/runs/probe_file.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "results/runs/check.h"
#include "results/runs/content.h"
#include "results/runs/run_internal.h"

/* "probe" is its group of options and its format. */
#define PROBE "probe"
/* What res_probe_look reads, among the checksums. */
#define HEAD "head"

static core_status write_head(core_h5 *file, const res_probe *probe)
{
    const res_probe_options *o = &probe->options;
    CORE_TRY(core_h5_set_text(file, "", "format", "tailbit-" PROBE));
    CORE_TRY(core_h5_set_i64(file, "", "schema", RES_PROBE_SCHEMA));
    CORE_TRY(core_h5_set_text(file, "", "creator", probe->creator));
    CORE_TRY(core_h5_set_text(file, "", "run_digest", probe->run_digest));
    CORE_TRY(res_write_config(file, &probe->config));
    CORE_TRY(res_write_data(file, &probe->data));
    CORE_TRY(core_h5_write_group(file, PROBE));
    CORE_TRY(core_h5_set_text(file, PROBE, "features", o->features));
    CORE_TRY(core_h5_set_i64(file, PROBE, "epoch", o->epoch));
    CORE_TRY(core_h5_set_text(file, PROBE, "protocol", o->protocol));
    CORE_TRY(core_h5_set_f64(file, PROBE, "frac", o->frac));
    CORE_TRY(core_h5_set_f64(file, PROBE, "regularisation", o->regularisation));
    return core_h5_set_i64(file, PROBE, "seed", o->seed);
}

static core_status write_split(core_h5 *file, const res_probe *p)
{
    const core_h5_shape fit = core_h5_shape1(CORE_H5_I64, p->n), test = core_h5_shape1(CORE_H5_I64, p->N);
    const core_h5_shape fit_label = core_h5_shape1(CORE_H5_I32, p->n), test_label = core_h5_shape1(CORE_H5_I32, p->N);
    const res_column columns[] = {
        {"split/fit_index", "position of an example that is fitted on", "1", fit, p->fit_index, {0}},
        {"split/fit_label", "class of an example that is fitted on", "1", fit_label, p->fit_label, {0}},
        {"split/test_index", "position of an example that is tested on", "1", test, p->test_index, {0}},
        {"split/test_label", "class of an example that is tested on", "1", test_label, p->test_label, {0}},
    };
    CORE_TRY(res_write_scale(file, RES_CLASS_SCALE, "class", p->K));
    CORE_TRY(RES_WRITE_COLUMNS(file, columns, false));
    CORE_TRY(core_h5_set_text(file, "split", "fit_part", p->fit_part));
    return core_h5_set_text(file, "split", "test_part", p->test_part);
}

static core_status write_classifiers(core_h5 *file, const res_probe *p)
{
    const core_h5_shape one = core_h5_shape1(CORE_H5_F64, p->M), name = core_h5_shape1(CORE_H5_TEXT, p->M);
    const res_column columns[] = {
        {"classifiers/name", "classifier", "1", name, p->name, {0}},
        {"classifiers/fit_error", "error on the examples that it is fitted on", "1", one, p->fit_error, {0}},
        {"classifiers/error", "error on the examples that it is tested on", "1", one, p->error, {0}},
        {"classifiers/class_error",
         "error of the class on the examples that it is tested on",
         "1",
         core_h5_shape2(CORE_H5_F64, p->M, p->K),
         p->class_error,
         {NULL, RES_CLASS_SCALE}},
        {"classifiers/confusion",
         "examples of a class (row) that are predicted as a class (column)",
         "1",
         core_h5_shape3(CORE_H5_I64, p->M, p->K, p->K),
         p->confusion,
         {NULL, RES_CLASS_SCALE}},
    };
    return RES_WRITE_COLUMNS(file, columns, false);
}

static core_status write_logistic(core_h5 *file, const res_probe *p)
{
    const res_probe_logistic *l = &p->logistic;
    const core_h5_shape features = core_h5_shape1(CORE_H5_F64, p->D);
    const res_column columns[] = {
        {"logistic/weight",
         "weights of the standardised features",
         "1",
         core_h5_shape2(CORE_H5_F64, p->K, p->D),
         l->weight,
         {RES_CLASS_SCALE}},
        {"logistic/intercept", "intercept", "1", core_h5_shape1(CORE_H5_F64, p->K), l->intercept, {RES_CLASS_SCALE}},
        {"logistic/mean", "mean of the feature, which standardises", "1", features, l->mean, {0}},
        {"logistic/deviation", "deviation of the feature, which standardises", "1", features, l->deviation, {0}},
    };
    CORE_TRY(RES_WRITE_COLUMNS(file, columns, false));
    CORE_TRY(core_h5_set_f64(file, "logistic", "objective", l->objective));
    CORE_TRY(core_h5_set_f64(file, "logistic", "gradient_norm", l->gradient_norm));
    CORE_TRY(core_h5_set_i64(file, "logistic", "iterations", l->iterations));
    return core_h5_set_bool(file, "logistic", "converged", l->converged);
}

static core_status write_tau(core_h5 *file, const res_probe_tau *t)
{
    const core_h5_shape shape = core_h5_shape1(CORE_H5_F64, t->T);
    const res_column columns[] = {
        {"tau/tau", "power of the norm", "1", shape, t->tau, {0}},
        {"tau/fit_error", "error on the examples that tau is chosen on", "1", shape, t->fit_error, {0}},
        {"tau/test_error", "error on the examples that it is tested on", "1", shape, t->test_error, {0}},
    };
    if (t->T == 0) {
        return CORE_OK;
    }
    CORE_TRY(RES_WRITE_COLUMNS(file, columns, false));
    return core_h5_set_f64(file, "tau", "chosen", t->chosen);
}

core_status res_probe_check(const char *path) { return core_h5_check(path, "tailbit-" PROBE); }

/* core_h5_get_text into a constant text. */
static core_status get_text(core_h5 *file, const char *path, const char *name, core_arena *arena, const char **out)
{
    char *text = NULL;
    CORE_TRY(core_h5_get_text(file, path, name, arena, &text));
    *out = text;
    return CORE_OK;
}

static core_status load_head(core_h5 *file, core_arena *arena, res_probe *probe)
{
    res_probe_options *o = &probe->options;
    CORE_TRY(get_text(file, "", "creator", arena, &probe->creator));
    CORE_TRY(get_text(file, "", "digest", arena, &probe->digest));
    CORE_TRY(get_text(file, "", "run_digest", arena, &probe->run_digest));
    CORE_TRY(res_load_config(file, arena, &probe->config));
    CORE_TRY(res_load_data(file, arena, &probe->data));
    CORE_TRY(get_text(file, PROBE, "features", arena, &o->features));
    CORE_TRY(core_h5_get_i64(file, PROBE, "epoch", &o->epoch));
    CORE_TRY(get_text(file, PROBE, "protocol", arena, &o->protocol));
    CORE_TRY(core_h5_get_f64(file, PROBE, "frac", &o->frac));
    CORE_TRY(core_h5_get_f64(file, PROBE, "regularisation", &o->regularisation));
    CORE_TRY(core_h5_get_i64(file, PROBE, "seed", &o->seed));
    CORE_TRY(get_text(file, "split", "fit_part", arena, &probe->fit_part));
    return get_text(file, "split", "test_part", arena, &probe->test_part);
}

static core_status hash_head(core_h5 *file, core_arena *arena, res_probe *probe, char hex[CORE_HASH_HEX_MAX])
{
    core_hash *hash = NULL;
    CORE_TRY(res_check_begin(file, &hash));
    const core_status status = load_head(file, arena, probe);
    res_check_end(file, hash, hex);
    return status;
}

static core_status write_head_check(core_h5 *file, core_arena *arena, FILE *lines)
{
    res_probe probe = {0};
    char hex[CORE_HASH_HEX_MAX];
    CORE_TRY(hash_head(file, arena, &probe, hex));
    res_check_write(lines, HEAD, hex);
    return CORE_OK;
}

static core_status write_probe(core_h5 *file, const res_probe *probe)
{
    char digest[CORE_HASH_HEX_MAX];
    CORE_TRY(write_head(file, probe));
    CORE_TRY(write_split(file, probe));
    CORE_TRY(write_classifiers(file, probe));
    CORE_TRY(write_logistic(file, probe));
    CORE_TRY(write_tau(file, &probe->tau));
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

static core_status load_sizes(core_h5 *file, res_probe *p)
{
    CORE_TRY(res_get_dim(file, "logistic/weight", 2, 0, &p->K));
    CORE_TRY(res_get_dim(file, "logistic/weight", 2, 1, &p->D));
    CORE_TRY(res_get_dim(file, "split/fit_index", 1, 0, &p->n));
    CORE_TRY(res_get_dim(file, "split/test_index", 1, 0, &p->N));
    return res_get_dim(file, "classifiers/error", 1, 0, &p->M);
}

static core_status load_arrays(core_h5 *file, core_arena *arena, res_probe *p)
{
    const core_h5_shape features = core_h5_shape1(CORE_H5_F64, p->D), one = core_h5_shape1(CORE_H5_F64, p->M);
    const res_wanted list[] = {
        {"split/fit_index", core_h5_shape1(CORE_H5_I64, p->n), &p->fit_index},
        {"split/fit_label", core_h5_shape1(CORE_H5_I32, p->n), &p->fit_label},
        {"split/test_index", core_h5_shape1(CORE_H5_I64, p->N), &p->test_index},
        {"split/test_label", core_h5_shape1(CORE_H5_I32, p->N), &p->test_label},
        {"classifiers/name", core_h5_shape1(CORE_H5_TEXT, p->M), &p->name},
        {"classifiers/fit_error", one, &p->fit_error},
        {"classifiers/error", one, &p->error},
        {"classifiers/class_error", core_h5_shape2(CORE_H5_F64, p->M, p->K), &p->class_error},
        {"classifiers/confusion", core_h5_shape3(CORE_H5_I64, p->M, p->K, p->K), &p->confusion},
        {"logistic/weight", core_h5_shape2(CORE_H5_F64, p->K, p->D), &p->logistic.weight},
        {"logistic/intercept", core_h5_shape1(CORE_H5_F64, p->K), &p->logistic.intercept},
        {"logistic/mean", features, &p->logistic.mean},
        {"logistic/deviation", features, &p->logistic.deviation},
    };
    return RES_LOAD(file, arena, list);
}

static core_status load_logistic(core_h5 *file, res_probe_logistic *l)
{
    CORE_TRY(core_h5_get_f64(file, "logistic", "objective", &l->objective));
    CORE_TRY(core_h5_get_f64(file, "logistic", "gradient_norm", &l->gradient_norm));
    CORE_TRY(core_h5_get_i64(file, "logistic", "iterations", &l->iterations));
    return core_h5_get_bool(file, "logistic", "converged", &l->converged);
}

static core_status load_tau(core_h5 *file, core_arena *arena, res_probe_tau *t)
{
    bool there = false;
    CORE_TRY(res_is_there(file, "tau", &there));
    if (!there) {
        return CORE_OK;
    }
    CORE_TRY(res_get_dim(file, "tau/tau", 1, 0, &t->T));
    const core_h5_shape shape = core_h5_shape1(CORE_H5_F64, t->T);
    const res_wanted list[] = {{"tau/tau", shape, &t->tau},
                               {"tau/fit_error", shape, &t->fit_error},
                               {"tau/test_error", shape, &t->test_error}};
    CORE_TRY(RES_LOAD(file, arena, list));
    return core_h5_get_f64(file, "tau", "chosen", &t->chosen);
}

/* Labels are classes, errors fractions. */
static core_status check(const char *path, const res_probe *p)
{
    CORE_TRY(res_check_labels(path, "/split/fit_label has", p->fit_label, p->n, p->K));
    CORE_TRY(res_check_labels(path, "/split/test_label has", p->test_label, p->N, p->K));
    CORE_TRY(res_check_errors(path, "/classifiers/fit_error has", p->fit_error, p->M));
    CORE_TRY(res_check_errors(path, "/classifiers/error has", p->error, p->M));
    return res_check_errors(path, "/classifiers/class_error has", p->class_error, p->M * p->K);
}

static core_status load_probe(core_h5 *file, const char *path, core_arena *arena, res_probe *probe)
{
    CORE_TRY(res_content_verify(file, path));
    CORE_TRY(load_head(file, arena, probe));
    CORE_TRY(load_sizes(file, probe));
    CORE_TRY(load_arrays(file, arena, probe));
    CORE_TRY(load_logistic(file, &probe->logistic));
    CORE_TRY(load_tau(file, arena, &probe->tau));
    return check(path, probe);
}

core_status res_probe_load(const char *path, core_arena *arena, res_probe *out)
{
    core_h5 *file = NULL;
    res_probe probe = {0};
    CORE_TRY(res_content_open_as(path, PROBE, RES_PROBE_SCHEMA, &file));
    core_status status = load_probe(file, path, arena, &probe);
    core_h5_close(file);
    CORE_TRY(status);
    *out = probe;
    return CORE_OK;
}

static core_status look_at_head(core_h5 *file, const char *path, core_arena *arena, res_probe *probe)
{
    char hex[CORE_HASH_HEX_MAX];
    const char *lines;
    CORE_TRY(hash_head(file, arena, probe, hex));
    CORE_TRY(res_check_lines(file, arena, &lines));
    return lines != NULL && res_check_holds(lines, HEAD, hex) ? CORE_OK : res_content_verify(file, path);
}

core_status res_probe_look(const char *path, core_arena *arena, const char **run_digest, res_probe_options *out)
{
    core_h5 *file = NULL;
    res_probe probe = {0};
    CORE_TRY(res_content_open_as(path, PROBE, RES_PROBE_SCHEMA, &file));
    core_status status = look_at_head(file, path, arena, &probe);
    core_h5_close(file);
    CORE_TRY(status);
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

core_status res_probe_path(const char *run, bool at_end, bool usual, core_arena *arena, const char **out)
{
    const size_t length = strlen(run), bytes = length + 32;
    const bool ends = length > 3 && strcmp(run + length - 3, ".h5") == 0;
    char *path;
    CORE_TRY(CORE_ARENA_NEW(arena, bytes, "a path", path));
    snprintf(path, bytes, "%.*s.%s-%s" RES_PROBE_END, (int)(ends ? length - 3 : length), run,
             at_end ? "at-end" : "at-drop", usual ? "usual" : "paper");
    *out = path;
    return CORE_OK;
}

bool res_probe_is_name(const char *name)
{
    const size_t length = strlen(name), end = strlen(RES_PROBE_END);
    return length > end && strcmp(name + length - end, RES_PROBE_END) == 0;
}
