#include "experiments/training/environment.h"

#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/version.h"
#include "results/runs/run_file.h"

enum { MAX_ROWS = 20 };

/* "model name : AMD EPYC 9R14" of /proc/cpuinfo, else the machine's architecture. */
static void cpu_name(const struct utsname *system, char *name, size_t bytes)
{
    snprintf(name, bytes, "%s", system->machine);
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (file == NULL) {
        return;
    }
    char line[512];
    while (fgets(line, sizeof line, file) != NULL) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon != NULL) {
            char *text = colon + 1 + strspn(colon + 1, " \t");
            text[strcspn(text, "\n")] = '\0';
            snprintf(name, bytes, "%s", text);
            break;
        }
    }
    fclose(file);
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
    char cpu[256], kernel[256];
    cpu_name(&system, cpu, sizeof cpu);
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
    r.items[r.count++] = res_option_integer("ranks", 1);
    CORE_TRY(add_path(&r, "folder", getcwd(NULL, 0)));
    CORE_TRY(add_text(&r, "run_file", start->out));
    CORE_TRY(add_text(&r, "data_dir", start->data_dir));
    CORE_TRY(add_path(&r, RES_ENV_DATA_FILE, start->data_file != NULL ? realpath(start->data_file, NULL) : NULL));
    CORE_TRY(add_text(&r, "tailbit", core_version));
    CORE_TRY(add_text(&r, "commit", core_commit));
    CORE_TRY(add_text(&r, "onednn", nn_onednn_version()));
    CORE_TRY(add_text(&r, "glibc", gnu_get_libc_version()));
    CORE_TRY(add_text(&r, "compiler", XP_COMPILER));
    CORE_TRY(add_text(&r, "flags", XP_FLAGS));
    *out = (res_options){.count = r.count, .items = r.items};
    return CORE_OK;
}
