#include "experiments/training/epoch_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "core/builder.h"
#include "core/memory.h"
#include "core/text.h"
#include "results/runs/glance.h"

#define LINE_START "{\"tailbit\": \"epoch\""

const core_file_kind xp_epoch_log_kind = {.name = "tailbit --log", .starts = {LINE_START}};

/* JSON has no NaN. */
static void write_number(FILE *stream, const char *before, double value)
{
    char text[CORE_REAL_BYTES];
    fprintf(stream, "%s%s", before, isfinite(value) ? core_text_real(value, text) : "null");
}

static void write_epoch(FILE *stream, const res_run *run, int64_t e)
{
    const res_epochs *epochs = &run->epochs;
    const double left_s = res_epoch_s(run->timing.seconds, e + 1) * (double)(epochs->planned - e - 1);
    fprintf(stream, LINE_START ", \"epoch\": %" PRId64 ", \"epochs\": %" PRId64, e + 1, epochs->planned);
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
    write_number(stream, ", \"left_s\": ", left_s);
    fputs("}\n", stream);
}

/* The lines from epoch `first` on, in the arena. */
static core_status lines_from(const res_run *run, int64_t first, core_arena *arena, const char **out)
{
    core_builder text;
    CORE_TRY(core_builder_begin(&text, "the lines of --log"));
    for (int64_t e = first; e < run->epochs.E; e++) {
        write_epoch(text.stream, run, e);
    }
    return core_builder_end(&text, CORE_OK, arena, out);
}

static core_status append(const char *path, const char *line)
{
    CORE_TRY(core_file_may_replace(path, &xp_epoch_log_kind));
    const int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        return core_file_fail("open", path, errno);
    }
    const int failed = core_file_write_all(fd, line, strlen(line)) != 0 ? errno : 0;
    close(fd);
    return failed == 0 ? CORE_OK : core_file_fail("write", path, failed);
}

core_status xp_epoch_log_begin(const char *path, const res_run *run)
{
    core_arena arena = {0};
    const char *lines;
    if (path == NULL) {
        return CORE_OK;
    }
    CORE_TRY(core_file_make_parent(path));
    core_status status = lines_from(run, 0, &arena, &lines);
    status = status == CORE_OK ? core_file_write(path, &xp_epoch_log_kind, lines, strlen(lines)) : status;
    core_arena_free(&arena);
    return status;
}

core_status xp_epoch_log_add(const char *path, const res_run *run)
{
    core_arena arena = {0};
    const char *line;
    if (path == NULL) {
        return CORE_OK;
    }
    core_status status = lines_from(run, run->epochs.E - 1, &arena, &line);
    status = status == CORE_OK ? append(path, line) : status;
    core_arena_free(&arena);
    return status;
}
