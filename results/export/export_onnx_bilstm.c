/* A bidirectional LSTM for text (nn/bilstm.h) as ONNX: word vectors, layers of ONNX's LSTM, the last output of each
 * direction at the end of its sequence. Input "tokens" (N, T), word numbers with 0 behind the end of each text: a
 * text's length is the count of its words. ONNX orders the gates i, o, f, c where PyTorch has i, f, g, o. */
#include <stdio.h>
#include <string.h>

#include "results/export/export_onnx.h"

enum { GATES = 4 };

typedef struct {
    int number;
    int64_t inputs, hidden; /* I, H */
} layer;

/* "lstm.weight_ih_l0_reverse" of the state, of `rank` dimensions (4 H, columns). */
static core_status find(const res_onnx_job *job, const layer *l, const char *part, int direction, int rank,
                        int64_t columns, const float **out)
{
    char name[96];
    const res_array *array;
    snprintf(name, sizeof name, "lstm.%s_l%d%s", part, l->number, direction == 0 ? "" : "_reverse");
    CORE_TRY(res_onnx_find(job, name, rank, (const int64_t[]){GATES * l->hidden, columns}, &array));
    *out = array->data;
    return CORE_OK;
}

/* Copies the (4, block) floats of a direction's gates in ONNX's order. */
static void turn_gates(const float *from, int64_t block, float *to)
{
    static const int order[GATES] = {0, 3, 1, 2};
    for (int g = 0; g < GATES; g++) {
        memcpy(to + g * block, from + order[g] * block, (size_t)block * sizeof *to);
    }
}

/* Makes the constant "lstm.NAME_l0": of both directions `parts` tensors (4 H, columns; rank 1: columns 1) side by side.
 */
static core_status write_weights(res_onnx_job *job, const layer *l, const char *name, const char *const parts[2],
                                 int64_t columns, const char **out)
{
    const int count = parts[1] != NULL ? 2 : 1, rank = count == 2 ? 1 : 2;
    const int64_t part_floats = GATES * l->hidden * columns;
    const core_h5_shape shape = count == 2 ? core_h5_shape2(CORE_H5_F32, 2, count * GATES * l->hidden)
                                           : core_h5_shape3(CORE_H5_F32, 2, GATES * l->hidden, columns);
    float *floats;
    CORE_TRY(CORE_ARENA_NEW(job->arena, 2 * count * part_floats, "an ONNX model", floats));
    for (int i = 0; i < 2 * count; i++) {
        const float *from;
        CORE_TRY(find(job, l, parts[i % count], i / count, rank, columns, &from));
        turn_gates(from, l->hidden * columns, floats + i * part_floats);
    }
    CORE_TRY(core_text_format(job->arena, out, "lstm.%s_l%d", name, l->number));
    return res_onnx_add_tensor(job->model, *out, &shape, floats);
}

/* A layer from `input` (T, N, I) to both directions' outputs "both_l0" (T, 2, N, H) and their last ones "last_l0"
 * (2, N, H). */
static core_status write_layer(res_onnx_job *job, const layer *l, const char *input, const char **both,
                               const char **last)
{
    static const char *const by_input[2] = {"weight_ih"}, *const by_output[2] = {"weight_hh"};
    static const char *const bias[2] = {"bias_ih", "bias_hh"};
    const char *weights[3];
    CORE_TRY(write_weights(job, l, "W", by_input, l->inputs, &weights[0]));
    CORE_TRY(write_weights(job, l, "R", by_output, l->hidden, &weights[1]));
    CORE_TRY(write_weights(job, l, "B", bias, 1, &weights[2]));
    CORE_TRY(core_text_format(job->arena, both, "both_l%d", l->number));
    CORE_TRY(core_text_format(job->arena, last, "last_l%d", l->number));
    return RES_ONNX_NODE(job, .op = "LSTM", .inputs = {input, weights[0], weights[1], weights[2], "lengths"},
                         .outputs = {*both, *last},
                         .attributes = {{"direction", RES_ONNX_TEXT, .text = "bidirectional"},
                                        {"hidden_size", RES_ONNX_INT, .integer = l->hidden}});
}

/* Joins both directions' outputs (T, 2, N, H) to the next layer's input (T, N, 2 H). */
static core_status write_joint(res_onnx_job *job, const char *both, const char **joined)
{
    const char *turned;
    CORE_TRY(core_text_format(job->arena, &turned, "%s.turned", both));
    CORE_TRY(core_text_format(job->arena, joined, "%s.joined", both));
    CORE_TRY(RES_ONNX_NODE(job, .op = "Transpose", .inputs = {both}, .outputs = {turned},
                           .attributes = {{"perm", RES_ONNX_INTS, .count = 4, .integers = {0, 2, 1, 3}}}));
    return RES_ONNX_NODE(job, .op = "Reshape", .inputs = {turned, "joined_shape"}, .outputs = {*joined});
}

