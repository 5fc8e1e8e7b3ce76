/* A ResNet for CIFAR (nn/resnet.h) as ONNX: x -> conv -> bn -> relu -> conv -> bn -> + shortcut -> relu, three stages.
 * Input "images" (N, 3, 32, 32), float: bytes 0..255, which are normalised inside. */
#include <inttypes.h>
#include <stdio.h>

#include "results/export/export_onnx.h"

enum { STAGES = 3, SIDE = 32 };

static const float NORM_EPSILON = 1e-5F; /* nn/batch_norm.h */

/* (images / 255 - mean) / std, in the order and precision of the data sets' own table. */
static core_status write_input(res_onnx_job *job)
{
    static const float most = 255.0F;
    const res_data *data = &job->run->data;
    const core_h5_shape one = core_h5_shape0(CORE_H5_F32), channels = core_h5_shape3(CORE_H5_F32, RES_CHANNELS, 1, 1);
    const res_onnx_value images = {.name = "images",
                                   .type = CORE_H5_F32,
                                   .rank = 4,
                                   .dims = {-1, RES_CHANNELS, SIDE, SIDE},
                                   .free_name = {"N"},
                                   .about = "bytes 0 to 255, planes red, green, blue; normalised inside"};
    CORE_TRY(res_onnx_add_input(job->model, &images));
    CORE_TRY(res_onnx_add_tensor(job->model, "most", &one, &most));
    CORE_TRY(res_onnx_add_tensor(job->model, "mean", &channels, data->mean));
    CORE_TRY(res_onnx_add_tensor(job->model, "std", &channels, data->std));
    CORE_TRY(RES_ONNX_NODE(job, .op = "Div", .inputs = {"images", "most"}, .outputs = {"fractions"}));
    CORE_TRY(RES_ONNX_NODE(job, .op = "Sub", .inputs = {"fractions", "mean"}, .outputs = {"centred"}));
    return RES_ONNX_NODE(job, .op = "Div", .inputs = {"centred", "std"}, .outputs = {"normalised"});
}

/* A convolution with its batch norm. */
typedef struct {
    const char *prefix; /* "layer1.0." */
    int number;         /* 1 or 2, in "conv1" and "bn1" */
    int64_t in, out;    /* channels; out -1: what the weights say */
    int64_t stride;
} layer;

static core_status name_part(res_onnx_job *job, const layer *l, const char *part, const char *field, const char **out)
{
    char name[64];
    snprintf(name, sizeof name, "%s%d%s", part, l->number, field);
    return res_onnx_join(job, l->prefix, name, out);
}

/* Takes bnN's four tensors and adds it. */
static core_status write_norm(res_onnx_job *job, const layer *l, const char *input, const char *output)
{
    static const char *const fields[4] = {".weight", ".bias", ".running_mean", ".running_var"};
    const char *names[4];
    for (int i = 0; i < 4; i++) {
        CORE_TRY(name_part(job, l, "bn", fields[i], &names[i]));
        CORE_TRY(res_onnx_take(job, names[i], 1, &l->out, NULL));
    }
    return RES_ONNX_NODE(job, .op = "BatchNormalization", .inputs = {input, names[0], names[1], names[2], names[3]},
                         .outputs = {output},
                         .attributes = {{.name = "epsilon", RES_ONNX_FLOAT, .real = NORM_EPSILON}});
}

/* Convolution and batch norm, from `input` to the value bnN, whose name comes out; l->out is set where it was -1. */
static core_status write_layer(res_onnx_job *job, layer *l, const char *input, const char **output)
{
    const char *weight, *conv;
    const core_h5_shape *shape;
    CORE_TRY(name_part(job, l, "conv", ".weight", &weight));
    CORE_TRY(name_part(job, l, "conv", "", &conv));
    CORE_TRY(name_part(job, l, "bn", "", output));
    CORE_TRY(res_onnx_take(job, weight, 4, (const int64_t[]){l->out, l->in, 3, 3}, &shape));
    l->out = shape->dims[0];
    CORE_TRY(RES_ONNX_NODE(job, .op = "Conv", .inputs = {input, weight}, .outputs = {conv},
                           .attributes = {{"kernel_shape", RES_ONNX_INTS, .count = 2, .integers = {3, 3}},
                                          {"pads", RES_ONNX_INTS, .count = 4, .integers = {1, 1, 1, 1}},
                                          {"strides", RES_ONNX_INTS, .count = 2, .integers = {l->stride, l->stride}}}));
    return write_norm(job, l, conv, *output);
}

