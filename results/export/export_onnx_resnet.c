/* A ResNet (nn/resnet_plan.h) as ONNX, block by block.
 * Input "images" (N, 3, H, W), float: bytes 0..255, which are normalised inside. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "nn/resnet_plan.h"
#include "results/export/export_onnx.h"

static const float NORM_EPSILON = 1e-5F; /* nn/batch_norm.h */

/* (images / 255 - mean) / std, in the order and precision of the data sets' own table. */
static core_status write_input(res_onnx_job *job, nn_plane plane)
{
    static const float most = 255.0F;
    const res_data *data = &job->run->data;
    const core_h5_shape one = core_h5_shape0(CORE_H5_F32),
                        channels = core_h5_shape3(CORE_H5_F32, NN_IMAGE_CHANNELS, 1, 1);
    const res_onnx_value images = {.name = "images",
                                   .type = CORE_H5_F32,
                                   .rank = 4,
                                   .dims = {-1, NN_IMAGE_CHANNELS, plane.height, plane.width},
                                   .free_name = {"N"},
                                   .about = "bytes 0 to 255, planes red, green, blue; normalised inside"};
    CORE_TRY(res_onnx_add_value(job->model, &images, true));
    CORE_TRY(res_onnx_add_tensor(job->model, "most", &one, &most));
    CORE_TRY(res_onnx_add_tensor(job->model, "mean", &channels, data->mean));
    CORE_TRY(res_onnx_add_tensor(job->model, "std", &channels, data->std));
    CORE_TRY(RES_ONNX_NODE(job, .op = "Div", .inputs = {"images", "most"}, .outputs = {"fractions"}));
    CORE_TRY(RES_ONNX_NODE(job, .op = "Sub", .inputs = {"fractions", "mean"}, .outputs = {"centred"}));
    return RES_ONNX_NODE(job, .op = "Div", .inputs = {"centred", "std"}, .outputs = {"normalised"});
}

/* The name of a part of a layer, and a field behind it. */
static core_status name_part(res_onnx_job *job, const nn_resnet_plan *plan, int layer, nn_layer_part part,
                             const char *field, const char **out)
{
    char name[NN_LAYER_NAME_BYTES];
    nn_resnet_plan_name(plan, layer, part, name);
    return core_text_format(job->arena, out, "%s%s", name, field);
}

/* Reads the four tensors of bnN and adds the operator. */
static core_status write_norm(res_onnx_job *job, const nn_resnet_plan *plan, int layer, const char *input,
                              const char *output)
{
    static const char *const fields[4] = {".weight", ".bias", ".running_mean", ".running_var"};
    const char *names[4];
    for (int i = 0; i < 4; i++) {
        CORE_TRY(name_part(job, plan, layer, NN_PART_NORM, fields[i], &names[i]));
        CORE_TRY(res_onnx_take(job, names[i], 1, &plan->layers[layer].out, NULL));
    }
    return RES_ONNX_NODE(job, .op = "BatchNormalization", .inputs = {input, names[0], names[1], names[2], names[3]},
                         .outputs = {output},
                         .attributes = {{.name = "epsilon", RES_ONNX_FLOAT, .real = NORM_EPSILON}});
}

/* Writes a convolution and its batch norm, from `input` to the value bnN; returns that value's name. */
static core_status write_layer(res_onnx_job *job, const nn_resnet_plan *plan, int layer, const char *input,
                               const char **output)
{
    const nn_resnet_conv *l = &plan->layers[layer];
    const int64_t k = l->kernel, pad = l->kernel / 2;
    const char *weight, *conv;
    CORE_TRY(name_part(job, plan, layer, NN_PART_CONV, ".weight", &weight));
    CORE_TRY(name_part(job, plan, layer, NN_PART_CONV, "", &conv));
    CORE_TRY(name_part(job, plan, layer, NN_PART_NORM, "", output));
    CORE_TRY(res_onnx_take(job, weight, 4, (const int64_t[]){l->out, l->in, k, k}, NULL));
    CORE_TRY(RES_ONNX_NODE(job, .op = "Conv", .inputs = {input, weight}, .outputs = {conv},
                           .attributes = {{"kernel_shape", RES_ONNX_INTS, .count = 2, .integers = {k, k}},
                                          {"pads", RES_ONNX_INTS, .count = 4, .integers = {pad, pad, pad, pad}},
                                          {"strides", RES_ONNX_INTS, .count = 2, .integers = {l->stride, l->stride}}}));
    return write_norm(job, plan, layer, conv, *output);
}

/* Option A: every second pixel, and zeros before and behind the channels. */
static core_status write_pad(res_onnx_job *job, const nn_resnet_block *block, const char *input, const char **output)
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
    pads[1] = (block->out - block->in) / 2;
    pads[5] = block->out - block->in - pads[1];
    for (int i = 0; i < 4; i++) {
        CORE_TRY(core_text_format(job->arena, &list[i], "%s%s", block->prefix, slice[i].name));
        CORE_TRY(res_onnx_add_tensor(job->model, list[i], &two, slice[i].numbers));
    }
    CORE_TRY(core_text_format(job->arena, &pads_name, "%sshortcut.pads", block->prefix));
    CORE_TRY(core_text_format(job->arena, &pixels, "%sshortcut.pixels", block->prefix));
    CORE_TRY(core_text_format(job->arena, output, "%sshortcut", block->prefix));
    CORE_TRY(res_onnx_add_tensor(job->model, pads_name, &eight, pads));
    CORE_TRY(
        RES_ONNX_NODE(job, .op = "Slice", .inputs = {input, list[0], list[1], list[2], list[3]}, .outputs = {pixels}));
    return RES_ONNX_NODE(job, .op = "Pad", .inputs = {pixels, pads_name}, .outputs = {*output});
}

