#include "experiments/training/train.h"

#include <inttypes.h>
#include <math.h>
#include <unistd.h>

#include "core/progress.h"
#include "core/team.h"
#include "core/text.h"
#include "experiments/training/epoch_log.h"
#include "experiments/training/initial.h"
#include "experiments/training/job.h"
#include "experiments/training/ranks.h"
#include "experiments/training/record.h"
#include "experiments/training/resume.h"
#include "core/signals.h"
#include "nn/schedule.h"
#include "recipes/class_names.h"
#include "results/runs/glance.h"
#include "results/runs/metric.h"

enum { PLACE_BYTES = 128 };

/* The state of the training loop. Times are for people and for check-points; no result depends on them. */
typedef struct {
    xp_job *job;
    FILE *lines;
    const char *log; /* of --log; NULL: none */
    int64_t logged;  /* epochs that it has */
    core_progress bar;
    double saved_s;        /* when the file was last written */
    int64_t unsaved_steps; /* since then */
    int64_t steps, bytes;  /* that this process has trained, and sent to other ranks for it */
} loop;

static core_status save_run(loop *l)
{
    CORE_TRY(xp_record_save(l->job));
    l->saved_s = core_progress_now_s();
    l->unsaved_steps = 0;
    return CORE_OK;
}

static bool save_is_due(const loop *l)
{
    const xp_interval *every = &l->job->recipe.save_every;
    if (every->steps > 0) {
        return l->unsaved_steps >= every->steps;
    }
    return xp_is_writer() && every->seconds > 0 && core_progress_now_s() - l->saved_s >= every->seconds;
}

static void show_progress(loop *l)
{
    if (!xp_is_writer()) {
        return;
    }
    const xp_pass *pass = &l->job->pass;
    char note[96];
    snprintf(note, sizeof note, "epoch %" PRId64 "/%" PRId64, pass->epoch + 1, l->job->recipe.epochs);
    core_progress_update(&l->bar, pass->epoch * pass->steps + pass->step, note);
}

/* What some rank wishes before the next step. */
enum { WISH_STOP = 1, WISH_SAVE = 2 };

static core_status ask_wishes(const loop *l, unsigned *wishes)
{
    const xp_pass *pass = &l->job->pass;
    *wishes = core_stop_wanted() ? WISH_STOP : 0;
    if (l->unsaved_steps > 0 && pass->step > 0 && pass->step < pass->steps && save_is_due(l)) {
        *wishes |= WISH_SAVE;
    }
    return core_comm_agree(CORE_OK, wishes);
}

/* Runs the remaining steps of an epoch. CORE_STOPPED: a signal came before one of them. */
static core_status train_epoch(loop *l, double *images_per_s)
{
    xp_pass *pass = &l->job->pass;
    int64_t before = xp_pass_done(pass);
    double start_s = core_progress_now_s();
    while (pass->step < pass->steps) {
        unsigned wishes;
        int64_t sent = core_comm_bytes_sent();
        CORE_TRY(ask_wishes(l, &wishes));
        if ((wishes & WISH_STOP) != 0) {
            return CORE_STOPPED;
        }
        if ((wishes & WISH_SAVE) != 0) {
            const int64_t unsaved = core_comm_bytes_sent();
            CORE_TRY(save_run(l));
            sent += core_comm_bytes_sent() - unsaved; /* a check-point is no step */
        }
        CORE_TRY(xp_pass_step(pass));
        l->bytes += core_comm_bytes_sent() - sent;
        l->steps++;
        l->unsaved_steps++;
        show_progress(l);
    }
    double seconds = core_progress_now_s() - start_s;
    int64_t images = xp_pass_done(pass) - before;
    *images_per_s = images > 0 ? (double)images / seconds : (double)NAN;
    return CORE_OK;
}

/* " NAME 12.34%", or " NAME -" where there is none. */
static void print_percent(FILE *lines, const char *name, double fraction)
{
    if (isnan(fraction)) {
        core_text_print(lines, " %s -", name);
    } else {
        core_text_print(lines, " %s %.2f%%", name, 100 * fraction);
    }
}

