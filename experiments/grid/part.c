#include "experiments/grid/part.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "recipes/cell_files.h"

enum { PARTS_MAX = 1000000, MARK_BYTES = XP_PART_BYTES + sizeof XP_CELL_PART_HEAD };

static core_status refuse(const char *text)
{
    return core_fail(CORE_BAD_USAGE, "--part %s: expected I/N, part I of N with I from 1 to N, such as 2/8", text);
}

core_status xp_part_parse(const char *text, xp_part *out)
{
    char number[XP_PART_BYTES];
    xp_part part = {0};
    const char *slash = text != NULL ? strchr(text, '/') : NULL;
    if (text == NULL) {
        *out = part;
        return CORE_OK;
    }
    if (slash == NULL || slash - text >= XP_PART_BYTES) {
        return refuse(text);
    }
    snprintf(number, sizeof number, "%.*s", (int)(slash - text), text);
    if (core_text_int64("--part", slash + 1, 1, PARTS_MAX, &part.count) != CORE_OK ||
        core_text_int64("--part", number, 1, part.count, &part.number) != CORE_OK) {
        return refuse(text);
    }
    *out = part;
    return CORE_OK;
}

bool xp_part_has(xp_part part, int64_t place) { return part.count == 0 || place % part.count == part.number - 1; }

const char *xp_part_text(xp_part part, char text[XP_PART_BYTES])
{
    snprintf(text, XP_PART_BYTES, "%" PRId64 "/%" PRId64, part.number, part.count);
    return part.count == 0 ? "" : text;
}

core_status xp_part_mark(xp_part part, const char *yaml, core_arena *arena, const char **out)
{
    char name[XP_PART_BYTES], mark[MARK_BYTES], *text;
    const size_t bytes = strlen(yaml) + sizeof mark;
    if (part.count == 0) {
        *out = yaml;
        return CORE_OK;
    }
    CORE_TRY(CORE_ARENA_NEW(arena, (int64_t)bytes, "a configuration", text));
    snprintf(mark, sizeof mark, XP_CELL_PART_HEAD "%s\n", xp_part_text(part, name));
    snprintf(text, bytes, "%s%s", mark, yaml);
    *out = text;
    return CORE_OK;
}
