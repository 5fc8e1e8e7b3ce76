#include "results/export/export_onnx.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "results/export/export.h"

core_status res_onnx_find(const res_onnx_job *job, const char *name, int rank, const int64_t *dims,
                          const res_array **out)
{
    const res_array *array = res_state_find(&job->run->state, name);
    bool fits = array != NULL && array->shape.type == CORE_H5_F32 && array->shape.rank == rank;
    for (int d = 0; fits && d < rank; d++) {
        fits = dims[d] < 0 || array->shape.dims[d] == dims[d];
    }
    if (!fits) {
        char wanted[128] = "";
        for (int d = 0, used = 0; d < rank; d++) {
            used += snprintf(wanted + used, sizeof wanted - (size_t)used, dims[d] < 0 ? "%s*" : "%s%" PRId64,
                             d > 0 ? ", " : "", dims[d]);
        }
        return core_fail_about(CORE_BAD_FILE, job->path, ": its state %s '%s', expected f32 (%s)",
                               array == NULL ? "lacks" : "has another", name, wanted);
    }
    *out = array;
    return CORE_OK;
}

core_status res_onnx_take(res_onnx_job *job, const char *name, int rank, const int64_t *dims, const core_h5_shape **out)
{
    const res_array *array;
    CORE_TRY(res_onnx_find(job, name, rank, dims, &array));
    if (out != NULL) {
        *out = &array->shape;
    }
    return res_onnx_add_tensor(job->model, name, &array->shape, array->data);
}

/* VECTOR / max(|VECTOR|, 1e-12), row by row. */
static core_status write_direction(res_onnx_job *job, const char *vector, const char **direction)
{
    const char *norm, *clamped;
    CORE_TRY(core_text_format(job->arena, &norm, "%s.norm", vector));
    CORE_TRY(core_text_format(job->arena, &clamped, "%s.clamped", vector));
    CORE_TRY(core_text_format(job->arena, direction, "%s.direction", vector));
    CORE_TRY(RES_ONNX_NODE(job, .op = "ReduceL2", .inputs = {vector}, .outputs = {norm},
                           .attributes = {{"axes", RES_ONNX_INTS, .count = 1, .integers = {1}},
                                          {"keepdims", RES_ONNX_INT, .integer = 1}}));
    CORE_TRY(RES_ONNX_NODE(job, .op = "Max", .inputs = {norm, "least_norm"}, .outputs = {clamped}));
    return RES_ONNX_NODE(job, .op = "Div", .inputs = {vector, clamped}, .outputs = {*direction});
}

/* From "features" (N, D) to "logits" (N, K): linear where the state has a bias, else cosine (nn/head.h). */
static core_status write_head(res_onnx_job *job, int64_t D, int64_t *K)
{
    static const float least_norm = 1e-12F;
    const core_h5_shape *shape, one = core_h5_shape0(CORE_H5_F32);
    const res_onnx_attribute transposed = {"transB", RES_ONNX_INT, .integer = 1};
    CORE_TRY(res_onnx_take(job, "linear.weight", 2, (const int64_t[]){-1, D}, &shape));
    *K = shape->dims[0];
    if (res_state_find(&job->run->state, "linear.bias") != NULL) {
        CORE_TRY(res_onnx_take(job, "linear.bias", 1, K, NULL));
        return RES_ONNX_NODE(job, .op = "Gemm", .inputs = {"features", "linear.weight", "linear.bias"},
                             .outputs = {"logits"}, .attributes = {transposed});
    }
    const char *features, *classes;
    CORE_TRY(res_onnx_add_tensor(job->model, "least_norm", &one, &least_norm));
    CORE_TRY(write_direction(job, "features", &features));
    CORE_TRY(write_direction(job, "linear.weight", &classes));
    return RES_ONNX_NODE(job, .op = "Gemm", .inputs = {features, classes}, .outputs = {"logits"},
                         .attributes = {transposed});
}

static core_status write_outputs(res_onnx_job *job, int64_t D, int64_t K)
{
    const res_onnx_value outputs[] = {
        {"logits", CORE_H5_F32, 2, {-1, K}, {"N"}, "before the scale: probabilities are softmax(scale * logits)"},
        {"features", CORE_H5_F32, 2, {-1, D}, {"N"}, "the last-but-one layer"},
    };
    CORE_TRY(res_onnx_add_value(job->model, &outputs[0], false));
    return res_onnx_add_value(job->model, &outputs[1], false);
}

/* Writes facts about the run for readers of the model. */
static core_status write_metadata(res_onnx_job *job)
{
    char number[32];
    const res_option *scale = res_options_find(&job->run->config.options, "scale");
    CORE_TRY(res_onnx_add_metadata(job->model, "config", job->run->config.yaml));
    CORE_TRY(res_onnx_add_metadata(job->model, "data_sha256", job->run->data.sha256));
    snprintf(number, sizeof number, "%" PRId64, job->run->state.epoch);
    CORE_TRY(res_onnx_add_metadata(job->model, "epochs", number));
    CORE_TRY(res_onnx_add_metadata(job->model, "run_digest", job->run->digest));
    return res_onnx_add_metadata(job->model, "scale",
                                 scale != NULL ? res_option_format(scale, number, sizeof number) : "1");
}

res_export_input res_export_takes(const res_run *run)
{
    return res_state_find(&run->state, "conv1.weight") != NULL       ? RES_TAKES_IMAGES
           : res_state_find(&run->state, "embedding.weight") != NULL ? RES_TAKES_TEXT
                                                                     : RES_TAKES_UNKNOWN;
}

static core_status write_model(res_onnx_job *job, const char *words, const char *out)
{
    int64_t D = 0, K = 0;
    CORE_TRY(res_onnx_begin("tailbit", job->arena, &job->model));
    CORE_TRY(res_export_takes(job->run) == RES_TAKES_TEXT ? res_onnx_write_bilstm(job, &D)
                                                          : res_onnx_write_resnet(job, &D));
    CORE_TRY(write_head(job, D, &K));
    CORE_TRY(write_outputs(job, D, K));
    CORE_TRY(write_metadata(job));
    if (words != NULL) {
        CORE_TRY(res_onnx_add_metadata(job->model, "words", words));
    }
    return res_onnx_save(job->model, out);
}

core_status res_export_onnx_check(const char *out) { return res_onnx_check(out); }

core_status res_export_onnx(const res_run *run, const char *path, const char *words, const char *out)
{
    if (run->state.count == 0) {
        return core_fail_about(CORE_BAD_FILE, path, ": holds no weights yet, expected those of a step at least");
    }
    if (res_export_takes(run) == RES_TAKES_UNKNOWN) {
        return core_fail_about(CORE_BAD_FILE, path,
                               ": its network is none that becomes ONNX, expected a ResNet or a biLSTM");
    }
    assert(res_export_takes(run) != RES_TAKES_IMAGES || (run->data.mean != NULL && run->data.std != NULL));
    core_arena arena = {0};
    res_onnx_job job = {.run = run, .path = path, .arena = &arena};
    core_status status = write_model(&job, words, out);
    core_arena_free(&arena);
    return status;
}
