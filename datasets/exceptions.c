#include "datasets/exceptions.h"

#include <stdlib.h>
#include <string.h>

#include "core/builder.h"
#include "core/file.h"
#include "core/text.h"

static int64_t write_states(FILE *stream, const ds_pack *journal, ds_picture_state state, const char *before)
{
    int64_t count = 0;
    for (int64_t i = 0; i < journal->count; i++) {
        const ds_packed_picture *picture = &journal->pictures[i];
        if (picture->state == state) {
            fprintf(stream, "%s: %s%s\n", picture->path, before, picture->note);
            count++;
        }
    }
    return count;
}

static core_status write_empty_classes(FILE *stream, const ds_pack *journal, int64_t *count)
{
    int64_t *pictures; /* (2 K): training, test */
    CORE_TRY(CORE_NEW(2 * journal->classes, "class counts", pictures));
    for (int64_t i = 0; i < journal->count; i++) {
        const ds_packed_picture *picture = &journal->pictures[i];
        if (picture->state != DS_PICTURE_LEFT_OUT) {
            pictures[2 * picture->label + picture->is_test]++;
        }
    }
    for (int64_t j = 0; j < 2 * journal->classes; j++) {
        if (pictures[j] == 0) {
            fprintf(stream, "class %s: no %s picture\n", journal->class_names[j / 2], j % 2 == 0 ? "training" : "test");
            (*count)++;
        }
    }
    free(pictures);
    return CORE_OK;
}

/* By pixels, training before test. */
static int compare_pixels(const void *a, const void *b)
{
    const ds_packed_picture *x = *(const ds_packed_picture *const *)a, *y = *(const ds_packed_picture *const *)b;
    const int order = strcmp(x->pixels_hash, y->pixels_hash);
    return order != 0 ? order : x->place < y->place ? -1 : x->place > y->place;
}

static core_status write_twins(FILE *stream, const ds_pack *journal, int64_t *count)
{
    const ds_packed_picture **sorted;
    int64_t kept = 0;
    CORE_TRY(CORE_NEW(journal->count, "a list of pictures", sorted));
    for (int64_t i = 0; i < journal->count; i++) {
        if (journal->pictures[i].state != DS_PICTURE_LEFT_OUT) {
            sorted[kept++] = &journal->pictures[i];
        }
    }
    qsort(sorted, (size_t)kept, sizeof *sorted, compare_pixels);
    const ds_packed_picture *first = NULL; /* of those with the same pixels */
    for (int64_t i = 0; i < kept; i++) {
        first = first != NULL && strcmp(first->pixels_hash, sorted[i]->pixels_hash) == 0 ? first : sorted[i];
        if (sorted[i]->is_test && !first->is_test) {
            fprintf(stream, "%s: the same pixels as %s of the training set\n", sorted[i]->path, first->path);
            (*count)++;
        }
    }
    free(sorted);
    return CORE_OK;
}

static core_status write_lines(FILE *stream, const ds_pack *journal, const core_names *notes, int64_t *serious)
{
    *serious = write_states(stream, journal, DS_PICTURE_LEFT_OUT, "left out: ");
    for (int64_t i = 0; i < notes->count; i++) {
        core_text_print(stream, "%s\n", notes->names[i]);
    }
    *serious += notes->count;
    CORE_TRY(write_empty_classes(stream, journal, serious));
    CORE_TRY(write_twins(stream, journal, serious));
    *serious += write_states(stream, journal, DS_PICTURE_DAMAGED, "kept, though damaged: ");
    write_states(stream, journal, DS_PICTURE_NOTED, "");
    return CORE_OK;
}

core_status ds_exceptions_write(const ds_pack *journal, const core_names *notes, int64_t *serious)
{
    core_builder text;
    char path[CORE_PATH_BYTES];
    int64_t count = 0;
    CORE_TRY(core_path_write(path, "%s/" DS_PACK_EXCEPTIONS, journal->folder));
    CORE_TRY(core_builder_begin(&text, "a list of exceptions"));
    const core_status status = write_lines(text.stream, journal, notes, &count);
    CORE_TRY(core_builder_save(&text, status, path, &core_file_any));
    *serious = count;
    return CORE_OK;
}
