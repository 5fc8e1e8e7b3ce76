#include "core/path.h"

#include <stdio.h>
#include <string.h>

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
