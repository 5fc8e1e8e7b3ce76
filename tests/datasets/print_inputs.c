/* What a network sees, for crops_oracle.py: print_inputs FOLDER DATA-DIR imports FOLDER as a data set, then reads lines
 * "CROP SIDE SHORT-SIDE PART INDEX" (as a test sees it) or with "SEED EPOCH POSITION" behind (augmented), and writes for
 * each "HEIGHT WIDTH\n" and the floats (3, HEIGHT, WIDTH); "0 0\n" where it failed. "bench SECONDS CROP SIDE SHORT-SIDE"
 * loads training image 0, augmented, again and again and writes how often a second. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/path.h"
#include "core/progress.h"
#include "datasets/loader.h"
#include "datasets/picture_import.h"

static core_status load_input(ds_loader *loader, const ds_part *part, int64_t index, const ds_draw *draw)
{
    const ds_dataset *dataset = ds_loader_dataset(loader);
    float *out;
    CORE_TRY(CORE_NEW(ds_image_floats(dataset), "an input", out));
    const core_status status =
        draw != NULL ? ds_loader_augment(loader, 0, index, draw, out) : ds_loader_plain(loader, 0, part, index, out);
    if (status == CORE_OK) {
        printf("%" PRId64 " %" PRId64 "\n", dataset->seen_height, dataset->seen_width);
        fwrite(out, sizeof *out, (size_t)ds_image_floats(dataset), stdout);
    }
    free(out);
    return status;
}

static core_status answer(const char *name, const char *data_dir, const char *line)
{
    char crop[32], part[8];
    int64_t index;
    ds_view view = {0};
    ds_draw draw;
    ds_dataset dataset;
    ds_loader *loader;
    const int got = sscanf(line, "%31s %" SCNd64 " %" SCNd64 " %7s %" SCNd64 " %" SCNu64 " %" SCNd64 " %" SCNd64, crop,
                           &view.side, &view.short_side, part, &index, &draw.seed, &draw.epoch, &draw.position);
    view.crop = ds_crop_parse(crop);
    CORE_TRY(ds_load(name, data_dir, &view, &dataset));
    core_status status = ds_loader_create(&dataset, 1, &loader);
    if (status == CORE_OK) {
        const ds_part *from = strcmp(part, "test") == 0 ? &dataset.test : &dataset.train;
        status = load_input(loader, from, index, got == 8 ? &draw : NULL);
        ds_loader_destroy(loader);
    }
    ds_destroy(&dataset);
    return status;
}

static core_status measure(const char *name, const char *data_dir, const char *line)
{
    char crop[32] = "";
    double seconds = 0;
    ds_view view = {0};
    ds_dataset dataset;
    ds_loader *loader;
    float *out;
    (void)sscanf(line, "bench %lf %31s %" SCNd64 " %" SCNd64, &seconds, crop, &view.side, &view.short_side);
    view.crop = ds_crop_parse(crop);
    CORE_TRY(ds_load(name, data_dir, &view, &dataset));
    CORE_TRY(ds_loader_create(&dataset, 1, &loader));
    CORE_TRY(CORE_NEW(ds_image_floats(&dataset), "an input", out));
    const double start_s = core_progress_now_s();
    double now_s = start_s;
    ds_draw draw = {.seed = 1};
    for (; now_s < start_s + seconds; draw.position++) {
        CORE_TRY(ds_loader_augment(loader, 0, 0, &draw, out));
        now_s = core_progress_now_s();
    }
    printf("%.2f\n", (double)draw.position / (now_s - start_s));
    free(out);
    ds_loader_destroy(loader);
    ds_destroy(&dataset);
    return CORE_OK;
}

int main(int argc, char **argv)
{
    char line[256];
    ds_data_report report;
    if (argc != 3 || ds_picture_import("folder", argv[1], argv[2], &(ds_picture_options){0}, &report) != CORE_OK) {
        fprintf(stderr, "%s\n", core_error_message());
        return 1;
    }
    while (fgets(line, sizeof line, stdin) != NULL) {
        const bool is_bench = strncmp(line, "bench ", 6) == 0;
        if ((is_bench ? measure : answer)(core_path_name(argv[1]), argv[2], line) != CORE_OK) {
            fprintf(stderr, "%s\n", core_error_message());
            printf("0 0\n");
        }
        fflush(stdout);
    }
    return 0;
}