/* Up to this many classes each have their error in a line. */
enum { FEW_CLASSES = 5 };

static bool has_few_named(const res_run *run) { return xp_class_names(run) != NULL && run->split.K <= FEW_CLASSES; }

/* " neg 70.12% pos 2.35%", or of many classes the first with the largest error, " worst frog 93.10%"; nothing where
 * classes have no names. */
static void print_classes(const res_run *run, int64_t e, FILE *lines)
{
    const int64_t K = run->split.K;
    const double *errors = run->epochs.test_class_error + e * K;
    const char *const *names = xp_class_names(run);
    int64_t worst = 0;
    for (int64_t k = 0; names != NULL && k < K; k++) {
        worst = errors[k] > errors[worst] ? k : worst;
        if (has_few_named(run)) {
            print_percent(lines, names[k], errors[k]);
        }
    }
    if (names != NULL && !has_few_named(run)) {
        fputs(" worst", lines);
        print_percent(lines, names[worst], errors[worst]);
    }
}

static void print_epoch(loop *l, int64_t e)
{
    const res_epochs *epochs = &l->job->file.epochs;
    const res_timing *timing = &l->job->file.timing;
    char duration[16], left[16];
    core_progress_clear(&l->bar);
    fprintf(l->lines, "epoch %lld/%lld lr %.6g loss %.4f", (long long)e + 1, (long long)epochs->planned, epochs->lr[e],
            epochs->train_loss[e]);
    print_percent(l->lines, "train error", epochs->train_error[e]);
    if (!isnan(epochs->test_error[e])) { /* --eval-every: not every epoch is evaluated */
        print_percent(l->lines, "test error", epochs->test_error[e]);
        print_classes(&l->job->file, e, l->lines);
    }
    if (epochs->has_validation && !isnan(epochs->validation_error[e])) {
        const int64_t K = epochs->K;
        const double balanced =
            res_validation_error(K, epochs->validation_class_error + e * K); /* options are chosen by it */
        print_percent(l->lines, "validation error", epochs->validation_error[e]);
        print_percent(l->lines, "balanced", balanced / 100);
    }
    if (!isnan(timing->images_per_s[e])) { /* a process that only evaluated what another had trained has no rate */
        fprintf(l->lines, " %.*f %s/s", timing->images_per_s[e] < 10 ? 1 : 0, timing->images_per_s[e],
                l->job->recipe.text ? "texts" : "images");
    }
    fprintf(l->lines, " %s", core_progress_duration(timing->seconds[e], duration, sizeof duration));
    if (e + 1 < epochs->planned) {
        const double left_s = res_left_s(timing->seconds, e + 1, epochs->planned);
        fprintf(l->lines, ", %s left", core_progress_duration(left_s, left, sizeof left));
    }
    fputc('\n', l->lines);
    fflush(l->lines);
}

static core_status run_epoch(loop *l)
{
    int64_t epoch = l->job->pass.epoch;
    double images_per_s = 0;
    xp_record_begin_epoch(l->job);
    CORE_TRY(xp_record_features_at_drop(l->job));
    CORE_TRY(train_epoch(l, &images_per_s));
    CORE_TRY(xp_record_epoch(l->job, images_per_s));
    if (xp_is_writer()) {
        print_epoch(l, epoch);
    }
    return CORE_OK;
}

/* The line of --log behind the run file, which is rank 0's. */
static core_status add_to_log(loop *l)
{
    const int64_t first = l->logged;
    l->logged = l->job->file.epochs.E;
    return core_comm_agree(xp_is_writer() ? xp_epoch_log_add(l->log, &l->job->file, first) : CORE_OK, NULL);
}

