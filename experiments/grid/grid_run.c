#include "experiments/grid/grid_run.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/builder.h"
#include "core/file.h"
#include "core/path.h"
#include "core/process.h"
#include "core/progress.h"
#include "core/text.h"
#include "datasets/dataset.h"
#include "experiments/grid/children.h"
#include "core/signals.h"

enum { PATH_BYTES = 4096 };

/* What this command does with a cell, or has done. OURS: a child of this command trains it. STOPPED: the child alone was asked
 * to stop, as by a limit on its CPU time. */
typedef enum { TO_RUN, OURS, HELD, DONE, STOPPED, FAILED, REFUSED } role;

typedef struct {
    role role;
    pid_t pid; /* OURS */
    bool here; /* finished by this command */
    double start_s;
    core_arena arena; /* owns what the last look at its files found */
} progress;

typedef struct {
    xp_plan *plan;
    const xp_grid_work *work;
    progress *cells; /* (plan->count) */
    xp_cpus cpus;
    int running;
    int64_t of_machine; /* cells that failed with CORE_MACHINE */
    double told_s;      /* when the signal was last passed on; 0: never */
    double looked_s;    /* when held cells were last looked at */
    core_foot foot;     /* what runs, on a terminal */
    double shown_s;     /* when it was last drawn */
} run;

static void say(run *r, int64_t i, const char *what, const char *rest)
{
    core_foot_clear(&r->foot);
    core_text_print(r->work->lines, "[%lld/%lld] %s %s%s%s\n", (long long)i + 1, (long long)r->plan->count, what,
                    r->plan->cells[i].cell->stem, rest[0] != '\0' ? ": " : "", rest);
    fflush(r->work->lines);
}

/* Looks at the files of cell i again; the results live until the next look. */
static core_status look(run *r, int64_t i)
{
    core_arena_free(&r->cells[i].arena);
    return xp_plan_look(r->plan, i, &r->cells[i].arena);
}

/* Decides what to do with cell i, from the last look at its files. */
static void decide(run *r, int64_t i)
{
    const xp_planned *planned = &r->plan->cells[i];
    role before = r->cells[i].role, now = TO_RUN;
    char why[CORE_MESSAGE_BYTES];
    xp_plan_why(planned, why, sizeof why);
    if (planned->changed != NULL || planned->look.state == XP_CELL_UNREADABLE) {
        now = REFUSED;
        say(r, i, planned->changed != NULL ? "other configuration" : "unreadable", why);
    } else if (planned->look.state == XP_CELL_DIVERGED) {
        now = FAILED;
        say(r, i, "failed", why);
    } else if (planned->look.state == XP_CELL_RUNNING) {
        now = HELD;
        if (before != HELD) {
            say(r, i, "left to another process", why);
        }
    } else if (planned->look.state == XP_CELL_DONE) {
        now = DONE;
        if (before == HELD) {
            say(r, i, "done by another process", "");
        }
    }
    r->cells[i].role = now;
}

/* Writes STEM.yaml if it is missing or its text differs. */
static core_status write_config(run *r, int64_t i)
{
    const char *yaml;
    char *path, *old = NULL;
    core_arena *arena = &r->cells[i].arena;
    const xp_cell *cell = r->plan->cells[i].cell;
    CORE_TRY(xp_cell_yaml(cell, arena, &yaml));
    CORE_TRY(xp_part_mark(r->plan->part, yaml, arena, &yaml));
    CORE_TRY(core_path_join(r->plan->folder, cell->stem, ".yaml", arena, &path));
    bool same = access(path, F_OK) == 0 && core_file_read(path, &old, NULL) == CORE_OK && strcmp(old, yaml) == 0;
    free(old);
    return same ? CORE_OK : core_file_write(path, &xp_cell_config_kind, yaml, strlen(yaml));
}

/* Writes the first line of a new or empty log, and leaves any other log as it is. */
static core_status begin_log(const char *path)
{
    struct stat info;
    CORE_TRY(core_file_may_replace(path, &xp_cell_log_kind));
    return stat(path, &info) == 0 && info.st_size > 0
               ? CORE_OK
               : core_file_write(path, &xp_cell_log_kind, XP_CELL_LOG_HEAD, strlen(XP_CELL_LOG_HEAD));
}

