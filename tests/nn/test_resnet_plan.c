/* A plan is a chain: each block reads what the one before writes, and its layers are where it says. */
#include "nn/resnet_plan.h"

#include <string.h>

#include "tests/support.h"

static core_arena arena;

static nn_resnet_plan make_plan(nn_resnet_shape shape, nn_plane images)
{
    nn_resnet_plan plan;
    EXPECT_OK(nn_resnet_plan_make(&shape, images, &arena, &plan));
    return plan;
}

static nn_resnet_shape cifar_shape(int depth)
{
    nn_resnet_shape shape;
    EXPECT_OK(nn_resnet_shape_cifar(depth, &shape));
    return shape;
}

static bool same_plane(nn_plane a, nn_plane b) { return a.height == b.height && a.width == b.width; }

static void expect_layer(const nn_resnet_plan *plan, int index, int block, int number)
{
    const nn_resnet_conv *l = &plan->layers[index];
    ck_assert(l->block == block && l->number == number);
    ck_assert(l->out_plane.height == (l->in_plane.height + l->stride - 1) / l->stride);
    ck_assert(l->out_plane.width == (l->in_plane.width + l->stride - 1) / l->stride);
}

/* A block's layers are a chain from its input to its output, and its shortcut leads there too. */
static void expect_block(const nn_resnet_plan *plan, int index, nn_plane images)
{
    static const int counts[] = {[NN_BLOCK_STEM] = 1, [NN_BLOCK_BASIC] = 2, [NN_BLOCK_BOTTLENECK] = 3};
    const nn_resnet_block *b = &plan->blocks[index];
    const nn_resnet_conv *first = &plan->layers[b->first], *last = &plan->layers[b->last];
    const nn_plane in = index == 0 ? images : b[-1].out_plane;
    ck_assert(b->last - b->first + 1 == counts[b->kind] && first->in == b->in && last->out == b->out);
    ck_assert(same_plane(first->in_plane, in) && same_plane(last->out_plane, b->out_plane) != b->pools);
    for (int l = b->first; l <= b->last; l++) {
        expect_layer(plan, l, index, l - b->first + 1);
        ck_assert(l == b->first || (plan->layers[l].in == plan->layers[l - 1].out &&
                                    same_plane(plan->layers[l].in_plane, plan->layers[l - 1].out_plane)));
    }
    if (index > 0) {
        const bool keeps = b->in == b->out && b->stride == 1;
        ck_assert(nn_resnet_block_end(b - 1) == b->first && b[-1].out == b->in);
        ck_assert_int_eq(b->shortcut == NN_SHORTCUT_IDENTITY, keeps);
    }
    if (b->shortcut == NN_SHORTCUT_PROJECTION) {
        const nn_resnet_conv *p = &plan->layers[nn_resnet_projection(b)];
        expect_layer(plan, nn_resnet_projection(b), index, 0);
        ck_assert(p->kernel == 1 && p->stride == b->stride && p->in == b->in && p->out == b->out);
        ck_assert(same_plane(p->in_plane, in) && same_plane(p->out_plane, b->out_plane));
    }
}

static void expect_chain(const nn_resnet_plan *plan, nn_plane images)
{
    for (int b = 0; b < plan->block_count; b++) {
        expect_block(plan, b, images);
    }
    ck_assert_int_eq(plan->blocks[0].shortcut, NN_SHORTCUT_NONE);
    ck_assert_int_eq(nn_resnet_block_end(&plan->blocks[plan->block_count - 1]), plan->layer_count);
}

START_TEST(test_blocks_and_layers_of_the_cifar_family_are_a_chain)
{
    for (int n = 1; n <= 18; n++) {
        const nn_plane images = {n < 9 ? 32 : 13, n % 2 == 0 ? 32 : 9};
        const nn_resnet_plan plan = make_plan(cifar_shape(6 * n + 2), images);
        ck_assert(plan.block_count == 1 + 3 * n && plan.layer_count == 1 + 6 * n);
        expect_chain(&plan, images);
        const nn_resnet_conv *last = &plan.layers[plan.layer_count - 1];
        ck_assert(last->out == 64 && last->out_plane.height == (n < 9 ? 8 : 4) &&
                  last->out_plane.width == (n % 2 == 0 ? 8 : 3));
    }
    core_arena_free(&arena);
}
END_TEST

/* Parameters without the classifier's and multiply-adds of the convolutions for an image of 224x224, as torchvision's
 * documentation and counters have them: 11,689,512 and 25,557,032 parameters less fc's, 1.81 and 4.09 G; v1: 3.86 G. */
