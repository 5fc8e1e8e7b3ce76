/* core/memory.h - aligned memory, allocated once and reused.
 *
 * Everything that kernels touch starts on a 64-byte line (one AVX-512 vector), which oneDNN wants too.
 */
#ifndef CORE_MEMORY_H
#define CORE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

enum { CORE_ALIGNMENT = 64 };

/* Writes to *out `count * size` zeroed bytes on a 64-byte line, never NULL, also for 0 bytes; free with free().
 * CORE_MACHINE when memory is short or the product overflows; `what` names the use in the message. */
core_status core_calloc(size_t count, size_t size, const char *what, void **out) CORE_MUST_USE;

/* From now on large zeroed memory takes none until it is written: what a rank leaves to others (core/comm.h) costs nothing. In
 * one process nearly all is written, and page faults would only move into the first step. Before any thread starts. */
void core_memory_be_lazy(void);

/* core_calloc for `count` elements of the type that `pointer` (an lvalue) points to. */
#define CORE_NEW(count, what, pointer) core_calloc((size_t)(count), sizeof *(pointer), (what), (void **)&(pointer))

/* Makes *memory, of *capacity bytes, at least `bytes` long; where it is not, its contents are lost. Free with free().
 * CORE_MACHINE when memory is short, and then there is none. */
core_status core_reserve(size_t bytes, const char *what, size_t *capacity, void **memory) CORE_MUST_USE;

/* An arena: many allocations, freed together. The struct is public only so that other structs can contain it; its
 * members are private. Zero-initialise it before first use. */
typedef struct core_arena {
    struct core_arena_block *head; /* owned */
    size_t bytes;
} core_arena;

/* As core_calloc; the piece lives until core_arena_free. */
core_status core_arena_calloc(core_arena *arena, size_t count, size_t size, const char *what, void **out) CORE_MUST_USE;
#define CORE_ARENA_NEW(arena, count, what, pointer)                                                                    \
    core_arena_calloc((arena), (size_t)(count), sizeof *(pointer), (what), (void **)&(pointer))

/* Makes capacity for one more element, zeroed, in an array with `count` elements in use. A full array (count =
 * *capacity) is copied into one of about twice the size. */
core_status core_arena_grow(core_arena *arena, int64_t count, int64_t *capacity, size_t size, const char *what,
                            void **array) CORE_MUST_USE;
#define CORE_ARENA_GROW(arena, count, capacity, what, pointer)                                                         \
    core_arena_grow((arena), (count), (capacity), sizeof *(pointer), (what), (void **)&(pointer))

/* A copy of `text` that lives as long as the arena. */
core_status core_arena_strdup(core_arena *arena, const char *text, char **out) CORE_MUST_USE;

/* The same with a pointer to const. */
core_status core_arena_copy_text(core_arena *arena, const char *text, const char **out) CORE_MUST_USE;

/* The bytes of all pieces. */
size_t core_arena_bytes(const core_arena *arena);

/* Frees every piece; the arena is empty and usable again. */
void core_arena_free(core_arena *arena);

#endif
