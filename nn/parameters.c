#include "nn/parameters.h"

#include <stdio.h>
#include <string.h>

/* What follows a parameter's name in the names of its buffers. */
static const char *const SUFFIXES[][NN_OPTIMISER_BUFFERS] = {
    [NN_SGD] = {".momentum"},
    [NN_ADAM] = {".exp_avg", ".exp_avg_sq"},
};

static int buffer_count(const nn_parameters *p)
{
    int count = 0;
    while (count < NN_OPTIMISER_BUFFERS && SUFFIXES[p->optimiser][count] != NULL) {
        count++;
    }
    return count;
}

core_status nn_parameters_allocate(nn_parameters *p, int64_t groups, int64_t tensors)
{
    const int64_t most = tensors * (1 + buffer_count(p));
    CORE_TRY(CORE_ARENA_NEW(p->arena, p->count, "weights", p->values));
    for (int b = 0; b < buffer_count(p); b++) {
        CORE_TRY(CORE_ARENA_NEW(p->arena, p->count, "the optimiser's buffers", p->buffers[b]));
    }
    CORE_TRY(CORE_ARENA_NEW(p->arena, groups * p->reduced, "weight gradients", p->gradients));
    CORE_TRY(CORE_ARENA_NEW(p->arena, most, "the tensor list", p->tensors));
    return CORE_ARENA_NEW(p->arena, most, "the tensor list", p->places);
}

core_status nn_parameters_add(nn_parameters *p, const char *name, nn_tensor_kind kind, nn_tensor_place place)
{
    nn_tensor_info info = {.kind = kind, .rank = 1, .shape = {place.width}, .count = place.rows * place.width};
    char *kept;
    CORE_TRY(core_arena_strdup(p->arena, name, &kept));
    info.name = kept;
    if (place.conv != NULL) {
        const nn_conv_shape *s = nn_conv_get_shape(place.conv);
        info.rank = 4;
        memcpy(info.shape, (const int64_t[]){s->out_channels, s->in_channels, s->kernel, s->kernel}, sizeof info.shape);
        info.count = nn_conv_plain_count(s);
    } else if (place.rows > 1) {
        info.rank = 2;
        info.shape[0] = place.rows;
        info.shape[1] = place.width;
    }
    p->tensors[p->tensor_count] = info;
    p->places[p->tensor_count++] = place;
    return CORE_OK;
}

core_status nn_parameters_add_buffers(nn_parameters *p)
{
    const int64_t tensors = p->tensor_count;
    for (int64_t t = 0; t < tensors; t++) {
        for (int b = 0; b < buffer_count(p) && p->tensors[t].kind == NN_TENSOR_PARAMETER; b++) {
            char name[96];
            nn_tensor_place place = p->places[t];
            place.values = p->buffers[b] + (place.values - p->values);
            snprintf(name, sizeof name, "%s%s", p->tensors[t].name, SUFFIXES[p->optimiser][b]);
            CORE_TRY(nn_parameters_add(p, name, NN_TENSOR_OPTIMISER, place));
        }
    }
    return CORE_OK;
}

core_status nn_parameters_get(const nn_parameters *p, int64_t index, float *plain)
{
    const nn_tensor_place *place = &p->places[index];
    if (place->conv != NULL) {
        return nn_conv_to_plain(place->conv, place->values, plain);
    }
    for (int64_t r = 0; r < place->rows; r++) {
        memcpy(plain + r * place->width, place->values + r * place->stride, sizeof *plain * (size_t)place->width);
    }
    return CORE_OK;
}

core_status nn_parameters_set(nn_parameters *p, int64_t index, const float *plain)
{
    const nn_tensor_place *place = &p->places[index];
    if (place->conv != NULL) {
        return nn_conv_from_plain(place->conv, plain, place->values);
    }
    for (int64_t r = 0; r < place->rows; r++) {
        memcpy(place->values + r * place->stride, plain + r * place->width, sizeof *plain * (size_t)place->width);
    }
    return CORE_OK;
}
