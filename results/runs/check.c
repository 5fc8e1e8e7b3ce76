#include "results/runs/check.h"

#include <string.h>

core_status res_check_read(core_h5 *file, res_part_reader *reader, core_arena *arena, void *part,
                           char hex[CORE_HASH_HEX_MAX])
{
    core_hash *hash = NULL;
    CORE_TRY(core_hash_create(CORE_HASH_XXH3_128, &hash));
    core_h5_hash_reads(file, hash);
    const core_status status = reader(file, hash, arena, part);
    const core_hash_digest digest = core_hash_finish(hash);
    core_h5_hash_reads(file, NULL);
    core_hash_hex(&digest, hex);
    core_hash_destroy(hash);
    return status;
}

core_status res_check_write(core_h5 *file, const char *name, res_part_reader *reader, core_arena *arena, void *part,
                            FILE *lines)
{
    char hex[CORE_HASH_HEX_MAX];
    CORE_TRY(res_check_read(file, reader, arena, part, hex));
    fprintf(lines, "%s %s\n", name, hex);
    return CORE_OK;
}

core_status res_check_lines(core_h5 *file, core_arena *arena, const char **out)
{
    bool there = false;
    *out = NULL;
    CORE_TRY(core_h5_has(file, "", RES_CHECK, &there));
    return there ? core_h5_get_text(file, "", RES_CHECK, arena, out) : CORE_OK;
}

/* The text of the part's line behind its name; NULL: the part has no line. */
static const char *find_line(const char *lines, const char *part)
{
    const size_t length = strlen(part);
    for (const char *line = lines, *end; line != NULL; line = end != NULL ? end + 1 : NULL) {
        if (strncmp(line, part, length) == 0 && line[length] == ' ') {
            return line + length + 1;
        }
        end = strchr(line, '\n');
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
