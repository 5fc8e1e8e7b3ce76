#include "tests/nn/truth.h"

static const char *head_name(nn_head_kind head) { return head == NN_HEAD_LINEAR ? "linear" : "cosine"; }

static void expect_named(const golden_file *golden, const truth_case *t, const char *what, const float *x,
                         int64_t count, double tolerance)
{
    char name[160];
    char size[32] = "", group[16] = "";
    if (t->height != 32 || t->width != 32) {
        snprintf(size, sizeof size, " %dx%d", (int)t->height, (int)t->width);
    }
    if (t->norm_group > 0) {
        snprintf(group, sizeof group, " bn%d", (int)t->norm_group);
    }
    snprintf(name, sizeof name, "%s %s %d%s%s %s", t->network, head_name(t->head), (int)t->batch, size, group, what);
    expect_golden(golden, name, x, count, tolerance);
}

static void expect_tensors(const golden_file *golden, const truth_case *t, const nn_model *model, uint32_t step)
{
    for (int64_t i = 0; i < nn_model_tensor_count(model); i++) {
        nn_tensor_info info = nn_model_tensor(model, i);
        char what[128];
        snprintf(what, sizeof what, "step %u %s", step, info.name);
        float *values = tensor_values(model, i);
        expect_named(golden, t, what, values, info.count, step == 1 ? t->first_tolerance : t->last_tolerance);
        free(values);
    }
}

void expect_truth(const golden_file *golden, const truth_case *t)
{
    enum { EVALUATED = 7 };
    nn_resnet_config config = small_config(8, t->head, t->batch);
    config.shape = named_shape(t->network);
    config.groups = t->groups;
    config.height = t->height;
    config.width = t->width;
    config.norm_group = t->norm_group;
    config.recompute = t->norm_group > 0;
    nn_model *model = make_network(&config);
    for (uint32_t step = 1; step <= t->steps; step++) {
        batch_feed feed = {.config = &config, .count = t->batch, .step = step};
        train_step(model, &feed);
        char what[32];
        snprintf(what, sizeof what, "step %u logits", step);
        expect_named(golden, t, what, feed.logits, t->batch * CLASSES,
                     step == 1 ? t->first_tolerance : t->last_tolerance);
        if (step == 1 || step == t->steps) {
            expect_tensors(golden, t, model, step);
        }
    }
    evaluated *out = calloc(1, sizeof *out);
    evaluate(model, &config, EVALUATED, out);
    expect_named(golden, t, "eval features", out->features, EVALUATED * out->D, t->last_tolerance);
    expect_named(golden, t, "eval logits", out->logits, EVALUATED * CLASSES, t->last_tolerance);
    free(out);
    nn_model_destroy(model);
}
