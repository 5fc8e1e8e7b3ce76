/* Backward through a whole biLSTM (word vectors, both directions of both layers, head) against central differences of a
 * slow forward pass in double. */
#include <math.h>

#include "tests/nn/network.h"
#include "tests/nn/reference.h"
#include "tests/nn/text.h"

enum { N = 3, WORDS = 9, E = 5, H = 16, LAYERS = 2, K = 2, T = 7, TENSORS = 32 };

static const int64_t LENGTHS[N] = {4, 1, T};
static const int32_t TOKENS[N][T] = {{3, 8, 3, 0}, {5}, {2, 2, 7, 1, 3, 4, 6}}; /* the padding's id in a text, too */
static const int32_t LABELS[N] = {1, 0, 1};

static nn_sequence sequence(void *context, int64_t position)
{
    (void)context;
    return (nn_sequence){TOKENS[position], LENGTHS[position]};
}

static void loss(void *context, int64_t first, int64_t count, const float *logits, float *dlogits)
{
    (void)context;
    for (int64_t i = 0; i < count; i++) {
        double p = 1 / (1 + exp((double)logits[2 * i] - (double)logits[2 * i + 1])); /* of class 1 */
        double d = (p - (double)LABELS[first + i]) / (double)N;
        dlogits[2 * i] = (float)-d;
        dlogits[2 * i + 1] = (float)d;
    }
}

static double sigma(double x) { return 1 / (1 + exp(-x)); }

/* One direction of one layer: h (H) after the whole of x (length, width); every step's h in y (length, 2 H). */
static void run_direction(double *const *p, int64_t length, int64_t width, int direction, const double *x, double *y)
{
    double h[H] = {0}, c[H] = {0};
    for (int64_t i = 0; i < length; i++) {
        int64_t t = direction == 0 ? i : length - 1 - i;
        double a[4 * H];
        for (int64_t q = 0; q < 4 * H; q++) {
            a[q] = p[2][q] + p[3][q];
            for (int64_t k = 0; k < width; k++) {
                a[q] += p[0][q * width + k] * x[t * width + k];
            }
            for (int64_t k = 0; k < H; k++) {
                a[q] += p[1][q * H + k] * h[k];
            }
        }
        for (int64_t k = 0; k < H; k++) {
            c[k] = sigma(a[H + k]) * c[k] + sigma(a[k]) * tanh(a[2 * H + k]);
            h[k] = sigma(a[3 * H + k]) * tanh(c[k]);
            y[t * 2 * H + direction * H + k] = h[k];
        }
    }
}

/* Mean cross-entropy; parameters in the order of the model's tensors. */
static double reference(double *const *p)
{
    double total = 0;
    for (int64_t n = 0; n < N; n++) {
        double x[T * 2 * H], y[T * 2 * H], z[K];
        int64_t length = LENGTHS[n], width = E;
        for (int64_t t = 0; t < length; t++) {
            memcpy(x + t * E, p[0] + TOKENS[n][t] * E, sizeof(double) * E);
        }
        for (int layer = 0; layer < LAYERS; layer++, width = 2 * H) {
            for (int d = 0; d < 2; d++) {
                run_direction(p + 1 + 8 * layer + 4 * d, length, width, d, x, y);
            }
            memcpy(x, y, sizeof x);
        }
        double *const *head = p + 1 + 8 * LAYERS;
        for (int64_t k = 0; k < K; k++) {
            z[k] = head[1][k];
            for (int64_t j = 0; j < 2 * H; j++) {
                z[k] += head[0][k * 2 * H + j] * y[(j < H ? length - 1 : 0) * 2 * H + j];
            }
        }
        total += log(exp(z[0]) + exp(z[1])) - z[LABELS[n]];
    }
    return total / (double)N;
}

/* With beta1 and lr 0 the first moments are the gradient, and nothing moves. */
static nn_model *make_model(double **parameters)
{
    nn_bilstm_config config = text_config(LAYERS, NN_HEAD_LINEAR, N);
    config.vocabulary = WORDS, config.embedding = E, config.hidden = H, config.shard = 2;
    nn_model *model;
    EXPECT_OK(nn_bilstm_create(&config, &model));
    for (int64_t t = 0; t < nn_model_tensor_count(model); t++) {
        nn_tensor_info info = nn_model_tensor(model, t);
        if (info.kind == NN_TENSOR_PARAMETER) {
            float *values = drawn(info.count, 80 + (uint32_t)t, 1.3F, 0.05F);
            EXPECT_OK(nn_model_set_tensor(model, t, values));
            parameters[t] = to_double(info.count, values);
            free(values);
        }
    }
    nn_train_feed feed = {.sequence = sequence, .loss = loss};
    nn_update still = {.kind = NN_ADAM, .beta2 = 0.5, .epsilon = 1};
    EXPECT_OK(nn_model_train_step(model, N, &feed, &still));
    return model;
}

static double central_difference(double *const *parameters, double *value)
{
    const double h = 1e-5;
    double kept = *value;
    *value = kept + h;
    double above = reference(parameters);
    *value = kept - h;
    double below = reference(parameters);
    *value = kept;
    return (above - below) / (2 * h);
}

/* Some elements of every parameter, all word vectors; the padding's is not trained. */
static void expect_gradient(const nn_model *model, double *const *parameters, int64_t t)
{
    nn_tensor_info info = nn_model_tensor(model, t);
    float *gradient = tensor_values(model, t);
    int64_t parameter = 0, checked = info.count < WORDS * E ? info.count : WORDS * E;
    while (strncmp(nn_model_tensor(model, parameter).name, info.name, strlen(info.name) - strlen(".exp_avg")) != 0) {
        parameter++;
    }
    double largest = 0, worst = 0;
    for (int64_t i = 0; i < info.count; i++) {
        largest = larger_error(largest, fabs((double)gradient[i]));
    }
    for (int64_t i = 0; i < checked; i++) {
        int64_t at = parameter == 0 ? i : hash32(i, 52) % info.count;
        double wanted = central_difference(parameters, &parameters[parameter][at]);
        wanted = parameter == 0 && at < E ? 0 : wanted;
        double error = fabs((double)gradient[at] - wanted) / largest;
        ck_assert_msg(error <= 2e-6, "%s[%d]: %.9g, expected %.9g (largest %.3g)", info.name, (int)at,
                      (double)gradient[at], wanted, largest);
        worst = larger_error(worst, error);
    }
    report_error(info.name, worst);
    free(gradient);
}

START_TEST(test_gradients_equal_central_differences)
{
    double *parameters[TENSORS] = {0};
    nn_model *model = make_model(parameters);
    for (int64_t t = 0; t < nn_model_tensor_count(model); t++) {
        const char *name = nn_model_tensor(model, t).name, *end = strstr(name, ".exp_avg");
        if (end != NULL && strcmp(end, ".exp_avg") == 0) {
            expect_gradient(model, parameters, t);
        }
    }
    nn_model_destroy(model);
    for (int t = 0; t < TENSORS; t++) {
        free(parameters[t]);
    }
}
END_TEST

int main(int argc, char **argv)
{
    start_isa(argc, argv);
    Suite *suite = suite_create("nn/bilstm_gradient");
    add_loop(suite, "gradient", test_gradients_equal_central_differences, 1);
    return run_suite(suite);
}
