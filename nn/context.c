#include "nn/context.h"

#include <stdbool.h>
#include <stdio.h>

#include "nn/onednn.h"

static dnnl_engine_t engine;
static nn_isa effective_isa = NN_ISA_AUTO;

dnnl_engine_t nn_engine(void) { return engine; }

int64_t nn_channel_block(void) { return effective_isa == NN_ISA_AVX512 ? 16 : 8; }

nn_isa nn_isa_get(void) { return effective_isa; }
const char *nn_isa_name(void) { return effective_isa == NN_ISA_AVX512 ? "avx512" : "avx2"; }

const char *nn_onednn_version(void)
{
    static char text[32];
    const dnnl_version_t *version = dnnl_version();
    snprintf(text, sizeof text, "%d.%d.%d", version->major, version->minor, version->patch);
    return text;
}

core_status nn_dnnl_status(dnnl_status_t code, const char *what)
{
    if (code == dnnl_out_of_memory) {
        return core_fail(CORE_MACHINE, "not enough memory for oneDNN's %s", what);
    }
    return core_fail(CORE_MACHINE, "oneDNN %s refused the %s (%s)", nn_onednn_version(), what, dnnl_status2str(code));
}

core_status nn_dnnl_attr_create(dnnl_primitive_attr_t *out)
{
    dnnl_primitive_attr_t attr;
    NN_DNNL_TRY(dnnl_primitive_attr_create(&attr), "attributes");
    dnnl_status_t code = dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user);
    if (code != dnnl_success) {
        dnnl_primitive_attr_destroy(attr);
        return nn_dnnl_status(code, "scratchpad mode");
    }
    *out = attr;
    return CORE_OK;
}

static core_status choose_isa(nn_isa wanted, nn_isa *out)
{
    __builtin_cpu_init();
    bool avx2 = __builtin_cpu_supports("x86-64-v3"), avx512 = __builtin_cpu_supports("x86-64-v4");
    if (wanted == NN_ISA_AUTO) {
        wanted = avx512 ? NN_ISA_AVX512 : NN_ISA_AVX2;
    }
    if (!(wanted == NN_ISA_AVX512 ? avx512 : avx2)) {
        return core_fail(CORE_MACHINE, "this CPU lacks the instructions of isa %s (x86-64-v%d)",
                         wanted == NN_ISA_AVX512 ? "avx512" : "avx2", wanted == NN_ISA_AVX512 ? 4 : 3);
    }
    *out = wanted;
    return CORE_OK;
}

/* Caps at AVX512_CORE, without its bf16 and AMX extensions, so that later CPUs report the same instruction set; f32
 * results have the same bits under each. */
static core_status pin(nn_isa isa)
{
    dnnl_cpu_isa_t cap = isa == NN_ISA_AVX512 ? dnnl_cpu_isa_avx512_core : dnnl_cpu_isa_avx2;
    NN_DNNL_TRY(dnnl_set_max_cpu_isa(cap), "instruction set cap: something used oneDNN before tailbit pinned it");
    NN_DNNL_TRY(dnnl_set_cpu_isa_hints(dnnl_cpu_isa_no_hints), "instruction set hints");
    NN_DNNL_TRY(dnnl_set_default_fpmath_mode(dnnl_fpmath_mode_strict), "strict arithmetic");
    if (dnnl_get_effective_cpu_isa() != cap) {
        return core_fail(CORE_MACHINE, "oneDNN does not use the instruction set that it was pinned to");
    }
    return CORE_OK;
}

core_status nn_start(nn_isa isa)
{
    nn_isa chosen;
    CORE_TRY(choose_isa(isa, &chosen));
    if (engine != NULL) {
        if (chosen == effective_isa) {
            return CORE_OK;
        }
        return core_fail(CORE_MACHINE, "oneDNN is pinned to isa %s already; one process, one isa", nn_isa_name());
    }
    const dnnl_version_t *version = dnnl_version();
    if (version->major != 3 || version->minor < 4) {
        return core_fail(CORE_MACHINE, "oneDNN %s found; 3.4 or a later 3.x is needed", nn_onednn_version());
    }
    CORE_TRY(pin(chosen));
    NN_DNNL_TRY(dnnl_engine_create(&engine, dnnl_cpu, 0), "CPU engine");
    effective_isa = chosen;
    return CORE_OK;
}
