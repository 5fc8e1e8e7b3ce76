#include "experiments/training/environment.h"

#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/comm.h"
#include "core/version.h"
#include "results/runs/run_file.h"

enum { MAX_ROWS = 24 };

/* The value of the line "KEY : VALUE" of /proc/cpuinfo, without its end; NULL: another line. */
static char *cpu_value(char *line, const char *key)
{
    const size_t length = strlen(key);
    char *colon = strchr(line, ':');
    if (colon == NULL || strncmp(line, key, length) != 0 ||
        strspn(line + length, " \t") != (size_t)(colon - line) - length) {
        return NULL;
    }
    char *value = colon + 1 + strspn(colon + 1, " \t");
    value[strcspn(value, "\n")] = '\0';
    return value;
}

void xp_cpu_name(char name[XP_CPU_BYTES])
{
    static const char *const keys[] = {"model name", "cpu family", "model"};
    enum { KEYS = sizeof keys / sizeof keys[0] };
    char line[512], values[KEYS][96] = {""};
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL && line[0] != '\n') { /* the first CPU's lines */
        for (int k = 0; k < KEYS; k++) {
            const char *value = cpu_value(line, keys[k]);
            if (value != NULL) {
                snprintf(values[k], sizeof values[k], "%s", value);
            }
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    snprintf(name, XP_CPU_BYTES, "%s, family %s model %s", values[0], values[1], values[2]);
}

typedef struct {
    core_arena *arena;
    res_option *items;
    int64_t count;
} rows;

static core_status add_text(rows *r, const char *key, const char *text)
{
    if (text == NULL) {
        return CORE_OK;
    }
    char *copy;
    CORE_TRY(core_arena_strdup(r->arena, text, &copy));
    r->items[r->count++] = res_option_text(key, copy);
    return CORE_OK;
}

/* Frees `path`. */
static core_status add_path(rows *r, const char *key, char *path)
{
    const core_status status = add_text(r, key, path);
    free(path);
    return status;
}

static core_status add_machine(rows *r)
{
    struct utsname system;
    if (uname(&system) != 0) {
        return core_fail(CORE_MACHINE, "uname failed: the machine's name cannot be had");
    }
    char cpu[XP_CPU_BYTES], kernel[256];
    xp_cpu_name(cpu);
    snprintf(kernel, sizeof kernel, "%s %s", system.sysname, system.release);
    CORE_TRY(add_text(r, "host", system.nodename));
    CORE_TRY(add_text(r, "cpu", cpu));
    r->items[r->count++] = res_option_integer("cpus", sysconf(_SC_NPROCESSORS_ONLN));
    return add_text(r, "kernel", kernel);
}

core_status xp_environment(const xp_start *start, core_arena *arena, res_options *out)
{
    rows r = {.arena = arena};
    CORE_TRY(CORE_ARENA_NEW(arena, MAX_ROWS, "the environment", r.items));
    CORE_TRY(add_machine(&r));
    CORE_TRY(add_text(&r, "isa", nn_isa_name()));
    CORE_TRY(add_text(&r, "self_test", start->self_test));
    r.items[r.count++] = res_option_integer("threads", start->threads);
    r.items[r.count++] = res_option_integer("ranks", core_comm_count());
    CORE_TRY(add_text(&r, "hosts", start->hosts));
    CORE_TRY(add_text(&r, "mpi", core_comm_count() > 1 ? core_comm_library() : NULL));
    CORE_TRY(add_text(&r, "recompute", start->recompute ? "yes" : NULL));
    CORE_TRY(add_path(&r, RES_ENV_FOLDER, getcwd(NULL, 0)));
    CORE_TRY(add_text(&r, "run_file", start->out));
    CORE_TRY(add_text(&r, RES_ENV_DATA_DIR, start->data_dir));
    CORE_TRY(add_path(&r, RES_ENV_DATA_FILE, start->data_file != NULL ? realpath(start->data_file, NULL) : NULL));
    CORE_TRY(add_text(&r, "glove", start->glove));
    CORE_TRY(add_text(&r, "init", start->init));
    CORE_TRY(add_text(&r, "tailbit", core_version));
    CORE_TRY(add_text(&r, "commit", core_commit));
    CORE_TRY(add_text(&r, "onednn", nn_onednn_version()));
    CORE_TRY(add_text(&r, "glibc", gnu_get_libc_version()));
    CORE_TRY(add_text(&r, "compiler", XP_COMPILER));
    CORE_TRY(add_text(&r, "flags", XP_FLAGS));
    *out = (res_options){.count = r.count, .items = r.items};
    return CORE_OK;
}
