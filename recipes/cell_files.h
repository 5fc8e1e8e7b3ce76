/* recipes/cell_files.h - the files of a grid's cell in a folder, and the state that they show.
 *
 * STEM.yaml    its configuration: `tailbit train --config STEM.yaml --out STEM.h5` is the cell. Of a grid's part (experiments/grid/part.h)
 *              it begins with XP_CELL_PART_HEAD and the part
 * STEM.h5      its run file; STEM.h5.lock, held by the process that trains it and freed by the kernel when that dies
 * STEM.log     what its trainings printed, one after the other
 * STEM.failed  one line: why the last training failed; gone when the next one begins
 */
#ifndef RECIPES_CELL_FILES_H
#define RECIPES_CELL_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/status.h"
#include "recipes/options.h"
#include "results/runs/glance.h"

typedef enum {
    XP_CELL_DONE,
    XP_CELL_RUNNING,    /* a process holds the lock */
    XP_CELL_UNKNOWN,    /* not finished; the state of the lock is unknown */
    XP_CELL_UNFINISHED, /* a run file of a run that can be continued */
    XP_CELL_WAITING,    /* no run file */
    XP_CELL_FAILED,     /* the last training failed */
    XP_CELL_DIVERGED,   /* a run file with a loss that is no number; from a tailbit that did not stop there */
    XP_CELL_UNREADABLE, /* what lies at STEM.h5 is no run file, or a damaged one */
    XP_CELL_STATES
} xp_cell_state;

/* How STEM.log is recognised (an older one has another last word), and the line that a new one begins with. */
#define XP_CELL_LOG_MARK "# tailbit grid: what the trainings of this "
#define XP_CELL_LOG_HEAD XP_CELL_LOG_MARK "job printed\n"

/* The first line of a STEM.yaml that a part of a grid wrote: this, "2/4". */
#define XP_CELL_PART_HEAD "# part "

/* How STEM.yaml, STEM.failed and STEM.log are recognised, so that grid never overwrites a user's file. */
extern const core_file_kind xp_cell_config_kind, xp_cell_failed_kind, xp_cell_log_kind;

extern const char *const xp_cell_state_names[XP_CELL_STATES]; /* "done", ... */

typedef struct {
    xp_cell_state state;
    bool has_run;      /* `run` is set */
    res_glance run;    /* its strings and arrays live in the arena */
    bool has_file;     /* there is a run file, readable or not */
    double written_s;  /* when it was written, in seconds since 1970 */
    const char *about; /* running: who runs it; unknown, failed, diverged, unreadable: why, one line; else "" */
} xp_cell_look;

/* Looks at a cell's files; damage is a state, not a failure. CORE_MACHINE: memory. */
core_status xp_cell_look_at(const char *folder, const char *stem, core_arena *arena, xp_cell_look *out) CORE_MUST_USE;

/* Seconds from now_s (since 1970) to the run's end, by its last epochs; -1: not known. */
double xp_cell_left_s(const xp_cell_look *look, double now_s);

/* A cell of a folder, and the options that its files give. */
typedef struct {
    const char *stem;
    xp_cell_look look;
    const char *part;                   /* "2/4", by STEM.yaml; NULL: none */
    const char *values[XP_BIT_OPTIONS]; /* text; NULL: not known */
} xp_folder_cell;

typedef struct {
    int64_t count;
    xp_folder_cell *cells; /* (count) in the order of their stems */
    int64_t foreign_count;
    const char **foreign; /* (foreign_count) names of files that do not belong to a grid, sorted */
    core_arena arena;
} xp_folder;

/* Reads a folder: every cell that has a run file or a configuration there. `options`: also read the options of cells
 * with a run file, which takes a third of the time. CORE_BAD_FILE: the folder is missing or unreadable. Owned by the
 * caller: xp_folder_free. */
core_status xp_folder_read(const char *path, bool options, xp_folder *out) CORE_MUST_USE;
void xp_folder_free(xp_folder *folder);

#endif
