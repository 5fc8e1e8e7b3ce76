#include "results/runs/glance.h"

#include <math.h>

#include "core/h5.h"
#include "results/runs/check.h"
#include "results/runs/content.h"
#include "results/runs/run_internal.h"

#define PART "glance"

/* The checksum also covers whether the final results exist. */
static core_status look(core_h5 *file, core_hash *hash, core_arena *arena, void *glance)
{
    res_glance *out = glance;
    core_h5_value yaml = {.shape = core_h5_shape0(CORE_H5_TEXT)};
    core_h5_value seconds = {.shape = core_h5_shape1(CORE_H5_F64, -1)};
    core_h5_value loss = {.shape = core_h5_shape1(CORE_H5_F64, -1)};
    bool has_final = false;
    CORE_TRY(core_h5_load(file, "config/yaml", arena, &yaml));
    CORE_TRY(core_h5_load(file, "timing/seconds", arena, &seconds));
    CORE_TRY(core_h5_load(file, "epochs/train_loss", arena, &loss));
    CORE_TRY(res_is_there(file, "final", &has_final));
    CORE_TRY(core_h5_get_i64(file, "epochs", "planned", &out->planned));
    CORE_TRY(core_h5_get_text(file, "data", "sha256", arena, &out->data_sha256));
    out->yaml = *(char **)yaml.data;
    out->seconds = seconds.data;
    out->E = seconds.shape.dims[0];
    out->finished = has_final && out->E == out->planned;
    out->test_error = (double)NAN;
    for (int64_t e = loss.shape.dims[0]; e > 0; e--) {
        out->diverged = isfinite(((const double *)loss.data)[e - 1]) ? out->diverged : e;
    }
    if (out->E > 0) {
        CORE_TRY(core_h5_read(file, "epochs/test_error", CORE_H5_F64, out->E - 1, 1, &out->test_error));
    }
    core_hash_update(hash, &out->finished, sizeof out->finished);
    return CORE_OK;
}

core_status res_glance_write_check(core_h5 *file, core_arena *arena, FILE *lines)
{
    res_glance glance = {0};
    return res_check_write(file, PART, look, arena, &glance, lines);
}

static core_status check_look(core_h5 *file, core_arena *arena, res_glance *out)
{
    char hex[CORE_HASH_HEX_MAX];
    const char *lines;
    CORE_TRY(res_check_read(file, look, arena, out, hex));
    CORE_TRY(res_check_lines(file, arena, &lines));
    out->checked = lines != NULL;
    return lines == NULL || res_check_holds(lines, PART, hex) ? CORE_OK
                                                              : res_check_fail(file, "state or configuration");
}

/* Reads what the checksum does not cover: the last error of a run that is not evaluated every epoch, and how long its
 * epoch has run, which an older file does not say. */
static core_status look_further(core_h5 *file, core_arena *arena, res_glance *out)
{
    bool there;
    double *begun_s;
    if (out->E > 0 && isnan(out->test_error)) {
        core_h5_value errors = {.shape = core_h5_shape1(CORE_H5_F64, -1)};
        CORE_TRY(core_h5_load(file, "epochs/test_error", arena, &errors));
        for (int64_t e = errors.shape.dims[0]; e > 0 && isnan(out->test_error); e--) {
            out->test_error = ((const double *)errors.data)[e - 1];
        }
    }
    CORE_TRY(core_h5_has(file, "timing", "begun_s", &there));
    if (there) {
        CORE_TRY(core_h5_get_one(file, "timing", "begun_s", CORE_H5_F64, arena, (void **)&begun_s));
        out->begun_s = *begun_s > 0.0 ? *begun_s : 0.0; /* one that is no number: 0 */
    }
    return CORE_OK;
}

core_status res_glance_at(const char *path, core_arena *arena, res_glance *out)
{
    core_h5 *file = NULL;
    res_glance glance = {0};
    CORE_TRY(res_content_open(path, &file));
    core_status status = check_look(file, arena, &glance);
    status = status == CORE_OK ? look_further(file, arena, &glance) : status;
    core_h5_close(file);
    if (status == CORE_OK) {
        *out = glance;
    }
    return status;
}

double res_epoch_s(const double *seconds, int64_t E)
{
    const int64_t n = E < 5 ? E : 5;
    double sum = 0;
    for (int64_t e = E - n; e < E; e++) {
        sum += seconds[e];
    }
    return n > 0 ? sum / (double)n : 0;
}

double res_left_s(const double *seconds, int64_t E, int64_t planned)
{
    return res_epoch_s(seconds, E) * (double)(planned - E);
}
