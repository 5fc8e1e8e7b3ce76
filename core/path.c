#include "core/path.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

core_status core_path_write(char path[CORE_PATH_BYTES], const char *format, ...)
{
    va_list values;
    va_start(values, format);
    const int length = vsnprintf(path, CORE_PATH_BYTES, format, values);
    va_end(values);
    return length < CORE_PATH_BYTES
               ? CORE_OK
               : core_fail(CORE_BAD_USAGE,
                           "the path %.100s... has %d bytes, expected fewer than %d, the most that Linux opens; give a "
                           "shorter one",
                           path, length, CORE_PATH_BYTES);
}

const char *core_path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

core_status core_path_folder(const char *path, char folder[CORE_PATH_BYTES])
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? core_path_write(folder, ".")
                         : core_path_write(folder, "%.*s", (int)(slash > path ? slash - path : 1), path);
}

bool core_path_ends_in(const char *path, const char *end)
{
    const size_t length = strlen(path), tail = strlen(end);
    return length > tail && strcmp(path + length - tail, end) == 0;
}

size_t core_path_stem_bytes(const char *path, const char *end)
{
    return strlen(path) - (core_path_ends_in(path, end) ? strlen(end) : 0);
}

core_status core_path_join(const char *folder, const char *name, const char *end, core_arena *arena, char **out)
{
    const size_t bytes = strlen(folder) + strlen(name) + strlen(end) + 2;
    char *path;
    CORE_TRY(CORE_ARENA_NEW(arena, bytes, "a path", path));
    snprintf(path, bytes, "%s/%s%s", folder, name, end);
    *out = path;
    return CORE_OK;
}

core_status core_names_add(core_names *names, const char *name, core_arena *arena)
{
    CORE_TRY(CORE_ARENA_GROW(arena, names->count, &names->capacity, "a list of names", names->names));
    return core_arena_copy_text(arena, name, &names->names[names->count++]);
}

static int by_name(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

void core_names_sort(core_names *names, int64_t first)
{
    if (names->count > first) {
        qsort(names->names + first, (size_t)(names->count - first), sizeof *names->names, by_name);
    }
}

int64_t core_names_find(const core_names *names, const char *name)
{
    const char **found =
        names->count == 0 ? NULL : bsearch(&name, names->names, (size_t)names->count, sizeof *names->names, by_name);
    return found != NULL ? found - names->names : -1;
}

const char *core_names_twice(const core_names *names)
{
    int64_t i = 1;
    while (i < names->count && strcmp(names->names[i], names->names[i - 1]) != 0) {
        i++;
    }
    return i < names->count ? names->names[i] : NULL;
}

bool core_names_next(core_names_merge *m)
{
    const char *a = m->at_a < m->a->count ? m->a->names[m->at_a] : NULL;
    const char *b = m->at_b < m->b->count ? m->b->names[m->at_b] : NULL;
    const int order = a == NULL ? 1 : b == NULL ? -1 : strcmp(a, b);
    m->in_a = order <= 0;
    m->in_b = order >= 0;
    m->name = m->in_a ? a : b;
    m->at_a += m->in_a;
    m->at_b += m->in_b;
    return m->name != NULL;
}
