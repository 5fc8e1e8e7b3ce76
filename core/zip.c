#include "core/zip.h"

#include <archive.h>
#include <archive_entry.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"

struct core_zip {
    core_file_replacement *replacement;
    char *path; /* for messages */
    struct archive *writer;
};

static core_status out_of_memory(void) { return core_fail(CORE_MACHINE, "not enough memory to write an archive"); }

/* Fails with the message for a call of libarchive that did not return ARCHIVE_OK. */
static core_status fail_to_write(const core_zip *zip)
{
    const int error = archive_errno(zip->writer);
    return core_file_fail("write", zip->path, error > 0 ? error : EIO);
}

static core_status open_writer(core_zip *zip)
{
    zip->writer = archive_write_new();
    if (zip->writer == NULL) {
        return out_of_memory();
    }
    if (archive_write_set_format_zip(zip->writer) != ARCHIVE_OK ||
        archive_write_set_options(zip->writer, "zip:compression=store,zip:hdrcharset=UTF-8") != ARCHIVE_OK ||
        archive_write_open_filename(zip->writer, core_file_temporary(zip->replacement)) != ARCHIVE_OK) {
        return fail_to_write(zip);
    }
    return CORE_OK;
}

core_status core_zip_create(const char *path, const core_file_kind *kind, core_zip **out)
{
    core_zip *zip;
    CORE_TRY(CORE_NEW(1, "an archive", zip));
    zip->path = strdup(path);
    core_status status = zip->path != NULL ? core_file_begin(path, kind, &zip->replacement) : out_of_memory();
    if (status == CORE_OK) {
        status = open_writer(zip);
    }
    if (status != CORE_OK) {
        core_zip_abandon(zip);
        return status;
    }
    *out = zip;
    return CORE_OK;
}

core_status core_zip_begin(core_zip *zip, const char *name, int64_t bytes)
{
    struct archive_entry *entry = archive_entry_new();
    if (entry == NULL) {
        return out_of_memory();
    }
    archive_entry_set_pathname_utf8(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, bytes);
    const int result = archive_write_header(zip->writer, entry);
    archive_entry_free(entry);
    return result == ARCHIVE_OK ? CORE_OK : fail_to_write(zip);
}

core_status core_zip_write(core_zip *zip, const void *data, size_t bytes)
{
    const la_ssize_t written = archive_write_data(zip->writer, data, bytes);
    assert(written < 0 || (size_t)written == bytes); /* fewer: the caller exceeds begin's size */
    return written >= 0 ? CORE_OK : fail_to_write(zip);
}

core_status core_zip_commit(core_zip *zip)
{
    core_status status = archive_write_close(zip->writer) == ARCHIVE_OK ? CORE_OK : fail_to_write(zip);
    if (status == CORE_OK) {
        core_file_replacement *replacement = zip->replacement;
        zip->replacement = NULL;
        status = core_file_commit(replacement);
    }
    core_zip_abandon(zip);
    return status;
}

void core_zip_abandon(core_zip *zip)
{
    if (zip != NULL) {
        archive_write_free(zip->writer);
        core_file_abandon(zip->replacement);
        free(zip->path);
        free(zip);
    }
}

/* ---- reading -------------------------------------------------------------------------------------------------------- */

enum { BLOCK_BYTES = 1 << 16 };

struct core_zip_reader {
    const char *path;
    struct archive *reader;
};

static core_status fail_damaged(const core_zip_reader *zip, const char *what)
{
    const char *why = archive_error_string(zip->reader);
    return core_fail_about(CORE_BAD_FILE, zip->path, ": %s (%s)", what, why != NULL ? why : "no reason given");
}

/* Only the reader that goes by the list of members at the archive's end, so that a truncated archive is none. */
static core_status open_reader(core_zip_reader *zip)
{
    zip->reader = archive_read_new();
    if (zip->reader == NULL || archive_read_support_format_zip_seekable(zip->reader) != ARCHIVE_OK) {
        return core_fail(CORE_MACHINE, "not enough memory to read an archive");
    }
    const bool opens = archive_read_open_filename(zip->reader, zip->path, BLOCK_BYTES) == ARCHIVE_OK;
    return opens ? CORE_OK : fail_damaged(zip, "no zip archive, or a truncated one");
}

core_status core_zip_open(const char *path, core_zip_reader **out)
{
    core_zip_reader *zip;
    char first[1];
    if (core_file_peek(AT_FDCWD, path, 0, 0, first, sizeof first) < 0) {
        return core_fail(core_file_read_code(errno), "cannot read %s: %s", path, strerror(errno));
    }
    CORE_TRY(CORE_NEW(1, "an archive", zip));
    zip->path = path;
    const core_status status = open_reader(zip);
    if (status != CORE_OK) {
        core_zip_close(zip);
        return status;
    }
    *out = zip;
    return CORE_OK;
}

/* Of the program's life, since an archive may have a hundred thousand entries; 0: the system has none. */
static locale_t utf8;

static void make_locale(void) { utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0); }

core_status core_zip_fail_nameless(const char *path)
{
    return utf8 == (locale_t)0
               ? core_fail_about(
                     CORE_MACHINE, path,
                     ": a name in it is no ASCII, and the system's locale C.UTF-8, by which it is read, is not "
                     "installed")
               : core_fail_about(CORE_BAD_FILE, path, ": an entry in it has no name that can be read");
}

int core_zip_next_header(struct archive *reader, struct archive_entry **entry)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_locale);
    const locale_t before = utf8 != (locale_t)0 ? uselocale(utf8) : (locale_t)0;
    const int result = archive_read_next_header(reader, entry);
    if (utf8 != (locale_t)0) {
        uselocale(before);
    }
    return result;
}

core_status core_zip_next(core_zip_reader *zip, const char **name)
{
    struct archive_entry *entry;
    const int result = core_zip_next_header(zip->reader, &entry);
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN && result != ARCHIVE_EOF) {
        return fail_damaged(zip, "damaged");
    }
    *name = result == ARCHIVE_EOF ? NULL : archive_entry_pathname(entry);
    if (result != ARCHIVE_EOF && *name == NULL) {
        return core_zip_fail_nameless(zip->path);
    }
    return CORE_OK;
}

core_status core_zip_read(core_zip_reader *zip, void *data, size_t bytes, size_t *got)
{
    const la_ssize_t read = archive_read_data(zip->reader, data, bytes);
    if (read < 0) {
        return fail_damaged(zip, "damaged");
    }
    *got = (size_t)read;
    return CORE_OK;
}

void core_zip_close(core_zip_reader *zip)
{
    if (zip != NULL) {
        archive_read_free(zip->reader);
        free(zip);
    }
}
