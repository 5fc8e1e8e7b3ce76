#include "experiments/bench/bench.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/progress.h"
#include "core/quota.h"
#include "core/rng.h"
#include "core/team.h"
#include "experiments/bench/bench_text.h"
#include "experiments/bench/peak.h"
#include "imbalance/loss.h"
#include "nn/context.h"
#include "nn/lstm_bound.h"
#include "nn/model.h"

enum { CLASSES = 10, EVALUATED = 1280 * 32 * 32 /* pixels */ };
enum { TEXT_CLASSES = 2, EMBEDDING = 100, HIDDEN = 256 }; /* the paper's Table 1 (docs/text.md) */

struct xp_bench {
    xp_bench_config config;
    nn_model *model;               /* owned */
    float *images;                 /* (batch, 3, side, side), owned; images only */
    xp_bench_texts texts;          /* texts only */
    int64_t first;                 /* text of the current mini-batch */
    int32_t *labels;               /* (batch), owned */
    double *losses, *coefficients; /* (batch), owned */
    imb_loss loss;
    double outer;
    int64_t first_bytes; /* in memory when it was created */
};

static int64_t image_floats(const xp_bench *bench) { return 3 * bench->config.side * bench->config.side; }

static core_status load_images(void *context, int thread, int64_t first, int64_t count, float *images)
{
    const xp_bench *bench = context;
    const int64_t floats = image_floats(bench);
    for (int64_t i = 0; i < count; i++) {
        const float *image = bench->images + (first + i) % bench->config.batch * floats;
        memcpy(images + i * floats, image, sizeof *images * (size_t)floats);
    }
    (void)thread;
    return CORE_OK;
}

static nn_sequence sequence(void *context, int64_t position)
{
    const xp_bench *bench = context;
    return xp_bench_text(&bench->texts, bench->first + position);
}

static void compute_loss(void *context, int64_t first, int64_t count, const float *logits, float *dlogits)
{
    const xp_bench *bench = context;
    imb_loss_shard shard = {
        count,  logits, bench->labels + first, bench->coefficients + first, bench->outer, bench->losses + first,
        dlogits};
    imb_loss_compute(&bench->loss, &shard);
}

static void ignore_outputs(void *context, int64_t first, int64_t count, const float *features, const float *logits)
{
    (void)context, (void)first, (void)count, (void)features, (void)logits;
}

static core_status fill_images(xp_bench *bench)
{
    int64_t count = bench->config.batch * image_floats(bench);
    CORE_TRY(CORE_NEW(count, "benchmark images", bench->images));
    core_rng_key key = {0, CORE_RNG_TEST};
    for (int64_t i = 0; i < count; i++) {
        bench->images[i] = (float)core_rng_normal(key, (core_rng_counter){0, i, 0});
    }
    return CORE_OK;
}

static bool is_text(const xp_bench *bench) { return bench->config.text; }

static core_status fill_bench(xp_bench *bench)
{
    int64_t batch = bench->config.batch, K = is_text(bench) ? TEXT_CLASSES : CLASSES;
    CORE_TRY(is_text(bench) ? xp_bench_texts_create(batch, &bench->texts) : fill_images(bench));
    CORE_TRY(CORE_NEW(batch, "benchmark labels", bench->labels));
    CORE_TRY(CORE_NEW(batch, "benchmark losses", bench->losses));
    CORE_TRY(CORE_NEW(batch, "benchmark losses", bench->coefficients));
    for (int64_t i = 0; i < batch; i++) {
        bench->labels[i] = (int32_t)(i % K);
    }
    bench->loss = (imb_loss){.kind = IMB_CROSS_ENTROPY, .K = K, .scale = 1.0};
    bench->outer =
        imb_loss_coefficients(&bench->loss, (imb_weighting){0}, NULL, bench->labels, batch, bench->coefficients);
    return CORE_OK;
}

