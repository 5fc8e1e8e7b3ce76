#include "datasets/picture_import.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/queue.h"
#include "core/team.h"
#include "core/text.h"
#include "datasets/exceptions.h"
#include "datasets/pack_writer.h"
#include "datasets/picture_list.h"
#include "datasets/picture_verify.h"
#include "datasets/reviews.h"
#include "datasets/shapes.h"
#include "pictures/decode.h"

enum { BATCH_FILES = 512, BATCH_BYTES = 1 << 26 };

const char *const ds_class_orders[] = {"sorted", "wnids", NULL};

static bool has_file(const ds_official *official, const char *name)
{
    (void)official;
    return ds_pack_has_file(name);
}

/* Only where there is no index: packed pictures are not loaded into memory. */
static core_status refuse_load(const ds_official *official, const char *folder, const ds_text_options *text,
                               ds_dataset *out)
{
    (void)text;
    (void)out;
    return core_fail_about(CORE_BAD_FILE, folder, ": no " DS_PACK_INDEX " that can be read; import %s again",
                           official->name);
}

static const ds_official officials[] = {
    {.name = "tiny_imagenet",
     .about = "200 classes of photographs 64x64, 500 training and 50 test pictures per class",
     .url = "http://cs231n.stanford.edu/tiny-imagenet-200.zip",
     .archive = "tiny-imagenet-200.zip",
     .md5 = "90528d7ca1a48142e341f4ef8d21d0de",
     .load = refuse_load,
     .has_file = has_file},
    {.name = "inaturalist",
     .about = "iNaturalist 2018: 8,142 classes of photographs, 437,513 training and 24,426 test pictures",
     .page = "https://github.com/visipedia/inat_comp/tree/master/2018",
     .load = refuse_load,
     .has_file = has_file},
};
enum { OFFICIALS = sizeof officials / sizeof *officials };

const ds_official *ds_picture_official_at(int index)
{
    return index >= 0 && index < OFFICIALS ? &officials[index] : NULL;
}

static bool is_by_wnids(const ds_picture_options *options)
{
    return options->class_order != NULL && strcmp(options->class_order, ds_class_orders[1]) == 0;
}

static core_status list_folder(const char *path, const ds_picture_options *options, ds_picture_list *list)
{
    (void)options;
    return ds_picture_list_folder(path, list);
}

static core_status list_tiny(const char *path, const ds_picture_options *options, ds_picture_list *list)
{
    return ds_picture_list_tiny(path, is_by_wnids(options), list);
}

static core_status list_inaturalist(const char *path, const ds_picture_options *options, ds_picture_list *list)
{
    return ds_picture_list_inaturalist(path, !options->unverified, list);
}

typedef struct {
    const char *name;
    const ds_official *official; /* NULL: the data set is named as the folder */
    core_status (*list)(const char *path, const ds_picture_options *options, ds_picture_list *list);
} importer_kind;

static const importer_kind importers[] = {{"folder", NULL, list_folder},
                                          {"tiny_imagenet", &officials[0], list_tiny},
                                          {"inaturalist", &officials[1], list_inaturalist}};
enum { IMPORTERS = sizeof importers / sizeof *importers };

static const importer_kind *find_importer(const char *name)
{
    int i = 0;
    while (i < IMPORTERS && strcmp(importers[i].name, name) != 0) {
        i++;
    }
    return i < IMPORTERS ? &importers[i] : NULL;
}

bool ds_picture_imports(const char *name) { return find_importer(name) != NULL; }

/* Whether it takes an archive, which has an official MD5. */
static bool takes_archive(const importer_kind *kind) { return kind->official != NULL && kind->official->md5 != NULL; }

/* A file of a batch: what decoding found. */
typedef struct {
    char *data; /* owned */
    const char *failure;
    char bytes_hash[DS_PICTURE_HASH_BYTES], pixels_hash[DS_PICTURE_HASH_BYTES];
    char note[DS_NOTE_BYTES];
} batch_file;