/* Checks that the cell has the files of initial values with which it is to begin; one that has begun needs them no more. */
static core_status check_initial(const xp_planned *planned)
{
    const xp_option_id ids[] = {XP_GLOVE, XP_INIT};
    for (int i = 0; i < 2 && !planned->look.has_run; i++) {
        const char *path = planned->cell->options.text[ids[i]];
        if (path != NULL && access(path, R_OK) != 0) {
            return core_fail(core_file_read_code(errno), "cannot open %s: %s", path, strerror(errno));
        }
    }
    return CORE_OK;
}

/* Checks, before the first cell is trained, that cell i has its data and can write its files. */
static core_status check_files(const run *r, int64_t i, core_arena *arena)
{
    static const struct {
        const char *end;
        const core_file_kind *kind;
    } files[] = {{".yaml", &xp_cell_config_kind},
                 {".log", &xp_cell_log_kind},
                 {".failed", &xp_cell_failed_kind},
                 {".h5.lock", &core_file_lock_kind}};
    const char *data = r->plan->cells[i].cell->options.text[XP_DATA];
    core_status status = ds_find(data, r->work->options->text[XP_DATA_DIR]);
    status = status == CORE_OK ? check_initial(&r->plan->cells[i]) : status;
    if (status != CORE_OK) {
        return core_fail(status, "%s; nothing was trained: --only leaves its jobs out", core_error_message());
    }
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        char *path;
        CORE_TRY(core_path_join(r->plan->folder, r->plan->cells[i].cell->stem, files[f].end, arena, &path));
        CORE_TRY(core_file_check(path, files[f].kind));
    }
    return CORE_OK;
}

/* Starts a child that trains cell i. The child keeps the lock of the run file, so that a cell never has two children
 * and its log never two writers. */
static core_status start(run *r, int64_t i, int cpus, core_file_lock *lock)
{
    char *config, *out, *log, *failed, threads[16];
    const xp_options *options = r->work->options;
    const char *stem = r->plan->cells[i].cell->stem, *folder = r->plan->folder;
    core_arena *arena = &r->cells[i].arena;
    CORE_TRY(write_config(r, i));
    CORE_TRY(core_path_join(folder, stem, ".yaml", arena, &config));
    CORE_TRY(core_path_join(folder, stem, ".h5", arena, &out));
    CORE_TRY(core_path_join(folder, stem, ".log", arena, &log));
    CORE_TRY(core_path_join(folder, stem, ".failed", arena, &failed));
    snprintf(threads, sizeof threads, "%d", cpus);
    const char *words[16] = {"tailbit", "train",     "--config", config,         "--out",
                             out,       "--threads", threads,    "--save-every", options->text[XP_SAVE_EVERY]};
    int count = 10;
    if (options->text[XP_DATA_DIR] != NULL) {
        words[count++] = "--data-dir";
        words[count++] = options->text[XP_DATA_DIR];
    }
    if (xp_is_on(options, XP_RECOMPUTE) && !xp_options_of_text(&r->plan->cells[i].cell->options)) {
        words[count++] = "--recompute";
    }
    CORE_TRY(core_file_remove(failed, &xp_cell_failed_kind));
    CORE_TRY(begin_log(log));
    say(r, i, r->plan->cells[i].look.has_run ? "resume" : "start", CORE_COUNT(cpus, "CPU"));
    CORE_TRY(xp_child_start(&r->cpus, cpus, words, log, lock, &r->cells[i].pid));
    r->cells[i].role = OURS;
    r->cells[i].start_s = core_progress_now_s();
    r->running++;
    return CORE_OK;
}

static int64_t count_role(const run *r, role wanted)
{
    int64_t n = 0;
    for (int64_t i = 0; i < r->plan->count; i++) {
        n += r->cells[i].role == wanted;
    }
    return n;
}

/* The cells that are done, by this command. */
static int64_t count_here(const run *r)
{
    int64_t n = 0;
    for (int64_t i = 0; i < r->plan->count; i++) {
        n += r->cells[i].role == DONE && r->cells[i].here;
    }
    return n;
}

