#include "datasets/pack_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/builder.h"
#include "core/file.h"
#include "core/text.h"
#include "pictures/decode.h"

/* Writes a line with its check. */
static core_status write_line(FILE *stream, const char *line)
{
    fprintf(stream, "%s\t%016" PRIx64 "\n", line, core_hash_xxh3_64(line, strlen(line)));
    return CORE_OK;
}

static core_status write_head(FILE *stream, const ds_pack *pack, core_arena *arena)
{
    const char *line;
    CORE_TRY(core_text_format(arena, &line, "tailbit-pictures 1\t%s\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%s",
                              pack->libraries, pack->classes, pack->train, pack->test, pack->list_hash));
    CORE_TRY(write_line(stream, line));
    for (int64_t j = 0; j < pack->classes; j++) {
        const char *name, *id, *group = "";
        CORE_TRY(core_text_escaped(pack->class_names[j], CORE_TEXT_LINE, arena, &name));
        CORE_TRY(core_text_escaped(pack->class_ids[j], CORE_TEXT_LINE, arena, &id));
        if (pack->class_groups != NULL) {
            CORE_TRY(core_text_escaped(pack->class_groups[j], CORE_TEXT_LINE, arena, &group));
        }
        CORE_TRY(core_text_format(arena, &line, "%s\t%s\t%s", name, id, group));
        CORE_TRY(write_line(stream, line));
    }
    return CORE_OK;
}

static core_status write_picture(FILE *stream, const ds_packed_picture *p, core_arena *arena)
{
    const char *path, *note, *line;
    CORE_TRY(core_text_escaped(p->path, CORE_TEXT_LINE, arena, &path));
    CORE_TRY(core_text_escaped(p->note, CORE_TEXT_LINE, arena, &note));
    CORE_TRY(core_text_format(
        arena, &line,
        "%" PRId64 "\t%s\t%d\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%s\t%s\t%s\t%s\t%s",
        p->place, p->is_test ? "test" : "train", (int)p->label, p->width, p->height, p->pack, p->offset, p->bytes,
        p->bytes_hash, p->pixels_hash, ds_picture_states[p->state], path, note));
    return write_line(stream, line);
}

/* Which classes and files there are, and that they are the same when an import goes on. */
static core_status hash_list(const ds_picture_list *list, char hex[DS_PICTURE_HASH_BYTES])
{
    core_hash *hash;
    char digits[CORE_HASH_HEX_MAX];
    CORE_TRY(core_hash_create(CORE_HASH_XXH3_128, &hash));
    for (int64_t j = 0; j < list->classes.count; j++) {
        const char *texts[] = {list->classes.names[j], list->names[j], list->groups != NULL ? list->groups[j] : ""};
        for (int t = 0; t < 3; t++) {
            core_hash_update(hash, texts[t], strlen(texts[t]) + 1);
        }
    }
    for (int64_t i = 0; i < list->count; i++) {
        const ds_picture_file *file = &list->files[i];
        const int64_t numbers[] = {file->label, file->is_test, file->bytes, file->changed_ns};
        core_hash_update(hash, file->path, strlen(file->path) + 1);
        core_hash_update(hash, numbers, sizeof numbers);
    }
    const core_hash_digest digest = core_hash_finish(hash);
    memcpy(hex, core_hash_hex(&digest, digits), DS_PICTURE_HASH_BYTES);
    core_hash_destroy(hash);
    return CORE_OK;
}

static core_status refuse_short(const char *path)
{
    return core_fail_about(
        CORE_BAD_FILE, path,
        ": missing, or shorter than its journal says; give the same command again, which imports anew");
}

/* Checks that every pack before the writer's has the bytes of its lines. */
static core_status check_packs(const ds_pack_writer *writer, const ds_pack *journal)
{
    int64_t *ends;
    core_status status = CORE_OK;
    CORE_TRY(CORE_NEW(writer->pack + 1, "the sizes of packs", ends));
    for (int64_t i = 0; i < journal->count; i++) {
        const ds_packed_picture *p = &journal->pictures[i];
        ends[p->pack] = p->offset + p->bytes > ends[p->pack] ? p->offset + p->bytes : ends[p->pack];
    }
    for (int64_t pack = 0; pack < writer->pack && status == CORE_OK; pack++) {
        char path[CORE_PATH_BYTES];
        struct stat info;
        status = ds_pack_path(writer->folder, pack, path);
        if (status == CORE_OK && (stat(path, &info) != 0 || info.st_size < ends[pack])) {
            status = refuse_short(path);
        }
    }
    free(ends);
    return status;
}

