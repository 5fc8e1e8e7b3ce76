/* nn/context.h - the one oneDNN engine of the process, pinned.
 *
 * oneDNN chooses code by CPU, and lets environment variables change that choice. Both change bits. So before anything
 * else the instruction set is capped, hints are refused and fpmath is strict; the effective instruction set is part
 * of a run's configuration. Primitives are created with one OpenMP thread in force, because oneDNN fixes its split
 * of the work at creation.
 */
#ifndef NN_CONTEXT_H
#define NN_CONTEXT_H

#include "core/status.h"

typedef enum {
    NN_ISA_AUTO, /* AVX-512 where the CPU has it, else AVX2 */
    NN_ISA_AVX2,
    NN_ISA_AVX512
} nn_isa;

/* Pins oneDNN; the first call of the process that touches it. Calling it again with the same effective isa is
 * allowed. CORE_MACHINE: the CPU lacks the instructions, oneDNN is older than 3.4 or of another major version, or it was pinned otherwise. */
core_status nn_start(nn_isa isa) CORE_MUST_USE;

/* The effective instruction set, and its name: "avx512" or "avx2". Only after nn_start. */
nn_isa nn_isa_get(void);
const char *nn_isa_name(void);

/* oneDNN's version as it reports it, "3.7.2". */
const char *nn_onednn_version(void);

#endif