static core_status create_network(const xp_bench_config *c, nn_model **out)
{
    if (!c->text) {
        nn_resnet_config images = {.shape = c->shape,
                                   .height = c->side,
                                   .width = c->side,
                                   .classes = CLASSES,
                                   .batch = c->batch,
                                   .shard = c->shard,
                                   .groups = c->groups,
                                   .norm_group = c->norm_group,
                                   .recompute = c->recompute,
                                   .threads = c->threads};
        return nn_resnet_create(&images, out);
    }
    nn_bilstm_config texts = {.vocabulary = XP_BENCH_VOCABULARY,
                              .embedding = EMBEDDING,
                              .hidden = HIDDEN,
                              .layers = 2,
                              .classes = TEXT_CLASSES,
                              .dropout = 0.5,
                              .batch = c->batch,
                              .shard = c->shard,
                              .groups = c->groups,
                              .threads = c->threads};
    return nn_bilstm_create(&texts, out);
}

core_status xp_bench_create(const xp_bench_config *config, xp_bench **out)
{
    xp_bench *bench;
    CORE_TRY(CORE_NEW(1, "a benchmark", bench));
    bench->config = *config;
    bench->first_bytes = core_quota_held("VmRSS");
    core_status status = fill_bench(bench);
    if (status == CORE_OK) {
        status = create_network(config, &bench->model);
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
    xp_bench_texts_destroy(&bench->texts);
    free(bench->labels);
    free(bench->losses);
    free(bench->coefficients);
    free(bench);
}

/* Trains on one mini-batch of images, or on every mini-batch of texts; writes the number of images or words. */
static core_status train_once(xp_bench *bench, int64_t *counted)
{
    nn_train_feed feed = {.context = bench, .load = load_images, .sequence = sequence, .loss = compute_loss};
    nn_update update = {.kind = is_text(bench) ? NN_ADAM : NN_SGD,
                        .lr = is_text(bench) ? 0.001 : 0.01,
                        .momentum = 0.9,
                        .beta1 = 0.9,
                        .beta2 = 0.999,
                        .epsilon = 1e-8,
                        .weight_decay = is_text(bench) ? 0.0 : 2e-4};
    int64_t batch = bench->config.batch;
    for (int b = 0; b < (is_text(bench) ? XP_BENCH_BATCHES : 1); b++) {
        bench->first = b * batch;
        update.step = b;
        CORE_TRY(nn_model_train_step(bench->model, batch, &feed, &update));
        *counted += is_text(bench) ? xp_bench_words(&bench->texts, bench->first, batch) : batch;
    }
    return CORE_OK;
}

static core_status evaluate_once(xp_bench *bench, int64_t *counted)
{
    nn_eval_feed feed = {.context = bench, .load = load_images, .sequence = sequence, .receive = ignore_outputs};
    const int64_t pixels = bench->config.side * bench->config.side;
    int64_t count = is_text(bench) ? XP_BENCH_BATCHES * bench->config.batch : (EVALUATED + pixels - 1) / pixels;
    bench->first = 0;
    CORE_TRY(nn_model_evaluate(bench->model, count, &feed));
    *counted += is_text(bench) ? xp_bench_words(&bench->texts, 0, count) : count;
    return CORE_OK;
}

static core_status repeat_work(xp_bench *bench, core_status (*once)(xp_bench *bench, int64_t *counted),
                               xp_bench_span least, double *rate)
{
    int64_t counted = 0, steps = 0;
    double start = core_progress_now_s(), elapsed = 0.0;
    while (elapsed < least.seconds || steps < least.steps) {
        CORE_TRY(once(bench, &counted));
        steps += is_text(bench) ? XP_BENCH_BATCHES : 1;
        elapsed = core_progress_now_s() - start;
    }
    *rate = (double)counted / elapsed;
    return CORE_OK;
}

core_status xp_bench_train(xp_bench *bench, xp_bench_span least, double *rate)
{
    return repeat_work(bench, train_once, least, rate);
}

core_status xp_bench_evaluate(xp_bench *bench, xp_bench_span least, double *rate)
{
    return repeat_work(bench, evaluate_once, least, rate);
}

int64_t xp_bench_length(const xp_bench *bench, int64_t i) { return xp_bench_text(&bench->texts, i).length; }

core_status xp_bench_bound(const xp_bench *bench, double *rate)
{
    enum { STEPS = 224 };
    *rate = 0.0;
    for (int64_t shard = 4; shard <= 32; shard *= 2) {
        nn_lstm_bound_case first = {STEPS, shard, EMBEDDING, HIDDEN, bench->config.threads}, second = first;
        double first_s, second_s;
        second.inputs = 2 * HIDDEN;
        CORE_TRY(nn_lstm_bound(&first, &first_s));
        CORE_TRY(nn_lstm_bound(&second, &second_s));
        double words = (double)(STEPS * shard * bench->config.threads) / (2 * (first_s + second_s));
        *rate = words > *rate ? words : *rate;
    }
    return CORE_OK;
}

double xp_bench_train_gflop(const xp_bench *bench) { return 1e-9 * (double)nn_model_train_flop(bench->model); }
double xp_bench_evaluate_gflop(const xp_bench *bench) { return 1e-9 * (double)nn_model_evaluate_flop(bench->model); }

/* Inputs of the loops of experiments/bench/peak.h, and outputs of each thread. */
typedef struct {
    core_arena arena;
    xp_bench_loop loop;
    int64_t rounds;
    float *x, *out; /* (XP_PEAK_ROUNDS, XP_PEAK_FLOATS), (threads, XP_PEAK_FLOATS) */
} peak_work;

static core_status multiply_add(void *context, int thread, int threads)
{
    const peak_work *work = context;
    const xp_peak *peak = xp_peak_get();
    (void)threads;
    (work->loop == XP_BENCH_REGISTERS ? peak->multiply_add : peak->multiply_add_loads)(
        work->rounds, work->x, work->out + thread * XP_PEAK_FLOATS);
    return CORE_OK;
}

static core_status prepare_peak(int threads, peak_work *work)
{
    const int64_t inputs = XP_PEAK_ROUNDS * XP_PEAK_FLOATS;
    CORE_TRY(CORE_ARENA_NEW(&work->arena, inputs, "the peak's inputs", work->x));
    CORE_TRY(CORE_ARENA_NEW(&work->arena, threads * XP_PEAK_FLOATS, "the peak's outputs", work->out));
    for (int64_t i = 0; i < inputs; i++) {
        work->x[i] = (float)core_rng_uniform((core_rng_key){0, CORE_RNG_TEST}, (core_rng_counter){0, i, 0});
    }
    return CORE_OK;
}

static core_status measure_peak(int threads, peak_work *work, double *gflops)
{
    enum { TRIES = 20 };
    double best = 0.0;
    for (int i = 0; i < TRIES; i++) {
        double start = core_progress_now_s();
        CORE_TRY(core_team_run(threads, multiply_add, work));
        double rate = 1e-9 * (double)(work->rounds * XP_MULTIPLY_ADD_FLOP) * threads / (core_progress_now_s() - start);
        best = rate > best ? rate : best;
    }
    *gflops = best;
    return CORE_OK;
}

core_status xp_bench_peak(int threads, xp_bench_loop loop, double *gflops)
{
    peak_work work = {.loop = loop, .rounds = 1000000}; /* about 9 ms a try */
    core_status status = prepare_peak(threads, &work);
    if (status == CORE_OK) {
        status = measure_peak(threads, &work, gflops);
    }
    core_arena_free(&work.arena);
    return status;
}

double xp_bench_memory_mib(const xp_bench *bench)
{
    return (double)(core_quota_held("VmHWM") - bench->first_bytes) / (1 << 20);
}