/* Files that are decoded together, by all threads, and appended together. */
typedef struct {
    const ds_picture_list *list;
    const ds_picture_options *options;
    ds_pack_writer *writer;
    int64_t count, capacity, bytes;
    batch_file *files;   /* (capacity) */
    ds_pack_item *items; /* (capacity) */
    int threads;
    pic_picture *pictures; /* (threads) */
    core_queue_lane lane;
    core_arena arena;
} batch;

/* Says what a file is that cannot be read. */
static void leave_out(ds_pack_item *item, batch_file *file, const char *why)
{
    snprintf(file->note, sizeof file->note, "%s", why + strspn(why, ": "));
    item->line.state = DS_PICTURE_LEFT_OUT;
    item->line.bytes = 0;
}

static core_status examine(batch *b, int64_t i, pic_picture *picture)
{
    batch_file *file = &b->files[i];
    ds_pack_item *item = &b->items[i];
    if (file->failure != NULL) {
        leave_out(item, file, file->failure);
        return CORE_OK;
    }
    core_status status = pic_decode((const uint8_t *)file->data, (size_t)item->line.bytes, picture);
    if (status == CORE_BAD_FILE) {
        leave_out(item, file, core_error_message());
        return CORE_OK;
    }
    CORE_TRY(status);
    char traits[PIC_TRAITS_BYTES];
    ds_picture_hash(file->data, (size_t)item->line.bytes, file->bytes_hash);
    ds_picture_hash(picture->pixels, (size_t)(picture->height * picture->width * 3), file->pixels_hash);
    item->line.height = picture->height;
    item->line.width = picture->width;
    item->line.state = picture->warnings > 0  ? DS_PICTURE_DAMAGED
                       : picture->traits != 0 ? DS_PICTURE_NOTED
                                              : DS_PICTURE_GOOD;
    snprintf(file->note, sizeof file->note, "%s%s%s", picture->warning,
             picture->warnings > 0 && picture->traits != 0 ? "; " : "", pic_traits_text(picture->traits, traits));
    return CORE_OK;
}

static core_status examine_share(void *context, int thread, int threads)
{
    batch *b = context;
    (void)threads;
    for (int64_t i; (i = core_queue_take_in_order(&b->lane, b->count)) >= 0;) {
        CORE_TRY(examine(b, i, &b->pictures[thread]));
    }
    return CORE_OK;
}

static void empty_batch(batch *b)
{
    for (int64_t i = 0; i < b->count; i++) {
        free(b->files[i].data);
        b->files[i] = (batch_file){0};
    }
    b->count = b->bytes = 0;
    b->lane = (core_queue_lane){0};
}

static core_status append_batch(batch *b)
{
    if (b->count == 0) {
        return CORE_OK;
    }
    CORE_TRY(core_team_run(b->threads, examine_share, b));
    CORE_TRY(ds_pack_writer_append(b->writer, b->items, b->count));
    if (b->options->progress != NULL) {
        b->options->progress(b->options->context, b->writer->count, b->list->count);
    }
    empty_batch(b);
    return CORE_OK;
}

static core_status take_file(void *context, int64_t place, const char *data, int64_t bytes, const char *failure)
{
    batch *b = context;
    const ds_picture_file *from = &b->list->files[place];
    batch_file *file = &b->files[b->count];
    if (b->writer->is_done[place]) {
        return core_fail_about(CORE_BAD_FILE, b->list->root, ": %s is in it twice", from->path);
    }
    b->writer->is_done[place] = true;
    file->data = malloc(bytes > 0 ? (size_t)bytes : 1);
    if (file->data == NULL) {
        return core_fail(CORE_MACHINE, "not enough memory for a picture of %" PRId64 " bytes", bytes);
    }
    if (bytes > 0) {
        memcpy(file->data, data, (size_t)bytes);
    }
    if (failure != NULL) {
        CORE_TRY(core_arena_copy_text(&b->arena, failure, &file->failure));
    }
    snprintf(file->bytes_hash, sizeof file->bytes_hash, "-");
    snprintf(file->pixels_hash, sizeof file->pixels_hash, "-");
    b->items[b->count] = (ds_pack_item){.data = file->data,
                                        .line = {.place = place,
                                                 .is_test = from->is_test,
                                                 .label = from->label,
                                                 .bytes = bytes,
                                                 .bytes_hash = file->bytes_hash,
                                                 .pixels_hash = file->pixels_hash,
                                                 .path = from->path,
                                                 .note = file->note}};
    b->bytes += bytes;
    b->count++;
    return b->count == b->capacity || b->bytes >= BATCH_BYTES ? append_batch(b) : CORE_OK;
}

