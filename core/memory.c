#include "core/memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LAZY_BYTES = 256 << 10 }; /* less is not worth a call of the system */

static bool is_lazy;

void core_memory_be_lazy(void) { is_lazy = true; }

static void clear(char *memory, size_t bytes)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t before = -(size_t)memory & (page - 1), inside = bytes > before ? (bytes - before) & ~(page - 1) : 0;
    if (!is_lazy || bytes < LAZY_BYTES || madvise(memory + before, inside, MADV_DONTNEED) != 0) {
        memset(memory, 0, bytes);
        return;
    }
    memset(memory, 0, before);
    memset(memory + before + inside, 0, bytes - before - inside);
}

core_status core_calloc(size_t count, size_t size, const char *what, void **out)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX - CORE_ALIGNMENT) {
        return core_fail(CORE_MACHINE, "not enough memory for %s: %zu x %zu bytes", what, count, size);
    }
    size_t rounded = (bytes + CORE_ALIGNMENT - 1) / CORE_ALIGNMENT * CORE_ALIGNMENT;
    void *memory = aligned_alloc(CORE_ALIGNMENT, rounded > 0 ? rounded : CORE_ALIGNMENT);
    if (memory == NULL) {
        return core_fail(CORE_MACHINE, "not enough memory for %s: %zu bytes", what, bytes);
    }
    clear(memory, rounded);
    *out = memory;
    return CORE_OK;
}

core_status core_reserve(size_t bytes, const char *what, size_t *capacity, void **memory)
{
    if (bytes <= *capacity) {
        return CORE_OK;
    }
    free(*memory);
    *capacity = 0;
    *memory = malloc(bytes);
    if (*memory == NULL) {
        return core_fail(CORE_MACHINE, "not enough memory for %s: %zu bytes", what, bytes);
    }
    *capacity = bytes;
    return CORE_OK;
}

/* Each piece is an allocation of its own, behind one cache line of header: simple, and the sanitizers see every
 * overrun. */
struct core_arena_block {
    struct core_arena_block *next;
};

core_status core_arena_calloc(core_arena *arena, size_t count, size_t size, const char *what, void **out)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX - 2 * CORE_ALIGNMENT) {
        return core_fail(CORE_MACHINE, "not enough memory for %s: %zu x %zu bytes", what, count, size);
    }
    struct core_arena_block *block;
    CORE_TRY(core_calloc(1, bytes + CORE_ALIGNMENT, what, (void **)&block));
    block->next = arena->head;
    arena->head = block;
    arena->bytes += bytes;
    *out = (char *)block + CORE_ALIGNMENT;
    return CORE_OK;
}

core_status core_arena_grow(core_arena *arena, int64_t count, int64_t *capacity, size_t size, const char *what,
                            void **array)
{
    if (count < *capacity) {
        return CORE_OK;
    }
    const int64_t larger = 2 * *capacity + 16;
    void *moved;
    CORE_TRY(core_arena_calloc(arena, (size_t)larger, size, what, &moved));
    if (count > 0) {
        memcpy(moved, *array, (size_t)count * size);
    }
    *array = moved;
    *capacity = larger;
    return CORE_OK;
}

core_status core_arena_strdup(core_arena *arena, const char *text, char **out)
{
    size_t bytes = strlen(text) + 1;
    char *copy;
    CORE_TRY(core_arena_calloc(arena, bytes, 1, "text", (void **)&copy));
    memcpy(copy, text, bytes);
    *out = copy;
    return CORE_OK;
}

core_status core_arena_copy_text(core_arena *arena, const char *text, const char **out)
{
    char *copy;
    CORE_TRY(core_arena_strdup(arena, text, &copy));
    *out = copy;
    return CORE_OK;
}

void core_arena_free(core_arena *arena)
{
    struct core_arena_block *block = arena->head;
    while (block != NULL) {
        struct core_arena_block *next = block->next;
        free(block);
        block = next;
    }
    *arena = (core_arena){0};
}

size_t core_arena_bytes(const core_arena *arena) { return arena->bytes; }