/* Option A: every second pixel, and zeros before and behind the channels. */
static core_status write_shortcut(res_onnx_job *job, const layer *l, const char *input, const char **output)
{
    static const int64_t start[2] = {0, 0}, end[2] = {INT64_MAX, INT64_MAX}, axis[2] = {2, 3}, step[2] = {2, 2};
    const struct {
        const char *name;
        const int64_t *numbers;
    } slice[] = {{"shortcut.starts", start}, {"shortcut.ends", end}, {"shortcut.axes", axis}, {"shortcut.steps", step}};
    const core_h5_shape two = core_h5_shape1(CORE_H5_I64, 2), eight = core_h5_shape1(CORE_H5_I64, 8);
    const char *pixels, *pads_name, *list[4];
    int64_t *pads; /* before each of the four dimensions, then behind each */
    CORE_TRY(CORE_ARENA_NEW(job->arena, 8, "an ONNX model", pads));
    pads[1] = (l->out - l->in) / 2;
    pads[5] = l->out - l->in - pads[1];
    for (int i = 0; i < 4; i++) {
        CORE_TRY(res_onnx_join(job, l->prefix, slice[i].name, &list[i]));
        CORE_TRY(res_onnx_add_tensor(job->model, list[i], &two, slice[i].numbers));
    }
    CORE_TRY(res_onnx_join(job, l->prefix, "shortcut.pads", &pads_name));
    CORE_TRY(res_onnx_join(job, l->prefix, "shortcut.pixels", &pixels));
    CORE_TRY(res_onnx_join(job, l->prefix, "shortcut", output));
    CORE_TRY(res_onnx_add_tensor(job->model, pads_name, &eight, pads));
    CORE_TRY(
        RES_ONNX_NODE(job, .op = "Slice", .inputs = {input, list[0], list[1], list[2], list[3]}, .outputs = {pixels}));
    return RES_ONNX_NODE(job, .op = "Pad", .inputs = {pixels, pads_name}, .outputs = {*output});
}

/* Block `prefix` from *value with *channels to both after it. */
static core_status write_block(res_onnx_job *job, const char *prefix, int64_t *channels, const char **value)
{
    const char *name, *first, *inner, *second, *sum, *shortcut = *value;
    CORE_TRY(res_onnx_join(job, prefix, "conv1.weight", &name));
    const res_array *weight = res_state_find(&job->run->state, name);
    const bool widens = weight->shape.rank == 4 && weight->shape.dims[0] != *channels;
    layer one = {.prefix = prefix, .number = 1, .in = *channels, .out = -1, .stride = widens ? 2 : 1};
    CORE_TRY(write_layer(job, &one, *value, &first));
    CORE_TRY(res_onnx_join(job, prefix, "relu1", &inner));
    CORE_TRY(RES_ONNX_NODE(job, .op = "Relu", .inputs = {first}, .outputs = {inner}));
    layer two = {.prefix = prefix, .number = 2, .in = one.out, .out = one.out, .stride = 1};
    CORE_TRY(write_layer(job, &two, inner, &second));
    if (widens) {
        CORE_TRY(write_shortcut(job, &one, *value, &shortcut));
    }
    CORE_TRY(res_onnx_join(job, prefix, "sum", &sum));
    CORE_TRY(res_onnx_join(job, prefix, "relu2", value));
    CORE_TRY(RES_ONNX_NODE(job, .op = "Add", .inputs = {second, shortcut}, .outputs = {sum}));
    *channels = one.out;
    return RES_ONNX_NODE(job, .op = "Relu", .inputs = {sum}, .outputs = {*value});
}

static int count_blocks(const res_onnx_job *job, int stage)
{
    char name[96];
    int blocks = -1;
    do {
        snprintf(name, sizeof name, "layer%d.%d.conv1.weight", stage, ++blocks);
    } while (res_state_find(&job->run->state, name) != NULL);
    return blocks;
}

core_status res_onnx_write_resnet(res_onnx_job *job, int64_t *D)
{
    layer stem = {.prefix = "", .number = 1, .in = RES_CHANNELS, .out = -1, .stride = 1};
    const char *norm, *value = "relu1";
    char prefix[64];
    CORE_TRY(write_input(job));
    CORE_TRY(write_layer(job, &stem, "normalised", &norm));
    CORE_TRY(RES_ONNX_NODE(job, .op = "Relu", .inputs = {norm}, .outputs = {value}));
    *D = stem.out;
    const int blocks = count_blocks(job, 1);
    for (int stage = 1; stage <= STAGES; stage++) {
        if (blocks == 0 || count_blocks(job, stage) != blocks) {
            return core_fail_about(CORE_BAD_FILE, job->path,
                                   ": its state has %d blocks in stage %d, expected as many in all of %d",
                                   count_blocks(job, stage), stage, STAGES);
        }
        for (int block = 0; block < blocks; block++) {
            snprintf(prefix, sizeof prefix, "layer%d.%d.", stage, block);
            CORE_TRY(write_block(job, prefix, D, &value));
        }
    }
    CORE_TRY(RES_ONNX_NODE(job, .op = "GlobalAveragePool", .inputs = {value}, .outputs = {"pooled"}));
    return RES_ONNX_NODE(job, .op = "Flatten", .inputs = {"pooled"}, .outputs = {"features"});
}
