#include "experiments/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/memory.h"
#include "core/rng.h"
#include "core/team.h"
#include "imbalance/loss.h"
#include "nn/kernels.h"
#include "nn/model.h"

enum { CLASSES = 10, IMAGE_FLOATS = 3 * 32 * 32, EVALUATED = 1280 };

struct xp_bench {
    xp_bench_config config;
    nn_model *model;               /* owned */
    float *images;                 /* (batch, 3, 32, 32), owned */
    int32_t *labels;               /* (batch), owned */
    double *losses, *coefficients; /* (batch), owned */
    imb_loss loss;
    double outer;
    long first_resident_kib;
};

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A field of /proc/self/status in KiB: VmRSS now, VmHWM at its highest. */
static long status_kib(const char *field)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    long kib = 0;
    size_t length = strlen(field);
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, field, length) == 0 && line[length] == ':') {
            kib = strtol(line + length + 1, NULL, 10);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return kib;
}

static void load(void *context, int64_t first, int64_t count, float *images)
{
    const xp_bench *bench = context;
    int64_t at = first % bench->config.batch;
    memcpy(images, bench->images + at * IMAGE_FLOATS, sizeof *images * (size_t)(count * IMAGE_FLOATS));
}

static void compute_loss(void *context, int64_t first, int64_t count, const float *logits, float *dlogits)
{
    const xp_bench *bench = context;
    imb_loss_shard shard = {
        count,  logits, bench->labels + first, bench->coefficients + first, bench->outer, bench->losses + first,
        dlogits};
    imb_loss_compute(&bench->loss, &shard);
}

static void receive(void *context, int64_t first, int64_t count, const float *features, const float *logits)
{
    (void)context, (void)first, (void)count, (void)features, (void)logits;
}

static core_status fill(xp_bench *bench)
{
    int64_t batch = bench->config.batch;
    CORE_TRY(CORE_NEW(batch * IMAGE_FLOATS, "benchmark images", bench->images));
    CORE_TRY(CORE_NEW(batch, "benchmark labels", bench->labels));
    CORE_TRY(CORE_NEW(batch, "benchmark losses", bench->losses));
    CORE_TRY(CORE_NEW(batch, "benchmark losses", bench->coefficients));
    core_rng_key key = {0, CORE_RNG_TEST};
    for (int64_t i = 0; i < batch * IMAGE_FLOATS; i++) {
        bench->images[i] = (float)core_rng_normal(key, (core_rng_counter){0, i, 0});
    }
    for (int64_t i = 0; i < batch; i++) {
        bench->labels[i] = (int32_t)(i % CLASSES);
    }
    bench->loss = (imb_loss){.kind = IMB_CROSS_ENTROPY, .K = CLASSES, .scale = 1.0};
    bench->outer =
        imb_loss_coefficients(&bench->loss, (imb_weighting){0}, NULL, bench->labels, batch, bench->coefficients);
    return CORE_OK;
}

core_status xp_bench_create(const xp_bench_config *config, xp_bench **out)
{
    xp_bench *bench;
    CORE_TRY(CORE_NEW(1, "a benchmark", bench));
    bench->config = *config;
    bench->first_resident_kib = status_kib("VmRSS");
    nn_resnet_config network = {.depth = config->depth,
                                .classes = CLASSES,
                                .batch = config->batch,
                                .shard = config->shard,
                                .groups = config->groups,
                                .threads = config->threads};
    core_status status = fill(bench);
    if (status == CORE_OK) {
        status = nn_resnet_create(&network, &bench->model);
    }
    if (status != CORE_OK) {
        xp_bench_destroy(bench);
        return status;
    }
    *out = bench;
    return CORE_OK;
}

void xp_bench_destroy(xp_bench *bench)
{
    if (bench == NULL) {
        return;
    }
    nn_model_destroy(bench->model);
    free(bench->images);
    free(bench->labels);
    free(bench->losses);
    free(bench->coefficients);
    free(bench);
}

core_status xp_bench_train(xp_bench *bench, double seconds, double *images_per_s)
{
    nn_train_feed feed = {.context = bench, .load = load, .loss = compute_loss};
    nn_update update = {.kind = NN_SGD, .lr = 0.01, .momentum = 0.9, .weight_decay = 2e-4};
    int64_t steps = 0;
    double start = now_s(), elapsed = 0.0;
    while (elapsed < seconds) {
        CORE_TRY(nn_model_train_step(bench->model, bench->config.batch, &feed, &update));
        steps++;
        elapsed = now_s() - start;
    }
    *images_per_s = (double)(steps * bench->config.batch) / elapsed;
    return CORE_OK;
}

core_status xp_bench_evaluate(xp_bench *bench, double seconds, double *images_per_s)
{
    nn_eval_feed feed = {.context = bench, .load = load, .receive = receive};
    int64_t passes = 0;
    double start = now_s(), elapsed = 0.0;
    while (elapsed < seconds) {
        CORE_TRY(nn_model_evaluate(bench->model, EVALUATED, &feed));
        passes++;
        elapsed = now_s() - start;
    }
    *images_per_s = (double)(passes * EVALUATED) / elapsed;
    return CORE_OK;
}

double xp_bench_train_gflop(const xp_bench *bench) { return 1e-9 * (double)nn_model_train_flop(bench->model); }
double xp_bench_evaluate_gflop(const xp_bench *bench) { return 1e-9 * (double)nn_model_evaluate_flop(bench->model); }

static core_status multiply_add(void *context, int thread, int threads)
{
    const int64_t *rounds = context;
    (void)thread, (void)threads;
    volatile float kept = nn_kernels_get()->multiply_add(*rounds);
    (void)kept;
    return CORE_OK;
}

core_status xp_bench_peak(int threads, double *gflops)
{
    enum { TRIES = 8 };
    int64_t rounds = 30000000; /* about 50 ms a try */
    double best = 0.0;
    for (int i = 0; i < TRIES; i++) {
        double start = now_s();
        CORE_TRY(core_team_run(threads, multiply_add, &rounds));
        double rate = 1e-9 * (double)(rounds * NN_MULTIPLY_ADD_FLOP) * threads / (now_s() - start);
        best = rate > best ? rate : best;
    }
    *gflops = best;
    return CORE_OK;
}

double xp_bench_memory_mib(const xp_bench *bench)
{
    return (double)(status_kib("VmHWM") - bench->first_resident_kib) / 1024.0;
}