/* Marks the pictures that have a line, and sets where the next bytes go. */
static core_status take_over(ds_pack_writer *writer, const ds_picture_list *list, const ds_pack *journal)
{
    for (int64_t i = 0; i < journal->count; i++) {
        const ds_packed_picture *p = &journal->pictures[i];
        if (p->place >= list->count || writer->is_done[p->place] || p->pack > journal->count) {
            return core_fail_about(CORE_BAD_FILE, journal->folder, ": a journal with a foreign line");
        }
        writer->is_done[p->place] = true;
        if (p->pack > writer->pack || (p->pack == writer->pack && p->offset + p->bytes > writer->offset)) {
            writer->pack = p->pack;
            writer->offset = p->offset + p->bytes;
        }
    }
    writer->count = journal->count;
    return check_packs(writer, journal);
}

/* Opens a file of the folder to write from `bytes` on, and cuts off what stands behind. */
static core_status open_cut(const char *path, int64_t bytes, int *out)
{
    struct stat info;
    const int fd = core_file_tested(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
    if (fd < 0 || fstat(fd, &info) != 0 || (info.st_size > bytes && ftruncate(fd, bytes) != 0) ||
        lseek(fd, bytes, SEEK_SET) < 0) {
        const int error = errno;
        if (fd >= 0) {
            close(fd);
        }
        return core_file_fail("write", path, error);
    }
    if (info.st_size < bytes) {
        close(fd);
        return refuse_short(path);
    }
    *out = fd;
    return CORE_OK;
}

static core_status sync_file(int fd, const char *path)
{
    return core_file_tested(fdatasync(fd)) == 0 ? CORE_OK : core_file_fail("write", path, errno);
}

/* Writes at the descriptor's place; a full disk is CORE_MACHINE. */
static core_status write_at(int fd, const char *path, const char *data, size_t bytes)
{
    return core_file_write_all(fd, data, bytes) == 0 ? CORE_OK : core_file_fail("write", path, errno);
}

static core_status open_pack(ds_pack_writer *writer)
{
    char path[CORE_PATH_BYTES];
    CORE_TRY(ds_pack_path(writer->folder, writer->pack, path));
    return open_cut(path, writer->offset, &writer->data);
}

/* Puts the head of a new journal in place, whole or not at all. */
static core_status begin_journal(const ds_pack *head, const char *path)
{
    core_builder text;
    core_arena arena = {0};
    CORE_TRY(core_builder_begin(&text, "a journal"));
    const core_status status = write_head(text.stream, head, &arena);
    core_arena_free(&arena);
    return core_builder_save(&text, status, path, &core_file_any);
}

/* Reads the journal that is there. *bytes: how much of it is whole; 0 where it is of another source, or none. */
static core_status read_journal(ds_pack_writer *writer, const ds_picture_list *list, const ds_pack *head,
                                int64_t *bytes)
{
    ds_pack journal;
    *bytes = 0;
    if (ds_pack_open_journal(writer->folder, &journal) != CORE_OK) {
        return CORE_OK;
    }
    core_status status = CORE_OK;
    if (strcmp(journal.libraries, head->libraries) == 0 && strcmp(journal.list_hash, head->list_hash) == 0) {
        *bytes = journal.whole_bytes;
        status = take_over(writer, list, &journal);
    }
    ds_pack_close(&journal);
    return status;
}

static core_status open_files(ds_pack_writer *writer, const ds_picture_list *list, const ds_pack *head)
{
    char path[CORE_PATH_BYTES];
    int64_t bytes;
    CORE_TRY(core_path_write(path, "%s/" DS_PACK_JOURNAL, writer->folder));
    CORE_TRY(read_journal(writer, list, head, &bytes));
    if (bytes == 0) {
        struct stat info;
        CORE_TRY(begin_journal(head, path));
        bytes = stat(path, &info) == 0 ? info.st_size : 0;
    }
    CORE_TRY(open_cut(path, bytes, &writer->journal));
    return open_pack(writer);
}

core_status ds_pack_writer_open(const char *folder, const ds_picture_list *list, int64_t pack_bytes,
                                ds_pack_writer *out)
{
    ds_pack_writer writer = {.folder = folder, .pack_bytes = pack_bytes, .journal = -1, .data = -1};
    char libraries[PIC_LIBRARIES_BYTES], hash[DS_PICTURE_HASH_BYTES];
    CORE_TRY(hash_list(list, hash));
    ds_pack head = {.libraries = pic_libraries(libraries),
                    .list_hash = hash,
                    .classes = list->classes.count,
                    .class_names = list->names,
                    .class_ids = list->classes.names,
                    .class_groups = list->groups};
    for (int64_t i = 0; i < list->count; i++) {
        *(list->files[i].is_test ? &head.test : &head.train) += 1;
    }
    CORE_TRY(CORE_NEW(list->count, "a list of pictures", writer.is_done));
    core_status status = open_files(&writer, list, &head);
    if (status != CORE_OK) {
        ds_pack_writer_close(&writer);
        return status;
    }
    *out = writer;
    return CORE_OK;
}

/* Ends a pack that is full, so that the next bytes begin another. */
static core_status next_pack(ds_pack_writer *writer, int64_t bytes)
{
    char path[CORE_PATH_BYTES];
    if (writer->offset == 0 || bytes <= writer->pack_bytes - writer->offset) {
        return CORE_OK;
    }
    CORE_TRY(ds_pack_path(writer->folder, writer->pack, path));
    CORE_TRY(sync_file(writer->data, path));
    close(writer->data);
    writer->data = -1;
    writer->pack++;
    writer->offset = 0;
    return open_pack(writer);
}

static core_status append_bytes(ds_pack_writer *writer, ds_pack_item *items, int64_t count)
{
    char path[CORE_PATH_BYTES];
    for (int64_t i = 0; i < count; i++) {
        ds_packed_picture *line = &items[i].line;
        CORE_TRY(next_pack(writer, line->bytes));
        CORE_TRY(ds_pack_path(writer->folder, writer->pack, path));
        line->pack = writer->pack;
        line->offset = writer->offset;
        CORE_TRY(write_at(writer->data, path, items[i].data, (size_t)line->bytes));
        writer->offset += line->bytes;
    }
    CORE_TRY(ds_pack_path(writer->folder, writer->pack, path));
    return sync_file(writer->data, path);
}

static core_status write_items(FILE *stream, const ds_pack_item *items, int64_t count, core_arena *arena)
{
    for (int64_t i = 0; i < count; i++) {
        CORE_TRY(write_picture(stream, &items[i].line, arena));
    }
    return CORE_OK;
}

core_status ds_pack_writer_append(ds_pack_writer *writer, ds_pack_item *items, int64_t count)
{
    core_builder text;
    core_arena arena = {0};
    char *lines, path[CORE_PATH_BYTES];
    CORE_TRY(core_path_write(path, "%s/" DS_PACK_JOURNAL, writer->folder));
    CORE_TRY(append_bytes(writer, items, count));
    CORE_TRY(core_builder_begin(&text, "a journal"));
    core_status status = core_builder_take(&text, write_items(text.stream, items, count, &arena), &lines);
    core_arena_free(&arena);
    CORE_TRY(status);
    status = write_at(writer->journal, path, lines, text.bytes);
    free(lines);
    CORE_TRY(status);
    CORE_TRY(sync_file(writer->journal, path));
    for (int64_t i = 0; i < count; i++) {
        writer->is_done[items[i].line.place] = true;
    }
    writer->count += count;
    return CORE_OK;
}

core_status ds_pack_writer_finish(ds_pack_writer *writer)
{
    for (int64_t pack = writer->pack + 1;; pack++) {
        char path[CORE_PATH_BYTES];
        CORE_TRY(ds_pack_path(writer->folder, pack, path));
        if (core_file_tested(unlink(path)) != 0) {
            return errno == ENOENT ? CORE_OK : core_file_fail("remove", path, errno);
        }
    }
}

void ds_pack_writer_close(ds_pack_writer *writer)
{
    const int descriptors[] = {writer->journal, writer->data};
    for (int i = 0; i < 2; i++) {
        if (descriptors[i] >= 0) {
            close(descriptors[i]);
        }
    }
    free(writer->is_done);
    *writer = (ds_pack_writer){.journal = -1, .data = -1};
}

static core_status write_all(FILE *stream, const ds_pack *pack)
{
    core_arena arena = {0};
    core_status status = write_head(stream, pack, &arena);
    for (int64_t i = 0; i < pack->count && status == CORE_OK; i++) {
        status = write_picture(stream, &pack->pictures[i], &arena);
        if (i % 1024 == 0) {
            core_arena_free(&arena);
        }
    }
    core_arena_free(&arena);
    return status;
}

core_status ds_pack_write_index(ds_pack *pack)
{
    core_builder text;
    char path[CORE_PATH_BYTES];
    int64_t kept = 0;
    pack->train = pack->test = 0;
    for (int64_t i = 0; i < pack->count; i++) {
        if (pack->pictures[i].state != DS_PICTURE_LEFT_OUT) {
            *(pack->pictures[i].is_test ? &pack->test : &pack->train) += 1;
            pack->pictures[kept++] = pack->pictures[i];
        }
    }
    pack->count = kept;
    CORE_TRY(core_path_write(path, "%s/" DS_PACK_INDEX, pack->folder));
    CORE_TRY(core_builder_begin(&text, "an index"));
    return core_builder_save(&text, write_all(text.stream, pack), path, &core_file_any);
}
