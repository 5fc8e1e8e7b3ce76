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

#include "core/file.h"
#include "core/memory.h"
#include "core/status.h"

typedef struct {
    FILE *stream;     /* to write to, until the end */
    char *text;       /* the text so far, valid after flush */
    size_t bytes;     /* length of text without its NUL, valid after flush and after the end */
    const char *what; /* this member and those below are private */
    size_t capacity;
    bool lost; /* a part of the text was lost, because memory ran out */
} core_builder;

/* The stream keeps the builder's address: do not move the builder before the end. `what` names the text in the message
 * of CORE_MACHINE ("not enough memory for a table"); borrowed. */
core_status core_builder_begin(core_builder *builder, const char *what) CORE_MUST_USE;

/* Brings text and bytes up to date with the stream. CORE_MACHINE: memory. */
core_status core_builder_flush(core_builder *builder) CORE_MUST_USE;

/* Ends the text, copies it into the arena, and frees the builder in every case. `status` is the status of the writing;
 * if the writing failed, the function returns it. CORE_MACHINE: memory. */
core_status core_builder_end(core_builder *builder, core_status status, core_arena *arena,
                             const char **out) CORE_MUST_USE;

/* As core_builder_end, but the text gets its own memory; free with free(). builder->bytes is its length without NUL. */
core_status core_builder_take(core_builder *builder, core_status status, char **out) CORE_MUST_USE;

/* As core_builder_end, but the text becomes the file `path`, of that kind (core_file_write). */
core_status core_builder_save(core_builder *builder, core_status status, const char *path,
                              const core_file_kind *kind) CORE_MUST_USE;

/* Frees a builder after begin; a zeroed builder is allowed. */
void core_builder_abandon(core_builder *builder);

#endif
