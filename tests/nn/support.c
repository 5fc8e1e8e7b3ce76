#include "tests/nn/support.h"

#include <math.h>
#include <unistd.h>

#include "core/memory.h"
#include "nn/context.h"

enum { PROJECTION = 9001, SAMPLE = 9002, MOST_SUMMED = 7373 };

void start_isa(int argc, char **argv)
{
    nn_isa isa = NN_ISA_AUTO;
    for (int i = 1; i < argc; i++) {
        isa = strcmp(argv[i], "avx2") == 0 ? NN_ISA_AVX2 : strcmp(argv[i], "avx512") == 0 ? NN_ISA_AVX512 : isa;
    }
    if (argc == 2 && isa == NN_ISA_AVX2 && !has_v4()) {
        puts("skipped: this CPU has no AVX-512, so that the test without an argument is the same");
        exit(77);
    }
    if (nn_start(isa) != CORE_OK) {
        fprintf(stderr, "%s\n", core_error_message());
        exit(EXIT_FAILURE);
    }
}

bool has_v4(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("x86-64-v4");
}

bool asked_for_both(int argc, char **argv) { return asked_for(argc, argv, "both", has_v4()); }

uint32_t hash32(int64_t index, uint32_t salt)
{
    uint32_t h = (uint32_t)index * 0x9E3779B1U + salt * 0x85EBCA6BU;
    h = (h ^ h >> 16) * 0x7FEB352DU;
    h = (h ^ h >> 15) * 0x846CA68BU;
    return h ^ h >> 16;
}

float noise(int64_t index, uint32_t salt) { return (float)(hash32(index, salt) >> 8) * 0x1p-24F - 0.5F; }

float *zeros(int64_t count)
{
    float *x;
    EXPECT_OK(CORE_NEW(count, "a test's array", x));
    return x;
}

float *drawn(int64_t count, uint32_t salt, float scale, float centre)
{
    float *x = zeros(count);
    for (int64_t i = 0; i < count; i++) {
        x[i] = centre + scale * noise(i, salt);
    }
    return x;
}

void report_error(const char *what, double worst)
{
    if (getenv("TAILBIT_TEST_VERBOSE") != NULL) {
        printf("%-48s %.2e\n", what, worst);
    }
}

static const golden_tensor *find(const golden_file *file, const char *name)
{
    for (int64_t i = 0; i < file->tensor_count; i++) {
        if (strcmp(file->tensors[i].name, name) == 0) {
            return &file->tensors[i];
        }
    }
    ck_abort_msg("no golden tensor %s", name);
}

void expect_golden(const golden_file *file, const char *name, const float *x, int64_t count, double tolerance)
{
    const golden_tensor *g = find(file, name);
    ck_assert_msg(count == g->count, "%s: %lld elements, expected %lld", name, (long long)count, (long long)g->count);
    const double *wanted = file->values + g->first;
    double worst = 0.0;
    for (int p = 0; p < g->projections; p++) {
        double sum = 0.0;
        for (int64_t i = p * count / g->projections; i < (p + 1) * count / g->projections; i++) {
            sum += (double)x[i] * (double)noise(i, PROJECTION);
        }
        const double many = fmax(1.0, sqrt((double)(count / g->projections) / (double)MOST_SUMMED));
        double error = fabs(sum - wanted[p]) / g->largest / many;
        EXPECT_QUIETLY(error <= tolerance, "%s, piece %d: %.9g, expected %.9g", name, p, sum, wanted[p]);
        worst = larger_error(worst, error);
    }
    for (int s = 0; s < g->samples; s++) {
        int64_t i = count <= g->samples ? s : hash32(s, SAMPLE) % count;
        double exact = wanted[g->projections + s], error = fabs((double)x[i] - exact) / g->largest;
        EXPECT_QUIETLY(error <= tolerance, "%s[%lld]: %.9g, expected %.9g", name, (long long)i, (double)x[i], exact);
        worst = larger_error(worst, error);
    }
    report_error(name, worst);
}

void expect_near(const char *what, int64_t count, const float *got, const double *wanted, double tolerance)
{
    double largest = 0.0, worst = 0.0;
    int64_t at = 0;
    for (int64_t i = 0; i < count; i++) {
        EXPECT_QUIETLY(isfinite(got[i]), "%s[%lld] is not finite", what, (long long)i);
        largest = larger_error(largest, fabs(wanted[i]));
        double error = fabs((double)got[i] - wanted[i]);
        at = error > worst ? i : at;
        worst = larger_error(worst, error);
    }
    ck_assert_msg(worst <= tolerance * largest, "%s[%lld]: %.9g, expected %.9g (largest %.3g)", what, (long long)at,
                  (double)got[at], wanted[at], largest);
    report_error(what, worst / largest);
}

void expect_same_bits(const char *what, int64_t count, const float *a, const float *b)
{
    for (int64_t i = 0; i < count; i++) {
        EXPECT_QUIETLY(memcmp(a + i, b + i, sizeof *a) == 0, "%s[%lld]: %a and %a", what, (long long)i, (double)a[i],
                       (double)b[i]);
    }
}

int64_t extent_floats(const nn_extent *e) { return e->padded * e->channels * e->height * e->width; }

static int64_t blocked_place(const nn_extent *e, int64_t image, int64_t c, int64_t p)
{
    int64_t area = e->height * e->width;
    return (image * e->channels + c / e->block * e->block) * area + p * e->block + c % e->block;
}

void to_blocked(const nn_extent *e, const float *plain, float *blocked)
{
    for (int64_t i = 0; i < e->padded; i++) {
        for (int64_t c = 0; c < e->channels; c++) {
            for (int64_t p = 0; p < e->height * e->width; p++) {
                blocked[blocked_place(e, i, c, p)] = *plain++;
            }
        }
    }
}

void to_plain(const nn_extent *e, const float *blocked, float *plain)
{
    for (int64_t i = 0; i < e->padded; i++) {
        for (int64_t c = 0; c < e->channels; c++) {
            for (int64_t p = 0; p < e->height * e->width; p++) {
                *plain++ = blocked[blocked_place(e, i, c, p)];
            }
        }
    }
}

void add_loop(Suite *suite, const char *name, const TTest *test, int count)
{
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 120.0);
    tcase_add_loop_test(tcase, test, 0, count);
    suite_add_tcase(suite, tcase);
}

int run_for_output(const TTest *test)
{
    Suite *suite = suite_create("output");
    add_loop(suite, "output", test, 1);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_SILENT);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

const char *const environments[] = {"MALLOC_PERTURB_=85", "ONEDNN_MAX_CPU_ISA=SSE41 DNNL_MAX_CPU_ISA=SSE41",
                                    "ONEDNN_DEFAULT_FPMATH_MODE=ANY ONEDNN_CPU_ISA_HINTS=PREFER_YMM", NULL};

void run_myself(const char *environment, const char *argument, char *output, size_t bytes)
{
    char self[256] = {0}, command[768];
    ck_assert_int_gt(readlink("/proc/self/exe", self, sizeof self - 1), 0);
    snprintf(command, sizeof command, "env -u CK_RUN_CASE -u CK_RUN_SUITE %s '%s' %s %s", environment, self,
             nn_isa_name(), argument);
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    size_t length = fread(output, 1, bytes - 1, pipe);
    output[length] = 0;
    ck_assert_msg(pclose(pipe) == 0 && length > 0, "%s failed: %s", command, output);
}
