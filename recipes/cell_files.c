#include "recipes/cell_files.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/path.h"
#include "core/yaml.h"
#include "recipes/configuration.h"
#include "results/runs/folder.h"
#include "results/runs/run_file.h"

const char *const xp_cell_state_names[XP_CELL_STATES] = {"done",    "running", "unknown",  "unfinished",
                                                         "waiting", "failed",  "diverged", "unreadable"};

/* The first line of a file; NULL where it cannot be read. */
static core_status first_line(const char *path, core_arena *arena, const char **out)
{
    char *text;
    *out = NULL;
    if (core_file_read(path, &text, NULL) != CORE_OK) {
        return CORE_OK;
    }
    text[strcspn(text, "\n")] = '\0';
    core_status status = core_arena_copy_text(arena, text, out);
    free(text);
    return status;
}

/* The text of a STEM.yaml without the line that names the part of a grid, "# part 2/4"; a user's comment stays. */
static const char *without_part(const char *yaml)
{
    static const char digits[] = "0123456789";
    const size_t head = strlen(XP_CELL_PART_HEAD), number = strncmp(yaml, XP_CELL_PART_HEAD, head) == 0 ? head : 0;
    const size_t slash = number + strspn(yaml + number, digits);
    if (number == 0 || slash == number || yaml[slash] != '/') {
        return yaml;
    }
    const size_t count = strspn(yaml + slash + 1, digits);
    const char *end = yaml + slash + 1 + count;
    return count > 0 && (*end == '\n' || *end == '\0') ? end : yaml;
}

/* Whether YAML of one key and one plain or quoted value a line has a comment: a # outside quotes, at a line's begin or behind a
 * blank. */
static bool has_comment(const char *yaml)
{
    char quote = '\0';
    for (const char *at = yaml; *at != '\0'; at++) {
        const bool begins = at == yaml || strchr(" \t\n", at[-1]) != NULL;
        if (quote == '"' && *at == '\\' && at[1] != '\0') {
            at++;
        } else if (*at == quote || *at == '\n') { /* a doubled ' ends a quote and begins another */
            quote = '\0';
        } else if ((begins || (at[-1] == '\'' && *at == '\'')) && quote == '\0' && (*at == '"' || *at == '\'')) {
            quote = *at;
        } else if (begins && quote == '\0' && *at == '#') {
            return true;
        }
    }
    return false;
}

/* Whether grid wrote the file: it has only keys and values, with data and method among them, and no other comment. */
static bool is_config(const char *path, const void *context)
{
    (void)context;
    core_arena arena = {0};
    const char *values[XP_BIT_OPTIONS];
    char *yaml;
    if (core_file_read(path, &yaml, NULL) != CORE_OK) {
        return false;
    }
    const bool is = !has_comment(without_part(yaml)) && xp_configuration_read(path, yaml, &arena, values) == CORE_OK &&
                    values[XP_DATA] != NULL && values[XP_METHOD] != NULL;
    free(yaml);
    core_arena_free(&arena);
    return is;
}

/* Whether it begins with the line of grid, or, as an older grid wrote it, with the first line of train's output. */
static bool is_log(const char *path, const void *context)
{
    (void)context;
    core_arena arena = {0};
    const char *line;
    const bool is = first_line(path, &arena, &line) == CORE_OK && line != NULL &&
                    (strncmp(line, XP_CELL_LOG_MARK, strlen(XP_CELL_LOG_MARK)) == 0 ||
                     strncmp(line, "tailbit: ", 9) == 0 || strstr(line, ".h5: ") != NULL);
    core_arena_free(&arena);
    return is;
}

const core_file_kind xp_cell_config_kind = {.name = "tailbit grid configuration", .is_own = is_config};
const core_file_kind xp_cell_failed_kind = {.name = "tailbit grid .failed",
                                            .starts = {"exit code ", "killed by signal "}};
const core_file_kind xp_cell_log_kind = {.name = "tailbit grid log", .is_own = is_log};

static core_status note(core_arena *arena, xp_cell_state state, const char *about, xp_cell_look *out)
{
    out->state = state;
    return core_arena_copy_text(arena, about, &out->about);
}

