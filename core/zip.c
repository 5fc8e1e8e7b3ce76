#include "core/zip.h"

#include <archive.h>
#include <archive_entry.h>
#include <assert.h>
#include <errno.h>
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
