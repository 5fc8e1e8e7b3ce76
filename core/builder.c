#include "core/builder.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

static core_status fail_without_memory(const core_builder *builder)
{
    return core_fail(CORE_MACHINE, "not enough memory for %s", builder->what);
}

/* Not open_memstream: when memory runs out, glibc reports an error neither at the stream nor at fclose. */
static ssize_t append(void *cookie, const char *data, size_t bytes)
{
    core_builder *builder = cookie;
    if (builder->capacity - builder->bytes <= bytes) {
        const size_t capacity = 2 * (builder->bytes + bytes) + 256;
        char *grown = realloc(builder->text, capacity);
        if (grown == NULL) {
            builder->lost = true;
            return 0;
        }
        builder->text = grown;
        builder->capacity = capacity;
    }
    memcpy(builder->text + builder->bytes, data, bytes);
    builder->bytes += bytes;
    builder->text[builder->bytes] = '\0';
    return (ssize_t)bytes;
}

core_status core_builder_begin(core_builder *builder, const char *what)
{
    *builder = (core_builder){.what = what};
    (void)append(builder, "", 0);
    builder->stream = fopencookie(builder, "w", (cookie_io_functions_t){.write = append});
    if (builder->stream == NULL || builder->lost) {
        core_builder_abandon(builder);
        return fail_without_memory(builder);
    }
    return CORE_OK;
}

core_status core_builder_flush(core_builder *builder)
{
    return fflush(builder->stream) == 0 && !builder->lost ? CORE_OK : fail_without_memory(builder);
}

void core_builder_abandon(core_builder *builder)
{
    if (builder->stream != NULL) {
        (void)fclose(builder->stream);
    }
    free(builder->text);
    builder->stream = NULL;
    builder->text = NULL;
}

core_status core_builder_take(core_builder *builder, core_status status, char **out)
{
    if ((fclose(builder->stream) != 0 || builder->lost) && status == CORE_OK) {
        status = fail_without_memory(builder);
    }
    if (status == CORE_OK) {
        *out = builder->text;
    } else {
        free(builder->text);
    }
    return status;
}

core_status core_builder_end(core_builder *builder, core_status status, core_arena *arena, const char **out)
{
    char *text;
    CORE_TRY(core_builder_take(builder, status, &text));
    status = core_arena_copy_text(arena, text, out);
    free(text);
    return status;
}

core_status core_builder_save(core_builder *builder, core_status status, const char *path, const core_file_kind *kind)
{
    char *text;
    CORE_TRY(core_builder_take(builder, status, &text));
    status = core_file_write(path, kind, text, builder->bytes);
    free(text);
    return status;
}
