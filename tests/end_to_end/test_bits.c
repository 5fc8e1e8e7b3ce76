/* The promise: the same bits for any number of threads, under any load, and after any death. */
#include "tests/end_to_end/program.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/progress.h"
#include "core/rng.h"
#include "tests/recipes/support.h"

static program_result result;

/* How hard each network is tried: the small one long, the paper's own at least once in every way. */
static const struct {
    const char *name, *method;
    int kills;                  /* at random moments; the campaign has more */
    int last_abort, abort_step; /* abort after calls 1, 1 + step, ... up to the last one: three writes of about nine */
} models[] = {
    {"resnet8", "LDAM-DRW", 10, 27, 1}, {"resnet8", "LDAM-HG-DRS", 4, 10, 3}, {"resnet32", "CB-Focal", 3, 27, 8}};
enum { MODELS = sizeof models / sizeof models[0] };

/* The runs that all others must equal, in one go and with one thread: made once, before the first test. */
static struct {
    char path[256];
    double whole_s; /* what it took */
} references[MODELS];

/* 96 examples: six batches of an epoch, the last one of a single example. */
static void run(int model, const char *out, const char *threads)
{
    const char *const words[] = {"train",
                                 "--data",
                                 "shapes:20:5",
                                 "--rho",
                                 "5",
                                 "--batch",
                                 "19",
                                 "--epochs",
                                 "3",
                                 "--model",
                                 models[model].name,
                                 "--method",
                                 models[model].method,
                                 "--save-every",
                                 "3steps",
                                 "--out",
                                 out,
                                 "--threads",
                                 threads,
                                 NULL};
    program_run(words, &result);
}

static void make_references(void)
{
    char folder[64];
    program_enter_folder();
    ck_assert_ptr_nonnull(getcwd(folder, sizeof folder));
    setenv("OMP_NUM_THREADS", "1", 1);
    for (int m = 0; m < MODELS; m++) {
        const double start_s = core_progress_now_s();
        snprintf(references[m].path, sizeof references[m].path, "%s/%d.h5", folder, m);
        run(m, references[m].path, "1");
        EXPECT_EXIT(&result, 0, NULL);
        references[m].whole_s = core_progress_now_s() - start_s;
    }
}

static void expect_reference(int model, int code) { program_compare("run.h5", references[model].path, code); }

START_TEST(test_threads)
{
    static const char *const counts[][2] = {{"2", "2"}, {"3", "3"}, {"8", "8"}, {"8", "2"}, {"1", "3"}};
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        setenv("OMP_NUM_THREADS", counts[c][0], 1);
        unlink("run.h5");
        run(_i, "run.h5", counts[c][1]);
        EXPECT_EXIT(&result, 0, NULL);
        expect_reference(_i, 0);
    }
}
END_TEST

START_TEST(test_other_seed_differs)
{
    PROGRAM_RUN(&result, "train", "--data", "shapes:20:5", "--rho", "5", "--batch", "19", "--epochs", "3", "--model",
                models[_i].name, "--method", models[_i].method, "--out", "run.h5", "--seed", "1");
    EXPECT_EXIT(&result, 0, NULL);
    expect_reference(_i, 1);
}
END_TEST

START_TEST(test_loaded_machine)
{
    enum { BUSY = 5 };
    pid_t busy[BUSY];
    for (int b = 0; b < BUSY; b++) {
        busy[b] = fork();
        ck_assert_int_ge(busy[b], 0);
        if (busy[b] == 0) {
            for (volatile unsigned long spin = 0;; spin++) {
            }
        }
    }
    run(_i, "run.h5", "2");
    for (int b = 0; b < BUSY; b++) {
        kill(busy[b], SIGKILL);
        waitpid(busy[b], NULL, 0);
    }
    EXPECT_EXIT(&result, 0, NULL);
    expect_reference(_i, 0);
}
END_TEST

/* Starts the run and kills it `after_s` later; whether it was alive until then. */
static bool kill_after(int model, double after_s)
{
    const char *const words[] = {"train",
                                 "--data",
                                 "shapes:20:5",
                                 "--rho",
                                 "5",
                                 "--batch",
                                 "19",
                                 "--epochs",
                                 "3",
                                 "--model",
                                 models[model].name,
                                 "--method",
                                 models[model].method,
                                 "--save-every",
                                 "1step",
                                 "--out",
                                 "run.h5",
                                 "--threads",
                                 "2",
                                 NULL};
    pid_t pid = program_start(words);
    usleep((useconds_t)(after_s * 1e6));
    kill(pid, SIGKILL);
    program_wait(pid, &result);
    if (result.signal == SIGKILL) {
        return true;
    }
    EXPECT_EXIT(&result, 0, NULL);
    return false;
}

/* Kills at random moments, going on every time; whenever the run gets to its end it is compared and begun again. */
START_TEST(test_kill_at_random_moments)
{
    core_rng_key key = {.seed = 9, .purpose = CORE_RNG_TEST};
    for (int kills = 0, tries = 0; kills < models[_i].kills; tries++) {
        ck_assert_int_lt(tries, 50 * models[_i].kills);
        double moment = core_rng_uniform(key, (core_rng_counter){.position = tries});
        if (kill_after(_i, moment * references[_i].whole_s)) {
            kills++;
        } else {
            expect_reference(_i, 0);
            unlink("run.h5");
        }
    }
    run(_i, "run.h5", "2");
    EXPECT_EXIT(&result, 0, NULL);
    expect_reference(_i, 0);
}
END_TEST

START_TEST(test_abort_after_every_call_of_the_atomic_write)
{
    for (int n = 1; n <= models[_i].last_abort; n += models[_i].abort_step) {
        char number[16];
        snprintf(number, sizeof number, "%d", n);
        unlink("run.h5");
        setenv("TAILBIT_TEST_ABORT_AFTER", number, 1);
        run(_i, "run.h5", "2");
        unsetenv("TAILBIT_TEST_ABORT_AFTER");
        ck_assert_msg(result.signal == SIGKILL, "call %d: not aborted, exit code %d", n, result.code);
        run(_i, "run.h5", "2");
        EXPECT_EXIT(&result, 0, NULL);
        expect_reference(_i, 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("experiments/bits");
    TCase *calls = tcase_create("same bits");
    tcase_add_unchecked_fixture(calls, make_references, program_leave_folder);
    tcase_add_checked_fixture(calls, program_enter_folder, program_leave_folder);
    tcase_set_timeout(calls, 1200);
    tcase_add_loop_test(calls, test_threads, 0, MODELS);
    tcase_add_loop_test(calls, test_other_seed_differs, 0, MODELS);
    tcase_add_loop_test(calls, test_loaded_machine, 0, MODELS);
    tcase_add_loop_test(calls, test_kill_at_random_moments, 0, MODELS);
    tcase_add_loop_test(calls, test_abort_after_every_call_of_the_atomic_write, 0, MODELS);
    suite_add_tcase(suite, calls);
    return run_suite(suite);
}