/* Trains from the current step of the pass to a finished file. */
static core_status run_to_end(loop *l)
{
    xp_job *job = l->job;
    while (job->pass.epoch < job->recipe.epochs) {
        CORE_TRY(run_epoch(l));
        if (job->pass.epoch < job->recipe.epochs) {
            CORE_TRY(save_run(l));
            CORE_TRY(add_to_log(l));
        }
    }
    CORE_TRY(xp_record_final(job));
    CORE_TRY(save_run(l));
    if (xp_is_writer() && core_comm_count() > 1) {
        fprintf(l->lines, "rank 0 sent %s in %s\n", CORE_COUNT(l->bytes, "byte"), CORE_COUNT(l->steps, "step"));
    }
    return add_to_log(l);
}

/* Where the run stands, "in epoch 3 of 40 after step 7 of 96". */
static const char *place_of(const xp_job *job, char text[PLACE_BYTES])
{
    const xp_pass *pass = &job->pass;
    if (pass->epoch == job->recipe.epochs) {
        snprintf(text, PLACE_BYTES, "after the last epoch");
    } else {
        snprintf(text, PLACE_BYTES, "in epoch %" PRId64 " of %" PRId64 " after step %" PRId64 " of %" PRId64,
                 pass->epoch + 1, job->recipe.epochs, pass->step, pass->steps);
    }
    return text;
}

/* Saves the unfinished run after a signal. */
static core_status save_stopped(loop *l)
{
    char place[PLACE_BYTES];
    CORE_TRY(core_comm_agree(CORE_OK, NULL)); /* that they stop was no failure */
    CORE_TRY(xp_record_save(l->job));
    return core_fail(CORE_STOPPED, "stopped by %s %s; the same command resumes %s",
                     core_stop_wanted() ? core_stop_signal_name() : "a signal to another rank", place_of(l->job, place),
                     l->job->recipe.out);
}

/* Says in which epoch the training diverged. Nothing more is saved, so that the same command ends here again. */
static core_status end_diverged(const xp_job *job)
{
    const int64_t epoch = job->pass.epoch < job->recipe.epochs ? job->pass.epoch + 1 : job->recipe.epochs;
    const bool saved = access(job->recipe.out, F_OK) == 0;
    return core_fail(CORE_DIVERGED,
                     "%s: epoch %" PRId64 " of %" PRId64 ": %s; the training ends here, %s; try a lower --lr",
                     job->recipe.out, epoch, job->recipe.epochs, core_error_message(),
                     saved ? "the file stays at its last check-point" : "no file is written");
}

static void print_summary(const res_run *run, const res_summary *summary, const char *which, FILE *lines)
{
    fprintf(lines, "%s epoch %lld:", which, (long long)summary->epoch + 1);
    print_percent(lines, "test error", summary->error);
    print_percent(lines, "balanced", summary->balanced_error);
    if (!has_few_named(run)) {
        print_percent(lines, "many", summary->many_error);
        print_percent(lines, "medium", summary->medium_error);
        print_percent(lines, "few", summary->few_error);
    }
    print_classes(run, summary->epoch, lines);
    fputc('\n', lines);
}

static void print_end(const xp_job *job, const char *how, FILE *lines)
{
    print_summary(&job->file, &job->file.final.last, "last", lines);
    print_summary(&job->file, &job->file.final.best, "best", lines);
    core_text_print(lines, "%s: %s\n", how, job->recipe.out);
    fflush(lines);
}

/* Says where a run is so short that several drops, and the switch, fall on one epoch. */
static void tell_meeting_drops(const xp_recipe *recipe, FILE *lines)
{
    const int64_t epoch = xp_recipe_meeting_drops(recipe);
    const bool switches = recipe->method->deferred && recipe->balance.from_epoch == epoch;
    if (epoch >= 0) {
        fprintf(lines,
                "learning-rate drops%s%s fall on one epoch, %" PRId64 " of %" PRId64
                ", which trains at %.4g; give more "
                "--epochs, or --drops%s\n",
                switches ? " and the switch of " : "", switches ? recipe->method->name : "", epoch + 1, recipe->epochs,
                nn_schedule_lr(&recipe->schedule, epoch), switches ? " and --switch" : "");
    }
}