core_status xp_cell_look_at(const char *folder, const char *stem, core_arena *arena, xp_cell_look *out)
{
    char *path, *failed, holder[512];
    struct stat file;
    const char *why = NULL;
    xp_cell_look look = {.state = XP_CELL_WAITING, .about = ""};
    CORE_TRY(core_path_join(folder, stem, ".h5", arena, &path));
    CORE_TRY(core_path_join(folder, stem, ".failed", arena, &failed));
    const core_file_lock_state lock = core_file_lock_look(path, holder, sizeof holder);
    look.has_file = stat(path, &file) == 0;
    core_status status = look.has_file ? res_glance_at(path, arena, &look.run) : CORE_OK;
    look.has_run = look.has_file && status == CORE_OK;
    look.written_s = look.has_file ? (double)file.st_mtim.tv_sec : 0;
    if (status == CORE_MACHINE) {
        return status;
    }
    if (lock == CORE_LOCK_HELD) {
        CORE_TRY(note(arena, XP_CELL_RUNNING, holder, &look));
    } else if (status != CORE_OK) {
        CORE_TRY(note(arena, XP_CELL_UNREADABLE, core_error_message(), &look));
    } else if (look.has_run && look.run.diverged > 0) {
        char text[96];
        snprintf(text, sizeof text, "the loss of epoch %lld is no number: remove the file",
                 (long long)look.run.diverged);
        CORE_TRY(note(arena, XP_CELL_DIVERGED, text, &look));
    } else if (look.has_run && look.run.finished) {
        look.state = XP_CELL_DONE;
    } else if (lock == CORE_LOCK_UNKNOWN) {
        CORE_TRY(note(arena, XP_CELL_UNKNOWN, holder, &look));
    } else {
        look.state = look.has_run ? XP_CELL_UNFINISHED : XP_CELL_WAITING;
        CORE_TRY(first_line(failed, arena, &why));
        if (why != NULL) {
            CORE_TRY(note(arena, XP_CELL_FAILED, why, &look));
        }
    }
    *out = look;
    return CORE_OK;
}

double xp_cell_left_s(const xp_cell_look *look, double now_s)
{
    if (!look->has_run || look->run.E == 0) {
        return -1;
    }
    const double left_s =
        look->written_s - look->run.begun_s + res_left_s(look->run.seconds, look->run.E, look->run.planned) - now_s;
    return left_s > 0 ? left_s : 0;
}

/* The kinds of names in a folder. */
typedef enum { A_CELL, OF_A_CELL, FOREIGN } kind;

static kind kind_of(const char *name)
{
    if (res_folder_is_run(name) || core_path_ends_in(name, ".yaml")) {
        return A_CELL;
    }
    bool ours = core_path_ends_in(name, ".h5") || core_path_ends_in(name, ".h5.lock") ||
                core_path_ends_in(name, ".log") || core_path_ends_in(name, ".failed") ||
                strstr(name, ".h5.tmp.") != NULL || strstr(name, ".yaml.tmp.") != NULL ||
                strstr(name, ".failed.tmp.") != NULL || strstr(name, ".log.tmp.") != NULL ||
                strcmp(name, "report.html") == 0 || strcmp(name, "figures") == 0 || strncmp(name, ".tailbit-", 9) == 0;
    return ours ? OF_A_CELL : FOREIGN;
}

/* Whether the entry is a folder or a link to one; false for an entry that no longer exists. */
static bool is_folder(DIR *folder, const struct dirent *entry)
{
    struct stat info;
    if (entry->d_type != DT_UNKNOWN && entry->d_type != DT_LNK) {
        return entry->d_type == DT_DIR;
    }
    return fstatat(dirfd(folder), entry->d_name, &info, 0) == 0 && S_ISDIR(info.st_mode);
}

static core_status list_names(const char *path, core_arena *arena, core_names *stems, core_names *foreign)
{
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return core_fail(core_file_read_code(errno), "%s: %s, expected a folder of run files", path, strerror(errno));
    }
    core_status status = CORE_OK;
    const struct dirent *entry;
    while (status == CORE_OK && (errno = 0, entry = readdir(folder)) != NULL) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
            continue;
        }
        kind what = kind_of(name);
        if (what == FOREIGN || (what == A_CELL && is_folder(folder, entry))) {
            status = core_names_add(foreign, name, arena);
        } else if (what == A_CELL) {
            char stem[NAME_MAX + 1];
            snprintf(stem, sizeof stem, "%.*s", (int)(strrchr(name, '.') - name), name);
            status = core_names_add(stems, stem, arena);
        }
    }
    if (status == CORE_OK && errno != 0) {
        status = core_fail(CORE_BAD_FILE, "%s: its list of files ends early: %s", path, strerror(errno));
    }
    closedir(folder);
    CORE_TRY(status);
    core_names_sort(stems, 0);
    core_names_sort(foreign, 0);
    int64_t kept = 0;
    for (int64_t i = 0; i < stems->count; i++) {
        if (kept == 0 || strcmp(stems->names[i], stems->names[kept - 1]) != 0) {
            stems->names[kept++] = stems->names[i];
        }
    }
    stems->count = kept;
    return CORE_OK;
}