/* The stem's max-pool, from *value to its new name. */
static core_status write_pool(res_onnx_job *job, const char **value)
{
    const char *input = *value;
    *value = "maxpool";
    return RES_ONNX_NODE(job, .op = "MaxPool", .inputs = {input}, .outputs = {*value},
                         .attributes = {{"kernel_shape", RES_ONNX_INTS, .count = 2, .integers = {3, 3}},
                                        {"pads", RES_ONNX_INTS, .count = 4, .integers = {1, 1, 1, 1}},
                                        {"strides", RES_ONNX_INTS, .count = 2, .integers = {2, 2}}});
}

/* The value that a block adds before its last relu. */
static core_status write_shortcut(res_onnx_job *job, const nn_resnet_plan *plan, const nn_resnet_block *block,
                                  const char *input, const char **output)
{
    switch (block->shortcut) {
    case NN_SHORTCUT_PAD:
        return write_pad(job, block, input, output);
    case NN_SHORTCUT_PROJECTION:
        return write_layer(job, plan, nn_resnet_projection(block), input, output);
    case NN_SHORTCUT_NONE:
    case NN_SHORTCUT_IDENTITY:
    default:
        *output = input;
        return CORE_OK;
    }
}

/* Writes a block; *value is the name of its input, then of its output. */
static core_status write_block(res_onnx_job *job, const nn_resnet_plan *plan, const nn_resnet_block *block,
                               const char **value)
{
    const char *sum, *shortcut, *input = *value, *norm = NULL;
    for (int l = block->first; l <= block->last; l++) {
        CORE_TRY(write_layer(job, plan, l, input, &norm));
        CORE_TRY(core_text_format(job->arena, &input, "%srelu%d", block->prefix, plan->layers[l].number));
        if (l < block->last) {
            CORE_TRY(RES_ONNX_NODE(job, .op = "Relu", .inputs = {norm}, .outputs = {input}));
        }
    }
    if (block->shortcut != NN_SHORTCUT_NONE) {
        CORE_TRY(write_shortcut(job, plan, block, *value, &shortcut));
        CORE_TRY(core_text_format(job->arena, &sum, "%ssum", block->prefix));
        CORE_TRY(RES_ONNX_NODE(job, .op = "Add", .inputs = {norm, shortcut}, .outputs = {sum}));
        norm = sum;
    }
    *value = input;
    CORE_TRY(RES_ONNX_NODE(job, .op = "Relu", .inputs = {norm}, .outputs = {*value}));
    return block->pools ? write_pool(job, value) : CORE_OK;
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

static nn_plane image_plane(const res_data *data)
{
    return data->plane == NULL ? (nn_plane){RES_SIDE, RES_SIDE} : (nn_plane){data->plane[0], data->plane[1]};
}

/* What the network is whose weights the state holds, whatever else it lacks. Where a bottleneck has its stride no tensor
 * shows, but its configuration. */
static core_status find_shape(const res_onnx_job *job, nn_resnet_shape *out)
{
    const res_state *state = &job->run->state;
    const res_option *bottleneck = res_options_find(&job->run->config.options, "bottleneck");
    char value[16];
    const bool v1 = strcmp(res_option_format(bottleneck, value, sizeof value), "v1") == 0;
    const res_array *stem;
    CORE_TRY(res_onnx_find(job, "conv1.weight", 4, (const int64_t[]){-1, NN_IMAGE_CHANNELS, -1, -1}, &stem));
    const int kernel = stem->shape.dims[2] == 7 ? 7 : 3;
    if (res_state_find(state, "layer2.0.downsample.0.weight") != NULL) {
        *out = res_state_find(state, "layer1.0.conv3.weight") != NULL ? nn_resnet_shape_50(kernel, v1)
                                                                      : nn_resnet_shape_18(kernel);
        return CORE_OK;
    }
    int blocks = 0;
    for (int stage = 1; stage <= 3; stage++) {
        blocks = count_blocks(job, stage) > blocks ? count_blocks(job, stage) : blocks;
    }
    return blocks > 0 ? nn_resnet_shape_cifar(6 * blocks + 2, out)
                      : core_fail_about(CORE_BAD_FILE, job->path, ": its state has no blocks of a network");
}

static core_status find_plan(const res_onnx_job *job, nn_resnet_plan *plan)
{
    nn_resnet_shape shape;
    CORE_TRY(find_shape(job, &shape));
    return nn_resnet_plan_make(&shape, image_plane(&job->run->data), job->arena, plan);
}

core_status res_onnx_write_resnet(res_onnx_job *job, int64_t *D)
{
    nn_resnet_plan plan;
    const char *value = "normalised";
    CORE_TRY(find_plan(job, &plan));
    CORE_TRY(write_input(job, plan.layers[0].in_plane));
    for (int b = 0; b < plan.block_count; b++) {
        CORE_TRY(write_block(job, &plan, &plan.blocks[b], &value));
    }
    *D = plan.blocks[plan.block_count - 1].out;
    CORE_TRY(RES_ONNX_NODE(job, .op = "GlobalAveragePool", .inputs = {value}, .outputs = {"pooled"}));
    return RES_ONNX_NODE(job, .op = "Flatten", .inputs = {"pooled"}, .outputs = {"features"});
}
