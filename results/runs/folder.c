#include "results/runs/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/file.h"
#include "core/path.h"
#include "results/runs/features_file.h"
#include "results/runs/probe_file.h"

enum { PATH_BYTES = 4096, DEEPEST = 64 };

/* The folders that were entered. */
typedef struct {
    int64_t count, capacity;
    struct entered {
        dev_t device;
        ino_t number;
    } *items;
} entered_list;

typedef struct {
    const char *root;
    core_arena *arena;
    core_names found, links; /* links to folders, followed after all folders that have no link on their path */
    core_names folders;
    entered_list entered;
    int64_t gap_capacity, gap_count;
    res_folder_gap *gaps;
} walk;

static core_status keep_gap(walk *w, const char *name, const char *why)
{
    CORE_TRY(CORE_ARENA_GROW(w->arena, w->gap_count, &w->gap_capacity, "the names in a folder", w->gaps));
    res_folder_gap *gap = &w->gaps[w->gap_count++];
    CORE_TRY(core_arena_copy_text(w->arena, name, &gap->name));
    return core_arena_copy_text(w->arena, why, &gap->why);
}

/* Records that the folder is entered; *first: for the first time. */
static core_status enter(walk *w, const struct stat *folder, bool *first)
{
    entered_list *list = &w->entered;
    for (int64_t i = 0; i < list->count; i++) {
        if (list->items[i].device == folder->st_dev && list->items[i].number == folder->st_ino) {
            *first = false;
            return CORE_OK;
        }
    }
    CORE_TRY(CORE_ARENA_GROW(w->arena, list->count, &list->capacity, "the names in a folder", list->items));
    list->items[list->count++] = (struct entered){.device = folder->st_dev, .number = folder->st_ino};
    *first = true;
    return CORE_OK;
}

bool res_folder_is_run(const char *name)
{
    return core_path_ends_in(name, ".h5") && !res_probe_is_name(name) && !core_path_ends_in(name, RES_FEATURES_END);
}

static core_status visit(walk *w, const char *below, int depth);

/* Handles the entry `relative`, whose last part is `name`: a folder, a run file, or neither. */
static core_status look_at(walk *w, const char *relative, const char *name, int depth)
{
    char path[PATH_BYTES];
    struct stat status;
    if (snprintf(path, sizeof path, "%s/%s", w->root, relative) >= PATH_BYTES) {
        return keep_gap(w, relative, "its path is too long");
    }
    if (lstat(path, &status) != 0) { /* deleted since it was listed: no gap */
        return errno == ENOENT ? CORE_OK : keep_gap(w, relative, strerror(errno));
    }
    const bool is_link = S_ISLNK(status.st_mode);
    const bool lost = is_link && stat(path, &status) != 0; /* a dangling link: its reader fails with a message */
    if (!lost && S_ISDIR(status.st_mode)) {
        return is_link ? core_names_add(&w->links, relative, w->arena) : visit(w, relative, depth + 1);
    }
    if (!res_folder_is_run(name)) {
        return CORE_OK;
    }
    return lost || S_ISREG(status.st_mode) ? core_names_add(&w->found, relative, w->arena)
                                           : keep_gap(w, relative, "it is no regular file");
}

static core_status read_entries(walk *w, DIR *folder, const char *below, int depth)
{
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(folder)) != NULL) {
        char relative[PATH_BYTES];
        if (entry->d_name[0] == '.') {
            continue;
        }
        const int length =
            snprintf(relative, sizeof relative, "%s%s%s", below, below[0] != '\0' ? "/" : "", entry->d_name);
        CORE_TRY(length < PATH_BYTES ? look_at(w, relative, entry->d_name, depth)
                                     : keep_gap(w, below, "a path in it is too long"));
    }
    return errno != 0 ? keep_gap(w, below, strerror(errno)) : CORE_OK;
}

static core_status visit(walk *w, const char *below, int depth)
{
    char path[PATH_BYTES];
    struct stat status;
    bool first = false;
    snprintf(path, sizeof path, "%s%s%s", w->root, below[0] != '\0' ? "/" : "", below);
    if (depth > DEEPEST) {
        return keep_gap(w, below, "it lies too deep");
    }
    DIR *folder = stat(path, &status) == 0 ? opendir(path) : NULL;
    if (folder == NULL) {
        return below[0] != '\0' ? keep_gap(w, below, strerror(errno))
                                : core_fail_about(core_file_read_code(errno), path, ": cannot be read as a folder: %s",
                                                  strerror(errno));
    }
    core_status result = enter(w, &status, &first);
    if (result == CORE_OK && first) {
        result = core_names_add(&w->folders, below, w->arena);
    }
    if (result == CORE_OK && first) {
        result = read_entries(w, folder, below, depth);
    }
    closedir(folder);
    return result;
}

static int by_gap(const void *a, const void *b)
{
    return strcmp(((const res_folder_gap *)a)->name, ((const res_folder_gap *)b)->name);
}

/* Follows the links in the order of their names, then the links found behind them. */
static core_status follow_links(walk *w)
{
    for (int64_t i = 0; i < w->links.count; i++) {
        core_names_sort(&w->links, i);
        CORE_TRY(visit(w, w->links.names[i], 1));
    }
    return CORE_OK;
}

core_status res_folder_list(const char *path, core_arena *arena, res_folder *out)
{
    walk w = {.root = path, .arena = arena};
    CORE_TRY(visit(&w, "", 0));
    CORE_TRY(follow_links(&w));
    core_names_sort(&w.found, 0);
    core_names_sort(&w.folders, 0);
    if (w.gap_count > 1) {
        qsort(w.gaps, (size_t)w.gap_count, sizeof *w.gaps, by_gap);
    }
    *out = (res_folder){.runs = w.found, .folders = w.folders, .gap_count = w.gap_count, .gaps = w.gaps};
    return CORE_OK;
}
