/* Backward through whole networks (convolution, batch norm, ReLU, every shortcut, both poolings, head) against central
 * differences of a slow forward pass in double. */
#include <math.h>

#include "tests/nn/network.h"
#include "tests/nn/reference.h"

enum { N = 3, TENSORS = 64, IMAGES = 53 /* the salt of the images */ };

/* Images of the paper, and of planes with odd sides; batch norm over all examples and over the first two and the last. */
static const struct {
    const char *network; /* named_shape */
    nn_plane plane;
    int64_t norm_group;
} CASES[] = {{"8", {32, 32}, N}, {"8", {13, 9}, N}, {"8", {13, 9}, 2}, {"tiny", {29, 38}, N}, {"tiny", {29, 38}, 2}};

typedef struct {
    int64_t image; /* floats */
    const int32_t *labels;
} feed;

static core_status load(void *context, int thread, int64_t first, int64_t count, float *images)
{
    const int64_t image = ((const feed *)context)->image;
    for (int64_t i = 0; i < count * image; i++) {
        images[i] = 3.4F * noise(first * image + i, IMAGES);
    }
    (void)thread;
    return CORE_OK;
}

static void loss(void *context, int64_t first, int64_t count, const float *logits, float *dlogits)
{
    const int32_t *labels = ((const feed *)context)->labels;
    for (int64_t i = 0; i < count; i++) {
        double sum = 0;
        for (int64_t k = 0; k < CLASSES; k++) {
            sum += exp((double)logits[i * CLASSES + k]);
        }
        for (int64_t k = 0; k < CLASSES; k++) {
            double p = exp((double)logits[i * CLASSES + k]) / sum;
            dlogits[i * CLASSES + k] = (float)((p - (k == labels[first + i] ? 1.0 : 0.0)) / (double)N);
        }
    }
}

/* With momentum and weight decay 0 the optimiser's buffers are the gradient; activations lie around zero, as in use. */
static nn_model *make_model(reference_case *c)
{
    nn_resnet_config config = small_config(8, NN_HEAD_LINEAR, N);
    nn_model *model;
    config.shape = c->shape;
    config.shard = 2; /* the second shard is half padding */
    config.height = c->plane.height;
    config.width = c->plane.width;
    config.norm_group = c->norm_group % N; /* 0: all of them */
    EXPECT_OK(nn_resnet_create(&config, &model));
    for (int64_t t = 0; t < nn_model_tensor_count(model); t++) {
        nn_tensor_info info = nn_model_tensor(model, t);
        if (info.kind == NN_TENSOR_PARAMETER) {
            double scale = info.rank > 1 ? sqrt(24.0 / ((double)info.count / (double)info.shape[0])) : 0.6;
            bool one = info.rank == 1 && strstr(info.name, "bias") == NULL;
            float *values = drawn(info.count, 60 + (uint32_t)t, (float)scale, one ? 1.0F : 0.0F);
            EXPECT_OK(nn_model_set_tensor(model, t, values));
            c->parameters[t] = to_double(info.count, values);
            free(values);
        }
    }
    return model;
}

static double central_difference(const reference_case *c, double *value)
{
    const double h = 1e-7; /* small, because ReLU bends: of 5e5 activations hardly one lies within h of zero */
    double kept = *value;
    *value = kept + h;
    double above = reference_loss(c);
    *value = kept - h;
    double below = reference_loss(c);
    *value = kept;
    return (above - below) / (2 * h);
}

/* Some elements of every parameter. No activation of these inputs falls on the other side of zero in float: one alone
 * would be 1e-3 of a gradient where terms cancel. Other kernels may move one there; then other images do. */
static void expect_gradients(const nn_model *model, const reference_case *c)
{
    enum { CHECKED = 3 };
    for (int64_t t = 0; t < nn_model_tensor_count(model); t++) {
        nn_tensor_info info = nn_model_tensor(model, t);
        if (info.kind != NN_TENSOR_OPTIMISER) {
            continue;
        }
        int64_t parameter = 0;
        char wanted_name[96];
        while (snprintf(wanted_name, sizeof wanted_name, "%s.momentum", nn_model_tensor(model, parameter).name),
               strcmp(wanted_name, info.name) != 0) {
            parameter++;
        }
        float *gradient = tensor_values(model, t);
        double largest = 0, worst = 0;
        for (int64_t i = 0; i < info.count; i++) {
            largest = larger_error(largest, fabs((double)gradient[i]));
        }
        for (int i = 0; i < CHECKED; i++) {
            int64_t at = hash32(i, 52) % info.count;
            double wanted = central_difference(c, &c->parameters[parameter][at]);
            worst = larger_error(worst, fabs((double)gradient[at] - wanted) / largest);
            ck_assert_msg(worst <= 1e-5, "%s[%lld]: %.9g, expected %.9g (largest %.3g)", info.name, (long long)at,
                          (double)gradient[at], wanted, largest);
        }
        report_error(info.name, worst);
        free(gradient);
    }
}

START_TEST(test_gradients_equal_central_differences)
{
    int32_t labels[N] = {7, 2, 3};
    double *parameters[TENSORS] = {0};
    const int64_t image = 3 * nn_plane_pixels(CASES[_i].plane);
    float *images = drawn(N * image, IMAGES, 3.4F, 0);
    double *exact = to_double(N * image, images);
    reference_case c = {
        named_shape(CASES[_i].network), CASES[_i].plane, N, CASES[_i].norm_group, CLASSES, parameters, exact, labels};
    nn_model *model = make_model(&c);
    feed from = {image, labels};
    nn_train_feed callbacks = {.context = &from, .load = load, .loss = loss};
    nn_update rates = {.kind = NN_SGD};
    EXPECT_OK(nn_model_train_step(model, N, &callbacks, &rates));
    expect_gradients(model, &c);
    nn_model_destroy(model);
    for (int t = 0; t < TENSORS; t++) {
        free(parameters[t]);
    }
    free(images), free(exact);
}
END_TEST

int main(int argc, char **argv)
{
    start_isa(argc, argv);
    Suite *suite = suite_create("nn/resnet_gradient");
    add_loop(suite, "gradient", test_gradients_equal_central_differences, LENGTH(CASES));
    return run_suite(suite);
}
