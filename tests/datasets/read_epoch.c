/* An epoch's order over a data set of pictures, and its reads, for tests/bench/inaturalist.py: read_epoch NAME DATA-DIR prints
 * "PICTURES ORDER-SECONDS READ-SECONDS". One thread reads, checks, decodes and augments every training picture once. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/progress.h"
#include "datasets/loader.h"
#include "datasets/order.h"

enum { AHEAD = 256 /* pictures that the system is asked for early: a mini-batch */ };

static core_status read_all(ds_loader *loader, const int64_t *order, int64_t count)
{
    float *out;
    core_status status = CORE_NEW(ds_image_floats(ds_loader_dataset(loader)), "an input", out);
    for (int64_t p = -AHEAD; p < count && status == CORE_OK; p++) {
        if (p + AHEAD < count) {
            ds_loader_expect(loader, order[p + AHEAD]);
        }
        if (p >= 0) {
            status = ds_loader_augment(loader, 0, order[p], &(ds_draw){.seed = 1, .position = p}, out);
        }
    }
    free(out);
    return status;
}

static core_status measure(const ds_dataset *dataset)
{
    const int64_t count = dataset->train.count;
    int64_t *order;
    ds_loader *loader;
    CORE_TRY(CORE_NEW(count, "an order", order));
    core_status status = ds_loader_create(dataset, 1, &loader);
    if (status == CORE_OK) {
        const double start_s = core_progress_now_s();
        ds_epoch_order(1, 0, count, order);
        const double ordered_s = core_progress_now_s();
        status = read_all(loader, order, count);
        printf("%" PRId64 " %.3f %.3f\n", count, ordered_s - start_s, core_progress_now_s() - ordered_s);
        ds_loader_destroy(loader);
    }
    free(order);
    return status;
}

int main(int argc, char **argv)
{
    ds_dataset dataset = {0};
    core_status status =
        argc == 3 ? ds_load(argv[1], argv[2], NULL, &dataset) : core_fail(CORE_BAD_USAGE, "read_epoch NAME DATA-DIR");
    if (status == CORE_OK) {
        status = measure(&dataset);
        ds_destroy(&dataset);
    }
    if (status != CORE_OK) {
        fprintf(stderr, "%s\n", core_error_message());
    }
    return status != CORE_OK;
}
