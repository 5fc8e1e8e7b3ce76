#include "datasets/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/text.h"
#include "datasets/picture_list.h"
#include "pictures/decode.h"

const char *const ds_picture_states[4] = {"good", "noted", "damaged", "left-out"};

enum { CHECK_DIGITS = 16, LINE_BYTES_MIN = CHECK_DIGITS + 2, PICTURE_BYTES_MIN = 48 };

core_status ds_pack_path(const char *folder, int64_t pack, char path[CORE_PATH_BYTES])
{
    return core_path_write(path, "%s/pictures-%03" PRId64 ".pack", folder, pack);
}

bool ds_pack_has_file(const char *name)
{
    int64_t pack;
    int end = 0;
    return strcmp(name, DS_PACK_INDEX) == 0 || strcmp(name, DS_PACK_JOURNAL) == 0 ||
           strcmp(name, DS_PACK_EXCEPTIONS) == 0 ||
           (sscanf(name, "pictures-%5" SCNd64 ".pack%n", &pack, &end) == 1 && end > 0 && name[end] == '\0');
}

void ds_picture_hash(const void *data, size_t bytes, char hex[DS_PICTURE_HASH_BYTES])
{
    char digits[CORE_HASH_HEX_MAX];
    const core_hash_digest digest = core_hash_of(CORE_HASH_XXH3_128, data, bytes);
    memcpy(hex, core_hash_hex(&digest, digits), DS_PICTURE_HASH_BYTES);
}

/* Ends the line at `line` before its check and moves *next behind it; false: it is not whole. */
static bool open_line(char *line, char **next)
{
    char *end = strchr(line, '\n'), check[CHECK_DIGITS + 1];
    if (end == NULL || end - line < CHECK_DIGITS + 1 || end[-CHECK_DIGITS - 1] != '\t') {
        return false;
    }
    char *tab = end - CHECK_DIGITS - 1;
    snprintf(check, sizeof check, "%016" PRIx64, core_hash_xxh3_64(line, (size_t)(tab - line)));
    if (memcmp(tab + 1, check, CHECK_DIGITS) != 0) {
        return false;
    }
    *tab = '\0';
    *next = end + 1;
    return true;
}

/* The field at *at, NULL where there is none; moves behind it. */
static char *take_field(char **at)
{
    char *field = *at;
    if (field != NULL) {
        char *tab = strchr(field, '\t');
        *at = tab != NULL ? tab + 1 : NULL;
        if (tab != NULL) {
            *tab = '\0';
        }
    }
    return field;
}

static bool take_number(char **at, int64_t max, int64_t *out)
{
    const char *field = take_field(at);
    char *end;
    if (field == NULL || *field < '0' || *field > '9') {
        return false;
    }
    errno = 0;
    *out = strtoll(field, &end, 10);
    return *end == '\0' && errno == 0 && *out <= max;
}

static bool take_word(char **at, const char *const *words, int count, int *out)
{
    const char *field = take_field(at);
    for (*out = 0; field != NULL && *out < count; (*out)++) {
        if (strcmp(field, words[*out]) == 0) {
            return true;
        }
    }
    return false;
}

static bool parse_picture(char *line, int64_t classes, ds_packed_picture *out)
{
    static const char *const parts[] = {"train", "test"};
    int part, state;
    int64_t label;
    if (!take_number(&line, INT64_MAX, &out->place) || !take_word(&line, parts, 2, &part) ||
        !take_number(&line, classes - 1, &label) || !take_number(&line, PIC_PIXELS_MAX, &out->width) ||
        !take_number(&line, PIC_PIXELS_MAX, &out->height) || !take_number(&line, 99999, &out->pack) ||
        !take_number(&line, INT64_MAX - DS_PICTURE_BYTES_MAX, &out->offset) ||
        !take_number(&line, DS_PICTURE_BYTES_MAX, &out->bytes)) {
        return false;
    }
    out->bytes_hash = take_field(&line);
    out->pixels_hash = take_field(&line);
    const bool has_state = take_word(&line, ds_picture_states, 4, &state);
    out->path = take_field(&line);
    out->note = take_field(&line);
    out->is_test = part == 1;
    out->label = (int32_t)label;
    out->state = (ds_picture_state)state;
    return has_state && out->path != NULL && out->note != NULL && line == NULL;
}

static bool parse_head(ds_pack *pack, char *line)
{
    const char *format = take_field(&line);
    if (format == NULL || strcmp(format, "tailbit-pictures 1") != 0) {
        return false;
    }
    pack->libraries = take_field(&line);
    const bool has_counts = take_number(&line, INT32_MAX, &pack->classes) &&
                            take_number(&line, INT32_MAX, &pack->train) && take_number(&line, INT32_MAX, &pack->test);
    pack->list_hash = take_field(&line);
    return has_counts && pack->list_hash != NULL && line == NULL;
}

