/* core/builder.h - a text that grows while it is written to as a stream.
 *
 *     core_builder text;
 *     CORE_TRY(core_builder_begin(&text, "a table"));
 *     core_status status = write_rows(text.stream);
 *     return core_builder_end(&text, status, arena, out);
 */
#ifndef CORE_BUILDER_H
#define CORE_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/memory.h"
#include "core/status.h"

typedef struct {
    FILE *stream;     /* to write to, until the end */
    char *text;       /* what was written, after flush */
    size_t bytes;     /* of it without its NUL, after flush and after the end */
    const char *what; /* this and the rest are private */
    size_t capacity;
    bool lost; /* something, for want of memory */
} core_builder;

/* The builder stays where it is until the end. what: of which there is not enough memory, in the sentence of CORE_MACHINE; borrowed. */
core_status core_builder_begin(core_builder *builder, const char *what) CORE_MUST_USE;

/* Brings text and bytes up to what was written. CORE_MACHINE: memory. */
core_status core_builder_flush(core_builder *builder) CORE_MUST_USE;

/* Ends the text, which is in the arena then, and frees the builder in every case. `status` is that of the writing, which is
 * handed on if it failed; CORE_MACHINE: memory. */
core_status core_builder_end(core_builder *builder, core_status status, core_arena *arena,
                             const char **out) CORE_MUST_USE;

/* The same with the text in memory of its own, builder->bytes without its NUL; free with free(). */
core_status core_builder_take(core_builder *builder, core_status status, char **out) CORE_MUST_USE;

/* Frees a builder that was begun, or is zero. */
void core_builder_abandon(core_builder *builder);

#endif
