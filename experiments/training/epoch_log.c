#include "experiments/training/epoch_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "core/builder.h"
#include "core/hash.h"
#include "core/memory.h"
#include "core/text.h"
#include "results/runs/glance.h"

#define LINE_START "{\"tailbit\": \"epoch\""

const core_file_kind xp_epoch_log_kind = {.name = "tailbit --log", .starts = {LINE_START}};

/* How each line of this run begins: with the first digits of its configuration's digest. */
enum { START_BYTES = 64 };
static void write_start(const res_run *run, char start[START_BYTES])
{
    char hex[CORE_HASH_HEX_MAX];
    const core_hash_digest digest = core_hash_of(CORE_HASH_XXH3_64, run->config.yaml, strlen(run->config.yaml));
    snprintf(start, START_BYTES, LINE_START ", \"run\": \"%.16s\"", core_hash_hex(&digest, hex));
}

/* JSON has no NaN. */
static void write_number(FILE *stream, const char *before, double value)
{
    char text[CORE_REAL_BYTES];
    fprintf(stream, "%s%s", before, isfinite(value) ? core_text_real(value, text) : "null");
}

static void write_epoch(FILE *stream, const char *start, const res_run *run, int64_t e)
{
    const res_epochs *epochs = &run->epochs;
    fprintf(stream, "%s, \"epoch\": %" PRId64 ", \"epochs\": %" PRId64, start, e + 1, epochs->planned);
    write_number(stream, ", \"lr\": ", epochs->lr[e]);
    write_number(stream, ", \"train_loss\": ", epochs->train_loss[e]);
    write_number(stream, ", \"train_error\": ", epochs->train_error[e]);
    write_number(stream, ", \"test_error\": ", epochs->test_error[e]);
    write_number(stream,
                 ", \"validation_error\": ", epochs->has_validation ? epochs->validation_error[e] : (double)NAN);
    fputs(", \"test_class_error\": [", stream);
    for (int64_t k = 0; k < epochs->K; k++) {
        write_number(stream, k > 0 ? ", " : "", epochs->test_class_error[e * epochs->K + k]);
    }
    write_number(stream, "], \"seconds\": ", run->timing.seconds[e]);
    write_number(stream, ", \"images_per_s\": ", run->timing.images_per_s[e]);
    write_number(stream, ", \"left_s\": ", res_left_s(run->timing.seconds, e + 1, epochs->planned));
    fputs("}\n", stream);
}

/* The lines from epoch `first` on, in the arena. */
static core_status lines_from(const res_run *run, const char *start, int64_t first, core_arena *arena, const char **out)
{
    core_builder text;
    CORE_TRY(core_builder_begin(&text, "the lines of --log"));
    for (int64_t e = first; e < run->epochs.E; e++) {
        write_epoch(text.stream, start, run, e);
    }
    return core_builder_end(&text, CORE_OK, arena, out);
}

static core_status append(const char *path, const core_file_kind *kind, const char *line)
{
    CORE_TRY(core_file_may_replace(path, kind));
    const int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        return core_file_fail("open", path, errno);
    }
    int failed = core_file_write_all(fd, line, strlen(line)) != 0 ? errno : 0;
    failed = close(fd) != 0 && failed == 0 ? errno : failed;
    return failed == 0 ? CORE_OK : core_file_fail("write", path, failed);
}

/* Writes the lines of the epochs from `first` on: anew, or behind what is there. */
static core_status write_log(const char *path, const res_run *run, int64_t first, bool anew)
{
    core_arena arena = {0};
    const char *lines;
    char start[START_BYTES];
    write_start(run, start);
    const core_file_kind own = {.name = "tailbit --log of this run", .starts = {start}};
    core_status status = lines_from(run, start, first, &arena, &lines);
    if (status == CORE_OK) {
        status = anew ? core_file_write(path, &own, lines, strlen(lines)) : append(path, &own, lines);
    }
    core_arena_free(&arena);
    return status;
}

core_status xp_epoch_log_begin(const char *path, const res_run *run)
{
    if (path == NULL) {
        return CORE_OK;
    }
    CORE_TRY(core_file_make_parent(path));
    return write_log(path, run, 0, true);
}

core_status xp_epoch_log_add(const char *path, const res_run *run, int64_t first)
{
    return path == NULL || first == run->epochs.E ? CORE_OK : write_log(path, run, first, false);
}
