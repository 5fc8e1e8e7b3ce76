/* Decodes and resizes for tests/pictures/oracle.py. Reads lines "PATH" or "PATH HEIGHT WIDTH LEFT TOP RIGHT BOTTOM" (paths
 * without blanks) and writes for each "HEIGHT WIDTH TRAITS WARNINGS\n" and the pixels, or "0 0 0 0\n" where decoding
 * failed. "bench SECONDS PATH HEIGHT WIDTH": writes pictures a second. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/progress.h"
#include "pictures/decode.h"
#include "pictures/resize.h"

typedef struct {
    pic_picture decoded, resized;
    pic_resize_scratch scratch;
} work;

static const pic_picture *make(work *w, const char *path, int64_t height, int64_t width, const pic_box *box)
{
    char *data;
    size_t bytes;
    if (core_file_read(path, &data, &bytes) != CORE_OK) {
        return NULL;
    }
    core_status status = pic_decode((const uint8_t *)data, bytes, &w->decoded);
    free(data);
    if (status == CORE_OK && height > 0) {
        status = pic_resize(&w->decoded, box, height, width, NULL, &w->scratch, &w->resized);
    }
    if (status != CORE_OK) {
        fprintf(stderr, "%s: %s\n", path, core_error_message());
        return NULL;
    }
    return height > 0 ? &w->resized : &w->decoded;
}

static void answer(work *w, const char *line)
{
    char path[CORE_PATH_BYTES];
    int64_t height = 0, width = 0;
    pic_box box;
    const int got = sscanf(line, "%4095s %" SCNd64 " %" SCNd64 " %f %f %f %f", path, &height, &width, &box.left,
                           &box.top, &box.right, &box.bottom);
    const pic_picture *picture = got == 1 || got == 7 ? make(w, path, height, width, &box) : NULL;
    if (picture == NULL) {
        printf("0 0 0 0\n");
    } else {
        printf("%" PRId64 " %" PRId64 " %u %d\n", picture->height, picture->width, picture->traits, picture->warnings);
        fwrite(picture->pixels, 1, (size_t)(picture->height * picture->width * 3), stdout);
    }
    fflush(stdout);
}

static void measure(work *w, const char *line)
{
    char path[CORE_PATH_BYTES];
    double seconds;
    int64_t height, width, count = 0;
    if (sscanf(line, "bench %lf %4095s %" SCNd64 " %" SCNd64, &seconds, path, &height, &width) != 4) {
        return;
    }
    const double start = core_progress_now_s();
    double now = start;
    while (now < start + seconds && make(w, path, height, width, NULL) != NULL) {
        count++;
        now = core_progress_now_s();
    }
    printf("%.2f\n", (double)count / (now - start));
    fflush(stdout);
}

int main(void)
{
    work w = {0};
    char line[CORE_PATH_BYTES + 256];
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strncmp(line, "bench ", 6) == 0) {
            measure(&w, line);
        } else {
            answer(&w, line);
        }
    }
    pic_picture_free(&w.decoded);
    pic_picture_free(&w.resized);
    pic_resize_scratch_free(&w.scratch);
    return 0;
}
