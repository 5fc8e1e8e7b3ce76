#include "datasets/picture_load.h"

#include <string.h>

#include "datasets/pack.h"
#include "datasets/picture_verify.h"

static const float MEAN[DS_CHANNELS] = {0.485f, 0.456f, 0.406f}, STD[DS_CHANNELS] = {0.229f, 0.224f, 0.225f};

/* Fills a part of the data set with the `count` pictures of the pack from `first` on. */
static core_status fill_part(ds_dataset *dataset, int64_t first, int64_t count, ds_part *part)
{
    CORE_TRY(CORE_ARENA_NEW(&dataset->arena, count, "labels", part->labels));
    for (int64_t i = 0; i < count; i++) {
        const ds_packed_picture *picture = &dataset->pack->pictures[first + i];
        if (picture->is_test != (part == &dataset->test)) {
            return core_fail_about(CORE_BAD_FILE, dataset->pack->folder,
                                   ": the index has %s in the wrong part; import it again", picture->path);
        }
        part->labels[i] = picture->label;
    }
    part->first_picture = first;
    part->count = count;
    return CORE_OK;
}

static core_status copy_class_names(ds_dataset *dataset)
{
    const ds_pack *pack = dataset->pack;
    CORE_TRY(CORE_ARENA_NEW(&dataset->arena, pack->classes, "names of classes", dataset->class_names));
    for (int64_t j = 0; j < pack->classes; j++) {
        CORE_TRY(core_arena_strdup(&dataset->arena, pack->class_names[j], &dataset->class_names[j]));
    }
    return CORE_OK;
}

/* Sets height and width to those of all pictures, or to 0. */
static void find_size(ds_dataset *dataset)
{
    const ds_pack *pack = dataset->pack;
    dataset->height = pack->pictures[0].height;
    dataset->width = pack->pictures[0].width;
    for (int64_t i = 1; i < pack->count; i++) {
        if (pack->pictures[i].height != dataset->height || pack->pictures[i].width != dataset->width) {
            dataset->height = dataset->width = 0;
            return;
        }
    }
}

static core_status check_digest(const ds_dataset *dataset, const ds_record *record)
{
    return strcmp(record->sha256, dataset->sha256) == 0
               ? CORE_OK
               : core_fail_about(CORE_BAD_FILE, dataset->pack->folder,
                                 ": its index has SHA-256 %s, expected %s as imported: it has changed; import it again",
                                 dataset->sha256, record->sha256);
}

core_status ds_picture_load(const char *name, const char *data_dir, ds_dataset *out)
{
    char place[CORE_PATH_BYTES];
    ds_record record;
    CORE_TRY(ds_picture_place(name, data_dir, place));
    CORE_TRY(ds_record_read(place, name, &record));
    ds_pack *pack;
    CORE_TRY(CORE_ARENA_NEW(&out->arena, 1, "an index of pictures", pack));
    CORE_TRY(ds_pack_open(place, pack));
    out->pack = pack;
    out->classes = pack->classes;
    out->kind = DS_IMAGES;
    out->planes = DS_CHANNELS;
    CORE_TRY(core_arena_strdup(&out->arena, name, &out->name));
    CORE_TRY(copy_class_names(out));
    CORE_TRY(fill_part(out, 0, pack->train, &out->train));
    CORE_TRY(fill_part(out, pack->train, pack->test, &out->test));
    CORE_TRY(ds_dataset_check(out, pack->folder));
    find_size(out);
    ds_dataset_normalise(out, MEAN, STD);
    CORE_TRY(ds_pack_digest(pack, out->sha256));
    memcpy(out->stored_sha256, out->sha256, sizeof out->stored_sha256);
    out->verified = record.verified;
    if (record.class_order[0] != '\0') {
        CORE_TRY(core_arena_strdup(&out->arena, record.class_order, &out->class_order));
    }
    return check_digest(out, &record);
}
