/* A plan is a chain: each block reads what the one before writes, and its layers are where it says. */
#include "nn/resnet_plan.h"

#include <string.h>

#include "tests/support.h"

static core_arena arena;

static const nn_plane CIFAR = {32, 32};

static nn_resnet_plan make_plan(nn_plane images, int n)
{
    nn_resnet_plan plan;
    EXPECT_OK(nn_resnet_plan_cifar(images, n, NN_RESNET_WIDTH, &arena, &plan));
    ck_assert_int_eq(plan.block_count, 1 + 3 * n);
    ck_assert_int_eq(plan.layer_count, 1 + 6 * n);
    return plan;
}

static void expect_block(const nn_resnet_plan *plan, int index)
{
    const nn_resnet_block *b = &plan->blocks[index];
    const nn_resnet_conv *first = &plan->layers[b->first], *last = &plan->layers[b->end - 1];
    ck_assert_int_eq(b->end - b->first, b->kind == NN_BLOCK_STEM ? 1 : 2);
    ck_assert(first->in == b->in && first->stride == b->stride && first->kernel == b->kernel && last->out == b->out);
    for (const nn_resnet_conv *l = first; l <= last; l++) {
        ck_assert(l->block == index && l->number == l - first + 1);
        ck_assert(l->out_plane.height == (l->in_plane.height + l->stride - 1) / l->stride);
        ck_assert(l->out_plane.width == (l->in_plane.width + l->stride - 1) / l->stride);
    }
    if (index > 0) {
        const nn_resnet_block *before = &plan->blocks[index - 1];
        ck_assert(before->end == b->first && before->out == b->in);
        ck_assert(first[-1].out_plane.height == first->in_plane.height &&
                  first[-1].out_plane.width == first->in_plane.width);
        ck_assert_int_eq(b->shortcut, b->in == b->out ? NN_SHORTCUT_IDENTITY : NN_SHORTCUT_PAD);
    }
}

START_TEST(test_blocks_and_layers_are_a_chain)
{
    for (int n = 1; n <= 18; n++) {
        const nn_plane images = {n < 9 ? 32 : 13, n % 2 == 0 ? 32 : 9};
        const nn_resnet_plan plan = make_plan(images, n);
        for (int b = 0; b < plan.block_count; b++) {
            expect_block(&plan, b);
        }
        const nn_resnet_conv *last = &plan.layers[plan.layer_count - 1];
        ck_assert(last->out == 64 && last->out_plane.height == (n < 9 ? 8 : 4) &&
                  last->out_plane.width == (n % 2 == 0 ? 8 : 3));
        ck_assert_int_eq(plan.blocks[0].shortcut, NN_SHORTCUT_NONE);
    }
    core_arena_free(&arena);
}
END_TEST

START_TEST(test_names_are_pytorchs)
{
    static const struct {
        int layer;
        const char *conv, *norm;
    } names[] = {{0, "conv1", "bn1"}, {1, "layer1.0.conv1", "layer1.0.bn1"}, {30, "layer3.4.conv2", "layer3.4.bn2"}};
    const nn_resnet_plan plan = make_plan(CIFAR, 5);
    for (int i = 0; i < 3; i++) {
        char name[NN_LAYER_NAME_BYTES];
        nn_resnet_plan_name(&plan, names[i].layer, "conv", name);
        ck_assert_str_eq(name, names[i].conv);
        nn_resnet_plan_name(&plan, names[i].layer, "bn", name);
        ck_assert_str_eq(name, names[i].norm);
    }
    core_arena_free(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nn/resnet_plan");
    ADD_CASE(suite, "properties", test_blocks_and_layers_are_a_chain, test_names_are_pytorchs);
    return run_suite(suite);
}
