#include "results/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "results/probe_file.h"

enum { PATH_BYTES = 4096, DEEPEST = 64 };

typedef struct {
    const char *root;
    core_arena *arena;
    res_folder found;
    int64_t room;
} walk;

static core_status keep(walk *w, const char *name)
{
    if (w->found.count == w->room) {
        char **moved;
        const int64_t room = 2 * w->room + 64;
        CORE_TRY(CORE_ARENA_NEW(w->arena, room, "the names in a folder", moved));
        if (w->found.count > 0) {
            memcpy(moved, w->found.names, (size_t)w->found.count * sizeof *moved);
        }
        w->found.names = moved;
        w->room = room;
    }
    return core_arena_strdup(w->arena, name, &w->found.names[w->found.count++]);
}

static bool is_run(const char *name)
{
    const size_t length = strlen(name);
    return length > 3 && strcmp(name + length - 3, ".h5") == 0 && !res_probe_is_name(name);
}

static core_status visit(walk *w, const char *below, int depth);

static core_status look_at(walk *w, const char *below, const char *name, int depth)
{
    char path[PATH_BYTES], relative[PATH_BYTES];
    struct stat status;
    const int length = snprintf(relative, sizeof relative, "%s%s%s", below, below[0] != '\0' ? "/" : "", name);
    const int whole = snprintf(path, sizeof path, "%s/%s", w->root, relative);
    if (name[0] == '.' || length >= PATH_BYTES || whole >= PATH_BYTES || lstat(path, &status) != 0) {
        return CORE_OK; /* hidden, or gone since it was listed */
    }
    if (S_ISDIR(status.st_mode)) {
        return depth < DEEPEST ? visit(w, relative, depth + 1) : CORE_OK;
    }
    const bool lost = stat(path, &status) != 0; /* a link that leads nowhere: whoever reads it says so */
    return (lost || S_ISREG(status.st_mode)) && is_run(name) ? keep(w, relative) : CORE_OK;
}

static core_status visit(walk *w, const char *below, int depth)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s%s%s", w->root, below[0] != '\0' ? "/" : "", below);
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return core_fail(CORE_BAD_FILE, "%s: cannot be read as a folder: %s", path, strerror(errno));
    }
    core_status status = CORE_OK;
    for (const struct dirent *entry = readdir(folder); entry != NULL && status == CORE_OK; entry = readdir(folder)) {
        status = look_at(w, below, entry->d_name, depth);
    }
    closedir(folder);
    return status;
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

core_status res_folder_list(const char *path, core_arena *arena, res_folder *out)
{
    walk w = {.root = path, .arena = arena};
    CORE_TRY(visit(&w, "", 0));
    if (w.found.count > 0) {
        qsort(w.found.names, (size_t)w.found.count, sizeof *w.found.names, by_name);
    }
    *out = w.found;
    return CORE_OK;
}
