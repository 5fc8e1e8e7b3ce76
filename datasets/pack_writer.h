/* datasets/pack_writer.h - fills the folder of a packed data set, and goes on after a kill at any moment.
 *
 * Pictures come in batches. The bytes of a batch are appended to the last pack and fsynced; then its lines are appended to
 * journal.txt and fsynced: a line that is whole says that its bytes are. What a killed process left is cut back to the
 * last whole line. A full disk ends a batch and takes nothing from those before.
 */
#ifndef DATASETS_PACK_WRITER_H
#define DATASETS_PACK_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"
#include "datasets/pack.h"
#include "datasets/picture_list.h"

enum { DS_PACK_BYTES = 1 << 30 }; /* a pack ends before this size, or holds one picture */

typedef struct {
    const char *folder; /* borrowed */
    int64_t pack_bytes; /* of a pack at most */
    int64_t count;      /* lines in the journal */
    bool *is_done;      /* (list->count) whether the list's file has a line; owned */
    int journal, data;  /* private: descriptors */
    int64_t pack;       /* private: the pack that grows, and how far */
    int64_t offset;
} ds_pack_writer;

/* A picture with its bytes, for a batch. What is left out has no bytes. */
typedef struct {
    ds_packed_picture line; /* place, label, part, size, state, hashes; the writer sets pack and offset */
    const char *data;       /* (line.bytes) */
} ds_pack_item;

/* Goes on with the journal in the folder if it is of this list and these libraries; else begins anew.
 * CORE_MACHINE: memory, or the folder cannot be written. */
core_status ds_pack_writer_open(const char *folder, const ds_picture_list *list, int64_t pack_bytes,
                                ds_pack_writer *out) CORE_MUST_USE;

/* Appends a batch, durably. CORE_MACHINE: the disk is full or cannot be written; what came before stays whole. */
core_status ds_pack_writer_append(ds_pack_writer *writer, ds_pack_item *items, int64_t count) CORE_MUST_USE;

/* Removes packs that an earlier import of another source left behind the last one. */
core_status ds_pack_writer_finish(ds_pack_writer *writer) CORE_MUST_USE;

void ds_pack_writer_close(ds_pack_writer *writer);

/* Writes index.txt from a finished journal, without what was left out. `pack` becomes the index.
 * CORE_MACHINE as above. */
core_status ds_pack_write_index(ds_pack *pack) CORE_MUST_USE;

#endif
