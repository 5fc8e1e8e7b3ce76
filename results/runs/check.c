#include "results/runs/check.h"

#include <string.h>

core_status res_check_begin(core_h5 *file, core_hash **out)
{
    CORE_TRY(core_hash_create(CORE_HASH_XXH3_128, out));
    core_h5_hash_reads(file, *out);
    return CORE_OK;
}

void res_check_end(core_h5 *file, core_hash *hash, char hex[CORE_HASH_HEX_MAX])
{
    const core_hash_digest digest = core_hash_finish(hash);
    core_h5_hash_reads(file, NULL);
    core_hash_hex(&digest, hex);
    core_hash_destroy(hash);
}

core_status res_check_lines(core_h5 *file, core_arena *arena, const char **out)
{
    bool there = false;
    char *lines = NULL;
    CORE_TRY(core_h5_has(file, "", RES_CHECK, &there));
    if (there) {
        CORE_TRY(core_h5_get_text(file, "", RES_CHECK, arena, &lines));
    }
    *out = lines;
    return CORE_OK;
}

void res_check_write(FILE *stream, const char *part, const char *hex) { fprintf(stream, "%s %s\n", part, hex); }

/* What stands behind the part's name, up to the end of its line; NULL: it has no line. */
static const char *find_line(const char *lines, const char *part)
{
    const size_t length = strlen(part);
    for (const char *line = lines; line != NULL; line = strchr(line, '\n')) {
        line += line != lines;
        if (strncmp(line, part, length) == 0 && line[length] == ' ') {
            return line + length + 1;
        }
    }
    return NULL;
}

bool res_check_has(const char *lines, const char *part) { return find_line(lines, part) != NULL; }

bool res_check_holds(const char *lines, const char *part, const char *hex)
{
    const char *found = find_line(lines, part);
    const size_t length = strlen(hex);
    return found != NULL && strncmp(found, hex, length) == 0 && found[length] == '\n';
}

core_status res_check_fail(const core_h5 *file, const char *part)
{
    return core_fail_about(CORE_BAD_FILE, core_h5_name(file),
                           " was changed after tailbit wrote it: its %s is not what its checksum says", part);
}