static core_status make_batch(batch *b)
{
    b->capacity = b->options->batch_files > 0 ? b->options->batch_files : BATCH_FILES;
    b->threads = core_team_size(core_team_default_threads());
    CORE_TRY(CORE_ARENA_NEW(&b->arena, b->capacity, "a batch of pictures", b->files));
    CORE_TRY(CORE_ARENA_NEW(&b->arena, b->capacity, "a batch of pictures", b->items));
    return CORE_ARENA_NEW(&b->arena, b->threads, "a batch of pictures", b->pictures);
}

static core_status append_all(batch *b)
{
    CORE_TRY(make_batch(b));
    CORE_TRY(ds_picture_list_read(b->list, b->writer->is_done, take_file, b));
    return append_batch(b);
}

/* Packs every file of the list that has no line yet. */
static core_status pack_pictures(const ds_picture_list *list, const ds_picture_options *options, ds_pack_writer *writer)
{
    batch b = {.list = list, .options = options, .writer = writer};
    core_status status = append_all(&b);
    if (status == CORE_OK && writer->count != list->count) {
        status = core_fail_about(CORE_BAD_FILE, list->root, ": %" PRId64 " of its %s could be read", writer->count,
                                 CORE_COUNT(list->count, "file"));
    }
    if (b.files != NULL) {
        empty_batch(&b);
    }
    for (int t = 0; b.pictures != NULL && t < b.threads; t++) {
        pic_picture_free(&b.pictures[t]);
    }
    core_arena_free(&b.arena);
    return status == CORE_OK ? ds_pack_writer_finish(writer) : status;
}

/* The classes that have a training picture. */
static int64_t count_classes(const ds_pack *pack)
{
    int64_t count = 0;
    int32_t last = -1; /* pictures are sorted by class */
    for (int64_t i = 0; i < pack->count && !pack->pictures[i].is_test; i++) {
        count += pack->pictures[i].label != last;
        last = pack->pictures[i].label;
    }
    return count;
}

static core_status write_record(const ds_store_change *change, const ds_pack *pack, const char *path,
                                const ds_record *source, ds_data_report *report)
{
    ds_record record = *source;
    CORE_TRY(ds_pack_digest(pack, record.sha256));
    ds_record_set_source(&record, path);
    ds_picture_report(pack, &record, report);
    return ds_record_write(change->temporary, change->official->name, &record);
}

/* Writes exceptions, index and record from the finished journal. */
static core_status write_end(const ds_store_change *change, const ds_picture_list *list, const ds_record *record,
                             ds_pack *pack, ds_data_report *report)
{
    CORE_TRY(ds_exceptions_write(pack, &list->notes, &report->serious));
    CORE_TRY(ds_pack_write_index(pack));
    if (count_classes(pack) < 2 || pack->test == 0) {
        const char *first = list->notes.count > 0 ? list->notes.names[0] : "none of its files is a picture";
        return core_fail_about(CORE_BAD_FILE, list->root,
                               ": expected training pictures of two classes and a test picture that can be read (%s)",
                               first);
    }
    return write_record(change, pack, list->root, record, report);
}

static core_status finish_import(ds_store_change *change, const ds_picture_list *list, const ds_record *record,
                                 ds_data_report *report)
{
    ds_pack pack;
    char path[CORE_PATH_BYTES];
    CORE_TRY(ds_pack_open_journal(change->temporary, &pack));
    core_status status = write_end(change, list, record, &pack, report);
    ds_pack_close(&pack);
    CORE_TRY(status);
    CORE_TRY(ds_store_publish(change));
    CORE_TRY(core_path_write(path, "%s/" DS_PACK_JOURNAL, change->place));
    unlink(path); /* the index has all of it */
    memcpy(report->replaced, change->replaced, sizeof report->replaced);
    return core_path_write(report->where, "%s", change->place);
}

