/* nn/model_internal.h - what every network of nn/ begins with, so that nn/model.h serves them all. */
#ifndef NN_MODEL_INTERNAL_H
#define NN_MODEL_INTERNAL_H

#include "nn/model.h"

/* What networks do in their own ways; the contracts are nn/model.h's. */
typedef struct {
    void (*destroy)(nn_model *model);
    core_status (*get_tensor)(const nn_model *model, int64_t index, float *plain);
    core_status (*set_tensor)(nn_model *model, int64_t index, const float *plain);
    core_status (*train_step)(nn_model *model, int64_t count, const nn_train_feed *feed, const nn_update *update);
    core_status (*evaluate)(nn_model *model, int64_t count, const nn_eval_feed *feed);
} nn_model_class;

/* The first member of a network's own struct. */
struct nn_model {
    const nn_model_class *functions;
    nn_optimiser optimiser;
    int64_t feature_count, class_count;
    int64_t evaluate_flop, train_flop;
    nn_tensor_info *tensors; /* (tensor_count), owned by the network */
    int64_t tensor_count;
};

#endif