/* Starts cell i if its files say that it is to run, and no other command has it or has just finished it. */
static core_status try_cell(run *r, int64_t i)
{
    char path[PATH_BYTES];
    core_file_lock *lock = NULL;
    struct stat before = {0}, now = {0};
    if (snprintf(path, sizeof path, "%s/%s.h5", r->plan->folder, r->plan->cells[i].cell->stem) >= PATH_BYTES) {
        return core_fail(CORE_MACHINE, "%s: the folder's name is too long", r->plan->folder);
    }
    stat(path, &before);
    CORE_TRY(look(r, i));
    decide(r, i);
    if (r->cells[i].role != TO_RUN) {
        return CORE_OK;
    }
    CORE_TRY(core_file_lock_try(path, r->plan->part.count > 0, &lock));
    stat(path, &now);
    const bool same = before.st_ino == now.st_ino && before.st_mtim.tv_sec == now.st_mtim.tv_sec &&
                      before.st_mtim.tv_nsec == now.st_mtim.tv_nsec;
    const int64_t waiting = count_role(r, TO_RUN), places = r->work->jobs - r->running, idle = xp_cpus_idle(&r->cpus);
    int64_t sharing = waiting < places ? waiting : places;
    sharing = sharing < idle ? sharing : idle;
    /* A cell that is locked or has changed is looked at again in the next round. */
    core_status status = lock != NULL && same ? start(r, i, (int)((idle + sharing - 1) / sharing), lock) : CORE_OK;
    /* The lock of a cell that another command has just finished would be left beside it. */
    (same ? core_file_lock_release : core_file_lock_remove)(lock);
    return status;
}

/* Starts cells as long as there are jobs and CPUs for them. */
static core_status start_cells(run *r)
{
    for (int64_t i = 0; i < r->plan->count && r->running < r->work->jobs && xp_cpus_idle(&r->cpus) > 0; i++) {
        if (r->cells[i].role == TO_RUN) {
            CORE_TRY(try_cell(r, i));
        }
    }
    return CORE_OK;
}

/* The last line of the log that is not empty, without the program's name; in the arena of cell i. */
static const char *last_line(run *r, int64_t i)
{
    const char *copy;
    char *path, *text;
    core_arena *arena = &r->cells[i].arena;
    if (core_path_join(r->plan->folder, r->plan->cells[i].cell->stem, ".log", arena, &path) != CORE_OK ||
        core_file_read(path, &text, NULL) != CORE_OK) {
        return "";
    }
    size_t end = strlen(text);
    while (end > 0 && text[end - 1] == '\n') {
        text[--end] = '\0';
    }
    const char *line = strrchr(text, '\n');
    line = line != NULL ? line + 1 : text;
    line = strncmp(line, "tailbit: ", 9) == 0 ? line + 9 : line[0] == '#' ? "" : line;
    core_status status = core_arena_copy_text(arena, line, &copy);
    free(text);
    return status == CORE_OK ? copy : "";
}

/* Writes STEM.failed, which `tailbit status` shows, unless another command has begun the cell meanwhile. An error of the
 * write is told and no more, because the cell's failure is reported anyway. */
static void mark_failed(run *r, int64_t i, const char *why)
{
    char *path, *file, line[CORE_MESSAGE_BYTES + 64];
    core_file_lock *lock = NULL;
    core_arena *arena = &r->cells[i].arena;
    const char *stem = r->plan->cells[i].cell->stem;
    snprintf(line, sizeof line, "%s\n", why);
    const bool ours = core_path_join(r->plan->folder, stem, ".failed", arena, &path) == CORE_OK &&
                      core_path_join(r->plan->folder, stem, ".h5", arena, &file) == CORE_OK &&
                      core_file_lock_try(file, r->plan->part.count > 0, &lock) == CORE_OK && lock != NULL;
    if (ours && core_file_write(path, &xp_cell_failed_kind, line, strlen(line)) != CORE_OK) {
        core_text_print(r->work->lines, "%s\n", core_error_message());
    }
    core_file_lock_remove(lock);
}

static void say_done(run *r, int64_t i)
{
    char duration[16], rest[128];
    const res_glance *glance = &r->plan->cells[i].look.run;
    core_progress_duration(core_progress_now_s() - r->cells[i].start_s, duration, sizeof duration);
    if (isnan(glance->test_error)) {
        snprintf(rest, sizeof rest, "%s", duration);
    } else {
        snprintf(rest, sizeof rest, "%s, test error %.2f%%", duration, 100 * glance->test_error);
    }
    say(r, i, "done", rest);
}

