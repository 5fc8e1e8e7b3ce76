#include "experiments/bench/bench_command.h"

#include <inttypes.h>
#include <string.h>

#include "core/text.h"
#include "experiments/bench/bench_text.h"

/* Mini-batches that warm caches and pages, and that a speed is measured over, at least. */
enum { WARM_STEPS = 2, STEPS = 5 };

/* "resnet18 64x64"; the side of the CIFAR networks' own images is left out. */
static const char *model_name(const xp_bench_config *c, char name[64])
{
    const int bytes = snprintf(name, 64, "%s", c->model);
    if (!c->text && c->side != 32) {
        snprintf(name + bytes, 64 - (size_t)bytes, " %" PRId64 "x%" PRId64, c->side, c->side);
    }
    return name;
}

/* "resnet32 train f32 b128 tailbit 298 images/s gflops 123 peak 67% (AMD EPYC, ...)". */
static void report_line(const xp_bench_config *c, const char *what, double rate, double gflops, double peak,
                        const char *where, FILE *out)
{
    char name[64];
    fprintf(out, "%s %s f32 b%d tailbit %.*f %s/s gflops %.0f peak %.0f%% (%s)\n", model_name(c, name), what,
            (int)c->batch, rate < 100 ? 1 : 0, rate, c->text ? "tokens" : "images", gflops, 100.0 * gflops / peak,
            where);
}

static core_status report_bench(xp_bench *bench, const xp_bench_config *c, const char *machine, FILE *out)
{
    char name[64], where[512];
    double peak, loads, train, evaluate, again, bound;
    CORE_TRY(xp_bench_train(bench, (xp_bench_span){2.0, WARM_STEPS}, &train));
    CORE_TRY(xp_bench_peak(c->threads, XP_BENCH_REGISTERS, &peak));
    CORE_TRY(xp_bench_peak(c->threads, XP_BENCH_LOADS, &loads));
    CORE_TRY(xp_bench_train(bench, (xp_bench_span){10.0, STEPS}, &train));
    CORE_TRY(xp_bench_evaluate(bench, (xp_bench_span){5.0, STEPS}, &evaluate));
    CORE_TRY(xp_bench_train(bench, (xp_bench_span){5.0, STEPS}, &again));
    train = again > train ? again : train;
    snprintf(where, sizeof where, "%s, %s, peaks %.0f and from the cache %.0f GFLOP/s", machine,
             CORE_COUNT(c->threads, "thread"), peak, loads);
    report_line(c, "train", train, train * xp_bench_train_gflop(bench), peak, where, out);
    report_line(c, "evaluate", evaluate, evaluate * xp_bench_evaluate_gflop(bench), peak, where, out);
    fprintf(out, "%s memory f32 b%d tailbit %.0f MiB (%s)\n", model_name(c, name), (int)c->batch,
            xp_bench_memory_mib(bench), where);
    if (c->text) { /* last, because it takes memory of its own */
        CORE_TRY(xp_bench_bound(bench, &bound));
        fprintf(out, "bilstm2 bound f32 tailbit %.0f onednn %.0f tokens/s ratio %.2f (%s)\n", train, bound,
                train / bound, where);
    }
    return CORE_OK;
}

core_status xp_bench_report(const xp_bench_config *config, const char *machine, FILE *out)
{
    xp_bench *bench;
    CORE_TRY(xp_bench_create(config, &bench));
    core_status status = report_bench(bench, config, machine, out);
    xp_bench_destroy(bench);
    return status;
}

static core_status answer_request(xp_bench *bench, const xp_bench_config *config, const char *line, double *value)
{
    char word[32];
    double number = 0.0;
    int64_t steps = 0;
    int fields = sscanf(line, "%31s %lf %" SCNd64, word, &number, &steps);
    if (fields == 3 && steps > 0 && strcmp(word, "train") == 0) {
        return xp_bench_train(bench, (xp_bench_span){number, steps}, value);
    }
    if (fields == 3 && steps > 0 && strcmp(word, "evaluate") == 0) {
        return xp_bench_evaluate(bench, (xp_bench_span){number, steps}, value);
    }
    if (fields == 1 && strcmp(word, "peak") == 0) {
        return xp_bench_peak(config->threads, XP_BENCH_REGISTERS, value);
    }
    if (fields == 1 && strcmp(word, "peak_loads") == 0) {
        return xp_bench_peak(config->threads, XP_BENCH_LOADS, value);
    }
    if (fields == 1 && strcmp(word, "bound") == 0 && config->text) {
        return xp_bench_bound(bench, value);
    }
    if (fields == 2 && strcmp(word, "length") == 0 && config->text && number >= 0 &&
        number < (double)(XP_BENCH_BATCHES * config->batch)) {
        *value = (double)xp_bench_length(bench, (int64_t)number);
    } else if (fields == 1 && strcmp(word, "memory") == 0) {
        *value = xp_bench_memory_mib(bench);
    } else if (fields == 1 && strcmp(word, "train_gflop") == 0) {
        *value = xp_bench_train_gflop(bench);
    } else if (fields == 1 && strcmp(word, "evaluate_gflop") == 0) {
        *value = xp_bench_evaluate_gflop(bench);
    } else {
        return core_fail(CORE_BAD_USAGE, "bench --serve: unknown request '%.60s'", line);
    }
    return CORE_OK;
}

core_status xp_bench_serve(const xp_bench_config *config, FILE *in, FILE *out)
{
    xp_bench *bench;
    CORE_TRY(xp_bench_create(config, &bench));
    core_status status = CORE_OK;
    char line[128];
    while (status == CORE_OK && fgets(line, sizeof line, in) != NULL) {
        double value;
        status = answer_request(bench, config, line, &value);
        if (status == CORE_OK) {
            fprintf(out, "%.17g\n", value);
            fflush(out);
        }
    }
    xp_bench_destroy(bench);
    return status;
}