/* What gives a mini-batch of `batch` examples more groups of shards; NULL: nothing does. */
static const char *what_uses_threads(const xp_job *job, int64_t batch, int64_t groups)
{
    const xp_recipe *recipe = &job->recipe;
    const bool larger = recipe->batch < job->split.n, smaller = recipe->shard > 1; /* else a batch has every example */
    if (groups < (batch + recipe->shard - 1) / recipe->shard) {
        return "more --gradient-groups";
    }
    if (groups >= recipe->groups) { /* each group has one shard */
        return larger    ? "a larger --batch with more --gradient-groups"
               : smaller ? "a smaller --shard with more --gradient-groups"
                         : NULL;
    }
    return larger && smaller ? "a larger --batch or a smaller --shard"
           : larger          ? "a larger --batch"
           : smaller         ? "a smaller --shard"
                             : NULL;
}

/* The ranks, and what leaves threads without work. */
static void tell_threads(const xp_job *job, FILE *lines)
{
    const int ranks = core_comm_count(), threads = job->recipe.threads, cpus = core_team_default_threads();
    const int64_t batch = job->recipe.batch < job->split.n ? job->recipe.batch : job->split.n;
    const int64_t all = (int64_t)ranks * threads, groups = nn_model_groups(job->model, batch);
    if (ranks > 1) {
        core_text_print(lines, "%s: %s; %s\n", CORE_COUNT(ranks, "rank"), job->ranks, core_comm_library());
    }
    if (ranks > 1 && threads > cpus) {
        fprintf(lines, "rank 0 has %s on %s; if the launcher binds ranks to CPUs: mpirun --bind-to none\n",
                CORE_COUNT(threads, "thread"), CORE_COUNT(cpus, "CPU"));
    }
    if (all > groups) {
        const char *use = what_uses_threads(job, batch, groups);
        fprintf(lines, "a mini-batch of %" PRId64 " has %s of shards: %" PRId64 " of %s wait%s%s%s\n", batch,
                CORE_COUNT(groups, "group"), all - groups, CORE_COUNT(all, "thread"), use != NULL ? " (" : "",
                use != NULL ? use : "", use != NULL ? " would use them, and change bits)" : "");
    }
}

static void print_start(const xp_job *job, FILE *lines)
{
    const xp_pass *pass = &job->pass;
    if (job->recipe.threads < job->threads_wanted) {
        fprintf(lines, "the system starts %d of %s (ulimit -u, ulimit -v); no bit depends on it\n", job->recipe.threads,
                CORE_COUNT(job->threads_wanted, "thread"));
    }
    core_text_print(lines, "%s: %s on %s, %s of %s, %s of %s, %s\n", job->recipe.out, job->recipe.method->name,
                    job->data.name, CORE_COUNT(job->split.n, "example"), CORE_COUNT(job->split.K, "class"),
                    CORE_COUNT(job->recipe.epochs, "epoch"), CORE_COUNT(pass->steps, "step"),
                    CORE_COUNT(job->recipe.threads, "thread"));
    if (job->recipe.init.path != NULL && pass->epoch == 0 && pass->step == 0) {
        core_text_print(lines, "begins with the tensors of %s%s\n", job->recipe.init.path,
                        job->recipe.fresh_head ? " and a new classifier" : "");
    }
    const int64_t few = xp_recipe_few_steps(&job->recipe, job->split.n);
    if (few > 0) {
        fprintf(lines, "few steps in all: %" PRId64 "; %s\n", few, xp_few_steps_advice);
    }
    tell_meeting_drops(&job->recipe, lines);
    if (pass->epoch > 0 || pass->step > 0) {
        char place[PLACE_BYTES];
        fprintf(lines, "resumed %s\n", place_of(job, place));
    }
    tell_threads(job, lines);
    fflush(lines);
}

/* Looks at the run file, which is rank 0's, and tells the others what it found. */
static core_status take_file(xp_job *job, const xp_options *options, xp_found *found)
{
    CORE_TRY(core_comm_agree(xp_is_writer() ? xp_resume_take(job, options, found) : CORE_OK, NULL));
    core_comm_tell(found, sizeof *found);
    return CORE_OK;
}

