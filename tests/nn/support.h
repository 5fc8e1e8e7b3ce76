/* tests/nn/support.h - inputs from a formula, PyTorch's results, layouts, and the instruction set of a test program.
 *
 * A program takes the instruction set as its argument: "avx512" or "avx2"; none: the best that the CPU has. With "both"
 * it tests what needs the other build too.
 */
#ifndef TESTS_NN_SUPPORT_H
#define TESTS_NN_SUPPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "nn/kernels.h"
#include "tests/support.h"

/* For hot loops: Check's assertions write to a pipe each time that they hold. */
#define EXPECT_QUIETLY(condition, ...)                                                                                 \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            ck_abort_msg(__VA_ARGS__);                                                                                 \
        }                                                                                                              \
    } while (0)

/* Pins oneDNN as the arguments say; the first thing that main does. A whole run with "avx2" on a CPU that has nothing
 * better is the run without an argument once more, and ends as skipped. */
void start_isa(int argc, char **argv);

/* True where the CPU can run nn_kernels_v4. */
bool has_v4(void);

/* Whether the argument is "both"; ends as skipped where the CPU cannot run nn_kernels_v4 (tests/support.h). */
bool asked_for_both(int argc, char **argv);

/* As nn_formula.py: a hash of 32 bits, and multiples of 2^-24 in [-1/2, 1/2). */
uint32_t hash32(int64_t index, uint32_t salt);
float noise(int64_t index, uint32_t salt);

/* A new array of centre + scale noise; free with free(). */
float *drawn(int64_t count, uint32_t salt, float scale, float centre);

/* A new array of `count` zeros; free with free(). */
float *zeros(int64_t count);

/* One tensor of a golden file, and the file's values. */
typedef struct {
    const char *name;
    int64_t count;
    double largest;
    int projections, samples;
    int64_t first;
} golden_tensor;

typedef struct {
    const golden_tensor *tensors;
    int64_t tensor_count;
    const double *values;
} golden_file;

/* x equals PyTorch's tensor of that name: listed elements within tolerance times the largest element, and so the
 * projections of its pieces, where the errors of many elements meet: of pieces of n > 7,373 elements, the most of a CIFAR
 * ResNet, sqrt(n / 7,373) times the tolerance. */
void expect_golden(const golden_file *file, const char *name, const float *x, int64_t count, double tolerance);

/* Largest |got - wanted| over the largest |wanted| stays below the tolerance. */
void expect_near(const char *what, int64_t count, const float *got, const double *wanted, double tolerance);

/* Both arrays have the same bits; the first difference is named. */
void expect_same_bits(const char *what, int64_t count, const float *a, const float *b);

/* Between plain (images, C, H W) and the blocked layout of nn/kernels.h; `e->padded` images. */
void to_blocked(const nn_extent *e, const float *plain, float *blocked);
void to_plain(const nn_extent *e, const float *blocked, float *plain);

/* Floats of a padded shard. */
int64_t extent_floats(const nn_extent *e);

/* A test case of `count` runs of one test, with _i = 0..count-1. */
void add_loop(Suite *suite, const char *name, const TTest *test, int count);

/* Prints an error that a test has measured, when TAILBIT_TEST_VERBOSE is set. */
void report_error(const char *what, double error);

/* Runs one test that prints, and nothing else is printed: what main does with an argument of run_myself. */
int run_for_output(const TTest *test);

/* The output of this program, run with `argument` and the instruction set in force, and with `environment`: "A=1 B=2". */
void run_myself(const char *environment, const char *argument, char *output, size_t bytes);

/* Environments that change what oneDNN or malloc would do, and must change no bit. NULL ends them. */
extern const char *const environments[];

#endif
