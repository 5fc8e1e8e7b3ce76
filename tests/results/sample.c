#include "tests/results/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"

static void *allocate(core_arena *arena, int64_t count, size_t bytes)
{
    void *memory = NULL;
    if (core_arena_calloc(arena, (size_t)count, bytes, "a sample", &memory) != CORE_OK) {
        abort();
    }
    return memory;
}

/* Bits that depend on the seed, on what they are for, and on their place. */
static uint64_t bits(uint64_t seed, const char *purpose, int64_t i)
{
    char text[128];
    const int length = snprintf(text, sizeof text, "%llu %s %lld", (unsigned long long)seed, purpose, (long long)i);
    return core_hash_xxh3_64(text, (size_t)length);
}

static double *doubles(core_arena *arena, uint64_t seed, const char *purpose, int64_t count)
{
    double *numbers = allocate(arena, count, sizeof *numbers);
    for (int64_t i = 0; i < count; i++) {
        numbers[i] = (double)(bits(seed, purpose, i) >> 11) * 0x1p-53;
    }
    return numbers;
}

static float *floats(core_arena *arena, uint64_t seed, const char *purpose, int64_t count)
{
    float *numbers = allocate(arena, count, sizeof *numbers);
    for (int64_t i = 0; i < count; i++) {
        numbers[i] = (float)(bits(seed, purpose, i) >> 40) * 0x1p-23f - 1.0f;
    }
    return numbers;
}

static int64_t *integers(core_arena *arena, uint64_t seed, const char *purpose, int64_t count)
{
    int64_t *numbers = allocate(arena, count, sizeof *numbers);
    for (int64_t i = 0; i < count; i++) {
        numbers[i] = (int64_t)(bits(seed, purpose, i) >> 40);
    }
    return numbers;
}

static int32_t *labels(core_arena *arena, uint64_t seed, const char *purpose, int64_t count)
{
    int32_t *numbers = allocate(arena, count, sizeof *numbers);
    for (int64_t i = 0; i < count; i++) {
        numbers[i] = (int32_t)(bits(seed, purpose, i) % SAMPLE_K);
    }
    return numbers;
}

/* How often each class is among labels (n). */
static int64_t *class_counts(core_arena *arena, const int32_t *of, int64_t n)
{
    int64_t *counts = allocate(arena, SAMPLE_K, sizeof *counts);
    for (int64_t i = 0; i < n; i++) {
        counts[of[i]]++;
    }
    return counts;
}

static int64_t *confusion(core_arena *arena, uint64_t seed, const int32_t *of, int64_t n)
{
    int64_t *counts = allocate(arena, SAMPLE_K * SAMPLE_K, sizeof *counts);
    const int32_t *predicted = labels(arena, seed, "predicted", n);
    for (int64_t i = 0; i < n; i++) {
        counts[of[i] * SAMPLE_K + predicted[i]]++;
    }
    return counts;
}

static res_config make_config(core_arena *arena)
{
    res_option *items = allocate(arena, 5, sizeof *items);
    items[0] = res_option_text("method", "LDAM-DRW");
    items[1] = res_option_real("rho", 100.5);
    items[2] = res_option_integer("seed", 7);
    items[3] = (res_option){.key = "augment", .type = CORE_H5_BOOL, .truth = true};
    items[4] = res_option_integer("epochs", SAMPLE_E);
    return (res_config){.yaml = "method: LDAM-DRW\nrho: 100.5\n# é\n", .options = {.count = 5, .items = items}};
}

static res_env make_env(core_arena *arena)
{
    static const char *const cpus[2] = {"AMD EPYC", "Intel Xeon"};
    res_options *starts = allocate(arena, 2, sizeof *starts);
    for (int s = 0; s < 2; s++) {
        res_option *items = allocate(arena, 3, sizeof *items);
        items[0] = res_option_text("cpu", cpus[s]);
        items[1] = res_option_text(RES_ENV_SELF_TEST, "0123456789abcdef");
        items[2] = res_option_integer("threads", 2 + s);
        starts[s] = (res_options){.count = 3, .items = items};
    }
    return (res_env){.count = 2, .starts = starts};
}

static res_epochs make_epochs(core_arena *arena, uint64_t seed)
{
    static const char *const names[SAMPLE_P] = {"conv1.weight", "layer1.0.bn1.running_mean", "momentum/conv1.weight"};
    uint64_t *digests = allocate(arena, SAMPLE_E * SAMPLE_P, sizeof *digests);
    for (int64_t i = 0; i < SAMPLE_E * SAMPLE_P; i++) {
        digests[i] = bits(seed, "digest", i);
    }
    return (res_epochs){
        .planned = SAMPLE_E,
        .E = SAMPLE_E,
        .K = SAMPLE_K,
        .P = SAMPLE_P,
        .lr = doubles(arena, seed, "lr", SAMPLE_E),
        .train_loss = doubles(arena, seed, "train_loss", SAMPLE_E),
        .train_error = doubles(arena, seed, "train_error", SAMPLE_E),
        .test_error = doubles(arena, seed, "test_error", SAMPLE_E),
        .test_top5_error = doubles(arena, seed, "test_top5_error", SAMPLE_E),
        .test_calibration_error = doubles(arena, seed, "test_calibration_error", SAMPLE_E),
        .train_class_error = doubles(arena, seed, "train_class_error", SAMPLE_E * SAMPLE_K),
        .test_class_error = doubles(arena, seed, "test_class_error", SAMPLE_E * SAMPLE_K),
        .tensor_name = names,
        .tensor_digest = digests,
    };
}

