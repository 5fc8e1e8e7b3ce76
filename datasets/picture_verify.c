#include "datasets/picture_verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/folder.h"
#include "core/queue.h"
#include "core/team.h"
#include "core/text.h"

enum { BATCH = 1024 };

core_status ds_picture_place(const char *name, const char *data_dir, char place[CORE_PATH_BYTES])
{
    char folder[CORE_PATH_BYTES];
    CORE_TRY(ds_data_folder(data_dir, folder));
    return core_path_write(place, "%s/%s", folder, name);
}

/* Whether an import left its files there, damaged or not. A name with a point is of an unfinished or a replaced folder. */
static bool is_packed(const char *place)
{
    char index[CORE_PATH_BYTES];
    return strchr(core_path_name(place), '.') == NULL &&
           core_path_write(index, "%s/" DS_PACK_INDEX, place) == CORE_OK && access(index, F_OK) == 0 &&
           ds_record_exists(place);
}

bool ds_picture_is_stored(const char *name, const char *data_dir)
{
    char place[CORE_PATH_BYTES];
    return strchr(name, '/') == NULL && ds_picture_place(name, data_dir, place) == CORE_OK && is_packed(place);
}

core_status ds_picture_stored(const char *folder, core_names *names, core_arena *arena)
{
    core_names all = {0};
    if (!ds_store_is_folder(folder)) { /* nothing was imported yet */
        return CORE_OK;
    }
    CORE_TRY(core_folder_names(folder, "a data folder", &all, arena));
    for (int64_t i = 0; i < all.count; i++) {
        char place[CORE_PATH_BYTES];
        if (core_path_write(place, "%s/%s", folder, all.names[i]) == CORE_OK && is_packed(place)) {
            CORE_TRY(core_names_add(names, all.names[i], arena));
        }
    }
    return CORE_OK;
}

/* A check of a part of the index by all threads. */
typedef struct {
    const ds_pack *pack;
    int64_t first, count;
    ds_pack_reader *readers;                          /* (threads) */
    char (*what)[DS_NOTE_BYTES + CORE_MESSAGE_BYTES]; /* (BATCH) what is wrong; "" normally */
    core_queue_lane lane;
} check;

static core_status check_share(void *context, int thread, int threads)
{
    check *c = context;
    (void)threads;
    for (int64_t i; (i = core_queue_take_in_order(&c->lane, c->count)) >= 0;) {
        core_status status = ds_pack_read(c->pack, c->first + i, &c->readers[thread]);
        if (status == CORE_BAD_FILE) {
            snprintf(c->what[i], sizeof c->what[i], "%s", core_error_message());
            status = CORE_OK;
        }
        CORE_TRY(status);
    }
    return CORE_OK;
}

static core_status check_pictures(check *c, int threads, ds_picture_defect defect, void *context, int64_t *defects)
{
    for (c->first = 0; c->first < c->pack->count; c->first += c->count) {
        const int64_t left = c->pack->count - c->first;
        c->count = left < BATCH ? left : BATCH;
        c->lane = (core_queue_lane){0};
        CORE_TRY(core_team_run(threads, check_share, c));
        for (int64_t i = 0; i < c->count; i++) {
            if (c->what[i][0] != '\0') {
                defect(context, c->what[i]);
                c->what[i][0] = '\0';
                (*defects)++;
            }
        }
    }
    return CORE_OK;
}

static core_status check_all(const ds_pack *pack, ds_picture_defect defect, void *context, int64_t *defects)
{
    core_arena arena = {0};
    check c = {.pack = pack};
    const int threads = core_team_size(core_team_default_threads());
    core_status status = CORE_ARENA_NEW(&arena, threads, "readers of pictures", c.readers);
    if (status == CORE_OK) {
        status = CORE_ARENA_NEW(&arena, BATCH, "messages", c.what);
    }
    if (status == CORE_OK) {
        status = check_pictures(&c, threads, defect, context, defects);
    }
    for (int t = 0; c.readers != NULL && t < threads; t++) {
        ds_pack_reader_free(&c.readers[t]);
    }
    core_arena_free(&arena);
    return status;
}

void ds_picture_report(const ds_pack *pack, const ds_record *record, ds_data_report *report)
{
    report->verified = record->verified;
    report->train_count = pack->train;
    report->test_count = pack->test;
    report->classes = pack->classes;
    memcpy(report->sha256, record->sha256, sizeof report->sha256);
    memcpy(report->class_order, record->class_order, sizeof report->class_order);
}

static void ignore_defect(void *context, const char *line)
{
    (void)context;
    (void)line;
}

static core_status verify_pack(const ds_pack *pack, const char *name, ds_picture_defect defect, void *context,
                               ds_data_report *report)
{
    ds_record record;
    char digest[DS_SHA256_BYTES];
    int64_t defects = 0;
    CORE_TRY(ds_record_read(pack->folder, name, &record));
    CORE_TRY(ds_pack_digest(pack, digest));
    if (strcmp(digest, record.sha256) != 0) {
        defect(context, "index.txt: its SHA-256 is not that of the record: lines were changed, lost or added");
        defects++;
    }
    CORE_TRY(check_all(pack, defect, context, &defects));
    if (defects > 0) {
        return core_fail_about(CORE_BAD_FILE, name, ": %s in %s; import it again", CORE_COUNT(defects, "defect"),
                               CORE_COUNT(pack->count, "picture"));
    }
    ds_picture_report(pack, &record, report);
    return core_path_write(report->where, "%s", pack->folder);
}

core_status ds_picture_verify(const char *name, const char *data_dir, ds_picture_defect defect, void *context,
                              ds_data_report *out)
{
    char place[CORE_PATH_BYTES];
    ds_pack pack;
    ds_data_report report = {0};
    CORE_TRY(ds_picture_place(name, data_dir, place));
    CORE_TRY(ds_pack_open(place, &pack));
    core_status status = verify_pack(&pack, name, defect != NULL ? defect : ignore_defect, context, &report);
    ds_pack_close(&pack);
    CORE_TRY(status);
    if (out != NULL) {
        *out = report;
    }
    return CORE_OK;
}
