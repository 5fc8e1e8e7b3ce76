#include "experiments/bench_command.h"

#include <string.h>

static core_status report(xp_bench *bench, const xp_bench_config *c, FILE *out)
{
    double peak, train, evaluate, again;
    CORE_TRY(xp_bench_train(bench, 2.0, &train)); /* warm caches and pages */
    CORE_TRY(xp_bench_peak(c->threads, &peak));
    CORE_TRY(xp_bench_train(bench, 10.0, &train));
    CORE_TRY(xp_bench_evaluate(bench, 5.0, &evaluate));
    CORE_TRY(xp_bench_train(bench, 5.0, &again));
    train = again > train ? again : train;
    double gflops = train * xp_bench_train_gflop(bench);
    fprintf(out, "resnet%d train f32 b%d tailbit %.0f images/s gflops %.0f peak %.0f%%\n", c->depth, (int)c->batch,
            train, gflops, 100.0 * gflops / peak);
    gflops = evaluate * xp_bench_evaluate_gflop(bench);
    fprintf(out, "resnet%d evaluate f32 b%d tailbit %.0f images/s gflops %.0f peak %.0f%%\n", c->depth, (int)c->batch,
            evaluate, gflops, 100.0 * gflops / peak);
    fprintf(out, "resnet%d memory f32 b%d tailbit %.0f MiB\n", c->depth, (int)c->batch, xp_bench_memory_mib(bench));
    return CORE_OK;
}

core_status xp_bench_report(const xp_bench_config *config, FILE *out)
{
    xp_bench *bench;
    CORE_TRY(xp_bench_create(config, &bench));
    core_status status = report(bench, config, out);
    xp_bench_destroy(bench);
    return status;
}

static core_status answer(xp_bench *bench, int threads, const char *line, double *value)
{
    char word[32];
    double seconds = 0.0;
    int fields = sscanf(line, "%31s %lf", word, &seconds);
    if (fields == 2 && strcmp(word, "train") == 0) {
        return xp_bench_train(bench, seconds, value);
    }
    if (fields == 2 && strcmp(word, "evaluate") == 0) {
        return xp_bench_evaluate(bench, seconds, value);
    }
    if (fields == 1 && strcmp(word, "peak") == 0) {
        return xp_bench_peak(threads, value);
    }
    if (fields == 1 && strcmp(word, "memory") == 0) {
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
        status = answer(bench, config->threads, line, &value);
        if (status == CORE_OK) {
            fprintf(out, "%.17g\n", value);
            fflush(out);
        }
    }
    xp_bench_destroy(bench);
    return status;
}