/* Takes note of how a child of this command ended. */
static core_status finish(run *r, int64_t i, int status)
{
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    char end[64], why[CORE_MESSAGE_BYTES];
    r->running--;
    CORE_TRY(look(r, i));
    const char *line = last_line(r, i);
    if (code == CORE_OK && r->plan->cells[i].look.state == XP_CELL_DONE) {
        decide(r, i); /* its data may have been replaced meanwhile */
        if (r->cells[i].role == DONE) {
            r->cells[i].here = true;
            say_done(r, i);
        }
        return CORE_OK;
    }
    const bool asked = core_stop_wanted();
    if (code == CORE_STOPPED || (asked && WIFSIGNALED(status) && core_stop_asks(WTERMSIG(status)))) {
        r->cells[i].role = asked ? TO_RUN : STOPPED;
        say(r, i, "stopped", code == CORE_STOPPED ? line : "before it had begun");
        return CORE_OK;
    }
    snprintf(why, sizeof why, "%s%s%s", core_process_end_text(status, end, sizeof end),
             code >= 0 && line[0] != '\0' ? ": " : "", code >= 0 ? line : "");
    r->cells[i].role = FAILED;
    r->of_machine += code == CORE_MACHINE || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL); /* as for memory */
    mark_failed(r, i, why);
    say(r, i, "failed", why);
    return CORE_OK;
}

/* Whether the cell had a child of this command that has ended now; it has none then, whatever fails from there on. */
static bool child_ended(run *r, int64_t i, int *status)
{
    const bool has = r->cells[i].role == OURS && xp_child_ended(&r->cpus, r->cells[i].pid, status);
    r->cells[i].role = has ? TO_RUN : r->cells[i].role;
    return has;
}

static core_status reap(run *r)
{
    for (int64_t i = 0; i < r->plan->count; i++) {
        int status;
        if (child_ended(r, i, &status)) {
            CORE_TRY(finish(r, i, status));
        }
    }
    return CORE_OK;
}

/* Sends the signal to the children, again every second, because a signal between fork and exec would be lost. */
static void tell_children(run *r, int signal_number)
{
    double now_s = core_progress_now_s();
    if (r->told_s > 0 && now_s - r->told_s < 1) {
        return;
    }
    r->told_s = now_s;
    for (int64_t i = 0; i < r->plan->count; i++) {
        if (r->cells[i].role == OURS) {
            kill(r->cells[i].pid, signal_number);
        }
    }
}

/* Looks at the cells of other processes, once a second. */
static core_status look_at_held(run *r)
{
    double now_s = core_progress_now_s();
    if (now_s - r->looked_s < 1) {
        return CORE_OK;
    }
    r->looked_s = now_s;
    for (int64_t i = 0; i < r->plan->count; i++) {
        if (r->cells[i].role == HELD) {
            CORE_TRY(look(r, i));
            decide(r, i);
        }
    }
    return CORE_OK;
}

/* "  STEM: epoch 12/200, test error 45.20%, 1h03m left". */
static void write_running(const xp_planned *planned, FILE *stream)
{
    const xp_cell_look *look = &planned->look;
    const double left_s = xp_cell_left_s(look, (double)time(NULL));
    char left[16];
    fprintf(stream, "  %s:", planned->cell->stem);
    if (look->has_run) {
        fprintf(stream, " epoch %" PRId64 "/%" PRId64, look->run.E, look->run.planned);
    }
    if (look->has_run && !isnan(look->run.test_error)) {
        fprintf(stream, ", test error %.2f%%", 100 * look->run.test_error);
    }
    if (left_s >= 0) {
        fprintf(stream, ", %s left", core_progress_duration(left_s, left, sizeof left));
    }
    fputc('\n', stream);
}

/* Shows on a terminal, once a second, how far the cells are that this command trains. */
static core_status show_running(run *r)
{
    const double now_s = core_progress_now_s();
    if (!r->foot.terminal || now_s - r->shown_s < 1) {
        return CORE_OK;
    }
    r->shown_s = now_s;
    core_builder text;
    core_arena arena = {0};
    const char *lines;
    CORE_TRY(core_builder_begin(&text, "the jobs that run"));
    core_status status = CORE_OK;
    for (int64_t i = 0; i < r->plan->count && status == CORE_OK; i++) {
        if (r->cells[i].role == OURS) {
            status = look(r, i);
            if (status == CORE_OK) { /* else the last look's memory is gone */
                write_running(&r->plan->cells[i], text.stream);
            }
        }
    }
    fprintf(text.stream, "%" PRId64 " of %s done", count_role(r, DONE), CORE_COUNT(r->plan->count, "job"));
    status = core_builder_end(&text, status, &arena, &lines);
    if (status == CORE_OK) {
        core_foot_draw(&r->foot, lines);
    }
    core_arena_free(&arena);
    return status;
}

