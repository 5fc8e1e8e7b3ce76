/* Times the exchanges of core/comm_module.h between all ranks: prints "bytes seconds" for a small and a large part, by rank 0.
 * tests/bench/ranks.py builds it beside core/comm_module.c. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/comm_module.h"

enum { ROUNDS = 5 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Seconds of one exchange in which every rank sends `bytes` to every other: the least mean of some rounds. */
static double time_exchange(int rank, int count, char *data, int64_t bytes)
{
    const int times = bytes < 100000 ? 400 : 10;
    core_comm_part *sends = calloc((size_t)count, sizeof *sends), *receives = calloc((size_t)count, sizeof *receives);
    double least = 1e9;
    int others = 0;
    for (int r = 0; r < count && sends != NULL && receives != NULL; r++) {
        if (r != rank) {
            sends[others] = (core_comm_part){r, data, bytes};
            receives[others] = (core_comm_part){r, data + (1 + r) * bytes, bytes};
            others++;
        }
    }
    for (int round = 0; round < ROUNDS; round++) {
        const double start = now();
        for (int i = 0; i < times; i++) {
            core_comm_module_of_mpi.exchange(sends, others, receives, others);
        }
        const double mean = (now() - start) / times;
        least = mean < least ? mean : least;
    }
    free(sends);
    free(receives);
    return least;
}

int main(void)
{
    static const int64_t sizes[] = {8, 1 << 22};
    char message[256];
    int rank = 0, count = 1;
    if (core_comm_module_of_mpi.start(&rank, &count, message, sizeof message) == 0) {
        fprintf(stderr, "%s\n", message);
        return 1;
    }
    char *data = calloc((size_t)count + 1, (size_t)sizes[1]);
    for (int i = 0; i < 2 && data != NULL; i++) {
        const double seconds = time_exchange(rank, count, data, sizes[i]);
        if (rank == 0) {
            printf("%lld %.9f\n", (long long)sizes[i], seconds);
        }
    }
    free(data);
    core_comm_module_of_mpi.end();
    return data == NULL;
}
