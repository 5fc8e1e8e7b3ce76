#include "results/glance.h"

#include <math.h>

#include "core/h5.h"
#include "results/content.h"

static core_status look(core_h5 *file, core_arena *arena, res_glance *out)
{
    core_h5_value yaml = {.shape = core_h5_shape0(CORE_H5_TEXT)};
    core_h5_value seconds = {.shape = core_h5_shape1(CORE_H5_F64, -1)};
    core_h5_value loss = {.shape = core_h5_shape1(CORE_H5_F64, -1)};
    core_h5_kind final = CORE_H5_NOTHING;
    CORE_TRY(core_h5_load(file, "config/yaml", arena, &yaml));
    CORE_TRY(core_h5_load(file, "timing/seconds", arena, &seconds));
    CORE_TRY(core_h5_load(file, "epochs/train_loss", arena, &loss));
    CORE_TRY(core_h5_look(file, "final", &final, NULL));
    CORE_TRY(core_h5_get_i64(file, "epochs", "planned", &out->planned));
    char *data_sha256 = NULL;
    CORE_TRY(core_h5_get_text(file, "data", "sha256", arena, &data_sha256));
    out->data_sha256 = data_sha256;
    out->yaml = *(char **)yaml.data;
    out->seconds = seconds.data;
    out->E = seconds.shape.dims[0];
    out->finished = final != CORE_H5_NOTHING && out->E == out->planned;
    out->test_error = (double)NAN;
    for (int64_t e = loss.shape.dims[0]; e > 0; e--) {
        out->diverged = isfinite(((const double *)loss.data)[e - 1]) ? out->diverged : e;
    }
    return out->E > 0 ? core_h5_read(file, "epochs/test_error", CORE_H5_F64, out->E - 1, 1, &out->test_error) : CORE_OK;
}

core_status res_glance_at(const char *path, core_arena *arena, res_glance *out)
{
    core_h5 *file = NULL;
    res_glance glance = {0};
    CORE_TRY(res_content_open(path, &file));
    core_status status = look(file, arena, &glance);
    core_h5_close(file);
    if (status == CORE_OK) {
        *out = glance;
    }
    return status;
}