static const struct timespec wait_between = {.tv_nsec = 20000000}; /* looks at the children */

static core_status work(run *r)
{
    for (;;) {
        CORE_TRY(reap(r));
        if (core_stop_wanted()) {
            tell_children(r, core_stop_signal());
        } else {
            CORE_TRY(look_at_held(r));
            CORE_TRY(start_cells(r));
        }
        CORE_TRY(show_running(r));
        bool left = !core_stop_wanted() && (count_role(r, TO_RUN) > 0 || count_role(r, HELD) > 0);
        if (r->running == 0 && !left) {
            return CORE_OK;
        }
        nanosleep(&wait_between, NULL);
    }
}

/* After a failure of this command itself: makes the children write their check-points and end. */
static void stop_children(run *r)
{
    while (count_role(r, OURS) > 0) {
        tell_children(r, SIGTERM);
        for (int64_t i = 0; i < r->plan->count; i++) {
            int status;
            child_ended(r, i, &status);
        }
        nanosleep(&wait_between, NULL);
    }
}

/* Looks once more at what is done: the data may have been replaced while the cells trained. */
static core_status look_at_done(run *r)
{
    for (int64_t i = 0; i < r->plan->count; i++) {
        if (r->cells[i].role == DONE) {
            CORE_TRY(look(r, i));
            if (r->plan->cells[i].changed != NULL) {
                decide(r, i);
            }
        }
    }
    return CORE_OK;
}

static core_status sum_up(const run *r)
{
    int64_t done = count_role(r, DONE), failed = count_role(r, FAILED), refused = count_role(r, REFUSED),
            stopped = count_role(r, STOPPED);
    const long long here = count_here(r);
    const char *cells = CORE_COUNT(r->plan->count, "job");
    if (core_stop_wanted()) {
        return core_fail(CORE_STOPPED, "stopped by %s: %lld of %s done; the same command resumes %s",
                         core_stop_signal_name(), (long long)done, cells, r->plan->folder);
    }
    if (stopped > 0) {
        return core_fail(CORE_STOPPED, "%s: %lld of %s done (%lld now), %lld stopped; the same command resumes them",
                         r->plan->folder, (long long)done, cells, here, (long long)stopped);
    }
    if (failed + refused > 0) {
        const bool of_machine = r->of_machine == failed + refused; /* the machine failed, not a cell */
        return core_fail(of_machine ? CORE_MACHINE : CORE_DIFFERS,
                         "%s: %lld of %s done (%lld now), %lld failed, %lld with another configuration or "
                         "unreadable",
                         r->plan->folder, (long long)done, cells, here, (long long)failed, (long long)refused);
    }
    core_text_print(r->work->lines, "%s: %s done (%lld now)\n", r->plan->folder, cells, here);
    return CORE_OK;
}

static core_status begin(run *r)
{
    for (int64_t i = 0; i < r->plan->count; i++) {
        decide(r, i);
        if (r->cells[i].role == TO_RUN) {
            CORE_TRY(check_files(r, i, &r->cells[i].arena));
        }
    }
    CORE_TRY(core_file_make_folders(r->plan->folder));
    for (int64_t i = 0; i < r->plan->count; i++) {
        if (r->cells[i].role == TO_RUN) {
            CORE_TRY(write_config(r, i));
        }
    }
    return CORE_OK;
}

core_status xp_grid_run(xp_plan *plan, const xp_grid_work *grid_work)
{
    run r = {.plan = plan, .work = grid_work};
    core_stop_listen();
    CORE_TRY(CORE_NEW(plan->count, "the jobs", r.cells));
    core_foot_begin(&r.foot, stderr);
    core_status status = xp_cpus_create(grid_work->threads, grid_work->jobs > 1, &r.cpus);
    status = status == CORE_OK ? begin(&r) : status;
    status = status == CORE_OK ? work(&r) : status;
    status = status == CORE_OK ? look_at_done(&r) : status;
    core_foot_clear(&r.foot);
    if (status != CORE_OK) {
        stop_children(&r);
    }
    status = status == CORE_OK ? sum_up(&r) : status;
    for (int64_t i = 0; i < plan->count; i++) {
        core_arena_free(&r.cells[i].arena);
    }
    xp_cpus_free(&r.cpus);
    free(r.cells);
    return status;
}