/* Parses head and classes; *next is where the pictures begin. */
static core_status parse_begin(ds_pack *pack, const char *path, char **next)
{
    char *line = pack->text;
    const int64_t bytes = (int64_t)strlen(line);
    if (!open_line(line, next) || !parse_head(pack, line) || pack->classes > bytes / LINE_BYTES_MIN) {
        return core_fail_about(CORE_BAD_FILE, path, ": line 1 is no head of an index of pictures");
    }
    CORE_TRY(CORE_ARENA_NEW(&pack->arena, pack->classes, "names of classes", pack->class_names));
    CORE_TRY(CORE_ARENA_NEW(&pack->arena, pack->classes, "names of classes", pack->class_ids));
    CORE_TRY(CORE_ARENA_NEW(&pack->arena, pack->classes, "names of classes", pack->class_groups));
    for (int64_t j = 0; j < pack->classes; j++) {
        line = *next;
        const bool whole = open_line(line, next);
        pack->class_names[j] = take_field(&line);
        pack->class_ids[j] = take_field(&line);
        pack->class_groups[j] = take_field(&line);
        if (!whole || pack->class_groups[j] == NULL || line != NULL) {
            return core_fail_about(CORE_BAD_FILE, path, ": the line of class %" PRId64 " is damaged", j);
        }
    }
    return CORE_OK;
}

/* Parses what a file holds into a pack whose folder is set. is_journal: as far as lines are whole. */
static core_status parse_index(ds_pack *pack, const char *path, bool is_journal)
{
    char *line = pack->text;
    const int64_t most = (int64_t)strlen(pack->text) / PICTURE_BYTES_MIN;
    int64_t lines = 0;
    CORE_TRY(parse_begin(pack, path, &line));
    const int64_t wanted = pack->train + pack->test, capacity = wanted < most ? wanted : most;
    CORE_TRY(CORE_ARENA_NEW(&pack->arena, capacity, "an index of pictures", pack->pictures));
    for (char *next; lines < capacity && *line != '\0'; lines++, line = next) {
        if (!open_line(line, &next) || !parse_picture(line, pack->classes, &pack->pictures[lines])) {
            break;
        }
    }
    pack->whole_bytes = line - pack->text;
    if (!is_journal && (pack->classes < 2 || pack->train < 1 || pack->test < 1)) {
        return core_fail_about(CORE_BAD_FILE, path, ": %s, %s and %s, expected 2, 1 and 1 at least",
                               CORE_COUNT(pack->classes, "class"), CORE_COUNT(pack->train, "training picture"),
                               CORE_COUNT(pack->test, "test picture"));
    }
    if (!is_journal && (lines < wanted || *line != '\0')) {
        return core_fail_about(CORE_BAD_FILE, path, ": damaged at picture %" PRId64 " of %" PRId64, lines, wanted);
    }
    pack->count = lines;
    return CORE_OK;
}

static core_status open_index(const char *folder, const char *name, bool is_journal, ds_pack *out)
{
    ds_pack pack = {0};
    char path[CORE_PATH_BYTES];
    CORE_TRY(core_path_write(pack.folder, "%s", folder));
    CORE_TRY(core_path_write(path, "%s/%s", folder, name));
    CORE_TRY(core_file_read(path, &pack.text, NULL));
    core_status status = parse_index(&pack, path, is_journal);
    if (status != CORE_OK) {
        ds_pack_close(&pack);
        return status;
    }
    *out = pack;
    return CORE_OK;
}

static core_status open_files(ds_pack *pack)
{
    for (int64_t i = 0; i < pack->count; i++) {
        pack->file_count = pack->pictures[i].pack >= pack->file_count ? pack->pictures[i].pack + 1 : pack->file_count;
    }
    const int64_t count = pack->file_count;
    pack->file_count = 0;
    CORE_TRY(CORE_ARENA_NEW(&pack->arena, count, "the packs", pack->files));
    for (; pack->file_count < count; pack->file_count++) {
        char path[CORE_PATH_BYTES];
        CORE_TRY(ds_pack_path(pack->folder, pack->file_count, path));
        const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (file < 0 && core_file_read_code(errno) == CORE_MACHINE) {
            return core_fail_about(CORE_MACHINE, path, ": cannot be opened: %s", strerror(errno));
        }
        pack->files[pack->file_count] = file >= 0 ? file : -errno;
    }
    return CORE_OK;
}

core_status ds_pack_open(const char *folder, ds_pack *out)
{
    CORE_TRY(open_index(folder, DS_PACK_INDEX, false, out));
    const core_status status = open_files(out);
    if (status != CORE_OK) {
        ds_pack_close(out);
    }
    return status;
}

static int compare_places(const void *a, const void *b)
{
    const ds_packed_picture *x = a, *y = b;
    return x->place < y->place ? -1 : x->place > y->place;
}

core_status ds_pack_open_journal(const char *folder, ds_pack *out)
{
    CORE_TRY(open_index(folder, DS_PACK_JOURNAL, true, out));
    qsort(out->pictures, (size_t)out->count, sizeof *out->pictures, compare_places);
    return CORE_OK;
}