static res_feature_sets make_features(core_arena *arena, uint64_t seed)
{
    const int64_t n = SAMPLE_TRAIN, N = SAMPLE_TEST, D = SAMPLE_D;
    return (res_feature_sets){
        .n = n,
        .N = N,
        .train_label = labels(arena, seed, "train_label", n),
        .test_label = labels(arena, seed, "test_label", N),
        .at_drop = {.epoch = 2,
                    .D = D,
                    .train = floats(arena, seed, "drop_train", n * D),
                    .test = floats(arena, seed, "drop_test", N * D)},
        .at_end = {.epoch = SAMPLE_E,
                   .D = D,
                   .train = floats(arena, seed, "end_train", n * D),
                   .test = floats(arena, seed, "end_test", N * D)},
    };
}

static res_state make_state(core_arena *arena, uint64_t seed)
{
    res_array *arrays = allocate(arena, 4, sizeof *arrays);
    const core_h5_shape conv = {.type = CORE_H5_F32, .rank = 4, .dims = {2, 3, 3, 2}};
    arrays[0] = (res_array){"momentum/conv1.weight", conv, floats(arena, seed, "momentum", 36)};
    arrays[1] = (res_array){"conv1.weight", conv, floats(arena, seed, "conv1", 36)};
    arrays[2] = (res_array){"sum/loss", core_h5_shape1(CORE_H5_F64, 1), doubles(arena, seed, "sum", 1)};
    arrays[3] =
        (res_array){"sum/errors", core_h5_shape1(CORE_H5_I64, SAMPLE_K), integers(arena, seed, "errors", SAMPLE_K)};
    return (res_state){.epoch = SAMPLE_E, .step = 0, .count = 4, .arrays = arrays};
}

static const float channel_mean[RES_CHANNELS] = {0.4914f, 0.4822f, 0.4465f},
                   channel_std[RES_CHANNELS] = {0.2023f, 0.1994f, 0.2010f};

res_run sample_run(core_arena *arena, uint64_t seed)
{
    const int64_t E = SAMPLE_E, K = SAMPLE_K, Q = SAMPLE_Q, n = SAMPLE_TRAIN, N = SAMPLE_TEST;
    return (res_run){
        .creator = "tailbit test",
        .config = make_config(arena),
        .data = {.name = "shapes",
                 .sha256 = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8",
                 .mean = channel_mean,
                 .std = channel_std},
        .env = make_env(arena),
        .timing = {.E = E,
                   .seconds = doubles(arena, seed, "seconds", E),
                   .images_per_s = doubles(arena, seed, "images", E),
                   .peak_memory_bytes = 123456789},
        .split = {.K = K,
                  .n = n,
                  .class_counts = class_counts(arena, labels(arena, seed, "train_label", n), n),
                  .train_index = integers(arena, seed, "index", n),
                  .sha256 = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"},
        .epochs = make_epochs(arena, seed),
        .margins = {.E = E,
                    .K = K,
                    .dense_K = K,
                    .Q = Q,
                    .quantile_level = doubles(arena, seed, "level", Q),
                    .class_min = doubles(arena, seed, "min", E * K),
                    .class_quantile = doubles(arena, seed, "quantile", E * K * Q),
                    .n = n,
                    .margin = floats(arena, seed, "margin", n),
                    .label = labels(arena, seed, "train_label", n),
                    .final_class_min = doubles(arena, seed, "final_class_min", K),
                    .target = doubles(arena, seed, "target", K)},
        .features = make_features(arena, seed),
        .final = {.N = N,
                  .K = K,
                  .dense_K = K,
                  .logits = floats(arena, seed, "logits", N * K),
                  .label = labels(arena, seed, "test_label", N),
                  .confusion = confusion(arena, seed, labels(arena, seed, "test_label", N), N),
                  .class_error = doubles(arena, seed, "class_error", K),
                  .last = {2, 0.375, 0.4125, 0.1, 0.2, 0.7, 0.0625, 0.8, 3, 0.45, 0.05},
                  .best = {1, 0.3625, 0.4, 0.15, 0.25, 0.65, 0.03125, 0.75, 2, 0.5, 0.075}},
        .state = make_state(arena, seed),
    };
}

void sample_hold_out(res_run *run, core_arena *arena, uint64_t seed)
{
    run->split.validation_n = 5;
    run->split.validation_index = integers(arena, seed, "validation_index", 5);
    run->epochs.has_validation = true;
    run->epochs.validation_error = doubles(arena, seed, "validation_error", SAMPLE_E);
    run->epochs.validation_class_error = doubles(arena, seed, "validation_class_error", SAMPLE_E * SAMPLE_K);
}

res_run sample_unfinished(core_arena *arena, uint64_t seed, int64_t epochs)
{
    res_run run = sample_run(arena, seed);
    run.timing.E = run.epochs.E = run.margins.E = epochs;
    run.margins.n = 0;
    run.features.at_end = (res_features){0};
    run.final = (res_final){0};
    run.state.epoch = epochs;
    run.state.arrays = make_state(arena, seed + 1000 + (uint64_t)epochs).arrays;
    return run;
}