/* Builds the network; `taken`: the run file is taken. Else it is taken now, when another command may have begun or even finished
 * it. */
static core_status begin_job(xp_job *job, const xp_options *options, bool taken, xp_found *found)
{
    CORE_TRY(core_comm_agree(xp_job_build(job), NULL));
    CORE_TRY(xp_job_compare(job));
    const bool draws =
        *found == XP_NEW && xp_is_writer(); /* before the lock, so that a file that does not fit leaves nothing */
    CORE_TRY(core_comm_agree(draws ? xp_initial_take(&job->recipe, &job->data, job->model) : CORE_OK, NULL));
    return taken ? CORE_OK : take_file(job, options, found);
}

/* Brings every rank to the step and the tensors of rank 0. */
static core_status follow(xp_job *job)
{
    int64_t at[2] = {job->pass.epoch, job->pass.step};
    core_comm_tell(at, sizeof at);
    nn_model_spread(job->model);
    return xp_is_writer() ? CORE_OK : xp_pass_begin(&job->pass, at[0], at[1]);
}

/* Begins or continues the run file. */
static core_status open_file(xp_job *job, xp_found found, const char *log)
{
    if (found == XP_NEW) {
        CORE_TRY(xp_record_begin(job));
        CORE_TRY(xp_pass_begin(&job->pass, 0, 0));
    } else {
        CORE_TRY(xp_resume_restore(job));
    }
    CORE_TRY(xp_record_start(job));
    return xp_epoch_log_begin(log, &job->file);
}

static core_status train_job(xp_job *job, xp_found found, const char *log, FILE *lines)
{
    loop l = {.job = job, .lines = lines, .log = log};
    CORE_TRY(core_comm_agree(xp_is_writer() ? open_file(job, found, log) : CORE_OK, NULL));
    CORE_TRY(core_comm_agree(follow(job), NULL));
    l.logged = job->file.epochs.E;
    if (xp_is_writer()) {
        print_start(job, lines);
        core_progress_begin(&l.bar, stderr, job->recipe.method->name,
                            job->pass.epoch * job->pass.steps + job->pass.step, job->recipe.epochs * job->pass.steps);
    }
    l.saved_s = core_progress_now_s();
    core_status status = run_to_end(&l);
    if (xp_is_writer()) {
        core_progress_clear(&l.bar);
    }
    status = status == CORE_STOPPED ? save_stopped(&l) : status;
    return status == CORE_DIVERGED ? end_diverged(job) : status;
}

/* Opens data and recipe, and takes the run file where there is one. */
static core_status open_job(const xp_options *options, xp_job *job, xp_found *found, bool *taken)
{
    unsigned exists;
    CORE_TRY(core_comm_agree(xp_job_open(options, job), NULL));
    exists = xp_is_writer() && access(job->recipe.out, F_OK) == 0;
    CORE_TRY(core_comm_agree(CORE_OK, &exists));
    *taken = exists != 0;
    return *taken ? take_file(job, options, found) : CORE_OK;
}

core_status xp_train(const xp_options *options, FILE *lines, const char **out)
{
    xp_job job;
    xp_found found = XP_NEW;
    bool taken = false;
    const char *log = options->text[XP_LOG];
    core_stop_listen();
    CORE_TRY(core_comm_agree(log != NULL ? core_file_check(log, &xp_epoch_log_kind) : CORE_OK, NULL));
    core_status status = open_job(options, &job, &found, &taken);
    if (status == CORE_OK && found != XP_FINISHED) {
        status = begin_job(&job, options, taken, &found);
    }
    const bool trains = status == CORE_OK && found != XP_FINISHED;
    if (trains) {
        status = train_job(&job, found, log, lines);
    } else if (status == CORE_OK) {
        status = core_comm_agree(xp_is_writer() ? xp_epoch_log_begin(log, &job.file) : CORE_OK, NULL);
    }
    if (status == CORE_OK && xp_is_writer()) {
        print_end(&job, trains ? "finished" : "already finished", lines);
        *out = job.recipe.out;
    }
    xp_job_close(&job);
    return status;
}
