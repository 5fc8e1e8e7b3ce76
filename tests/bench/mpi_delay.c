/* A library to preload under an MPI program, by MPI's profiling interface: every exchange of core/comm_module.c takes
 * $MPI_DELAY_MS milliseconds longer, as between computers that far apart, and rank 0 leaves "exchanges bytes", the number of its
 * exchanges and the bytes it sent, in the file $MPI_DELAY_OUT. tests/bench/ranks.py builds it. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long long exchanges, bytes;

int MPI_Isend(const void *data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm, MPI_Request *request)
{
    bytes += count; /* of MPI_BYTE */
    return PMPI_Isend(data, count, type, to, tag, comm, request);
}

int MPI_Testall(int count, MPI_Request requests[], int *done, MPI_Status statuses[])
{
    const int result = PMPI_Testall(count, requests, done, statuses);
    if (*done != 0) {
        const char *text = getenv("MPI_DELAY_MS");
        const double ms = text != NULL ? atof(text) : 0;
        const struct timespec wait = {(time_t)(ms / 1e3), (long)((ms - 1e3 * (double)(time_t)(ms / 1e3)) * 1e6)};
        if (ms > 0) { /* even no time at all takes some tens of microseconds */
            nanosleep(&wait, NULL);
        }
        exchanges++;
    }
    return result;
}

int MPI_Finalize(void)
{
    int rank = 0;
    const char *path = getenv("MPI_DELAY_OUT");
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    FILE *out = path != NULL && rank == 0 ? fopen(path, "w") : NULL;
    if (out != NULL) {
        fprintf(out, "%lld %lld\n", exchanges, bytes);
        fclose(out);
    }
    return PMPI_Finalize();
}