/* Computes "lengths" (N) and "vectors" (T, N, E) from "tokens". */
static core_status write_input(res_onnx_job *job, int64_t *E)
{
    static const int64_t zero = 0, one = 1, joined[3] = {0, 0, -1};
    const core_h5_shape scalar = core_h5_shape0(CORE_H5_I64), axes = core_h5_shape1(CORE_H5_I64, 1);
    const core_h5_shape three = core_h5_shape1(CORE_H5_I64, 3), *vectors;
    const res_onnx_value tokens = {.name = "tokens",
                                   .type = CORE_H5_I64,
                                   .rank = 2,
                                   .dims = {-1, -1},
                                   .free_name = {"N", "T"},
                                   .about = "word numbers of each text, one at least, and 0 behind its end"};
    CORE_TRY(res_onnx_add_value(job->model, &tokens, true));
    CORE_TRY(res_onnx_take(job, "embedding.weight", 2, (const int64_t[]){-1, -1}, &vectors));
    *E = vectors->dims[1];
    CORE_TRY(res_onnx_add_tensor(job->model, "padding", &scalar, &zero));
    CORE_TRY(res_onnx_add_tensor(job->model, "time_axis", &axes, &one));
    CORE_TRY(res_onnx_add_tensor(job->model, "joined_shape", &three, joined));
    CORE_TRY(RES_ONNX_NODE(job, .op = "Greater", .inputs = {"tokens", "padding"}, .outputs = {"is_word"}));
    CORE_TRY(RES_ONNX_NODE(job, .op = "Cast", .inputs = {"is_word"}, .outputs = {"present"},
                           .attributes = {{"to", RES_ONNX_INT, .integer = RES_ONNX_INT32}}));
    CORE_TRY(RES_ONNX_NODE(job, .op = "ReduceSum", .inputs = {"present", "time_axis"}, .outputs = {"lengths"},
                           .attributes = {{"keepdims", RES_ONNX_INT, .integer = 0}}));
    CORE_TRY(RES_ONNX_NODE(job, .op = "Transpose", .inputs = {"tokens"}, .outputs = {"steps"},
                           .attributes = {{"perm", RES_ONNX_INTS, .count = 2, .integers = {1, 0}}}));
    return RES_ONNX_NODE(job, .op = "Gather", .inputs = {"embedding.weight", "steps"}, .outputs = {"vectors"});
}

/* Whether the state has a tensor of that layer. */
static bool layer_is_there(const res_onnx_job *job, int number)
{
    char ending[32];
    snprintf(ending, sizeof ending, "_l%d", number);
    for (int64_t i = 0; i < job->run->state.count; i++) {
        const char *name = job->run->state.arrays[i].name, *at = strstr(name, ending);
        if (strncmp(name, "lstm.", 5) == 0 && at != NULL && (at[strlen(ending)] == '\0' || at[strlen(ending)] == '_')) {
            return true;
        }
    }
    return false;
}

core_status res_onnx_write_bilstm(res_onnx_job *job, int64_t *D)
{
    const res_array *by_output;
    const char *input, *both, *last;
    layer l = {0};
    CORE_TRY(write_input(job, &l.inputs));
    CORE_TRY(res_onnx_find(job, "lstm.weight_hh_l0", 2, (const int64_t[]){-1, -1}, &by_output));
    l.hidden = by_output->shape.dims[1];
    CORE_TRY(write_layer(job, &l, "vectors", &both, &last));
    while (layer_is_there(job, l.number + 1)) {
        l = (layer){.number = l.number + 1, .inputs = 2 * l.hidden, .hidden = l.hidden};
        CORE_TRY(write_joint(job, both, &input));
        CORE_TRY(write_layer(job, &l, input, &both, &last));
    }
    *D = 2 * l.hidden;
    CORE_TRY(RES_ONNX_NODE(job, .op = "Transpose", .inputs = {last}, .outputs = {"last"},
                           .attributes = {{"perm", RES_ONNX_INTS, .count = 3, .integers = {1, 0, 2}}}));
    return RES_ONNX_NODE(job, .op = "Flatten", .inputs = {"last"}, .outputs = {"features"});
}