/* xp_configuration_read; options that the text lacks get train's defaults. */
static core_status read_values(const char *name, const char *yaml, core_arena *arena, const char **values)
{
    CORE_TRY(xp_configuration_read(name, yaml, arena, values));
    const bool text = values[XP_DATA] != NULL && xp_data_is_text(values[XP_DATA]);
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        values[id] = values[id] != NULL ? values[id] : xp_option_default((xp_option_id)id, text);
    }
    return CORE_OK;
}

/* xp_configuration_read of a run file, which has every option that has an effect on it; one that it leaves out because of
 * its value gets that value. */
static core_status read_effective(const char *name, const char *yaml, core_arena *arena, const char **values)
{
    CORE_TRY(xp_configuration_read(name, yaml, arena, values));
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        const res_option silent = xp_configuration_silent(xp_option_key((xp_option_id)id));
        char text[64];
        if (values[id] == NULL && silent.key != NULL) {
            CORE_TRY(core_arena_copy_text(arena, res_option_format(&silent, text, sizeof text), &values[id]));
        }
    }
    return CORE_OK;
}

/* Reads the options of a cell without a run file. *is_cell is false where the file is no configuration of a cell. */
static core_status read_waiting(const char *path, core_arena *arena, const char **values, bool *is_cell)
{
    char *yaml;
    *is_cell = false;
    if (core_yaml_read(path, arena, &yaml) != CORE_OK) {
        return CORE_OK;
    }
    core_status status = read_values(path, yaml, arena, values);
    *is_cell = status == CORE_OK && strncmp(yaml, RES_EXPORTED_CONFIG, strlen(RES_EXPORTED_CONFIG)) != 0 &&
               values[XP_DATA] != NULL && values[XP_METHOD] != NULL;
    return status == CORE_MACHINE ? status : CORE_OK;
}

/* The part of a grid that wrote the configuration at `path`. */
static core_status read_part(const char *path, core_arena *arena, const char **out)
{
    const char *line;
    CORE_TRY(first_line(path, arena, &line));
    const bool has = line != NULL && without_part(line) != line;
    *out = has ? line + strlen(XP_CELL_PART_HEAD) : NULL;
    return CORE_OK;
}

/* Adds the names that gave a stem that is no cell's (kind_of). */
static core_status add_foreign(const char *path, const char *stem, core_names *foreign, core_arena *arena)
{
    static const char *const ends[] = {".h5", ".yaml"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct stat file;
        char *name;
        CORE_TRY(core_path_join(path, stem, ends[i], arena, &name));
        if (lstat(name, &file) == 0) {
            CORE_TRY(core_names_add(foreign, name + strlen(name) - strlen(stem) - strlen(ends[i]), arena));
        }
    }
    return CORE_OK;
}

static core_status read_cell(const char *path, const char *stem, bool options, core_names *foreign, xp_folder *folder)
{
    xp_folder_cell cell = {.stem = stem};
    char *config;
    bool is_cell = true;
    CORE_TRY(xp_cell_look_at(path, stem, &folder->arena, &cell.look));
    CORE_TRY(core_path_join(path, stem, ".yaml", &folder->arena, &config));
    CORE_TRY(read_part(config, &folder->arena, &cell.part));
    if (cell.look.has_run && options) {
        core_status status = read_effective(stem, cell.look.run.yaml, &folder->arena, cell.values);
        if (status == CORE_MACHINE) {
            return status;
        }
    } else if (!cell.look.has_file) {
        CORE_TRY(read_waiting(config, &folder->arena, cell.values, &is_cell));
        if (!is_cell) {
            return add_foreign(path, stem, foreign, &folder->arena);
        }
    }
    folder->cells[folder->count++] = cell;
    return CORE_OK;
}

static core_status read_folder(const char *path, bool options, xp_folder *folder)
{
    core_names stems = {0}, foreign = {0};
    CORE_TRY(list_names(path, &folder->arena, &stems, &foreign));
    CORE_TRY(CORE_ARENA_NEW(&folder->arena, stems.count, "the cells of a folder", folder->cells));
    for (int64_t i = 0; i < stems.count; i++) {
        CORE_TRY(read_cell(path, stems.names[i], options, &foreign, folder));
    }
    core_names_sort(&foreign, 0);
    folder->foreign = foreign.names;
    folder->foreign_count = foreign.count;
    return CORE_OK;
}

core_status xp_folder_read(const char *path, bool options, xp_folder *out)
{
    xp_folder folder = {0};
    core_status status = read_folder(path, options, &folder);
    if (status != CORE_OK) {
        xp_folder_free(&folder);
        return status;
    }
    *out = folder;
    return CORE_OK;
}

void xp_folder_free(xp_folder *folder) { core_arena_free(&folder->arena); }