START_TEST(test_resnet18_and_resnet50_are_torchvisions)
{
    static const struct {
        int depth, layers;
        int64_t parameters, products;
        bool v1;
    } known[] = {{18, 20, 11689512 - 513000, 1814073344 - 512000, false},
                 {50, 53, 25557032 - 2049000, 4089184256 - 2048000, false},
                 {50, 53, 25557032 - 2049000, 3857973248 - 2048000, true}};
    const nn_plane images = {224, 224};
    for (int i = 0; i < LENGTH(known); i++) {
        const nn_resnet_plan plan =
            make_plan(known[i].depth == 18 ? nn_resnet_shape_18(7) : nn_resnet_shape_50(7, known[i].v1), images);
        int64_t parameters = 0, products = 0;
        for (int l = 0; l < plan.layer_count; l++) {
            const nn_resnet_conv *c = &plan.layers[l];
            const int64_t weights = c->in * c->out * c->kernel * c->kernel;
            parameters += weights + 2 * c->out;
            products += weights * nn_plane_pixels(c->out_plane);
        }
        expect_chain(&plan, images);
        ck_assert_int_eq(plan.layer_count, known[i].layers);
        ck_assert_int_eq(parameters, known[i].parameters);
        ck_assert_int_eq(products, known[i].products);
        ck_assert(same_plane(plan.blocks[plan.block_count - 1].out_plane, (nn_plane){7, 7}));
    }
    core_arena_free(&arena);
}
END_TEST

START_TEST(test_small_stem_keeps_the_plane)
{
    const nn_plane images = {64, 40};
    const nn_resnet_plan plan = make_plan(nn_resnet_shape_18(3), images);
    expect_chain(&plan, images);
    ck_assert(same_plane(plan.blocks[0].out_plane, images) && !plan.blocks[0].pools && plan.layers[0].kernel == 3);
    core_arena_free(&arena);
}
END_TEST

START_TEST(test_depths_that_are_not_6n_plus_2_are_refused)
{
    static const int bad[] = {2, 9, -4, 33};
    for (int i = 0; i < LENGTH(bad); i++) {
        nn_resnet_shape shape = {.width = 7};
        EXPECT_FAILURE(nn_resnet_shape_cifar(bad[i], &shape), CORE_BAD_USAGE, "6n + 2");
        ck_assert_int_eq(shape.width, 7);
    }
}
END_TEST

START_TEST(test_names_are_pytorchs)
{
    static const struct {
        int layer;
        const char *conv, *norm;
    } names[] = {{0, "conv1", "bn1"}, {1, "layer1.0.conv1", "layer1.0.bn1"}, {30, "layer3.4.conv2", "layer3.4.bn2"}};
    const nn_resnet_plan plan = make_plan(cifar_shape(32), (nn_plane){32, 32});
    for (int i = 0; i < 3; i++) {
        char name[NN_LAYER_NAME_BYTES];
        nn_resnet_plan_name(&plan, names[i].layer, NN_PART_CONV, name);
        ck_assert_str_eq(name, names[i].conv);
        nn_resnet_plan_name(&plan, names[i].layer, NN_PART_NORM, name);
        ck_assert_str_eq(name, names[i].norm);
    }
    core_arena_free(&arena);
}
END_TEST

START_TEST(test_names_of_projections_are_torchvisions)
{
    char name[NN_LAYER_NAME_BYTES];
    const nn_resnet_plan plan = make_plan(nn_resnet_shape_50(7, false), (nn_plane){32, 32});
    nn_resnet_plan_name(&plan, 4, NN_PART_CONV, name);
    ck_assert_str_eq(name, "layer1.0.downsample.0");
    nn_resnet_plan_name(&plan, 4, NN_PART_NORM, name);
    ck_assert_str_eq(name, "layer1.0.downsample.1");
    nn_resnet_plan_name(&plan, 52, NN_PART_CONV, name);
    ck_assert_str_eq(name, "layer4.2.conv3");
    core_arena_free(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nn/resnet_plan");
    ADD_CASE(suite, "properties", test_blocks_and_layers_of_the_cifar_family_are_a_chain,
             test_resnet18_and_resnet50_are_torchvisions, test_small_stem_keeps_the_plane,
             test_depths_that_are_not_6n_plus_2_are_refused, test_names_are_pytorchs,
             test_names_of_projections_are_torchvisions);
    return run_suite(suite);
}