bool ds_pack_look(const char *folder, ds_pack_counts *out)
{
    char path[CORE_PATH_BYTES], line[512], *next;
    if (core_path_write(path, "%s/" DS_PACK_INDEX, folder) != CORE_OK) {
        return false;
    }
    const ssize_t got = core_file_peek(AT_FDCWD, path, 0, 0, line, sizeof line - 1);
    line[got > 0 ? got : 0] = '\0';
    ds_pack head = {0};
    if (!open_line(line, &next) || !parse_head(&head, line)) {
        return false;
    }
    *out = (ds_pack_counts){head.classes, head.train, head.test};
    return true;
}

void ds_pack_close(ds_pack *pack)
{
    for (int64_t i = 0; i < pack->file_count; i++) {
        if (pack->files[i] >= 0) {
            close(pack->files[i]);
        }
    }
    core_arena_free(&pack->arena);
    free(pack->text);
    *pack = (ds_pack){0};
}

static core_status fetch_bytes(int file, const ds_packed_picture *picture, const char *path, ds_pack_reader *reader)
{
    CORE_TRY(core_reserve((size_t)picture->bytes, "a picture's file", &reader->capacity, (void **)&reader->data));
    if (file < 0) {
        return core_fail_about(CORE_BAD_FILE, path, ": cannot be opened (%s), expected the pictures of %s",
                               strerror(-file), picture->path);
    }
    int64_t have = 0;
    ssize_t got = 1;
    while (have < picture->bytes && got != 0 && (got > 0 || errno == EINTR)) { /* a network file system may give less */
        got = pread(file, reader->data + have, (size_t)(picture->bytes - have), picture->offset + have);
        have += got > 0 ? got : 0;
    }
    return have == picture->bytes
               ? CORE_OK
               : core_fail_about(got < 0 ? CORE_MACHINE : CORE_BAD_FILE, path,
                                 ": %s: its %" PRId64 " bytes at %" PRId64 " cannot be read (%s)", picture->path,
                                 picture->bytes, picture->offset, got < 0 ? strerror(errno) : "the file is shorter");
}

core_status ds_pack_read(const ds_pack *pack, int64_t i, ds_pack_reader *reader)
{
    const ds_packed_picture *picture = &pack->pictures[i];
    char path[CORE_PATH_BYTES], hash[DS_PICTURE_HASH_BYTES], libraries[PIC_LIBRARIES_BYTES];
    CORE_TRY(ds_pack_path(pack->folder, picture->pack, path));
    CORE_TRY(fetch_bytes(pack->files[picture->pack], picture, path, reader));
    ds_picture_hash(reader->data, (size_t)picture->bytes, hash);
    if (strcmp(hash, picture->bytes_hash) != 0) {
        return core_fail_about(CORE_BAD_FILE, path, ": %s: its bytes are not those that were imported", picture->path);
    }
    core_status status = pic_decode(reader->data, (size_t)picture->bytes, &reader->picture);
    if (status != CORE_OK) {
        return core_fail_about(status, path, ": %s: %s", picture->path, core_error_message());
    }
    const pic_picture *now = &reader->picture;
    ds_picture_hash(now->pixels, (size_t)(now->height * now->width * 3), hash);
    if (now->height != picture->height || now->width != picture->width || strcmp(hash, picture->pixels_hash) != 0) {
        return core_fail_about(CORE_BAD_FILE, path,
                               ": %s: its pixels are not those that were imported, with %s; this is %s", picture->path,
                               pack->libraries, pic_libraries(libraries));
    }
    return CORE_OK;
}

void ds_pack_expect(const ds_pack *pack, int64_t i)
{
    const ds_packed_picture *picture = &pack->pictures[i];
    (void)posix_fadvise(pack->files[picture->pack], picture->offset, picture->bytes, POSIX_FADV_WILLNEED); /* a hint */
}

void ds_pack_reader_free(ds_pack_reader *reader)
{
    pic_picture_free(&reader->picture);
    free(reader->data);
    *reader = (ds_pack_reader){0};
}

core_status ds_pack_digest(const ds_pack *pack, char sha256[DS_SHA256_BYTES])
{
    core_hash *hash;
    char line[256];
    CORE_TRY(core_hash_create(CORE_HASH_SHA256, &hash));
    for (int64_t j = 0; j < pack->classes; j++) {
        core_hash_update(hash, pack->class_ids[j], strlen(pack->class_ids[j]));
        core_hash_update(hash, "\n", 1);
    }
    for (int64_t i = 0; i < pack->count; i++) {
        const ds_packed_picture *p = &pack->pictures[i];
        const int bytes = snprintf(line, sizeof line, "%s %d %" PRId64 " %" PRId64 " %.32s\n",
                                   p->is_test ? "test" : "train", (int)p->label, p->width, p->height, p->pixels_hash);
        core_hash_update(hash, line, (size_t)bytes);
    }
    const core_hash_digest digest = core_hash_finish(hash);
    core_hash_hex(&digest, sha256);
    core_hash_destroy(hash);
    return CORE_OK;
}