static core_status import_list(ds_store_change *change, const ds_picture_list *list, const ds_picture_options *options,
                               const ds_record *record, ds_data_report *report)
{
    ds_pack_writer writer;
    CORE_TRY(ds_pack_writer_open(change->temporary, list, options->pack_bytes > 0 ? options->pack_bytes : DS_PACK_BYTES,
                                 &writer));
    core_status status = pack_pictures(list, options, &writer);
    ds_pack_writer_close(&writer);
    CORE_TRY(status);
    return finish_import(change, list, record, report);
}

static core_status fail_name(const char *name)
{
    return core_fail(CORE_BAD_USAGE,
                     "a folder named \"%s\" cannot name a data set: expected letters, digits, '_' and '-', at most 48, "
                     "and no data set of tailbit's; rename it, or make a link of another name",
                     name);
}

/* The data set's name: that of the folder. */
static core_status name_folder(const char *path, char name[DS_NAME_BYTES])
{
    char *real = realpath(path, NULL);
    snprintf(name, DS_NAME_BYTES, "%s", core_path_name(real != NULL ? real : path));
    free(real);
    const size_t given = strlen(path);
    if (given > 0 && path[given - 1] != '/' && path[given - 1] != '.') {
        snprintf(name, DS_NAME_BYTES, "%s", core_path_name(path)); /* a link has its own name */
    }
    const size_t letters = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    return letters == 0 || letters > 48 || name[letters] != '\0' || name[0] == '-' || ds_is_built_in(name) ||
                   ds_picture_imports(name)
               ? fail_name(name)
               : CORE_OK;
}

/* Checks what can be checked before anything is read. */
static core_status check_source(const importer_kind *kind, const char *path, const ds_picture_options *options)
{
    if (takes_archive(kind)) {
        return ds_import_check_source(kind->official, path, options->unverified);
    }
    if (!ds_store_is_folder(path)) {
        return core_fail_about(CORE_BAD_FILE, path, ": no such folder");
    }
    if (kind->official == NULL && options->unverified) {
        return core_fail(CORE_BAD_USAGE, "--unverified has no effect with data import %s, which verifies nothing",
                         kind->name);
    }
    return CORE_OK;
}

core_status ds_picture_import_into(const char *importer, const char *path, const ds_picture_options *options,
                                   ds_store_change *change, ds_data_report *out)
{
    const importer_kind *kind = find_importer(importer);
    ds_picture_list list = {0};
    ds_data_report report = {0};
    ds_record record = {.verified = takes_archive(kind) && !options->unverified};
    if (takes_archive(kind)) {
        snprintf(record.class_order, sizeof record.class_order, "%s", ds_class_orders[is_by_wnids(options)]);
    }
    core_status status = kind->list(path, options, &list);
    if (status == CORE_OK) {
        status = import_list(change, &list, options, &record, &report);
    }
    ds_picture_list_free(&list);
    CORE_TRY(status);
    if (out != NULL) {
        *out = report;
    }
    return CORE_OK;
}

core_status ds_picture_import(const char *importer, const char *path, const char *data_dir,
                              const ds_picture_options *options, ds_data_report *out)
{
    const importer_kind *kind = find_importer(importer);
    char name[DS_NAME_BYTES], folder[CORE_PATH_BYTES];
    CORE_TRY(check_source(kind, path, options));
    CORE_TRY(ds_data_folder(data_dir, folder));
    if (kind->official == NULL) {
        CORE_TRY(name_folder(path, name));
    }
    const ds_official own = {.name = name, .has_file = has_file};
    ds_store_change change = {.keeps = true};
    core_status status = ds_store_begin(folder, kind->official != NULL ? kind->official : &own, &change);
    if (status == CORE_OK) {
        if (takes_archive(kind) && !options->unverified) {
            status = ds_import_check_archive(path, kind->official->md5);
        }
        if (status == CORE_OK) {
            status = ds_picture_import_into(importer, path, options, &change, out);
        }
        change.keeps = status == CORE_MACHINE;
    }
    ds_store_end(&change);
    return status;
}
