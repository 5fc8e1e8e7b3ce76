#include "nn/model.h"

#include <assert.h>
#include <stddef.h>

#include "nn/model_internal.h"

void nn_model_destroy(nn_model *model)
{
    if (model != NULL) {
        model->functions->destroy(model);
    }
}

int64_t nn_model_tensor_count(const nn_model *model) { return model->tensor_count; }
nn_tensor_info nn_model_tensor(const nn_model *model, int64_t index) { return model->tensors[index]; }
int64_t nn_model_feature_count(const nn_model *model) { return model->feature_count; }
int64_t nn_model_class_count(const nn_model *model) { return model->class_count; }
int64_t nn_model_evaluate_flop(const nn_model *model) { return model->evaluate_flop; }
int64_t nn_model_train_flop(const nn_model *model) { return model->train_flop; }
nn_optimiser nn_model_optimiser(const nn_model *model) { return model->optimiser; }

core_status nn_model_get_tensor(const nn_model *model, int64_t index, float *plain)
{
    return model->functions->get_tensor(model, index, plain);
}

core_status nn_model_set_tensor(nn_model *model, int64_t index, const float *plain)
{
    return model->functions->set_tensor(model, index, plain);
}

core_status nn_model_train_step(nn_model *model, int64_t count, const nn_train_feed *feed, const nn_update *update)
{
    assert(count >= 1 && update->kind == model->optimiser);
    return model->functions->train_step(model, count, feed, update);
}

core_status nn_model_evaluate(nn_model *model, int64_t count, const nn_eval_feed *feed)
{
    assert(count >= 1);
    return model->functions->evaluate(model, count, feed);
}
