#include "experiments/training/ranks.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

static int64_t place_of(const xp_owned *owned, int64_t i)
{
    return owned->places != NULL ? owned->places[i] : owned->first + i;
}

/* A row as it travels: its number in `owned`, then its part of every field. */
static int64_t message_bytes(const xp_field *fields, int field_count)
{
    int64_t bytes = sizeof(int64_t);
    for (int f = 0; f < field_count; f++) {
        bytes += fields[f].rows != NULL ? fields[f].row_bytes : 0;
    }
    return bytes;
}

/* Copies a row from the fields to a message, or back. */
static void copy_row(const xp_field *fields, int field_count, int64_t place, char *message, bool back)
{
    for (int f = 0; f < field_count; f++) {
        if (fields[f].rows != NULL) {
            char *row = (char *)fields[f].rows + place * fields[f].row_bytes;
            memcpy(back ? row : message, back ? message : row, (size_t)fields[f].row_bytes);
            message += fields[f].row_bytes;
        }
    }
}

/* Zeroed memory, to be freed; the others wait for this rank, so that a failure ends them too. */
static char *allocate(int64_t bytes)
{
    char *memory;
    if (CORE_NEW(bytes, "the results of the ranks", memory) != CORE_OK) {
        core_comm_abort(CORE_MACHINE);
    }
    return memory;
}

/* Packs this rank's rows; returns how many. */
static int64_t pack(const xp_owned *owned, const xp_field *fields, int field_count, int64_t bytes, char *to)
{
    int64_t rows = 0;
    for (int64_t i = 0; i < owned->count; i++) {
        if (owned->own[i]) {
            memcpy(to + rows * bytes, &i, sizeof i);
            copy_row(fields, field_count, place_of(owned, i), to + rows++ * bytes + sizeof i, false);
        }
    }
    return rows;
}

static void unpack(const xp_owned *owned, const xp_field *fields, int field_count, const char *from)
{
    int64_t i;
    union {
        const char *from;
        char *message;
    } both = {from}; /* copy_row only reads it here */
    memcpy(&i, from, sizeof i);
    copy_row(fields, field_count, place_of(owned, i), both.message + sizeof i, true);
}

void xp_ranks_gather(const xp_owned *owned, const xp_field *fields, int field_count)
{
    const int ranks = core_comm_count(), rank = core_comm_rank();
    if (ranks == 1) {
        return;
    }
    const int64_t bytes = message_bytes(fields, field_count);
    core_comm_parts parts = {0};
    char *rows = allocate((owned->count + 1) * bytes); /* all together have `count` */
    int64_t *borders = (int64_t *)(void *)allocate(2 * (ranks + 1) * (int64_t)sizeof *borders),
            *each = borders + ranks + 1;
    const int64_t own = pack(owned, fields, field_count, bytes, rows);
    for (int r = 0; r < ranks; r++) {
        each[r + 1] = r + 1;
    }
    borders[rank + 1] = own;
    core_comm_share(&parts, borders + 1, sizeof *borders, each);
    core_comm_exchange(&parts);
    for (int r = 0; r < ranks; r++) {
        borders[r + 1] += borders[r];
    }
    memmove(rows + borders[rank] * bytes, rows, (size_t)(own * bytes));
    core_comm_collect(&parts, rows, bytes, borders);
    core_comm_exchange(&parts);
    for (int64_t i = own; i < borders[ranks] && rank == 0; i++) { /* rank 0's own are in their places */
        unpack(owned, fields, field_count, rows + i * bytes);
    }
    core_comm_free(&parts);
    free(borders);
    free(rows);
}
