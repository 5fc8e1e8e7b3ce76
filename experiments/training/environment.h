/* experiments/training/environment.h - the environment of a run: facts that its file records and no bit depends on. */
#ifndef EXPERIMENTS_TRAINING_ENVIRONMENT_H
#define EXPERIMENTS_TRAINING_ENVIRONMENT_H

#include <stdbool.h>

#include "core/memory.h"
#include "core/status.h"
#include "nn/context.h"
#include "results/runs/option.h"

/* The facts of a start that only the caller knows. Strings are borrowed. */
typedef struct {
    int threads;
    const char *hosts; /* of several ranks, with CPUs and threads; NULL: one process */
    bool recompute;
    const char *self_test;    /* nn_self_test's text */
    const char *out;          /* the run file; NULL: none */
    const char *data_dir;     /* where data sets lie; NULL: none */
    const char *data_file;    /* the file of a user's data; NULL: none */
    const char *glove, *init; /* files of initial values, as they were given; NULL: none */
} xp_start;

/* Writes "AMD EPYC 9R14, family 25 model 17": the name alone tells no generation of many servers. */
enum { XP_CPU_BYTES = 320 };
void xp_cpu_name(char name[XP_CPU_BYTES]);

/* Describes this start: host, cpu, isa, self_test, threads, ranks, with several their hosts and MPI, recompute where it is on, paths, library versions, compiler, flags, commit.
 * Only after nn_start. Strings live in the arena. */
core_status xp_environment(const xp_start *start, core_arena *arena, res_options *out) CORE_MUST_USE;

#endif
