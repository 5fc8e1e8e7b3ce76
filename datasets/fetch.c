#include "datasets/fetch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/folder.h"
#include "datasets/download.h"

static bool has_bytes(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && info.st_size > 0;
}

/* Downloads to `part` until its MD5 is right: already, where an import was killed. The bytes in a part may belong to
 * another file, or its end may be damaged: where continuing is refused or gives a wrong MD5, the file is downloaded once
 * more from the beginning. */
static core_status download_archive(const ds_download *job, const char *md5)
{
    for (;;) {
        bool continued = has_bytes(job->part), cannot_continue;
        if (continued && ds_import_check_md5(job->part, md5) == CORE_OK) {
            return CORE_OK;
        }
        core_status status = ds_download_run(job, &cannot_continue);
        if (status != CORE_OK && !cannot_continue) {
            return status;
        }
        if (status == CORE_OK) {
            status = ds_import_check_md5(job->part, md5);
            if (status != CORE_BAD_FILE) {
                return status;
            }
        }
        if (unlink(job->part) != 0 && errno != ENOENT) {
            return core_file_fail("remove", job->part, errno);
        }
        if (!continued) {
            return core_fail(CORE_BAD_FILE, "%s gave another file than expected (removed): %s", job->url,
                             core_error_message());
        }
    }
}

static core_status bring_archive(const ds_official *official, const char *part, const ds_fetch_options *options,
                                 ds_store_change *change, ds_data_report *out)
{
    ds_download job = {.url = options->url != NULL ? options->url : official->url,
                       .https_only = options->url == NULL && strncmp(official->url, "https:", 6) == 0,
                       .part = part,
                       .progress = options->progress,
                       .context = options->context};
    CORE_TRY(download_archive(&job, options->md5 != NULL ? options->md5 : official->md5));
    if (official->gather == NULL) {
        ds_picture_options pictures = options->pictures;
        pictures.unverified = false;
        return ds_picture_import_into(official->name, part, &pictures, change, out);
    }
    ds_record record = {.verified = true};
    snprintf(record.source, sizeof record.source, "%s", official->archive);
    return ds_import_into(official, part, &record, change, out);
}

static bool holds(const char *name, const void *official)
{
    return strcmp(name, ((const ds_official *)official)->archive) == 0;
}

/* Downloads into the folder of the part, and imports. */
static core_status fetch_part(const char *data_folder, const ds_official *official, const ds_fetch_options *options,
                              ds_store_change *change, ds_data_report *out)
{
    char first_line[128], folder[CORE_PATH_BYTES], part[CORE_PATH_BYTES];
    const core_folder_kind kind = {.purpose = "a download",
                                   .instead = "another folder with --data-dir",
                                   .mark = "tailbit-download",
                                   .starts = first_line,
                                   .holds = holds,
                                   .context = official};
    snprintf(first_line, sizeof first_line, "archive: %s\n", official->archive);
    CORE_TRY(core_path_write(folder, "%s/%s.part", data_folder, official->archive));
    CORE_TRY(core_path_write(part, "%s/%s", folder, official->archive));
    CORE_TRY(core_folder_make(folder, &kind));
    core_status status = bring_archive(official, part, options, change, out);
    if (status == CORE_OK ||
        status == CORE_BAD_FILE) { /* a bad layout stays bad; after a full disk the part is worth keeping */
        core_folder_discard(folder, &kind);
    }
    return status;
}

/* Whether a verified data set is present, unchanged since its import, and in the wanted order of classes. */
static bool is_present(const char *name, const char *data_dir, const ds_picture_options *wanted, ds_data_report *report)
{
    const char *order = wanted->class_order != NULL ? wanted->class_order : ds_class_orders[0];
    return ds_data_verify(name, data_dir, report) == CORE_OK && report->verified &&
           (report->class_order[0] == '\0' || strcmp(report->class_order, order) == 0);
}

core_status ds_data_fetch(const char *name, const char *data_dir, const ds_fetch_options *options, ds_data_report *out)
{
    static const ds_fetch_options defaults = {0};
    char folder[CORE_PATH_BYTES];
    const ds_official *official;
    ds_data_report report;
    CORE_TRY(ds_official_get(name, "fetched", &official));
    options = options != NULL ? options : &defaults;
    if (official->url == NULL) {
        return core_fail(CORE_BAD_USAGE,
                         "%s cannot be fetched: get its files from %s (docs/pictures.md lists them), and `tailbit data "
                         "import %s PATH` takes their folder",
                         name, official->page, name);
    }
    if (is_present(name, data_dir, &options->pictures, &report)) {
        report.already_present = true;
        if (out != NULL) {
            *out = report;
        }
        return CORE_OK;
    }
    CORE_TRY(ds_data_folder(data_dir, folder));
    ds_store_change change = {.keeps = official->gather == NULL};
    core_status status = ds_store_begin(folder, official, &change);
    if (status == CORE_OK) {
        status = fetch_part(folder, official, options, &change, out);
        change.keeps = change.keeps && status == CORE_MACHINE;
    }
    ds_store_end(&change);
    return status;
}
